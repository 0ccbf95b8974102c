import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { CloudFormationClient, CreateStackCommand } from "@aws-sdk/client-cloudformation";
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketTaggingCommand,
  DeleteObjectCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketTaggingCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { presigned, type RawRequest, send, signed } from "./raw.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

// What clients compare that were written against AWS: members of listings, checksums, codes and texts.
const Bucket = "answers";
let sandbox: TestSandbox;
let s3: S3Client;
/** Sends no checksum of its own. */
let plain: S3Client;
before(async () => {
  sandbox = await startTestSandbox();
  const config = { ...sandbox.clientConfig(), forcePathStyle: true };
  s3 = new S3Client(config);
  plain = new S3Client({ ...config, requestChecksumCalculation: "WHEN_REQUIRED" });
  await s3.send(new CreateBucketCommand({ Bucket }));
});
after(async () => {
  for (const client of [s3, plain]) client.destroy();
  await sandbox.close();
});

const signing = () => ({ ...sandbox, service: "s3" });
const raw = async (request: RawRequest) => send(sandbox.endpoint, await signed(sandbox.endpoint, request, signing()));

describe("S3's answers to foreign clients", () => {
  it("functionality: listings tell the checksums' kind, an object without one has CRC64NVME", async () => {
    const put = await plain.send(new PutObjectCommand({ Bucket, Key: "plain", Body: "" }));
    assert.deepEqual([put.ChecksumCRC64NVME, put.ChecksumCRC32], ["AAAAAAAAAAA=", undefined]);
    await s3.send(new PutObjectCommand({ Bucket, Key: "sum", Body: "x", ChecksumAlgorithm: "SHA256" }));
    const kinds = (list: { Key?: string; ChecksumAlgorithm?: string[]; ChecksumType?: string }[] = []) =>
      list.map(({ Key, ChecksumAlgorithm, ChecksumType }) => [Key, ChecksumAlgorithm, ChecksumType]);
    const wanted = [
      ["plain", ["CRC64NVME"], "FULL_OBJECT"],
      ["sum", ["SHA256"], "FULL_OBJECT"],
    ];
    assert.deepEqual(kinds((await s3.send(new ListObjectsV2Command({ Bucket }))).Contents), wanted);
    assert.deepEqual(kinds((await s3.send(new ListObjectVersionsCommand({ Bucket }))).Versions), wanted);
  });

  it("functionality: a multipart upload's checksum is the one that it was made with", async () => {
    const upload = async (more: object, client = s3) => {
      const to = { Bucket, Key: "parts" };
      const { UploadId, ChecksumType } = await client.send(new CreateMultipartUploadCommand({ ...to, ...more }));
      const part = await client.send(new UploadPartCommand({ ...to, UploadId, PartNumber: 1, Body: "part" }));
      const uploads = await client.send(new ListMultipartUploadsCommand({ Bucket }));
      assert.deepEqual([uploads.NextKeyMarker, uploads.NextUploadIdMarker], ["parts", UploadId]);
      const listed = await client.send(new ListPartsCommand({ ...to, UploadId }));
      assert.equal(listed.Owner?.ID, listed.Initiator?.ID);
      assert.ok(listed.Owner?.ID);
      const Parts = [{ PartNumber: 1, ETag: part.ETag, ChecksumCRC32: part.ChecksumCRC32 }];
      const done = await client.send(
        new CompleteMultipartUploadCommand({ ...to, UploadId, MultipartUpload: { Parts } }),
      );
      return [ChecksumType, done.ChecksumType, done.ChecksumCRC32, done.ChecksumCRC64NVME];
    };
    const [, kind, crc32, crc64] = await upload({}, plain);
    assert.deepEqual([kind, crc32, typeof crc64], ["FULL_OBJECT", undefined, "string"]);
    const composite = await upload({ ChecksumAlgorithm: "CRC32" });
    assert.deepEqual(composite.slice(0, 2), ["COMPOSITE", "COMPOSITE"]);
    assert.match(composite[2]!, /-1$/);
    const whole = await upload({ ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" });
    assert.deepEqual([whole[1], whole[2]!.includes("-")], ["FULL_OBJECT", false]);
  });

  it("functionality: a completion that S3 refuses says which part, and an empty list is no XML error", async () => {
    const to = { Bucket, Key: "refused" };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(to));
    await s3.send(new UploadPartCommand({ ...to, UploadId, PartNumber: 1, Body: "part" }));
    const complete = (Parts: object[]) =>
      s3.send(new CompleteMultipartUploadCommand({ ...to, UploadId, MultipartUpload: { Parts } }));
    const missing = { PartNumber: 2, ETag: '"d41d8cd98f00b204e9800998ecf8427e"' };
    await assert.rejects(complete([missing]), {
      name: "InvalidPart",
      message:
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
      UploadId,
      PartNumber: "2",
      ETag: "d41d8cd98f00b204e9800998ecf8427e",
    });
    await assert.rejects(complete([]), { name: "InvalidRequest", message: "You must specify at least one part" });
  });

  it("functionality: outside us-east-1 a bucket's location is the endpoint's region", async () => {
    const west = new S3Client({ ...sandbox.clientConfig("eu-west-1"), forcePathStyle: true });
    const create = (name: string, LocationConstraint?: string) =>
      west.send(
        new CreateBucketCommand({
          Bucket: name,
          CreateBucketConfiguration: LocationConstraint
            ? { LocationConstraint: LocationConstraint as "EU" }
            : undefined,
        }),
      );
    for (const [asked, told] of [
      ["bar", "bar"],
      ["us-east-1", "us-east-1"],
      ["us-west-1", "us-west-1"],
    ])
      await assert.rejects(create("placed", asked), {
        name: "IllegalLocationConstraintException",
        message: `The ${told} location constraint is incompatible for the region specific endpoint this request was sent to.`,
      });
    await create("placed", "EU");
    assert.equal((await west.send(new GetBucketLocationCommand({ Bucket: "placed" }))).LocationConstraint, "EU");
    const { Buckets } = await west.send(new ListBucketsCommand({ Prefix: "placed" }));
    assert.deepEqual([Buckets![0]!.BucketArn, Buckets![0]!.BucketRegion], ["arn:aws:s3:::placed", "eu-west-1"]);
    const head = await raw({ method: "HEAD", target: `/${Bucket}` });
    assert.equal(head.headers["content-type"], "application/xml");
    assert.equal(head.headers["x-amz-access-point-alias"], "false");
    west.destroy();
  });

  it("functionality: metadata beyond ASCII is answered in RFC 2047's words", async () => {
    const put = (name: string) => s3.send(new PutObjectCommand({ Bucket, Key: "words", Metadata: { name } }));
    const told = async () => (await s3.send(new HeadObjectCommand({ Bucket, Key: "words" }))).Metadata!.name;
    for (const [given, answered] of [
      ["=?UTF-8?Q?w=C3=B6rter?=", "=?UTF-8?Q?w=C3=B6rter?="],
      ["=?UTF-8?B?YWJj?=", "abc"],
      ["plain", "plain"],
    ]) {
      await put(given!);
      assert.equal(await told(), answered);
    }
    const url = { method: "PUT", target: `/${Bucket}/words?x-amz-meta-name=${encodeURIComponent("a \u2014 b_")}` };
    assert.equal((await send(sandbox.endpoint, await presigned(sandbox.endpoint, url, signing(), 60))).status, 200);
    assert.equal(await told(), "=?UTF-8?Q?a_=E2=80=94_b=5F?=");
    // boto3 signs text and sends its UTF-8 bytes.
    const written = { method: "PUT", target: `/${Bucket}/words`, headers: { "x-amz-meta-name": "\u00fc" } };
    const request = await signed(sandbox.endpoint, written, signing());
    const bytes = { ...request.headers, "x-amz-meta-name": Buffer.from("\u00fc").toString("latin1") };
    assert.equal((await send(sandbox.endpoint, { ...request, headers: bytes })).status, 200);
    assert.equal(await told(), "=?UTF-8?Q?=C3=BC?=");
  });

  it("functionality: a digest that is wrong is named with what was calculated", async () => {
    const put = (ContentMD5: string) => plain.send(new PutObjectCommand({ Bucket, Key: "md5", Body: "x", ContentMD5 }));
    await assert.rejects(put("MTIz"), {
      name: "InvalidDigest",
      message: "The Content-MD5 you specified was invalid.",
      "Content-MD5": "MTIz",
    });
    await assert.rejects(put("CYketZBSTjX8czcs3cXVlg=="), {
      name: "BadDigest",
      CalculatedDigest: "ndTkYSaMgDT1yFZOFVxnpg==",
    });
  });

  it("functionality: the tags of a deleted object are refused as its delete marker's", async () => {
    await s3.send(new CreateBucketCommand({ Bucket: "marked" }));
    const VersioningConfiguration = { Status: "Enabled" as const };
    await s3.send(new PutBucketVersioningCommand({ Bucket: "marked", VersioningConfiguration }));
    await s3.send(new PutObjectCommand({ Bucket: "marked", Key: "k" }));
    await s3.send(new DeleteObjectCommand({ Bucket: "marked", Key: "k" }));
    await assert.rejects(s3.send(new GetObjectTaggingCommand({ Bucket: "marked", Key: "k" })), {
      name: "MethodNotAllowed",
      ResourceType: "DeleteMarker",
      Method: "GET",
    });
  });

  it("functionality: a bucket is made with its tags, and a wrong owner's number is refused", async () => {
    const Tags = [{ Key: "a", Value: "1" }];
    await s3.send(new CreateBucketCommand({ Bucket: "tagged", CreateBucketConfiguration: { Tags } }));
    assert.deepEqual((await s3.send(new GetBucketTaggingCommand({ Bucket: "tagged" }))).TagSet, Tags);
    const tags = { Bucket: "tagged", Tagging: { TagSet: Tags } };
    await assert.rejects(s3.send(new PutBucketTaggingCommand({ ...tags, ExpectedBucketOwner: "abcd" })), {
      name: "InvalidBucketOwnerAWSAccountID",
      message: "The value of the expected bucket owner parameter must be an AWS Account ID... [abcd]",
    });
    await assert.rejects(s3.send(new PutBucketTaggingCommand({ ...tags, ExpectedBucketOwner: "000000000002" })), {
      name: "AccessDenied",
    });
  });

  it("functionality: a stack's own tags of a bucket are neither changed nor lost by requests", async () => {
    const stacks = new CloudFormationClient(sandbox.clientConfig());
    const TemplateBody = JSON.stringify({
      Resources: { B: { Type: "AWS::S3::Bucket", Properties: { BucketName: "owned" } } },
    });
    await stacks.send(new CreateStackCommand({ StackName: "owner", TemplateBody }));
    stacks.destroy();
    const tagsOf = async () => (await s3.send(new GetBucketTaggingCommand({ Bucket: "owned" }))).TagSet!;
    const put = (TagSet: { Key: string; Value: string }[]) =>
      s3.send(new PutBucketTaggingCommand({ Bucket: "owned", Tagging: { TagSet } }));
    const own = (await tagsOf()) as { Key: string; Value: string }[];
    assert.ok(own.every(({ Key }) => Key.startsWith("aws:cloudformation:")));
    const mine = { Key: "mine", Value: "1" };
    await assert.rejects(put([mine]), { name: "InvalidTag", message: "System tags cannot be removed by requester" });
    await assert.rejects(put([...own.slice(1), { ...own[0]!, Value: "other" }]), {
      name: "InvalidTag",
      message: "System tags cannot be added/updated by requester",
    });
    await put([...own, mine]);
    assert.equal((await tagsOf()).length, own.length + 1);
    await s3.send(new DeleteBucketTaggingCommand({ Bucket: "owned" }));
    assert.deepEqual(await tagsOf(), own);
  });

  it("functionality: conditions, ranges and settings are answered as S3 does", async () => {
    await plain.send(new PutObjectCommand({ Bucket, Key: "digits", Body: "0123456789" }));
    const get = (Range: string) =>
      s3.send(new GetObjectCommand({ Bucket, Key: "digits", Range, ChecksumMode: "ENABLED" }));
    assert.equal(typeof (await get("bytes=0-100")).ChecksumCRC64NVME, "string");
    assert.equal((await get("bytes=0-8")).ChecksumCRC64NVME, undefined);
    await assert.rejects(s3.send(new PutObjectCommand({ Bucket, Key: "digits", IfMatch: "*" })), {
      name: "NotImplemented",
      Header: "If-Match",
    });
    const wrong = { method: "PUT", target: `/${Bucket}/digits`, headers: { "x-amz-checksum-crc32": "test" } };
    assert.match((await raw(wrong)).text, /<Code>InvalidRequest<.*Value for x-amz-checksum-crc32 header is invalid\./);
    const encoding = await raw({ method: "GET", target: `/${Bucket}?encoding-type=value` });
    assert.match(encoding.text, /<Message>Invalid Encoding Method specified in Request</);
    const rule = { ID: "r", Status: "Enabled" as const, Filter: { Prefix: "" }, Expiration: { Days: 1 } };
    await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [rule] } }));
    const lifecycle = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    assert.equal(lifecycle.TransitionDefaultMinimumObjectSize, "all_storage_classes_128K");
    await assert.rejects(s3.send(new PutBucketPolicyCommand({ Bucket, Policy: "text" })), {
      name: "MalformedPolicy",
      message: "Policies must be valid JSON and the first byte must be '{'",
    });
    const VersioningConfiguration = { Status: "Suspended" as const };
    await s3.send(new PutBucketVersioningCommand({ Bucket: "marked", VersioningConfiguration }));
    const put = await s3.send(new PutObjectCommand({ Bucket: "marked", Key: "suspended" }));
    assert.equal(put.VersionId, undefined);
    assert.equal((await s3.send(new HeadObjectCommand({ Bucket: "marked", Key: "suspended" }))).VersionId, "null");
  });
});
