import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Architecture, ArchitecturePart } from "../../src/domain/architecture.ts";
import { nothing, partId } from "../../src/panels/pageSchemas.ts";
import {
  type ArchitecturePageSnapshot,
  architectureChanged,
  architectureRequests,
} from "../../src/protocol/architecturePage.ts";
import { serveRequests } from "../../src/protocol/transport.ts";
import { axeFindings } from "../rig/axe.ts";
import { skipWithoutChromium } from "../rig/chromium.ts";
import { closeClean } from "./endpointRig.ts";
import { pageThemes, startPages } from "./pageRig.ts";

const skip = skipWithoutChromium;
const shots = path.resolve(import.meta.dirname, "../../artifacts/browser");
let pages: Awaited<ReturnType<typeof startPages>>;

before(async () => {
  if (!skip) pages = await startPages();
});
after(() => pages?.close());

const busy = (perSecond: number, errorsPerSecond = 0) => ({ perSecond, errorsPerSecond, latencyMs: 12 });
const part = (id: string, kind: ArchitecturePart["kind"], name: string, more: Partial<ArchitecturePart> = {}) => ({
  id,
  kind,
  name,
  state: "ok" as const,
  status: "CREATE_COMPLETE",
  ...more,
});
/** Two variants, one of which fails while it scales out. */
const architecture: Architecture = {
  parts: [
    part("web", "web", "d3k9x2m1", { detail: "https://main.d3k9x2m1.amplifyapp.com" }),
    part("api", "api", "a1b2c3d4e5", { traffic: busy(420) }),
    part("function", "function", "wine-PredictFunction-1A2B3C4D5E6F", { traffic: busy(420) }),
    part("endpoint", "endpoint", "wine-endpoint", { status: "InService", traffic: busy(420, 21) }),
    part("variant/AllTraffic", "variant", "AllTraffic", {
      status: "changing",
      state: "moving",
      detail: "90 % · wine-model",
      traffic: busy(378, 21),
      isCause: true,
    }),
    part("instances/AllTraffic", "instances", "1 × ml.m5.large", {
      state: "moving",
      status: "1 → 4",
      detail: "⚑ alarm · scales 1 to 4",
    }),
    part("variant/Candidate", "variant", "Candidate", { status: "InService", detail: "10 %", traffic: busy(0.05) }),
    part("instances/Candidate", "instances", "1 × ml.m5.large", { status: "in service" }),
  ],
  ways: [
    { from: "web", to: "api", perSecond: 420, isFailing: false },
    { from: "api", to: "function", perSecond: 420, isFailing: false },
    { from: "function", to: "endpoint", perSecond: 420, isFailing: true },
    { from: "endpoint", to: "variant/AllTraffic", perSecond: 378, isFailing: true },
    { from: "variant/AllTraffic", to: "instances/AllTraffic", isFailing: false },
    { from: "endpoint", to: "variant/Candidate", perSecond: 0.05, isFailing: false },
    { from: "variant/Candidate", to: "instances/Candidate", isFailing: false },
  ],
  isMoving: true,
};
const snapshot = (more: Partial<ArchitecturePageSnapshot> = {}): ArchitecturePageSnapshot => ({
  title: "wine",
  place: "sandbox · us-east-1",
  simulated: true,
  architecture,
  readAtMs: Date.UTC(2026, 0, 5, 12),
  canDeploy: false,
  ...more,
});

async function open(shown: ArchitecturePageSnapshot, width?: number) {
  const asked: [string, unknown][] = [];
  let notify: ReturnType<typeof serveRequests>["notify"] | undefined;
  const handle = (name: string) => (params: unknown) => {
    asked.push([name, params]);
    return null;
  };
  const opened = await pages.open(
    "architecture",
    (port) => {
      ({ notify } = serveRequests(port, architectureRequests, {
        ready: { params: nothing, handle: () => shown },
        openPart: { params: partId, handle: handle("openPart") },
        deploy: { params: nothing, handle: handle("deploy") },
        retry: { params: nothing, handle: handle("retry") },
      }));
    },
    width,
  );
  await opened.page.getByRole("heading", { level: 1 }).waitFor();
  return { ...opened, asked, tell: (next: ArchitecturePageSnapshot) => notify?.(architectureChanged, next) };
}

