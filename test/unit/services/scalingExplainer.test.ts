import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  ApplicationAutoScalingClient,
  DescribeScalingPoliciesCommand,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
  type TargetTrackingScalingPolicyConfiguration,
} from "@aws-sdk/client-application-auto-scaling";
import { CloudWatchClient, DisableAlarmActionsCommand } from "@aws-sdk/client-cloudwatch";
import { CreateEndpointCommand, DescribeEndpointCommand, SageMakerClient } from "@aws-sdk/client-sagemaker";
import { InvokeEndpointCommand, SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";
import { findScalingCauses } from "../../../src/domain/scalingCauses.ts";
import type { ScalingFinding } from "../../../src/domain/scalingExplanation.ts";
import { Connections } from "../../../src/services/connections.ts";
import { ScalingExplainer } from "../../../src/services/scalingExplainer.ts";
import { deployWine, eventually, WINE_ROW } from "../../wire/endpoints.ts";
import { startTestSandbox, type TestSandbox } from "../../wire/sandbox.ts";

/** A minute of the policy lasts a second. */
const TIME_SCALE = 60;
const dimension = "sagemaker:variant:DesiredInstanceCount" as const;

let sandbox: TestSandbox;
let scaling: ApplicationAutoScalingClient;
let runtime: SageMakerRuntimeClient;
const connections = new Connections();
const explainer = new ScalingExplainer(connections);

before(async () => {
  sandbox = await startTestSandbox({ timeScale: TIME_SCALE });
  scaling = new ApplicationAutoScalingClient(sandbox.clientConfig());
  runtime = new SageMakerRuntimeClient(sandbox.clientConfig());
  await connections.connect({ kind: "sandbox", sandbox: { ...sandbox, timeScale: TIME_SCALE } });
  await deployWine(sandbox, "wine");
  await Promise.all(["bare", "fixed", "astray", "high", "short", "busy"].map(endpoint));
});
after(async () => {
  connections.disconnect();
  for (const client of [scaling, runtime]) client.destroy();
  await sandbox.close();
});

const target = (name: string) => ({
  ServiceNamespace: "sagemaker" as const,
  ScalableDimension: dimension,
  ResourceId: `endpoint/${name}/variant/AllTraffic`,
});

/** An endpoint of its own, so that no cause hides behind another's load. */
async function endpoint(name: string): Promise<void> {
  const sagemaker = new SageMakerClient(sandbox.clientConfig());
  await sagemaker.send(new CreateEndpointCommand({ EndpointName: name, EndpointConfigName: "wine" }));
  await eventually(`${name} is InService`, async () => {
    const { EndpointStatus } = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: name }));
    return EndpointStatus === "InService";
  });
  sagemaker.destroy();
}

const register = (name: string, min: number, max: number, suspended = false) =>
  scaling.send(
    new RegisterScalableTargetCommand({
      ...target(name),
      MinCapacity: min,
      MaxCapacity: max,
      SuspendedState: { DynamicScalingOutSuspended: suspended },
    }),
  );

const track = (name: string, configuration: Partial<TargetTrackingScalingPolicyConfiguration> = {}) =>
  scaling.send(
    new PutScalingPolicyCommand({
      ...target(name),
      PolicyName: "tracking",
      PolicyType: "TargetTrackingScaling",
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 60,
        ScaleOutCooldown: 3600,
        PredefinedMetricSpecification: { PredefinedMetricType: "SageMakerVariantInvocationsPerInstance" },
        ...configuration,
      },
    }),
  );

async function findings(name: string): Promise<ScalingFinding[]> {
  return (await explainer.explain(name)).flatMap((each) => each.findings);
}
const causes = async (name: string) => (await findings(name)).map(({ id }) => id);

const invoke = (EndpointName: string) =>
  runtime.send(new InvokeEndpointCommand({ EndpointName, ContentType: "text/csv", Body: WINE_ROW }));

/** Keeps sending until the explanation has the cause. */
async function loadedUntil(name: string, cause: ScalingFinding["id"]): Promise<ScalingFinding> {
  return eventually(
    `${name}: ${cause}`,
    async () => {
      await Promise.all(Array.from({ length: 5 }, () => invoke(name)));
      return (await findings(name)).find(({ id }) => id === cause);
    },
    30_000,
  );
}

