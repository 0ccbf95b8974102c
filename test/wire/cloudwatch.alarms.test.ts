import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  ListMetricsCommand,
  ListTagsForResourceCommand,
  PutCompositeAlarmCommand,
  type PutCompositeAlarmCommandInput,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  PutMetricDataCommand,
  SetAlarmStateCommand,
  type StateValue,
} from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { eventually } from "./endpoints.ts";
import { createFunction } from "./functions.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const arnOf = (name: string) => `arn:aws:cloudwatch:us-east-1:123456789012:alarm:${name}`;
let sandbox: TestSandbox;
let cloudwatch: CloudWatchClient;

before(async () => {
  sandbox = await startTestSandbox();
  cloudwatch = new CloudWatchClient(sandbox.clientConfig());
});
after(async () => {
  cloudwatch.destroy();
  await sandbox.close();
});

/** Lets AWS's time pass: everything that falls due happens. */
async function step(seconds: number): Promise<void> {
  const answer = await fetch(`${sandbox.endpoint}/_sandbox/clock`, {
    method: "POST",
    headers: { authorization: `Bearer ${sandbox.controlToken}`, "content-type": "application/json" },
    body: JSON.stringify({ stepSeconds: seconds }),
  });
  assert.equal(answer.status, 200, await answer.text());
}
const put = (MetricName: string, ...values: number[]) =>
  cloudwatch.send(
    new PutMetricDataCommand({ Namespace: "T", MetricData: values.map((Value) => ({ MetricName, Value })) }),
  );
const metricOf = (MetricName: string, Stat = "Sum", Period = 60) => ({
  MetricStat: { Metric: { Namespace: "T", MetricName }, Period, Stat },
  ReturnData: false,
});
const putAlarm = (more: Partial<PutMetricAlarmCommandInput>) =>
  cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName: "a",
      ComparisonOperator: "GreaterThanThreshold",
      EvaluationPeriods: 1,
      Threshold: 10,
      ...more,
    }),
  );
const onMetric = (AlarmName: string, more: Partial<PutMetricAlarmCommandInput> = {}) =>
  putAlarm({ AlarmName, Namespace: "T", MetricName: AlarmName, Period: 60, Statistic: "Sum", ...more });
const putComposite = (AlarmName: string, AlarmRule: string, more: Partial<PutCompositeAlarmCommandInput> = {}) =>
  cloudwatch.send(new PutCompositeAlarmCommand({ AlarmName, AlarmRule, ...more }));
const set = (AlarmName: string, StateValue: StateValue) =>
  cloudwatch.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: "by hand" }));
const metricAlarm = async (name: string) =>
  (await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: [name] }))).MetricAlarms?.[0];
const composite = async (name: string) =>
  (await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: [name], AlarmTypes: ["CompositeAlarm"] })))
    .CompositeAlarms?.[0];
const historyOf = async (AlarmName: string) =>
  (await cloudwatch.send(new DescribeAlarmHistoryCommand({ AlarmName, ScanBy: "TimestampAscending" })))
    .AlarmHistoryItems ?? [];

