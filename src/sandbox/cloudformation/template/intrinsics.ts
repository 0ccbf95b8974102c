import { cidrBlocks } from "./cidr.ts";
import { conditionFunctions } from "./conditions.ts";
import { subPieces } from "./sub.ts";
import { intrinsicOf, invalid, isMap, isScalar, type Value, type ValueMap } from "./value.ts";

/** What the intrinsics of one stack may look at. `undefined` stands for `AWS::NoValue`. */
export interface Scope {
  readonly region: string;
  readonly mappings: Record<string, ValueMap>;
  /** Parameter, pseudo parameter or resource. */
  ref(name: string): Value | undefined;
  getAtt(logicalId: string, attribute: string): Value;
  condition(name: string): boolean;
  /** Value of another stack's export; throws when there is none. */
  importValue(name: string): string;
}

type Intrinsic = (argument: Value, scope: Scope) => Value | undefined;

/**
 * The value with every intrinsic replaced by what it yields. Members that come out as `AWS::NoValue` are left out.
 * @throws WireError ValidationError `Template error: …`
 */
export function evaluate(value: Value, scope: Scope): Value | undefined {
  if (isScalar(value)) return value;
  const call = intrinsicOf(value);
  if (call) {
    const [name, argument] = call;
    const run = INTRINSICS[name] ?? conditionFunctions[name];
    if (!run) invalid(`Template error: the function ${name} is not known or not allowed here.`);
    return run(argument, scope);
  }
  if (Array.isArray(value))
    return value.map((item) => evaluate(item, scope)).filter((item): item is Value => item !== undefined);
  return evaluateMap(value, scope);
}

/** A mapping with every member evaluated. */
export function evaluateMap(map: ValueMap, scope: Scope): ValueMap {
  const out: ValueMap = {};
  for (const [key, item] of Object.entries(map)) {
    const result = evaluate(item, scope);
    if (result !== undefined) out[key] = result;
  }
  return out;
}

/** Evaluates to text, as the arguments of most functions must. */
export function evaluateText(value: Value, scope: Scope, what: string): string {
  const result = evaluate(value, scope);
  if (!isScalar(result)) invalid(`Template error: ${what} must be a string`);
  return String(result);
}

function listOf(value: Value | undefined, scope: Scope, what: string): Value[] {
  const result = value === undefined ? undefined : evaluate(value, scope);
  return Array.isArray(result) ? result : invalid(`Template error: ${what} must be a list`);
}

/** The arguments of a function that takes a list of `min` to `max` of them (these may hold functions themselves). */
export function argumentsOf(argument: Value, name: string, min: number, max = min): Value[] {
  if (!Array.isArray(argument) || argument.length < min || argument.length > max)
    invalid(
      `Template error: every ${name} object requires ${min === max ? min : `${min} to ${max}`} argument(s) in a list.`,
    );
  return argument;
}

/** Resource and attribute of a Fn::GetAtt argument; the attribute may be a Ref to a parameter. */
export function getAttTarget(argument: Value): [logicalId: string, attribute: Value] {
  if (typeof argument === "string") {
    const dot = argument.indexOf(".");
    if (dot > 0) return [argument.slice(0, dot), argument.slice(dot + 1)];
  } else if (Array.isArray(argument) && argument.length >= 2 && typeof argument[0] === "string") {
    const rest = argument.slice(1);
    return [argument[0], rest.length === 1 ? rest[0]! : rest.map(String).join(".")];
  }
  invalid(
    "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute",
  );
}

