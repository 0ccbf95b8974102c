import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { type RawRequest, send, signed } from "./raw.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

let sandbox: TestSandbox;
before(async () => {
  sandbox = await startTestSandbox();
});
after(() => sandbox.close());

const json = (target: string, body: string): RawRequest => ({
  target: "/",
  headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": target },
  body,
});
const ask = async (raw: RawRequest, service: string) =>
  send(sandbox.endpoint, await signed(sandbox.endpoint, raw, { ...sandbox, service }));

describe("the listening socket", () => {
  it("is bound to the loopback interface", () => assert.match(sandbox.endpoint, /^http:\/\/127\.0\.0\.1:\d+$/));

  it("refuses host names that are not this machine's, before it looks at anything else", async () => {
    for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io:80", "169.254.169.254"]) {
      const answer = await send(sandbox.endpoint, { method: "GET", target: "/", headers: { host } });
      assert.equal(answer.status, 403, host);
      assert.match(answer.text, /answers only for 127\.0\.0\.1, localhost/);
    }
  });

  it("answers for localhost and its sub-domains", async () => {
    for (const host of ["localhost", "LOCALHOST:1", "bucket.localhost:4599"]) {
      const answer = await send(sandbox.endpoint, { method: "GET", target: "/", headers: { host } });
      assert.match(answer.text, /<Code>AccessDenied</, host);
    }
  });

  it("offers no page of another origin anything: no CORS headers without a signature", async () => {
    const headers = { origin: "https://evil.example", "access-control-request-method": "POST" };
    const answer = await send(sandbox.endpoint, { method: "OPTIONS", target: "/", headers });
    assert.equal(answer.status, 403);
    assert.equal(answer.headers["access-control-allow-origin"], undefined);
  });

  it("survives a client that hangs up in the middle of its body", async () => {
    const { hostname, port } = new URL(sandbox.endpoint);
    await new Promise<void>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write("POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\nabc", () => socket.destroy());
      });
      socket.on("close", () => resolve());
      socket.on("error", reject);
    });
    assert.equal((await ask(json("SageMaker.ListEndpoints", "{}"), "sagemaker")).status, 200);
  });
});

describe("the control API", () => {
  it("needs its token, whatever else one has", async () => {
    for (const authorization of [undefined, "Bearer ", "Bearer wrong", `Basic ${sandbox.controlToken}`]) {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      for (const [method, target] of [
        ["GET", "/_sandbox/state"],
        ["POST", "/_sandbox/reset"],
      ] as const)
        assert.equal((await send(sandbox.endpoint, { method, target, headers })).status, 401);
    }
  });

  it("gives its state to its token, and never a secret", async () => {
    const headers = { authorization: `Bearer ${sandbox.controlToken}` };
    const answer = await send(sandbox.endpoint, { method: "GET", target: "/_sandbox/state", headers });
    assert.equal(answer.status, 200);
    assert.equal((JSON.parse(answer.text) as { endpoint: string }).endpoint, sandbox.endpoint);
    assert.equal(answer.text.includes(sandbox.secretAccessKey), false);
  });

  it("names what it has when asked for something else", async () => {
    const headers = { authorization: `Bearer ${sandbox.controlToken}` };
    const answer = await send(sandbox.endpoint, { method: "GET", target: "/_sandbox/nothing", headers });
    assert.equal(answer.status, 404);
    assert.match(answer.text, /GET \/_sandbox\/state/);
  });
});

describe("hostile input", () => {
  it("broken percent-encoding in the query is a 400, in a label a clear error", async () => {
    for (const target of ["/?a=%", "/?%zz=1", "/?a=%e0%a4%a"])
      assert.equal((await send(sandbox.endpoint, { method: "GET", target })).status, 400, target);
    const answer = await ask({ method: "POST", target: "/endpoints/%zz/invocations", body: "1" }, "sagemaker");
    assert.equal(answer.status, 400);
    assert.match(answer.text, /Couldn't parse the specified URI/);
  });

  it("a body over the limit is a 413 before it has been read", async () => {
    const { hostname, port } = new URL(sandbox.endpoint);
    const status = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(`POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${300 * 1024 * 1024}\r\n\r\nabc`);
      });
      socket.once("data", (chunk) => {
        resolve(chunk.toString().split("\r\n")[0] ?? "");
        socket.destroy();
      });
      socket.on("error", reject);
    });
    assert.match(status, /^HTTP\/1\.1 413/);
  });

  it("keys called __proto__, constructor or prototype are only keys", async () => {
    const names = ["__proto__", "constructor", "prototype", "toString"];
    for (const name of names) {
      const body = `{"MaxResults":1,${JSON.stringify(name)}:{"polluted":true,"StatusEquals":"Nope"}}`;
      const answer = await ask(json("SageMaker.ListEndpoints", body), "sagemaker");
      assert.equal(answer.status, 200, `${name}: ${answer.text}`);
      const form = `Action=DescribeStacks&Version=2010-05-15&${name}.polluted=1&${name}=2&StackName.${name}=1`;
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      const query = await ask({ target: "/", headers, body: form }, "cloudformation");
      assert.notEqual(query.status, 500, `${name}: ${query.text}`);
      const unknown = await ask(json(`SageMaker.${name}`, "{}"), "sagemaker");
      assert.equal(unknown.status, 404, `${name}: ${unknown.text}`);
    }
    const tags = `{"ResourceARN":"arn:aws:none","Tags":{"__proto__":"x","constructor":"y"}}`;
    const tagged = await ask(json("AnyScaleFrontendService.TagResource", tags), "application-autoscaling");
    assert.notEqual(tagged.status, 500);
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
    assert.equal(({} as Record<string, unknown>).StatusEquals, undefined);
  });

  it("deeply nested JSON, XML and text that is neither are refused, not crashed on", async () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const bodies = [
      deep,
      `{"a":${deep}}`,
      "not json",
      "{",
      '"text"',
      "[]",
      "null",
      "\u0000\u0001",
      '{"MaxResults":1e999}',
    ];
    for (const body of bodies) {
      const answer = await ask(json("SageMaker.ListEndpoints", body), "sagemaker");
      assert.notEqual(answer.status, 500, `${body.slice(0, 20)}: ${answer.text}`);
    }
    await ask({ method: "PUT", target: "/bucket-of-xml" }, "s3");
    const xml = [
      `${"<a>".repeat(20_000)}`,
      "<!DOCTYPE a [<!ENTITY b 'c'>]><Tagging>&b;</Tagging>",
      "<Delete><Object>",
      "}{",
    ];
    for (const body of xml) {
      const answer = await ask({ target: "/bucket-of-xml?delete=", body }, "s3");
      assert.ok(answer.status >= 400 && answer.status < 500, `${body.slice(0, 20)}: ${answer.status} ${answer.text}`);
    }
  });
});
