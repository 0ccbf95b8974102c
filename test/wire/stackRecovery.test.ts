import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { HeadBucketCommand, PutBucketVersioningCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { isolatedHome, startCli } from "./commandLine.ts";
import { eventually } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const BUCKET = { Type: "AWS::S3::Bucket", Properties: { BucketName: "recovery-data" } };
const GROUP = (RetentionInDays: number) => ({
  Type: "AWS::Logs::LogGroup",
  Properties: { LogGroupName: "recovery", RetentionInDays },
});
describe("stacks that are stuck are led out", () => {
  let sandbox: TestSandbox;
  let s3: S3Client;
  const home = isolatedHome();
  const env: Record<string, string> = home.env;
  const cli = (...args: string[]) =>
    startCli([...args, "--project", "stuck", "--yes"], { env, cwd: home.folder }).ended;
  const write = (Resources: object) => {
    home.write("stuck/template.json", { Parameters: { ArtifactBucket: { Type: "String" } }, Resources });
    home.write("stuck/sagemaker-ops.json", {
      version: 1,
      stackName: "stuck",
      template: "template.json",
      parameters: { ArtifactBucket: "artifacts" },
    });
  };
  const status = async () => {
    const client = new CloudFormationClient(sandbox.clientConfig());
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: "stuck" }));
    client.destroy();
    return Stacks?.[0]?.StackStatus;
  };

  before(async () => {
    sandbox = await startTestSandbox({ timeScale: 100 });
    s3 = new S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
    Object.assign(env, {
      AWS_REGION: "us-east-1",
      AWS_ENDPOINT_URL: sandbox.endpoint,
      AWS_ACCESS_KEY_ID: sandbox.accessKeyId,
      AWS_SECRET_ACCESS_KEY: sandbox.secretAccessKey,
    });
  });
  after(async () => {
    s3.destroy();
    await sandbox.close();
    home.remove();
  });

  test("a bucket with something in it stops a deletion; it can be emptied, all versions of it", async () => {
    write({ Data: BUCKET });
    assert.equal((await cli("deploy")).code, 0);
    const Bucket = "recovery-data";
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
    for (const Body of ["one", "two"]) await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body }));
    const failed = await cli("delete");
    assert.equal(failed.code, 1);
    assert.match(
      failed.stderr,
      /Data \(AWS::S3::Bucket\).*not empty.*empty its buckets, or keep.*Data.*--empty-buckets/s,
    );
    const refused = await cli("deploy");
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /Stack stuck is DELETE_FAILED: Data could not be deleted\. Delete the stack/);
    const emptied = await cli("delete", "--empty-buckets");
    assert.equal(emptied.code, 0, emptied.stderr);
    assert.match(emptied.stdout, /Deleted 2 objects from bucket recovery-data/);
    await assert.rejects(s3.send(new HeadBucketCommand({ Bucket })));
  });

  test("what cannot be deleted can be kept, and nothing else", async () => {
    write({ Data: BUCKET, Group: GROUP(7) });
    assert.equal((await cli("deploy")).code, 0);
    await s3.send(new PutObjectCommand({ Bucket: "recovery-data", Key: "a", Body: "one" }));
    const early = await cli("delete", "--retain", "Data");
    assert.equal(early.code, 2);
    assert.match(early.stderr, /Data of stack stuck cannot be retained/);
    assert.equal((await cli("delete")).code, 1);
    const wrong = await cli("delete", "--retain", "Group");
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /Group of stack stuck cannot be retained.*That is Data/);
    const kept = await cli("delete", "--retain", "Data");
    assert.equal(kept.code, 0, kept.stderr);
    assert.match(kept.stdout, /Data stays in the account, at its cost: recovery-data/);
    await s3.send(new HeadBucketCommand({ Bucket: "recovery-data" }));
  });

  test("a rollback that got stuck is continued", async () => {
    write({ Group: GROUP(7) });
    assert.equal((await cli("deploy")).code, 0);
    assert.equal((await cli("continue-rollback")).code, 2);
    // The change passes; while the stack waits in vain for a signal the group goes, and with it the way back.
    write({
      Group: GROUP(14),
      Handle: { Type: "AWS::CloudFormation::WaitConditionHandle" },
      Wait: {
        Type: "AWS::CloudFormation::WaitCondition",
        DependsOn: "Group",
        Properties: { Handle: { Ref: "Handle" }, Timeout: 200 },
      },
    });
    const deploying = cli("deploy");
    const logs = new CloudWatchLogsClient(sandbox.clientConfig());
    await eventually("the group is changed", async () => {
      const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "recovery" }));
      return logGroups?.[0]?.retentionInDays === 14;
    });
    await logs.send(new DeleteLogGroupCommand({ logGroupName: "recovery" }));
    const failed = await deploying;
    assert.equal(failed.code, 1);
    assert.equal(await status(), "UPDATE_ROLLBACK_FAILED", failed.stderr);
    const refused = await cli("deploy");
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /UPDATE_ROLLBACK_FAILED: Group could not be put back\. Continue its rollback/);
    await logs.send(new CreateLogGroupCommand({ logGroupName: "recovery" }));
    logs.destroy();
    const continued = await cli("continue-rollback");
    assert.equal(continued.code, 0, continued.stderr);
    assert.equal(await status(), "UPDATE_ROLLBACK_COMPLETE");
  });
});
