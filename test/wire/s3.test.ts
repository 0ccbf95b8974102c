import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  DeletePublicAccessBlockCommand,
  GetBucketEncryptionCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const Bucket = "wire-bucket";
let sandbox: TestSandbox;
let s3: S3Client;

const named = (name: string, status?: number) => (error: { name: string; $metadata?: { httpStatusCode?: number } }) => {
  assert.equal(error.name, name);
  if (status !== undefined) assert.equal(error.$metadata?.httpStatusCode, status);
  return true;
};

before(async () => {
  sandbox = await startTestSandbox();
  s3 = new S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket }));
});
after(async () => {
  s3.destroy();
  await sandbox.close();
});

describe("S3 objects", () => {
  const put = (Key: string, Body: string, more = {}) => s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));

  it("serialization: body, headers, metadata, checksum and entity tag come back as they were sent", async () => {
    const Key = "a b/ü+&=?.txt";
    const sent = await put(Key, "hello", {
      ContentType: "text/plain",
      Metadata: { team: "ml" },
      CacheControl: "no-store",
    });
    assert.equal(sent.ETag, `"${createHash("md5").update("hello").digest("hex")}"`);
    const got = await s3.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
    assert.equal(await got.Body?.transformToString(), "hello");
    assert.deepEqual([got.ContentType, got.Metadata, got.CacheControl], ["text/plain", { team: "ml" }, "no-store"]);
    assert.equal(got.ChecksumCRC32, sent.ChecksumCRC32);
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
    assert.equal(head.ContentLength, 5);
  });

  it("serialization: takes a stream (aws-chunked with a trailing checksum)", async () => {
    const body = Buffer.alloc(300_000, "x");
    await s3.send(
      new PutObjectCommand({ Bucket, Key: "stream", Body: Readable.from([body]), ContentLength: body.length }),
    );
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: "stream" }));
    assert.deepEqual(Buffer.from((await got.Body?.transformToByteArray()) ?? []), body);
  });

  it("validation: what is not there answers NoSuchKey, NoSuchBucket or an empty 404", async () => {
    await assert.rejects(s3.send(new GetObjectCommand({ Bucket, Key: "nope" })), named("NoSuchKey", 404));
    await assert.rejects(s3.send(new HeadObjectCommand({ Bucket, Key: "nope" })), named("NotFound", 404));
    await assert.rejects(
      s3.send(new GetObjectCommand({ Bucket: "nope-bucket", Key: "x" })),
      named("NoSuchBucket", 404),
    );
    await assert.rejects(put("md5", "x", { ContentMD5: "AAAAAAAAAAAAAAAAAAAAAA==" }), named("BadDigest", 400));
  });

  it("functionality: ranges", async () => {
    await put("range", "0123456789");
    const range = async (Range: string) => {
      const got = await s3.send(new GetObjectCommand({ Bucket, Key: "range", Range }));
      return [got.$metadata.httpStatusCode, await got.Body?.transformToString(), got.ContentRange];
    };
    assert.deepEqual(await range("bytes=2-4"), [206, "234", "bytes 2-4/10"]);
    assert.deepEqual(await range("bytes=7-"), [206, "789", "bytes 7-9/10"]);
    assert.deepEqual(await range("bytes=-2"), [206, "89", "bytes 8-9/10"]);
    assert.deepEqual(await range("bytes=5-99"), [206, "56789", "bytes 5-9/10"]);
    await assert.rejects(range("bytes=10-"), named("InvalidRange", 416));
  });

  it("functionality: conditional requests", async () => {
    const { ETag } = await put("once", "1", { IfNoneMatch: "*" });
    await assert.rejects(put("once", "2", { IfNoneMatch: "*" }), named("PreconditionFailed", 412));
    await assert.rejects(put("once", "2", { IfMatch: '"0"' }), named("PreconditionFailed", 412));
    await assert.rejects(put("never", "2", { IfMatch: '"0"' }), named("NoSuchKey", 404));
    await assert.rejects(
      s3.send(new GetObjectCommand({ Bucket, Key: "once", IfNoneMatch: ETag })),
      (error: { $metadata: { httpStatusCode: number } }) => error.$metadata.httpStatusCode === 304,
    );
    await put("once", "2", { IfMatch: ETag });
  });

  it("functionality: copies, with new metadata where asked", async () => {
    await put("source +ü", "data", { Metadata: { a: "1" } });
    const CopySource = encodeURI(`${Bucket}/source +ü`).replace("+", "%2B");
    await s3.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource }));
    assert.deepEqual((await s3.send(new HeadObjectCommand({ Bucket, Key: "copy" }))).Metadata, { a: "1" });
    await assert.rejects(
      s3.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/copy` })),
      named("InvalidRequest"),
    );
    await s3.send(
      new CopyObjectCommand({
        Bucket,
        Key: "copy",
        CopySource: `${Bucket}/copy`,
        MetadataDirective: "REPLACE",
        Metadata: { b: "2" },
      }),
    );
    assert.deepEqual((await s3.send(new HeadObjectCommand({ Bucket, Key: "copy" }))).Metadata, { b: "2" });
  });

  it("functionality: multipart uploads are checked and put together", async () => {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "big", ContentType: "x/y" }));
    const parts = [Buffer.alloc(5 * 1024 * 1024, "a"), Buffer.from("end")];
    const Parts: { ETag: string | undefined; PartNumber: number }[] = [];
    for (const [i, Body] of parts.entries()) {
      const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key: "big", UploadId, PartNumber: i + 1, Body }));
      Parts.push({ ETag, PartNumber: i + 1 });
    }
    assert.equal((await s3.send(new ListPartsCommand({ Bucket, Key: "big", UploadId }))).Parts?.length, 2);
    const complete = (list: typeof Parts) =>
      s3.send(new CompleteMultipartUploadCommand({ Bucket, Key: "big", UploadId, MultipartUpload: { Parts: list } }));
    await assert.rejects(complete([...Parts].reverse()), named("InvalidPartOrder"));
    await assert.rejects(complete([{ ETag: '"0"', PartNumber: 1 }]), named("InvalidPart"));
    const done = await complete(Parts);
    assert.match(done.ETag ?? "", /^"[0-9a-f]{32}-2"$/);
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "big" }));
    assert.deepEqual([head.ContentLength, head.ContentType], [parts[0]!.length + 3, "x/y"]);
    assert.equal((await complete(Parts)).ETag, done.ETag, "a client that lost the answer asks again");
  });
});

describe("S3 lists", () => {
  const keys = ["a/1", "a/2", "b", "c/1", "c/x/2", "d"];
  before(async () => {
    await s3.send(new CreateBucketCommand({ Bucket: "list-bucket" }));
    for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket: "list-bucket", Key, Body: Key }));
  });

  it("functionality: pages of one, with a delimiter, name every key and group exactly once", async () => {
    const seen: (string | undefined)[] = [];
    for await (const page of paginateListObjectsV2(
      { client: s3, pageSize: 1 },
      { Bucket: "list-bucket", Delimiter: "/" },
    )) {
      seen.push(
        ...(page.Contents ?? []).map((item) => item.Key),
        ...(page.CommonPrefixes ?? []).map((item) => item.Prefix),
      );
      assert.ok((page.KeyCount ?? 0) <= 1);
    }
    assert.deepEqual(seen, ["a/", "b", "c/", "d"]);
  });

  it("functionality: prefix, start, encoding, and the old form with its marker", async () => {
    const under = await s3.send(new ListObjectsV2Command({ Bucket: "list-bucket", Prefix: "c/", StartAfter: "c/1" }));
    assert.deepEqual(
      under.Contents?.map((item) => item.Key),
      ["c/x/2"],
    );
    const old = await s3.send(new ListObjectsCommand({ Bucket: "list-bucket", Delimiter: "/", MaxKeys: 2 }));
    assert.deepEqual([old.IsTruncated, old.NextMarker], [true, "b"]);
    const none = await s3.send(new ListObjectsV2Command({ Bucket: "list-bucket", Prefix: "zzz" }));
    assert.deepEqual([none.KeyCount, none.Contents], [0, undefined]);
  });
});

describe("S3 buckets", () => {
  it("validation: names and regions", async () => {
    await assert.rejects(s3.send(new CreateBucketCommand({ Bucket: "Bad_Name" })), named("InvalidBucketName", 400));
    const west = new S3Client({ ...sandbox.clientConfig("us-west-2"), forcePathStyle: true });
    await assert.rejects(
      west.send(
        new CreateBucketCommand({
          Bucket: "west-bucket",
          CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
        }),
      ),
      named("IllegalLocationConstraintException"),
    );
    await west.send(
      new CreateBucketCommand({
        Bucket: "west-bucket",
        CreateBucketConfiguration: { LocationConstraint: "us-west-2" },
      }),
    );
    assert.equal(
      (await west.send(new GetBucketLocationCommand({ Bucket: "west-bucket" }))).LocationConstraint,
      "us-west-2",
    );
    await assert.rejects(
      s3.send(new GetObjectCommand({ Bucket: "west-bucket", Key: "x" })),
      /the region 'us-east-1' is wrong; expecting 'us-west-2'/,
    );
    west.destroy();
  });

  it("functionality: a bucket with objects is not deleted; an empty one is", async () => {
    const name = { Bucket: "short-lived" };
    await s3.send(new CreateBucketCommand(name));
    await s3.send(new PutObjectCommand({ ...name, Key: "k", Body: "v" }));
    await assert.rejects(s3.send(new DeleteBucketCommand(name)), named("BucketNotEmpty", 409));
    const gone = await s3.send(
      new DeleteObjectsCommand({ ...name, Delete: { Objects: [{ Key: "k" }, { Key: "never" }] } }),
    );
    assert.equal(gone.Deleted?.length, 2);
    await s3.send(new DeleteBucketCommand(name));
    await assert.rejects(s3.send(new HeadBucketCommand(name)), named("NotFound", 404));
    const names = (await s3.send(new ListBucketsCommand({}))).Buckets?.map((bucket) => bucket.Name);
    assert.ok(names?.includes(Bucket) && !names.includes("short-lived"));
  });

  it("functionality: settings are kept; absent ones answer their own code", async () => {
    await assert.rejects(s3.send(new GetBucketPolicyCommand({ Bucket })), named("NoSuchBucketPolicy", 404));
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Deny", Principal: "*", Action: "s3:*", Resource: "*" }],
    });
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    assert.equal((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy, Policy);
    await assert.rejects(s3.send(new PutBucketPolicyCommand({ Bucket, Policy: "{" })), named("MalformedPolicy", 400));
    const encryption = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
    assert.equal(
      encryption.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm,
      "AES256",
    );
    assert.equal((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status, undefined);
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Suspended" } }));
    assert.equal((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status, "Suspended");
    assert.equal(
      (await s3.send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration?.BlockPublicAcls,
      true,
    );
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
    await assert.rejects(
      s3.send(new GetPublicAccessBlockCommand({ Bucket })),
      named("NoSuchPublicAccessBlockConfiguration", 404),
    );
  });
});
