import * as l10n from "@vscode/l10n";
import { durationText } from "../domain/duration.ts";
import { figureName } from "../domain/figureName.ts";
import { type LoadPlan, type LoadStage, planSeconds } from "../domain/loadPlan.ts";
import {
  type ExpectationResult,
  errorCount,
  type InstancePoint,
  type LoadErrorKind,
  type LoadRunLatency,
  type LoadRunPoint,
  type LoadRunPolicy,
  type LoadRunTotals,
  type LoadRunVerdict,
  loadErrorKinds,
  noErrors,
  type ScalingMark,
} from "../domain/loadRun.ts";
import { countAt, runScaling } from "../domain/loadRunScaling.ts";
import { plural } from "../domain/plural.ts";
import { errorKindName, formatMs, formatNumber, formatPercent } from "./format.ts";

/** What a verdict is found from. */
export type VerdictInput = {
  plan: Pick<LoadPlan, "stages"> & Partial<Pick<LoadPlan, "expect">>;
  startedAtMs: number;
  endedAtMs: number;
  interrupted: boolean;
  points: readonly LoadRunPoint[];
  latency: LoadRunLatency;
  instances: readonly InstancePoint[];
  marks: readonly ScalingMark[];
  expectations: readonly ExpectationResult[];
  policy?: LoadRunPolicy;
  /** For a run whose course is not known. */
  totals?: Pick<LoadRunTotals, "sent" | "seconds" | "byKind">;
};

/** Below this share of the asked rate, and above that share of errors, a rate does not count as held. */
const heldShare = 0.99;
const heldErrors = 0.01;

/**
 * The run in one sentence: did it scale, when did the alarm and the first new capacity come, which rate was held at
 * which latency. `proven` needs instances that were seen in service above the number at the start.
 */
export function findVerdict(input: VerdictInput): LoadRunVerdict {
  const passed = !input.interrupted && input.expectations.every((result) => result.passed);
  const failed = input.expectations.filter((result) => !result.passed).map(({ name }) => figureName(name));
  const scaling = describeScaling(input);
  const clauses = [
    ...(input.interrupted ? [l10n.t("interrupted after {0}", durationText(runSeconds(input)))] : []),
    ...scaling.out,
    ...describeRate(input),
    ...scaling.in,
    ...(failed.length > 0 ? [l10n.t("failed: {0}", failed.join(", "))] : []),
  ];
  return { passed, proven: scaling.proven, sentence: clauses.join("; ") };
}

const runSeconds = ({ startedAtMs, points }: VerdictInput) =>
  Math.max(0, ((points.at(-1)?.atMs ?? startedAtMs) + 1000 - startedAtMs) / 1000);

function describeScaling(input: VerdictInput): { proven: boolean; out: string[]; in: string[] } {
  const { instances } = input;
  const { startedWith, most, passedAtMs, alarmAtMs, firstCapacityAtMs, fallAtMs, scaledIn } = runScaling(input);
  if (startedWith === undefined || most === undefined) return { proven: false, out: [], in: [] };
  const after = (atMs: number, beforeMs: number) => durationText((atMs - beforeMs) / 1000);
  const fell = !scaledIn
    ? notScaledIn(input)
    : scaledIn.atMs >= fallAtMs
      ? [l10n.t("scaled in to {0} after {1}", scaledIn.to, after(scaledIn.atMs, fallAtMs))]
      : [
          l10n.t(
            "scaled in to {0} {1} after the start",
            plural(scaledIn.to, "instance"),
            after(scaledIn.atMs, input.startedAtMs),
          ),
        ];
  if (most <= startedWith) {
    const wanted = Math.max(...instances.map(({ desired }) => desired));
    const pending = wanted > most ? l10n.t(", {0} were asked for", wanted) : "";
    return {
      proven: false,
      out: [
        scaledIn
          ? l10n.t("began with {0}", plural(startedWith, "instance"))
          : l10n.t("stayed at {0}{1}", plural(startedWith, "instance"), pending),
      ],
      in: scaledIn ? fell : [],
    };
  }
  const clauses = [l10n.t("scaled {0} → {1}", startedWith, most)];
  if (alarmAtMs !== undefined && passedAtMs !== undefined && alarmAtMs >= passedAtMs) {
    clauses.push(l10n.t("alarm {0} after the target was passed", after(alarmAtMs, passedAtMs)));
  } else if (alarmAtMs !== undefined) {
    clauses.push(l10n.t("alarm {0} after the start", after(alarmAtMs, input.startedAtMs)));
  }
  if (firstCapacityAtMs !== undefined && alarmAtMs !== undefined && firstCapacityAtMs >= alarmAtMs) {
    clauses.push(l10n.t("first new capacity {0} later", after(firstCapacityAtMs, alarmAtMs)));
  } else if (firstCapacityAtMs !== undefined) {
    clauses.push(l10n.t("first new capacity {0} after the start", after(firstCapacityAtMs, input.startedAtMs)));
  }
  return { proven: true, out: clauses, in: fell };
}

