import * as l10n from "@vscode/l10n";
import { hourlyPrice, PRICES_REGION } from "./cost.ts";
import type { ResourceChange } from "./stack.ts";

/** What takes something away comes first: removed, replaced, perhaps replaced, changed, added. */
export function byWeight(a: ResourceChange, b: ResourceChange): number {
  return weight(a) - weight(b);
}

function weight({ action, replacement }: ResourceChange): number {
  if (action === "Remove") return 0;
  if (replacement === "True") return 1;
  if (replacement === "Conditional") return 2;
  return action === "Modify" ? 3 : 4;
}

/** What a new resource in place of the old one means for those who use it; by type, in one sentence. */
const REPLACEMENTS: Record<string, () => string> = {
  "AWS::SageMaker::Model": () => l10n.t("A new model is made; the endpoint moves to it without an interruption."),
  "AWS::SageMaker::EndpointConfig": () =>
    l10n.t("A new configuration is made; the endpoint moves to it without an interruption."),
  "AWS::SageMaker::Endpoint": () =>
    l10n.t(
      "The endpoint is made anew with its first number of instances: what scaling has added is lost, and callers of the old name fail.",
    ),
  "AWS::ApiGateway::RestApi": () => l10n.t("The API gets a new URL: callers of the old one fail."),
  "AWS::ApiGateway::Stage": () => l10n.t("The stage is made anew: calls fail for moments."),
  "AWS::Amplify::App": () => l10n.t("The page gets a new address."),
  "AWS::Amplify::Branch": () => l10n.t("The page gets a new address and has to be published again."),
  "AWS::Lambda::Function": () => l10n.t("A new function is made; calls fail until its callers know it."),
  "AWS::IAM::Role": () => l10n.t("A new role is made; what assumes the old one by name fails."),
  "AWS::Logs::LogGroup": () => l10n.t("The group is made anew: its log events are lost."),
  "AWS::S3::Bucket": () => l10n.t("A new, empty bucket is made."),
  "AWS::ApplicationAutoScaling::ScalableTarget": () =>
    l10n.t("Scaling is registered anew; until then the number of instances stays."),
};

/** What happens to a resource besides a plain change, in one sentence; undefined when there is nothing to mind. */
export function consequence({ action, replacement, type, policyAction }: ResourceChange): string | undefined {
  if (action === "Remove")
    return policyAction?.includes("Retain")
      ? l10n.t("It leaves the stack and stays in the account, at its cost.")
      : l10n.t("It is deleted.");
  if (replacement !== "True" && replacement !== "Conditional") return undefined;
  const meaning = REPLACEMENTS[type]?.() ?? l10n.t("A new one is made in its place.");
  const kept = policyAction?.includes("Retain") ? l10n.t(" The old one stays in the account.") : "";
  return replacement === "True" ? `${meaning}${kept}` : l10n.t("It may be replaced: {0}{1}", lowerFirst(meaning), kept);
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

/** Cost of the endpoints in a change set, US dollars per hour; undefined where a price is not known. */
export interface ChangeSetCost {
  /** Whose prices these are. */
  region: string;
  /** An instance type of which that region has no known price. */
  unpriced?: string;
  /** With the instances that each endpoint starts with. */
  beforeUsd?: number;
  afterUsd?: number;
  /** With the most instances that scaling may start. */
  afterMostUsd?: number;
}

interface Variant {
  VariantName?: unknown;
  InstanceType?: unknown;
  InitialInstanceCount?: unknown;
}

/**
 * What the instances of a change set cost, from the properties of its endpoint configurations and scalable targets.
 * Undefined when no endpoint configuration is added, changed or removed: then the cost stays.
 */
export function changeSetCost(
  changes: readonly ResourceChange[],
  region: string = PRICES_REGION,
): ChangeSetCost | undefined {
  const configs = changes.filter(({ type }) => type === "AWS::SageMaker::EndpointConfig");
  if (configs.length === 0) return undefined;
  const most = changes
    .filter(({ type }) => type === "AWS::ApplicationAutoScaling::ScalableTarget")
    .map(({ afterProperties }) => Number(afterProperties?.MaxCapacity))
    .filter((count) => Number.isFinite(count));
  const after = configs.filter(({ action }) => action !== "Remove").map(({ afterProperties }) => afterProperties);
  const before = configs.filter(({ action }) => action !== "Add").map(({ beforeProperties }) => beforeProperties);
  return {
    beforeUsd: sumOf(before.map((properties) => configUsd(properties, region))),
    afterUsd: sumOf(after.map((properties) => configUsd(properties, region))),
    // With one endpoint the scalable target is its own; with more it is not known which is whose.
    region,
    unpriced: [...before, ...after]
      .flatMap(variantsOf)
      .map(({ InstanceType }) => String(InstanceType))
      .find((type) => hourlyPrice(type, region) === undefined),
    afterMostUsd: after.length === 1 && most.length === 1 ? configUsd(after[0], region, most[0]) : undefined,
  };
}

function sumOf(values: readonly (number | undefined)[]): number | undefined {
  return values.reduce<number | undefined>(
    (sum, value) => (sum === undefined || value === undefined ? undefined : sum + value),
    0,
  );
}

/** @param count instances of each variant in place of the initial ones */
function configUsd(
  properties: Record<string, unknown> | undefined,
  region: string,
  count?: number,
): number | undefined {
  if (!properties) return undefined;
  return sumOf(
    variantsOf(properties).map(({ InstanceType, InitialInstanceCount }) => {
      const price = hourlyPrice(String(InstanceType), region);
      const instances = count ?? Number(InitialInstanceCount ?? 1);
      return price === undefined || !Number.isFinite(instances) ? undefined : price * instances;
    }),
  );
}

/** Variants whose instance type a change set changes: SageMaker wants them out of scaling for that. */
export function retypedVariants(changes: readonly ResourceChange[]): string[] {
  const configs = changes.filter(
    ({ type, action }) => type === "AWS::SageMaker::EndpointConfig" && action === "Modify",
  );
  return configs.flatMap(({ beforeProperties, afterProperties }) => {
    const before = variantsOf(beforeProperties);
    const after = new Map(variantsOf(afterProperties).map((variant) => [variant.VariantName, variant.InstanceType]));
    return before
      .filter(({ VariantName, InstanceType }) => !after.has(VariantName) || after.get(VariantName) !== InstanceType)
      .map(({ VariantName }) => String(VariantName));
  });
}

function variantsOf(properties: Record<string, unknown> | undefined): Variant[] {
  const variants = properties?.ProductionVariants;
  return Array.isArray(variants) ? variants : [];
}

/** What CloudFormation writes for a value that it does not know yet. */
const NOT_KNOWN_YET = "{{changeSet:KNOWN_AFTER_APPLY}}";

/** A value of a change set on one line, cut after so many characters. */
export function changedValueText(value: string | undefined, longest: number): string {
  if (value === undefined) return "–";
  const text = value.replaceAll(NOT_KNOWN_YET, l10n.t("(known after the deployment)")).replace(/\s+/g, " ");
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
