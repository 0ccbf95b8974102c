import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  DescribeAlarmsForMetricCommand,
  type Dimension,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  ListTagsForResourceCommand,
  type MetricDatum,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from "@aws-sdk/client-cloudwatch";
import { eventually } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const MINUTE = 60_000;
const Namespace = "Wire/Test";
let sandbox: TestSandbox;
let cloudwatch: CloudWatchClient;
/** The beginning of a period of five minutes, an hour ago: nothing of the test's own time falls into it. */
let t0: number;
before(async () => {
  // Alarm periods of a minute pass in a second.
  sandbox = await startTestSandbox({ timeScale: 60 });
  cloudwatch = new CloudWatchClient(sandbox.clientConfig());
  t0 = Math.floor(Date.now() / (5 * MINUTE)) * 5 * MINUTE - 60 * MINUTE;
});
after(async () => {
  cloudwatch.destroy();
  await sandbox.close();
});

const put = (MetricData: MetricDatum[]) => cloudwatch.send(new PutMetricDataCommand({ Namespace, MetricData }));
async function read(MetricName: string, Stat: string, more: { Dimensions?: Dimension[]; Period?: number } = {}) {
  const { Period = 60, Dimensions } = more;
  const answer = await cloudwatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(t0),
      EndTime: new Date(t0 + 10 * MINUTE),
      ScanBy: "TimestampAscending",
      MetricDataQueries: [{ Id: "m", MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period, Stat } }],
    }),
  );
  const [result] = answer.MetricDataResults ?? [];
  return { values: result?.Values ?? [], times: (result?.Timestamps ?? []).map((t) => t.getTime() - t0), result };
}

