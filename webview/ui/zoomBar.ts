import * as l10n from "@vscode/l10n";
import type { TimeWindow } from "./timeWindow.ts";

/** Above a page's charts: what is shown of the time axis, and the way back to all of it. */
export function createZoomBar(window: TimeWindow, formatTime: (seconds: number) => string): HTMLElement {
  const bar = document.createElement("div");
  bar.className = "zoom-bar";
  const text = document.createElement("span");
  text.className = "soft";
  text.setAttribute("role", "status");
  const reset = document.createElement("button");
  reset.type = "button";
  reset.className = "link";
  reset.textContent = l10n.t("Show everything");
  reset.addEventListener("click", () => window.reset());
  bar.append(text, reset);
  const show = () => {
    const { zoom } = window;
    reset.hidden = zoom === undefined;
    text.textContent = zoom
      ? `${formatTime(zoom.from)} – ${formatTime(zoom.to)}`
      : l10n.t("Drag over a chart to zoom; with the keyboard + and −, arrows move the crosshair.");
  };
  window.onChange(show);
  show();
  return bar;
}