describe("alarms on metric math", () => {
  const Metrics = [
    { Id: "rate", Expression: "100 * errors / FILL(all, 0)", Label: "Error rate" },
    { Id: "errors", ...metricOf("Errors") },
    { Id: "all", ...metricOf("All") },
  ];

  it("serialization: the queries are described as they were given", async () => {
    await putAlarm({ AlarmName: "rate", Metrics });
    const described = await metricAlarm("rate");
    assert.deepEqual(described?.Metrics, Metrics);
    assert.deepEqual(
      [described?.Statistic, described?.MetricName, described?.Period, described?.Dimensions],
      [undefined, undefined, undefined, undefined],
    );
  });

  it("validation: what the queries may not be", async () => {
    const refused = (input: Partial<PutMetricAlarmCommandInput>, message: RegExp) =>
      assert.rejects(putAlarm({ AlarmName: "wrong", ...input }), { message });
    await refused({ Metrics: Metrics.map((q) => ({ ...q, ReturnData: false })) }, /Exactly one element/);
    await refused({ Metrics, MetricName: "Errors" }, /MetricName are not allowed together with Metrics/);
    await refused({ Metrics: [{ Id: "s", Expression: "SEARCH('{T} x', 'Sum', 60)" }] }, /SEARCH is not supported/);
    await refused({ Metrics: [{ Id: "m", ...metricOf("All", "Sum", 45), ReturnData: true }] }, /Period must be/);
    await refused({ Metrics: [...Metrics, { Id: "all", ...metricOf("All") }] }, /not unique/);
    assert.equal(await metricAlarm("wrong"), undefined);
  });

  it("functionality: the expression is evaluated once a period and moves the alarm", async () => {
    await put("Errors", 30);
    await put("All", 100);
    await step(60);
    const raised = await metricAlarm("rate");
    assert.match(
      raised?.StateReason ?? "",
      /^Threshold Crossed: 1 datapoint \[30\.0 \(.*\)\] was greater than the threshold \(10\.0\)\.$/,
    );
    await put("Errors", 5);
    await put("All", 100);
    await step(60);
    assert.equal((await metricAlarm("rate"))?.StateValue, "OK");
    await step(120);
    assert.equal((await metricAlarm("rate"))?.StateValue, "INSUFFICIENT_DATA");
  });

  it("functionality: M of N, missing data and periods of ten seconds", async () => {
    await onMetric("Fast", {
      Period: 10,
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
      TreatMissingData: "notBreaching",
    });
    for (const values of [[50], [], [50]]) {
      await put("Fast", ...values, ...(values.length ? [] : [1]));
      await step(10);
    }
    const raised = await metricAlarm("Fast");
    assert.equal(raised?.StateValue, "ALARM");
    assert.match(
      raised?.StateReason ?? "",
      /^Threshold Crossed: 2 out of the last 3 datapoints \[50\.0 .*\] were greater than .* \(minimum 2 datapoints for OK -> ALARM transition\)\.$/,
    );
    await step(40);
    assert.equal((await metricAlarm("Fast"))?.StateValue, "OK");
    await onMetric("Silent", { Period: 10, TreatMissingData: "breaching" });
    await step(10);
    assert.equal((await metricAlarm("Silent"))?.StateValue, "ALARM");
  });
});

describe("alarm history", () => {
  it("functionality: creation, change of state and actions, with CloudWatch's data", async () => {
    const topic = "arn:aws:sns:us-east-1:123456789012:nobody";
    await onMetric("Told", { AlarmActions: [topic], Dimensions: [{ Name: "D", Value: "v" }] });
    await cloudwatch.send(
      new PutMetricDataCommand({
        Namespace: "T",
        MetricData: [{ MetricName: "Told", Dimensions: [{ Name: "D", Value: "v" }], Value: 21.5 }],
      }),
    );
    await step(60);
    const items = await historyOf("Told");
    const data = items.map((i) => JSON.parse(i.HistoryData ?? "{}"));
    assert.deepEqual(
      items.map((i) => [i.AlarmType, i.HistoryItemType, i.HistorySummary]),
      [
        ["MetricAlarm", "ConfigurationUpdate", 'Alarm "Told" created'],
        ["MetricAlarm", "StateUpdate", "Alarm updated from INSUFFICIENT_DATA to ALARM"],
        ["MetricAlarm", "Action", `Failed to execute action ${topic}`],
      ],
    );
    assert.equal(data[0].type, "Create");
    assert.deepEqual(
      [data[0].createdAlarm.alarmName, data[0].createdAlarm.okactions, data[0].createdAlarm.dimensions],
      ["Told", [], [{ name: "D", value: "v" }]],
    );
    assert.deepEqual(data[1].oldState, {
      stateValue: "INSUFFICIENT_DATA",
      stateReason: "Unchecked: Initial alarm creation",
    });
    const { stateReasonData } = data[1].newState;
    assert.deepEqual(
      [stateReasonData.recentDatapoints, stateReasonData.threshold, stateReasonData.period, stateReasonData.statistic],
      [[21.5], 10, 60, "Sum"],
    );
    assert.match(stateReasonData.queryDate, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
    assert.equal(stateReasonData.evaluatedDatapoints[0].value, 21.5);
    await cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: ["Told"] }));
    assert.equal((await historyOf("Told")).at(-1)?.HistorySummary, 'Alarm "Told" deleted');
    const { Tags } = await cloudwatch.send(new ListTagsForResourceCommand({ ResourceARN: arnOf("Told") }));
    assert.deepEqual(Tags, []);
  });
});

