import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import { compareBatches } from "../../src/domain/batchComparison.ts";
import type { BatchOutcome } from "../../src/domain/batchPrediction.ts";
import { nothing } from "../../src/panels/pageSchemas.ts";
import { type BatchComparePageSnapshot, batchCompareRequests } from "../../src/protocol/batchComparePage.ts";
import { serveRequests } from "../../src/protocol/transport.ts";
import { axeFindings } from "../rig/axe.ts";
import { skipWithoutChromium } from "../rig/chromium.ts";
import { closeClean } from "./endpointRig.ts";
import { wineFeatures } from "./fixtures.ts";
import { pageThemes, startPages } from "./pageRig.ts";

const skip = skipWithoutChromium;
const shots = path.resolve(import.meta.dirname, "../../artifacts/browser");
let pages: Awaited<ReturnType<typeof startPages>>;

before(async () => {
  if (!skip) pages = await startPages();
});
after(() => pages?.close());

const names = { a: "wine-endpoint/AllTraffic", b: "wine-endpoint/Candidate" };

/** 178 rows; side B takes every `wrongEvery`-th for another class, and is slower in its tail. */
function snapshot(wrongEvery: number): BatchComparePageSnapshot {
  const { classes, features } = wineFeatures;
  const body = features.map(({ default: value }) => value).join(",");
  const side = (isB: boolean): BatchOutcome[] =>
    Array.from({ length: 178 }, (_, i) => {
      const row = { line: i + 2, body, label: classes[i % 3] };
      const isWrong = isB && i % wrongEvery === 0;
      const index = isWrong ? (i + 1) % 3 : i % 3;
      const values = classes.map((_class, at) => (at === index ? 0.9 : 0.05));
      if (isB && i === 100) return { row, latencyMs: 0, failure: "The container did not answer." };
      return { row, latencyMs: 4 + (i % 17) / 3 + (isB && i % 20 === 0 ? 40 : 0), predicted: classes[index], values };
    });
  const [a, b] = [side(false), side(true)];
  const comparison = compareBatches(a, b);
  const times = (all: BatchOutcome[]) =>
    all.flatMap(({ failure, latencyMs }) => (failure ? [] : [latencyMs])).sort((x, y) => x - y);
  return {
    fileName: "wine.csv",
    place: "sandbox · us-east-1",
    simulated: true,
    names,
    features: features.map(({ name }) => name),
    wanted: 178,
    comparison,
    disagreementCount: comparison.disagreements.length,
    latencies: { a: times(a), b: times(b) },
  };
}

async function open(shown: BatchComparePageSnapshot, width?: number) {
  const asked: string[] = [];
  const handle = (name: string) => () => {
    asked.push(name);
    return null;
  };
  const opened = await pages.open(
    "batchCompare",
    (port) => {
      serveRequests(port, batchCompareRequests, {
        ready: { params: nothing, handle: () => shown },
        exportCsv: { params: nothing, handle: handle("exportCsv") },
        copyMarkdown: { params: nothing, handle: handle("copyMarkdown") },
      });
    },
    width,
  );
  await opened.page.getByRole("heading", { level: 1 }).waitFor();
  return { ...opened, asked };
}

test("which side is better is said with how sure that is, with the rows on which they differ", { skip }, async () => {
  const opened = await open(snapshot(10));
  const { page, asked } = opened;
  await page
    .getByText(/AllTraffic is right on 17 rows on which the other is wrong.*more accurate beyond chance.*p < 0\.001/)
    .waitFor();
  await page.getByText(/^18 disagreements \(10\.11.% of 178 rows\)$/).waitFor();
  assert.equal(await page.getByRole("row", { name: /^accuracy 100.% 90\.4.%$/ }).count(), 1);
  const rows = page.getByRole("region", { name: "Disagreements" }).locator("tbody tr");
  assert.equal(await rows.count(), 18);
  assert.match((await rows.first().textContent()) ?? "", /^\s*2\s*class_0\s*✓ class_0 0\.900\s*✗ class_1 0\.900/);
  await rows.first().locator("summary").click();
  await rows.first().getByText("alcohol", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Copy Markdown" }).click();
  await page.getByText("✓ copied").waitFor();
  await page.getByRole("button", { name: "Export CSV…" }).click();
  await page.waitForFunction(() => true);
  assert.deepEqual(asked, ["copyMarkdown", "exportCsv"]);
  await closeClean(opened);
});

test("axe finds nothing in any theme, wide and narrow", { skip }, async () => {
  for (const width of [1300, 480]) {
    const opened = await open(snapshot(60), width);
    await opened.page.getByText(/too few to tell it from chance/).waitFor();
    for (const theme of pageThemes) {
      await opened.setTheme(theme);
      assert.deepEqual(await axeFindings(opened.page), [], `${theme}, ${width}`);
      await opened.page.screenshot({ path: `${shots}/batch-compare-${width}-${theme}.png`, fullPage: true });
    }
    await closeClean(opened);
  }
});

test("in half a screen the figures and the latencies are there without scrolling sideways", { skip }, async () => {
  const opened = await open(snapshot(10), 400);
  const cut = await opened.page
    .locator(".scroll")
    .evaluateAll((all) => all.filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.ariaLabel));
  assert.deepEqual(
    cut.filter((label) => label === "Figures" || label === "Latency"),
    [],
  );
  assert.equal(await opened.page.evaluate("document.documentElement.scrollWidth - innerWidth"), 0);
  await closeClean(opened);
});
