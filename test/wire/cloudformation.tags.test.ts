import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { APIGatewayClient, GetTagsCommand } from "@aws-sdk/client-api-gateway";
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  CreateStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { CloudWatchClient, ListTagsForResourceCommand as ListAlarmTags } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, ListTagsForResourceCommand as ListLogTags } from "@aws-sdk/client-cloudwatch-logs";
import { IAMClient, ListRoleTagsCommand } from "@aws-sdk/client-iam";
import { GetFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetBucketTaggingCommand, S3Client } from "@aws-sdk/client-s3";
import { ListTagsCommand, SageMakerClient } from "@aws-sdk/client-sagemaker";
import { deployWine } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

type Tags = Record<string, string>;

let sandbox: TestSandbox;
let cloudFormation: CloudFormationClient;
const clients: { destroy(): void }[] = [];
before(async () => {
  sandbox = await startTestSandbox();
  cloudFormation = new CloudFormationClient(sandbox.clientConfig());
  clients.push(cloudFormation);
  await deployWine(sandbox);
});
after(async () => {
  for (const client of clients) client.destroy();
  await sandbox.close();
});

const trust = (Service: string) => ({
  Statement: [{ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" }],
});
const template = (own: object[], extra: object = {}) =>
  JSON.stringify({
    Resources: {
      Role: {
        Type: "AWS::IAM::Role",
        Properties: { RoleName: "tagged", AssumeRolePolicyDocument: trust("lambda.amazonaws.com"), Tags: own },
      },
      Function: {
        Type: "AWS::Lambda::Function",
        Properties: {
          FunctionName: "tagged",
          Runtime: "nodejs22.x",
          Handler: "index.handler",
          Role: { "Fn::GetAtt": ["Role", "Arn"] },
          Code: { ZipFile: "exports.handler = async () => 1;" },
          Tags: own,
        },
      },
      Bucket: { Type: "AWS::S3::Bucket", Properties: { BucketName: "tagged-bucket", Tags: own } },
      Group: { Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: "tagged", Tags: own } },
      Alarm: {
        Type: "AWS::CloudWatch::Alarm",
        Properties: {
          AlarmName: "tagged",
          Namespace: "N",
          MetricName: "M",
          Statistic: "Sum",
          Period: 60,
          EvaluationPeriods: 1,
          Threshold: 1,
          ComparisonOperator: "GreaterThanThreshold",
          Tags: own,
        },
      },
      Api: { Type: "AWS::ApiGateway::RestApi", Properties: { Name: "tagged", Tags: own } },
      Config: {
        Type: "AWS::SageMaker::EndpointConfig",
        Properties: {
          EndpointConfigName: "tagged",
          ProductionVariants: [
            {
              VariantName: "A",
              ModelName: "wine",
              InstanceType: "ml.m5.large",
              InitialInstanceCount: 1,
              InitialVariantWeight: 1,
            },
          ],
          Tags: own,
        },
      },
      ...extra,
    },
  });

const StackName = "tags";
const Capabilities = ["CAPABILITY_NAMED_IAM" as const];
const stackTags = (tags: Tags) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
const own = (tags: Tags) => stackTags(tags);
const status = async () => {
  const [stack] = (await cloudFormation.send(new DescribeStacksCommand({ StackName }))).Stacks!;
  return stack!.StackStatus;
};

const make = <T extends { destroy(): void }>(client: T): T => {
  clients.push(client);
  return client;
};
const byKey = (list: { Key?: string; Value?: string }[] | undefined): Tags =>
  Object.fromEntries((list ?? []).map(({ Key, Value }) => [Key!, Value!]));

/** The tags of every resource of the stack, as its own service tells them. */
async function allTags(): Promise<Record<string, Tags>> {
  const config = sandbox.clientConfig();
  const { StackResources = [] } = await cloudFormation.send(new DescribeStackResourcesCommand({ StackName }));
  const id = (name: string) => StackResources.find((one) => one.LogicalResourceId === name)!.PhysicalResourceId!;
  const account = "123456789012";
  const role = await make(new IAMClient(config)).send(new ListRoleTagsCommand({ RoleName: "tagged" }));
  const fn = await make(new LambdaClient(config)).send(new GetFunctionCommand({ FunctionName: "tagged" }));
  const bucket = await make(new S3Client({ ...config, forcePathStyle: true })).send(
    new GetBucketTaggingCommand({ Bucket: "tagged-bucket" }),
  );
  const group = await make(new CloudWatchLogsClient(config)).send(
    new ListLogTags({ resourceArn: `arn:aws:logs:us-east-1:${account}:log-group:tagged` }),
  );
  const alarm = await make(new CloudWatchClient(config)).send(
    new ListAlarmTags({ ResourceARN: `arn:aws:cloudwatch:us-east-1:${account}:alarm:tagged` }),
  );
  const api = await make(new APIGatewayClient(config)).send(
    new GetTagsCommand({ resourceArn: `arn:aws:apigateway:us-east-1::/restapis/${id("Api")}` }),
  );
  const endpointConfig = await make(new SageMakerClient(config)).send(
    new ListTagsCommand({ ResourceArn: id("Config") }),
  );
  return {
    Role: byKey(role.Tags),
    Function: fn.Tags ?? {},
    Bucket: byKey(bucket.TagSet),
    Group: group.tags ?? {},
    Alarm: byKey(alarm.Tags),
    Api: api.tags ?? {},
    Config: byKey(endpointConfig.Tags),
  };
}

/** Every resource has these tags and CloudFormation's own, and no others. */
async function assertTags(expected: Tags): Promise<void> {
  const { StackId } = (await cloudFormation.send(new DescribeStacksCommand({ StackName }))).Stacks![0]!;
  for (const [logicalId, tags] of Object.entries(await allTags()))
    assert.deepEqual(
      tags,
      {
        ...expected,
        "aws:cloudformation:stack-name": StackName,
        "aws:cloudformation:logical-id": logicalId,
        "aws:cloudformation:stack-id": StackId,
      },
      logicalId,
    );
}

describe("the tags of a stack", () => {
  it("reach its resources, of which each one's own come first", async () => {
    await cloudFormation.send(
      new CreateStackCommand({
        StackName,
        Capabilities,
        TemplateBody: template(own({ part: "own" })),
        Tags: stackTags({ part: "stack", team: "ml" }),
      }),
    );
    assert.equal(await status(), "CREATE_COMPLETE");
    await assertTags({ part: "own", team: "ml" });
  });

  it("change nothing else when only they change, and a change set says so", async () => {
    const Tags = stackTags({ team: "data", cost: "7" });
    const TemplateBody = template(own({ part: "own" }));
    const ids = async () =>
      (await cloudFormation.send(new DescribeStackResourcesCommand({ StackName }))).StackResources!.map((one) => [
        one.LogicalResourceId,
        one.PhysicalResourceId,
      ]);
    const before = await ids();
    const named = { StackName, ChangeSetName: "retag" };
    await cloudFormation.send(new CreateChangeSetCommand({ ...named, Capabilities, TemplateBody, Tags }));
    const { Changes = [] } = await cloudFormation.send(new DescribeChangeSetCommand(named));
    assert.equal(Changes.length, 7);
    for (const { ResourceChange: change } of Changes) {
      assert.equal(change!.Action, "Modify");
      assert.equal(change!.Replacement, "False");
      assert.deepEqual(change!.Scope, ["Tags"]);
      assert.deepEqual(change!.Details, [
        {
          Target: { Attribute: "Tags", RequiresRecreation: "Never" },
          Evaluation: "Static",
          ChangeSource: "DirectModification",
        },
      ]);
    }
    await cloudFormation.send(new UpdateStackCommand({ StackName, Capabilities, TemplateBody, Tags }));
    assert.equal(await status(), "UPDATE_COMPLETE");
    await assertTags({ part: "own", team: "data", cost: "7" });
    assert.deepEqual(await ids(), before);
    const { StackEvents = [] } = await cloudFormation.send(new DescribeStackEventsCommand({ StackName }));
    assert.ok(StackEvents.some((e) => e.LogicalResourceId === "Config" && e.ResourceStatus === "UPDATE_COMPLETE"));
    await assert.rejects(cloudFormation.send(new UpdateStackCommand({ StackName, Capabilities, TemplateBody, Tags })), {
      name: "ValidationError",
      message: "No updates are to be performed.",
    });
  });

  it("give way to a resource's own, which change in place", async () => {
    const TemplateBody = template(own({ team: "mine" }));
    const Tags = stackTags({ team: "data" });
    await cloudFormation.send(new UpdateStackCommand({ StackName, Capabilities, TemplateBody, Tags }));
    assert.equal(await status(), "UPDATE_COMPLETE");
    await assertTags({ team: "mine" });
  });

  it("come back when an update fails", async () => {
    const extra = { Bad: { Type: "AWS::S3::Bucket", Properties: { BucketName: "X" } } };
    await cloudFormation.send(
      new UpdateStackCommand({
        StackName,
        Capabilities,
        TemplateBody: template(own({ team: "new" }), {
          ...extra,
          Bad: { ...extra.Bad, DependsOn: ["Role", "Function", "Bucket", "Group", "Alarm", "Api", "Config"] },
        }),
        Tags: stackTags({ more: "1" }),
      }),
    );
    assert.equal(await status(), "UPDATE_ROLLBACK_COMPLETE");
    await assertTags({ team: "mine" });
  });
});
