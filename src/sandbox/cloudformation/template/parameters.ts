import type { Known } from "./constants.ts";
import type { ParameterDeclaration, Template } from "./template.ts";
import { invalid, isMap, isScalar, type ValueMap } from "./value.ts";

/** A parameter as a request gives it. */
export interface ParameterInput {
  ParameterKey?: string;
  ParameterValue?: string;
  UsePreviousValue?: boolean;
}

/** What `Ref` of a parameter yields: text, or a list for the list types. */
export type ParameterValue = string | string[];

/**
 * Values of all parameters of a template: from the request, from the previous stack (`UsePreviousValue`), or the default.
 * @throws WireError ValidationError with CloudFormation's texts for missing, unknown and forbidden values
 */
export function resolveParameters(
  template: Template,
  given: readonly ParameterInput[],
  previous: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  const byKey = new Map(given.map((item) => [item.ParameterKey ?? "", item]));
  const unknown = [...byKey.keys()].filter((key) => !(key in template.parameters));
  if (unknown.length) invalid(`Parameters: [${unknown.join(", ")}] do not exist in the template`);
  const values = new Map<string, string>();
  const missing: string[] = [];
  for (const [name, declaration] of Object.entries(template.parameters)) {
    const input = byKey.get(name);
    if (input?.UsePreviousValue && input.ParameterValue)
      invalid(
        `Invalid input for parameter key ${name}. Cannot specify usePreviousValue as true and non empty value for a parameter`,
      );
    const value = input?.UsePreviousValue ? previous.get(name) : (input?.ParameterValue ?? declaration.default);
    if (input?.UsePreviousValue && value === undefined)
      invalid(
        `Invalid input for parameter key ${name}. Cannot specify usePreviousValue as true for a parameter key not in the previous template`,
      );
    if (value === undefined) missing.push(name);
    else values.set(name, value);
  }
  if (missing.length) invalid(`Parameters: [${missing.join(", ")}] must have values`);
  for (const [name, value] of values) checkParameter(name, template.parameters[name]!, value);
  return values;
}

/** True for the types whose `Ref` is a list. */
function isListType(type: string): boolean {
  return type === "CommaDelimitedList" || type.startsWith("List<");
}

/** The value as `Ref` yields it. */
export function parameterValue(declaration: ParameterDeclaration, text: string): ParameterValue {
  if (!isListType(declaration.type)) return text;
  return text === "" ? [] : text.split(",").map((item) => item.trim());
}

function checkParameter(name: string, declaration: ParameterDeclaration, text: string): void {
  const { type } = declaration;
  if (type.startsWith("AWS::SSM::"))
    invalid(
      `Parameter ${name} has the type ${type}; this sandbox has no Systems Manager parameters. Use a String parameter.`,
    );
  if (!/^(String|Number|CommaDelimitedList|List<(Number|String|AWS::[\w:]+)>|AWS::[\w:]+)$/.test(type))
    invalid(`Template format error: Unrecognized parameter type: ${type}`);
  const fail = (reason: string) =>
    invalid(
      declaration.constraintDescription
        ? `Parameter '${name}' failed to satisfy constraint: ${declaration.constraintDescription}`
        : `Parameter '${name}' ${reason}`,
    );
  const items = isListType(type) ? (parameterValue(declaration, text) as string[]) : [text];
  for (const item of items) {
    if (declaration.allowedValues && !declaration.allowedValues.includes(item)) fail(`must be one of AllowedValues`);
    if (type === "Number" || type === "List<Number>") checkNumber(name, declaration, item, fail);
  }
  if (declaration.allowedPattern !== undefined && !matches(name, declaration.allowedPattern, text))
    fail(`must match pattern ${declaration.allowedPattern}`);
  if (declaration.minLength !== undefined && text.length < declaration.minLength)
    fail(`must contain at least ${declaration.minLength} characters`);
  if (declaration.maxLength !== undefined && text.length > declaration.maxLength)
    fail(`must contain at most ${declaration.maxLength} characters`);
}

function checkNumber(
  name: string,
  declaration: ParameterDeclaration,
  item: string,
  fail: (reason: string) => never,
): void {
  const number = Number(item);
  if (item.trim() === "" || !Number.isFinite(number)) invalid(`Parameter '${name}' must be a number.`);
  if (declaration.minValue !== undefined && number < declaration.minValue)
    fail(`must be a number not less than ${declaration.minValue}`);
  if (declaration.maxValue !== undefined && number > declaration.maxValue)
    fail(`must be a number not greater than ${declaration.maxValue}`);
}

/** AllowedPattern must match the whole value (AWS: "Parameters", AllowedPattern). */
function matches(name: string, pattern: string, text: string): boolean {
  let expression: RegExp;
  try {
    expression = new RegExp(`^(?:${pattern})$`, "su");
  } catch {
    try {
      expression = new RegExp(`^(?:${pattern})$`, "s");
    } catch {
      invalid(`Template format error: AllowedPattern of parameter ${name} is not a regular expression: ${pattern}`);
    }
  }
  return expression.test(text);
}

/**
 * The values of parameters before they are checked, for what must be known first: loops, includes, names.
 * @param previous values of the stack's parameters as it is
 */
export function knownParameters(
  root: ValueMap,
  inputs: readonly ParameterInput[],
  previous?: ReadonlyMap<string, string>,
): Known {
  const values = new Map<string, string>();
  for (const [name, declaration] of Object.entries(isMap(root.Parameters) ? root.Parameters : {}))
    if (isMap(declaration) && isScalar(declaration.Default)) values.set(name, String(declaration.Default));
  for (const { ParameterKey = "", ParameterValue, UsePreviousValue } of inputs) {
    const value = UsePreviousValue ? previous?.get(ParameterKey) : ParameterValue;
    if (value !== undefined) values.set(ParameterKey, value);
  }
  return { parameters: values, mappings: isMap(root.Mappings) ? root.Mappings : {} };
}
