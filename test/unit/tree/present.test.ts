import assert from "node:assert/strict";
import { test } from "node:test";
import type { EndpointSummary, Variant } from "../../../src/domain/endpoint.ts";
import { OpsError } from "../../../src/domain/errors.ts";
import {
  presentActivity,
  presentAlarm,
  presentEndpoint,
  presentError,
  presentPolicy,
  presentScaling,
  presentVariant,
} from "../../../src/tree/present.ts";
import { configParts, modelParts, presentConfig, presentModel } from "../../../src/tree/presentParts.ts";
import { presentOutcome, presentOutput, presentResource, presentStack } from "../../../src/tree/presentStack.ts";

const nowMs = Date.UTC(2026, 10, 22, 14, 2, 40);
const summary: EndpointSummary = {
  name: "wine-endpoint",
  arn: "arn:aws:sagemaker:us-east-1:123456789012:endpoint/wine-endpoint",
  status: "InService",
  createdAtMs: nowMs - 3_600_000,
  modifiedAtMs: nowMs - 40_000,
};
const variant: Variant = {
  name: "AllTraffic",
  instanceType: "ml.m5.large",
  currentInstances: 2,
  desiredInstances: 4,
  currentWeight: 1,
  desiredWeight: 1,
};
const base = { summary, isProject: true, simulated: false, nowMs };

test("an endpoint says its status, instances and price, and carries tokens for menus", () => {
  const shown = presentEndpoint({ ...base, variants: [variant], hourlyUsd: 0.23, autoscaled: true, scaling: "active" });
  assert.equal(shown.description, "InService · 2/4 instances · $0.23/h");
  assert.equal(shown.contextValue, "endpoint+inService+takesTraffic+autoscaled+suspendable+project");
  assert.equal(shown.icon, "circle-filled");
});

test("what is suspended can be resumed, what scales can be suspended, and where nobody looked both are offered", () => {
  const tokens = (scaling?: "none" | "active" | "suspended") =>
    presentEndpoint({ ...base, scaling }).contextValue?.match(/suspendable|resumable/g);
  assert.deepEqual(tokens("suspended"), ["resumable"]);
  assert.deepEqual(tokens("none"), null);
  assert.deepEqual(tokens(), ["suspendable", "resumable"]);
});

test("an endpoint in transition says from where to where and since when, not what it costs", () => {
  const updating = { ...summary, status: "Updating" as const };
  const shown = presentEndpoint({ ...base, summary: updating, variants: [variant], hourlyUsd: 0.23 });
  assert.equal(shown.description, "Updating · 2→4 · 40 s");
  assert.equal(shown.icon, "sync~spin");
});

test("an idle endpoint says so, with how long and what it costs, and can be deleted by its token", () => {
  const shown = presentEndpoint({ ...base, variants: [variant], hourlyUsd: 0.23, idleHours: 24 });
  assert.equal(shown.description, "InService · idle · 2/4 instances · $0.23/h");
  assert.match(shown.contextValue ?? "", /\+project\+idle$/);
  const rows = Object.fromEntries(shown.tooltip as [string, string][]);
  assert.equal(rows.Idle, "not invoked for 24 h, at $0.23/h: delete its stack when it is not needed");
});

test("a failed endpoint says why, and takes no traffic", () => {
  const failed = { ...summary, status: "Failed" as const };
  const shown = presentEndpoint({ ...base, isProject: false, summary: failed, failureReason: "no ping" });
  assert.equal(shown.description, "Failed · no ping");
  assert.equal(shown.contextValue, "endpoint+failed");
});

test("what is simulated says so", () => {
  const shown = presentEndpoint({ ...base, simulated: true, variants: [variant], hourlyUsd: 0.23 });
  assert.equal(shown.description, "InService · 2/4 instances · $0.23/h · simulated");
});

