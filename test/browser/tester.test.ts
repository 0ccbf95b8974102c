import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import { OpsError } from "../../src/domain/errors.ts";
import { predictParams } from "../../src/panels/pageSchemas.ts";
import type { PredictionAnswer } from "../../src/protocol/endpointPage.ts";
import { axeFindings } from "../rig/axe.ts";
import { skipWithoutChromium } from "../rig/chromium.ts";
import { closeClean, openEndpointPage } from "./endpointRig.ts";
import { endpointSnapshot, wineAnswer } from "./fixtures.ts";
import { pageThemes, startPages } from "./pageRig.ts";

const skip = skipWithoutChromium;
const shots = path.resolve(import.meta.dirname, "../../artifacts/browser");
let pages: Awaited<ReturnType<typeof startPages>>;

before(async () => {
  if (!skip) pages = await startPages();
});
after(() => pages?.close());

/** A red dot of one pixel as PNG. */
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

/** An answer that comes when the test says so. */
function waitingAnswer() {
  let resolve: (answer: PredictionAnswer) => void = () => {};
  const promise = new Promise<PredictionAnswer>((done) => {
    resolve = done;
  });
  return { promise, resolve: (answer: PredictionAnswer) => resolve(answer) };
}

const asyncSnapshot = () => {
  const { endpoint } = endpointSnapshot();
  assert.ok(endpoint);
  return endpointSnapshot({ endpoint: { ...endpoint, isAsync: true } });
};

test("what is typed at the end of a long body is in sight, coloured or not", { skip }, async () => {
  const opened = await openEndpointPage(pages, endpointSnapshot());
  const { page } = opened;
  await page.getByRole("button", { name: "Raw body" }).click();
  const field = page.locator("#raw-body");
  const enter = (text: string) =>
    page.evaluate(
      `(() => { const area = document.querySelector("#raw-body"); area.value = ${JSON.stringify(text)};
      area.dispatchEvent(new Event("input", { bubbles: true })); })()`,
    );
  const row = "14.23,1.71,2.43,15.6,127,2.8,3.06,0.28,2.29,5.64,1.04,3.92,1065\n";
  await enter(row.repeat(60));
  await field.press("ControlOrMeta+End");
  await page.keyboard.type("7");
  const box = page.locator(".code-box");
  const end = () => box.evaluate((each) => each.scrollHeight - each.clientHeight - each.scrollTop);
  assert.ok((await end()) < 40, "the box has not followed the caret");
  assert.equal(await page.locator(".code-paint").evaluate((paint) => paint.scrollHeight - paint.clientHeight), 0);
  await enter(row.repeat(2000));
  // Too long for colours: the letters are the field's own.
  assert.equal(await page.locator(".code-paint").count(), 0);
  const fill = () => page.evaluate(`getComputedStyle(document.querySelector("#raw-body")).webkitTextFillColor`);
  assert.notEqual(await fill(), "rgba(0, 0, 0, 0)");
  await closeClean(opened);
});

