import { invalid, isMap, isScalar, type Value, type ValueMap } from "./value.ts";

/** A parameter as declared; see `parameters.ts` for what its constraints mean. */
export interface ParameterDeclaration {
  type: string;
  description?: string;
  default?: string;
  noEcho: boolean;
  allowedValues?: string[];
  allowedPattern?: string;
  minLength?: number;
  maxLength?: number;
  minValue?: number;
  maxValue?: number;
  constraintDescription?: string;
}

/** Policies that decide what becomes of a physical resource when the template lets go of it. */
export type RetentionPolicy = "Delete" | "Retain" | "Snapshot" | "RetainExceptOnCreate";

/** A resource as declared, its properties still holding intrinsics. */
export interface ResourceDeclaration {
  type: string;
  properties: ValueMap;
  dependsOn: string[];
  condition?: string;
  deletionPolicy: RetentionPolicy;
  updateReplacePolicy: RetentionPolicy;
  metadata?: Value;
  /** Policies that are declared, would have an effect on AWS, and have none here. */
  ignored: { policy: "CreationPolicy" | "UpdatePolicy"; when: "CREATE" | "UPDATE" }[];
}

/** An output as declared, its value still holding intrinsics. */
interface OutputDeclaration {
  value: Value;
  description?: string;
  exportName?: Value;
  condition?: string;
}

/** An assertion over parameters, checked before anything is created. */
export interface RuleDeclaration {
  condition?: Value;
  assertions: { assert: Value; description: string }[];
}

/** A template whose form has been checked; its references have not (see `references.ts`). */
export interface Template {
  description?: string;
  transforms: string[];
  metadata?: Value;
  parameters: Record<string, ParameterDeclaration>;
  mappings: Record<string, ValueMap>;
  conditions: Record<string, Value>;
  rules: Record<string, RuleDeclaration>;
  resources: Record<string, ResourceDeclaration>;
  outputs: Record<string, OutputDeclaration>;
}

const SECTIONS = new Set([
  "AWSTemplateFormatVersion",
  "Description",
  "Metadata",
  "Parameters",
  "Rules",
  "Mappings",
  "Conditions",
  "Transform",
  "Resources",
  "Outputs",
  "Hooks",
]);
const RESOURCE_KEYS = new Set([
  "Type",
  "Properties",
  "DependsOn",
  "Condition",
  "DeletionPolicy",
  "UpdateReplacePolicy",
  "Metadata",
  "CreationPolicy",
  "UpdatePolicy",
  // Of custom resources, and of templates from before types had versions.
  "Version",
]);
const PARAMETER_KEYS = new Set([
  "Type",
  "Description",
  "Default",
  "NoEcho",
  "AllowedValues",
  "AllowedPattern",
  "MinLength",
  "MaxLength",
  "MinValue",
  "MaxValue",
  "ConstraintDescription",
]);
const RETENTION = new Set(["Delete", "Retain", "Snapshot", "RetainExceptOnCreate"]);
const LOGICAL_ID = /^[A-Za-z0-9]{1,255}$/;

/**
 * Checks a template's sections and brings them into one form.
 * @param left logical id of a resource that only stands for those that are not known
 * @throws WireError ValidationError `Template format error: …` with CloudFormation's texts
 */
export function readTemplate(root: ValueMap, left?: string): Template {
  const unknown = Object.keys(root).filter((key) => !SECTIONS.has(key));
  if (unknown.length) invalid(`Invalid template property or properties [${unknown.join(", ")}]`);
  const version = root.AWSTemplateFormatVersion;
  if (version !== undefined && version !== "2010-09-09")
    invalid(`Template format error: unsupported value for AWSTemplateFormatVersion: ${String(version)}.`);
  if (root.Description !== undefined && typeof root.Description !== "string")
    invalid("Template format error: Description must be a string.");
  const resources = section(root, "Resources");
  if (Object.keys(resources).length === 0)
    invalid("Template format error: At least one Resources member must be defined.");
  return {
    description: root.Description as string | undefined,
    transforms: transformsOf(root),
    metadata: root.Metadata,
    parameters: mapValues(section(root, "Parameters"), readParameter),
    mappings: mapValues(section(root, "Mappings"), readMapping),
    conditions: section(root, "Conditions"),
    rules: mapValues(section(root, "Rules"), readRule),
    resources: mapValues(left === undefined ? resources : without(resources, left), readResource),
    outputs: mapValues(section(root, "Outputs"), readOutput),
  };
}

/** Names of the template's transforms, in order. Entries written as `{Name, Parameters}` count by their name. */
export function transformsOf(root: ValueMap): string[] {
  const transform = root.Transform;
  if (transform === undefined) return [];
  return (Array.isArray(transform) ? transform : [transform]).map((item) => {
    const name = isMap(item) ? item.Name : item;
    return typeof name === "string" ? name : invalid("Key Name of transform definition must be a string.");
  });
}

const without = ({ ...map }: ValueMap, name: string): ValueMap => {
  delete map[name];
  return map;
};

function section(root: ValueMap, name: string): ValueMap {
  const value = root[name];
  if (value === undefined) return {};
  return isMap(value) ? value : invalid(`Template format error: ${name} must be a map.`);
}

function mapValues<T>(map: ValueMap, read: (value: Value, name: string) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, read(value, name)]));
}

function checkId(kind: string, name: string): void {
  if (!LOGICAL_ID.test(name)) invalid(`Template format error: ${kind} name ${name} is non alphanumeric.`);
}

/** Two levels of keys above texts and lists, nothing computed (seen on AWS). */
function readMapping(map: Value, name: string): ValueMap {
  if (!isMap(map)) invalid(`Template format error: Every Mappings member ${name} must be a map`);
  for (const [key, row] of Object.entries(map)) {
    if (!isMap(row)) invalid(`Template format error: Every Mappings member ${key} must be a map`);
    for (const value of Object.values(row))
      if (isMap(value)) invalid("Template format error: Every Mappings attribute must be a String or a List.");
  }
  return map;
}

