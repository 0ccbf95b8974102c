import { nothing } from "../../src/panels/pageSchemas.ts";
import type { EndpointPageSnapshot } from "../../src/protocol/endpointPage.ts";
import { type LoadRunPageSnapshot, loadRunChanged, loadRunRequests } from "../../src/protocol/loadRunPage.ts";
import { runColumns } from "../../src/protocol/runColumns.ts";
import { serveRequests } from "../../src/protocol/transport.ts";
import { openEndpointPage } from "../browser/endpointRig.ts";
import { endpointSnapshot, loadRunSnapshot, rampPoints } from "../browser/fixtures.ts";
import { type OpenPage, startPages } from "../browser/pageRig.ts";
import type { Row } from "./loadtestRig.ts";

const HOUR_SECONDS = 3_600;
const MEASURED_MS = 6_000;
/** What the host sends at most: four complete pictures a second. */
const UPDATE_MS = 250;
/** Of every series that the page of an endpoint knows. */
const LINES = [
  ...["invocationsPerSecond", "modelLatencyP50Ms", "modelLatencyP95Ms", "modelLatencyP99Ms", "overheadP50Ms"],
  ...["overheadP99Ms", "errors4xx", "errors5xx", "instances", "cpuPercent", "memoryPercent", "concurrentRequests"],
  ...["gpuPercent", "gpuMemoryPercent", "diskPercent", "copies"],
];
/** So many that all lines together have 200,000, as 20 of 10,000 do. */
const LINE_POINTS = 12_500;

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

/** Fifteen days of an endpoint, with more points than CloudWatch would give. */
function fortnight(): EndpointPageSnapshot {
  const periodSeconds = 104;
  const toMs = Date.UTC(2026, 0, 20);
  const fromMs = toMs - LINE_POINTS * periodSeconds * 1000;
  const series = LINES.map((id, line) => ({
    id,
    points: Array.from({ length: LINE_POINTS }, (_, i) => ({
      atMs: fromMs + i * periodSeconds * 1000,
      value: 40 + line + 20 * Math.sin(i / (40 + line)) + ((i * 7919) % 17),
    })),
  }));
  const metrics = { endpointName: "wine-endpoint", fromMs, toMs, periodSeconds, series };
  return endpointSnapshot({ metrics, range: 21_600, marks: [] });
}

/** Pages in Chromium while the pointer moves over their charts, at rest and with new pictures. */
export async function run(): Promise<Row[]> {
  const pages = await startPages();
  try {
    return [await hourOfARun(pages), await pointsOfAnEndpoint(pages)];
  } finally {
    await pages.close();
  }
}

type Pages = Awaited<ReturnType<typeof startPages>>;

async function hourOfARun(pages: Pages): Promise<Row> {
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
    return {
      figure: "page of a run of an hour: frames while the pointer moves and 4 pictures a second come",
      value: text(updated),
      aim: "60 frames/s",
      note: `without pictures: ${text(still)}; one picture has ${(bytes / 1024).toFixed(0)} KiB; headless Chromium, shared machine`,
    };
  } finally {
    await page.close();
  }
}

async function pointsOfAnEndpoint(pages: Pages): Promise<Row> {
  const snapshot = fortnight();
  const opened = await openEndpointPage(pages, snapshot);
  try {
    await opened.page.locator(".plot").first().waitFor();
    const still = await measure(opened);
    const from = performance.now();
    opened.tell(snapshot);
    await opened.page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
    const points = (LINES.length * LINE_POINTS).toLocaleString("en");
    return {
      figure: `page of an endpoint: frames while the pointer moves over ${LINES.length} series with ${points} points`,
      value: text(still),
      aim: "60 frames/s",
      note: `a new picture is there after ${(performance.now() - from).toFixed(0)} ms; headless Chromium, shared machine`,
    };
  } finally {
    await opened.close();
  }
}
