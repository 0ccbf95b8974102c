import assert from "node:assert/strict";
import { test } from "node:test";
import { type ArchitectureFacts, describeArchitecture, trafficQueries } from "../../../src/domain/architecture.ts";
import type { Endpoint } from "../../../src/domain/endpoint.ts";
import type { Stack } from "../../../src/domain/stack.ts";

const resource = (logicalId: string, type: string, physicalId: string, status = "CREATE_COMPLETE") => ({
  logicalId,
  type,
  physicalId,
  status,
});
const stack: Stack = {
  name: "wine",
  id: "arn",
  status: "CREATE_COMPLETE",
  createdAtMs: 0,
  outputs: { LambdaName: "wine-predict", WebUrl: "https://main.d1.amplifyapp.com" },
  resources: [
    resource("Cleaner", "AWS::Lambda::Function", "wine-cleaner"),
    resource("PredictFunction", "AWS::Lambda::Function", "wine-predict"),
    resource("Api", "AWS::ApiGateway::RestApi", "a1b2"),
    resource("WebApp", "AWS::Amplify::App", "arn:aws:amplify:us-east-1:1:apps/d1"),
    resource("Endpoint", "AWS::SageMaker::Endpoint", "arn:aws:sagemaker:us-east-1:1:endpoint/wine-endpoint"),
  ],
};
const endpoint: Endpoint = {
  name: "wine-endpoint",
  arn: "arn",
  status: "InService",
  createdAtMs: 0,
  modifiedAtMs: 0,
  configName: "c",
  variants: [variant("blue", 3, 90), variant("green", 1, 10)],
};
function variant(name: string, currentInstances: number, currentWeight: number) {
  const instances = { currentInstances, desiredInstances: currentInstances };
  return {
    name,
    instanceType: "ml.m5.large",
    ...instances,
    currentWeight,
    desiredWeight: currentWeight,
    modelName: name,
  };
}
const series = (values: Record<string, number>) =>
  Object.entries(values).map(([id, value]) => ({ id, points: [{ atMs: 60_000, value }] }));
const facts = (more: Partial<ArchitectureFacts> = {}): ArchitectureFacts => ({
  stack,
  endpointName: "wine-endpoint",
  endpoint,
  targets: [],
  series: [],
  periodSeconds: 60,
  ...more,
});

test("requests go from the page through API and function to variants and instances; helpers of the stack are no part", () => {
  const { parts, ways, isMoving } = describeArchitecture(facts());
  assert.deepEqual(
    parts.map(({ id, name, state }) => `${id} ${name} ${state}`),
    [
      "web WebApp ok",
      "api Api ok",
      "function wine-predict ok",
      "endpoint wine-endpoint ok",
      "variant/blue blue ok",
      "instances/blue 3 × ml.m5.large ok",
      "variant/green green ok",
      "instances/green 1 × ml.m5.large ok",
    ],
  );
  assert.deepEqual(
    ways.map(({ from, to }) => `${from} → ${to}`),
    [
      "web → api",
      "api → function",
      "function → endpoint",
      "endpoint → variant/blue",
      "variant/blue → instances/blue",
      "endpoint → variant/green",
      "variant/green → instances/green",
    ],
  );
  assert.equal(isMoving, false);
  assert.equal(parts.find(({ id }) => id === "variant/blue")?.detail, "90 % · blue");
});

test("what fails last on a request's way is the cause of what fails before it", () => {
  const measured = series({
    api_count: 600,
    api_errors: 60,
    function_count: 600,
    function_errors: 60,
    variant0_count: 540,
    variant0_errors: 60,
    variant0_latency: 84_000,
    variant1_count: 60,
  });
  const { parts, ways } = describeArchitecture(facts({ series: measured }));
  assert.deepEqual(
    parts.filter(({ isCause }) => isCause).map(({ id }) => id),
    ["variant/blue"],
  );
  assert.deepEqual(
    ways.filter(({ isFailing }) => isFailing).map(({ to }) => to),
    ["api", "function", "endpoint", "variant/blue"],
  );
  assert.deepEqual(parts.find(({ id }) => id === "endpoint")?.traffic, {
    perSecond: 10,
    errorsPerSecond: 1,
    latencyMs: 84,
  });
  // Missing is a gap, never a zero.
  assert.equal(parts.find(({ id }) => id === "web")?.traffic, undefined);
});

test("what an API refuses is said and no failure; what was not measured is no zero", () => {
  const measured = series({
    api_count: 600,
    api_errors: 0,
    api_refused: 75,
    api_latency: 30,
    function_count: 6,
    variant0_count: 6,
  });
  const { parts, ways } = describeArchitecture(facts({ series: measured }));
  const part = (wanted: string) => parts.find(({ id }) => id === wanted);
  assert.deepEqual(part("api")?.traffic, {
    perSecond: 10,
    errorsPerSecond: 0,
    refusedPerSecond: 1.25,
    latencyMs: 30,
  });
  assert.equal(part("api")?.detail, "4xx 13 %");
  assert.ok(ways.every(({ isFailing }) => !isFailing));
  for (const id of ["function", "endpoint"]) {
    assert.equal(part(id)?.traffic?.perSecond, 0.1);
    assert.equal(part(id)?.traffic?.errorsPerSecond, undefined);
    assert.equal(part(id)?.traffic?.latencyMs, undefined);
  }
});

test("a scaling variant and a failed resource are told, an endpoint that cannot be read is drawn as that", () => {
  const scaling = { ...endpoint, variants: [{ ...variant("blue", 1, 1), desiredInstances: 4 }] };
  const moving = describeArchitecture(facts({ endpoint: scaling }));
  assert.ok(moving.isMoving);
  assert.equal(moving.parts.at(-1)?.status, "1 → 4");
  const failed = {
    ...stack,
    resources: stack.resources.map((r) =>
      r.logicalId === "Api" ? { ...r, status: "CREATE_FAILED", statusReason: "No." } : r,
    ),
  };
  const broken = describeArchitecture(facts({ stack: failed }));
  assert.deepEqual(
    broken.parts.filter(({ isCause }) => isCause).map(({ id, reason }) => `${id}: ${reason}`),
    ["api: No."],
  );
  const unread = describeArchitecture(facts({ endpoint: undefined, endpointError: "denied" }));
  assert.deepEqual(
    unread.parts.filter(({ kind }) => kind === "endpoint").map(({ state, reason }) => `${state}: ${reason}`),
    ["unknown: denied"],
  );
});

test("all rates are asked in one call, an endpoint alone needs its variants only", () => {
  const all = trafficQueries(stack, "wine-api", "wine-endpoint", ["blue", "green"]);
  assert.equal(all.length, 13);
  assert.equal(new Set(all.map(({ id }) => id)).size, 13);
  assert.ok(all.every(({ id }) => /^[a-z]\w*$/.test(id)));
  const alone = trafficQueries(undefined, undefined, "wine-endpoint", ["blue"]);
  assert.deepEqual(
    alone.map(({ name }) => name),
    ["Invocations", "Invocation5XXErrors", "ModelLatency"],
  );
  const { parts } = describeArchitecture(facts({ stack: undefined }));
  assert.equal(parts[0]?.id, "endpoint");
});
