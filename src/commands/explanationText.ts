import * as l10n from "@vscode/l10n";
import type { FailureExplanation } from "../domain/failureExplanation.ts";
import type { LoadRunReport, ScalingMark } from "../domain/loadRun.ts";
import { numberText } from "../domain/numberText.ts";
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
      l10n.t("## Variant {0}", esc(variantName)),
      esc(summary),
      findings.length ? findingList(findings) : l10n.t("Nothing keeps it from scaling."),
    ].join("\n\n"),
  );
  return [
    l10n.t("# Scaling of {0}", esc(name)),
    l10n.t("{0} · as of {1}", esc(place), formatTime(atMs, atMs)),
    ...parts,
  ].join("\n\n");
}

/** Why an endpoint failed, as a page to read. */
export function failureMarkdown(explanation: FailureExplanation, place: string): string {
  const { endpointName, status, failureReason, logGroup, lines, logProblem, advice } = explanation;
  const log = lines.map(({ atMs, stream, text }) => `${new Date(atMs).toISOString()}  ${stream}  ${text}`);
  return [
    status
      ? l10n.t("# Why {0} is {1}", esc(endpointName), status)
      : l10n.t("# Why {0} failed and was rolled back", esc(endpointName)),
    esc(place),
    l10n.t("## What SageMaker says"),
    esc(failureReason ?? l10n.t("It gives no reason.")),
    l10n.t("## What to do"),
    esc(advice),
    l10n.t("## What the containers logged"),
    log.length ? codeBlock(log) : esc(logProblem ?? l10n.t("Nothing.")),
    l10n.t("Log group `{0}`", logGroup.replaceAll("`", "")),
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
    l10n.t("# Scaling in run {0}", esc(plan.name)),
    `→ ${esc(target.name)} · ${formatTime(startedAtMs, atMs)}`,
    esc(verdict.sentence),
    scaledOut(report) ? l10n.t("## How it scaled") : l10n.t("## Why it did not scale out"),
    causes.length ? findingList(causes) : l10n.t("The endpoint scaled out during this run."),
    policy
      ? l10n.t(
          "Policy: target {0} invocations per instance and minute, {1} to {2} instances.",
          numberText(policy.targetPerMinute),
          policy.minInstances,
          policy.maxInstances,
        )
      : "",
    l10n.t("## Timeline"),
    marks.length
      ? marks.map((mark) => markLine(mark, startedAtMs)).join("\n")
      : l10n.t("No alarm changed and nothing scaled."),
    ...(warnings.length ? [l10n.t("## Mind"), warnings.map((text) => `- ${esc(text)}`).join("\n")] : []),
    ...(now && place ? [scalingMarkdown(now, place, atMs).replace(/^#/gm, "##")] : []),
  ]
    .filter(Boolean)
    .join("\n\n");
}

const markLine = ({ atMs, text }: ScalingMark, startedAtMs: number) =>
  `- ${Math.max(0, Math.round((atMs - startedAtMs) / 1000))} s: ${esc(text)}`;
