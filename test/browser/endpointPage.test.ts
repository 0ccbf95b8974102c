import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { OpsError } from "../../src/domain/errors.ts";
import { logSpan, predictParams } from "../../src/panels/pageSchemas.ts";
import { axeFindings } from "../rig/axe.ts";
import { skipWithoutChromium } from "../rig/chromium.ts";
import { closeClean, openEndpointPage } from "./endpointRig.ts";
import { endpointSnapshot } from "./fixtures.ts";
import { pageThemes, startPages } from "./pageRig.ts";

const skip = skipWithoutChromium;
const shots = path.resolve(import.meta.dirname, "../../artifacts/browser");
let pages: Awaited<ReturnType<typeof startPages>>;

before(async () => {
  if (!skip) pages = await startPages();
});
after(() => pages?.close());

const open = (...rest: OpenRest) => openEndpointPage(pages, ...rest);
type OpenRest = Parameters<typeof openEndpointPage> extends [unknown, ...infer Rest] ? Rest : never;

test("the form sends the project's features as CSV and shows probabilities, the likeliest first", {
  skip,
}, async () => {
  const opened = await open(endpointSnapshot());
  const { page, asked } = opened;
  await page.getByLabel("Alcohol", { exact: false }).first().fill("13.05");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("HTTP 200").waitFor();
  const [[name, params] = []] = asked;
  assert.equal(name, "predict");
  assert.deepEqual(predictParams.parse(params), {
    via: "endpoint",
    contentType: "text/csv",
    body: "13.05,1.71,2.43,15.6,127,2.8,3.06,0.28,2.29,5.64,1.04,3.92,1065",
    fromForm: true,
  });
  assert.deepEqual(await page.locator(".bars li").allInnerTexts(), [
    "class_0\n0.992",
    "class_1\n0.004",
    "class_2\n0.004",
  ]);
  await closeClean(opened);
});

test("an empty field is a missing value, an example fills all of them", { skip }, async () => {
  const opened = await open(endpointSnapshot());
  const { page, asked } = opened;
  await page.locator("#f-ash").fill("");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("HTTP 200").waitFor();
  const sent = predictParams.parse(asked[0]?.[1]);
  assert.match(sent.via === "endpoint" ? sent.body : "", /^14\.23,1\.71,,15\.6,/);
  await page.getByRole("combobox", { name: "Start from an example" }).click();
  await page.getByRole("option", { name: "row 2 (class_0)" }).click();
  assert.equal(await page.locator("#f-ash").inputValue(), "2.14");
  assert.equal(await page.locator("#f-proline").inputValue(), "1050");
  await closeClean(opened);
});

test("a raw body goes as it is, with the content type that was chosen", { skip }, async () => {
  const opened = await open(endpointSnapshot());
  const { page, asked } = opened;
  await page.getByRole("button", { name: "Raw body" }).click();
  await page.getByRole("textbox", { name: "Body" }).fill('{"instances": [[1]]}');
  await page.getByRole("combobox", { name: "Content type" }).click();
  await page.getByRole("option", { name: "application/json", exact: true }).click();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("HTTP 200").waitFor();
  assert.deepEqual(asked, [
    ["predict", { via: "endpoint", body: '{"instances": [[1]]}', contentType: "application/json" }],
  ]);
  await closeClean(opened);
});

test("a raw body begins with the form's, and too few or too many values are noticed before they are sent", {
  skip,
}, async () => {
  const opened = await open(endpointSnapshot());
  const { page } = opened;
  await page.getByRole("button", { name: "Raw body" }).click();
  const body = page.getByRole("textbox", { name: "Body" });
  assert.match(await body.inputValue(), /^14\.23,1\.71,2\.43,/);
  await body.fill("1,2,3");
  await page.getByText("3 of 13 values: those that lack at the end count as missing.").waitFor();
  await body.fill("1,2,3,4,5,6,7,8,9,10,11,12,13,14");
  await page.getByText("14 values, but the model has 13 features.").waitFor();
  await body.fill("1,2,3,4,5,6,7,8,9,10,11,12,13\n1,2,x,4,5,6,7,8,9,10,11,12,13");
  await page.getByText("Row 2: “x” is not a number.").waitFor();
  await closeClean(opened);
});

