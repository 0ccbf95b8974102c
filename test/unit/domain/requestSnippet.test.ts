import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { kindsFor, requestSnippet, type SnippetRequest } from "../../../src/domain/requestSnippet.ts";

const request: SnippetRequest = {
  via: "endpoint",
  endpointName: "wine-endpoint",
  region: "us-east-1",
  endpointUrl: "http://127.0.0.1:4599",
  profile: "dev",
  contentType: "text/csv",
  body: "1,2\n3,4",
  targetVariant: "AllTraffic",
};

test("each kind names endpoint, region, address and variant, and no keys", () => {
  for (const kind of kindsFor("endpoint")) {
    const text = requestSnippet(kind, request);
    for (const part of ["wine-endpoint", "us-east-1", "http://127.0.0.1:4599", "AllTraffic", "text/csv"]) {
      assert.ok(text.includes(part), `${kind} has no ${part}:\n${text}`);
    }
    assert.doesNotMatch(text, /AKIA/);
  }
});

test("the API is no business of the AWS CLI, and gets the features as JSON", () => {
  assert.deepEqual(kindsFor("api"), ["boto3", "JavaScript", "curl"]);
  const text = requestSnippet("curl", { via: "api", url: "https://x.example/DT", features: { a: 1, b: null } });
  assert.match(text, /--data-binary '\{"features":\{"a":1,"b":null\}\}'/);
});

test("an API that asks for a key gets it from the environment", () => {
  const api: SnippetRequest = { via: "api", url: "https://x.example/DT", features: {}, needsKey: true };
  for (const kind of kindsFor("api")) assert.match(requestSnippet(kind, api), /x-api-key[\s\S]*API_KEY/, kind);
});

test("a shell reads any body back as it was", () => {
  const oneArgument = fc.string({ unit: "binary", maxLength: 40 }).filter((text) => !text.includes("\0"));
  fc.assert(
    fc.property(oneArgument, (body) => {
      const text = requestSnippet("AWS CLI", { ...request, body });
      const program = 'aws() { case "$*" in *"--body fileb:///dev/stdin /dev/stdout") cat;; esac; }';
      assert.equal(execFileSync("/bin/bash", ["-c", `${program}\n${text}`], { encoding: "utf8" }), body);
    }),
    { numRuns: 30 },
  );
});

test("curl takes a body that begins with @ as it is, and one that is too long for an argument from stdin", () => {
  assert.ok(requestSnippet("curl", { ...request, body: "@row.csv" }).includes("--data-raw '@row.csv'"));
  const body = "1,2\n".repeat(50_000);
  const program = 'curl() { case "$*" in *"--data-binary @-") wc -c;; esac; }';
  const script = `${program}\n${requestSnippet("curl", { ...request, body })}`;
  assert.equal(execFileSync("/bin/bash", { input: script, encoding: "utf8" }).trim(), String(body.length));
});

test("JavaScript reads any body back as it was", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (body) => {
      const literal = /Body: (".*"),$/m.exec(requestSnippet("JavaScript", { ...request, body }))?.[1];
      assert.equal(new Function(`return ${literal}`)(), body);
    }),
  );
});

test("further headers are in every kind; empty ones are not", () => {
  const names: Record<string, [string, string]> = {
    "AWS CLI": ["--custom-attributes 'trace=1'", "--session-id"],
    boto3: ['CustomAttributes="trace=1"', "SessionId"],
    JavaScript: ['CustomAttributes: "trace=1"', "SessionId"],
    curl: ["-H 'x-amzn-sagemaker-custom-attributes: trace=1'", "session-id"],
  };
  for (const kind of kindsFor("endpoint")) {
    const text = requestSnippet(kind, {
      ...request,
      headers: { customAttributes: "trace=1", sessionId: "" },
    } as SnippetRequest);
    const [there, absent] = names[kind] ?? ["", ""];
    assert.ok(text.includes(there), `${kind} has no ${there}:\n${text}`);
    assert.ok(!text.includes(absent), `${kind} has ${absent}:\n${text}`);
  }
});

test("streams and asynchronous requests are copied as their own operation, for the tools that have it", () => {
  assert.deepEqual(kindsFor("endpoint", "stream"), ["boto3", "JavaScript"]);
  const stream: SnippetRequest = { ...request, mode: "stream", headers: { targetModel: "m", inferenceId: "i" } };
  assert.match(requestSnippet("boto3", stream), /invoke_endpoint_with_response_stream\(\n[^)]*InferenceId="i"/);
  assert.doesNotMatch(requestSnippet("JavaScript", stream), /TargetModel/);
  const queued: SnippetRequest = {
    ...request,
    mode: "async",
    inputLocation: "s3://b/k",
    headers: { accept: "text/csv" },
  };
  const expected: Record<string, RegExp> = {
    "AWS CLI": /^aws sagemaker-runtime invoke-endpoint-async [\s\S]*--input-location 's3:\/\/b\/k'$/,
    boto3: /invoke_endpoint_async\([^)]*InputLocation="s3:\/\/b\/k"/,
    JavaScript: /InvokeEndpointAsyncCommand\(\{[^}]*InputLocation: "s3:\/\/b\/k"/,
    curl: /\/async-invocations' [\s\S]*-H 'x-amzn-sagemaker-accept: text\/csv'[\s\S]*-H 'x-amzn-sagemaker-inputlocation: s3:\/\/b\/k'/,
  };
  for (const kind of kindsFor("endpoint", "async")) {
    assert.match(requestSnippet(kind, queued), expected[kind] ?? /^$/);
    assert.doesNotMatch(requestSnippet(kind, queued), /1,2|AllTraffic/);
  }
});

test("a file is read by each tool from its path", () => {
  const file: SnippetRequest = { ...request, body: "", bodyPath: "/data/it's.png", contentType: "image/png" };
  assert.ok(requestSnippet("AWS CLI", file).includes("--body 'fileb:///data/it'\\''s.png'"));
  assert.ok(requestSnippet("boto3", file).includes('Body=open("/data/it\'s.png", "rb").read(),'));
  assert.ok(requestSnippet("JavaScript", file).includes('Body: await readFile("/data/it\'s.png"),'));
  assert.ok(requestSnippet("curl", file).includes("--data-binary '@/data/it'\\''s.png'"));
});
