import * as l10n from "@vscode/l10n";
import type { ChartData, ChartSpec } from "./chartSpec.ts";
import type { TimeSpan } from "./timeWindow.ts";

const ROWS = 60;

/** The part of the data that is in sight: indices, the second not included. */
function seen(times: readonly number[], zoom: TimeSpan | undefined): [number, number] {
  if (!zoom) return [0, times.length];
  const from = times.findIndex((time) => time >= zoom.from);
  const to = times.findLastIndex((time) => time <= zoom.to) + 1;
  return from < 0 ? [0, 0] : [from, Math.max(from, to)];
}

/** The figures of a chart as a table that can be opened below it: newest first, filled only while it is open. */
export function createTableTwin(spec: ChartSpec): {
  element: HTMLElement;
  update(data: ChartData, zoom: TimeSpan | undefined): void;
} {
  const details = document.createElement("details");
  details.className = "twin";
  const summary = document.createElement("summary");
  summary.textContent = l10n.t("Table");
  summary.setAttribute("aria-label", l10n.t("{0} as a table", spec.title));
  const table = document.createElement("table");
  details.append(summary, table);
  let current: ChartData | undefined;
  let shown: TimeSpan | undefined;

  const fill = () => {
    if (!details.open || !current) return;
    const { times, values, marks } = current;
    const head = row(["time", ...spec.series.map(({ label }) => label)], "th");
    const [from, to] = seen(times, shown);
    const first = Math.max(from, to - ROWS);
    const rows = times.slice(first, to).map((time, i) => {
      const cells = spec.series.map(({ format }, s) => {
        const value = values[s]?.[first + i];
        return typeof value === "number" ? format(value) : "–";
      });
      return row([spec.formatTime(time), ...cells], "td");
    });
    const events = marks.map(({ seconds, text }) => {
      const tr = row([spec.formatTime(seconds), text], "td");
      tr.lastElementChild?.setAttribute("colspan", String(spec.series.length));
      return tr;
    });
    const headGroup = document.createElement("thead");
    headGroup.append(head);
    const body = document.createElement("tbody");
    body.append(...rows.reverse(), ...events.reverse());
    table.replaceChildren(headGroup, body);
  };
  details.addEventListener("toggle", fill);
  return {
    element: details,
    update(data, zoom) {
      current = data;
      shown = zoom;
      fill();
    },
  };
}

function row(cells: string[], kind: "th" | "td"): HTMLTableRowElement {
  const tr = document.createElement("tr");
  for (const text of cells) {
    const cell = document.createElement(kind);
    if (kind === "th") cell.setAttribute("scope", "col");
    cell.textContent = text;
    tr.append(cell);
  }
  return tr;
}
