import { argumentsOf, evaluate, type Scope } from "./intrinsics.ts";
import type { RuleDeclaration } from "./template.ts";
import { invalid, onlyEntry, sameValue, type Value } from "./value.ts";

/**
 * Truth of a condition expression.
 * @throws WireError ValidationError when the expression is not made of condition functions
 */
function isTrue(expression: Value, scope: Scope): boolean {
  const entry = onlyEntry(expression);
  if (entry?.[0] === "Condition") {
    if (typeof entry[1] !== "string") invalid("Template format error: a Condition reference must be a string.");
    return scope.condition(entry[1]);
  }
  const result = evaluate(expression, scope);
  if (result === true || result === "true") return true;
  if (result === false || result === "false") return false;
  return invalid("Template error: every condition must evaluate to true or false");
}

/** Resolves named conditions on demand, each once; a condition that needs itself is refused. */
export function conditionLookup(conditions: Record<string, Value>, scopeOf: () => Scope): (name: string) => boolean {
  const known = new Map<string, boolean | "open">();
  return (name) => {
    const seen = known.get(name);
    if (seen === "open") invalid(`Template error: Found circular condition dependency at ${name}`);
    if (seen !== undefined) return seen;
    const expression = Object.hasOwn(conditions, name) ? conditions[name] : undefined;
    if (expression === undefined)
      invalid(`Template format error: Unresolved condition dependency ${name} in the Conditions block of the template`);
    known.set(name, "open");
    const value = isTrue(expression, scopeOf());
    known.set(name, value);
    return value;
  };
}

function items(argument: Value, name: string, scope: Scope): boolean[] {
  return argumentsOf(argument, name, 2, 10).map((item) => isTrue(item, scope));
}

function list(value: Value | undefined, scope: Scope): Value[] {
  const result = value === undefined ? undefined : evaluate(value, scope);
  return Array.isArray(result) ? result : result === undefined ? [] : [result];
}

/** Condition functions, and those that only rules may use. */
export const conditionFunctions: Record<string, (argument: Value, scope: Scope) => Value> = {
  "Fn::Equals": (argument, scope) => {
    const [a, b] = argumentsOf(argument, "Fn::Equals", 2);
    return sameValue(evaluate(a!, scope), evaluate(b!, scope));
  },
  "Fn::And": (argument, scope) => items(argument, "Fn::And", scope).every(Boolean),
  "Fn::Or": (argument, scope) => items(argument, "Fn::Or", scope).some(Boolean),
  "Fn::Not": (argument, scope) => !isTrue(argumentsOf(argument, "Fn::Not", 1)[0]!, scope),
  "Fn::Contains": (argument, scope) => {
    const [all, wanted] = argumentsOf(argument, "Fn::Contains", 2);
    const value = evaluate(wanted!, scope);
    return list(all, scope).some((item) => sameValue(item, value));
  },
  "Fn::EachMemberEquals": (argument, scope) => {
    const [all, wanted] = argumentsOf(argument, "Fn::EachMemberEquals", 2);
    const value = evaluate(wanted!, scope);
    return list(all, scope).every((item) => sameValue(item, value));
  },
  "Fn::EachMemberIn": (argument, scope) => {
    const [all, allowed] = argumentsOf(argument, "Fn::EachMemberIn", 2);
    const set = list(allowed, scope);
    return list(all, scope).every((item) => set.some((candidate) => sameValue(item, candidate)));
  },
};

/**
 * Checks the template's rules against the parameters.
 * @throws WireError ValidationError `Template validation error: …` with the descriptions of the assertions that failed
 */
export function checkRules(rules: Record<string, RuleDeclaration>, scope: Scope): void {
  const failed = Object.values(rules)
    .filter((rule) => rule.condition === undefined || isTrue(rule.condition, scope))
    .flatMap((rule) => rule.assertions.filter((assertion) => !isTrue(assertion.assert, scope)))
    .map((assertion) => assertion.description || "an assertion of the template's rules failed");
  if (failed.length) invalid(`Template validation error: ${failed.join("; ")}`);
}