test("variant, model and config in one line each", () => {
  assert.equal(presentVariant(variant).description, "ml.m5.large · 2 of 4 · weight 1");
  assert.equal(presentVariant({ ...variant, instanceType: undefined }).description, "serverless · weight 1");
  const model = {
    name: "m",
    arn: "a",
    image: "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
    artifact: "s3://bucket/wine/model/model.tar.gz",
    createdAtMs: nowMs,
  };
  assert.equal(presentModel(model, nowMs).description, "sagemaker-xgboost 1.7-1 · model.tar.gz");
  const config = { name: "c", arn: "a", createdAtMs: nowMs, variants: [{ name: "AllTraffic" }], dataCapture: false };
  assert.equal(presentConfig(config, nowMs).description, "1 variant · data capture off");
});

const alarmName = (side: string) => `TargetTracking-endpoint/wine-endpoint/variant/AllTraffic-${side}-37c4a550`;
const alarm = {
  name: alarmName("AlarmHigh"),
  state: "OK" as const,
  threshold: 12000,
  comparison: "GreaterThanThreshold",
  periodSeconds: 60,
  evaluationPeriods: 3,
};

test("scaling says bounds and target, policy its cooldowns, alarm its condition", () => {
  const policy = {
    name: "p",
    arn: "a",
    type: "targetTracking" as const,
    metric: "SageMakerVariantInvocationsPerInstance",
    target: 12000,
    scaleOutCooldownSeconds: 60,
    scaleInCooldownSeconds: 300,
    alarms: [alarm],
  };
  const target = {
    endpointName: "wine-endpoint",
    variantName: "AllTraffic",
    minInstances: 1,
    maxInstances: 4,
    suspended: false,
    policies: [policy],
  };
  assert.equal(presentScaling(target, false).description, "1–4 · target 12,000 inv/min");
  assert.equal(presentScaling({ ...target, policies: [] }, false).description, "1–4 · no policy");
  assert.equal(presentScaling({ ...target, suspended: true }, true).label, "Scaling of AllTraffic");
  assert.equal(presentPolicy(policy).description, "target 12,000 inv/min · cooldown out 60 s, in 300 s");
  assert.equal(presentAlarm(alarm, nowMs).label, "AlarmHigh");
  assert.equal(presentAlarm(alarm, nowMs).description, "OK · > 12,000 for 3 × 1 min");
});

test("the alarm of an idle endpoint is no warning, the alarm of a loaded one is", () => {
  const high = presentAlarm({ ...alarm, state: "ALARM" }, nowMs);
  const low = presentAlarm({ ...alarm, name: alarmName("AlarmLow"), state: "ALARM" }, nowMs);
  assert.equal(high.color, "charts.yellow");
  assert.equal(low.color, undefined);
});

test("an activity says what was set, how it ended and which alarm caused it", () => {
  const shown = presentActivity(
    {
      id: "1",
      description: "Setting desired instance count to 2.",
      cause: `monitor alarm ${alarmName("AlarmHigh")} in state ALARM triggered policy p`,
      status: "Successful",
      startedAtMs: nowMs,
      notScaledReasons: [],
    },
    nowMs,
  );
  assert.match(shown.label, /^\d\d:\d\d set to 2$/);
  assert.equal(shown.description, "Successful · alarm high");
});

test("an error says what, and what a click does", () => {
  const shown = presentError(new OpsError("unreachable", "Could not list.", { hint: "Check the network." }), "Retry");
  assert.equal(`${shown.label} ${shown.description}`, "Could not list. Retry");
  assert.deepEqual(shown.tooltip, [
    ["What", "Could not list."],
    ["What now", "Check the network."],
  ]);
});

test("a stack, its resources while they are made and afterwards, its outputs", () => {
  const resource = { logicalId: "Endpoint", type: "AWS::SageMaker::Endpoint", status: "CREATE_IN_PROGRESS" };
  const stack = {
    name: "wine",
    id: "i",
    status: "UPDATE_ROLLBACK_COMPLETE",
    createdAtMs: nowMs,
    outputs: {},
    resources: [resource],
  };
  assert.equal(presentStack(stack).description, "UPDATE_ROLLBACK_COMPLETE · 1 resource");
  assert.equal(presentStack(stack).icon, "error");
  assert.equal(presentResource(resource).description, "CREATE_IN_PROGRESS · SageMaker Endpoint");
  assert.equal(presentResource({ ...resource, status: "CREATE_COMPLETE" }).description, "SageMaker Endpoint");
  assert.equal(presentOutput("ModelName", "m", undefined).contextValue, "output");
  const served = presentOutput("ApiUrl", "https://aws/", "http://127.0.0.1:1/");
  assert.equal(served.contextValue, "output+url");
  assert.equal(served.description, "http://127.0.0.1:1/");
});

