import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  type MetricDatum,
  PutDashboardCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  type StandardUnit,
  type Statistic,
} from "@aws-sdk/client-cloudwatch";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  DescribeMetricFiltersCommand,
  PutMetricFilterCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { CreateScheduleCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { eventually } from "./endpoints.ts";
import { createFunction, createRole } from "./functions.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

// Codes, texts and members as others have recorded them in answers of AWS.
let sandbox: TestSandbox;
let cloudwatch: CloudWatchClient;
let logs: CloudWatchLogsClient;
before(async () => {
  sandbox = await startTestSandbox();
  cloudwatch = new CloudWatchClient(sandbox.clientConfig());
  logs = new CloudWatchLogsClient(sandbox.clientConfig());
});
after(async () => {
  cloudwatch.destroy();
  logs.destroy();
  await sandbox.close();
});

const put = (Namespace: string, ...MetricData: MetricDatum[]) =>
  cloudwatch.send(new PutMetricDataCommand({ Namespace, MetricData }));
const around = () => ({ StartTime: new Date(Date.now() - 120_000), EndTime: new Date(Date.now() + 120_000) });

describe("CloudWatch, as recorded on AWS", () => {
  const MetricName = "mixed";
  const unitsOf = async (Namespace: string, Unit?: StandardUnit) => {
    const { Datapoints } = await cloudwatch.send(
      new GetMetricStatisticsCommand({
        Namespace,
        MetricName,
        Unit,
        ...around(),
        Period: 3600,
        Statistics: ["Average"],
      }),
    );
    return Datapoints?.map((point) => [point.Unit, point.Average]).sort();
  };

  it("functionality: a metric's units are kept apart, and one that was never recorded has no points", async () => {
    const Namespace = "units";
    const at = { MetricName, Timestamp: new Date() };
    await put(
      Namespace,
      { ...at, Value: 1, Unit: "Seconds" },
      { ...at, Value: 5, Unit: "Count" },
      { ...at, Value: 10 },
    );
    assert.deepEqual(await unitsOf(Namespace), [
      ["Count", 5],
      ["None", 10],
      ["Seconds", 1],
    ]);
    assert.deepEqual(await unitsOf(Namespace, "Seconds"), [["Seconds", 1]]);
    assert.deepEqual(await unitsOf(Namespace, "Bytes"), []);
    const { Metrics } = await cloudwatch.send(new ListMetricsCommand({ Namespace }));
    assert.equal(Metrics?.length, 1);
  });

  it("functionality: an alarm sees what was recorded in its unit only", async (t) => {
    // At this scale a minute is two seconds.
    const quick = await startTestSandbox({ timeScale: 30 });
    const client = new CloudWatchClient(quick.clientConfig());
    t.after(() => {
      client.destroy();
      return quick.close();
    });
    const Namespace = "alarmed";
    const datum = { MetricName, Value: 9, Unit: "Seconds" } as const;
    await client.send(new PutMetricDataCommand({ Namespace, MetricData: [datum] }));
    const alarm = (AlarmName: string, Unit: StandardUnit) =>
      client.send(
        new PutMetricAlarmCommand({
          AlarmName,
          Namespace,
          MetricName,
          Unit,
          Statistic: "Maximum",
          Period: 60,
          EvaluationPeriods: 3,
          DatapointsToAlarm: 1,
          Threshold: 5,
          ComparisonOperator: "GreaterThanThreshold",
        }),
      );
    await alarm("seconds", "Seconds");
    await alarm("milliseconds", "Milliseconds");
    const stateOf = async (name: string) =>
      (await client.send(new DescribeAlarmsCommand({ AlarmNames: [name] }))).MetricAlarms?.[0]?.StateValue;
    await eventually("an alarm", async () => (await stateOf("seconds")) === "ALARM");
    assert.equal(await stateOf("milliseconds"), "INSUFFICIENT_DATA");
  });

  it("functionality: labels tell of what differs: statistic, period, or both", async () => {
    const Namespace = "labels";
    const labels = async (...queries: [Stat: Statistic, Period: number][]) => {
      const { MetricDataResults } = await cloudwatch.send(
        new GetMetricDataCommand({
          ...around(),
          MetricDataQueries: queries.map(([Stat, Period], i) => ({
            Id: `m${i}`,
            MetricStat: { Metric: { Namespace, MetricName }, Stat, Period },
          })),
        }),
      );
      return MetricDataResults?.map(({ Label }) => Label);
    };
    assert.deepEqual(await labels(["Sum", 60], ["Minimum", 30]), ["mixed Sum 60", "mixed Minimum 30"]);
    assert.deepEqual(await labels(["Sum", 60], ["Minimum", 60]), ["mixed Sum", "mixed Minimum"]);
    assert.deepEqual(await labels(["Sum", 60], ["Sum", 30]), ["mixed 60", "mixed 30"]);
  });

  it("values beside a statistic set are let through; a dashboard's name is not", async () => {
    const StatisticValues = { SampleCount: 10, Sum: 55, Minimum: 1, Maximum: 10 };
    await put("both", { MetricName, Values: [1, 10], StatisticValues });
    await assert.rejects(
      cloudwatch.send(new PutDashboardCommand({ DashboardName: "not:this", DashboardBody: "{}" })),
      (error: Error) =>
        error.name === "InvalidParameterValueException" &&
        /^The value for field DashboardName contains/.test(error.message),
    );
  });
});

describe("CloudWatch Logs and EventBridge Scheduler, as recorded on AWS", () => {
  it("groups and filters have the members that AWS answers always", async () => {
    const logGroupName = "verified";
    await logs.send(new CreateLogGroupCommand({ logGroupName }));
    const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }));
    assert.equal(logGroups?.[0]?.deletionProtectionEnabled, false);
    const transformation = { metricName: "m", metricNamespace: "n", metricValue: "1" };
    await logs.send(
      new PutMetricFilterCommand({
        logGroupName,
        filterName: "f",
        filterPattern: "",
        metricTransformations: [transformation],
      }),
    );
    const { metricFilters } = await logs.send(new DescribeMetricFiltersCommand({ logGroupName }));
    assert.equal(metricFilters?.[0]?.applyOnTransformedLogs, false);
    await assert.rejects(logs.send(new DescribeLogStreamsCommand({ logGroupName, logGroupIdentifier: logGroupName })), {
      name: "ValidationException",
      message: "LogGroup name and LogGroup ARN are mutually exclusive parameters.",
    });
    await assert.rejects(
      logs.send(new CreateLogGroupCommand({ logGroupName: "kept", deletionProtectionEnabled: true })),
      /This sandbox has no deletion protection/,
    );
  });

  it("validation: a schedule has one of the two days only", async () => {
    const scheduler = new SchedulerClient(sandbox.clientConfig());
    const Arn = await createFunction(sandbox, "scheduled", "export const handler = async () => 1;");
    const RoleArn = await createRole(sandbox, "schedules", "scheduler.amazonaws.com");
    const create = (ScheduleExpression: string) =>
      scheduler.send(
        new CreateScheduleCommand({
          Name: "days",
          ScheduleExpression,
          FlexibleTimeWindow: { Mode: "OFF" },
          Target: { Arn, RoleArn },
        }),
      );
    await assert.rejects(create("cron(0 1 * * * *)"), {
      name: "ValidationException",
      message: "Invalid Schedule Expression cron(0 1 * * * *).",
    });
    await create("cron(0 1 * * ? *)");
    scheduler.destroy();
  });
});
