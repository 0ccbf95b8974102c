import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { createClock } from "../../src/sandbox/engine/clock.ts";
import { Faults } from "../../src/sandbox/faults.ts";
import { Dispatcher } from "../../src/sandbox/wire/dispatcher.ts";
import { parseTarget } from "../../src/sandbox/wire/httpServer.ts";
import type { WireRequest } from "../../src/sandbox/wire/types.ts";
import { SandboxWorld } from "../../src/sandbox/world.ts";
import { presigned, type RawRequest, type Signing, send, signed } from "./raw.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

let sandbox: TestSandbox;
before(async () => {
  sandbox = await startTestSandbox();
});
after(() => sandbox.close());

/** One harmless request of each protocol family, and the error code that its answers carry. */
interface Family {
  service: string;
  request: RawRequest;
  codeOf(text: string): string | undefined;
  codes: Record<"unsigned" | "unknownKey" | "wrongSignature" | "expired" | "skewed", string>;
}
const jsonCodes = {
  unsigned: "MissingAuthenticationTokenException",
  unknownKey: "UnrecognizedClientException",
  wrongSignature: "InvalidSignatureException",
  expired: "ExpiredTokenException",
  skewed: "InvalidSignatureException",
};
const jsonCode = (text: string) => (JSON.parse(text) as { __type?: string }).__type?.split("#").at(-1);
const xmlCode = (text: string) => /<Code>([^<]+)<\/Code>/.exec(text)?.[1];
const families: Record<string, Family> = {
  "JSON (SageMaker)": {
    service: "sagemaker",
    request: {
      target: "/",
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "SageMaker.ListEndpoints" },
      body: "{}",
    },
    codeOf: jsonCode,
    codes: jsonCodes,
  },
  "query-compatible JSON (CloudWatch)": {
    service: "monitoring",
    request: {
      target: "/",
      headers: {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": "GraniteServiceVersion20100801.DescribeAlarms",
        "x-amzn-query-mode": "true",
      },
      body: "{}",
    },
    codeOf: jsonCode,
    codes: jsonCodes,
  },
  "Query (STS)": {
    service: "sts",
    request: {
      target: "/",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "Action=GetCallerIdentity&Version=2011-06-15",
    },
    codeOf: xmlCode,
    codes: {
      unsigned: "MissingAuthenticationToken",
      unknownKey: "InvalidClientTokenId",
      wrongSignature: "SignatureDoesNotMatch",
      expired: "ExpiredToken",
      skewed: "SignatureDoesNotMatch",
    },
  },
  "REST-XML (S3)": {
    service: "s3",
    request: { method: "GET", target: "/?max-buckets=5" },
    codeOf: xmlCode,
    codes: {
      unsigned: "AccessDenied",
      unknownKey: "InvalidAccessKeyId",
      wrongSignature: "SignatureDoesNotMatch",
      expired: "ExpiredToken",
      skewed: "RequestTimeTooSkewed",
    },
  },
};

const key = (more: Partial<Signing> = {}) => ({
  accessKeyId: sandbox.accessKeyId,
  secretAccessKey: sandbox.secretAccessKey,
  ...more,
});

function toWire(raw: RawRequest): WireRequest {
  const target = parseTarget(raw.target);
  assert.ok(target);
  return { method: raw.method ?? "POST", ...target, headers: { ...raw.headers }, body: Buffer.from(raw.body ?? "") };
}