test("what is pasted over everything takes its place, and is taken back by undo", { skip }, async () => {
  const opened = await openEndpointPage(pages, endpointSnapshot());
  const { page } = opened;
  await page.getByRole("button", { name: "Raw body" }).click();
  const field = page.locator("#raw-body");
  const before = await field.inputValue();
  const row = "14.23,1.71,2.43\n";
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(row.repeat(10_000))})`);
  await field.press("ControlOrMeta+a");
  await field.press("ControlOrMeta+v");
  assert.equal(await field.inputValue(), row.repeat(10_000));
  await field.press("ControlOrMeta+z");
  assert.equal(await field.inputValue(), before);
  await closeClean(opened);
});

test("a stream is followed to its end, until somebody scrolls back", { skip }, async () => {
  const waiting = waitingAnswer();
  const opened = await openEndpointPage(pages, endpointSnapshot(), () => waiting.promise);
  const { page, progress } = opened;
  await page.getByRole("button", { name: "Stream" }).click();
  await page.getByRole("button", { name: "Send" }).click();
  const tell = (lines: number) => {
    const text = "a line of words\n".repeat(lines);
    progress({ kind: "stream", text, bytes: text.length, parts: lines, firstPartMs: 80, elapsedMs: 90 });
    return page.getByText(`${lines} parts`).waitFor();
  };
  const stream = page.locator("pre.stream");
  const left = () => stream.evaluate((pre) => pre.scrollHeight - pre.clientHeight - pre.scrollTop);
  await tell(100);
  await tell(200);
  assert.ok((await left()) < 4, "the end is not in sight");
  await stream.evaluate((pre) => pre.scrollTo(0, 10));
  await tell(300);
  assert.equal(await stream.evaluate((pre) => pre.scrollTop), 10);
  waiting.resolve({ ...wineAnswer, body: "done", probabilities: undefined });
  await page.getByText("HTTP 200").waitFor();
  await closeClean(opened);
});

test("the time of an answer is split as soon as CloudWatch has measured it; headers and raw JSON are at hand", {
  skip,
}, async () => {
  const body = '{"predictions":[{"label":"a","score":0.9}]}';
  const json = { ...wineAnswer, contentType: "application/json", body, probabilities: [0.9], latencyMs: 24 };
  const opened = await openEndpointPage(pages, endpointSnapshot(), () => ({
    ...json,
    headers: { "x-amzn-requestid": "1-2-3", "content-type": "application/json" },
  }));
  const { page, tell } = opened;
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("HTTP 200").waitFor();
  assert.equal(await page.locator(".split").count(), 0, "nothing of this time is measured yet");
  const { metrics } = endpointSnapshot();
  assert.ok(metrics);
  const fromMs = Math.floor(Date.now() / 5000) * 5000 - 20_000;
  const points = (value: number) => [0, 1, 2, 3, 4, 5].map((i) => ({ atMs: fromMs + i * 5000, value }));
  const series = [
    { id: "modelLatencyP50Ms", points: points(3.8) },
    { id: "overheadP50Ms", points: points(0.2) },
  ];
  tell(endpointSnapshot({ metrics: { ...metrics, fromMs, toMs: fromMs + 30_000, series } }));
  await page.getByText("network 20 ms").waitFor();
  assert.match((await page.locator(".split-figures").textContent()) ?? "", /model 3\.8\sms\s*overhead 0\.2\sms/);
  // It stays when other metrics are shown.
  tell(endpointSnapshot());
  await page.getByText("Response headers (2)").click();
  await page.getByText("1-2-3").waitFor();
  await page.getByText("Response body").click();
  assert.match((await page.locator(".answer pre").textContent()) ?? "", /\n {2}"predictions": \[/);
  await page.getByRole("button", { name: "Raw", exact: true }).click();
  assert.equal(await page.locator(".answer pre").textContent(), body);
  for (const theme of pageThemes) {
    await opened.setTheme(theme);
    assert.deepEqual(await axeFindings(page), [], theme);
    await page.screenshot({ path: `${shots}/tester-split-${theme}.png` });
  }
  await closeClean(opened);
});

test("a tab that comes back has its answer, one that was closed its history", { skip }, async () => {
  const params = { via: "endpoint" as const, contentType: "text/csv", body: "" };
  const sent = [{ atMs: 0, params, leftOut: 120_000, answer: { status: 200, latencyMs: 9, failed: false } }];
  const draft = {
    mode: "raw",
    via: "endpoint",
    values: { alcohol: 1 },
    rawBody: "1,2,3",
    contentType: "text/csv",
    variant: "",
  };
  const kept = JSON.stringify({ name: "wine-endpoint", draft, tab: "predict" });
  const prediction = { kind: "answered" as const, response: wineAnswer, atMs: 1, isApi: false };
  const opened = await openEndpointPage(pages, endpointSnapshot(), undefined, undefined, {
    start: { prediction, kept, sent },
  });
  const { page } = opened;
  await page.getByText("HTTP 200").waitFor();
  assert.equal(await page.locator("#raw-body").inputValue(), "1,2,3");
  await page.getByText("Last requests (1)").click();
  const tooLong = page.getByRole("button", { name: /Jan 1, .* 200 · 9.ms body of 120.KB not kept/ });
  assert.ok(await tooLong.isDisabled(), "a request without its body would be sent as another one");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("Last requests (2)").waitFor();
  assert.equal((JSON.parse(opened.kept[0] ?? "{}") as { draft: typeof draft }).draft.rawBody, "1,2,3");
  await page.screenshot({ path: `${shots}/tester-history.png`, fullPage: true });
  assert.deepEqual(await axeFindings(page), []);
  await page.getByRole("button", { name: "Clear list…" }).click();
  await page.waitForFunction(() => true);
  assert.equal(opened.asked.at(-1)?.[0], "clearSent");
  await closeClean(opened);
});

test("a tab that comes back waits for what it has sent before", { skip }, async () => {
  const start = { prediction: { kind: "sending" as const } };
  const opened = await openEndpointPage(pages, endpointSnapshot(), undefined, undefined, { start });
  const { page, ended } = opened;
  await page.getByRole("button", { name: "Stop" }).waitFor();
  ended({ kind: "answered", response: wineAnswer, atMs: 1, isApi: false });
  await page.getByText("HTTP 200").waitFor();
  await closeClean(opened);
});

test("an answer that does not come is given up", { skip }, async () => {
  let stopped = () => {};
  const waiting = new Promise<PredictionAnswer>((_, reject) => {
    stopped = () => reject(new OpsError("cancelled", "Request aborted"));
  });
  const opened = await openEndpointPage(pages, endpointSnapshot(), () => waiting, undefined, { stop: () => stopped() });
  const { page } = opened;
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("The answer will appear here.").waitFor();
  await page.getByRole("button", { name: "Send" }).isEnabled();
  await closeClean(opened);
});

test("what stands in a field and is no number is not sent as a missing value", { skip }, async () => {
  const opened = await openEndpointPage(pages, endpointSnapshot(), async () => wineAnswer);
  const { page, asked } = opened;
  const field = page.locator("#f-alcohol");
  await field.fill("");
  await field.pressSequentially("1e");
  await page.getByText("⚠ Not a number.").first().waitFor();
  await page.getByRole("button", { name: "Send" }).click();
  await field.press("Enter");
  await page.locator("#f-alcohol:focus").waitFor();
  assert.ok(!asked.some(([name]) => name === "predict"), "it was sent");
  await field.press("Backspace");
  await field.press("Enter");
  await page.getByText(/^HTTP 200/).waitFor();
  assert.equal(asked.filter(([name]) => name === "predict").length, 1);
  await closeClean(opened);
});

test("an answer in parts is shown as it comes, and what came is kept when it is stopped", { skip }, async () => {
  const waiting = waitingAnswer();
  const stopped = { ...wineAnswer, body: "one two", probabilities: undefined, contentType: "text/plain" };
  const stop = () => waiting.resolve({ ...stopped, stream: { parts: 2, firstPartMs: 80, stopped: true } });
  const opened = await openEndpointPage(pages, endpointSnapshot(), () => waiting.promise, undefined, { stop });
  const { page, asked, progress } = opened;
  await page.getByRole("button", { name: "Stream" }).click();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("button", { name: "Stop" }).waitFor();
  progress({ kind: "stream", text: "one ", bytes: 4, parts: 1, firstPartMs: 80, elapsedMs: 90 });
  await page.getByText("1 part · 4 B · first after 80 ms · 0.1 s").waitFor();
  assert.equal(await page.locator(".answer").getAttribute("aria-busy"), "true");
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("HTTP 200 · 14 ms · AllTraffic · text/plain · 2 parts · first after 80 ms · stopped").waitFor();
  assert.equal(await page.locator(".answer").getAttribute("aria-busy"), "false");
  assert.equal(await page.locator("pre.stream").textContent(), "one two");
  const [, params] = asked.find(([name]) => name === "predict") ?? [];
  assert.equal((params as { mode?: string }).mode, "stream");
  assert.deepEqual(await page.getByRole("group", { name: "Copy the request as" }).getByRole("button").allInnerTexts(), [
    "boto3",
    "JavaScript",
    "Save request…",
  ]);
  await closeClean(opened);
});

test("an asynchronous endpoint is asked by way of S3, and followed with its places", { skip }, async () => {
  const waiting = waitingAnswer();
  const opened = await openEndpointPage(pages, asyncSnapshot(), () => waiting.promise);
  const { page, asked, progress } = opened;
  assert.equal(await page.getByRole("button", { name: "Stream" }).count(), 0);
  await page.getByRole("button", { name: "S3 object" }).click();
  assert.ok(await page.getByRole("button", { name: "Send" }).isDisabled());
  await page.getByLabel("Input in S3").fill("s3://data/rows.csv");
  await page.getByText("Headers", { exact: true }).click();
  assert.equal(await page.getByLabel("Target model").count(), 0);
  await page.getByLabel("Inference id").fill("mine");
  await page.getByRole("button", { name: "Send" }).click();
  const places = { inferenceId: "mine", inputLocation: "s3://data/rows.csv", outputLocation: "s3://out/1.out" };
  progress({ kind: "async", state: "waiting", elapsedMs: 2_300, ...places });
  await page.getByText("In the queue, or being worked on · 2.3 s").waitFor();
  await page.getByText("s3://out/1.out").waitFor();
  await page.getByText("This endpoint writes no failures to S3").waitFor();
  await page.screenshot({ path: `${shots}/tester-async.png`, fullPage: true });
  waiting.resolve({ ...wineAnswer, async: places });
  await page.getByText("HTTP 200").waitFor();
  assert.deepEqual(predictParams.parse(asked.find(([name]) => name === "predict")?.[1]), {
    via: "endpoint",
    mode: "async",
    contentType: "text/csv",
    body: "",
    inputLocation: "s3://data/rows.csv",
    headers: { inferenceId: "mine" },
  });
  await closeClean(opened);
});

test("whoever stops waiting reads where the answer will be; who says no to the upload reads nothing", {
  skip,
}, async () => {
  let error = new OpsError("cancelled", "No longer waited for.", { hint: "It will be written to s3://out/1." });
  const opened = await openEndpointPage(pages, asyncSnapshot(), () => Promise.reject(error));
  const { page } = opened;
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("It will be written to s3://out/1.").waitFor();
  error = new OpsError("cancelled", "Nothing was sent.");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("The answer will appear here.").waitFor();
  await closeClean(opened);
});

test("a picture is chosen, shown, sent by its id, and its answer is shown and saved", { skip }, async () => {
  const file = {
    id: "7b1c1ba2-5f0a-4a3b-9c57-0a8f3f0c1d2e",
    name: "cat.png",
    path: "/data/cat.png",
    bytes: 70,
    contentType: "image/png",
    picture: PNG,
  };
  const answer = { status: 200, contentType: "image/png", body: "", latencyMs: 5, binary: { bytes: 70, picture: PNG } };
  const opened = await openEndpointPage(pages, endpointSnapshot(), () => answer, undefined, { file });
  const { page, asked } = opened;
  await page.getByRole("button", { name: "File", exact: true }).click();
  assert.ok(await page.getByRole("button", { name: "Send" }).isDisabled());
  await page.getByText("Choose a file to send.").waitFor();
  await page.getByRole("button", { name: "Choose a file…" }).click();
  await page.getByText("70 B · image/png").waitFor();
  await page.getByRole("img", { name: "Picture cat.png, 1 × 1 pixels" }).waitFor();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("img", { name: "Picture of the answer, 1 × 1 pixels" }).waitFor();
  await page.getByText("image/png, 70 B").waitFor();
  await page.getByRole("button", { name: "Save answer…" }).click();
  assert.equal(asked.at(-1)?.[0], "saveAnswer");
  const sent = predictParams.parse(asked.find(([name]) => name === "predict")?.[1]);
  assert.ok(sent.via === "endpoint");
  assert.equal(sent.fileId, file.id);
  assert.equal(sent.contentType, "image/png");
  await page.getByRole("button", { name: "curl" }).click();
  await page.getByText("✓ copied").waitFor();
  assert.match(String(asked.at(-1)?.[1]), /--data-binary '@\/data\/cat\.png'/);
  await closeClean(opened);
});

test("raw bodies are coloured by their type, and what is no JSON is said before it is sent", { skip }, async () => {
  const opened = await openEndpointPage(pages, endpointSnapshot());
  const { page, setTheme } = opened;
  await page.getByRole("button", { name: "Raw body" }).click();
  const body = page.getByRole("textbox", { name: "Body" });
  const choose = async (type: string) => {
    await page.getByRole("combobox", { name: "Content type" }).click();
    await page.getByRole("option", { name: type, exact: true }).click();
  };
  const paint = page.locator(".code-paint");
  await choose("application/json");
  await body.fill('{"instances": [[1.5, null, "a"]]}');
  assert.equal(await paint.locator(".t-key").textContent(), '"instances"');
  assert.equal(await paint.locator(".t-number").textContent(), "1.5");
  assert.equal(await paint.locator(".t-word").textContent(), "null");
  assert.equal(await paint.locator(".t-string").textContent(), '"a"');
  assert.equal((await paint.textContent())?.replace("\u200b", ""), '{"instances": [[1.5, null, "a"]]}');
  await body.fill('{"a": ');
  await page.getByText(/It is not JSON:/).waitFor();
  await choose("application/jsonlines");
  await body.fill('{"a": 1}\n{"b"}');
  await page.getByText(/Line 2 is not JSON:/).waitFor();
  await choose("text/libsvm");
  await body.fill("1 0:14.2 1:x");
  assert.equal(await paint.locator(".t-wrong").textContent(), "1:x");
  await choose("other…");
  await page.getByLabel("Other content type").fill("application/x-npy");
  await choose("text/csv");
  await body.fill("14.23,1.71,2.43\n13.2,1.78,2.14");
  assert.deepEqual(await paint.locator(".t-column1").allInnerTexts(), ["1.71", "1.78"]);
  for (const theme of pageThemes) {
    await setTheme(theme);
    assert.deepEqual(await axeFindings(page), [], theme);
    await page.screenshot({ path: `${shots}/tester-raw-${theme}.png`, fullPage: true });
  }
  await closeClean(opened);
});

test("an answer that is one long word stays in its half of the page", { skip }, async () => {
  const long = { ...wineAnswer, probabilities: undefined, body: "x".repeat(5000), contentType: "text/plain" };
  const opened = await openEndpointPage(pages, endpointSnapshot(), () => long);
  const { page } = opened;
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText(/^HTTP 200/).waitFor();
  assert.equal(await page.evaluate("document.documentElement.scrollWidth - innerWidth"), 0);
  const right = (at: string) => page.locator(at).evaluate((each) => each.getBoundingClientRect().right);
  assert.ok((await right(".tester")) <= (await right("section.card.shown")));
  await closeClean(opened);
});