test("menus tell what is in transition and what has failed; no instances are no figure", () => {
  const context = (status: EndpointSummary["status"]) =>
    presentEndpoint({ ...base, isProject: false, summary: { ...summary, status } }).contextValue;
  assert.equal(context("Creating"), "endpoint+creating+inTransition");
  assert.equal(context("Updating"), "endpoint+updating+takesTraffic+inTransition");
  assert.equal(context("UpdateRollbackFailed"), "endpoint+updateRollbackFailed+failed");
  const none = { ...variant, currentInstances: 0, desiredInstances: 0 };
  const creating = { ...summary, status: "Creating" as const };
  assert.equal(presentEndpoint({ ...base, summary: creating, variants: [none] }).description, "Creating · 40 s");
});

test("an error of a file is told by the file's name", () => {
  const place = { file: "/a/long/way/sagemaker-ops.json", line: 2, column: 3 };
  const error = new OpsError("badInput", `Project file ${place.file} is not JSON`, { place });
  assert.equal(presentError(error, "Open file").label, "Project file sagemaker-ops.json is not JSON");
  assert.equal(presentError(error, "Open file").description, "Open file");
});

test("what became of a deployment is told; a stack that only can be deleted says so to the menus", () => {
  assert.match(presentOutcome("cancelled", "x was cancelled", nowMs, nowMs).description ?? "", /· rolled back$/);
  const failed = presentOutcome("failed", "Stack wine failed at Endpoint.", nowMs, nowMs);
  assert.match(failed.description ?? "", /Stack wine failed at Endpoint\.$/);
  assert.equal(failed.icon, "error");
  const stack = { name: "wine", id: "i", createdAtMs: nowMs, outputs: {}, resources: [] };
  const context = (status: string) => presentStack({ ...stack, status }).contextValue;
  assert.equal(context("ROLLBACK_COMPLETE"), "stack+onlyDeletable");
  assert.equal(context("UPDATE_ROLLBACK_COMPLETE"), "stack");
  assert.equal(context("CREATE_IN_PROGRESS"), "stack+inProgress");
});

test("what a model is made of: image, artifact to download, environment without secrets", () => {
  const parts = modelParts({
    name: "m",
    arn: "arn",
    image: "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
    artifact: "s3://bucket/model.tar.gz",
    environment: { SAGEMAKER_PROGRAM: "inference.py", HF_TOKEN: "hf_abc" },
    createdAtMs: nowMs,
  });
  assert.deepEqual(
    parts.map(({ label, description, contextValue }) => [label, description, contextValue]),
    [
      ["Image", "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1", "value"],
      ["Artifact", "s3://bucket/model.tar.gz", "value+artifact"],
      ["SAGEMAKER_PROGRAM", "inference.py", "value"],
      ["HF_TOKEN", "(not shown)", "value"],
    ],
  );
});

test("a configuration tells serverless variants, capturing and where asynchronous answers go", () => {
  const parts = configParts({
    name: "c",
    arn: "arn",
    createdAtMs: nowMs,
    variants: [{ name: "A", serverless: { memoryMb: 2048, maxConcurrency: 5 } }],
    dataCapture: true,
    capture: { destination: "s3://bucket/captured", percent: 20 },
    async: { output: "s3://bucket/out", maxConcurrentPerInstance: 4 },
  });
  assert.deepEqual(
    parts.map(({ label, description }) => `${label}: ${description}`),
    [
      "A: serverless · 2,048 MB · at most 5 at once",
      "Data capture: 20 % of the requests · s3://bucket/captured",
      "Asynchronous: s3://bucket/out · at most 4 at once and instance",
    ],
  );
});