test("through the API go the features by name", { skip }, async () => {
  const opened = await open(endpointSnapshot());
  const { page, asked } = opened;
  await page.getByRole("button", { name: "API", exact: true }).click();
  await page.locator("#f-hue").fill("");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("HTTP 200").first().waitFor();
  const sent = predictParams.parse(asked[0]?.[1]);
  assert.ok(sent.via === "api");
  assert.equal(sent.features.alcohol, 14.23);
  assert.equal(sent.features.hue, null);
  assert.equal(await page.getByRole("combobox", { name: "Content type" }).count(), 0);
  await closeClean(opened);
});

test("the request can be copied as code, and earlier ones entered again", { skip }, async () => {
  const opened = await open(endpointSnapshot());
  const { page, asked } = opened;
  await page.getByRole("button", { name: "curl" }).click();
  await page.getByText("✓ copied").waitFor();
  const [[name, text] = []] = asked;
  assert.equal(name, "copyText");
  assert.match(String(text), /^curl -sS 'http:\/\/127\.0\.0\.1:4599\/endpoints\/wine-endpoint\/invocations'/);
  await page.locator("#f-alcohol").fill("12");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("Last requests (1)").click();
  await page.locator("#f-alcohol").fill("11");
  await page.getByRole("button", { name: /200 · 14.ms · class_0 0\.992/ }).click();
  assert.equal(await page.locator("#f-alcohol").inputValue(), "12");
  await closeClean(opened);
});

test("the charts are exported as figures, and as a picture of their own", { skip }, async () => {
  const opened = await open(endpointSnapshot());
  await opened.page.getByRole("button", { name: "Export CSV" }).click();
  await opened.page.getByRole("button", { name: "Export PNG" }).click();
  while (opened.asked.filter(([name]) => name === "exportCharts").length < 2)
    await opened.page.evaluate("new Promise((done) => requestAnimationFrame(done))");
  const [csv, png] = opened.asked.slice(-2).map(([, params]) => params as { format: string; base64?: string });
  assert.deepEqual(csv, { format: "csv" });
  assert.equal(png?.format, "png");
  const bytes = Buffer.from(png?.base64 ?? "", "base64");
  assert.equal(bytes.subarray(1, 4).toString(), "PNG");
  writeFileSync(`${shots}/endpoint-charts-exported.png`, bytes);
  await closeClean(opened);
});

test("one of several variants is looked at by itself, and the charts' time leads to its logs", { skip }, async () => {
  const { metrics } = endpointSnapshot();
  assert.ok(metrics);
  const half = metrics.series.map(({ id, points }) => ({
    id,
    points: points.map((p) => ({ ...p, value: p.value / 2 })),
  }));
  const gpu = { id: "gpuPercent", points: metrics.series[0]?.points ?? [] };
  const variants = [
    { name: "blue", series: [...half, gpu] },
    { name: "green", series: half },
  ];
  const opened = await open(endpointSnapshot({ metrics: { ...metrics, variants } }));
  const { page, asked } = opened;
  assert.equal(await page.getByRole("heading", { name: "GPU and disk" }).isVisible(), false);
  await page.getByLabel("Variant of the charts").selectOption("variant/blue");
  await page.getByRole("heading", { name: "GPU and disk" }).waitFor();
  await page.getByRole("button", { name: "Logs of this time" }).click();
  for (let i = 0; i < 300 && !asked.some(([name]) => name === "showLogs"); i++)
    await page.evaluate("new Promise((done) => requestAnimationFrame(done))");
  await page.getByRole("button", { name: "Export CSV" }).click();
  for (let i = 0; i < 300 && !asked.some(([name]) => name === "exportCharts"); i++)
    await page.evaluate("new Promise((done) => requestAnimationFrame(done))");
  const [, exported] = asked.find(([name]) => name === "exportCharts") ?? [];
  assert.deepEqual(exported, { format: "csv", part: { kind: "variant", name: "blue" } });
  await page.screenshot({ path: `${shots}/endpoint-variant.png`, fullPage: true });
  assert.deepEqual(asked.find(([name]) => name === "showLogs")?.[1], { fromMs: metrics.fromMs, toMs: metrics.toMs });
  await closeClean(opened);
});

test("an inference component is looked at by itself, with its copies in the place of instances", { skip }, async () => {
  const { metrics } = endpointSnapshot();
  assert.ok(metrics);
  const copies = metrics.series.find(({ id }) => id === "instances")?.points ?? [];
  const series = [...metrics.series.filter(({ id }) => id !== "instances"), { id: "copies", points: copies }];
  const opened = await open(endpointSnapshot({ metrics: { ...metrics, components: [{ name: "llama", series }] } }));
  const { page } = opened;
  await page.getByRole("heading", { name: /^Copies/ }).waitFor();
  assert.equal(await page.getByRole("heading", { name: /^Instances/ }).isVisible(), false);
  await page.getByLabel("Variant of the charts").selectOption({ label: "All variants" });
  await page.getByRole("heading", { name: /^Instances/ }).waitFor();
  assert.equal(await page.getByRole("heading", { name: /^Copies/ }).isVisible(), false);
  await closeClean(opened);
});

