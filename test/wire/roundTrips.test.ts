import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as IAM from "@aws-sdk/client-iam";
import * as S3 from "@aws-sdk/client-s3";
import * as SageMaker from "@aws-sdk/client-sagemaker";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const Bucket = "round-trips";
let sandbox: TestSandbox;
let iam: IAM.IAMClient;
let s3: S3.S3Client;
let sagemaker: SageMaker.SageMakerClient;
before(async () => {
  sandbox = await startTestSandbox();
  iam = new IAM.IAMClient(sandbox.clientConfig());
  s3 = new S3.S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
  sagemaker = new SageMaker.SageMakerClient(sandbox.clientConfig());
  await s3.send(new S3.CreateBucketCommand({ Bucket }));
});
after(async () => {
  for (const client of [iam, s3, sagemaker]) client.destroy();
  await sandbox.close();
});

describe("functionality: S3's configurations of a bucket are kept, answered and forgotten", () => {
  const cors = { CORSRules: [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"] }] };
  const rule = { ID: "r", Status: "Enabled" as const, Filter: { Prefix: "a/" }, Expiration: { Days: 3 } };

  it("CORS, lifecycle, tags, website, ownership", async () => {
    const named = (name: string) => ({ name });
    await s3.send(new S3.PutBucketCorsCommand({ Bucket, CORSConfiguration: cors }));
    assert.deepEqual((await s3.send(new S3.GetBucketCorsCommand({ Bucket }))).CORSRules, cors.CORSRules);
    await s3.send(new S3.DeleteBucketCorsCommand({ Bucket }));
    await assert.rejects(s3.send(new S3.GetBucketCorsCommand({ Bucket })), named("NoSuchCORSConfiguration"));

    await s3.send(new S3.PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [rule] } }));
    const lifecycle = await s3.send(new S3.GetBucketLifecycleConfigurationCommand({ Bucket }));
    assert.deepEqual(lifecycle.Rules, [rule]);
    await s3.send(new S3.DeleteBucketLifecycleCommand({ Bucket }));
    await assert.rejects(
      s3.send(new S3.GetBucketLifecycleConfigurationCommand({ Bucket })),
      named("NoSuchLifecycleConfiguration"),
    );

    const TagSet = [{ Key: "a", Value: "ü" }];
    await s3.send(new S3.PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
    assert.deepEqual((await s3.send(new S3.GetBucketTaggingCommand({ Bucket }))).TagSet, TagSet);
    await s3.send(new S3.DeleteBucketTaggingCommand({ Bucket }));
    await assert.rejects(s3.send(new S3.GetBucketTaggingCommand({ Bucket })), named("NoSuchTagSet"));

    const WebsiteConfiguration = { IndexDocument: { Suffix: "index.html" } };
    await s3.send(new S3.PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration }));
    const website = await s3.send(new S3.GetBucketWebsiteCommand({ Bucket }));
    assert.deepEqual(website.IndexDocument, WebsiteConfiguration.IndexDocument);
    await s3.send(new S3.DeleteBucketWebsiteCommand({ Bucket }));
    await assert.rejects(s3.send(new S3.GetBucketWebsiteCommand({ Bucket })), named("NoSuchWebsiteConfiguration"));

    const OwnershipControls = { Rules: [{ ObjectOwnership: "ObjectWriter" as const }] };
    await s3.send(new S3.PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
    const owned = await s3.send(new S3.GetBucketOwnershipControlsCommand({ Bucket }));
    assert.deepEqual(owned.OwnershipControls, OwnershipControls);
    await s3.send(new S3.DeleteBucketOwnershipControlsCommand({ Bucket }));
  });

  it("encryption, public access, multipart uploads that are aborted", async () => {
    const byKey = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" as const } };
    const ServerSideEncryptionConfiguration = { Rules: [byKey] };
    await s3.send(new S3.PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration }));
    await s3.send(new S3.PutObjectCommand({ Bucket, Key: "sealed", Body: "x" }));
    const head = await s3.send(new S3.HeadObjectCommand({ Bucket, Key: "sealed" }));
    assert.equal(head.ServerSideEncryption, "aws:kms");
    await s3.send(new S3.DeleteBucketEncryptionCommand({ Bucket }));
    const back = await s3.send(new S3.GetBucketEncryptionCommand({ Bucket }));
    const [first] = back.ServerSideEncryptionConfiguration?.Rules ?? [];
    assert.equal(first?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm, "AES256");
    const PublicAccessBlockConfiguration = { BlockPublicAcls: true, IgnorePublicAcls: false };
    await s3.send(new S3.PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
    const blocked = await s3.send(new S3.GetPublicAccessBlockCommand({ Bucket }));
    assert.equal(blocked.PublicAccessBlockConfiguration?.BlockPublicAcls, true);
    const upload = { Bucket, Key: "never" };
    const { UploadId } = await s3.send(new S3.CreateMultipartUploadCommand(upload));
    await s3.send(new S3.AbortMultipartUploadCommand({ ...upload, UploadId }));
    await assert.rejects(s3.send(new S3.ListPartsCommand({ ...upload, UploadId })), { name: "NoSuchUpload" });
  });
});

