import { type Capability, InsufficientCapabilitiesException, type Tag } from "@aws-sdk/client-cloudformation";
import type { World } from "../../world.ts";
import { handlerOf } from "../resources/handlers.ts";
import { checkRules } from "../template/conditions.ts";
import { dependenciesOf } from "../template/graph.ts";
import { expandTransforms, needsAutoExpand } from "../template/languageExtensions.ts";
import { type ParameterInput, resolveParameters } from "../template/parameters.ts";
import { checkReferences } from "../template/references.ts";
import { readTemplate, type Template } from "../template/template.ts";
import { parseTemplateText } from "../template/templateText.ts";
import type { ValueMap } from "../template/value.ts";
import { presentResources, scopeOf, wantedResources } from "./scope.ts";
import type { Stack, StackModel, StackStore } from "./stack.ts";

/** What a request says about the model. */
export interface ModelInput {
  text: string;
  parameters: readonly ParameterInput[];
  tags: Tag[];
  capabilities: Capability[];
}

/** Resource types whose creation must be acknowledged, with the property that names them. */
const IAM_TYPES: Record<string, string> = {
  "AWS::IAM::AccessKey": "",
  "AWS::IAM::Group": "GroupName",
  "AWS::IAM::InstanceProfile": "InstanceProfileName",
  "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
  "AWS::IAM::Policy": "",
  "AWS::IAM::Role": "RoleName",
  "AWS::IAM::User": "UserName",
  "AWS::IAM::UserToGroupAddition": "",
};

/** A template's text as a checked template; references and attributes are checked too. */
export function loadTemplate(
  text: string,
  parameters: readonly ParameterInput[] = [],
): { root: ValueMap; template: Template } {
  const root = parseTemplateText(text);
  const declared = readTemplate({
    Resources: { Placeholder: { Type: "Placeholder" } },
    Parameters: root.Parameters ?? {},
  });
  const values = new Map(
    Object.entries(declared.parameters).flatMap(([name, { default: value }]) =>
      value === undefined ? [] : [[name, value] as const],
    ),
  );
  for (const { ParameterKey, ParameterValue } of parameters)
    if (ParameterKey !== undefined && ParameterValue !== undefined) values.set(ParameterKey, ParameterValue);
  const expanded = expandTransforms(root, values);
  const template = readTemplate(expanded);
  checkReferences(template, (type) => {
    const handler = handlerOf(type);
    return handler && !handler.anyAttribute ? new Set(handler.attributes) : undefined;
  });
  return { root: expanded, template };
}

/**
 * Everything that can be known to be wrong before anything is created.
 * @throws WireError ValidationError, InsufficientCapabilitiesException
 */
export function readModel(world: World, store: StackStore, stack: Stack, input: ModelInput): StackModel {
  const { root, template } = loadTemplate(input.text, input.parameters);
  const model: StackModel = {
    template,
    text: input.text,
    processed: needsAutoExpand(root) ? JSON.stringify(root, undefined, 2) : input.text,
    parameters: resolveParameters(template, input.parameters, stack.model?.parameters),
    tags: input.tags,
    capabilities: input.capabilities,
  };
  checkCapabilities(template, input.capabilities);
  const scope = scopeOf(world, store, stack, model, presentResources(stack));
  for (const name of Object.keys(template.conditions)) scope.condition(name);
  checkRules(template.rules, scope);
  dependenciesOf(template, wantedResources(model, scope));
  return model;
}

/** Capabilities that a template needs, and the types because of which. */
export function capabilitiesOf(template: Template): { capabilities: Capability[]; types: string[] } {
  const resources = Object.values(template.resources).filter(({ type }) => Object.hasOwn(IAM_TYPES, type));
  const named = resources.some(
    ({ type, properties }) => IAM_TYPES[type] !== "" && properties[IAM_TYPES[type]!] !== undefined,
  );
  const capabilities: Capability[] = resources.length ? [named ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM"] : [];
  return { capabilities, types: [...new Set(resources.map(({ type }) => type))] };
}

function checkCapabilities(template: Template, given: readonly Capability[]): void {
  const missing = capabilitiesOf(template).capabilities.filter(
    (needed) => !given.includes(needed) && !(needed === "CAPABILITY_IAM" && given.includes("CAPABILITY_NAMED_IAM")),
  );
  if (missing.length)
    throw new InsufficientCapabilitiesException({
      message: `Requires capabilities : [${missing.join(", ")}]`,
      $metadata: {},
    });
}
