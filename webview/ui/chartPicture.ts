import { DRAW_EVENT } from "./chart.ts";

const MARGIN = 16;
const TITLE = 24;

/**
 * The charts below an element as one picture: each with its title and its lines' names, on the editor's background.
 * @returns PNG as Base64; undefined when nothing is drawn
 */
export async function chartsPicture(root: HTMLElement): Promise<string | undefined> {
  for (const chart of root.querySelectorAll(".chart")) chart.dispatchEvent(new Event(DRAW_EVENT));
  // uPlot draws when the work at hand is done.
  await new Promise((done) => requestAnimationFrame(done));
  const charts = [...root.querySelectorAll<HTMLElement>(".chart")].flatMap((chart) => {
    const canvas = chart.querySelector("canvas");
    return canvas && canvas.width > 0 && canvas.offsetParent ? [{ chart, canvas }] : [];
  });
  if (charts.length === 0) return undefined;
  const ratio = window.devicePixelRatio;
  const width = Math.max(...charts.map(({ canvas }) => canvas.width)) + 2 * MARGIN * ratio;
  const height = charts.reduce((sum, { canvas }) => sum + canvas.height + (TITLE + MARGIN) * ratio, MARGIN * ratio);
  const picture = document.createElement("canvas");
  picture.width = width;
  picture.height = height;
  const context = picture.getContext("2d");
  if (!context) return undefined;
  const style = getComputedStyle(document.body);
  context.fillStyle = style.backgroundColor;
  context.fillRect(0, 0, width, height);
  context.textBaseline = "middle";
  let top = MARGIN * ratio;
  for (const { chart, canvas } of charts) {
    const title = chart.querySelector("h3")?.textContent ?? "";
    const lines = [...chart.querySelectorAll<HTMLElement>(".legend li")].filter((item) => !item.hidden);
    context.fillStyle = style.color;
    context.font = `600 ${13 * ratio}px ${style.fontFamily}`;
    context.textAlign = "left";
    context.fillText(title, MARGIN * ratio, top + (TITLE / 2) * ratio);
    context.font = `${11 * ratio}px ${style.fontFamily}`;
    let right = width - MARGIN * ratio;
    context.textAlign = "right";
    for (const item of lines.reverse()) {
      const swatch = item.querySelector(".swatch");
      const text = (item.textContent ?? "").replace(/\s+/g, " ").trim();
      context.fillStyle = style.color;
      context.fillText(text, right, top + (TITLE / 2) * ratio);
      right -= context.measureText(text).width + 18 * ratio;
      context.fillStyle = swatch ? getComputedStyle(swatch).borderTopColor : style.color;
      context.fillRect(right, top + (TITLE / 2 - 1) * ratio, 12 * ratio, 2 * ratio);
      right -= 12 * ratio;
    }
    context.drawImage(canvas, MARGIN * ratio, top + TITLE * ratio);
    top += canvas.height + (TITLE + MARGIN) * ratio;
  }
  return picture.toDataURL("image/png").replace(/^data:image\/png;base64,/, "");
}
