import * as l10n from "@vscode/l10n";
import type { ComparedRun } from "../../src/protocol/comparePage.ts";
import type { Column, RunColumns } from "../../src/protocol/runColumns.ts";
import { Chart } from "../ui/chart.ts";
import type { SeriesSpec } from "../ui/chartSpec.ts";
import { formatMs, formatNumber, formatOffset } from "../ui/format.ts";
import { instanceSteps } from "../ui/instanceSteps.ts";
import { runColor } from "../ui/lineColors.ts";
import { TimeWindow } from "../ui/timeWindow.ts";
import { createZoomBar } from "../ui/zoomBar.ts";

/** Runs laid over each other from their starts. */
export class CompareCharts {
  readonly element = document.createElement("div");
  private readonly window = new TimeWindow();

  constructor(private readonly runs: readonly ComparedRun[]) {
    this.element.className = "charts";
    const last = Math.max(1, ...runs.map(({ columns }) => (columns.seconds.at(-1) ?? 0) + 1));
    const charts: [Omit<Parameters<CompareCharts["chart"]>[0], "format">, (value: number) => string, Pick][] = [
      [
        { title: l10n.t("Achieved rate"), unit: l10n.t("requests/s") },
        (v) => `${formatNumber(v)}/s`,
        ({ columns }) => columns.sent,
      ],
      [
        { title: "p50", unit: l10n.t("ms from the intended start, log scale"), log: true },
        formatMs,
        ({ columns }) => columns.p50Ms,
      ],
      [
        { title: "p99", unit: l10n.t("ms from the intended start, log scale"), log: true },
        formatMs,
        ({ columns }) => columns.p99Ms,
      ],
      [
        {
          title: l10n.t("Errors"),
          unit: l10n.t("per second"),
          whole: true,
          allZero: l10n.t("None in any of the runs."),
        },
        (v) => formatNumber(v),
        errorsOf,
      ],
      [
        { title: l10n.t("Instances"), unit: l10n.t("in service"), whole: true, stepped: true },
        (v) => formatNumber(v),
        instancesOf,
      ],
    ];
    this.element.append(createZoomBar(this.window, formatOffset));
    for (const [spec, format, pick] of charts) this.element.append(this.chart({ ...spec, format }, pick, last));
  }

  private chart(
    spec: {
      title: string;
      unit: string;
      log?: boolean;
      whole?: boolean;
      allZero?: string;
      stepped?: boolean;
      format: SeriesSpec["format"];
    },
    pick: Pick,
    to: number,
  ): HTMLElement {
    const { stepped, format, ...rest } = spec;
    const chart = new Chart({
      ...rest,
      formatTime: formatOffset,
      window: this.window,
      series: this.runs.map(({ letter, started }, i) => ({
        label: `${letter} ${started}`,
        color: runColor(i),
        dashed: i % 2 === 1,
        width: i === 0 ? 2 : 1.5,
        stepped,
        format,
      })),
    });
    const times = Array.from({ length: to }, (_, second) => second);
    const values = this.runs.map((run) => onAxis(run.columns, pick(run), times, spec.log));
    // Drawn when it stands in the page: its width is known only then.
    requestAnimationFrame(() => chart.update({ from: 0, to, times, values, marks: [] }));
    return chart.element;
  }
}

type Pick = (run: ComparedRun) => Column;

function errorsOf({ columns }: ComparedRun): Column {
  const lines = Object.values(columns.errors);
  return columns.seconds.map((_, i) => lines.reduce((sum, line) => sum + (line[i] ?? 0), 0));
}

function instancesOf({ columns, instances, startedAtMs }: ComparedRun): Column {
  return instanceSteps(instances, startedAtMs, columns.seconds, ({ current }) => current);
}

/** A run's line on the axis that all share; what a run did not last for is a gap, as is zero on a logarithmic axis. */
function onAxis({ seconds }: RunColumns, line: Column, times: readonly number[], log = false): Column {
  const bySecond = new Map(seconds.map((second, i) => [second, line[i] ?? null]));
  return times.map((time) => {
    const value = bySecond.get(time) ?? null;
    return log && value !== null && value <= 0 ? null : value;
  });
}
