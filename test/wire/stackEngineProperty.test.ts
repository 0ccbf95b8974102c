import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { IAMClient, ListRolesCommand } from "@aws-sdk/client-iam";
import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import fc from "fast-check";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

let sandbox: TestSandbox;
before(async () => {
  sandbox = await startTestSandbox();
});
after(() => sandbox.close());

type Properties = Record<string, unknown>;
interface Shape {
  kind: "bucket" | "group" | "role" | "alarm";
  /** Changes in place, or by replacement. */
  revision: number;
  replaced: boolean;
  /** Earlier resources that it refers to, by index. */
  refers: number[];
  dependsOn: number[];
}

const TYPES = {
  bucket: "AWS::S3::Bucket",
  group: "AWS::Logs::LogGroup",
  role: "AWS::IAM::Role",
  alarm: "AWS::CloudWatch::Alarm",
} as const;
const TRUST = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
};

const shape: fc.Arbitrary<Shape> = fc.record({
  kind: fc.constantFrom("bucket", "group", "role", "alarm"),
  revision: fc.integer({ min: 0, max: 3 }),
  replaced: fc.boolean(),
  refers: fc.array(fc.nat(20), { maxLength: 2 }),
  dependsOn: fc.array(fc.nat(20), { maxLength: 2 }),
});

/** Only earlier resources are referred to, so that every template is free of circles. */
function templateOf(shapes: Shape[]): string {
  const name = (i: number) => `R${i}`;
  const Resources = Object.fromEntries(
    shapes.map((s, i) => {
      const refs = s.refers.filter((r) => r < i).map((r) => ({ Ref: name(r) }));
      const text = { "Fn::Join": ["-", [`v${s.revision}`, ...refs]] };
      const properties: Record<Shape["kind"], Properties> = {
        bucket: { Tags: [{ Key: "text", Value: text }] },
        group: { RetentionInDays: [1, 3, 5, 7][s.revision], Tags: [{ Key: "text", Value: text }] },
        role: { AssumeRolePolicyDocument: TRUST, Description: text },
        alarm: {
          Namespace: "N",
          MetricName: "M",
          Statistic: "Sum",
          Period: 60,
          EvaluationPeriods: 1 + s.revision,
          Threshold: 1,
          ComparisonOperator: "GreaterThanThreshold",
          AlarmDescription: text,
        },
      };
      const named: Record<Shape["kind"], Properties> = {
        bucket: { BucketName: { "Fn::Sub": `\${AWS::StackName}-b${i}-${s.revision}` } },
        group: { LogGroupName: { "Fn::Sub": `\${AWS::StackName}-g${i}-${s.revision}` } },
        role: { Path: `/p${s.revision}/` },
        alarm: { AlarmName: { "Fn::Sub": `\${AWS::StackName}-a${i}-${s.revision}` } },
      };
      const DependsOn = [...new Set(s.dependsOn.filter((d) => d < i).map(name))];
      return [
        name(i),
        {
          Type: TYPES[s.kind],
          ...(DependsOn.length ? { DependsOn } : {}),
          Properties: { ...properties[s.kind], ...(s.replaced ? named[s.kind] : {}) },
        },
      ];
    }),
  );
  return JSON.stringify({ Resources });
}

async function leftovers(): Promise<string[]> {
  const config = sandbox.clientConfig();
  const [buckets, groups, roles, alarms] = await Promise.all([
    new S3Client({ ...config, forcePathStyle: true }).send(new ListBucketsCommand({})),
    new CloudWatchLogsClient(config).send(new DescribeLogGroupsCommand({})),
    new IAMClient(config).send(new ListRolesCommand({})),
    new CloudWatchClient(config).send(new DescribeAlarmsCommand({})),
  ]);
  return [
    ...(buckets.Buckets ?? []).map((b) => `bucket ${b.Name}`),
    ...(groups.logGroups ?? []).map((g) => `log group ${g.logGroupName}`),
    ...(roles.Roles ?? []).map((r) => `role ${r.RoleName}`),
    ...(alarms.MetricAlarms ?? []).map((a) => `alarm ${a.AlarmName}`),
  ];
}

test("any stack: create → update → delete leaves nothing, and holds what its template says meanwhile", async () => {
  const client = new CloudFormationClient(sandbox.clientConfig());
  const Capabilities = ["CAPABILITY_IAM" as const];
  let count = 0;
  const statusOf = async (StackName: string) => {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }));
    return `${Stacks?.[0]?.StackStatus} ${Stacks?.[0]?.StackStatusReason ?? ""}`.trim();
  };
  const idsOf = async (StackName: string) => {
    const { StackResources } = await client.send(new DescribeStackResourcesCommand({ StackName }));
    return (StackResources ?? []).map((r) => r.LogicalResourceId).sort();
  };
  const shapes = fc.array(shape, { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(shapes, shapes, async (first, second) => {
      const StackName = `property-${count++}`;
      const { StackId } = await client.send(
        new CreateStackCommand({ StackName, TemplateBody: templateOf(first), Capabilities }),
      );
      assert.equal(await statusOf(StackName), "CREATE_COMPLETE");
      assert.deepEqual(await idsOf(StackName), first.map((_, i) => `R${i}`).sort());
      try {
        await client.send(new UpdateStackCommand({ StackName, TemplateBody: templateOf(second), Capabilities }));
        assert.equal(await statusOf(StackName), "UPDATE_COMPLETE");
        assert.deepEqual(await idsOf(StackName), second.map((_, i) => `R${i}`).sort());
        assert.equal((await leftovers()).length, second.length, "the update left something behind");
      } catch (e) {
        if (!/No updates are to be performed/.test((e as Error).message)) throw e;
      }
      await client.send(new DeleteStackCommand({ StackName }));
      assert.equal(await statusOf(StackId ?? ""), "DELETE_COMPLETE");
      assert.deepEqual(await leftovers(), []);
    }),
    { numRuns: 60, seed: 2026 },
  );
});
