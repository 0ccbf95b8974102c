import * as l10n from "@vscode/l10n";
import type { ChartSpec, Values } from "./chartSpec.ts";

/** Names and figures of a chart's lines; each is a switch for its line. */
export class ChartLegend {
  readonly element = document.createElement("ul");
  private readonly items: HTMLElement[] = [];
  private readonly buttons: HTMLButtonElement[] = [];
  private readonly outputs: HTMLElement[] = [];
  private readonly off = new Set<number>();
  private left: readonly boolean[] = [];

  constructor(
    private readonly spec: ChartSpec,
    onToggle: () => void,
  ) {
    this.element.className = "legend";
    this.element.setAttribute("aria-label", l10n.t("Lines of {0}", spec.title));
    spec.series.forEach(({ label, color, dashed }, i) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.className = "switch";
      button.setAttribute("aria-pressed", "true");
      button.title = l10n.t("Show or hide {0}", label);
      const swatch = document.createElement("span");
      swatch.className = dashed ? "swatch dashed" : "swatch";
      swatch.style.setProperty("--series", `var(${color})`);
      const value = document.createElement("span");
      value.className = "legend-value";
      button.append(swatch, label, " ", value);
      button.addEventListener("click", () => {
        if (!this.off.delete(i)) this.off.add(i);
        button.setAttribute("aria-pressed", String(!this.off.has(i)));
        onToggle();
      });
      item.append(button);
      this.items.push(item);
      this.buttons.push(button);
      this.outputs.push(value);
      this.element.append(item);
    });
  }

  /** By series: switched off, or left out. */
  get hidden(): boolean[] {
    return this.spec.series.map((_, i) => this.off.has(i) || this.left[i] === true);
  }

  /** Lines that are not worth a place in the legend now. */
  leaveOut(series: readonly boolean[]): void {
    this.left = series;
    this.items.forEach((item, i) => {
      item.hidden = series[i] === true;
    });
  }

  /** The figures at a point of the data, or the last ones. */
  show(values: readonly Values[], index: number | undefined): void {
    this.spec.series.forEach(({ format }, i) => {
      const line = values[i] ?? [];
      const value = index === undefined ? line.findLast((v) => v !== null) : line[index];
      const text = typeof value === "number" ? format(value) : "–";
      const output = this.outputs[i];
      if (output && output.textContent !== text) output.textContent = text;
    });
  }
}
