import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import { nothing } from "../../src/panels/pageSchemas.ts";
import { type LoadRunPageSnapshot, loadRunChanged, loadRunRequests } from "../../src/protocol/loadRunPage.ts";
import { serveRequests } from "../../src/protocol/transport.ts";
import { axeFindings } from "../rig/axe.ts";
import { skipWithoutChromium } from "../rig/chromium.ts";
import { loadRunSnapshot } from "./fixtures.ts";
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
        copySummary: handler("copySummary"),
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

test("a run that failed says why, and how to go on", { skip }, async () => {
  const error = { code: "badInput" as const, message: "The engine could not start.", hint: "Build it again." };
  const { page, problems, close } = await open(loadRunSnapshot({ phase: "failed", points: [], instances: [], error }));
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
