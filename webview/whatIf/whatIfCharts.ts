import * as l10n from "@vscode/l10n";
import type { WhatIfPoint } from "../../src/domain/whatIf.ts";
import type { WhatIfPageSnapshot } from "../../src/protocol/whatIfPage.ts";
import { Chart } from "../ui/chart.ts";
import type { ChartSpec, Values } from "../ui/chartSpec.ts";
import { formatMs, formatNumber, formatOffset, formatShort } from "../ui/format.ts";
import { runColor } from "../ui/lineColors.ts";
import { TimeWindow } from "../ui/timeWindow.ts";
import { createZoomBar } from "../ui/zoomBar.ts";
import { letterOf } from "./scenarioForm.ts";

type Line = Omit<ChartSpec, "series" | "formatTime" | "window">;

/** Scenarios laid over each other, below the load that all of them get. Made anew for each simulation. */
export class WhatIfCharts {
  readonly element = document.createElement("div");

  constructor({ ratesPerSecond, scenarios, outcomes }: WhatIfPageSnapshot) {
    const window = new TimeWindow();
    const shared = { formatTime: formatOffset, window };
    const [first] = outcomes;
    const times = first?.points.map(({ second }) => second) ?? [];
    const to = Math.max(ratesPerSecond.length, (times.at(-1) ?? 0) + (first?.points.at(-1)?.seconds ?? 1));
    this.element.className = "charts";
    this.element.append(createZoomBar(window, formatOffset));
    const add = (chart: Chart, at: readonly number[], values: Values[]) => {
      this.element.append(chart.element);
      // Drawn when it stands in the page: its width is known only then.
      requestAnimationFrame(() => chart.update({ from: 0, to, times: at, values, marks: [] }));
    };
    const load = new Chart({
      ...shared,
      title: l10n.t("Load"),
      unit: l10n.t("requests/s"),
      series: [
        {
          label: l10n.t("asked"),
          color: "--vscode-charts-foreground",
          fill: true,
          format: (v) => `${formatNumber(v)}/s`,
        },
      ],
    });
    const seconds = ratesPerSecond.map((_, second) => second);
    add(load, seconds, [ratesPerSecond]);
    const overlaid = (
      line: Line,
      format: (value: number) => string,
      pick: (point: WhatIfPoint) => number | null,
      stepped = false,
    ) => {
      const chart = new Chart({
        ...shared,
        ...line,
        series: scenarios.map((_, i) => ({
          label: letterOf(i),
          color: runColor(i),
          dashed: i % 2 === 1,
          width: i === 0 ? 2 : 1.5,
          stepped,
          format,
        })),
      });
      add(
        chart,
        times,
        outcomes.map(({ points }) => points.map(pick)),
      );
    };
    overlaid(
      { title: l10n.t("Instances"), unit: l10n.t("in service, simulated"), whole: true },
      (v) => formatNumber(v),
      ({ instances }) => instances,
      true,
    );
    overlaid(
      { title: l10n.t("Invocations per instance"), unit: "/min" },
      formatShort,
      ({ perInstance }) => perInstance,
    );
    overlaid(
      { title: l10n.t("Latency p99"), unit: l10n.t("ms, log scale, simulated"), log: true },
      formatMs,
      ({ p99Ms }) => (p99Ms ? p99Ms : null),
    );
    overlaid(
      { title: l10n.t("Failed"), unit: l10n.t("requests/s"), allZero: l10n.t("None in any of the scenarios.") },
      formatShort,
      ({ failed, seconds: length }) => failed / length,
    );
  }
}