test("further headers go with the request; what is empty does not", { skip }, async () => {
  const opened = await open(endpointSnapshot());
  const { page } = opened;
  await page.getByText("Headers", { exact: true }).click();
  await page.getByLabel("Custom attributes").fill("trace=1");
  await page.getByText("Headers (1)").waitFor();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("HTTP 200").waitFor();
  const [, params] = opened.asked.find(([name]) => name === "predict") ?? [];
  assert.deepEqual((params as { headers?: unknown }).headers, { customAttributes: "trace=1" });
  await closeClean(opened);
});

test("Save request sends what is entered to the host", { skip }, async () => {
  const opened = await open(endpointSnapshot());
  await opened.page.getByRole("button", { name: "Save request…" }).click();
  await opened.page.waitForFunction(() => true);
  const [name, params] = opened.asked.at(-1) ?? [];
  assert.equal(name, "saveRequest");
  assert.match((params as { body: string }).body, /^[\d.,]+$/);
  await closeClean(opened);
});

test("an endpoint that is gone is said once, with the next step", { skip }, async () => {
  const error = { code: "notFound" as const, message: "There is no endpoint wine-endpoint.", hint: "Deploy it." };
  const gone = { endpoint: undefined, endpointError: error, canDeploy: true, metrics: undefined };
  const opened = await open(endpointSnapshot(gone));
  const { page, asked, tell } = opened;
  await page.getByText("not found").waitFor();
  assert.equal(await page.getByText(error.message).count(), 1);
  assert.ok(await page.getByRole("button", { name: "Send" }).isDisabled());
  await page.getByRole("button", { name: "Deploy…" }).click();
  tell(endpointSnapshot());
  await page.getByText("InService").waitFor();
  assert.ok(await page.getByRole("button", { name: "Send" }).isEnabled());
  assert.deepEqual(asked, [["deploy", null]]);
  await closeClean(opened);
});

test("a refusal of the container and a failure of the host are said in words with a next step", { skip }, async () => {
  let unreachable = false;
  const opened = await open(endpointSnapshot(), () => {
    if (unreachable) throw new OpsError("unreachable", "Could not ask wine-endpoint.", { hint: "Start the sandbox." });
    const error = { code: "ModelError", message: "x", originalStatus: 415, originalMessage: "Content-type text/x" };
    return { status: 424, body: "{}", latencyMs: 3, error };
  });
  const { page } = opened;
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("The model's container answered 415: Content-type text/x").waitFor();
  await page.getByText("Check the number of values and the content type, and send again.").waitFor();
  await page.getByRole("button", { name: "Show log" }).click();
  await page.waitForFunction(() => true);
  const [asked, span] = opened.asked.at(-1) ?? [];
  assert.equal(asked, "showLogs");
  const { fromMs, toMs } = logSpan.parse(span) ?? { fromMs: 0, toMs: 0 };
  assert.ok(toMs - fromMs >= 10_000 && Date.now() - toMs < 60_000);
  unreachable = true;
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("Could not ask wine-endpoint.").waitFor();
  await page.getByText("Start the sandbox.").waitFor();
  await closeClean(opened);
});

test("what is entered survives new figures; the range is asked of the host", { skip }, async () => {
  const opened = await open(endpointSnapshot());
  const { page, asked, tell } = opened;
  await page.locator("#f-hue").fill("0.77");
  tell(endpointSnapshot({ place: "sandbox · eu-west-1" }));
  await page.getByText("sandbox · eu-west-1").waitFor();
  assert.equal(await page.locator("#f-hue").inputValue(), "0.77");
  await page.getByRole("button", { name: "1 h" }).click();
  await page.waitForFunction(() => true);
  assert.deepEqual(asked, [["setRange", 60]]);
  await closeClean(opened);
});