describe("metric data", () => {
  it("single values, value arrays with counts and statistic sets come back by period", async () => {
    const at = (minute: number, second = 0) => new Date(t0 + minute * MINUTE + second * 1000);
    await put([
      { MetricName: "Mixed", Timestamp: at(0, 5), Value: 2 },
      { MetricName: "Mixed", Timestamp: at(0, 55), Value: 4 },
      { MetricName: "Mixed", Timestamp: at(2), Values: [1, 10], Counts: [3, 1] },
      { MetricName: "Mixed", Timestamp: at(4), StatisticValues: { SampleCount: 4, Sum: 20, Minimum: 1, Maximum: 9 } },
    ]);
    const wanted: Record<string, number[]> = {
      SampleCount: [2, 4, 4],
      Sum: [6, 13, 20],
      Average: [3, 3.25, 5],
      Minimum: [2, 1, 1],
      Maximum: [4, 10, 9],
    };
    for (const [stat, values] of Object.entries(wanted)) {
      const got = await read("Mixed", stat);
      assert.deepEqual(got.values, values, stat);
      assert.deepEqual(got.times, [0, 2 * MINUTE, 4 * MINUTE]);
    }
    assert.deepEqual((await read("Mixed", "Sum", { Period: 300 })).values, [39]);
  });

  it("percentiles are within 2 % of the exact ones", async () => {
    const values = Array.from({ length: 1000 }, (_, i) => 1.5 ** ((i * 37) % 40) + i / 1000);
    for (let i = 0; i < values.length; i += 100)
      await put([{ MetricName: "Latency", Timestamp: new Date(t0), Values: values.slice(i, i + 100) }]);
    const sorted = [...values].sort((a, b) => a - b);
    for (const p of [1, 50, 90, 99, 99.9]) {
      const wanted = sorted[Math.ceil((p / 100) * sorted.length) - 1] ?? 0;
      const [got = 0] = (await read("Latency", `p${p}`)).values;
      assert.ok(Math.abs(got - wanted) <= wanted * 0.02, `p${p}: ${got} for ${wanted}`);
    }
  });

  it("dimensions are part of a metric, whatever their order", async () => {
    const a = { Name: "EndpointName", Value: "é&<x>" };
    const b = { Name: "VariantName", Value: "v" };
    await put([{ MetricName: "Dimmed", Timestamp: new Date(t0), Value: 7, Dimensions: [a, b] }]);
    assert.deepEqual((await read("Dimmed", "Sum", { Dimensions: [b, a] })).values, [7]);
    assert.deepEqual((await read("Dimmed", "Sum", { Dimensions: [a] })).values, []);
    const listed = await cloudwatch.send(new ListMetricsCommand({ Namespace, MetricName: "Dimmed", Dimensions: [a] }));
    assert.equal(listed.Metrics?.length, 1);
    const none = await cloudwatch.send(
      new ListMetricsCommand({ Namespace, Dimensions: [{ Name: "EndpointName", Value: "other" }] }),
    );
    assert.deepEqual(none.Metrics, []);
  });

  it("the newest point comes first when nothing is said; the start belongs to the range, the end does not", async () => {
    const values = [0, 1, 2].map((i) => ({ MetricName: "Range", Timestamp: new Date(t0 + i * MINUTE), Value: i }));
    await put(values);
    const query = (StartTime: Date, EndTime: Date) =>
      cloudwatch.send(
        new GetMetricDataCommand({
          StartTime,
          EndTime,
          MetricDataQueries: [
            {
              Id: "m",
              Label: "mine",
              MetricStat: { Metric: { Namespace, MetricName: "Range" }, Period: 60, Stat: "Sum" },
            },
          ],
        }),
      );
    const all = await query(new Date(t0), new Date(t0 + 2 * MINUTE));
    assert.deepEqual(all.MetricDataResults?.[0]?.Values, [1, 0]);
    assert.equal(all.MetricDataResults?.[0]?.Label, "mine");
    assert.equal(all.MetricDataResults?.[0]?.StatusCode, "Complete");
  });

  it("GetMetricStatistics gives the same figures, several at once", async () => {
    await put([{ MetricName: "Stat", Timestamp: new Date(t0), Values: [1, 2, 3], Unit: "Seconds" }]);
    const answer = await cloudwatch.send(
      new GetMetricStatisticsCommand({
        Namespace,
        MetricName: "Stat",
        StartTime: new Date(t0),
        EndTime: new Date(t0 + MINUTE),
        Period: 60,
        Statistics: ["Sum", "Maximum"],
        ExtendedStatistics: ["p50"],
      }),
    );
    const [point] = answer.Datapoints ?? [];
    assert.equal(point?.Sum, 6);
    assert.equal(point?.Maximum, 3);
    assert.equal(point?.Unit, "Seconds");
    assert.ok(Math.abs((point?.ExtendedStatistics?.p50 ?? 0) - 2) <= 0.04);
  });

  it("is refused with CloudWatch's names", async () => {
    const reserved = new PutMetricDataCommand({ Namespace: "AWS/X", MetricData: [{ MetricName: "m", Value: 1 }] });
    await assert.rejects(cloudwatch.send(reserved), { name: "InvalidParameterValueException" });
    await assert.rejects(put([{ MetricName: "Nothing" }]), { name: "InvalidParameterValueException" });
    await assert.rejects(read("Latency", "median"), /median/);
    const backwards = new GetMetricDataCommand({
      StartTime: new Date(t0),
      EndTime: new Date(t0),
      MetricDataQueries: [],
    });
    await assert.rejects(cloudwatch.send(backwards), /StartTime must not equal parameter EndTime/);
  });

  it("each region has its own", async () => {
    await put([{ MetricName: "Regional", Timestamp: new Date(t0), Value: 1 }]);
    const other = new CloudWatchClient(sandbox.clientConfig("eu-central-1"));
    const { Metrics } = await other.send(new ListMetricsCommand({ Namespace }));
    assert.deepEqual(Metrics, []);
    other.destroy();
  });
});