describe("each cause, as a real sandbox has it", { timeout: 120_000 }, () => {
  it("not registered, and no policy", async () => {
    const [found] = await findings("bare");
    assert.equal(found?.id, "notRegistered");
    assert.match(found?.cli ?? "", /register-scalable-target .*endpoint\/bare\/variant\/AllTraffic --min-capacity 1/);
    await register("bare", 1, 4);
    assert.deepEqual(await causes("bare"), ["noPolicy"]);
  });

  it("minimum equals maximum, suspended, and an alarm without datapoints", async () => {
    await register("fixed", 1, 1, true);
    await track("fixed");
    assert.deepEqual(await causes("fixed"), ["minEqualsMax", "suspended", "noData"]);
    const [limits, suspended] = await findings("fixed");
    assert.deepEqual(limits?.action, { kind: "setLimits", minInstances: 1, maxInstances: 4 });
    assert.match(suspended?.evidence ?? "", /scale-out is suspended/);
    assert.match(suspended?.cli ?? "", /DynamicScalingOutSuspended=false/);
  });

  it("another metric, and another endpoint's", async () => {
    await register("astray", 1, 4);
    const Dimensions = [{ Name: "EndpointName", Value: "somewhere" }];
    const specification = { Namespace: "AWS/SageMaker", MetricName: "ModelLatency", Dimensions, Statistic: "Average" };
    await track("astray", {
      PredefinedMetricSpecification: undefined,
      CustomizedMetricSpecification: { ...specification, Statistic: "Average" },
    });
    const found = await findings("astray");
    assert.deepEqual(
      found.slice(0, 2).map(({ id }) => id),
      ["wrongMetric", "wrongDimension"],
    );
    assert.match(
      found[1]?.evidence ?? "",
      /ModelLatency of EndpointName=somewhere; this variant is EndpointName=astray/,
    );
    assert.match(found[1]?.fix ?? "", /dimensions EndpointName and VariantName/);
  });

  it("a target above the load, and a load that was too short", async () => {
    await register("high", 1, 4);
    await track("high", { TargetValue: 1_000_000 });
    const above = await loadedUntil("high", "targetAboveLoad");
    assert.match(above.evidence, /invocations per instance; the policy's target is 1,000,000/);
    assert.deepEqual(above.action, { kind: "findTarget" });
    await register("short", 1, 4);
    await track("short", { TargetValue: 60 });
    await invoke("short");
    await Promise.all(Array.from({ length: 5 }, () => invoke("short")));
    const short = await eventually("the load was too short", async () =>
      (await findings("short")).find(({ id }) => id === "loadTooShort"),
    );
    assert.match(short.evidence, /[12] minutes? (was|were) above 60 in a row; the alarm wants 3/);
  });

  it("actions that are switched off, new capacity on its way, the maximum, and the cooldown", async () => {
    await register("busy", 1, 2);
    await track("busy");
    const { ScalingPolicies } = await scaling.send(new DescribeScalingPoliciesCommand(target("busy")));
    const AlarmNames = ScalingPolicies?.[0]?.Alarms?.map((a) => a.AlarmName ?? "") ?? [];
    const cloudwatch = new CloudWatchClient(sandbox.clientConfig());
    await cloudwatch.send(new DisableAlarmActionsCommand({ AlarmNames }));
    cloudwatch.destroy();
    assert.ok((await causes("busy")).includes("alarmDisabled"));
    // Putting the policy again makes its alarms act again.
    await track("busy");
    await loadedUntil("busy", "atMaximum");
    await register("busy", 1, 9);
    const cooldown = await loadedUntil("busy", "cooldown");
    assert.equal(cooldown.cause, "The cooldown is running");
    assert.match(
      cooldown.evidence,
      /is in ALARM; the scale-out cooldown is 3600 s; the last scaling ended at .*, \d+ s are left/,
    );
  });

  it("an endpoint in transition", async () => {
    const sagemaker = new SageMakerClient(sandbox.clientConfig());
    await sagemaker.send(new CreateEndpointCommand({ EndpointName: "young", EndpointConfigName: "wine" }));
    sagemaker.destroy();
    const [found] = await findings("young");
    assert.equal(found?.id, "notInService");
    assert.match(found?.evidence ?? "", /Endpoint young is Creating/);
  });
});

it("a quota is told from other failures by AWS's words, unless a later activity succeeded", () => {
  const activity = {
    id: "1",
    description: "Setting desired instance count to 3.",
    cause: "alarm",
    notScaledReasons: [],
  };
  const message =
    "Failed to set desired instance count to 3. Reason: The account-level service limit 'ml.m5.large for endpoint usage' is 2 Instances, with current utilization of 2 Instances and a request delta of 1 Instances.";
  const target = {
    endpointName: "e",
    variantName: "v",
    minInstances: 1,
    maxInstances: 4,
    suspended: false,
    policies: [],
  };
  const base = { endpointName: "e", variantName: "v", status: "InService" as const, currentInstances: 2, load: [] };
  const of = (activities: Parameters<typeof findScalingCauses>[0]["activities"]) =>
    findScalingCauses({ ...base, desiredInstances: 2, target, activities }).filter(({ id }) => id !== "noPolicy");
  const failed = { ...activity, status: "Failed", message, startedAtMs: 5 };
  const [quota] = of([failed]);
  assert.deepEqual([quota?.id, quota?.cause], ["quota", "The quota of ml.m5.large is used up"]);
  assert.match(quota?.cli ?? "", /ml\.m5\.large/);
  assert.equal(of([{ ...failed, message: "AccessDenied" }])[0]?.id, "activityFailed");
  assert.deepEqual(of([{ ...activity, status: "Successful", startedAtMs: 6 }, failed]), []);
  const flapping = { ...failed, notScaledReasons: ["AutoScalingAnticipatedFlapping"] };
  assert.equal(of([flapping])[0]?.id, "flapping");
});
