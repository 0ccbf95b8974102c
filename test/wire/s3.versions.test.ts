import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketAclCommand,
  GetBucketCorsCommand,
  GetBucketLoggingCommand,
  GetBucketRequestPaymentCommand,
  GetBucketWebsiteCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutBucketAclCommand,
  PutBucketCorsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const Bucket = "versions";
let sandbox: TestSandbox;
let s3: S3Client;
before(async () => {
  sandbox = await startTestSandbox();
  s3 = new S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket }));
});
after(async () => {
  s3.destroy();
  await sandbox.close();
});

const put = async (Key: string, Body: string, more: object = {}) =>
  (await s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }))).VersionId;
const get = async (Key: string, VersionId?: string) =>
  (await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }))).Body?.transformToString();
const versioning = (Status: "Enabled" | "Suspended") =>
  s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));

describe("S3 object versions", () => {
  it("functionality: writes and deletions keep what was, until a version is deleted by its id", async () => {
    assert.equal(await put("a", "before"), undefined);
    await versioning("Enabled");
    const one = await put("a", "one");
    const two = await put("a", "two");
    assert.equal(await get("a"), "two");
    assert.equal(await get("a", one), "one");
    assert.equal(await get("a", "null"), "before");
    const deleted = await s3.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
    assert.equal(deleted.DeleteMarker, true);
    await assert.rejects(get("a"), { name: "NoSuchKey" });
    await assert.rejects(s3.send(new HeadObjectCommand({ Bucket, Key: "a" })), { name: "NotFound" });
    assert.equal((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 0);
    await assert.rejects(get("a", deleted.VersionId), { name: "MethodNotAllowed" });
    const listed = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    assert.deepEqual(
      listed.Versions?.map((version) => [version.VersionId, version.IsLatest]),
      [
        [two, false],
        [one, false],
        ["null", false],
      ],
    );
    assert.equal(listed.DeleteMarkers?.[0]?.IsLatest, true);
    const pages = [];
    let from: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
    while (from) {
      const page: ListObjectVersionsCommandOutput = await s3.send(
        new ListObjectVersionsCommand({ Bucket, MaxKeys: 1, ...from }),
      );
      pages.push(page.Versions?.[0]?.VersionId ?? "marker");
      from = page.IsTruncated
        ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
        : undefined;
    }
    assert.deepEqual(pages, ["marker", two, one, "null"]);
    await assert.rejects(s3.send(new DeleteBucketCommand({ Bucket })), /You must delete all versions in the bucket/);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "a", VersionId: deleted.VersionId }));
    assert.equal(await get("a"), "two");
    await versioning("Suspended");
    assert.equal(await put("a", "suspended"), undefined);
    await assert.rejects(get("a", "nope-nope"), { name: "NoSuchVersion" });
    assert.equal(await get("a", one), "one");
    await s3.send(
      new DeleteObjectsCommand({
        Bucket,
        Delete: { Objects: [one, two, "null"].map((VersionId) => ({ Key: "a", VersionId })) },
      }),
    );
    assert.equal((await s3.send(new ListObjectVersionsCommand({ Bucket }))).Versions, undefined);
  });
});

