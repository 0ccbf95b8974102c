import * as l10n from "@vscode/l10n";
import {
  type LoadErrorKind,
  type LoadRunPoint,
  type LoadRunReport,
  loadErrorKinds,
  type ScalingMark,
} from "../domain/loadRun.ts";
import { invocationsPerInstance } from "../domain/loadRunScaling.ts";
import { errorKindName, formatMs, formatNumber, formatOffset } from "./format.ts";
import {
  bandPath,
  type Chart,
  type ChartMark,
  drawChart,
  escapeHtml,
  linearScale,
  linePath,
  logScale,
  type Scale,
  type SeriesPoint,
  timeScale,
} from "./svg.ts";

/** The charts of a run, one below the other on one time axis. */
export function runCharts(report: LoadRunReport): string {
  const { points, instances, startedAtMs, endedAtMs } = report;
  const lastMs = Math.max(endedAtMs, (points.at(-1)?.atMs ?? startedAtMs) + 1000, instances.at(-1)?.atMs ?? 0);
  const x = timeScale(startedAtMs, lastMs);
  const marks = report.marks.map((mark) => chartMark(mark, startedAtMs));
  const shaded = points
    .filter(({ generatorLimited }) => generatorLimited)
    .map(({ atMs, lagP99Ms }) => ({
      fromMs: atMs,
      toMs: atMs + 1000,
      text: l10n.t("generator-limited: sent up to {0} late", formatMs(lagP99Ms)),
    }));
  const frame = { x, marks, shaded, formatX: (atMs: number) => formatOffset(atMs - startedAtMs) };
  const charts = [rateChart(points, x), latencyChart(points, x), errorChart(points, x)];
  if (instances.length > 0) charts.push(instanceChart(report, x, lastMs));
  if (report.environment.policy) charts.push(perInstanceChart(report, x));
  return charts.map((chart) => drawChart({ ...frame, ...chart })).join("\n");
}

type Content = Pick<Chart, "title" | "y" | "layers" | "formatY" | "ends">;

const signs: Record<ScalingMark["kind"], string> = {
  alarm: "⚑",
  activity: "⚙",
  desired: "↑",
  current: "✓",
  inService: "✓",
};

function chartMark({ atMs, kind, text }: ScalingMark, startedAtMs: number): ChartMark {
  return { atMs, sign: signs[kind], text: `${formatOffset(atMs - startedAtMs)} ${text}`, className: `at-${kind}` };
}

const middle = (point: LoadRunPoint) => point.atMs + 500;
const seriesOf = (points: readonly LoadRunPoint[], value: (point: LoadRunPoint) => number | null): SeriesPoint[] =>
  points.map((point) => ({ atMs: middle(point), value: value(point) }));

const line = (className: string, path: string, title: string) =>
  `<path class="line ${className}" d="${path}"><title>${escapeHtml(title)}</title></path>`;

function rateChart(all: readonly LoadRunPoint[], x: Scale): Content {
  // In the seconds after the plan's end answers are awaited: that nothing is sent then is not a fall of the rate.
  const points = all.slice(0, 1 + all.findLastIndex(({ asked, sent }) => asked > 0 || sent > 0));
  const y = linearScale(Math.max(1, ...points.map(({ asked, sent }) => Math.max(asked, sent))));
  const asked = seriesOf(points, (point) => point.asked);
  const sent = seriesOf(points, (point) => point.sent);
  const last = points.at(-1);
  return {
    title: l10n.t("Rate, requests/s: asked (dashed), achieved (solid)"),
    y,
    layers:
      line("sent", linePath(sent, x, y), l10n.t("achieved")) + line("asked", linePath(asked, x, y), l10n.t("asked")),
    formatY: (value) => formatNumber(value, 2),
    ends: [{ text: `${formatNumber(last?.sent ?? 0)}/s`, value: last?.sent ?? null, className: "sent" }],
  };
}

const percentiles = [
  ["p50", "p50Ms"],
  ["p95", "p95Ms"],
  ["p99", "p99Ms"],
] as const;

