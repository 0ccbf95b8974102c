import { evaluate, type Scope } from "../template/intrinsics.ts";
import { referencesIn } from "../template/references.ts";
import { isMap, type Value } from "../template/value.ts";
import { chosen } from "./scope.ts";
import type { StackModel } from "./stack.ts";

/**
 * Looks up what the template finds in its mappings by parameters alone, so that a missing key is refused before anything
 * is made (seen on AWS, CreateChangeSet too).
 * @throws WireError ValidationError `Template error: Unable to get mapping for …`
 */
export function checkMappings({ template }: StackModel, scope: Scope, wanted: ReadonlySet<string>): void {
  const check = (value: Value | undefined): void => {
    if (Array.isArray(value)) value.forEach(check);
    if (!isMap(value)) return;
    const needs = referencesIn(value).some(
      ({ kind, name }) => kind === "import" || (kind !== "condition" && name in template.resources),
    );
    if (value["Fn::FindInMap"] !== undefined && !needs) evaluate(value, scope);
    else for (const item of Object.values(value)) check(item);
  };
  for (const id of wanted) check(chosen(template.resources[id]!.properties, scope));
  for (const { condition, value } of Object.values(template.outputs))
    if (condition === undefined || scope.condition(condition)) check(chosen(value, scope));
}
