import type { CustomRule } from "@aws-sdk/client-amplify";

const compiled = new WeakMap<CustomRule, RegExp | null>();

/**
 * Target of a redirect or rewrite rule (AWS: Amplify, "Setting up redirects and rewrites"): a plain path, a wildcard
 * `/docs/<*>`, placeholders `/<year>/<name>`, or a regular expression between `</` and `/>`.
 * @returns undefined when the rule does not apply to the path
 */
export function ruleTarget(rule: CustomRule, path: string): string | undefined {
  const { source = "", target = "" } = rule;
  if (!source.includes("<")) return source === path ? target : undefined;
  let expression = compiled.get(rule);
  if (expression === undefined) {
    expression = expressionOf(source);
    compiled.set(rule, expression);
  }
  const found = expression?.exec(path);
  if (!found) return undefined;
  const { wildcard = "", ...placeholders } = found.groups ?? {};
  return target.replace(/<(\*|\w+)>/g, (whole, name: string) =>
    name === "*" ? wildcard : (placeholders[`p_${name}`] ?? whole),
  );
}

/** The rule's source as an expression; null for a regular expression that is none. */
function expressionOf(source: string): RegExp | null {
  const regular = /^<\/(.+)\/>$/s.exec(source)?.[1];
  try {
    if (regular !== undefined) return new RegExp(regular);
    const pattern = source
      .split(/(<\*>|<\w+>)/)
      .map((piece) =>
        piece === "<*>"
          ? "(?<wildcard>.*)"
          : /^<\w+>$/.test(piece)
            ? `(?<p_${piece.slice(1, -1)}>[^/]+)`
            : piece.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"),
      )
      .join("");
    return new RegExp(`^${pattern}$`);
  } catch {
    return null;
  }
}
