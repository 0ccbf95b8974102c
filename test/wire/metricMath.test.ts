import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  CloudWatchClient,
  GetMetricDataCommand,
  PutMetricDataCommand,
  paginateGetMetricData,
} from "@aws-sdk/client-cloudwatch";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const MINUTE = 60_000;
const begin = Math.floor(Date.now() / MINUTE) * MINUTE - 30 * MINUTE;
let sandbox: TestSandbox;
let cloudwatch: CloudWatchClient;

before(async () => {
  sandbox = await startTestSandbox();
  cloudwatch = new CloudWatchClient(sandbox.clientConfig());
  const at = (minute: number) => new Date(begin + minute * MINUTE);
  const dimensions = [{ Name: "Part", Value: "a" }];
  await cloudwatch.send(
    new PutMetricDataCommand({
      Namespace: "Shop",
      MetricData: [0, 1, 2, 4].flatMap((minute) => [
        { MetricName: "Orders", Dimensions: dimensions, Timestamp: at(minute), Value: 10 * (minute + 1) },
        { MetricName: "Errors", Dimensions: dimensions, Timestamp: at(minute), Value: minute },
      ]),
    }),
  );
});
after(() => sandbox.close());

const metric = (Id: string, MetricName: string, ReturnData = true) => ({
  Id,
  ReturnData,
  MetricStat: {
    Metric: { Namespace: "Shop", MetricName, Dimensions: [{ Name: "Part", Value: "a" }] },
    Period: 60,
    Stat: "Sum",
  },
});
const range = {
  StartTime: new Date(begin),
  EndTime: new Date(begin + 6 * MINUTE),
  ScanBy: "TimestampAscending" as const,
};

/** Values of an expression over `orders` and `errors`. */
async function calculate(Expression: string): Promise<number[] | undefined> {
  const { MetricDataResults } = await cloudwatch.send(
    new GetMetricDataCommand({
      ...range,
      MetricDataQueries: [
        metric("orders", "Orders", false),
        metric("errors", "Errors", false),
        { Id: "result", Expression },
      ],
    }),
  );
  return MetricDataResults?.[0]?.Values;
}

const cases: [expression: string, values: number[]][] = [
  ["errors / orders * 100", [0, 5, 200 / 30, 8]],
  ["SUM([orders, errors])", [10, 21, 32, 54]],
  ["SUM(METRICS())", [10, 21, 32, 54]],
  ["MAX(orders)", [50, 50, 50, 50, 50, 50]],
  ["FILL(errors, 0)", [0, 1, 2, 0, 4, 0]],
  ["FILL(errors, REPEAT)", [0, 1, 2, 2, 4, 4]],
  ["FILL(errors, LINEAR)", [0, 1, 2, 3, 4]],
  ["IF(errors > 1, orders, 0)", [0, 0, 30, 50]],
  ["DIFF(orders)", [10, 10, 20]],
  ["PERIOD(orders) / 60", [1, 1, 1, 1, 1, 1]],
  ["2 ^ errors", [1, 2, 4, 16]],
  ["-ABS(errors - 3)", [-3, -2, -1, -1]],
  ["RUNNING_SUM(errors)", [0, 1, 3, 7]],
  [`SEARCH('{Shop,Part} MetricName="Orders"', 'Sum', 60)`, [10, 20, 30, 50]],
];
for (const [expression, values] of cases)
  test(expression, async () => {
    const measured = (await calculate(expression)) ?? [];
    assert.equal(measured.length, values.length, String(measured));
    measured.forEach((v, i) => {
      assert.ok(Math.abs(v - (values[i] ?? Number.NaN)) < 1e-9, `${measured} instead of ${values}`);
    });
  });

test("what is not covered is named", async () => {
  await assert.rejects(calculate("ANOMALY_DETECTION_BAND(orders)"), /ANOMALY_DETECTION_BAND is not supported/);
  await assert.rejects(calculate("orders + nothing"), /no query with the id nothing/);
  await assert.rejects(calculate("result + 1"), /refers to itself/);
});

test("points beyond MaxDatapoints come on further pages, none twice", async () => {
  const values: number[] = [];
  let pages = 0;
  const queries = [metric("orders", "Orders"), metric("errors", "Errors")];
  for await (const page of paginateGetMetricData(
    { client: cloudwatch },
    { ...range, MaxDatapoints: 3, MetricDataQueries: queries },
  )) {
    pages++;
    for (const r of page.MetricDataResults ?? []) values.push(...(r.Values ?? []));
  }
  assert.equal(pages, 3);
  assert.deepEqual(values, [10, 20, 30, 50, 0, 1, 2, 4]);
});