describe("alarms", () => {
  const alarm = (AlarmName: string, more: Partial<PutMetricAlarmCommandInput> = {}) =>
    cloudwatch.send(
      new PutMetricAlarmCommand({
        AlarmName,
        Namespace,
        MetricName: AlarmName,
        Statistic: "Average",
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 10,
        ComparisonOperator: "GreaterThanThreshold",
        ...more,
      }),
    );
  const describeOne = async (name: string) =>
    (await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: [name] }))).MetricAlarms?.[0];
  const state = (name: string, wanted: string) =>
    eventually(`${name} is ${wanted}`, async () => {
      const found = await describeOne(name);
      return found?.StateValue === wanted && found;
    });

  it("goes from INSUFFICIENT_DATA to ALARM, to OK and back to INSUFFICIENT_DATA, and remembers it", async () => {
    await alarm("Story");
    const fresh = await describeOne("Story");
    assert.equal(fresh?.StateValue, "INSUFFICIENT_DATA");
    assert.equal(fresh?.StateReason, "Unchecked: Initial alarm creation");
    assert.equal(fresh?.AlarmArn, "arn:aws:cloudwatch:us-east-1:123456789012:alarm:Story");
    let value = 20;
    let feeding = true;
    const feeder = (async () => {
      while (feeding) {
        await put([{ MetricName: "Story", Value: value }]);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    const raised = await state("Story", "ALARM");
    assert.match(
      raised.StateReason ?? "",
      /^Threshold Crossed: 1 datapoint \[20\.0 \(\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d\)\] was greater than the threshold \(10\.0\)\.$/,
    );
    value = 1;
    const calm = await state("Story", "OK");
    assert.match(calm.StateReason ?? "", /was not greater than the threshold \(10\.0\)\.$/);
    feeding = false;
    await feeder;
    const silent = await state("Story", "INSUFFICIENT_DATA");
    assert.equal(silent.StateReason, "Insufficient Data: 1 datapoint was unknown.");
    const { AlarmHistoryItems = [] } = await cloudwatch.send(
      new DescribeAlarmHistoryCommand({ AlarmName: "Story", ScanBy: "TimestampAscending" }),
    );
    const summaries = AlarmHistoryItems.map((h) => h.HistorySummary);
    assert.equal(summaries[0], 'Alarm "Story" created');
    assert.deepEqual(summaries.slice(1), [
      "Alarm updated from INSUFFICIENT_DATA to ALARM",
      "Alarm updated from ALARM to OK",
      "Alarm updated from OK to INSUFFICIENT_DATA",
    ]);
    assert.equal(
      (JSON.parse(AlarmHistoryItems[1]?.HistoryData ?? "{}") as { newState: { stateValue: string } }).newState
        .stateValue,
      "ALARM",
    );
  });

  it("treats missing data as it is told", async () => {
    await alarm("Breaching", { TreatMissingData: "breaching" });
    await alarm("NotBreaching", { TreatMissingData: "notBreaching" });
    await alarm("Ignored", { TreatMissingData: "ignore" });
    await cloudwatch.send(
      new SetAlarmStateCommand({ AlarmName: "Ignored", StateValue: "ALARM", StateReason: "by hand" }),
    );
    await state("Breaching", "ALARM");
    await state("NotBreaching", "OK");
    const kept = await describeOne("Ignored");
    assert.equal(kept?.StateValue, "ALARM");
    assert.equal(kept?.StateReason, "by hand");
  });

  it("is described with what it was made of, found by its metric, tagged, and gone when deleted", async () => {
    const Dimensions = [{ Name: "EndpointName", Value: "wine" }];
    await alarm("Made", {
      Dimensions,
      DatapointsToAlarm: 2,
      EvaluationPeriods: 3,
      AlarmDescription: "ü",
      Tags: [{ Key: "a", Value: "b" }],
    });
    const made = await describeOne("Made");
    assert.equal(made?.DatapointsToAlarm, 2);
    assert.equal(made?.AlarmDescription, "ü");
    assert.deepEqual(made?.Dimensions, Dimensions);
    assert.equal(made?.ActionsEnabled, true);
    const tags = await cloudwatch.send(new ListTagsForResourceCommand({ ResourceARN: made?.AlarmArn }));
    assert.deepEqual(tags.Tags, [{ Key: "a", Value: "b" }]);
    const found = await cloudwatch.send(
      new DescribeAlarmsForMetricCommand({ Namespace, MetricName: "Made", Dimensions }),
    );
    assert.deepEqual(
      found.MetricAlarms?.map((m) => m.AlarmName),
      ["Made"],
    );
    await cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: ["Made"] }));
    assert.equal(await describeOne("Made"), undefined);
    const gone = new SetAlarmStateCommand({ AlarmName: "Made", StateValue: "OK", StateReason: "r" });
    await assert.rejects(cloudwatch.send(gone), { name: "ResourceNotFound" });
  });

  it("pages by its token, and refuses one that it has not issued", async () => {
    for (let i = 0; i < 5; i++) await alarm(`Page-${i}`);
    const names: string[] = [];
    let NextToken: string | undefined;
    do {
      const page: { MetricAlarms?: { AlarmName?: string }[]; NextToken?: string } = await cloudwatch.send(
        new DescribeAlarmsCommand({ AlarmNamePrefix: "Page-", MaxRecords: 2, NextToken }),
      );
      names.push(...(page.MetricAlarms ?? []).map((a) => a.AlarmName ?? ""));
      NextToken = page.NextToken;
    } while (NextToken);
    assert.deepEqual(names, ["Page-0", "Page-1", "Page-2", "Page-3", "Page-4"]);
    await assert.rejects(cloudwatch.send(new DescribeAlarmsCommand({ NextToken: "nonsense" })), {
      name: "InvalidNextToken",
    });
  });
});