describe("composite alarms", () => {
  before(async () => {
    for (const name of ["one", "two", "three"]) await onMetric(name, { TreatMissingData: "ignore" });
  });

  it("serialization and validation: described only when asked for; a rule that cannot be read says where", async () => {
    await putComposite("c", `ALARM("${arnOf("one")}") OR ALARM(two)`, {
      AlarmDescription: "ü",
      Tags: [{ Key: "k", Value: "v" }],
    });
    const all = await cloudwatch.send(new DescribeAlarmsCommand({}));
    assert.deepEqual(all.CompositeAlarms, []);
    const c = await composite("c");
    assert.deepEqual(
      [c?.AlarmArn, c?.AlarmDescription, c?.AlarmActions, c?.ActionsEnabled],
      [arnOf("c"), "ü", [], true],
    );
    const children = await cloudwatch.send(
      new DescribeAlarmsCommand({ ChildrenOfAlarmName: "c", AlarmTypes: ["MetricAlarm"] }),
    );
    assert.deepEqual(
      children.MetricAlarms?.map((a) => a.AlarmName),
      ["one", "two"],
    );
    const parents = await cloudwatch.send(
      new DescribeAlarmsCommand({ ParentsOfAlarmName: "two", AlarmTypes: ["CompositeAlarm"] }),
    );
    assert.deepEqual(
      parents.CompositeAlarms?.map((a) => a.AlarmName),
      ["c"],
    );
    const refused = (rule: string, message: RegExp) => assert.rejects(putComposite("wrong", rule), { message });
    await refused("ALARM(one) XOR OK(two)", /XOR is not understood/);
    await refused("ALARM(one", /\) expected at the end/);
    await refused("ALARM(nowhere)", /alarms \[nowhere\] in the alarm rule do not exist/);
    await assert.rejects(putComposite("one", "TRUE"), { message: /already exists/ });
  });

  it("functionality: follows the alarms of its rule, with the one that decided", async () => {
    await set("one", "OK");
    await set("two", "OK");
    assert.equal((await composite("c"))?.StateValue, "OK");
    await set("two", "ALARM");
    const raised = await composite("c");
    assert.equal(raised?.StateValue, "ALARM");
    assert.match(
      raised?.StateReason ?? "",
      new RegExp(`^${arnOf("two")} transitioned to ALARM at \\w+ \\d\\d \\w+, \\d{4} \\d\\d:\\d\\d:\\d\\d UTC$`),
    );
    assert.equal(JSON.parse(raised?.StateReasonData ?? "{}").triggeringAlarms[0].arn, arnOf("two"));
    await putComposite("deep", "(NOT OK(c) AND NOT (ALARM(one) OR FALSE)) AND AT_LEAST(1, ALARM, (one, two, three))");
    assert.equal((await composite("deep"))?.StateValue, "ALARM");
    await set("one", "ALARM");
    assert.equal((await composite("deep"))?.StateValue, "OK");
    assert.equal((await historyOf("deep"))[0]?.AlarmType, "CompositeAlarm");
  });

  it("functionality: a suppressor in ALARM holds the actions back; they come when it is over", async () => {
    for (const name of ["one", "two", "three"]) await set(name, "OK");
    const actions = { AlarmActions: ["arn:aws:sns:us-east-1:123456789012:topic"] };
    const suppressor = {
      ActionsSuppressor: "three",
      ActionsSuppressorWaitPeriod: 30,
      ActionsSuppressorExtensionPeriod: 60,
    };
    await putComposite("quiet", "ALARM(one)", { ...actions, ...suppressor });
    const acted = async () => (await historyOf("quiet")).filter((i) => i.HistoryItemType === "Action").length;
    await set("three", "ALARM");
    await set("one", "ALARM");
    assert.deepEqual([(await composite("quiet"))?.ActionsSuppressedBy, await acted()], ["Alarm", 0]);
    await set("three", "OK");
    assert.equal((await composite("quiet"))?.ActionsSuppressedBy, "ExtensionPeriod");
    await step(61);
    assert.deepEqual([(await composite("quiet"))?.ActionsSuppressedBy, await acted()], [undefined, 1]);
  });
});

