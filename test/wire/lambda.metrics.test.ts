import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  PutMetricAlarmCommand,
  type StateValue,
  type Statistic,
} from "@aws-sdk/client-cloudwatch";
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionUrlConfigCommand,
  InvokeCommand,
  type InvokeCommandInput,
  LambdaClient,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
} from "@aws-sdk/client-lambda";
import { CreateScheduleCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { eventually } from "./endpoints.ts";
import { createFunction, createRole } from "./functions.ts";
import { measured } from "./measured.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const HOUR = 3_600_000;
const SOURCE = `export const handler = async (event) => {
  if (event.fail) throw new Error("x");
  return { statusCode: 200, body: "ok" };
};`;

let sandbox: TestSandbox;
let lambda: LambdaClient;
let cloudwatch: CloudWatchClient;
before(async () => {
  sandbox = await startTestSandbox();
  lambda = new LambdaClient(sandbox.clientConfig());
  cloudwatch = new CloudWatchClient(sandbox.clientConfig());
});
after(async () => {
  lambda.destroy();
  cloudwatch.destroy();
  await sandbox.close();
});

const invoke = (FunctionName: string, event: object = {}, more: Partial<InvokeCommandInput> = {}) =>
  lambda.send(new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(event)), ...more }));
const read = (name: string, dimensions: Record<string, string>, statistic?: Statistic) =>
  measured(cloudwatch, `AWS/Lambda ${name}`, dimensions, statistic);
const invocations = (FunctionName: string) => read("Invocations", { FunctionName });
async function step(stepSeconds: number): Promise<void> {
  const answer = await fetch(`${sandbox.endpoint}/_sandbox/clock`, {
    method: "POST",
    headers: { authorization: `Bearer ${sandbox.controlToken}` },
    body: JSON.stringify({ stepSeconds }),
  });
  assert.equal(answer.status, 200, await answer.text());
}

