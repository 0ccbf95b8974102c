import type { World } from "../../world.ts";
import { conditionLookup } from "../template/conditions.ts";
import type { Scope } from "../template/intrinsics.ts";
import { parameterValue } from "../template/parameters.ts";
import { referencesIn } from "../template/references.ts";
import { invalid, isMap, type Value } from "../template/value.ts";
import type { Stack, StackModel, StackStore } from "./stack.ts";

/** Stands in change sets for what is known only once it has been created (AWS: DescribeChangeSet, property values). */
export const KNOWN_AFTER_APPLY = "{{changeSet:KNOWN_AFTER_APPLY}}";

/** Where references to resources lead. */
export interface ResourceLookup {
  /** Physical id; undefined when the resource does not exist. */
  ref(logicalId: string): string | undefined;
  attribute(logicalId: string, name: string): string | undefined;
}

/** The resources of a stack as they are. */
export function presentResources(stack: Stack): ResourceLookup {
  return {
    ref: (id) => stack.resources.get(id)?.physicalId,
    attribute: (id, name) => stack.resources.get(id)?.attributes[name],
  };
}

/** What the intrinsics of a model may look at. */
export function scopeOf(
  world: World,
  store: StackStore,
  stack: Stack,
  model: StackModel,
  resources: ResourceLookup,
): Scope {
  const { template, parameters } = model;
  const partition = stack.region.startsWith("cn-")
    ? "aws-cn"
    : stack.region.startsWith("us-gov-")
      ? "aws-us-gov"
      : "aws";
  const pseudo: Record<string, Value> = {
    "AWS::AccountId": world.accountId,
    "AWS::NotificationARNs": stack.notificationArns,
    "AWS::Partition": partition,
    "AWS::Region": stack.region,
    "AWS::StackId": stack.id,
    "AWS::StackName": stack.name,
    "AWS::URLSuffix": partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com",
  };
  const scope: Scope = {
    region: stack.region,
    mappings: template.mappings,
    ref(name) {
      if (name === "AWS::NoValue") return undefined;
      if (Object.hasOwn(pseudo, name)) return pseudo[name];
      const declaration = template.parameters[name];
      if (declaration) return parameterValue(declaration, parameters.get(name) ?? "");
      return resources.ref(name) ?? missing(name);
    },
    getAtt(logicalId, attribute) {
      const value = resources.attribute(logicalId, attribute);
      if (value !== undefined) return value;
      if (resources.ref(logicalId) === undefined) return missing(logicalId);
      return invalid(
        `Template error: resource ${logicalId} does not support attribute type ${attribute} in Fn::GetAtt`,
      );
    },
    condition: conditionLookup(template.conditions, () => scope),
    importValue(name) {
      const output = store.exporter(name, stack.region)?.outputs.find((item) => item.ExportName === name);
      return output?.OutputValue ?? invalid(`No export named ${name} found.`);
    },
  };
  return scope;
}

/** A resource whose condition does not hold cannot be referred to. */
function missing(name: string): never {
  return invalid(
    `Template format error: Unresolved resource dependencies [${name}] in the Resources block of the template`,
  );
}

/** Logical ids of the resources whose condition holds. */
export function wantedResources(model: StackModel, scope: Scope): Set<string> {
  const wanted = Object.entries(model.template.resources).filter(
    ([, { condition }]) => condition === undefined || scope.condition(condition),
  );
  return new Set(wanted.map(([id]) => id));
}

/**
 * Refuses what names a resource whose condition does not hold; what an Fn::If leaves out does not count.
 * @throws WireError ValidationError
 */
export function assertPresent({ template }: StackModel, scope: Scope, wanted: ReadonlySet<string>): void {
  const absent = (value: Value | undefined) =>
    referencesIn(value === undefined ? undefined : chosen(value, scope)).find(
      ({ kind, name }) => (kind === "ref" || kind === "getAtt") && name in template.resources && !wanted.has(name),
    )?.name;
  for (const id of wanted) {
    const name = absent(template.resources[id]!.properties);
    if (name !== undefined) missing(name);
  }
  for (const { condition, value, exportName } of Object.values(template.outputs)) {
    if (condition !== undefined && !scope.condition(condition)) continue;
    const name = absent(value) ?? absent(exportName);
    if (name !== undefined) invalid(`Unresolved resource dependencies [${name}] in the Outputs block of the template`);
  }
}

/** The value with every Fn::If in place of which one of its branches stands. */
export function chosen(value: Value, scope: Scope): Value {
  if (Array.isArray(value)) return value.map((item) => chosen(item, scope));
  if (!isMap(value)) return value;
  const branches = value["Fn::If"];
  if (Array.isArray(branches) && typeof branches[0] === "string" && Object.keys(value).length === 1)
    return chosen(branches[scope.condition(branches[0]) ? 1 : 2] ?? "", scope);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, chosen(item, scope)]));
}