test("charts have their figures as text: a summary, a crosshair by keys, a table with gaps", { skip }, async () => {
  const opened = await open(endpointSnapshot());
  const { page } = opened;
  const chart = page.getByRole("img", { name: /^Instances, serving, simulated, last: instances 3, desired 3$/ });
  await chart.waitFor();
  await chart.focus();
  await page.keyboard.press("Home");
  await page
    .getByRole("img", { name: /^Instances, serving, simulated, \d\d:\d\d:\d\d: instances 1, desired no data$/ })
    .waitFor();
  const section = page.locator("section.chart", { hasText: "Invocations" }).first();
  await section.locator("summary").click();
  await section.locator("tbody tr").first().waitFor();
  assert.equal(await section.locator("tbody tr").count(), 62);
  assert.equal(await section.locator("tbody tr").first().locator("td").count(), 3);
  await closeClean(opened);
});

test("without figures, while reading and when reading fails, the page says which", { skip }, async () => {
  const opened = await open(endpointSnapshot({ metrics: undefined }));
  const { page, tell, asked } = opened;
  await page.getByText("Reading the metrics…").waitFor();
  const none = endpointSnapshot().metrics;
  assert.ok(none);
  tell(endpointSnapshot({ metrics: { ...none, series: [] } }));
  await page.getByText("No data in the last 15 m: send a prediction or run a load test.").waitFor();
  tell(endpointSnapshot({ metricsError: { code: "throttled", message: "AWS slows down.", hint: "Wait a moment." } }));
  await page.getByText("AWS slows down.").waitFor();
  await page.getByRole("button", { name: "Retry" }).click();
  await page.waitForFunction(() => true);
  assert.deepEqual(asked, [["retry", null]]);
  await closeClean(opened);
});

test("an endpoint that takes no requests cannot be sent to", { skip }, async () => {
  const { endpoint } = endpointSnapshot();
  assert.ok(endpoint);
  const opened = await open(endpointSnapshot({ endpoint: { ...endpoint, status: "Creating", takesTraffic: false } }));
  await opened.page.getByText("The endpoint is Creating and takes no requests.").waitFor();
  assert.ok(await opened.page.getByRole("button", { name: "Send" }).isDisabled());
  await closeClean(opened);
});

test("axe finds nothing in any theme, wide and narrow; narrow has tabs", { skip }, async () => {
  for (const width of [1300, 480]) {
    const opened = await open(endpointSnapshot(), undefined, width);
    const { page, setTheme } = opened;
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("HTTP 200").waitFor();
    const name = width > 900 ? "wide" : "narrow";
    for (const theme of pageThemes) {
      await setTheme(theme);
      assert.deepEqual(await axeFindings(page), [], `${theme}, ${name}`);
      await page.screenshot({ path: `${shots}/endpoint-${name}-${theme}.png`, fullPage: true });
    }
    if (name === "narrow") {
      await page.getByRole("button", { name: "Live", exact: true }).click();
      assert.ok(await page.getByRole("button", { name: "Send" }).isHidden());
      await page.screenshot({ path: `${shots}/endpoint-narrow-live.png`, fullPage: true });
    }
    await closeClean(opened);
  }
});

test("an endpoint that hosts inference components is asked through one of them, and its charts are a component's", {
  skip,
}, async () => {
  const { metrics } = endpointSnapshot();
  assert.ok(metrics);
  const components = ["part-a", "part-b"].map((name) => ({ name, series: [] }));
  const opened = await open(endpointSnapshot({ metrics: { ...metrics, components } }));
  const { page, asked } = opened;
  assert.equal(await page.getByLabel("Variant of the charts").inputValue(), "component/part-a");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText(/^HTTP 200/).waitFor();
  const sent = asked.find(([name]) => name === "predict")?.[1] as { headers?: Record<string, string> };
  assert.equal(sent.headers?.inferenceComponent, "part-a");
  await page.getByRole("combobox", { name: "Inference component" }).click();
  await page.getByRole("option", { name: "part-b", exact: true }).click();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("Last requests (2)").waitFor();
  const again = asked.filter(([name]) => name === "predict").at(-1)?.[1] as { headers?: Record<string, string> };
  assert.equal(again.headers?.inferenceComponent, "part-b");
  await closeClean(opened);
});

test("a serverless endpoint says how much it takes at once, and has no charts of instances", { skip }, async () => {
  const { endpoint } = endpointSnapshot();
  assert.ok(endpoint);
  const serverless = { ...endpoint, serverlessMost: 5, maxInstances: undefined };
  const opened = await open(endpointSnapshot({ endpoint: serverless }));
  await opened.page.getByText("serverless, at most 5 at once").waitFor();
  assert.equal(await opened.page.getByText("Instances", { exact: true }).isVisible(), false);
  await closeClean(opened);
});
