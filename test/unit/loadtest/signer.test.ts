import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { describe, it } from "node:test";
import { SignatureV4 } from "@smithy/signature-v4";
import { createRequestEncoder } from "../../../src/loadtest/requestEncoder.ts";
import { amzDate, bodyHash, createSigner, type SigningCredentials } from "../../../src/loadtest/signer.ts";

/** Hash in the form that the AWS signer takes. */
class NodeSha256 {
  private readonly hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key = secret === undefined || typeof secret === "string" ? secret : bytes(secret);
    this.hash = key === undefined ? createHash("sha256") : createHmac("sha256", key);
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.hash.update(typeof data === "string" ? data : bytes(data));
  }
  async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }
  reset(): void {
    throw new Error("not used");
  }
}

function bytes(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

const when = Date.UTC(2026, 10, 22, 9, 0, 7, 800);
const short: SigningCredentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const cases: [string, string, Record<string, string>, SigningCredentials, string][] = [
  [
    "long-lived keys",
    "https://runtime.sagemaker.us-east-1.amazonaws.com/endpoints/wine-endpoint/invocations",
    { "Content-Type": "text/csv" },
    short,
    "1,2,3\n",
  ],
  [
    "a session token, a variant and an accept",
    "http://127.0.0.1:4599/endpoints/wine/invocations",
    { "content-type": "text/csv", Accept: "application/json", "X-Amzn-SageMaker-Target-Variant": "All  Traffic" },
    { ...short, sessionToken: "T".repeat(700) },
    "4,5",
  ],
  [
    "odd paths and a query",
    "https://example.com/a%20b/ü/c*d?b=2&a=1%2F3&a=0",
    { "content-type": "text/csv" },
    short,
    "",
  ],
];

describe("signer", () => {
  for (const [name, address, headers, credentials, body] of cases) {
    it(`signs as the AWS SDK does: ${name}`, async () => {
      const url = new URL(address);
      const query: Record<string, string[]> = {};
      for (const [key, value] of url.searchParams) query[key] = [...(query[key] ?? []), value];
      const sdk = new SignatureV4({
        credentials,
        region: "us-east-1",
        service: "sagemaker",
        sha256: NodeSha256,
        applyChecksum: false,
      });
      const { host, hostname, pathname: path, protocol } = url;
      const request = { method: "POST", protocol, hostname, path, query, headers: { ...headers, host }, body };
      const expected = await sdk.sign(request, { signingDate: new Date(when) });
      const signer = createSigner(
        { region: "us-east-1", service: "sagemaker", method: "POST", url, headers },
        credentials,
      );
      const signed = signer.sign(amzDate(when), bodyHash(Buffer.from(body)));
      assert.equal(signed.authorization, expected.headers.authorization);
      assert.equal(signed["x-amz-date"], expected.headers["x-amz-date"]);
      assert.equal(signed["x-amz-security-token"], expected.headers["x-amz-security-token"]);
    });
  }

  it("derives a new key on another day and for other credentials", () => {
    const url = new URL("http://127.0.0.1/x");
    const scope = { region: "us-east-1", service: "sagemaker", method: "POST", url, headers: {} };
    const one = createSigner(scope, short);
    const before = one.sign("20260101T235959Z", "00").authorization;
    const after = one.sign("20260102T000000Z", "00").authorization;
    assert.equal(createSigner(scope, short).sign("20260102T000000Z", "00").authorization, after);
    one.setCredentials({ accessKeyId: "OTHER", secretAccessKey: "other" });
    assert.notEqual(one.sign("20260101T235959Z", "00").authorization, before);
    one.setCredentials(short);
    assert.equal(one.sign("20260101T235959Z", "00").authorization, before);
  });
});

describe("request encoder", () => {
  const template = {
    url: "http://127.0.0.1:1/endpoints/w/invocations",
    method: "POST" as const,
    headers: { "content-type": "text/csv" },
  };
  const rows = ["a", "b", "c"].map((row) => Buffer.from(row));
  const signing = { region: "us-east-1", service: "sagemaker", credentials: short };

  it("signs a row once a second, anew with new credentials, and every time when asked to", () => {
    const cached = createRequestEncoder(template, rows.slice(0, 1), signing);
    const first = cached.next(1000);
    assert.equal(cached.next(1999), first);
    assert.notDeepEqual(cached.next(2000), first);
    const again = cached.next(2001);
    cached.setCredentials({ accessKeyId: "NEXT", secretAccessKey: "s" });
    assert.match(cached.next(2002).toString(), /Credential=NEXT/);
    assert.notDeepEqual(cached.next(2003), again);
    const each = createRequestEncoder(template, rows.slice(0, 1), { ...signing, everyRequest: true });
    assert.notEqual(each.next(1000), each.next(1001));
  });

  it("encodes head and body of an unsigned request", () => {
    const text = createRequestEncoder(template, rows).next(0).toString();
    assert.equal(
      text,
      "POST /endpoints/w/invocations HTTP/1.1\r\nhost: 127.0.0.1:1\r\nconnection: keep-alive\r\ncontent-type: text/csv\r\ncontent-length: 1\r\n\r\na",
    );
  });

  it("goes through the rows in order without a seed and in a repeatable other order with one", () => {
    const order = (seed?: number) => {
      const encoder = createRequestEncoder(template, rows, undefined, seed);
      return Array.from({ length: 30 }, () => encoder.next(0).toString().at(-1)).join("");
    };
    assert.equal(order(), "abc".repeat(10));
    assert.equal(order(7), order(7));
    assert.notEqual(order(7), order(8));
    assert.equal(new Set(order(7)).size, 3);
  });

  it("refuses what is not http, carries credentials or breaks a header", () => {
    const refuse =
      (url: string, headers = {}) =>
      () =>
        createRequestEncoder({ ...template, url, headers }, rows);
    assert.throws(refuse("file:///etc/passwd"), /file:.*only http/);
    assert.throws(refuse("nonsense"), /"nonsense" is not a URL/);
    assert.throws(refuse("http://a:b@127.0.0.1/"), /credentials in its URL/);
    assert.throws(refuse("http://127.0.0.1/", { x: "1\r\ny: 2" }), /line break/);
    assert.throws(() => createRequestEncoder(template, []), /no payload row/);
  });
});