test("the failing part is said and marked; parts open by click, by keys and from the table", { skip }, async () => {
  const opened = await open(snapshot());
  const { page, asked, tell } = opened;
  await page.getByText("✕ Variant AllTraffic fails").waitFor();
  const cause = page.getByRole("button", { name: /^Variant · fails here, AllTraffic, changing, / });
  await cause.click();
  await page.getByRole("button", { name: /^Endpoint, wine-endpoint, InService, 420\/s · ✕ 5\s%/ }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("Table", { exact: true }).click();
  await page
    .getByRole("row", { name: /^API a1b2c3d4e5 CREATE_COMPLETE 420\/s/ })
    .getByRole("button")
    .click();
  await page.getByRole("row", { name: /^Web page .* not measured$/ }).waitFor();
  await page.getByRole("row", { name: /^Variant Candidate .* 3\/min · p95/ }).waitFor();
  await page.waitForFunction(() => true);
  assert.deepEqual(asked, [
    ["openPart", "variant/AllTraffic"],
    ["openPart", "endpoint"],
    ["openPart", "api"],
  ]);
  const calm = architecture.parts.map((each) => ({ ...each, isCause: undefined, state: "ok" as const }));
  tell(snapshot({ architecture: { ...architecture, parts: calm, isMoving: false } }));
  await page.getByText("● All parts are up").waitFor();
  await closeClean(opened);
});

test("without a stack the page leads to the deployment; while it reads and when it fails it says so", {
  skip,
}, async () => {
  const opened = await open(snapshot({ architecture: undefined, canDeploy: true }));
  const { page, asked, tell } = opened;
  await page.getByRole("button", { name: "Deploy…" }).click();
  tell(snapshot({ architecture: undefined }));
  await page.getByText("Reading the parts and their rates…").waitFor();
  tell(snapshot({ error: { code: "throttled", message: "AWS slows down.", hint: "Wait a moment." } }));
  await page.getByText("AWS slows down.").waitFor();
  await page.getByRole("button", { name: "Retry" }).click();
  await page.waitForFunction(() => true);
  assert.deepEqual(asked, [
    ["deploy", null],
    ["retry", null],
  ]);
  await closeClean(opened);
});

test("in every width the boxes are large enough to read, and apart", { skip }, async () => {
  for (const width of [1300, 1000, 640, 480]) {
    const opened = await open(snapshot(), width);
    const boxes = opened.page.locator(".part .box");
    await boxes.first().waitFor();
    const places = await Promise.all((await boxes.all()).map(async (box) => (await box.boundingBox())!));
    assert.equal(places.length, architecture.parts.length);
    for (const [i, a] of places.entries()) {
      assert.ok(a.width >= 150, `a box is ${a.width} px wide in a page of ${width} px`);
      for (const b of places.slice(i + 1))
        assert.ok(
          a.x + a.width < b.x || b.x + b.width < a.x || a.y + a.height < b.y || b.y + b.height < a.y,
          `boxes lie on one another in a page of ${width} px`,
        );
    }
    await closeClean(opened);
  }
});

test("axe finds nothing in any theme, wide and narrow", { skip }, async () => {
  for (const width of [1300, 1000, 480]) {
    const opened = await open(snapshot(), width);
    await opened.page.getByText("✕ Variant AllTraffic fails").waitFor();
    for (const theme of pageThemes) {
      await opened.setTheme(theme);
      assert.deepEqual(await axeFindings(opened.page), [], `${theme}, ${width}`);
      await opened.page.screenshot({ path: `${shots}/architecture-${width}-${theme}.png`, fullPage: true });
    }
    await closeClean(opened);
  }
});
