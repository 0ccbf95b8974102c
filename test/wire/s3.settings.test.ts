import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketAnalyticsConfigurationCommand,
  DeleteBucketCorsCommand,
  DeleteBucketEncryptionCommand,
  DeleteBucketIntelligentTieringConfigurationCommand,
  DeleteBucketInventoryConfigurationCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketMetricsConfigurationCommand,
  DeleteBucketOwnershipControlsCommand,
  DeleteBucketPolicyCommand,
  DeleteBucketReplicationCommand,
  DeleteBucketTaggingCommand,
  DeleteBucketWebsiteCommand,
  DeleteObjectTaggingCommand,
  GetBucketAccelerateConfigurationCommand,
  GetBucketAnalyticsConfigurationCommand,
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketIntelligentTieringConfigurationCommand,
  GetBucketInventoryConfigurationCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLoggingCommand,
  GetBucketMetricsConfigurationCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketReplicationCommand,
  GetBucketRequestPaymentCommand,
  GetBucketTaggingCommand,
  GetBucketWebsiteCommand,
  GetObjectAclCommand,
  GetObjectLockConfigurationCommand,
  GetObjectTaggingCommand,
  GetPublicAccessBlockCommand,
  ListBucketAnalyticsConfigurationsCommand,
  ListBucketIntelligentTieringConfigurationsCommand,
  ListBucketInventoryConfigurationsCommand,
  ListBucketMetricsConfigurationsCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutBucketAccelerateConfigurationCommand,
  PutBucketAnalyticsConfigurationCommand,
  PutBucketCorsCommand,
  PutBucketEncryptionCommand,
  PutBucketIntelligentTieringConfigurationCommand,
  PutBucketInventoryConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketLoggingCommand,
  PutBucketMetricsConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketReplicationCommand,
  PutBucketRequestPaymentCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutBucketWebsiteCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const Bucket = "settings";
let sandbox: TestSandbox;
let s3: S3Client;
before(async () => {
  sandbox = await startTestSandbox();
  s3 = new S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "a", Tagging: "k=v" }));
});
after(async () => {
  s3.destroy();
  await sandbox.close();
});

const missing = (name: string, message: string) => ({ name, message });

