import type { FailureExplanation } from "../domain/failureExplanation.ts";
import type { LoadRunReport, ScalingMark } from "../domain/loadRun.ts";
import { explainRun, scaledOut } from "../domain/runExplanation.ts";
import type { ScalingExplanation, ScalingFinding } from "../domain/scalingExplanation.ts";
import { formatTime } from "../ui/format.ts";

/** Text of an account or a log as Markdown that shows it as it is. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()<>#+\-!|~&$]/g, "\\$&").replace(/\s*\n\s*/g, " ");
}

const esc = escapeMarkdown;

/** A fence that no line of the text can close. */
export function codeBlock(lines: string[], language = "text"): string {
  const longest = Math.max(
    2,
    ...(lines
      .join("\n")
      .match(/`+/g)
      ?.map((run) => run.length) ?? []),
  );
  const fence = "`".repeat(longest + 1);
  return [`${fence}${language}`, ...lines, fence].join("\n");
}

function findingList(findings: readonly ScalingFinding[]): string {
  return findings
    .map(({ cause, evidence, fix }) => `- **${esc(cause)}**  \n  ${esc(evidence)}  \n  → ${esc(fix)}`)
    .join("\n");
}

/** Why an endpoint did or did not scale, as a page to read. */
export function scalingMarkdown(explanations: readonly ScalingExplanation[], place: string, atMs: number): string {
  const name = explanations[0]?.endpointName ?? "";
  const parts = explanations.map(({ variantName, summary, findings }) =>
    [
      `## Variant ${esc(variantName)}`,
      esc(summary),
      findings.length ? findingList(findings) : "Nothing keeps it from scaling.",
    ].join("\n\n"),
  );
  return [`# Scaling of ${esc(name)}`, `${esc(place)} · as of ${formatTime(atMs, atMs)}`, ...parts].join("\n\n");
}

/** Why an endpoint failed, as a page to read. */
export function failureMarkdown(explanation: FailureExplanation, place: string): string {
  const { endpointName, status, failureReason, logGroup, lines, logProblem, advice } = explanation;
  const log = lines.map(({ atMs, stream, text }) => `${new Date(atMs).toISOString()}  ${stream}  ${text}`);
  return [
    status ? `# Why ${esc(endpointName)} is ${status}` : `# Why ${esc(endpointName)} failed and was rolled back`,
    esc(place),
    "## What SageMaker says",
    esc(failureReason ?? "It gives no reason."),
    "## What to do",
    esc(advice),
    "## What the containers logged",
    log.length ? codeBlock(log) : esc(logProblem ?? "Nothing."),
    `Log group \`${logGroup.replaceAll("`", "")}\``,
  ].join("\n\n");
}

/** What kept a run's endpoint from scaling out, or how it did, as a page to read. */
export function runMarkdown(
  report: LoadRunReport,
  now: readonly ScalingExplanation[] | undefined,
  place: string | undefined,
  atMs: number,
): string {
  const { plan, target, verdict, startedAtMs, marks, warnings, environment } = report;
  const causes = explainRun(report);
  const { policy } = environment;
  return [
    `# Scaling in run ${esc(plan.name)}`,
    `→ ${esc(target.name)} · ${formatTime(startedAtMs, atMs)}`,
    esc(verdict.sentence),
    scaledOut(report) ? "## How it scaled" : "## Why it did not scale out",
    causes.length ? findingList(causes) : "The endpoint scaled out during this run.",
    policy
      ? `Policy: target ${policy.targetPerMinute.toLocaleString("en")} invocations per instance and minute, ${policy.minInstances} to ${policy.maxInstances} instances.`
      : "",
    "## Timeline",
    marks.length ? marks.map((mark) => markLine(mark, startedAtMs)).join("\n") : "No alarm changed and nothing scaled.",
    ...(warnings.length ? ["## Mind", warnings.map((text) => `- ${esc(text)}`).join("\n")] : []),
    ...(now && place ? [scalingMarkdown(now, place, atMs).replace(/^#/gm, "##")] : []),
  ]
    .filter(Boolean)
    .join("\n\n");
}

const markLine = ({ atMs, text }: ScalingMark, startedAtMs: number) =>
  `- ${Math.max(0, Math.round((atMs - startedAtMs) / 1000))} s: ${esc(text)}`;
