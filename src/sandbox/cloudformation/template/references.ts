import { getAttTarget } from "./intrinsics.ts";
import { subPieces } from "./sub.ts";
import type { Template } from "./template.ts";
import { intrinsicOf, invalid, isMap, onlyEntry, type Value } from "./value.ts";

/** Pseudo parameters (AWS: "Pseudo parameters reference"). */
const PSEUDO_PARAMETERS = new Set([
  "AWS::AccountId",
  "AWS::NotificationARNs",
  "AWS::NoValue",
  "AWS::Partition",
  "AWS::Region",
  "AWS::StackId",
  "AWS::StackName",
  "AWS::URLSuffix",
]);

/** One use of a name by an expression. */
export interface Reference {
  kind: "ref" | "getAtt" | "condition" | "import";
  name: string;
  /** Of a GetAtt whose attribute is plain text. */
  attribute?: string;
}

/** Every parameter, resource, attribute and condition that an expression names, in reading order. */
export function referencesIn(value: Value | undefined, out: Reference[] = []): Reference[] {
  if (value === undefined) return out;
  if (Array.isArray(value)) {
    for (const item of value) referencesIn(item, out);
    return out;
  }
  if (!isMap(value)) return out;
  const entry = intrinsicOf(value);
  if (!entry) {
    for (const item of Object.values(value)) referencesIn(item, out);
    return out;
  }
  const [name, argument] = entry;
  if (name === "Ref") {
    if (typeof argument === "string") out.push({ kind: "ref", name: argument });
    return out;
  }
  if (name === "Fn::GetAtt") {
    const [target, attribute] = getAttTarget(argument);
    out.push({ kind: "getAtt", name: target, attribute: typeof attribute === "string" ? attribute : undefined });
    return referencesIn(attribute, out);
  }
  if (name === "Fn::Sub") {
    const [text, variables] = Array.isArray(argument) ? argument : [argument];
    for (const piece of typeof text === "string" ? subPieces(text) : []) {
      if (piece.name === undefined || (isMap(variables) && Object.hasOwn(variables, piece.name))) continue;
      const dot = piece.name.indexOf(".");
      out.push(
        dot > 0
          ? { kind: "getAtt", name: piece.name.slice(0, dot), attribute: piece.name.slice(dot + 1) }
          : { kind: "ref", name: piece.name },
      );
    }
    return referencesIn(variables, out);
  }
  if (name === "Fn::If" && Array.isArray(argument) && typeof argument[0] === "string")
    out.push({ kind: "condition", name: argument[0] });
  if (name === "Fn::ImportValue" && typeof argument === "string") out.push({ kind: "import", name: argument });
  return referencesIn(argument, out);
}

/** Condition names that a condition expression uses (`Condition` references and Fn::If). */
function conditionsIn(value: Value, out: string[] = []): string[] {
  const entry = onlyEntry(value);
  if (entry?.[0] === "Condition" && typeof entry[1] === "string") out.push(entry[1]);
  for (const item of Array.isArray(value) ? value : isMap(value) ? Object.values(value) : []) conditionsIn(item, out);
  return out;
}

/**
 * Checks that every name used exists, with CloudFormation's texts.
 * @param attributesOf attribute names that a resource type offers; undefined when the type is not known here
 * @throws WireError ValidationError
 */
export function checkReferences(
  template: Template,
  attributesOf: (type: string) => ReadonlySet<string> | undefined,
): void {
  const known = (name: string) =>
    name in template.parameters || name in template.resources || PSEUDO_PARAMETERS.has(name);
  const check = (references: Reference[], block: string) => {
    for (const { kind, name, attribute } of references) {
      if (kind === "ref" && !known(name))
        invalid(
          `Template format error: Unresolved resource dependencies [${name}] in the ${block} block of the template`,
        );
      if (kind === "condition" && !(name in template.conditions))
        invalid(`Template error: unresolved condition dependency ${name} in Fn::If`);
      if (kind !== "getAtt") continue;
      const resource = template.resources[name];
      if (!resource) invalid(`Template error: instance of Fn::GetAtt references undefined resource ${name}`);
      const offered = attributesOf(resource.type);
      if (attribute !== undefined && offered && !offered.has(attribute))
        invalid(`Template error: resource ${name} does not support attribute type ${attribute} in Fn::GetAtt`);
    }
  };
  for (const [name, condition] of Object.entries(template.conditions)) {
    for (const used of conditionsIn(condition)) checkCondition(template, used, "Conditions");
    for (const { name: ref, kind } of referencesIn(condition))
      if (
        (kind === "ref" || kind === "getAtt") &&
        (kind === "getAtt" || (!(ref in template.parameters) && !PSEUDO_PARAMETERS.has(ref)))
      )
        invalid(
          `Template format error: Unresolved dependencies [${ref}]. Cannot reference resources in the Conditions block of the template (${name})`,
        );
  }
  for (const [id, resource] of Object.entries(template.resources)) {
    for (const other of resource.dependsOn)
      if (!(other in template.resources))
        invalid(
          `Template format error: Unresolved resource dependencies [${other}] in the Resources block of the template`,
        );
    if (resource.condition !== undefined) checkCondition(template, resource.condition, "Resources");
    check(referencesIn(resource.properties), "Resources");
    if (resource.dependsOn.includes(id)) invalid(`Circular dependency between resources: [${id}]`);
  }
  for (const output of Object.values(template.outputs)) {
    if (output.condition !== undefined) checkCondition(template, output.condition, "Outputs");
    check(referencesIn(output.value), "Outputs");
    check(referencesIn(output.exportName), "Outputs");
  }
}

function checkCondition(template: Template, name: string, block: string): void {
  if (!(name in template.conditions))
    invalid(`Template format error: Unresolved condition dependency ${name} in the ${block} block of the template`);
}
