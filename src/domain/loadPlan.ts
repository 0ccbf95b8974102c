import * as l10n from "@vscode/l10n";
import { z } from "zod";
import { positionOfPath, syntaxErrorPosition, type TextPosition } from "./jsonText.ts";
import { peakRate, plannedRequests, planSeconds, predictedInstances, rateAt, ratePieces } from "./loadPlanRates.ts";
import { type expect, loadPlan, type PlanRule, type payloads, type stage } from "./loadPlanSchema.ts";
import { numberText } from "./numberText.ts";
import { schemaMessage } from "./schemaMessages.ts";

export { peakRate, plannedRequests, planSeconds, predictedInstances, rateAt, ratePieces };

/** One stage of a plan; rates in requests per second. */
export type LoadStage = z.infer<typeof stage>;
/** Where the request bodies come from; paths are relative to the plan's folder. */
export type LoadPayloads = z.infer<typeof payloads>;
/** What must hold for the run to pass; latencies in ms from the intended start. */
export type LoadExpectations = z.infer<typeof expect>;
/** A `*.ramp.json` file with its defaults filled in. */
export type LoadPlan = z.infer<typeof loadPlan>;

/** One thing that is wrong in a plan: where in the file, what, and the way out. */
export type LoadPlanProblem = { path: string; message: string; hint: string };
/** A parsed plan, or everything that is wrong with it. */
export type ParsedLoadPlan =
  | { ok: true; plan: LoadPlan }
  | { ok: false; message: string; problems: LoadPlanProblem[]; firstAt: TextPosition };

/**
 * Reads the text of a `*.ramp.json` file. Never throws: `message` names the file and each problem on its own line,
 * `problems` carry the path inside the file (`stages[1].rate`) and what to do.
 */
export function parseLoadPlan(text: string, fileName: string): ParsedLoadPlan {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    const at = syntaxErrorPosition(text, error);
    return refused(fileName, [syntaxProblem(at, error)], at);
  }
  const parsed = loadPlan.safeParse(json, { error: schemaMessage });
  if (parsed.success) return { ok: true, plan: parsed.data };
  const issues = parsed.error.issues.flatMap(flattenUnion);
  const [first] = issues;
  const keys = first?.code === "unrecognized_keys" ? first.keys.slice(0, 1) : [];
  return refused(fileName, issues.map(problemOf), positionOfPath(text, [...(first?.path ?? []), ...keys]));
}

/** The JSON schema of `*.ramp.json`, for editors: made from the same source as the check. */
export function loadPlanJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(loadPlan, { io: "input" });
}

function refused(fileName: string, problems: LoadPlanProblem[], firstAt: TextPosition): ParsedLoadPlan {
  const lines = problems.map(({ path, message, hint }) => `  ${path}: ${message}. ${hint}`);
  return {
    ok: false,
    message: l10n.t("Load plan {0} cannot be used:\n{1}", fileName, lines.join("\n")),
    problems,
    firstAt,
  };
}

function syntaxProblem({ line, column }: TextPosition, error: unknown): LoadPlanProblem {
  const reason = error instanceof Error ? error.message : String(error);
  return {
    path: l10n.t("line {0}, column {1}", line, column),
    message: l10n.t("not valid JSON ({0})", reason),
    hint: l10n.t("Correct the JSON; comments and trailing commas are not allowed."),
  };
}

type Issue = z.core.$ZodIssue;

/** A union says only "no branch fits"; when one branch complains least, it is the one that was meant. */
function flattenUnion(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [issue];
  const weight = (branch: Issue[]) => branch.reduce((sum, { code }) => sum + (code === "unrecognized_keys" ? 2 : 1), 0);
  const [best, second] = [...issue.errors].sort((a, b) => weight(a) - weight(b));
  if (!best || (second && weight(second) === weight(best)))
    return [{ ...issue, message: l10n.t("fits none of the forms") }];
  return best.flatMap((inner) => flattenUnion({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** The way out, by the member of the plan that is wrong. */
const hints: Record<string, () => string> = {
  version: () => l10n.t("This version of the extension reads version 1."),
  target: () =>
    l10n.t(
      "Use {0} or {1}; leave name or url out to use the project's stack.",
      '{"type": "endpoint", "name": "…"}',
      '{"type": "api", "url": "https://…"}',
    ),
  payloads: () =>
    l10n.t(
      "Use one of {0}, {1}, {2} or {3}.",
      '{"csv": "path", "header": true}',
      '{"jsonLines": "path"}',
      '{"folder": "path", "pattern": "*.jpg"}',
      '{"inline": ["…"]}',
    ),
  stages: () =>
    l10n.t(
      "Use {0}, {1} or {2}; rates are requests per second, at most {3}.",
      '{"type": "linear", "from", "to", "seconds"}',
      '{"type": "hold", "rate", "seconds"}',
      '{"type": "steps", "from", "to", "steps", "seconds"}',
      numberText(50_000),
    ),
  maxConnections: () => l10n.t("Give a whole number from 1 to 4096; about peak rate × p99 in seconds × 1.5 is enough."),
  timeoutSeconds: () =>
    l10n.t("Give seconds from 0.05 to 900; 70 suits SageMaker, whose containers must answer within 60."),
  processes: () => l10n.t("Give a whole number from 1 to 64, or leave it out: then this machine is measured first."),
  expect: () =>
    l10n.t(
      "For example {0}.",
      '{"achievedRatio": {"min": 0.99}, "errorRate": {"max": 0.01}, "p99Ms": {"max": 250, "stage": 1}, "instances": {"min": 2}}',
    ),
};

function problemOf(issue: Issue): LoadPlanProblem {
  const path = issue.path.reduce<string>(
    (text, part) => (typeof part === "number" ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part)),
    "",
  );
  const top = String(issue.path[0] ?? "");
  const isUnknown = issue.code === "unrecognized_keys";
  return {
    path: path || l10n.t("(whole file)"),
    message: issue.code === "custom" ? brokenRuleText(issue.params as PlanRule) : issue.message,
    hint:
      hints[top]?.() ??
      (isUnknown
        ? l10n.t("Remove it or correct its spelling.")
        : l10n.t("Give {0} a fitting value.", path || l10n.t("the file"))),
  };
}

function brokenRuleText(broken: PlanRule): string {
  if (broken.rule === "noSuchStage")
    return l10n.t("there is no stage {0}: the plan has {1}, counted from 0", broken.stage, broken.stages);
  if (broken.rule === "dropsWithoutHeader")
    return l10n.t('columns are dropped by their names, so the file needs a header: set "header": true');
  if (broken.rule === "variantAndComponent")
    return l10n.t("a request names a variant or an inference component, not both");
  if (broken.rule === "noRequest") return l10n.t("the stages add up to less than one request");
  return l10n.t("a header value has no line breaks");
}