/** That nothing was scaled in is worth a word only where it was expected. */
function notScaledIn({ plan }: VerdictInput): string[] {
  return plan.expect?.scaleIn ? [l10n.t("did not scale in while it was watched")] : [];
}

function describeRate(input: VerdictInput): string[] {
  if (input.points.length === 0 && input.totals?.sent) return describeTotals(input.totals, input.latency);
  const hold = highestHold(input.plan.stages);
  const begin = hold?.begin ?? 0;
  const end = begin + (hold?.seconds ?? planSeconds(input.plan.stages));
  const all = input.points.filter(({ second }) => second >= Math.floor(begin) && second < Math.ceil(end));
  // Seconds in which this machine was the limit say nothing about the target.
  const points = all.filter(({ generatorLimited }) => !generatorLimited);
  if (points.length === 0 && all.length > 0)
    return [
      l10n.t(
        "nothing can be said of {0}: the generator was the limit throughout",
        hold ? l10n.t("{0} requests/s", formatNumber(hold.rate, 1)) : l10n.t("the plan"),
      ),
    ];
  const asked = points.reduce((sum, point) => sum + point.asked, 0);
  if (points.length === 0 || asked === 0)
    return hold ? [l10n.t("{0} requests/s were not reached", formatNumber(hold.rate, 1))] : [];
  const sent = points.reduce((sum, point) => sum + point.sent, 0);
  const done = points.reduce((sum, point) => sum + point.done, 0);
  const failures = noErrors();
  for (const { byKind } of points) for (const kind of loadErrorKinds) failures[kind] += byKind[kind];
  const errors = errorCount(failures);
  const measured = hold ? input.latency.stages[hold.stage]?.clean : input.latency.clean;
  const p99 = measured ? l10n.t(" at p99 {0}", formatMs(measured.p99Ms)) : "";
  const last = points.at(-1)?.atMs ?? input.endedAtMs;
  const count = countAt(input.instances, last + 1000);
  const serving = count > 0 ? l10n.t(" with {0}", plural(count, "instance")) : "";
  const share = done > 0 ? errors / done : 0;
  const unit = hold ? l10n.t("{0} requests/s", formatNumber(hold.rate, 1)) : l10n.t("the plan");
  const failing =
    share > heldErrors ? l10n.t("{0} errors, most of them {1}", formatPercent(share), mostFrequent(failures)) : "";
  if (sent < asked * heldShare) {
    const few = l10n.t("only {0} of {1} could be sent{2}{3}", formatPercent(sent / asked), unit, p99, serving);
    return failing ? [few, failing] : [few];
  }
  if (failing) return [l10n.t("{0} sent but not held: {1}{2}{3}", unit, failing, p99, serving)];
  return [`${hold ? l10n.t("{0} held", unit) : l10n.t("{0} requests answered", formatNumber(done))}${p99}${serving}`];
}

/** Of another tool's summary nothing can be said of a second, and so of no rate that was held. */
function describeTotals(
  { sent, seconds, byKind }: NonNullable<VerdictInput["totals"]>,
  { whole }: LoadRunLatency,
): string[] {
  const p99 = whole ? l10n.t(" at p99 {0}", formatMs(whole.p99Ms)) : "";
  const errors = errorCount(byKind);
  return [
    l10n.t(
      "{0} requests sent, {1} requests/s on average{2}",
      formatNumber(sent),
      formatNumber(sent / Math.max(1, seconds), 1),
      p99,
    ),
    ...(errors > 0 ? [l10n.t("{0} errors, most of them {1}", formatPercent(errors / sent), mostFrequent(byKind))] : []),
  ];
}

function mostFrequent(failures: Record<LoadErrorKind, number>): string {
  const [kind] = [...loadErrorKinds].sort((a, b) => failures[b] - failures[a]);
  return kind ? errorKindName(kind) : "";
}

/** The stage that holds the highest rate, with its beginning in seconds. */
function highestHold(
  stages: readonly LoadStage[],
): { stage: number; rate: number; begin: number; seconds: number } | undefined {
  let begin = 0;
  let found: { stage: number; rate: number; begin: number; seconds: number } | undefined;
  stages.forEach((item, stage) => {
    if (item.type === "hold" && item.rate >= (found?.rate ?? 0)) {
      found = { stage, rate: item.rate, begin, seconds: item.seconds };
    }
    begin += item.seconds;
  });
  return found;
}
