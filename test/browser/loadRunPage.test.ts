import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import { nothing } from "../../src/panels/pageSchemas.ts";
import { type LoadRunPageSnapshot, loadRunChanged, loadRunRequests } from "../../src/protocol/loadRunPage.ts";
import { runColumns } from "../../src/protocol/runColumns.ts";
import { serveRequests } from "../../src/protocol/transport.ts";
import { axeFindings } from "../rig/axe.ts";
import { skipWithoutChromium } from "../rig/chromium.ts";
import { loadRunSnapshot, rampPoints } from "./fixtures.ts";
import { pageThemes, startPages } from "./pageRig.ts";

const skip = skipWithoutChromium;
const shots = path.resolve(import.meta.dirname, "../../artifacts/browser");
let pages: Awaited<ReturnType<typeof startPages>>;

before(async () => {
  if (!skip) pages = await startPages();
});
after(() => pages?.close());

async function open(snapshot: LoadRunPageSnapshot, width?: number) {
  const asked: string[] = [];
  let notify: ReturnType<typeof serveRequests>["notify"] | undefined;
  const handler = (name: string) => ({
    params: nothing,
    handle: () => {
      asked.push(name);
      return null;
    },
  });
  const opened = await pages.open(
    "loadRun",
    (port) => {
      ({ notify } = serveRequests(port, loadRunRequests, {
        ready: { params: nothing, handle: () => snapshot },
        stop: handler("stop"),
        openReport: handler("openReport"),
        explain: handler("explain"),
        compare: handler("compare"),
        export: handler("export"),
        copyMarkdown: handler("copyMarkdown"),
      }));
    },
    width,
  );
  await opened.page.getByRole("heading", { level: 1 }).waitFor();
  return { ...opened, asked, tell: (next: LoadRunPageSnapshot) => notify?.(loadRunChanged, next) };
}

const finished = () =>
  loadRunSnapshot({
    phase: "done",
    hasReport: true,
    verdict: { passed: false, proven: true, sentence: "scaled 1 → 3; alarm 6 s after the target was passed" },
    expectations: [
      { name: "achieved ratio", comparison: "atLeast", asked: 0.99, measured: 0.998, unit: "ratio", passed: true },
      { name: "p99", comparison: "atMost", asked: 250, measured: 960, unit: "ms", stage: 1, passed: false },
      { name: "instances", comparison: "atLeast", asked: 2, measured: 3, unit: "instances", passed: true },
    ],
  });

test("answers that come after the plan's end are no fall of the rate", { skip }, async () => {
  const points = rampPoints(90);
  const tail = { ...points[89], second: 90, asked: 0, sent: 0, done: 6 } as (typeof points)[number];
  const { page, problems, close } = await open(loadRunSnapshot({ columns: runColumns([...points, tail]) }));
  await page.getByRole("img", { name: /^Rate, requests\/s, last: achieved 995\/s, asked 1,000\/s$/ }).waitFor();
  assert.deepEqual(problems, []);
  await close();
});

test("a run under way shows rate, latency, errors, instances and what is expected", { skip }, async () => {
  const { page, problems, close } = await open(loadRunSnapshot());
  assert.equal(await page.getByRole("progressbar").getAttribute("aria-valuenow"), "56");
  const tiles = await page.locator(".tiles > div").allInnerTexts();
  assert.deepEqual(
    tiles.map((text) => text.replace(/\s+/g, " ").trim()),
    [
      "elapsed 00:50 / 01:30",
      "asked 1,000 /s",
      "achieved 1,000 /s",
      "p99, last second 24 ms",
      "errors 0.14 %",
      "instances 1 → 3 simulated",
    ],
  );
  await page.getByRole("img", { name: /^Rate, requests\/s, last: achieved 1,000\/s, asked 1,000\/s$/ }).waitFor();
  await page.getByText("≤ 250 ms").waitFor();
  await page.getByText("alarm high: OK → ALARM").waitFor();
  assert.deepEqual(problems, []);
  await close();
});

test("Stop asks the host once and cannot be pressed again", { skip }, async () => {
  const { page, asked, problems, close, tell } = await open(loadRunSnapshot());
  await page.getByRole("button", { name: "Stop" }).click();
  tell(loadRunSnapshot({ phase: "watching" }));
  await page.getByText("Watching the scaling").waitFor();
  assert.ok(await page.getByRole("button", { name: "Stopping…" }).isDisabled());
  assert.deepEqual(asked, ["stop"]);
  assert.deepEqual(problems, []);
  await close();
});