describe("S3 tags, copies and attributes", () => {
  it("functionality: tags come with the object, are copied, and are replaced", async () => {
    await put("t", "x", { Tagging: "a=1&b=%C3%A9", StorageClass: "STANDARD_IA" });
    const tags = async (Key: string) => (await s3.send(new GetObjectTaggingCommand({ Bucket, Key }))).TagSet;
    assert.deepEqual(await tags("t"), [
      { Key: "a", Value: "1" },
      { Key: "b", Value: "é" },
    ]);
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "t" }));
    assert.equal(head.StorageClass, "STANDARD_IA");
    await s3.send(new CopyObjectCommand({ Bucket, Key: "t2", CopySource: `${Bucket}/t` }));
    assert.equal((await tags("t2"))?.length, 2);
    assert.equal((await s3.send(new HeadObjectCommand({ Bucket, Key: "t2" }))).StorageClass, undefined);
    await s3.send(
      new CopyObjectCommand({
        Bucket,
        Key: "t3",
        CopySource: `${Bucket}/t`,
        TaggingDirective: "REPLACE",
        Tagging: "c=3",
        MetadataDirective: "REPLACE",
        Metadata: { m: "1" },
      }),
    );
    assert.deepEqual(await tags("t3"), [{ Key: "c", Value: "3" }]);
    assert.deepEqual((await s3.send(new HeadObjectCommand({ Bucket, Key: "t3" }))).Metadata, { m: "1" });
    const eleven = Array.from({ length: 11 }, (_, i) => ({ Key: `k${i}`, Value: "" }));
    await assert.rejects(s3.send(new PutObjectTaggingCommand({ Bucket, Key: "t", Tagging: { TagSet: eleven } })), {
      name: "BadRequest",
      message: "Object tags cannot be greater than 10",
    });
    const attributes = await s3.send(
      new GetObjectAttributesCommand({ Bucket, Key: "t", ObjectAttributes: ["ETag", "ObjectSize"] }),
    );
    assert.equal(attributes.ETag, "9dd4e461268c8034f5c8564e155c67a6");
    assert.equal(attributes.ObjectSize, 1);
    assert.equal(attributes.StorageClass, undefined);
  });

  it("functionality: parts are copied from objects; uploads are listed in order, by page", async () => {
    const start = async (Key: string) => (await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }))).UploadId;
    await put("source", "0123456789");
    const UploadId = await start("m/1");
    const copied = await s3.send(
      new UploadPartCopyCommand({
        Bucket,
        Key: "m/1",
        UploadId,
        PartNumber: 1,
        CopySource: `${Bucket}/source`,
        CopySourceRange: "bytes=2-4",
      }),
    );
    assert.equal(copied.CopyPartResult?.ETag, '"289dff07669d7a23de0ef88d2f7129e7"');
    await start("m/2");
    await start("n");
    const first = await s3.send(new ListMultipartUploadsCommand({ Bucket, MaxUploads: 1 }));
    assert.deepEqual([first.Uploads?.[0]?.Key, first.IsTruncated], ["m/1", true]);
    const second = await s3.send(
      new ListMultipartUploadsCommand({
        Bucket,
        KeyMarker: first.NextKeyMarker,
        UploadIdMarker: first.NextUploadIdMarker,
      }),
    );
    assert.deepEqual(
      second.Uploads?.map((upload) => upload.Key),
      ["m/2", "n"],
    );
    const grouped = await s3.send(new ListMultipartUploadsCommand({ Bucket, Delimiter: "/" }));
    assert.deepEqual(grouped.CommonPrefixes, [{ Prefix: "m/" }]);
  });
});

describe("S3 settings of a bucket", () => {
  it("functionality: an unconfigured bucket answers as AWS's does", async () => {
    const errors: [{ new (input: { Bucket: string }): object }, string][] = [
      [GetBucketCorsCommand, "NoSuchCORSConfiguration"],
      [GetBucketWebsiteCommand, "NoSuchWebsiteConfiguration"],
      [GetObjectLockConfigurationCommand, "ObjectLockConfigurationNotFoundError"],
    ];
    for (const [Command, name] of errors) await assert.rejects(s3.send(new Command({ Bucket }) as never), { name });
    assert.equal((await s3.send(new GetBucketLoggingCommand({ Bucket }))).LoggingEnabled, undefined);
    assert.equal((await s3.send(new GetBucketRequestPaymentCommand({ Bucket }))).Payer, "BucketOwner");
    const rules = [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"], MaxAgeSeconds: 5 }];
    await s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: rules } }));
    assert.deepEqual((await s3.send(new GetBucketCorsCommand({ Bucket }))).CORSRules, rules);
  });

  it("validation: a bucket that enforces its owner takes no ACLs", async () => {
    await assert.rejects(s3.send(new PutBucketAclCommand({ Bucket, ACL: "public-read" })), {
      name: "AccessControlListNotSupported",
      message: "The bucket does not allow ACLs",
    });
    const { Grants } = await s3.send(new GetBucketAclCommand({ Bucket }));
    assert.deepEqual(
      Grants?.map((grant) => [grant.Grantee?.Type, grant.Permission]),
      [["CanonicalUser", "FULL_CONTROL"]],
    );
  });
});