function readParameter(value: Value, name: string): ParameterDeclaration {
  checkId("Parameter", name);
  if (!isMap(value)) invalid(`Template format error: Parameter ${name} must be a map.`);
  const unknown = Object.keys(value).filter((key) => !PARAMETER_KEYS.has(key));
  if (unknown.length) invalid(`Invalid template parameter property '${unknown[0]}'`);
  if (typeof value.Type !== "string")
    invalid(`Template format error: Every Parameters object must contain a Type member.`);
  const text = (key: string) => (isScalar(value[key]) ? String(value[key]) : undefined);
  const number = (key: string) => {
    if (value[key] === undefined) return undefined;
    const parsed = Number(value[key]);
    return Number.isFinite(parsed)
      ? parsed
      : invalid(`Template format error: Parameter ${name}: ${key} must be a number.`);
  };
  if (value.AllowedValues !== undefined && !Array.isArray(value.AllowedValues))
    invalid(`Template format error: Parameter ${name}: AllowedValues must be a list.`);
  if (value.Default !== undefined && !isScalar(value.Default))
    invalid(`Template format error: Every Default member must be a string.`);
  return {
    type: value.Type,
    description: text("Description"),
    default: text("Default"),
    noEcho: text("NoEcho")?.toLowerCase() === "true",
    allowedValues: (value.AllowedValues as Value[] | undefined)?.map(String),
    allowedPattern: text("AllowedPattern"),
    minLength: number("MinLength"),
    maxLength: number("MaxLength"),
    minValue: number("MinValue"),
    maxValue: number("MaxValue"),
    constraintDescription: text("ConstraintDescription"),
  };
}

function readResource(value: Value, name: string): ResourceDeclaration {
  checkId("Resource", name);
  if (!isMap(value)) invalid(`Template format error: [/Resources/${name}] resource definition is malformed`);
  if (typeof value.Type !== "string")
    invalid(`Template format error: [/Resources/${name}] Every Resources object must contain a Type member.`);
  const unknown = Object.keys(value).filter((key) => !RESOURCE_KEYS.has(key));
  if (unknown.length) invalid(`Invalid template resource property '${unknown[0]}'`);
  const properties = value.Properties ?? {};
  if (!isMap(properties)) invalid(`Template format error: [/Resources/${name}/Properties] must be a map.`);
  const dependsOn =
    value.DependsOn === undefined ? [] : Array.isArray(value.DependsOn) ? value.DependsOn : [value.DependsOn];
  if (!dependsOn.every((item) => typeof item === "string"))
    invalid(`Template format error: DependsOn of resource ${name} must be a string or list of strings.`);
  if (value.Condition !== undefined && typeof value.Condition !== "string")
    invalid(`Template format error: Resource ${name} has a Condition that is not a string.`);
  return {
    type: value.Type,
    properties,
    dependsOn: dependsOn as string[],
    condition: value.Condition as string | undefined,
    deletionPolicy: retention(value, "DeletionPolicy", name),
    updateReplacePolicy: retention(value, "UpdateReplacePolicy", name),
    metadata: value.Metadata,
    ignored: ignoredPolicies(value),
  };
}

/**
 * Policies that CloudFormation would act by. Those of other types have no effect on AWS either (CloudFormation user
 * guide, "CreationPolicy attribute", "UpdatePolicy attribute").
 */
function ignoredPolicies(resource: ValueMap): ResourceDeclaration["ignored"] {
  const { Type, CreationPolicy, UpdatePolicy } = resource;
  if (Type === "AWS::CloudFormation::WaitCondition" && CreationPolicy !== undefined)
    return [{ policy: "CreationPolicy", when: "CREATE" }];
  if (Type === "AWS::Lambda::Alias" && isMap(UpdatePolicy) && UpdatePolicy.CodeDeployLambdaAliasUpdate !== undefined)
    return [{ policy: "UpdatePolicy", when: "UPDATE" }];
  return [];
}

function retention(resource: ValueMap, key: string, name: string): RetentionPolicy {
  const policy = resource[key] ?? "Delete";
  if (typeof policy !== "string" || !RETENTION.has(policy))
    invalid(`Template format error: Unrecognized ${key} ${JSON.stringify(policy)} for resource ${name}`);
  return policy as RetentionPolicy;
}

function readOutput(value: Value, name: string): OutputDeclaration {
  checkId("Output", name);
  if (!isMap(value) || value.Value === undefined)
    invalid(`Template format error: Every Outputs member must contain a Value object: [${name}]`);
  const exported = value.Export;
  if (exported !== undefined && (!isMap(exported) || exported.Name === undefined))
    invalid(
      `Template format error: Output ${name} is malformed. The Name field of every Export member must be specified.`,
    );
  return {
    value: value.Value,
    description: typeof value.Description === "string" ? value.Description : undefined,
    exportName: isMap(exported) ? exported.Name : undefined,
    condition: typeof value.Condition === "string" ? value.Condition : undefined,
  };
}

function readRule(value: Value, name: string): RuleDeclaration {
  if (!isMap(value) || !Array.isArray(value.Assertions))
    invalid(`Template format error: Rule ${name} must contain a list of Assertions.`);
  return {
    condition: value.RuleCondition,
    assertions: value.Assertions.map((item) => {
      if (!isMap(item) || item.Assert === undefined)
        invalid(`Template format error: Every assertion of rule ${name} must contain an Assert member.`);
      return { assert: item.Assert, description: String(item.AssertDescription ?? "") };
    }),
  };
}
