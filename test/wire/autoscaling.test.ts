import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  ApplicationAutoScalingClient,
  DeregisterScalableTargetCommand,
  DescribeScalableTargetsCommand,
  DescribeScalingActivitiesCommand,
  DescribeScalingPoliciesCommand,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
  type ScalingActivity,
} from "@aws-sdk/client-application-auto-scaling";
import { CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { DeleteEndpointCommand, DescribeEndpointCommand, SageMakerClient } from "@aws-sdk/client-sagemaker";
import { InvokeEndpointCommand, SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";
import { deployWine, eventually, WINE_ROW } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

/** A minute of AWS is 100 ms here; alarm periods are a second, the shortest that the sandbox has. */
const TIME_SCALE = 600;
const ENDPOINT = "wine";
const RESOURCE = {
  ServiceNamespace: "sagemaker",
  ResourceId: `endpoint/${ENDPOINT}/variant/AllTraffic`,
  ScalableDimension: "sagemaker:variant:DesiredInstanceCount",
} as const;

let sandbox: TestSandbox;
let autoscaling: ApplicationAutoScalingClient;
let cloudwatch: CloudWatchClient;
let sagemaker: SageMakerClient;
let runtime: SageMakerRuntimeClient;
before(async () => {
  sandbox = await startTestSandbox({ timeScale: TIME_SCALE });
  autoscaling = new ApplicationAutoScalingClient(sandbox.clientConfig());
  cloudwatch = new CloudWatchClient(sandbox.clientConfig());
  sagemaker = new SageMakerClient(sandbox.clientConfig());
  runtime = new SageMakerRuntimeClient(sandbox.clientConfig());
  await deployWine(sandbox, ENDPOINT);
});
after(async () => {
  for (const client of [autoscaling, cloudwatch, sagemaker, runtime]) client.destroy();
  await sandbox.close();
});

const register = (more: object = {}) =>
  autoscaling.send(new RegisterScalableTargetCommand({ ...RESOURCE, MinCapacity: 1, MaxCapacity: 3, ...more }));
const track = (TargetValue: number, more: object = {}) =>
  autoscaling.send(
    new PutScalingPolicyCommand({
      ...RESOURCE,
      PolicyName: "track",
      PolicyType: "TargetTrackingScaling",
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue,
        PredefinedMetricSpecification: { PredefinedMetricType: "SageMakerVariantInvocationsPerInstance" },
        ScaleOutCooldown: 0,
        ScaleInCooldown: 0,
        ...more,
      },
    }),
  );
async function activities(includeNotScaled = false): Promise<ScalingActivity[]> {
  const answer = await autoscaling.send(
    new DescribeScalingActivitiesCommand({ ...RESOURCE, IncludeNotScaledActivities: includeNotScaled }),
  );
  return answer.ScalingActivities ?? [];
}
async function variant() {
  const { ProductionVariants } = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: ENDPOINT }));
  return ProductionVariants?.[0];
}

/**
 * Invocations until stopped, 50 in each second however late their answers come: 3,000 for the alarms, whose periods of a
 * second stand for minutes.
 */
function load(): { stop(): Promise<void> } {
  const startedAt = performance.now();
  const sent: Promise<unknown>[] = [];
  const send = () =>
    runtime.send(new InvokeEndpointCommand({ EndpointName: ENDPOINT, ContentType: "text/csv", Body: WINE_ROW }));
  const timer = setInterval(() => {
    while (sent.length < (performance.now() - startedAt) / 20) sent.push(send());
  }, 20);
  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.all(sent);
    },
  };
}

describe("validation", () => {
  it("a target must be one of an endpoint that exists", async () => {
    await assert.rejects(register({ ResourceId: "endpoint/none/variant/AllTraffic" }), {
      name: "ValidationException",
      message: /endpoint\/none\/variant\/AllTraffic does not exist/,
    });
    await assert.rejects(register({ ResourceId: "wine" }), { name: "ValidationException" });
    await assert.rejects(register({ MinCapacity: 4, MaxCapacity: 2 }), { name: "ValidationException" });
  });
  it("a policy needs its target", () =>
    assert.rejects(track(10), {
      name: "ObjectNotFoundException",
      message: `No scalable target registered for service namespace: sagemaker, resource ID: ${RESOURCE.ResourceId}, scalable dimension: ${RESOURCE.ScalableDimension}`,
    }));
});

