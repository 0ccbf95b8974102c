import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetBucketTaggingCommand,
  GetObjectAttributesCommand,
  HeadObjectCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  type S3ServiceException,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { send, signed } from "./raw.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

// Codes, texts and headers as others have seen them in answers of AWS and written them down in test suites of their own.
const Bucket = "verified";
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

const failure = async (work: Promise<unknown>): Promise<Record<string, unknown> & S3ServiceException> => {
  try {
    await work;
  } catch (error) {
    return error as Record<string, unknown> & S3ServiceException;
  }
  return assert.fail("nothing was refused");
};

describe("S3, as seen on AWS", () => {
  it("tags of the system are not put, and no key twice; an empty set is none", async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: "tagged", Body: "x" }));
    const own = { Key: "aws:mine", Value: "v" };
    const put = await failure(s3.send(new PutObjectCommand({ Bucket, Key: "t", Body: "x", Tagging: "aws:foo=bar" })));
    assert.deepEqual([put.name, put.message], ["InvalidTag", "Your TagKey cannot be prefixed with aws:"]);
    const tag = await failure(
      s3.send(new PutObjectTaggingCommand({ Bucket, Key: "tagged", Tagging: { TagSet: [own] } })),
    );
    assert.equal(tag.name, "InvalidTag");
    const bucket = (TagSet: { Key: string; Value: string }[]) =>
      s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
    const system = await failure(bucket([own]));
    assert.deepEqual([system.name, system.message], ["InvalidTag", "System tags cannot be added/updated by requester"]);
    const twice = await failure(
      bucket([
        { Key: "a", Value: "1" },
        { Key: "a", Value: "2" },
      ]),
    );
    assert.equal(twice.message, "Cannot provide multiple Tags with the same key");
    await bucket([{ Key: "a", Value: "1" }]);
    await bucket([]);
    assert.equal((await failure(s3.send(new GetBucketTaggingCommand({ Bucket })))).name, "NoSuchTagSet");
  });

  it("conditions of deletions and copies", async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: "kept", Body: "x" }));
    const remove = (Key: string, IfMatch: string) => s3.send(new DeleteObjectCommand({ Bucket, Key, IfMatch }));
    assert.equal((await failure(remove("kept", "other"))).name, "PreconditionFailed");
    assert.equal((await failure(remove("unknown", "other"))).name, "NoSuchKey");
    const { ETag } = await s3.send(new HeadObjectCommand({ Bucket, Key: "kept" }));
    const copy = await failure(
      s3.send(
        new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/kept`, CopySourceIfNoneMatch: ETag }),
      ),
    );
    assert.equal(copy.Condition, "x-amz-copy-source-If-None-Match");
  });

  it("delete markers say that they are", async () => {
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
    await s3.send(new PutObjectCommand({ Bucket, Key: "gone", Body: "x" }));
    const { VersionId = "" } = await s3.send(new DeleteObjectCommand({ Bucket, Key: "gone" }));
    const head = async (query: string) => {
      const raw = { method: "HEAD", target: `/${Bucket}/gone${query}` };
      const { accessKeyId, secretAccessKey } = sandbox;
      const hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
      const request = { ...raw, headers: { "x-amz-content-sha256": hash } };
      return send(
        sandbox.endpoint,
        await signed(sandbox.endpoint, request, { accessKeyId, secretAccessKey, service: "s3" }),
      );
    };
    const plain = await head("");
    assert.deepEqual(
      [plain.status, plain.headers["x-amz-delete-marker"], plain.headers["x-amz-version-id"]],
      [404, "true", VersionId],
    );
    const marker = await head(`?versionId=${VersionId}`);
    assert.deepEqual(
      [marker.status, marker.headers["x-amz-delete-marker"], marker.headers.allow],
      [405, "true", "DELETE"],
    );
    const Tagging = { TagSet: [{ Key: "a", Value: "1" }] };
    const tagged = await failure(s3.send(new PutObjectTaggingCommand({ Bucket, Key: "gone", VersionId, Tagging })));
    assert.deepEqual([tagged.name, tagged.Method, tagged.ResourceType], ["MethodNotAllowed", "PUT", "DeleteMarker"]);
  });

  it("a copy in parts has the checksum that its upload asked for", async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: "source", Body: "some value" }));
    const at = { Bucket, Key: "in-parts" };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...at, ChecksumAlgorithm: "SHA256" }));
    const { CopyPartResult } = await s3.send(
      new UploadPartCopyCommand({ ...at, UploadId, PartNumber: 1, CopySource: `${Bucket}/source` }),
    );
    assert.ok(CopyPartResult!.ChecksumSHA256);
    const Parts = [{ PartNumber: 1, ETag: CopyPartResult!.ETag }];
    const done = await s3.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }));
    const expected = "DnKotDi4EtYGwNMDKmnR6SqH3bWVOlo2BC+tsz9rHqw=";
    assert.deepEqual([done.ChecksumSHA256, done.ChecksumType], [`${expected}-1`, "COMPOSITE"]);
    const told = await s3.send(new GetObjectAttributesCommand({ ...at, ObjectAttributes: ["Checksum"] }));
    assert.equal(told.Checksum!.ChecksumSHA256, expected);
  });
});
