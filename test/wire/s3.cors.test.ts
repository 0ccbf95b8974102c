import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { CreateBucketCommand, PutBucketCorsCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { presigned, type RawRequest, send, signed } from "./raw.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

// What a browser asks before and with a request to a bucket from a page of another origin.
const Bucket = "shared";
const Origin = "https://app.example";
let sandbox: TestSandbox;
let s3: S3Client;
before(async () => {
  sandbox = await startTestSandbox();
  s3 = new S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
  for (const name of [Bucket, "plain"]) await s3.send(new CreateBucketCommand({ Bucket: name }));
  await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "shared" }));
  const own = { AllowedOrigins: ["https://*.example"], AllowedMethods: ["GET", "PUT"], MaxAgeSeconds: 3000 };
  const open = { AllowedOrigins: ["*"], AllowedMethods: ["HEAD"], ExposeHeaders: ["ETag", "x-amz-request-id"] };
  await s3.send(
    new PutBucketCorsCommand({
      Bucket,
      CORSConfiguration: { CORSRules: [{ ...own, AllowedHeaders: ["x-AMZ-*", "content-type"] }, open] },
    }),
  );
});
after(async () => {
  s3.destroy();
  await sandbox.close();
});

const preflight = (target: string, headers: Record<string, string>) =>
  send(sandbox.endpoint, { method: "OPTIONS", target, headers });
const asking = (method: string, origin = Origin) => ({ origin, "access-control-request-method": method });
const VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

describe("S3's CORS", () => {
  it("functionality: a preflight is answered by the first rule that allows it, unsigned", async () => {
    const asked = { ...asking("PUT"), "access-control-request-headers": "x-amz-meta-a,Content-Type" };
    const allowed = await preflight(`/${Bucket}/k`, asked);
    assert.equal(allowed.status, 200);
    assert.deepEqual(
      ["origin", "methods", "headers", "credentials"].map((name) => allowed.headers[`access-control-allow-${name}`]),
      [Origin, "GET, PUT", "x-amz-meta-a, content-type", "true"],
    );
    assert.equal(allowed.headers["access-control-max-age"], "3000");
    assert.equal(allowed.headers.vary, VARY);
    const open = (await preflight(`/${Bucket}/k`, asking("HEAD", "http://any.where"))).headers;
    assert.equal(open["access-control-allow-origin"], "*");
    assert.equal(open["access-control-allow-credentials"], undefined);
    assert.equal(open["access-control-expose-headers"], "ETag, x-amz-request-id");
  });

  it("functionality: what no rule allows is refused with S3's words", async () => {
    const refusals: [string, Record<string, string>, number, RegExp][] = [
      [`/${Bucket}/k`, {}, 400, /<Code>BadRequest<.*Insufficient information\. Origin request header needed\./],
      [
        `/${Bucket}/k`,
        asking("DELETE"),
        403,
        /<Code>AccessForbidden<.*This CORS request is not allowed\..*<Method>DELETE<.*<ResourceType>OBJECT</,
      ],
      [`/${Bucket}/k`, { ...asking("PUT"), "access-control-request-headers": "authorization" }, 403, /AccessForbidden/],
      ["/plain", asking("GET"), 403, /CORSResponse: CORS is not enabled for this bucket\..*<ResourceType>BUCKET</],
      ["/nowhere", { origin: Origin }, 403, /CORSResponse: Bucket not found.*<Method>OPTIONS</],
    ];
    for (const [target, headers, status, text] of refusals) {
      const answer = await preflight(target, headers);
      assert.equal(answer.status, status, target);
      assert.match(answer.text, text);
      assert.equal(answer.headers["access-control-allow-origin"], undefined);
    }
  });

  it("functionality: requests of an allowed origin are answered for it, errors too, others without", async () => {
    const signing = { ...sandbox, service: "s3" };
    const ask = async (request: RawRequest) => send(sandbox.endpoint, await signed(sandbox.endpoint, request, signing));
    const get = (origin: string, key = "k") => ask({ method: "GET", target: `/${Bucket}/${key}`, headers: { origin } });
    const shared = await get(Origin);
    assert.deepEqual(
      [shared.text, shared.headers["access-control-allow-origin"], shared.headers.vary],
      ["shared", Origin, VARY],
    );
    assert.equal((await get(Origin, "absent")).headers["access-control-allow-origin"], Origin);
    const other = await get("https://elsewhere.test");
    assert.deepEqual([other.text, other.headers["access-control-allow-origin"]], ["shared", undefined]);
    const upload = { method: "PUT", target: `/${Bucket}/up`, body: "x" };
    const url = await presigned(sandbox.endpoint, upload, signing, 60);
    const put = await send(sandbox.endpoint, { ...url, headers: { ...url.headers, origin: Origin } });
    assert.deepEqual([put.status, put.headers["access-control-allow-origin"]], [200, Origin]);
  });
});