describe("a bucket's settings are put, told and taken away, with AWS's words for those that are not there", () => {
  it("encryption, which goes back to S3's own keys", async () => {
    const Rules = [
      { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" as const, KMSMasterKeyID: "alias/k" } },
    ];
    await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules } }));
    const algorithm = async () =>
      (await s3.send(new GetBucketEncryptionCommand({ Bucket }))).ServerSideEncryptionConfiguration!.Rules![0]!
        .ApplyServerSideEncryptionByDefault!.SSEAlgorithm;
    assert.equal(await algorithm(), "aws:kms");
    await s3.send(new DeleteBucketEncryptionCommand({ Bucket }));
    assert.equal(await algorithm(), "AES256");
  });

  it("lifecycle, CORS and website", async () => {
    const Rules = [{ ID: "old", Status: "Enabled" as const, Filter: { Prefix: "logs/" }, Expiration: { Days: 7 } }];
    await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
    assert.deepEqual((await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules, Rules);
    await s3.send(new DeleteBucketLifecycleCommand({ Bucket }));
    await assert.rejects(
      s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
      missing("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
    );

    const CORSRules = [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"], MaxAgeSeconds: 60 }];
    await s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
    assert.deepEqual((await s3.send(new GetBucketCorsCommand({ Bucket }))).CORSRules, CORSRules);
    await s3.send(new DeleteBucketCorsCommand({ Bucket }));
    await assert.rejects(
      s3.send(new GetBucketCorsCommand({ Bucket })),
      missing("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
    );

    const WebsiteConfiguration = { IndexDocument: { Suffix: "index.html" }, ErrorDocument: { Key: "404.html" } };
    await s3.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration }));
    assert.equal((await s3.send(new GetBucketWebsiteCommand({ Bucket }))).ErrorDocument?.Key, "404.html");
    await s3.send(new DeleteBucketWebsiteCommand({ Bucket }));
    await assert.rejects(
      s3.send(new GetBucketWebsiteCommand({ Bucket })),
      missing("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"),
    );
  });

  it("ownership, public access, policy and tags", async () => {
    const OwnershipControls = { Rules: [{ ObjectOwnership: "BucketOwnerPreferred" as const }] };
    await s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
    const told = await s3.send(new GetBucketOwnershipControlsCommand({ Bucket }));
    assert.deepEqual(told.OwnershipControls, OwnershipControls);
    await s3.send(new DeleteBucketOwnershipControlsCommand({ Bucket }));
    await assert.rejects(
      s3.send(new GetBucketOwnershipControlsCommand({ Bucket })),
      missing("OwnershipControlsNotFoundError", "The bucket ownership controls were not found"),
    );

    const open = {
      BlockPublicAcls: false,
      IgnorePublicAcls: false,
      BlockPublicPolicy: false,
      RestrictPublicBuckets: false,
    };
    await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: open }));
    const block = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
    assert.deepEqual(block.PublicAccessBlockConfiguration, open);

    const Resource = `arn:aws:s3:::${Bucket}/*`;
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource }],
    });
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    assert.equal((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy, Policy);
    await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
    await assert.rejects(
      s3.send(new GetBucketPolicyCommand({ Bucket })),
      missing("NoSuchBucketPolicy", "The bucket policy does not exist"),
    );

    await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: "a", Value: "1" }] } }));
    await s3.send(new DeleteBucketTaggingCommand({ Bucket }));
    await assert.rejects(
      s3.send(new GetBucketTaggingCommand({ Bucket })),
      missing("NoSuchTagSet", "The TagSet does not exist"),
    );
  });

  it("acceleration, payment, notifications and logging", async () => {
    const AccelerateConfiguration = { Status: "Enabled" as const };
    await s3.send(new PutBucketAccelerateConfigurationCommand({ Bucket, AccelerateConfiguration }));
    assert.equal((await s3.send(new GetBucketAccelerateConfigurationCommand({ Bucket }))).Status, "Enabled");
    const RequestPaymentConfiguration = { Payer: "Requester" as const };
    await s3.send(new PutBucketRequestPaymentCommand({ Bucket, RequestPaymentConfiguration }));
    assert.equal((await s3.send(new GetBucketRequestPaymentCommand({ Bucket }))).Payer, "Requester");
    await s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket,
        NotificationConfiguration: { EventBridgeConfiguration: {} },
      }),
    );
    const told = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
    assert.deepEqual(told.EventBridgeConfiguration, {});
    const LoggingEnabled = { TargetBucket: Bucket, TargetPrefix: "access/" };
    await s3.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus: { LoggingEnabled } }));
    assert.deepEqual((await s3.send(new GetBucketLoggingCommand({ Bucket }))).LoggingEnabled, LoggingEnabled);
  });

  it("replication, which needs versions", async () => {
    const rule = { ID: "r", Status: "Enabled" as const, Prefix: "", Destination: { Bucket: "arn:aws:s3:::elsewhere" } };
    const ReplicationConfiguration = { Role: "arn:aws:iam::123456789012:role/r", Rules: [rule] };
    const put = () => s3.send(new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration }));
    await assert.rejects(put(), { name: "InvalidRequest", message: /ersioning must be 'Enabled'/ });
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
    await s3.send(new CreateBucketCommand({ Bucket: "elsewhere" }));
    await s3.send(
      new PutBucketVersioningCommand({ Bucket: "elsewhere", VersioningConfiguration: { Status: "Enabled" } }),
    );
    await put();
    const told = await s3.send(new GetBucketReplicationCommand({ Bucket }));
    assert.equal(told.ReplicationConfiguration!.Rules![0]!.Destination!.Bucket, "arn:aws:s3:::elsewhere");
    await s3.send(new DeleteBucketReplicationCommand({ Bucket }));
    await assert.rejects(
      s3.send(new GetBucketReplicationCommand({ Bucket })),
      missing("ReplicationConfigurationNotFoundError", "The replication configuration was not found"),
    );
  });

  it("an object lock, which no bucket here has, is said to be missing", async () => {
    await assert.rejects(
      s3.send(new GetObjectLockConfigurationCommand({ Bucket })),
      missing("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"),
    );
  });
});