describe("metrics of functions", () => {
  it("functionality: invocations, errors and durations by function, as it was named, and in all", async () => {
    await createFunction(sandbox, "counted", SOURCE);
    for (const event of [{}, {}, { fail: true }]) await invoke("counted", event);
    await invoke("counted", {}, { InvocationType: "DryRun" });
    for (const dimensions of [
      { FunctionName: "counted" },
      { FunctionName: "counted", Resource: "counted" },
      {},
    ] as Record<string, string>[]) {
      assert.equal(await read("Invocations", dimensions), 3);
      assert.equal(await read("Errors", dimensions), 1);
      assert.equal(await read("Errors", dimensions, "SampleCount"), 3, "an invocation without an error is a zero");
      assert.equal(await read("Throttles", dimensions), 0);
      assert.equal(await read("Duration", dimensions, "SampleCount"), 3);
      assert.equal(await read("ConcurrentExecutions", dimensions, "Maximum"), 1);
    }
    const { Datapoints } = await cloudwatch.send(
      new GetMetricStatisticsCommand({
        Namespace: "AWS/Lambda",
        MetricName: "Duration",
        Dimensions: [{ Name: "FunctionName", Value: "counted" }],
        StartTime: new Date(Date.now() - HOUR),
        EndTime: new Date(Date.now() + HOUR),
        Period: 60,
        ExtendedStatistics: ["p95"],
      }),
    );
    assert.equal(Datapoints?.[0]?.Unit, "Milliseconds");
    const { p95 = 0 } = Datapoints[0].ExtendedStatistics ?? {};
    assert.ok(p95 > 0 && p95 < 10_000, String(p95));
  });

  it("functionality: they are listed and answered by GetMetricData", async () => {
    await createFunction(sandbox, "listed", SOURCE);
    await invoke("listed");
    const { Metrics = [] } = await cloudwatch.send(
      new ListMetricsCommand({ Namespace: "AWS/Lambda", Dimensions: [{ Name: "FunctionName", Value: "listed" }] }),
    );
    assert.deepEqual([...new Set(Metrics.map(({ MetricName }) => MetricName))].sort(), [
      "ConcurrentExecutions",
      "Duration",
      "Errors",
      "Invocations",
      "Throttles",
    ]);
    assert.deepEqual(
      [...new Set(Metrics.map(({ Dimensions = [] }) => Dimensions.map(({ Name }) => Name).join()))].sort(),
      ["FunctionName", "FunctionName,Resource"],
    );
    const MetricStat = (MetricName: string) => ({
      Metric: { Namespace: "AWS/Lambda", MetricName, Dimensions: [{ Name: "FunctionName", Value: "listed" }] },
      Period: 60,
      Stat: "Sum",
    });
    const { MetricDataResults } = await cloudwatch.send(
      new GetMetricDataCommand({
        StartTime: new Date(Date.now() - HOUR),
        EndTime: new Date(Date.now() + HOUR),
        MetricDataQueries: [
          { Id: "invocations", MetricStat: MetricStat("Invocations") },
          { Id: "errors", MetricStat: MetricStat("Errors") },
        ],
      }),
    );
    assert.deepEqual(
      MetricDataResults?.map(({ Values }) => Values),
      [[1], [0]],
    );
  });

  it("functionality: a version and an alias have metrics of their own, an alias also by the version that ran", async () => {
    const FunctionName = "versioned";
    await createFunction(sandbox, FunctionName, SOURCE);
    await lambda.send(new PublishVersionCommand({ FunctionName }));
    await lambda.send(new CreateAliasCommand({ FunctionName, Name: "live", FunctionVersion: "1" }));
    await invoke(FunctionName);
    await invoke(FunctionName, {}, { Qualifier: "1" });
    for (const fail of [false, true]) await invoke(`${FunctionName}:live`, { fail });
    assert.equal(await invocations(FunctionName), 4, "the function counts all of them");
    const of = (name: string, more: Record<string, string>) => read(name, { FunctionName, ...more });
    assert.equal(await of("Invocations", { Resource: FunctionName }), 1);
    assert.equal(await of("Invocations", { Resource: `${FunctionName}:1` }), 1);
    assert.equal(await of("Invocations", { Resource: `${FunctionName}:live` }), 2);
    assert.equal(await of("Errors", { Resource: `${FunctionName}:live`, ExecutedVersion: "1" }), 1);
    assert.equal(await of("Errors", { Resource: `${FunctionName}:1`, ExecutedVersion: "1" }), undefined);
  });

  it("functionality: what is throttled is neither an invocation nor an error", async () => {
    const FunctionName = "throttled";
    await createFunction(sandbox, FunctionName, SOURCE);
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
    await assert.rejects(invoke(FunctionName), { name: "TooManyRequestsException" });
    assert.equal(await read("Throttles", { FunctionName }), 1);
    for (const name of ["Invocations", "Errors", "Duration", "ConcurrentExecutions"])
      assert.equal(await read(name, { FunctionName }), undefined, name);
  });

  it("functionality: invocations at once are counted as concurrent", async () => {
    const FunctionName = "concurrent";
    // None of them ends before three have begun.
    await createFunction(
      sandbox,
      FunctionName,
      `import { readdirSync, writeFileSync } from "node:fs";
      export const handler = async ({ id, dir }) => {
        writeFileSync(dir + "/" + id, "");
        while (readdirSync(dir).length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
      };`,
    );
    const dir = await mkdtemp(join(tmpdir(), "concurrent-"));
    try {
      await Promise.all([1, 2, 3].map((id) => invoke(FunctionName, { id, dir })));
    } finally {
      await rm(dir, { recursive: true });
    }
    assert.equal(await read("ConcurrentExecutions", { FunctionName }, "Maximum"), 3);
    assert.equal(await read("Errors", { FunctionName }), 0);
  });

  it("functionality: every attempt of an asynchronous invocation counts", async () => {
    const FunctionName = "retried";
    await createFunction(sandbox, FunctionName, SOURCE);
    await invoke(FunctionName, { fail: true }, { InvocationType: "Event" });
    await eventually("three attempts", async () => (await invocations(FunctionName)) === 3);
    assert.equal(await read("Errors", { FunctionName }), 3);
  });

  it("functionality: calls of a URL and of a schedule count like any other", async () => {
    const FunctionName = "called";
    const Arn = await createFunction(sandbox, FunctionName, SOURCE);
    const { FunctionUrl } = await lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: "NONE" }));
    await lambda.send(
      new AddPermissionCommand({
        FunctionName,
        StatementId: "all",
        Action: "lambda:InvokeFunctionUrl",
        Principal: "*",
        FunctionUrlAuthType: "NONE",
      }),
    );
    assert.equal((await fetch(FunctionUrl!)).status, 200);
    assert.equal(await invocations(FunctionName), 1);
    const scheduler = new SchedulerClient(sandbox.clientConfig());
    try {
      const RoleArn = await createRole(sandbox, "scheduler", "scheduler.amazonaws.com");
      await scheduler.send(
        new CreateScheduleCommand({
          Name: "soon",
          ScheduleExpression: "rate(1 minute)",
          FlexibleTimeWindow: { Mode: "OFF" },
          Target: { Arn, RoleArn },
        }),
      );
      await step(60);
      await eventually("the schedule has called", async () => ((await invocations(FunctionName)) ?? 0) >= 2);
    } finally {
      scheduler.destroy();
    }
  });

  it("functionality: an alarm on Errors goes off when the function fails, and back", async () => {
    const FunctionName = "watched";
    await createFunction(sandbox, FunctionName, SOURCE);
    await cloudwatch.send(
      new PutMetricAlarmCommand({
        AlarmName: "failing",
        Namespace: "AWS/Lambda",
        MetricName: "Errors",
        Dimensions: [{ Name: "FunctionName", Value: FunctionName }],
        Statistic: "Sum",
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 0,
        ComparisonOperator: "GreaterThanThreshold",
        TreatMissingData: "notBreaching",
      }),
    );
    // A period that has just begun is evaluated one later.
    const becomes = (state: StateValue) =>
      eventually(`the alarm is ${state}`, async () => {
        await step(20);
        const { MetricAlarms } = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: ["failing"] }));
        return MetricAlarms?.[0]?.StateValue === state;
      });
    await invoke(FunctionName);
    await becomes("OK");
    await invoke(FunctionName, { fail: true });
    await becomes("ALARM");
    await becomes("OK");
  });

  it("functionality: what Lambda measures is nobody's call of CloudWatch", async () => {
    const answer = await fetch(`${sandbox.endpoint}/_sandbox/calls`, {
      headers: { authorization: `Bearer ${sandbox.controlToken}` },
    });
    const calls = await answer.text();
    assert.match(calls, /GetMetricStatistics/);
    assert.doesNotMatch(calls, /PutMetricData/);
  });
});