test("the end brings the verdict, each expectation with its measurement, and the report", { skip }, async () => {
  const { page, asked, tell, problems, close } = await open(loadRunSnapshot());
  tell(finished());
  await page.getByText("✗ Failed · scale-out proven").waitFor();
  await page.getByText("≤ 250 ms, was 960 ms").waitFor();
  assert.equal(await page.getByRole("button", { name: "Stop" }).count(), 0);
  await page.getByRole("button", { name: "Open report" }).click();
  await page.waitForFunction(() => true);
  assert.deepEqual(asked, ["openReport"]);
  assert.deepEqual(problems, []);
  await close();
});

test("a stretch that is dragged over is shown in all charts, and everything again", { skip }, async () => {
  const { page, problems, close } = await open(loadRunSnapshot());
  const box = await page.locator(".plot").first().boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + 200, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + 420, box.y + 50, { steps: 4 });
  await page.mouse.up();
  const shown = page.locator(".zoom-bar [role=status]");
  await shown.getByText(/^00:\d\d – 00:\d\d$/).waitFor();
  const [from, to] = ((await shown.textContent()) ?? "").split(" – ");
  await page.getByText("Table").nth(3).click();
  await page.locator(".twin").nth(3).locator("tbody tr").first().waitFor();
  const times = await page.locator(".twin").nth(3).locator("tbody tr td:first-child").allInnerTexts();
  const inSight = times.filter((time) => time >= String(from) && time <= String(to));
  // The three marks are told besides.
  assert.ok(inSight.length >= 10 && times.length - inSight.length <= 3, times.join(" "));
  await page.getByRole("button", { name: "Show everything" }).click();
  await page.getByText(/^Drag over a chart/).waitFor();
  assert.deepEqual(problems, []);
  await close();
});

test("by keys: the crosshair, the zoom around it, and lines switched off", { skip }, async () => {
  const { page, problems, close } = await open(loadRunSnapshot());
  await page.getByRole("img", { name: /^Latency/ }).focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  await page.getByRole("img", { name: /^Latency, .*, 00:01: p50 5\sms, p95 12\sms, p99 24\sms$/ }).waitFor();
  await page.keyboard.press("+");
  await page.locator(".zoom-bar [role=status]").getByText("00:00 – 00:45").waitFor();
  await page.keyboard.press("0");
  await page.getByText(/^Drag over a chart/).waitFor();
  const p95 = page.getByRole("button", { name: /^p95\b/ });
  await p95.focus();
  await page.keyboard.press("Enter");
  assert.equal(await p95.getAttribute("aria-pressed"), "false");
  await page.getByRole("img", { name: /^Latency/ }).focus();
  await page.keyboard.press("End");
  await page.getByRole("img", { name: /^Latency, .*: p50 5\sms, p99 24\sms$/ }).waitFor();
  assert.deepEqual(problems, []);
  await close();
});

test("between two readings of the instances the earlier one holds", { skip }, async () => {
  const { page, problems, close } = await open(loadRunSnapshot());
  await page.getByText("Table").nth(3).click();
  await page.locator(".twin").nth(3).locator("tbody tr").first().waitFor();
  const rows = await page.locator(".twin").nth(3).locator("tbody tr").allInnerTexts();
  const at = (time: string) => rows.find((row) => row.startsWith(time))?.replace(/\s+/g, " ");
  assert.equal(at("00:26"), "00:26 1 3");
  assert.equal(at("00:29"), "00:29 3 3");
  assert.deepEqual(problems, []);
  await close();
});

test("a run that failed says why, and how to go on", { skip }, async () => {
  const error = { code: "badInput" as const, message: "The engine could not start.", hint: "Build it again." };
  const { page, problems, close } = await open(
    loadRunSnapshot({ phase: "failed", columns: runColumns([]), instances: [], error }),
  );
  await page.getByText("The engine could not start.").waitFor();
  await page.getByText("Build it again.").waitFor();
  assert.deepEqual(problems, []);
  await close();
});

test("axe finds nothing in any theme, wide and narrow, live and at the end", { skip }, async () => {
  for (const width of [1300, 480]) {
    const { page, setTheme, tell, problems, close } = await open(loadRunSnapshot(), width);
    const name = width > 900 ? "wide" : "narrow";
    for (const theme of pageThemes) {
      await setTheme(theme);
      assert.deepEqual(await axeFindings(page), [], `${theme}, ${name}`);
      await page.screenshot({ path: `${shots}/loadRun-${name}-${theme}.png`, fullPage: true });
    }
    tell(finished());
    await page.getByText("scale-out proven").waitFor();
    assert.deepEqual(await axeFindings(page), [], `at the end, ${name}`);
    await page.screenshot({ path: `${shots}/loadRun-${name}-done.png`, fullPage: true });
    assert.deepEqual(problems, []);
    await close();
  }
});
