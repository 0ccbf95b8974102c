import type { ChartData, ChartSpec } from "./chart.ts";

const ROWS = 60;

/** The figures of a chart as a table that can be opened below it: newest first, filled only while it is open. */
export function createTableTwin(spec: ChartSpec): { element: HTMLElement; update(data: ChartData): void } {
  const details = document.createElement("details");
  details.className = "twin";
  const summary = document.createElement("summary");
  summary.textContent = "Table";
  summary.setAttribute("aria-label", `${spec.title} as a table`);
  const table = document.createElement("table");
  details.append(summary, table);
  let current: ChartData | undefined;

  const fill = () => {
    if (!details.open || !current) return;
    const { times, values, marks } = current;
    const head = row(["time", ...spec.series.map(({ label }) => label)], "th");
    const first = Math.max(0, times.length - ROWS);
    const rows = times.slice(first).map((time, i) => {
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
    update(data) {
      current = data;
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