describe("what a bucket has several of, by their ids", () => {
  const Id = "all";
  const at = { Bucket, Id };
  const S3BucketDestination = { Bucket: "arn:aws:s3:::reports", Format: "CSV" as const };
  const nothing = missing("NoSuchConfiguration", "The specified configuration does not exist.");

  it("metrics", async () => {
    const MetricsConfiguration = { Id, Filter: { Prefix: "logs/" } };
    await s3.send(new PutBucketMetricsConfigurationCommand({ ...at, MetricsConfiguration }));
    const told = await s3.send(new GetBucketMetricsConfigurationCommand(at));
    assert.deepEqual(told.MetricsConfiguration, MetricsConfiguration);
    const list = await s3.send(new ListBucketMetricsConfigurationsCommand({ Bucket }));
    assert.deepEqual(list.MetricsConfigurationList, [MetricsConfiguration]);
    assert.equal(list.IsTruncated, false);
    await s3.send(new DeleteBucketMetricsConfigurationCommand(at));
    await assert.rejects(s3.send(new GetBucketMetricsConfigurationCommand(at)), nothing);
    await assert.rejects(
      s3.send(new PutBucketMetricsConfigurationCommand({ ...at, MetricsConfiguration: { Id: "other" } })),
      { name: "InvalidArgument" },
    );
  });

  it("analytics", async () => {
    const DataExport = { OutputSchemaVersion: "V_1" as const, Destination: { S3BucketDestination } };
    const AnalyticsConfiguration = { Id, StorageClassAnalysis: { DataExport } };
    await s3.send(new PutBucketAnalyticsConfigurationCommand({ ...at, AnalyticsConfiguration }));
    const told = await s3.send(new GetBucketAnalyticsConfigurationCommand(at));
    assert.deepEqual(told.AnalyticsConfiguration, AnalyticsConfiguration);
    const list = await s3.send(new ListBucketAnalyticsConfigurationsCommand({ Bucket }));
    assert.equal(list.AnalyticsConfigurationList!.length, 1);
    await s3.send(new DeleteBucketAnalyticsConfigurationCommand(at));
    await assert.rejects(s3.send(new GetBucketAnalyticsConfigurationCommand(at)), nothing);
  });

  it("inventories", async () => {
    const InventoryConfiguration = {
      Id,
      IsEnabled: true,
      IncludedObjectVersions: "All" as const,
      Schedule: { Frequency: "Daily" as const },
      OptionalFields: ["Size" as const],
      Destination: { S3BucketDestination },
    };
    await s3.send(new PutBucketInventoryConfigurationCommand({ ...at, InventoryConfiguration }));
    const told = await s3.send(new GetBucketInventoryConfigurationCommand(at));
    assert.deepEqual(told.InventoryConfiguration, InventoryConfiguration);
    const list = await s3.send(new ListBucketInventoryConfigurationsCommand({ Bucket }));
    assert.equal(list.InventoryConfigurationList![0]!.Schedule!.Frequency, "Daily");
    await s3.send(new DeleteBucketInventoryConfigurationCommand(at));
    await assert.rejects(s3.send(new DeleteBucketInventoryConfigurationCommand(at)), nothing);
  });

  it("intelligent tiering, and a list of more than one page", async () => {
    const put = (id: string) =>
      s3.send(
        new PutBucketIntelligentTieringConfigurationCommand({
          Bucket,
          Id: id,
          IntelligentTieringConfiguration: {
            Id: id,
            Status: "Enabled",
            Tierings: [{ Days: 90, AccessTier: "ARCHIVE_ACCESS" }],
          },
        }),
      );
    for (let index = 0; index < 101; index++) await put(`t${String(index).padStart(3, "0")}`);
    const told = await s3.send(new GetBucketIntelligentTieringConfigurationCommand({ Bucket, Id: "t007" }));
    assert.deepEqual(told.IntelligentTieringConfiguration!.Tierings, [{ Days: 90, AccessTier: "ARCHIVE_ACCESS" }]);
    const first = await s3.send(new ListBucketIntelligentTieringConfigurationsCommand({ Bucket }));
    assert.deepEqual([first.IntelligentTieringConfigurationList!.length, first.IsTruncated], [100, true]);
    const ContinuationToken = first.NextContinuationToken;
    const rest = await s3.send(new ListBucketIntelligentTieringConfigurationsCommand({ Bucket, ContinuationToken }));
    assert.deepEqual(
      rest.IntelligentTieringConfigurationList!.map((one) => one.Id),
      ["t100"],
    );
    await s3.send(new DeleteBucketIntelligentTieringConfigurationCommand({ Bucket, Id: "t007" }));
    await assert.rejects(s3.send(new GetBucketIntelligentTieringConfigurationCommand({ Bucket, Id: "t007" })), nothing);
  });

  it("come, change and go with a stack", async () => {
    const cloudFormation = new CloudFormationClient(sandbox.clientConfig());
    const StackName = "configured";
    const template = (properties: object) =>
      JSON.stringify({
        Resources: { B: { Type: "AWS::S3::Bucket", Properties: { BucketName: "configured", ...properties } } },
      });
    const Destination = { BucketArn: "arn:aws:s3:::reports", Format: "CSV" };
    const TemplateBody = template({
      MetricsConfigurations: [{ Id: "whole" }, { Id: "part", Prefix: "a/", TagFilters: [{ Key: "k", Value: "v" }] }],
      AnalyticsConfigurations: [
        { Id: "a", StorageClassAnalysis: { DataExport: { Destination, OutputSchemaVersion: "V_1" } } },
      ],
      InventoryConfigurations: [
        {
          Id: "i",
          Enabled: true,
          Destination,
          IncludedObjectVersions: "Current",
          ScheduleFrequency: "Weekly",
          Prefix: "x",
        },
      ],
      IntelligentTieringConfigurations: [
        { Id: "t", Status: "Enabled", Tierings: [{ AccessTier: "ARCHIVE_ACCESS", Days: 90 }] },
      ],
    });
    const status = async () =>
      (await cloudFormation.send(new DescribeStacksCommand({ StackName }))).Stacks![0]!.StackStatus;
    await cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody }));
    assert.equal(await status(), "CREATE_COMPLETE");
    const part = await s3.send(new GetBucketMetricsConfigurationCommand({ Bucket: "configured", Id: "part" }));
    assert.deepEqual(part.MetricsConfiguration!.Filter, { And: { Prefix: "a/", Tags: [{ Key: "k", Value: "v" }] } });
    const inventory = await s3.send(new GetBucketInventoryConfigurationCommand({ Bucket: "configured", Id: "i" }));
    assert.deepEqual(inventory.InventoryConfiguration!.Filter, { Prefix: "x" });
    await cloudFormation.send(
      new UpdateStackCommand({ StackName, TemplateBody: template({ MetricsConfigurations: [{ Id: "whole" }] }) }),
    );
    assert.equal(await status(), "UPDATE_COMPLETE");
    await assert.rejects(
      s3.send(new GetBucketMetricsConfigurationCommand({ Bucket: "configured", Id: "part" })),
      nothing,
    );
    cloudFormation.destroy();
  });
});

