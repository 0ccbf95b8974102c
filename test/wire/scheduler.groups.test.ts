import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { CreateBucketCommand, HeadBucketCommand, S3Client } from "@aws-sdk/client-s3";
import {
  CreateScheduleCommand,
  CreateScheduleGroupCommand,
  DeleteScheduleGroupCommand,
  GetScheduleCommand,
  GetScheduleGroupCommand,
  ListScheduleGroupsCommand,
  ListSchedulesCommand,
  ListTagsForResourceCommand,
  SchedulerClient,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-scheduler";
import { createRole } from "./functions.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

let sandbox: TestSandbox;
let scheduler: SchedulerClient;
let s3: S3Client;
let RoleArn: string;
const dataDir = mkdtempSync(join(tmpdir(), "scheduler-groups-"));
before(async () => {
  sandbox = await startTestSandbox({ dataDir });
  connect();
  RoleArn = await createRole(sandbox, "clock", "scheduler.amazonaws.com");
});
after(async () => {
  scheduler.destroy();
  s3.destroy();
  await sandbox.close();
  rmSync(dataDir, { recursive: true });
});

function connect(): void {
  scheduler = new SchedulerClient(sandbox.clientConfig());
  s3 = new S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
}

const OFF = { Mode: "OFF" } as const;
const create = (Name: string, more: object = {}) =>
  scheduler.send(
    new CreateScheduleCommand({
      Name,
      ScheduleExpression: "rate(1 day)",
      FlexibleTimeWindow: OFF,
      Target: { Arn: "arn:aws:scheduler:::aws-sdk:s3:deleteBucket", RoleArn, Input: `{"Bucket":"${Name}"}` },
      ...more,
    }),
  );
const step = async (seconds: number) => {
  const answer = await fetch(`${sandbox.endpoint}/_sandbox/clock`, {
    method: "POST",
    headers: { authorization: `Bearer ${sandbox.controlToken}` },
    body: JSON.stringify({ stepSeconds: seconds }),
  });
  assert.equal(answer.status, 200);
};
const names = async (input: object) =>
  (await scheduler.send(new ListSchedulesCommand(input))).Schedules!.map(({ Name }) => Name);

describe("schedule groups", () => {
  it("hold schedules of the same name apart, bear tags, and go with what is in them", async () => {
    const { ScheduleGroupArn: ResourceArn } = await scheduler.send(
      new CreateScheduleGroupCommand({ Name: "night", Tags: [{ Key: "a", Value: "1" }] }),
    );
    assert.equal(ResourceArn, "arn:aws:scheduler:us-east-1:123456789012:schedule-group/night");
    await assert.rejects(scheduler.send(new CreateScheduleGroupCommand({ Name: "night" })), {
      name: "ConflictException",
      message: "Schedule group night already exists.",
    });
    const { ScheduleArn } = await create("same");
    assert.match(ScheduleArn!, /:schedule\/default\/same$/);
    assert.match((await create("same", { GroupName: "night" })).ScheduleArn!, /:schedule\/night\/same$/);
    await assert.rejects(create("same", { GroupName: "night" }), { name: "ConflictException" });
    await assert.rejects(create("same", { GroupName: "day" }), {
      name: "ResourceNotFoundException",
      message: "Schedule group day does not exist.",
    });
    assert.deepEqual(await names({}), ["same", "same"]);
    assert.deepEqual(await names({ GroupName: "night" }), ["same"]);
    const one = await scheduler.send(new GetScheduleCommand({ Name: "same", GroupName: "night" }));
    assert.equal(one.GroupName, "night");

    const { ScheduleGroups = [] } = await scheduler.send(new ListScheduleGroupsCommand({}));
    assert.deepEqual(
      ScheduleGroups.map(({ Name, State }) => [Name, State]),
      [
        ["default", "ACTIVE"],
        ["night", "ACTIVE"],
      ],
    );
    await scheduler.send(new TagResourceCommand({ ResourceArn, Tags: [{ Key: "b", Value: "2" }] }));
    await scheduler.send(new UntagResourceCommand({ ResourceArn, TagKeys: ["a"] }));
    const { Tags } = await scheduler.send(new ListTagsForResourceCommand({ ResourceArn }));
    assert.deepEqual(Tags, [{ Key: "b", Value: "2" }]);

    await sandbox.close();
    sandbox = await startTestSandbox({ dataDir });
    connect();
    assert.deepEqual(await names({ GroupName: "night" }), ["same"], "groups outlive the sandbox");

    await scheduler.send(new DeleteScheduleGroupCommand({ Name: "night" }));
    await assert.rejects(scheduler.send(new GetScheduleGroupCommand({ Name: "night" })), {
      name: "ResourceNotFoundException",
    });
    assert.deepEqual(await names({}), ["same"]);
    await assert.rejects(scheduler.send(new DeleteScheduleGroupCommand({ Name: "default" })), {
      name: "ValidationException",
    });
  });

  it("come and go with a stack, their tags in place", async () => {
    const cloudFormation = new CloudFormationClient(sandbox.clientConfig());
    const StackName = "grouped";
    const template = (value: string) =>
      JSON.stringify({
        Resources: {
          Group: { Type: "AWS::Scheduler::ScheduleGroup", Properties: { Tags: [{ Key: "a", Value: value }] } },
          Schedule: {
            Type: "AWS::Scheduler::Schedule",
            Properties: {
              GroupName: { Ref: "Group" },
              ScheduleExpression: "rate(1 day)",
              FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 30 },
              Target: { Arn: "arn:aws:scheduler:::aws-sdk:s3:deleteBucket", RoleArn, Input: '{"Bucket":"x"}' },
            },
          },
        },
        Outputs: { Group: { Value: { Ref: "Group" } }, Arn: { Value: { "Fn::GetAtt": ["Group", "Arn"] } } },
      });
    const stack = async () => (await cloudFormation.send(new DescribeStacksCommand({ StackName }))).Stacks![0]!;
    await cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody: template("1") }));
    const made = await stack();
    assert.equal(made.StackStatus, "CREATE_COMPLETE", made.StackStatusReason);
    const [group, arn] = ["Group", "Arn"].map((key) => made.Outputs!.find((o) => o.OutputKey === key)!.OutputValue!);
    assert.equal((await names({ GroupName: group })).length, 1);
    await cloudFormation.send(new UpdateStackCommand({ StackName, TemplateBody: template("2") }));
    assert.equal((await stack()).StackStatus, "UPDATE_COMPLETE");
    const { Tags } = await scheduler.send(new ListTagsForResourceCommand({ ResourceArn: arn }));
    assert.equal(Tags!.find(({ Key }) => Key === "a")!.Value, "2");
    await cloudFormation.send(new DeleteStackCommand({ StackName }));
    await assert.rejects(scheduler.send(new GetScheduleGroupCommand({ Name: group })), {
      name: "ResourceNotFoundException",
    });
    cloudFormation.destroy();
  });
});

