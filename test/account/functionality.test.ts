import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ApplicationAutoScalingClient, RegisterScalableTargetCommand } from "@aws-sdk/client-application-auto-scaling";
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  ListTagsForResourceCommand,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
} from "@aws-sdk/client-cloudwatch";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  FilterLogEventsCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { CreateRoleCommand, DeleteRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateFunctionCommand, DeleteFunctionCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketTaggingCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { CreateEndpointConfigCommand, DescribeEndpointCommand, SageMakerClient } from "@aws-sdk/client-sagemaker";
import { InvokeEndpointCommand, SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";
import { strToU8, zipSync } from "fflate";
import { connect, eventually, type Target } from "./target.ts";

// The same assertions hold for the sandbox and for AWS. What a test makes it removes, also when it fails.
let target: Target;
const undo: (() => Promise<unknown>)[] = [];
before(async () => {
  target = await connect();
});
after(async () => {
  for (const step of undo.reverse()) await step().catch((e: Error) => console.error(`Not removed: ${e.message}`));
  await target?.close();
});

const trust = (service: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
  });

describe("functionality, against the sandbox or an account", () => {
  it("S3: an object with metadata, a condition, a listing", async () => {
    const s3 = new S3Client(target.config);
    const Bucket = `${target.prefix}-bucket`;
    const at = target.region as BucketLocationConstraint;
    const where = target.region === "us-east-1" ? {} : { CreateBucketConfiguration: { LocationConstraint: at } };
    await s3.send(new CreateBucketCommand({ Bucket, ...where }));
    undo.push(() => s3.send(new DeleteBucketCommand({ Bucket })));
    await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: target.tags } }));
    const object = { Bucket, Key: "a b/é.txt" };
    await s3.send(new PutObjectCommand({ ...object, Body: "text", Metadata: { k: "v" }, ContentType: "text/plain" }));
    undo.push(() => s3.send(new DeleteObjectCommand(object)));
    const head = await s3.send(new HeadObjectCommand(object));
    assert.deepEqual(
      [head.ContentLength, head.ContentType, head.Metadata, head.ServerSideEncryption],
      [4, "text/plain", { k: "v" }, "AES256"],
    );
    await assert.rejects(s3.send(new PutObjectCommand({ ...object, Body: "x", IfNoneMatch: "*" })), {
      name: "PreconditionFailed",
    });
    await assert.rejects(s3.send(new GetObjectCommand({ Bucket, Key: "none" })), {
      name: "NoSuchKey",
      message: "The specified key does not exist.",
    });
    const { CommonPrefixes } = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: "/" }));
    assert.deepEqual(CommonPrefixes, [{ Prefix: "a b/" }]);
  });

  it("Logs: events are filtered; what is missing or too much is named", async () => {
    const logs = new CloudWatchLogsClient(target.config);
    const logGroupName = `/${target.prefix}/group`;
    const tags = Object.fromEntries(target.tags.map(({ Key, Value }) => [Key, Value]));
    await logs.send(new CreateLogGroupCommand({ logGroupName, tags }));
    undo.push(() => logs.send(new DeleteLogGroupCommand({ logGroupName })));
    await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: "s" }));
    const logEvents = ["fine", "ERROR disk"].map((message) => ({ timestamp: Date.now(), message }));
    await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName: "s", logEvents }));
    const found = await eventually("the event can be found", async () => {
      const { events } = await logs.send(new FilterLogEventsCommand({ logGroupName, filterPattern: "ERROR" }));
      return events?.length ? events : undefined;
    });
    assert.equal(found[0]?.message, "ERROR disk");
    await assert.rejects(logs.send(new CreateLogGroupCommand({ logGroupName })), {
      name: "ResourceAlreadyExistsException",
      message: "The specified log group already exists",
    });
    await assert.rejects(logs.send(new FilterLogEventsCommand({ logGroupName, limit: 10_001 })), {
      name: "InvalidParameterException",
      message:
        "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000",
    });
  });

  it("CloudWatch: an alarm is described, set and forgotten", async () => {
    const cloudwatch = new CloudWatchClient(target.config);
    const AlarmName = `${target.prefix}-alarm`;
    const metric = {
      Namespace: "OpsTest",
      MetricName: "M",
      Statistic: "Sum" as const,
      Period: 60,
      EvaluationPeriods: 1,
    };
    const how = { Threshold: 1, ComparisonOperator: "GreaterThanThreshold" as const, TreatMissingData: "ignore" };
    await cloudwatch.send(new PutMetricAlarmCommand({ AlarmName, ...metric, ...how, Tags: target.tags }));
    undo.push(() => cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: [AlarmName] })));
    const describeAlarm = async () =>
      (await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: [AlarmName] }))).MetricAlarms?.[0];
    const made = await describeAlarm();
    assert.deepEqual(
      [made?.StateReason, made?.Dimensions, made?.AlarmActions, made?.AlarmArn],
      [
        "Unchecked: Initial alarm creation",
        [],
        [],
        `arn:aws:cloudwatch:${target.region}:${target.accountId}:alarm:${AlarmName}`,
      ],
    );
    await cloudwatch.send(new SetAlarmStateCommand({ AlarmName, StateValue: "ALARM", StateReason: "by hand" }));
    assert.deepEqual([(await describeAlarm())?.StateValue, (await describeAlarm())?.StateReason], ["ALARM", "by hand"]);
    const none = `arn:aws:cloudwatch:${target.region}:${target.accountId}:alarm:${target.prefix}-none`;
    assert.deepEqual((await cloudwatch.send(new ListTagsForResourceCommand({ ResourceARN: none }))).Tags, []);
  });

  it("Lambda: a function of a role answers and fails", async () => {
    const iam = new IAMClient(target.config);
    const lambda = new LambdaClient(target.config);
    const RoleName = `${target.prefix}-role`;
    const role = { RoleName, AssumeRolePolicyDocument: trust("lambda.amazonaws.com"), Tags: target.tags };
    const { Role } = await iam.send(new CreateRoleCommand(role));
    undo.push(() => iam.send(new DeleteRoleCommand({ RoleName })));
    const FunctionName = `${target.prefix}-fn`;
    const source = "exports.handler = async (e) => { if (e.fail) throw new TypeError('no'); return e.n + 1; };";
    // A new role is not known everywhere at once.
    await eventually("the function is created", () =>
      lambda
        .send(
          new CreateFunctionCommand({
            FunctionName,
            Runtime: "nodejs20.x",
            Handler: "index.handler",
            Role: Role?.Arn,
            Code: { ZipFile: zipSync({ "index.js": strToU8(source) }) },
            Tags: Object.fromEntries(target.tags.map(({ Key, Value }) => [Key, Value])),
          }),
        )
        .catch((e: Error) => {
          if (/cannot be assumed/.test(e.message)) return undefined;
          throw e;
        }),
    );
    undo.push(() => lambda.send(new DeleteFunctionCommand({ FunctionName })));
    // Lambda makes the group of the function's log by itself.
    const logs = new CloudWatchLogsClient(target.config);
    undo.push(() => logs.send(new DeleteLogGroupCommand({ logGroupName: `/aws/lambda/${FunctionName}` })));
    const invoke = async (event: object) => {
      const answer = await eventually("the function is active", () =>
        lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) })).catch((e: Error) => {
          if (e.name === "ResourceConflictException") return undefined;
          throw e;
        }),
      );
      return { error: answer.FunctionError, payload: JSON.parse(Buffer.from(answer.Payload ?? []).toString()) };
    };
    assert.deepEqual(await invoke({ n: 1 }), { error: undefined, payload: 2 });
    const failed = await invoke({ fail: true });
    assert.deepEqual(
      [failed.error, failed.payload.errorType, failed.payload.errorMessage],
      ["Unhandled", "TypeError", "no"],
    );
  });

  it("CloudFormation: a stack is created, has nothing to update, and is deleted", async () => {
    const cloudformation = new CloudFormationClient(target.config);
    const StackName = `${target.prefix}-stack`;
    const TemplateBody = JSON.stringify({
      Resources: { Group: { Type: "AWS::Logs::LogGroup", Properties: { RetentionInDays: 1 } } },
      Outputs: { Name: { Value: { Ref: "Group" } } },
    });
    const { StackId } = await cloudformation.send(
      new CreateStackCommand({ StackName, TemplateBody, Tags: target.tags }),
    );
    undo.push(() => cloudformation.send(new DeleteStackCommand({ StackName })));
    const settled = () =>
      eventually("the stack is settled", async () => {
        const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName: StackId }));
        return Stacks?.[0]?.StackStatus?.endsWith("_IN_PROGRESS") ? undefined : Stacks?.[0];
      });
    const made = await settled();
    assert.equal(made.StackStatus, "CREATE_COMPLETE");
    assert.match(made.Outputs?.[0]?.OutputValue ?? "", new RegExp(`^${StackName}-Group-[A-Za-z0-9]{12}$`));
    await assert.rejects(cloudformation.send(new UpdateStackCommand({ StackName, TemplateBody, Tags: target.tags })), {
      name: "ValidationError",
      message: "No updates are to be performed.",
    });
    await cloudformation.send(new DeleteStackCommand({ StackName }));
    assert.equal((await settled()).StackStatus, "DELETE_COMPLETE");
  });

  it("SageMaker and Application Auto Scaling: what is missing is named in their words", async () => {
    const sagemaker = new SageMakerClient(target.config);
    const runtime = new SageMakerRuntimeClient(target.config);
    const autoscaling = new ApplicationAutoScalingClient(target.config);
    const EndpointName = `${target.prefix}-none`;
    const arn = (kind: string) => `arn:aws:sagemaker:${target.region}:${target.accountId}:${kind}/${EndpointName}`;
    await assert.rejects(sagemaker.send(new DescribeEndpointCommand({ EndpointName })), {
      name: "ValidationException",
      message: `Could not find endpoint "${arn("endpoint")}".`,
    });
    const variant = {
      VariantName: "V",
      ModelName: EndpointName,
      InstanceType: "ml.m5.large" as const,
      InitialInstanceCount: 1,
    };
    await assert.rejects(
      sagemaker.send(
        new CreateEndpointConfigCommand({ EndpointConfigName: EndpointName, ProductionVariants: [variant] }),
      ),
      { name: "ValidationException", message: `Could not find model "${arn("model")}".` },
    );
    await assert.rejects(runtime.send(new InvokeEndpointCommand({ EndpointName, Body: "1" })), {
      name: "ValidationError",
      message: `Endpoint ${EndpointName} of account ${target.accountId} not found.`,
    });
    await assert.rejects(
      autoscaling.send(
        new RegisterScalableTargetCommand({
          ServiceNamespace: "sagemaker",
          ResourceId: `endpoint/${EndpointName}/variant/V`,
          ScalableDimension: "sagemaker:variant:DesiredInstanceCount",
          MinCapacity: 1,
          MaxCapacity: 2,
        }),
      ),
      { name: "ValidationException" },
    );
  });
});
