import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { failedAssertion, parsePredictFile, predictFileText } from "../../../src/domain/predictFile.ts";

const answer = { status: 200, body: "0.98,0.01,0.01\n", latencyMs: 12, values: [0.98, 0.01, 0.01] };

test("the wine example's file is read whole", () => {
  const file = path.resolve(import.meta.dirname, "../../../infra/requests/wine.predict.http");
  const { requests, problems } = parsePredictFile(readFileSync(file, "utf8"));
  assert.deepEqual(problems, []);
  assert.deepEqual(
    requests.map(({ name, line, endpointName, assertions }) => [name, line, endpointName, assertions.length]),
    [
      ["a wine of class 0", 3, undefined, 4],
      ["a wine of class 2", 13, undefined, 1],
      ["text is refused by the container", 20, undefined, 2],
    ],
  );
});

test("headers by either name, a body from a file, comments left out", () => {
  const { requests, problems } = parsePredictFile(`### picture
# said by the way
POST endpoint/my-endpoint
Content-Type: image/jpeg
X-Amzn-SageMaker-Target-Model: b.tar.gz
session-id: s-1

< pictures/cat.jpg
`);
  assert.deepEqual(problems, []);
  assert.deepEqual(requests[0], {
    name: "picture",
    line: 1,
    endpointName: "my-endpoint",
    contentType: "image/jpeg",
    targetModel: "b.tar.gz",
    sessionId: "s-1",
    body: "",
    bodyFile: "pictures/cat.jpg",
    assertions: [],
  });
});

test("what is wrong is told at its line, with what would be right", () => {
  const { problems } = parsePredictFile(`### a
# expect happiness
GET endpoint
Cookie: x

1,2
`);
  assert.deepEqual(
    problems.map(({ line }) => line),
    [2, 3, 4],
  );
  assert.match(problems[0]?.message ?? "", /"happiness" is no expectation\. Use status 200/);
  assert.match(problems[1]?.message ?? "", /Use POST endpoint\/NAME/);
});

test("expectations hold, or say what was seen instead", () => {
  const judge = (text: string) => {
    const { requests } = parsePredictFile(`### a\n# expect ${text}\nPOST endpoint\n\n1`);
    const [assertion] = requests[0]?.assertions ?? [];
    assert.ok(assertion, text);
    return failedAssertion(assertion, answer);
  };
  for (const text of [
    "status 200",
    "argmax 0",
    "value 0 > 0.9",
    "value 1 ≈ 0.012 ± 0.01",
    "body contains 0.98",
    "latency < 20 ms",
  ])
    assert.equal(judge(text), undefined, text);
  assert.equal(judge("status 424"), "status 200");
  assert.equal(judge("argmax 2"), "argmax 0");
  assert.equal(judge("value 5 < 1"), "3 values");
  assert.equal(judge("latency < 5 ms"), "12.0 ms");
});

test("what is saved is read back as it was", () => {
  const request = { name: "n", endpointName: "e", contentType: "text/csv", targetVariant: "B", body: "1,2\n3,4" };
  const { requests } = parsePredictFile(predictFileText(request, ["status 200"]));
  const { line: _, assertions, ...read } = requests[0] ?? { line: 0, assertions: [] };
  assert.deepEqual(read, request);
  assert.equal(assertions[0]?.text, "status 200");
});

test("a request says how it is sent; what that way does not have is a problem at its line", () => {
  const text = `### a
POST endpoint
Invocation: stream
Target-Container-Hostname: c2
Inference-Id: i-1

1,2

### b
POST endpoint
Invocation: async
Target-Model: m.tar.gz

< s3://bucket/rows.csv

### c
POST endpoint
Invocation: later

< s3://bucket/rows.csv
`;
  const { requests, problems } = parsePredictFile(text);
  assert.deepEqual(
    requests.map(({ mode }) => mode),
    ["stream", "async", undefined],
  );
  assert.equal(requests[0]?.targetContainer, "c2");
  assert.deepEqual(
    problems.map(({ line, message }) => `${line}: ${message}`),
    [
      '9: An invocation with "async" has no Target-Model. Take it away, or change Invocation.',
      '18: "later" is no way to invoke. Use now, stream, async.',
      "16: Only an asynchronous invocation reads its input from S3. Add Invocation: async.",
    ],
  );
  const [streamed] = requests;
  assert.ok(streamed);
  const again = parsePredictFile(predictFileText(streamed, []));
  assert.deepEqual(again.requests[0], { ...streamed, line: 1, assertions: [] });
});

test("an answer in JSON is held against what is at a path", () => {
  const body = '{"predictions":[{"label":"class_0","score":0.98,"ids":[1,2]}],"a b":{"c-d":null}}';
  const json = { status: 200, body, latencyMs: 1 };
  const seen = (text: string) => {
    const { requests, problems } = parsePredictFile(`# expect ${text}\nPOST endpoint\n\n1`);
    assert.deepEqual(problems, [], text);
    const [assertion] = requests[0]?.assertions ?? [];
    assert.ok(assertion, text);
    return failedAssertion(assertion, json);
  };
  for (const text of [
    "json predictions[0].label = class_0",
    'json $.predictions[0].label == "class_0"',
    "json predictions[0].score > 0.9",
    "json predictions[0].score ≈ 0.97 ± 0.02",
    "json predictions[0].ids = [1, 2]",
    "json predictions[0].ids[1] = 2",
  ])
    assert.equal(seen(text), undefined, text);
  assert.equal(seen("json predictions[0].label = class_1"), '"class_0"');
  assert.equal(seen("json predictions[0].score < 0.5"), "0.98");
  assert.equal(seen("json predictions[0].label > 1"), '"class_0"');
  assert.equal(seen("json predictions[1].label = x"), "nothing at predictions[1].label");
  assert.equal(seen("json predictions.constructor = x"), "nothing at predictions.constructor");
  const [assertion] = parsePredictFile("# expect json a = 1\nPOST endpoint\n\n1").requests[0]?.assertions ?? [];
  assert.ok(assertion);
  assert.equal(failedAssertion(assertion, answer), "an answer that is no JSON");
  assert.equal(parsePredictFile("# expect json a[ = 1\nPOST endpoint\n\n1").problems.length, 1);
});