describe("flexible windows and dead-letter queues", () => {
  it("a schedule with a window starts within it, not before its time", async () => {
    const gone = (Bucket: string) =>
      s3.send(new HeadBucketCommand({ Bucket })).then(
        () => false,
        () => true,
      );
    const at = new Date(Date.now() + 3_600_000).toISOString().slice(0, 19);
    const many = Array.from({ length: 8 }, (_, index) => `window-${index}`);
    for (const Bucket of many) {
      await s3.send(new CreateBucketCommand({ Bucket }));
      await create(Bucket, {
        ScheduleExpression: `at(${at})`,
        FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 60 },
      });
    }
    const count = async () => (await Promise.all(many.map(gone))).filter(Boolean).length;
    await step(3590);
    assert.equal(await count(), 0);
    await step(1800);
    const half = await count();
    assert.ok(half > 0 && half < many.length, `${half} of ${many.length} in the first half of the window`);
    await step(1900);
    assert.equal(await count(), many.length);
  });

  it("are told as they were given, and refused when they cannot be", async () => {
    const queue = "arn:aws:sqs:us-east-1:123456789012:dead";
    const Target = {
      Arn: "arn:aws:scheduler:::aws-sdk:s3:deleteBucket",
      RoleArn,
      Input: '{"Bucket":"x"}',
      DeadLetterConfig: { Arn: queue },
      RetryPolicy: { MaximumRetryAttempts: 2 },
    };
    const FlexibleTimeWindow = { Mode: "FLEXIBLE", MaximumWindowInMinutes: 15 };
    await create("queued", { Target, FlexibleTimeWindow });
    const told = await scheduler.send(new GetScheduleCommand({ Name: "queued" }));
    assert.deepEqual(told.FlexibleTimeWindow, FlexibleTimeWindow);
    assert.deepEqual(told.Target!.DeadLetterConfig, { Arn: queue });
    assert.deepEqual(told.Target!.RetryPolicy, { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 2 });
    for (const [more, message] of [
      [{ FlexibleTimeWindow: { Mode: "FLEXIBLE" } }, /MaximumWindowInMinutes must be provided/],
      [{ FlexibleTimeWindow: { ...OFF, MaximumWindowInMinutes: 5 } }, /must not be provided when Mode is OFF/],
      [
        { Target: { ...Target, DeadLetterConfig: { Arn: "arn:aws:sns:us-east-1:123456789012:t" } } },
        /deadLetterConfig/,
      ],
    ] as const)
      await assert.rejects(create("bad", more), { name: "ValidationException", message });
  });
});
