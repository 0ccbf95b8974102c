import assert from "node:assert/strict";
import { before, beforeEach, describe, test } from "node:test";

interface Answer {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

type Handler = (event: {
  body: string | null;
  isBase64Encoded?: boolean;
  headers?: Record<string, string>;
}) => Promise<Answer>;

// The function as it is deployed; none of these requests may get as far as the endpoint, for which there is no name.
let handler: Handler;
before(async () => {
  process.env.AWS_REGION = "us-east-1";
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  const location = new URL("../../../infra/lambda/index.mjs", import.meta.url).href;
  ({ handler } = (await import(location)) as { handler: Handler });
});
beforeEach(() => {
  delete process.env.ENDPOINT_NAME;
  delete process.env.ALLOWED_ORIGIN;
});

const names = [
  "alcohol",
  "malic_acid",
  "ash",
  "alcalinity_of_ash",
  "magnesium",
  "total_phenols",
  "flavanoids",
  "nonflavanoid_phenols",
  "proanthocyanins",
  "color_intensity",
  "hue",
  "od280_od315_of_diluted_wines",
  "proline",
];
const whole: Record<string, unknown> = Object.fromEntries(names.map((name, index) => [name, index + 0.5]));

async function errorOf(event: Parameters<Handler>[0]): Promise<{ status: number; code: string; message: string }> {
  const { statusCode, headers, body } = await handler(event);
  assert.equal(headers["Content-Type"], "application/json");
  assert.equal(headers["Access-Control-Allow-Origin"], process.env.ALLOWED_ORIGIN ?? "*");
  const { error } = JSON.parse(body) as { error: { code: string; message: string } };
  return { status: statusCode, ...error };
}

const errorOfFeatures = async (features: unknown) => await errorOf({ body: JSON.stringify({ features }) });

describe("input that is refused", () => {
  const cases: [string, unknown, RegExp][] = [
    ["no features", undefined, /^The body needs "features"/],
    ["features that are null", null, /^The body needs "features"/],
    ["features that are a text", "13", /^The body needs "features"/],
    ["too few values", [1, 2], /has 2 values; it needs 13: alcohol, /],
    ["too many values", Array<number>(14).fill(1), /has 14 values/],
    [
      "a text among the values",
      [...Array<number>(12).fill(1), "1"],
      /^features\[12\] \(proline\) must be a number or null, not a text/,
    ],
    ["an absent name", { ...whole, hue: undefined }, /absent: hue\. Send null/],
    ["an unknown name", { ...whole, colour: 1 }, /^Unknown features: colour/],
    ["a name that every object has", { ...whole, constructor: 1 }, /^Unknown features: constructor/],
    ["a truth value", { ...whole, ash: true }, /^features\.ash must be a number or null, not a truth value/],
    ["an array as value", { ...whole, ash: [1] }, /not an array/],
    ["a value beyond float32", { ...whole, ash: 1e39 }, /^features\.ash is too large/],
  ];
  for (const [name, features, text] of cases) {
    test(name, async () => {
      const { status, code, message } = await errorOfFeatures(features);
      assert.deepEqual([status, code], [400, "InvalidFeatures"]);
      assert.match(message, text);
    });
  }

  test("no body", async () => {
    for (const body of [null, ""]) assert.equal((await errorOf({ body })).status, 400);
  });

  test("a body that is not JSON", async () => {
    const { status, code } = await errorOf({ body: "{" });
    assert.deepEqual([status, code], [400, "InvalidJson"]);
  });

  test("JSON that is no object", async () => {
    for (const body of ["null", "7", '"x"', "[]"]) assert.equal((await errorOf({ body })).code, "InvalidFeatures");
  });
});

describe("input that passes goes on to the endpoint", () => {
  // With no ENDPOINT_NAME the step after validation answers, which shows that validation is over.
  for (const [name, features] of [
    ["an object", whole],
    ["an array", Object.values(whole)],
    ["missing values", { ...whole, hue: null }],
    ["only missing values", Array<null>(13).fill(null)],
  ] as const) {
    test(name, async (context) => {
      context.mock.method(console, "error", () => undefined);
      const { status, code, message } = await errorOfFeatures(features);
      assert.deepEqual([status, code], [500, "NotConfigured"]);
      assert.match(message, /ENDPOINT_NAME/);
    });
  }

  test("a base64 body", async (context) => {
    context.mock.method(console, "error", () => undefined);
    const body = Buffer.from(JSON.stringify({ features: whole })).toString("base64");
    assert.equal((await errorOf({ body, isBase64Encoded: true })).code, "NotConfigured");
  });
});

test("of several allowed origins the caller's own is named, else the first", async () => {
  process.env.ALLOWED_ORIGIN = "https://main.example.amplifyapp.com https://page.s3.us-east-1.amazonaws.com";
  const named = async (headers: Record<string, string>) =>
    (await handler({ body: "{}", headers })).headers["Access-Control-Allow-Origin"];
  assert.equal(
    await named({ Origin: "https://page.s3.us-east-1.amazonaws.com" }),
    "https://page.s3.us-east-1.amazonaws.com",
  );
  assert.equal(
    await named({ origin: "https://page.s3.us-east-1.amazonaws.com" }),
    "https://page.s3.us-east-1.amazonaws.com",
  );
  assert.equal(await named({ origin: "https://elsewhere.example" }), "https://main.example.amplifyapp.com");
  assert.equal(await named({}), "https://main.example.amplifyapp.com");
});

test("an endpoint that cannot be reached is said without its innards", async (context) => {
  const log = context.mock.method(console, "error", () => undefined);
  Object.assign(process.env, {
    ENDPOINT_NAME: "wine-endpoint",
    ALLOWED_ORIGIN: "https://main.example.amplifyapp.com",
    AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME: "http://127.0.0.1:1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  });
  const { status, code, message } = await errorOfFeatures(whole);
  assert.deepEqual([status, code, message], [502, "EndpointFailure", "The endpoint could not be asked."]);
  assert.equal(log.mock.callCount(), 1);
});
