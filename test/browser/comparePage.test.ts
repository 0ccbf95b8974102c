import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import { compareRuns } from "../../src/domain/runComparison.ts";
import { nothing, runIndex } from "../../src/panels/pageSchemas.ts";
import { type ComparePageSnapshot, compareRequests } from "../../src/protocol/comparePage.ts";
import { runColumns } from "../../src/protocol/runColumns.ts";
import { serveRequests } from "../../src/protocol/transport.ts";
import { axeFindings } from "../rig/axe.ts";
import { skipWithoutChromium } from "../rig/chromium.ts";
import { loadRunReport } from "./fixtures.ts";
import { pageThemes, startPages } from "./pageRig.ts";

const skip = skipWithoutChromium;
const shots = path.resolve(import.meta.dirname, "../../artifacts/browser");
let pages: Awaited<ReturnType<typeof startPages>>;

before(async () => {
  if (!skip) pages = await startPages();
});
after(() => pages?.close());

/** Three runs of one plan: the second half as slow again, the third like the first. */
function snapshot(): ComparePageSnapshot {
  const reports = [loadRunReport("a", 1), loadRunReport("b", 1.5), loadRunReport("c", 1)];
  const [baseline, ...others] = reports;
  assert.ok(baseline);
  return {
    comparisons: others.map((report) => compareRuns(baseline, report)),
    runs: reports.map((report, i) => ({
      id: report.id,
      letter: "ABC"[i] ?? "",
      planName: report.plan.name,
      started: `14:0${i}`,
      targetName: report.target.name,
      place: "sandbox · us-east-1",
      simulated: true,
      startedAtMs: report.startedAtMs,
      verdict: report.verdict,
      columns: runColumns(report.points),
      instances: report.instances,
    })),
  };
}

async function open(width?: number) {
  const asked: unknown[] = [];
  const opened = await pages.open(
    "compare",
    (port) => {
      serveRequests(port, compareRequests, {
        ready: { params: nothing, handle: snapshot },
        openRun: {
          params: runIndex,
          handle: (index) => {
            asked.push(index);
            return null;
          },
        },
        copyMarkdown: {
          params: nothing,
          handle: () => {
            asked.push("copy");
            return null;
          },
        },
      });
    },
    width,
  );
  await opened.page.getByRole("heading", { level: 1 }).waitFor();
  return { ...opened, asked };
}

test("runs are overlaid, and a regression beyond noise is told with its interval", { skip }, async () => {
  const { page, asked, problems, close } = await open();
  await page.getByText("Regression", { exact: true }).waitFor();
  const p99 = page.getByRole("row", { name: /^p99 / });
  const cells = (await p99.getByRole("cell").allInnerTexts()).map((text) => text.replace(/\s+/g, " ").trim());
  assert.equal(cells.length, 5);
  assert.match(cells[2] ?? "", /^✗ regression \+50\.0 % \(\+\d+\.\d to \+\d+\.\d\)$/);
  assert.match(cells[4] ?? "", /^= within noise/);
  await page
    .getByRole("img", { name: /^p99, ms from the intended start, log scale, last: A 14:00 24 ms, B 14:01 36 ms/ })
    .waitFor();
  await page.getByRole("button", { name: "14:01 1k-rps" }).click();
  await page.getByRole("button", { name: "Copy Markdown" }).click();
  await page.getByText("✓ copied").waitFor();
  assert.deepEqual(asked, [1, "copy"]);
  assert.deepEqual(problems, []);
  await close();
});

test("axe finds nothing in a comparison in any theme, wide and narrow", { skip }, async () => {
  for (const width of [1300, 480]) {
    const { page, setTheme, problems, close } = await open(width);
    const name = width > 900 ? "wide" : "narrow";
    for (const theme of pageThemes) {
      await setTheme(theme);
      assert.deepEqual(await axeFindings(page), [], `${theme}, ${name}`);
      await page.screenshot({ path: `${shots}/compare-${name}-${theme}.png`, fullPage: true });
    }
    assert.deepEqual(problems, []);
    await close();
  }
});