describe("functionality: IAM's users, policies and tags", () => {
  const document = (Action: string) =>
    JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] });

  it("users with inline and attached policies, tags and a boundary", async () => {
    const UserName = "ada";
    await iam.send(new IAM.CreateUserCommand({ UserName, Path: "/ml/", Tags: [{ Key: "team", Value: "a" }] }));
    const PolicyDocument = document("s3:*");
    await iam.send(new IAM.PutUserPolicyCommand({ UserName, PolicyName: "inline", PolicyDocument }));
    const inline = await iam.send(new IAM.GetUserPolicyCommand({ UserName, PolicyName: "inline" }));
    assert.equal(decodeURIComponent(inline.PolicyDocument ?? ""), PolicyDocument);
    assert.deepEqual((await iam.send(new IAM.ListUserPoliciesCommand({ UserName }))).PolicyNames, ["inline"]);
    const made = await iam.send(new IAM.CreatePolicyCommand({ PolicyName: "managed", PolicyDocument }));
    const PolicyArn = made.Policy?.Arn ?? "";
    await iam.send(new IAM.AttachUserPolicyCommand({ UserName, PolicyArn }));
    const attached = await iam.send(new IAM.ListAttachedUserPoliciesCommand({ UserName }));
    assert.deepEqual(attached.AttachedPolicies, [{ PolicyName: "managed", PolicyArn }]);
    await assert.rejects(iam.send(new IAM.DeleteUserCommand({ UserName })), { name: "DeleteConflictException" });
    await iam.send(new IAM.TagUserCommand({ UserName, Tags: [{ Key: "b", Value: "2" }] }));
    await iam.send(new IAM.UntagUserCommand({ UserName, TagKeys: ["team"] }));
    const { Tags } = await iam.send(new IAM.ListUserTagsCommand({ UserName }));
    assert.deepEqual(Tags, [{ Key: "b", Value: "2" }]);
    assert.deepEqual(
      (await iam.send(new IAM.ListUsersCommand({ PathPrefix: "/ml/" }))).Users?.map((u) => u.Arn),
      ["arn:aws:iam::123456789012:user/ml/ada"],
    );
    await iam.send(new IAM.DetachUserPolicyCommand({ UserName, PolicyArn }));
    await iam.send(new IAM.DeleteUserPolicyCommand({ UserName, PolicyName: "inline" }));
    await iam.send(new IAM.DeleteUserCommand({ UserName }));
    await assert.rejects(iam.send(new IAM.GetUserCommand({ UserName })), {
      name: "NoSuchEntityException",
      message: "The user with name ada cannot be found.",
    });
  });

  it("validation: tag keys that differ in case only, and keys of nobody", async () => {
    const Tags = ["a", "A"].map((Key) => ({ Key, Value: "1" }));
    await assert.rejects(
      iam.send(new IAM.CreatePolicyCommand({ PolicyName: "twice", PolicyDocument: document("s3:*"), Tags })),
      {
        name: "InvalidInputException",
        message: "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
      },
    );
    await assert.rejects(
      iam.send(new IAM.ListAccessKeysCommand({})),
      /^ValidationError: Must specify userName when calling with non-User credentials$/,
    );
  });

  it("versions of a policy, one of them the default; AWS's own have dates too", async () => {
    const made = await iam.send(
      new IAM.CreatePolicyCommand({ PolicyName: "versioned", PolicyDocument: document("a:1") }),
    );
    const PolicyArn = made.Policy?.Arn;
    await iam.send(new IAM.CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: document("a:2") }));
    await iam.send(new IAM.SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: "v2" }));
    assert.equal((await iam.send(new IAM.GetPolicyCommand({ PolicyArn }))).Policy?.DefaultVersionId, "v2");
    await iam.send(new IAM.TagPolicyCommand({ PolicyArn, Tags: [{ Key: "k", Value: "v" }] }));
    assert.deepEqual((await iam.send(new IAM.ListPolicyTagsCommand({ PolicyArn }))).Tags, [{ Key: "k", Value: "v" }]);
    const own = { PolicyArn: "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess" };
    const { Policy } = await iam.send(new IAM.GetPolicyCommand(own));
    assert.ok(Policy?.CreateDate && Policy.UpdateDate && Policy.PolicyId);
  });
});

describe("functionality: SageMaker's tags and deletions", () => {
  it("tags are added, changed, removed and listed; what is deleted is missing", async () => {
    const model = { ModelName: "tagged", Containers: [{ Image: "683313688378.dkr.ecr.us-east-1.amazonaws.com/x:1" }] };
    const { Role } = await iam.send(
      new IAM.CreateRoleCommand({
        RoleName: "tagged",
        AssumeRolePolicyDocument: JSON.stringify({
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Principal: { Service: "sagemaker.amazonaws.com" }, Action: "sts:AssumeRole" }],
        }),
      }),
    );
    const { ModelArn } = await sagemaker.send(
      new SageMaker.CreateModelCommand({ ...model, ExecutionRoleArn: Role?.Arn, Tags: [{ Key: "a", Value: "1" }] }),
    );
    const ResourceArn = ModelArn ?? "";
    await sagemaker.send(
      new SageMaker.AddTagsCommand({
        ResourceArn,
        Tags: [
          { Key: "a", Value: "2" },
          { Key: "b", Value: "3" },
        ],
      }),
    );
    await sagemaker.send(new SageMaker.DeleteTagsCommand({ ResourceArn, TagKeys: ["b"] }));
    assert.deepEqual((await sagemaker.send(new SageMaker.ListTagsCommand({ ResourceArn }))).Tags, [
      { Key: "a", Value: "2" },
    ]);
    await sagemaker.send(new SageMaker.DeleteModelCommand({ ModelName: "tagged" }));
    await assert.rejects(
      sagemaker.send(new SageMaker.DescribeModelCommand({ ModelName: "tagged" })),
      /Could not find model/,
    );
  });
});