for (const [name, family] of Object.entries(families)) {
  const { service, request, codes, codeOf } = family;
  const refused = async (raw: RawRequest, code: string) => {
    const answer = await send(sandbox.endpoint, raw);
    assert.equal(answer.status, 403, answer.text);
    assert.equal(codeOf(answer.text), code, answer.text);
  };
  const sign = (more: Partial<Signing> = {}, raw = request) => signed(sandbox.endpoint, raw, { ...key(more), service });

  describe(`signatures in ${name}`, () => {
    it("AWS's own signer is accepted", async () => {
      const answer = await send(sandbox.endpoint, await sign());
      assert.equal(answer.status, 200, answer.text);
    });
    it("unsigned", async () => refused(request, codes.unsigned));
    it("wrong secret", async () => refused(await sign({ secretAccessKey: "wrong" }), codes.wrongSignature));
    it("unknown key", async () => refused(await sign({ accessKeyId: "AKIAREALACCOUNTKEY00" }), codes.unknownKey));
    it("a signature of twenty minutes ago, and of in twenty minutes", async () => {
      for (const minutes of [-20, 20]) await refused(await sign({ atMs: Date.now() + minutes * 60_000 }), codes.skewed);
    });
    it("a clock that is off by ten minutes is accepted", async () => {
      const answer = await send(sandbox.endpoint, await sign({ atMs: Date.now() - 10 * 60_000 }));
      assert.equal(answer.status, 200, answer.text);
    });
    it("a body changed after signing", async () => {
      const raw = { ...request, method: "POST", body: request.body ?? "<Delete/>", target: request.target };
      const answer = await send(sandbox.endpoint, { ...(await sign({}, raw)), body: `${raw.body} ` });
      const wanted = service === "s3" ? "XAmzContentSHA256Mismatch" : codes.wrongSignature;
      assert.equal(codeOf(answer.text), wanted, answer.text);
    });
    it("a signed header changed after signing", async () => {
      const raw = await sign({}, { ...request, headers: { ...request.headers, "x-amz-meta-a": "1" } });
      await refused({ ...raw, headers: { ...raw.headers, "x-amz-meta-a": "2" } }, codes.wrongSignature);
    });
    it("a query changed after signing", async () => {
      const raw = await sign(
        {},
        { ...request, target: `${request.target}${request.target.includes("?") ? "&" : "?"}a=1` },
      );
      await refused({ ...raw, target: raw.target.replace("a=1", "a=2") }, codes.wrongSignature);
    });
    it("a garbled Authorization header", async () => {
      const raw = await sign();
      for (const authorization of [
        "AWS4-HMAC-SHA256 ",
        "AWS4-HMAC-SHA256 Credential=a/b",
        "Bearer x",
        "AWS4-HMAC-SHA256 =,=,=",
      ]) {
        const answer = await send(sandbox.endpoint, { ...raw, headers: { ...raw.headers, authorization } });
        assert.equal(answer.status, 403, `${authorization}: ${answer.text}`);
      }
    });
    it("an expired session", async () => {
      const world = new SandboxWorld("123456789012", createClock(0), {});
      const credential = {
        secretAccessKey: "s",
        sessionToken: "t",
        principalArn: world.rootArn,
        expiresAt: Date.now() - 1,
      };
      world.addCredential("ASIAOLD", credential);
      const dispatcher = new Dispatcher(world, "sigv4", new Faults());
      const raw = await sign({ accessKeyId: "ASIAOLD", secretAccessKey: "s", sessionToken: "t" });
      const answer = await dispatcher.handle(toWire(raw));
      assert.equal(answer.status, 403);
      const { body } = answer;
      assert.equal(codeOf(typeof body === "string" ? body : Buffer.from(body as Uint8Array).toString()), codes.expired);
    });
  });
}

describe("presigned URLs", () => {
  const buckets: RawRequest = { method: "GET", target: "/?max-buckets=5" };
  const identity: RawRequest = { method: "GET", target: "/?Action=GetCallerIdentity&Version=2011-06-15" };
  const answerTo = async (raw: RawRequest, more: Partial<Signing> = {}, change = (r: RawRequest) => r) => {
    const service = raw === buckets ? "s3" : "sts";
    const answer = await send(
      sandbox.endpoint,
      change(await presigned(sandbox.endpoint, raw, { ...key(more), service }, 60)),
    );
    return { status: answer.status, code: xmlCode(answer.text) };
  };
  const refusal = (code: string) => ({ status: 403, code });

  it("work for S3 and for the Query services", async () => {
    assert.equal((await answerTo(buckets)).status, 200);
    assert.equal((await answerTo(identity)).status, 200);
  });
  it("are refused before and after their time", async () => {
    assert.deepEqual(await answerTo(buckets, { atMs: Date.now() - 120_000 }), refusal("AccessDenied"));
    assert.deepEqual(await answerTo(buckets, { atMs: Date.now() + 20 * 60_000 }), refusal("AccessDenied"));
  });
  it("are refused with another secret, query, method or body", async () => {
    const wrong = refusal("SignatureDoesNotMatch");
    assert.deepEqual(await answerTo(buckets, { secretAccessKey: "wrong" }), wrong);
    assert.deepEqual(await answerTo(buckets, {}, (r) => ({ ...r, target: r.target.replace("=5", "=6") })), wrong);
    assert.deepEqual(await answerTo(buckets, {}, (r) => ({ ...r, method: "DELETE" })), wrong);
    assert.equal((await answerTo(identity, {}, (r) => ({ ...r, body: "Action=Other" }))).status, 403);
  });
});

describe("session credentials", () => {
  const { request } = families["JSON (SageMaker)"] as Family;

  it("sign with their token, and not without it or with another", async () => {
    const iam = new IAMClient(sandbox.clientConfig());
    const Statement = [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" }];
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName: "reader", AssumeRolePolicyDocument }));
    const sts = new STSClient(sandbox.clientConfig());
    const assumed = await sts.send(new AssumeRoleCommand({ RoleArn: Role?.Arn, RoleSessionName: "test" }));
    const { AccessKeyId = "", SecretAccessKey = "", SessionToken } = assumed.Credentials ?? {};
    const status = async (sessionToken: string | undefined) => {
      const keys = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken };
      return (await send(sandbox.endpoint, await signed(sandbox.endpoint, request, { ...keys, service: "sagemaker" })))
        .status;
    };
    assert.equal(await status(SessionToken), 200);
    assert.equal(await status(undefined), 403);
    assert.equal(await status(`${SessionToken}x`), 403);
    iam.destroy();
    sts.destroy();
  });
});