function latencyChart(points: readonly LoadRunPoint[], x: Scale): Content {
  const values = points.flatMap(({ p50Ms, p95Ms, p99Ms }) => [p50Ms, p95Ms, p99Ms].filter((ms) => ms !== null));
  const y = logScale(values);
  const last = points.findLast(({ p50Ms }) => p50Ms !== null);
  return {
    title: l10n.t("Latency from the intended start, ms, logarithmic: p50 (solid), p95 (dashed), p99 (bold)"),
    y,
    layers: percentiles
      .map(([name, key]) =>
        line(
          name,
          linePath(
            seriesOf(points, (p) => p[key]),
            x,
            y,
          ),
          name,
        ),
      )
      .join(""),
    formatY: (value) => formatNumber(value, 3),
    ends: percentiles.map(([name, key]) => ({
      text: `${name} ${formatMs(last?.[key] ?? null)}`,
      value: last?.[key] ?? null,
      className: name,
    })),
  };
}

function errorChart(points: readonly LoadRunPoint[], x: Scale): Content {
  const most = Math.max(0, ...points.map(({ byKind }) => loadErrorKinds.reduce((sum, kind) => sum + byKind[kind], 0)));
  const y = linearScale(Math.max(1, most), true);
  const seen = loadErrorKinds.filter((kind) => points.some(({ byKind }) => byKind[kind] > 0));
  const sumUpTo = (kinds: readonly LoadErrorKind[]) =>
    seriesOf(points, ({ byKind }) => kinds.reduce((sum, kind) => sum + byKind[kind], 0));
  const layers = seen.map((kind, index) => {
    const path = bandPath(sumUpTo(seen.slice(0, index)), sumUpTo(seen.slice(0, index + 1)), x, y);
    return `<path class="band ${kind}" d="${path}"><title>${escapeHtml(errorKindName(kind))}</title></path>`;
  });
  const names = seen.map(errorKindName).join(", ");
  return {
    title: names
      ? l10n.t("Errors per second, stacked, from below: {0}", names)
      : l10n.t("Errors per second, stacked: none"),
    y,
    layers: layers.join(""),
    formatY: (value) => formatNumber(value),
    ends: [],
  };
}

function instanceChart({ instances }: LoadRunReport, x: Scale, lastMs: number): Content {
  const y = linearScale(Math.max(1, ...instances.map(({ current, desired }) => Math.max(current, desired))), true);
  const last = instances.at(-1);
  const held = last && last.atMs < lastMs ? [...instances, { ...last, atMs: lastMs }] : instances;
  const first = x.ticks[0] ?? 0;
  const series = (key: "current" | "desired") =>
    held.map((point): SeriesPoint => ({ atMs: Math.max(first, point.atMs), value: point[key] }));
  return {
    title: l10n.t("Instances: desired (dashed), current (solid); ⚑ alarm, ⚙ activity, ↑ desired, ✓ in service"),
    y,
    layers:
      line("desired", linePath(series("desired"), x, y, true), l10n.t("desired")) +
      line("current", linePath(series("current"), x, y, true), l10n.t("current")),
    formatY: (value) => formatNumber(value),
    ends: [{ text: formatNumber(last?.current ?? 0), value: last?.current ?? null, className: "current" }],
  };
}

/** What target tracking looks at: requests per instance in service, against the policy's target. */
function perInstanceChart(report: LoadRunReport, x: Scale): Content {
  const target = report.environment.policy?.targetPerMinute ?? 0;
  const values = invocationsPerInstance(report);
  const y = linearScale(Math.max(1, target, ...values.map((value) => value ?? 0)));
  const series = report.points.map(
    (point, index): SeriesPoint => ({ atMs: middle(point), value: values[index] ?? null }),
  );
  const [begin = 0, end = 0] = [report.points[0]?.atMs, report.points.at(-1)?.atMs];
  const goal = [begin, end + 1000].map((atMs): SeriesPoint => ({ atMs, value: target }));
  return {
    title: l10n.t("Invocations per instance and minute: measured (solid), target of the policy (dashed)"),
    y,
    layers:
      line("sent", linePath(series, x, y), l10n.t("measured")) + line("target", linePath(goal, x, y), l10n.t("target")),
    formatY: (value) => formatNumber(value, 1),
    ends: [
      {
        text: formatNumber(series.findLast(({ value }) => value !== null)?.value ?? 0),
        value: series.at(-1)?.value ?? null,
        className: "sent",
      },
      { text: l10n.t("target"), value: target, className: "target" },
    ],
  };
}
