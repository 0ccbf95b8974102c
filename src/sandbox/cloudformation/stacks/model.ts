import { type Capability, InsufficientCapabilitiesException, type Tag } from "@aws-sdk/client-cloudformation";
import type { World } from "../../world.ts";
import { handlerOf } from "../resources/handlers.ts";
import { checkRules } from "../template/conditions.ts";
import { dependenciesOf } from "../template/graph.ts";
import { INCLUDE } from "../template/includes.ts";
import { expandTransforms, needsAutoExpand } from "../template/languageExtensions.ts";
import { knownParameters, type ParameterInput, resolveParameters } from "../template/parameters.ts";
import { checkReferences } from "../template/references.ts";
import { readTemplate, type Template, transformsOf } from "../template/template.ts";
import { parseTemplateText } from "../template/templateText.ts";
import { isMap, type ValueMap } from "../template/value.ts";
import { checkMappings } from "./mappings.ts";
import { assertPresent, presentResources, scopeOf, wantedResources } from "./scope.ts";
import type { Stack, StackModel, StackStore } from "./stack.ts";

/** What a request says about the model. */
export interface ModelInput {
  text: string;
  parameters: readonly ParameterInput[];
  tags: Tag[];
  capabilities: Capability[];
  /** What the template includes, by location. */
  snippets: ReadonlyMap<string, ValueMap>;
}

/** Resource types whose creation must be acknowledged, with the property that names them. */
const IAM_TYPES: Record<string, string> = {
  "AWS::IAM::AccessKey": "",
  "AWS::IAM::Group": "GroupName",
  "AWS::IAM::InstanceProfile": "InstanceProfileName",
  "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
  "AWS::IAM::Policy": "",
  "AWS::IAM::Role": "RoleName",
  "AWS::IAM::RolePolicy": "",
  "AWS::IAM::User": "UserName",
  "AWS::IAM::UserPolicy": "",
  "AWS::IAM::UserToGroupAddition": "",
};

/** A template's text as a checked template; references and attributes are checked too. */
export function loadTemplate(
  text: string,
  parameters: readonly ParameterInput[] = [],
  previous?: ReadonlyMap<string, string>,
  snippets?: ReadonlyMap<string, ValueMap>,
): { root: ValueMap; template: Template } {
  const root = parseTemplateText(text);
  const { parameters: values } = knownParameters(root, parameters, previous);
  const expanded = expandTransforms(root, values, snippets);
  const template = readTemplate(expanded);
  checkReferences(template, (type) => {
    const handler = handlerOf(type);
    return handler && !handler.anyAttribute ? new Set(handler.attributes) : undefined;
  });
  return { root: expanded, template };
}

/**
 * A template as it stands, for those who only want to know what it declares: what a macro or a loop over a parameter
 * would make of it is left out when it cannot be known.
 * @throws WireError ValidationError
 */
export function declaredTemplate(text: string): Template {
  const root = parseTemplateText(text);
  if (transformsOf(root).length === 0) return loadTemplate(text).template;
  try {
    return loadTemplate(text).template;
  } catch {
    const plain = (section: ValueMap[string] | undefined): ValueMap =>
      Object.fromEntries(Object.entries(isMap(section) ? section : {}).filter(([name]) => !name.startsWith("Fn::")));
    const { Resources, Outputs: _outputs, Conditions: _conditions, ...rest } = root;
    return readTemplate({ ...rest, Resources: { ...plain(Resources), Expanded: { Type: "Expanded" } } }, "Expanded");
  }
}

/**
 * Everything that can be known to be wrong before anything is created.
 * @param isDirect without a change set that somebody could look at: templates that are expanded must then be acknowledged
 * @throws WireError ValidationError, InsufficientCapabilitiesException
 */
export function readModel(
  world: World,
  store: StackStore,
  stack: Stack,
  input: ModelInput,
  isDirect: boolean,
): StackModel {
  const { root, template } = loadTemplate(input.text, input.parameters, stack.model?.parameters, input.snippets);
  if (input.snippets.size && !template.transforms.includes(INCLUDE)) template.transforms.push(INCLUDE);
  const model: StackModel = {
    template,
    text: input.text,
    processed: needsAutoExpand(root) || input.snippets.size ? JSON.stringify(root, undefined, 2) : input.text,
    parameters: resolveParameters(template, input.parameters, stack.model?.parameters),
    tags: input.tags,
    capabilities: input.capabilities,
  };
  checkCapabilities(template, input.capabilities, isDirect);
  const scope = scopeOf(world, store, stack, model, presentResources(stack));
  for (const name of Object.keys(template.conditions)) scope.condition(name);
  checkRules(template.rules, scope);
  const wanted = wantedResources(model, scope);
  assertPresent(model, scope, wanted);
  checkMappings(model, scope, wanted);
  dependenciesOf(template, wanted);
  return model;
}

/** Capabilities that a template needs, and the types because of which. */
export function capabilitiesOf(template: Template): { capabilities: Capability[]; types: string[] } {
  const resources = Object.values(template.resources).filter(({ type }) => Object.hasOwn(IAM_TYPES, type));
  const named = resources.some(
    ({ type, properties }) => IAM_TYPES[type] !== "" && properties[IAM_TYPES[type]!] !== undefined,
  );
  const capabilities: Capability[] = resources.length ? [named ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM"] : [];
  if (template.transforms.length) capabilities.push("CAPABILITY_AUTO_EXPAND");
  return { capabilities, types: [...new Set([...resources.map(({ type }) => type), ...template.transforms])] };
}

function checkCapabilities(template: Template, given: readonly Capability[], isDirect: boolean): void {
  const missing = capabilitiesOf(template)
    .capabilities.filter((needed) => isDirect || needed !== "CAPABILITY_AUTO_EXPAND")
    .filter(
      (needed) => !given.includes(needed) && !(needed === "CAPABILITY_IAM" && given.includes("CAPABILITY_NAMED_IAM")),
    );
  if (missing.length)
    throw new InsufficientCapabilitiesException({
      message: `Requires capabilities : [${missing.join(", ")}]`,
      $metadata: {},
    });
}
