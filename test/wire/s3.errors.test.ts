import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  type BucketLocationConstraint,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetBucketLocationCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketAclCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  type StorageClass,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { presigned, send } from "./raw.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const Bucket = "errors-bucket";
let sandbox: TestSandbox;
let s3: S3Client;
before(async () => {
  sandbox = await startTestSandbox();
  s3 = new S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "text" }));
});
after(async () => {
  s3.destroy();
  await sandbox.close();
});

/** The error of a call, with everything that the client read from it. */
async function errorOf(call: Promise<unknown>): Promise<Record<string, unknown> & { name: string }> {
  return call.then(
    () => assert.fail("an error was expected"),
    (e: Error) => ({ ...e, name: e.name, message: e.message }),
  );
}

describe("S3: errors and edges as S3 words them", () => {
  it("serialization: a bucket's region is the root of its answer, as every parser of S3 expects it", async () => {
    const LocationConstraint = "eu-central-1";
    await s3.send(new CreateBucketCommand({ Bucket: "elsewhere", CreateBucketConfiguration: { LocationConstraint } }));
    const found = await s3.send(new GetBucketLocationCommand({ Bucket: "elsewhere" }));
    assert.equal(found.LocationConstraint, LocationConstraint);
    const { accessKeyId, secretAccessKey } = sandbox;
    const signing = { accessKeyId, secretAccessKey, service: "s3" };
    const raw = await presigned(sandbox.endpoint, { method: "GET", target: "/elsewhere?location=" }, signing, 60);
    const { text } = await send(sandbox.endpoint, raw);
    assert.match(text, /<LocationConstraint xmlns="[^"]+">eu-central-1<\/LocationConstraint>$/);
  });

  it("serialization: errors name the bucket, the key, the upload", async () => {
    // The client drops what its model does not have: read as it was sent.
    const { accessKeyId, secretAccessKey } = sandbox;
    const signing = { accessKeyId, secretAccessKey, service: "s3" };
    const textOf = async (target: string) => {
      const raw = await presigned(sandbox.endpoint, { method: "GET", target }, signing, 60);
      return (await send(sandbox.endpoint, raw)).text;
    };
    assert.match(await textOf("/none-there/k"), /<Code>NoSuchBucket<.*<BucketName>none-there<\/BucketName>/);
    assert.match(await textOf(`/${Bucket}/nope`), /<Code>NoSuchKey<.*<Key>nope<\/Key>/);
    assert.match(await textOf(`/${Bucket}/k?uploadId=none`), /<Code>NoSuchUpload<.*<UploadId>none<\/UploadId>/);
  });

  it("validation: what is wrong in the body is malformed XML, in a header an argument of its own", async () => {
    const named = async (call: Promise<unknown>) => (await errorOf(call)).name;
    const LocationConstraint = "us-nowhere-1" as BucketLocationConstraint;
    const config = { Bucket: "third-one", CreateBucketConfiguration: { LocationConstraint } };
    assert.equal(await named(s3.send(new CreateBucketCommand(config))), "InvalidLocationConstraint");
    const StorageClass = "SHINY" as StorageClass;
    assert.equal(await named(s3.send(new PutObjectCommand({ Bucket, Key: "k", StorageClass }))), "InvalidStorageClass");
    const Status = "Perhaps" as "Enabled";
    const versioning = { Bucket, VersioningConfiguration: { Status } };
    assert.equal(await named(s3.send(new PutBucketVersioningCommand(versioning))), "MalformedXML");
    const acl = { Bucket, GrantRead: 'uri="http://acs.amazonaws.com/groups/global/AllUsers"' };
    assert.equal(await named(s3.send(new PutBucketAclCommand(acl))), "AccessControlListNotSupported");
    const listed = s3.send(new ListObjectsV2Command({ Bucket, ContinuationToken: "bm9uc2Vuc2U=" }));
    assert.equal(await named(listed), "InvalidArgument");
  });

  it("validation: an unsigned request is refused in XML", async () => {
    for (const target of ["/", `/${Bucket}`, `/${Bucket}/k`]) {
      const { status, text } = await send(sandbox.endpoint, { method: "GET", target });
      assert.equal(status, 403);
      assert.match(text, /<Error><Code>AccessDenied<\/Code><Message>Access Denied<\/Message>/, target);
    }
    const json = await send(sandbox.endpoint, { method: "GET", target: "/2015-03-31/functions" });
    assert.match(json.text, /^\{/, "Lambda's errors stay JSON");
  });

  it("functionality: not modified with the tag; a copy's condition never ends in 304", async () => {
    const { ETag, ContentType } = await s3.send(new HeadObjectCommand({ Bucket, Key: "k" }));
    assert.equal(ContentType, "application/octet-stream", "what the JavaScript client sends");
    const { accessKeyId, secretAccessKey } = sandbox;
    const raw = await presigned(
      sandbox.endpoint,
      { method: "GET", target: `/${Bucket}/k` },
      { accessKeyId, secretAccessKey, service: "s3" },
      60,
    );
    const cached = await send(sandbox.endpoint, { ...raw, headers: { ...raw.headers, "if-none-match": ETag ?? "" } });
    assert.deepEqual([cached.status, cached.headers.etag, cached.text], [304, ETag, ""]);
    const copy = { Bucket, Key: "copy", CopySource: `${Bucket}/k` };
    const refused = await errorOf(s3.send(new CopyObjectCommand({ ...copy, CopySourceIfNoneMatch: ETag })));
    assert.equal(refused.name, "PreconditionFailed");
    const { CopyObjectResult } = await s3.send(new CopyObjectCommand({ ...copy, ChecksumAlgorithm: "SHA256" }));
    assert.equal(CopyObjectResult?.ChecksumSHA256, "mC2ePrmW9VnmM/TRlN7zdh2Qn1o7ZH0ahR/q1nwyydE=");
    assert.equal(CopyObjectResult?.ChecksumCRC32, undefined);
  });

  it("functionality: metadata in the query of a presigned URL is kept with the object", async () => {
    const { accessKeyId, secretAccessKey } = sandbox;
    const raw = await presigned(
      sandbox.endpoint,
      { method: "PUT", target: `/${Bucket}/meta?x-amz-meta-venue=123` },
      { accessKeyId, secretAccessKey, service: "s3" },
      60,
    );
    assert.equal((await send(sandbox.endpoint, { ...raw, body: "x" })).status, 200);
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "meta" }));
    assert.deepEqual([head.Metadata, head.ContentType], [{ venue: "123" }, "binary/octet-stream"]);
  });

  it("functionality: an upload that is completed twice is answered alike", async () => {
    const at = { Bucket, Key: "parts" };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
    const { ETag } = await s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: "part" }));
    const complete = () =>
      s3.send(
        new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts: [{ ETag, PartNumber: 1 }] } }),
      );
    const first = await complete();
    assert.equal((await complete()).ETag, first.ETag);
    await s3.send(new PutObjectCommand({ ...at, Body: "another" }));
    assert.equal((await errorOf(complete())).name, "NoSuchUpload", "once it is overwritten, the upload is forgotten");
  });
});
