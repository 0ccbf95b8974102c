import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
} from "@aws-sdk/client-cloudformation";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateBucketCommand, HeadBucketCommand, S3Client } from "@aws-sdk/client-s3";
import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import { eventually } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const RoleArn = "arn:aws:iam::123456789012:role/clock";
const DELETE_STACK = "arn:aws:scheduler:::aws-sdk:cloudformation:deleteStack";
const OFF = { Mode: "OFF" } as const;
/** `at(…)` so many seconds from now. */
const at = (seconds: number) => `at(${new Date(Date.now() + seconds * 1000).toISOString().slice(0, 19)})`;

let sandbox: TestSandbox;
let scheduler: SchedulerClient;
let s3: S3Client;
let cloudFormation: CloudFormationClient;

before(async () => {
  sandbox = await startTestSandbox();
  scheduler = new SchedulerClient(sandbox.clientConfig());
  cloudFormation = new CloudFormationClient(sandbox.clientConfig());
  s3 = new S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
  const iam = new IAMClient(sandbox.clientConfig());
  const trust = (Service: string) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" }],
    });
  await iam.send(
    new CreateRoleCommand({ RoleName: "clock", AssumeRolePolicyDocument: trust("scheduler.amazonaws.com") }),
  );
  await iam.send(new CreateRoleCommand({ RoleName: "other", AssumeRolePolicyDocument: trust("lambda.amazonaws.com") }));
  iam.destroy();
});
after(async () => {
  scheduler.destroy();
  cloudFormation.destroy();
  s3.destroy();
  await sandbox.close();
});

async function step(seconds: number): Promise<void> {
  const answer = await fetch(`${sandbox.endpoint}/_sandbox/clock`, {
    method: "POST",
    headers: { authorization: `Bearer ${sandbox.controlToken}` },
    body: JSON.stringify({ stepSeconds: seconds }),
  });
  assert.equal(answer.status, 200);
}
const create = (Name: string, more: object = {}) =>
  scheduler.send(
    new CreateScheduleCommand({
      Name,
      ScheduleExpression: "rate(1 day)",
      FlexibleTimeWindow: OFF,
      Target: { Arn: DELETE_STACK, RoleArn, Input: '{"StackName":"none"}' },
      ...more,
    }),
  );

describe("EventBridge Scheduler", () => {
  it("functionality: a stack takes itself away at its time", async () => {
    const StackName = "fleeting";
    const template = {
      Resources: {
        Bucket: { Type: "AWS::S3::Bucket", Properties: { BucketName: "fleeting" } },
        End: {
          Type: "AWS::Scheduler::Schedule",
          Properties: {
            ScheduleExpression: at(7200),
            FlexibleTimeWindow: OFF,
            Target: {
              Arn: DELETE_STACK,
              RoleArn,
              Input: { "Fn::Join": ["", ['{"StackName":"', { Ref: "AWS::StackName" }, '"}']] },
            },
          },
        },
      },
      Outputs: { Arn: { Value: { "Fn::GetAtt": ["End", "Arn"] } } },
    };
    await cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody: JSON.stringify(template) }));
    const stack = await eventually("the stack is made", async () => {
      const found = (await cloudFormation.send(new DescribeStacksCommand({ StackName }))).Stacks?.[0];
      return found?.StackStatus?.endsWith("_IN_PROGRESS") ? undefined : found;
    });
    const { StackEvents = [] } = await cloudFormation.send(new DescribeStackEventsCommand({ StackName }));
    assert.equal(stack.StackStatus, "CREATE_COMPLETE", JSON.stringify(StackEvents.map((e) => e.ResourceStatusReason)));
    assert.match(stack.Outputs?.[0]?.OutputValue ?? "", /:schedule\/default\/fleeting-End-\w+$/);
    await step(7000);
    await s3.send(new HeadBucketCommand({ Bucket: "fleeting" }));
    await step(300);
    await eventually("the stack is gone", () =>
      cloudFormation.send(new DescribeStacksCommand({ StackName })).then(
        () => false,
        () => true,
      ),
    );
    await assert.rejects(s3.send(new HeadBucketCommand({ Bucket: "fleeting" })));
    assert.deepEqual((await scheduler.send(new ListSchedulesCommand({ NamePrefix: "fleeting" }))).Schedules, []);
  });

  it("functionality: a schedule comes again and again, rests when disabled, and goes after its last time", async () => {
    await s3.send(new CreateBucketCommand({ Bucket: "kept" }));
    const target = { Arn: "arn:aws:scheduler:::aws-sdk:s3:deleteBucket", RoleArn, Input: '{"Bucket":"kept"}' };
    await create("daily", { Target: target, State: "DISABLED", ScheduleExpression: "rate(10 minutes)" });
    await step(1300);
    await s3.send(new HeadBucketCommand({ Bucket: "kept" }));
    const update = { Name: "daily", ScheduleExpression: "rate(10 minutes)", FlexibleTimeWindow: OFF, Target: target };
    await scheduler.send(new UpdateScheduleCommand(update));
    const found = await scheduler.send(new GetScheduleCommand({ Name: "daily" }));
    assert.deepEqual([found.State, found.GroupName, found.ScheduleExpressionTimezone], ["ENABLED", "default", "UTC"]);
    await step(660);
    await eventually("the bucket is gone", () =>
      s3.send(new HeadBucketCommand({ Bucket: "kept" })).then(
        () => false,
        () => true,
      ),
    );
    // Again and again: made anew, it goes anew.
    await s3.send(new CreateBucketCommand({ Bucket: "kept" }));
    await step(660);
    await assert.rejects(s3.send(new HeadBucketCommand({ Bucket: "kept" })));
    await scheduler.send(new DeleteScheduleCommand({ Name: "daily" }));
    await assert.rejects(scheduler.send(new GetScheduleCommand({ Name: "daily" })), {
      name: "ResourceNotFoundException",
      message: "Schedule daily does not exist.",
    });
  });

  it("validation: names, expressions, zones, targets and roles", async () => {
    await create("twice");
    await assert.rejects(create("twice"), { name: "ConflictException" });
    for (const [more, message] of [
      [{ ScheduleExpression: "every day" }, "Invalid Schedule Expression every day."],
      [{ ScheduleExpressionTimezone: "Mars/Olympus" }, "Invalid ScheduleExpressionTimezone Mars/Olympus."],
      [{ Target: { Arn: "arn:aws:sqs:us-east-1:1:q", RoleArn } }, /not supported by this sandbox/],
      [{ Target: { Arn: DELETE_STACK, RoleArn, Input: "[" } }, /takes a JSON object/],
      [
        { Target: { Arn: DELETE_STACK, RoleArn: "arn:aws:iam::123456789012:role/other" } },
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
      ],
    ] as const)
      await assert.rejects(create("bad", more), { name: "ValidationException", message });
    await assert.rejects(create("grouped", { GroupName: "mine" }), { name: "ResourceNotFoundException" });
  });
});