describe("alarm actions", () => {
  it("functionality: a Lambda function gets the event that CloudWatch sends", async () => {
    const logs = new CloudWatchLogsClient(sandbox.clientConfig());
    const source = "export const handler = async (e) => console.log(JSON.stringify(e))";
    const FunctionArn = await createFunction(sandbox, "told", source);
    await onMetric("calls", { AlarmActions: [FunctionArn] });
    await set("calls", "ALARM");
    const line = await eventually("the function has logged its event", async () => {
      const { events } = await logs
        .send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/told", filterPattern: "alarmData" }))
        .catch(() => ({ events: [] }));
      return events?.[0]?.message;
    });
    const event = JSON.parse(line.slice(line.indexOf("{")));
    assert.deepEqual(
      [event.source, event.alarmArn, event.alarmData.state.value, event.alarmData.previousState.value],
      ["aws.cloudwatch", arnOf("calls"), "ALARM", "INSUFFICIENT_DATA"],
    );
    assert.deepEqual(event.alarmData.configuration.metrics[0].metricStat.metric, {
      namespace: "T",
      name: "calls",
      dimensions: {},
    });
    assert.ok(
      (await historyOf("calls")).some((i) => i.HistorySummary === `Successfully executed action ${FunctionArn}`),
    );
    logs.destroy();
  });
});

describe("metrics: what CloudWatch refuses, and how it labels", () => {
  it("validation: a datum is one of value, values or statistics", async () => {
    const refused = (datum: object, name: string, message: RegExp) =>
      assert.rejects(
        cloudwatch.send(
          new PutMetricDataCommand({
            Namespace: "T",
            MetricData: [
              { MetricName: "Fine", Value: 1 },
              { MetricName: "Odd", ...datum },
            ],
          }),
        ),
        { name, message },
      );
    const StatisticValues = { SampleCount: 1, Sum: 1, Minimum: 1, Maximum: 1 };
    await refused(
      { Value: 1, Values: [1, 2] },
      "InvalidParameterValueException",
      /member\.2\.Value and MetricData\.member\.2\.Values are mutually exclusive/,
    );
    await refused({ Value: 1, StatisticValues }, "InvalidParameterCombinationException", /mutually exclusive/);
    await refused({ Values: [1, 2], Counts: [1] }, "InvalidParameterValueException", /same size/);
    await refused({}, "InvalidParameterValueException", /At least one of the parameters MetricData\.member\.2\.Value/);
    const { Metrics } = await cloudwatch.send(new ListMetricsCommand({ Namespace: "T", MetricName: "Fine" }));
    assert.deepEqual(Metrics, [], "nothing of a refused request is kept");
  });

  it("functionality: two statistics of a metric are told apart by their labels", async () => {
    await put("Labelled", 3);
    const stat = (Id: string, Stat: string) => ({ Id, ...metricOf("Labelled", Stat), ReturnData: true });
    const labels = async (...queries: ReturnType<typeof stat>[]) =>
      (
        await cloudwatch.send(
          new GetMetricDataCommand({
            MetricDataQueries: queries,
            StartTime: new Date(Date.now() - 3_600_000),
            EndTime: new Date(Date.now() + 3_600_000),
          }),
        )
      ).MetricDataResults?.map((r) => r.Label);
    assert.deepEqual(await labels(stat("a", "Sum")), ["Labelled"]);
    assert.deepEqual(await labels(stat("a", "Sum"), stat("b", "Average")), ["Labelled Sum", "Labelled Average"]);
  });
});