describe("a scale-out, from the requests to the instances", () => {
  it("invocations → alarm → activity → more instances, and no more than the maximum", async () => {
    await register();
    const policy = await track(60);
    assert.match(
      policy.PolicyARN ?? "",
      /^arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:[0-9a-f-]{36}:resource\/sagemaker\/endpoint\/wine\/variant\/AllTraffic:policyName\/track$/,
    );
    const names = policy.Alarms?.map((a) => a.AlarmName ?? "") ?? [];
    assert.match(names[0] ?? "", /^TargetTracking-endpoint\/wine\/variant\/AllTraffic-AlarmHigh-/);
    assert.match(names[1] ?? "", /^TargetTracking-endpoint\/wine\/variant\/AllTraffic-AlarmLow-/);

    const traffic = load();
    try {
      const [first] = await eventually("an activity", async () => {
        const found = await activities();
        return found.length ? found : undefined;
      });
      assert.equal(first?.Description, "Setting desired instance count to 3.");
      assert.equal(first?.Cause, `monitor alarm ${names[0]} in state ALARM triggered policy track`);
      const { MetricAlarms } = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: [names[0] ?? ""] }));
      assert.equal(MetricAlarms?.[0]?.StateValue, "ALARM");
      assert.match(
        MetricAlarms?.[0]?.StateReason ?? "",
        /^Threshold Crossed: 3 datapoints \[.*\] were greater than the threshold \(60\.0\)/,
      );
      await eventually("three instances", async () => (await variant())?.CurrentInstanceCount === 3);
      const done = await eventually("the activity has ended", async () =>
        (await activities()).find((a) => a.StatusCode === "Successful"),
      );
      assert.equal(
        done.StatusMessage,
        "Successfully set desired instance count to 3. Change successfully fulfilled by sagemaker.",
      );
      assert.ok((done.EndTime?.getTime() ?? 0) >= (done.StartTime?.getTime() ?? 0));
      const [refused] = await eventually("a note that nothing more is to be had", async () => {
        const noted = (await activities(true)).filter((a) => a.NotScaledReasons?.length);
        return noted.length ? noted : undefined;
      });
      assert.deepEqual(refused?.NotScaledReasons, [
        { Code: "AlreadyAtMaxCapacity", MaxCapacity: 3, CurrentCapacity: 3 },
      ]);
      assert.equal(
        (await activities()).some((a) => a.NotScaledReasons?.length),
        false,
      );
    } finally {
      await traffic.stop();
    }
    assert.equal((await variant())?.CurrentInstanceCount, 3);
  });

  it("the limits bring it back: the maximum is lowered, then the minimum raised", async () => {
    await register({ MaxCapacity: 1 });
    await eventually("one instance", async () => (await variant())?.CurrentInstanceCount === 1);
    const lowered = (await activities())[0];
    assert.equal(lowered?.Cause, "maximum capacity was set to 1");
    await register({ MinCapacity: 2, MaxCapacity: 3 });
    await eventually("two instances", async () => (await variant())?.CurrentInstanceCount === 2);
    assert.equal((await activities())[0]?.Cause, "minimum capacity was set to 2");
  });
});

describe("cooldowns and suspension", () => {
  it("a second scale-out waits for the cooldown; a suspended target does not scale at all", async () => {
    await register({ MinCapacity: 1, MaxCapacity: 1 });
    await eventually("one instance", async () => (await variant())?.CurrentInstanceCount === 1);
    await register({ MinCapacity: 1, MaxCapacity: 3 });
    const cooldownMs = (1_200 * 1000) / TIME_SCALE;
    const { Alarms } = await track(1_000_000);
    assert.equal(Alarms?.length, 2);
    await register({ SuspendedState: { DynamicScalingOutSuspended: true } });
    const before = (await activities()).length;
    await track(2_100, { ScaleOutCooldown: 1_200, DisableScaleIn: true });
    const traffic = load();
    try {
      const high = (await autoscaling.send(new DescribeScalingPoliciesCommand({ ...RESOURCE }))).ScalingPolicies?.[0]
        ?.Alarms?.[0]?.AlarmName;
      await eventually("the alarm", async () => {
        const { MetricAlarms } = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: [high ?? ""] }));
        return MetricAlarms?.[0]?.StateValue === "ALARM";
      });
      assert.equal((await activities()).length, before, "a suspended target was scaled");
      await register({ SuspendedState: { DynamicScalingOutSuspended: false } });
      const first = await eventually("the first scale-out", async () => {
        const [latest] = await activities();
        return (
          latest?.Description === "Setting desired instance count to 2." && latest.StatusCode === "Successful" && latest
        );
      });
      // Now two instances share the load; the target is made so low that one more is wanted at once.
      await track(100, { ScaleOutCooldown: 1_200, DisableScaleIn: true });
      const second = await eventually("the second scale-out", async () => {
        const [latest] = await activities();
        return latest?.Description === "Setting desired instance count to 3." && latest;
      });
      const pauseMs = (second.StartTime?.getTime() ?? 0) - (first.EndTime?.getTime() ?? 0);
      assert.ok(pauseMs >= cooldownMs - 50, `${pauseMs} ms between the two, the cooldown is ${cooldownMs} ms`);
    } finally {
      await traffic.stop();
    }
  });
});

describe("scale-in and the end", () => {
  it("without load the low alarm brings it to the minimum", { timeout: 60_000 }, async () => {
    await register({ MinCapacity: 1, MaxCapacity: 3 });
    await track(10_000);
    const trickle = load();
    try {
      await eventually("one instance", async () => (await variant())?.CurrentInstanceCount === 1, 45_000);
    } finally {
      await trickle.stop();
    }
    const [latest] = await activities();
    assert.match(latest?.Cause ?? "", /-AlarmLow-.* in state ALARM triggered policy track$/);
  });

  it("deleting the endpoint deregisters its target, its policy and their alarms silently", async () => {
    await sagemaker.send(new DeleteEndpointCommand({ EndpointName: ENDPOINT }));
    await eventually("no target", async () => {
      const { ScalableTargets } = await autoscaling.send(
        new DescribeScalableTargetsCommand({ ServiceNamespace: "sagemaker" }),
      );
      return ScalableTargets?.length === 0;
    });
    await eventually("no alarm", async () => {
      const { MetricAlarms } = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNamePrefix: "TargetTracking-" }));
      return MetricAlarms?.length === 0;
    });
    await assert.rejects(autoscaling.send(new DeregisterScalableTargetCommand(RESOURCE)), {
      name: "ObjectNotFoundException",
    });
  });
});