const INTRINSICS: Record<string, Intrinsic> = {
  Ref: (argument, scope) =>
    typeof argument === "string"
      ? scope.ref(argument)
      : invalid("Template error: every Ref object must have a single String value."),

  "Fn::GetAtt": (argument, scope) => {
    const [logicalId, attribute] = getAttTarget(argument);
    return scope.getAtt(logicalId, evaluateText(attribute, scope, "the attribute of Fn::GetAtt"));
  },

  "Fn::Sub": (argument, scope) => {
    const [template, variables] = Array.isArray(argument) ? argumentsOf(argument, "Fn::Sub", 2) : [argument, {}];
    if (typeof template !== "string" || !isMap(variables))
      invalid(
        "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string",
      );
    return subPieces(template)
      .map((piece) => {
        if (piece.text !== undefined) return piece.text;
        const own = Object.hasOwn(variables, piece.name) ? variables[piece.name] : undefined;
        if (own !== undefined) return evaluateText(own, scope, `the value of \${${piece.name}} in Fn::Sub`);
        const dot = piece.name.indexOf(".");
        const value =
          dot > 0 ? scope.getAtt(piece.name.slice(0, dot), piece.name.slice(dot + 1)) : scope.ref(piece.name);
        return isScalar(value)
          ? String(value)
          : invalid(`Template error: \${${piece.name}} in Fn::Sub is not a string`);
      })
      .join("");
  },

  "Fn::Join": (argument, scope) => {
    const [delimiter, list] = argumentsOf(argument, "Fn::Join", 2);
    if (typeof delimiter !== "string")
      invalid(
        "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.",
      );
    return listOf(list, scope, "the second argument of Fn::Join")
      .map((item) => (isScalar(item) ? String(item) : invalid("Template error: every Fn::Join item must be a string")))
      .join(delimiter);
  },

  "Fn::Select": (argument, scope) => {
    const [at, list] = argumentsOf(argument, "Fn::Select", 2);
    const index = Number(evaluateText(at!, scope, "the index of Fn::Select"));
    const item = listOf(list, scope, "the second argument of Fn::Select")[index];
    return item ?? invalid(`Template error: Fn::Select cannot select nonexistent value at index ${index}`);
  },

  "Fn::Split": (argument, scope) => {
    const [delimiter, text] = argumentsOf(argument, "Fn::Split", 2);
    if (typeof delimiter !== "string" || delimiter === "")
      invalid("Template error: every Fn::Split object requires a non-empty string delimiter");
    return evaluateText(text!, scope, "the text of Fn::Split").split(delimiter);
  },

  "Fn::If": (argument, scope) => {
    const [condition, yes, no] = argumentsOf(argument, "Fn::If", 3);
    if (typeof condition !== "string")
      invalid("Template error: the first argument of Fn::If must be the name of a condition");
    return evaluate(scope.condition(condition) ? yes! : no!, scope);
  },

  "Fn::FindInMap": (argument, scope) => {
    const [mapName, topKey, secondKey, fallback] = argumentsOf(argument, "Fn::FindInMap", 3, 4);
    const names = [mapName!, topKey!, secondKey!].map((part) =>
      evaluateText(part, scope, "an argument of Fn::FindInMap"),
    );
    const mapping = scope.mappings[names[0]!];
    const row = mapping?.[names[1]!];
    const found = isMap(row) ? row[names[2]!] : undefined;
    if (found !== undefined) return found;
    if (isMap(fallback) && fallback.DefaultValue !== undefined) return evaluate(fallback.DefaultValue, scope);
    if (!mapping)
      invalid(`Template error: Mapping named '${names[0]}' is not present in the 'Mappings' section of template.`);
    return invalid(`Template error: Unable to get mapping for ${names.join("::")}`);
  },

  "Fn::Base64": (argument, scope) =>
    Buffer.from(evaluateText(argument, scope, "the argument of Fn::Base64")).toString("base64"),

  "Fn::Cidr": (argument, scope) => {
    const [block, count, bits] = argumentsOf(argument, "Fn::Cidr", 2, 3).map((item) =>
      evaluateText(item, scope, "an argument of Fn::Cidr"),
    );
    return cidrBlocks(block!, Number(count), bits === undefined ? 8 : Number(bits));
  },

  // The sandbox's regions all have three zones with the letters that every AWS region has at least.
  "Fn::GetAZs": (argument, scope) => {
    const region = evaluateText(argument, scope, "the argument of Fn::GetAZs") || scope.region;
    return ["a", "b", "c"].map((letter) => region + letter);
  },

  "Fn::ImportValue": (argument, scope) =>
    scope.importValue(evaluateText(argument, scope, "the argument of Fn::ImportValue")),

  "Fn::Length": (argument, scope) => listOf(argument, scope, "the argument of Fn::Length").length,

  "Fn::ToJsonString": (argument, scope) => JSON.stringify(evaluate(argument, scope)),

  "Fn::Transform": (argument) =>
    invalid(
      `Template error: this sandbox runs no macros; expand Fn::Transform ${JSON.stringify(isMap(argument) ? argument.Name : argument)} before you deploy.`,
    ),
};