describe("objects", () => {
  it("lose their tags", async () => {
    const at = { Bucket, Key: "a" };
    assert.deepEqual((await s3.send(new GetObjectTaggingCommand(at))).TagSet, [{ Key: "k", Value: "v" }]);
    await s3.send(new DeleteObjectTaggingCommand(at));
    assert.deepEqual((await s3.send(new GetObjectTaggingCommand(at))).TagSet ?? [], []);
  });

  it("have an access list where the bucket's ownership allows one", async () => {
    const at = { Bucket: "lists", Key: "a" };
    await s3.send(new CreateBucketCommand({ Bucket: at.Bucket, ObjectOwnership: "ObjectWriter" }));
    await s3.send(new PutObjectCommand({ ...at, Body: "x" }));
    const own = await s3.send(new GetObjectAclCommand(at));
    assert.deepEqual(
      own.Grants!.map(({ Permission }) => Permission),
      ["FULL_CONTROL"],
    );
    await assert.rejects(
      s3.send(new CreateBucketCommand({ Bucket: "enforced", ACL: "public-read" })),
      missing(
        "InvalidBucketAclWithObjectOwnership",
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
      ),
    );
    await s3.send(new CreateBucketCommand({ Bucket: "enforced" }));
    await s3.send(new PutObjectCommand({ Bucket: "enforced", Key: "a", Body: "x" }));
    await assert.rejects(
      s3.send(new PutObjectAclCommand({ Bucket: "enforced", Key: "a", ACL: "public-read" })),
      missing("AccessControlListNotSupported", "The bucket does not allow ACLs"),
    );
  });

  it("uploads in parts end without a trace", async () => {
    const at = { Bucket, Key: "big" };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
    await s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: "part" }));
    assert.equal((await s3.send(new ListPartsCommand({ ...at, UploadId }))).Parts!.length, 1);
    await s3.send(new AbortMultipartUploadCommand({ ...at, UploadId }));
    assert.deepEqual((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? [], []);
    await assert.rejects(s3.send(new ListPartsCommand({ ...at, UploadId })), {
      name: "NoSuchUpload",
      message: /^The specified upload does not exist\./,
    });
  });
});
