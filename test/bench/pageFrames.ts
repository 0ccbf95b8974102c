import { nothing } from "../../src/panels/pageSchemas.ts";
import { type LoadRunPageSnapshot, loadRunChanged, loadRunRequests } from "../../src/protocol/loadRunPage.ts";
import { runColumns } from "../../src/protocol/runColumns.ts";
import { serveRequests } from "../../src/protocol/transport.ts";
import { loadRunSnapshot, rampPoints } from "../browser/fixtures.ts";
import { type OpenPage, startPages } from "../browser/pageRig.ts";
import type { Row } from "./loadtestRig.ts";

const HOUR_SECONDS = 3_600;
const MEASURED_MS = 6_000;
/** What the host sends at most: four complete pictures a second. */
const UPDATE_MS = 250;

/** Frames of a page while it is looked at: how many a second, and how long the slow ones took. */
interface Frames {
  perSecond: number;
  p95Ms: number;
  longestMs: number;
}

const hour = (): LoadRunPageSnapshot =>
  loadRunSnapshot({ columns: runColumns(rampPoints(HOUR_SECONDS)), planSeconds: HOUR_SECONDS });

/** Counts frames while the pointer moves over the charts and, when wanted, new pictures come. */
async function measure({ page }: OpenPage, update?: () => void): Promise<Frames> {
  await page.evaluate(`
    globalThis.frames_ = [];
    let last = performance.now();
    const tick = (now) => { globalThis.frames_.push(now - last); last = now; globalThis.going_ = requestAnimationFrame(tick); };
    globalThis.going_ = requestAnimationFrame(tick);
  `);
  const box = await page.locator(".plot").first().boundingBox();
  const timer = update && setInterval(update, UPDATE_MS);
  const until = Date.now() + MEASURED_MS;
  for (let step = 0; Date.now() < until; step++) {
    const x = (box?.x ?? 0) + 80 + ((step * 7) % Math.max(1, (box?.width ?? 300) - 160));
    await page.mouse.move(x, (box?.y ?? 0) + 50);
  }
  clearInterval(timer);
  const frames = (await page.evaluate(
    "cancelAnimationFrame(globalThis.going_), globalThis.frames_.slice(2)",
  )) as number[];
  const sorted = [...frames].sort((a, b) => a - b);
  const total = frames.reduce((sum, ms) => sum + ms, 0);
  return {
    perSecond: (frames.length * 1000) / total,
    p95Ms: sorted[Math.floor(sorted.length * 0.95)] ?? 0,
    longestMs: sorted.at(-1) ?? 0,
  };
}

const text = ({ perSecond, p95Ms, longestMs }: Frames) =>
  `${perSecond.toFixed(1)} frames/s, p95 ${p95Ms.toFixed(1)} ms, longest ${longestMs.toFixed(0)} ms`;

/** The page of a run of an hour, in Chromium, while the pointer moves over it: at rest and with four pictures a second. */
export async function run(): Promise<Row[]> {
  const pages = await startPages();
  const snapshot = hour();
  let notify: ReturnType<typeof serveRequests>["notify"] | undefined;
  const nobody = { params: nothing, handle: () => null };
  const page = await pages.open("loadRun", (port) => {
    ({ notify } = serveRequests(port, loadRunRequests, {
      ready: { params: nothing, handle: () => snapshot },
      stop: nobody,
      openReport: nobody,
      explain: nobody,
      compare: nobody,
      export: nobody,
      copyMarkdown: nobody,
    }));
  });
  try {
    await page.page.getByRole("heading", { level: 1 }).waitFor();
    const still = await measure(page);
    const updated = await measure(page, () => notify?.(loadRunChanged, snapshot));
    const bytes = JSON.stringify(snapshot).length;
    return [
      {
        figure: "page of a run of an hour: frames while the pointer moves and 4 pictures a second come",
        value: text(updated),
        aim: "60 frames/s",
        note: `without pictures: ${text(still)}; one picture has ${(bytes / 1024).toFixed(0)} KiB; headless Chromium, shared machine`,
      },
    ];
  } finally {
    await page.close();
    await pages.close();
  }
}
