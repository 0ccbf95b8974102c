import {
  type Document,
  isAlias,
  isMap as isMapNode,
  isScalar as isScalarNode,
  isSeq,
  type Node,
  parseDocument,
} from "yaml";
import { invalid, type Value, type ValueMap } from "./value.ts";

/** Largest template handed over in a request, in bytes (AWS: CloudFormation quotas, "Template body size in a request"). */
export const MAX_TEMPLATE_BODY_BYTES = 51_200;
/** Largest template read from S3, in bytes (AWS: CloudFormation quotas, "Template body size in an S3 object"). */
export const MAX_TEMPLATE_OBJECT_BYTES = 1_048_576;

/** An alias may multiply its anchor; past this many values the text is refused (the "billion laughs" of YAML). */
const MAX_VALUES = 200_000;
const MAX_DEPTH = 100;

/** Short forms whose long form is not simply `Fn::` and the name. */
const PLAIN_SHORT_FORMS = new Set(["Ref", "Condition"]);
const SHORT_FORMS = new Set([
  "And",
  "Base64",
  "Cidr",
  "Contains",
  "EachMemberEquals",
  "EachMemberIn",
  "Equals",
  "FindInMap",
  "GetAtt",
  "GetAZs",
  "If",
  "ImportValue",
  "Join",
  "Length",
  "Not",
  "Or",
  "RefAll",
  "Select",
  "Split",
  "Sub",
  "ToJsonString",
  "Transform",
  "ValueOf",
]);

interface Budget {
  values: number;
}

/**
 * Reads a template's text, JSON or YAML, into plain values with every intrinsic in its long form.
 * Numbers that do not survive a round trip (`1.10`, `012345678901`) stay text, because CloudFormation passes scalars as text.
 * @throws WireError ValidationError `Template format error: …` with line and column
 */
export function parseTemplateText(text: string): ValueMap {
  const trimmed = text.trimStart();
  const value = trimmed.startsWith("{") ? parseJson(text) : parseYaml(text);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    invalid("Template format error: unsupported structure.");
  return value as ValueMap;
}

function parseJson(text: string): Value {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    // A YAML flow mapping starts with a brace too; only when it is neither is the JSON reader's complaint the useful one.
    const document = parseDocument(text);
    if (document.errors.length === 0) return fromDocument(document);
    const offset = Number(/position (\d+)/.exec((error as Error).message)?.[1] ?? text.length);
    const lines = text.slice(0, offset).split("\n");
    invalid(
      `Template format error: JSON not well-formed. (line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1})`,
    );
  }
  return checkedJson(parsed, "", { values: 0 }, 0);
}

function checkedJson(value: unknown, path: string, budget: Budget, depth: number): Value {
  spend(budget, depth);
  if (value === null) refuseNull(path);
  if (Array.isArray(value)) return value.map((item, index) => checkedJson(item, `${path}/${index}`, budget, depth + 1));
  if (typeof value === "object") {
    const map: ValueMap = {};
    for (const [key, item] of Object.entries(value))
      map[safeKey(key)] = checkedJson(item, `${path}/${key}`, budget, depth + 1);
    return map;
  }
  return value as Value;
}

function parseYaml(text: string): Value {
  return fromDocument(parseDocument(text, { version: "1.2", schema: "core", uniqueKeys: true }));
}

function fromDocument(document: Document.Parsed): Value {
  const [error] = document.errors;
  if (error) {
    const at = error.linePos?.[0];
    const where = at ? ` (line ${at.line}, column ${at.col})` : "";
    invalid(`Template format error: YAML not well-formed.${where} ${error.message.split("\n")[0]}`);
  }
  if (!document.contents) invalid("Template format error: unsupported structure.");
  return fromNode(document.contents as Node, document, "", { values: 0 }, 0);
}

function fromNode(
  node: Node | null | undefined,
  document: Document.Parsed,
  path: string,
  budget: Budget,
  depth: number,
): Value {
  spend(budget, depth);
  if (!node) refuseNull(path);
  if (isAlias(node)) {
    const target = node.resolve(document);
    if (!target) invalid(`Template format error: unknown anchor *${node.source} at [${path}]`);
    return fromNode(target, document, path, budget, depth + 1);
  }
  const tag = node.tag?.startsWith("!") && !node.tag.startsWith("!!") ? node.tag.slice(1) : undefined;
  if (isScalarNode(node)) {
    if (node.value === null && tag === undefined) refuseNull(path);
    return tag === undefined
      ? plainScalar(node.value, node.source)
      : longForm(tag, String(node.source ?? node.value ?? ""), path);
  }
  if (isSeq(node)) {
    const items = node.items.map((item, index) =>
      fromNode(item as Node, document, `${path}/${index}`, budget, depth + 1),
    );
    return tag === undefined ? items : longForm(tag, items, path);
  }
  if (!isMapNode(node)) invalid(`Template format error: unsupported structure at [${path}]`);
  const map: ValueMap = {};
  for (const pair of node.items) {
    const key = isScalarNode(pair.key)
      ? String(pair.key.source ?? pair.key.value)
      : invalid(`Template format error: a key at [${path}] is not text`);
    map[safeKey(key)] = fromNode(pair.value as Node, document, `${path}/${key}`, budget, depth + 1);
  }
  return tag === undefined ? map : longForm(tag, map, path);
}

function plainScalar(value: unknown, source: string | undefined): Value {
  if (typeof value === "number" || typeof value === "bigint") {
    const text = String(value);
    return source !== undefined && source !== text ? source : typeof value === "bigint" ? text : value;
  }
  return typeof value === "boolean" ? value : String(value);
}

function longForm(tag: string, argument: Value, path: string): Value {
  if (PLAIN_SHORT_FORMS.has(tag)) return { [tag]: argument };
  if (!SHORT_FORMS.has(tag)) invalid(`Template format error: unknown tag !${tag} at [${path}]`);
  // `!GetAtt Resource.Attribute` is the one short form whose text is split: attribute names may hold dots themselves.
  if (tag === "GetAtt" && typeof argument === "string") {
    const dot = argument.indexOf(".");
    if (dot > 0) return { "Fn::GetAtt": [argument.slice(0, dot), argument.slice(dot + 1)] };
  }
  return { [`Fn::${tag}`]: argument };
}

function spend(budget: Budget, depth: number): void {
  budget.values++;
  if (budget.values > MAX_VALUES) invalid(`Template format error: aliases expand to more than ${MAX_VALUES} values.`);
  if (depth > MAX_DEPTH) invalid(`Template format error: nested deeper than ${MAX_DEPTH} levels.`);
}

function safeKey(key: string): string {
  // Written as an own property this key would replace the object's prototype.
  return key === "__proto__" ? invalid("Template format error: the key __proto__ is not allowed.") : key;
}

function refuseNull(path: string): never {
  invalid(`Template format error: [${path}] 'null' values are not allowed in templates`);
}
