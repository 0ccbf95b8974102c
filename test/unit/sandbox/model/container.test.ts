import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import type { Booster } from "../../../../src/sandbox/model/booster.ts";
import { invokeContainer } from "../../../../src/sandbox/model/container.ts";
import { pythonFloatText } from "../../../../src/sandbox/model/pythonText.ts";
import { loadModel, readFixture, wineRows } from "./fixtureFiles.ts";

interface ContainerCase {
  model: string;
  format: "csv" | "libsvm";
  accept: string;
  body: string;
  status: number;
  text: string;
}

const cases = readFixture<ContainerCase[]>("container.json");
const row = wineRows()[0]!.join(",");
let wine: Booster;
before(async () => {
  wine = await loadModel("wine");
});

const post = (body: string, headers: { contentType?: string; accept?: string }) =>
  invokeContainer(wine, { body: Buffer.from(body), ...headers });

/** Without the clock and the build's path prefix, which the fixtures do not have either. */
const withoutClock = (text: string) => text.replace(/\[\d\d:\d\d:\d\d\] \.\.\//, "");

describe("answers equal those of Python's csv, numpy and XGBoost", () => {
  for (const [index, item] of cases.entries()) {
    const shown = JSON.stringify(Buffer.from(item.body, "hex").toString("latin1").slice(0, 24));
    test(`${index}: ${item.model} ${item.format} ${shown} as ${item.accept}`, async () => {
      const answer = invokeContainer(await loadModel(item.model), {
        body: Buffer.from(item.body, "hex"),
        contentType: `text/${item.format}`,
        accept: item.accept,
      });
      assert.equal(withoutClock(answer.body), item.text);
      assert.equal(answer.status, item.status);
    });
  }
});

describe("content types", () => {
  test("csv may carry parameters and capitals", () => {
    for (const contentType of ["text/csv", "TEXT/CSV", "text/csv; charset=utf-8", "text/csv;label_size=1"]) {
      assert.equal(post(row, { contentType }).status, 200, contentType);
    }
  });

  test("libsvm is the default and has two names", () => {
    const answers = [undefined, "text/libsvm", "text/x-libsvm"].map((contentType) =>
      post("0 0:14.23 12:1065", contentType === undefined ? {} : { contentType }),
    );
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200],
    );
    assert.equal(new Set(answers.map(({ body }) => body)).size, 1);
  });

  test("JSON is not accepted", () => {
    assert.deepEqual(post("{}", { contentType: "application/json" }), {
      status: 415,
      contentType: "text/html; charset=utf-8",
      body: "application/json is not an accepted ContentType: csv, libsvm, parquet, recordio-protobuf, text/csv, text/libsvm, text/x-libsvm, application/x-parquet, application/x-recordio-protobuf.",
    });
  });

  test("a name that every object has is not a content type", () => {
    assert.equal(post(row, { contentType: "constructor" }).status, 415);
  });

  test("a label column of another size is refused", () => {
    const answer = post(row, { contentType: "text/csv; label_size=0" });
    assert.equal(answer.status, 415);
    assert.match(answer.body, /label_size must be equal to 1$/);
  });

  test("RecordIO is refused in the sandbox's own name", () => {
    const answer = post("x", { contentType: "application/x-recordio-protobuf" });
    assert.equal(answer.status, 415);
    assert.match(answer.body, /^The sandbox does not read .* Send text\/csv/);
  });

  test("parquet is known to the container but not for inference", () => {
    assert.deepEqual(
      post("x", { contentType: "application/x-parquet" }).body,
      "Content-type application/x-parquet is not supported.",
    );
  });
});

describe("accept types", () => {
  test("csv is the answer to none, to anything and to csv", () => {
    for (const accept of ["", "*/*", "text/csv", "Text/CSV; q=1"]) {
      const answer = post(row, { contentType: "text/csv", accept });
      assert.equal(answer.contentType, "text/csv; charset=utf-8", accept);
      assert.equal(answer.body, "0.9922608733177185,0.00435804994776845,0.003381130052730441\n");
    }
  });

  test("JSON lines have one score a row", () => {
    const answer = post(`${row}\n${row}`, { contentType: "text/csv", accept: "application/jsonlines" });
    assert.equal(answer.contentType, "application/jsonlines");
    const lines = answer.body.trimEnd().split("\n");
    assert.equal(lines.length, 2);
    assert.equal((JSON.parse(lines[1]!) as { score: number[] }).score.length, 3);
  });

  test("others are not acceptable", () => {
    assert.deepEqual(post(row, { contentType: "text/csv", accept: "image/png" }), {
      status: 406,
      contentType: "text/html; charset=utf-8",
      body: "Accept type image/png is not supported. Please use supported accept types: ['application/json', 'application/jsonlines', 'application/x-recordio-protobuf', 'text/csv'].",
    });
    assert.match(
      post(row, { contentType: "text/csv", accept: "application/x-recordio-protobuf" }).body,
      /^The sandbox does not write/,
    );
  });

  test("what cannot be read or evaluated is said before what cannot be written", () => {
    assert.equal(post("a", { contentType: "text/csv", accept: "image/png" }).status, 415);
    assert.equal(post(`${row},1`, { contentType: "text/csv", accept: "image/png" }).status, 400);
  });
});

test("an empty body has an empty answer whatever its type", () => {
  assert.deepEqual(post("", { contentType: "application/json" }), {
    status: 204,
    contentType: "text/html; charset=utf-8",
    body: "",
  });
});

test("numbers are written as Python writes them", () => {
  for (const [value, text] of readFixture<[number, string][]>("floats.json"))
    assert.equal(pythonFloatText(value), text);
});
