import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand } from "@aws-sdk/client-cloudwatch";
import type { Alarm } from "../../../src/domain/scaling.ts";
import { desiredSteps } from "../../../src/panels/endpointFacts.ts";
import { ChartMomentReader } from "../../../src/services/chartMoments.ts";
import { Connections } from "../../../src/services/connections.ts";
import type { EndpointDetail } from "../../../src/services/endpoints.ts";
import { startTestSandbox, type TestSandbox } from "../../wire/sandbox.ts";

let sandbox: TestSandbox;
const connections = new Connections();
before(async () => {
  sandbox = await startTestSandbox({ timeScale: 300 });
  await connections.connect({ kind: "sandbox", sandbox: { ...sandbox, timeScale: 300 } });
});
after(async () => {
  connections.disconnect();
  await sandbox.close();
});

const endpoint = {
  name: "wine",
  arn: "",
  status: "InService",
  createdAtMs: 1_000,
  modifiedAtMs: 9_000,
  configName: "wine-1",
  variants: [{ name: "AllTraffic", currentInstances: 2, desiredInstances: 3, currentWeight: 1 }],
} as EndpointDetail["endpoint"];

function detail(alarm: Partial<Alarm>): Pick<EndpointDetail, "endpoint" | "targets"> {
  const alarms = [{ name: "high", state: "OK", ...alarm }] as Alarm[];
  const policies = [{ name: "p", arn: "", type: "targetTracking" as const, alarms }];
  return {
    endpoint,
    targets: [
      { endpointName: "wine", variantName: "AllTraffic", minInstances: 1, maxInstances: 4, suspended: false, policies },
    ],
  };
}

test("an alarm that went off stays marked when it is over, and what rests is not asked again", async () => {
  const client = new CloudWatchClient(sandbox.clientConfig());
  await client.send(
    new PutMetricAlarmCommand({
      AlarmName: "high",
      MetricName: "M",
      Namespace: "N",
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanThreshold",
    }),
  );
  for (const StateValue of ["ALARM", "OK"] as const)
    await client.send(new SetAlarmStateCommand({ AlarmName: "high", StateValue, StateReason: "test" }));
  client.destroy();
  const reader = new ChartMomentReader(connections);
  const moments = await reader.read(detail({ stateAtMs: 1 }), undefined, 15);
  assert.deepEqual(
    moments?.alarms?.map(({ name }) => name),
    ["high"],
  );
  assert.equal(await reader.read(detail({ stateAtMs: 1 }), undefined, 15), undefined, "it was asked again");
  assert.ok(await reader.read(detail({ stateAtMs: 2 }), undefined, 15), "a change was not looked at");
});

test("what was wanted is known from the activities, and what is wanted now from the endpoint", () => {
  const activity = (atMs: number, description: string) => ({
    id: `${atMs}`,
    description,
    cause: "",
    status: "Successful",
    startedAtMs: atMs,
    notScaledReasons: [],
  });
  const activities = [activity(5_000, "Setting desired instance count to 2."), activity(4_000, "Something else.")];
  const whole = { endpoint, targets: [], models: [], activities };
  assert.deepEqual(desiredSteps(whole), [
    { atMs: 5_000, count: 2 },
    { atMs: 9_000, count: 3 },
  ]);
  const two = { ...endpoint, variants: [...endpoint.variants, ...endpoint.variants] };
  assert.deepEqual(desiredSteps({ ...whole, endpoint: two }), []);
});
