import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { ListEndpointsCommand, SageMakerClient } from "@aws-sdk/client-sagemaker";
import { Connections } from "../../src/services/connections.ts";
import { loadProject } from "../../src/services/projects.ts";
import { StackDeployer } from "../../src/services/stackDeployer.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const PROJECT = fileURLToPath(new URL("../../infra", import.meta.url));
let sandbox: TestSandbox;
before(async () => {
  sandbox = await startTestSandbox();
});
afterEach(() => control("DELETE"));
after(() => sandbox.close());

async function control(method: string, body?: unknown, token = sandbox.controlToken) {
  const answer = await fetch(`${sandbox.endpoint}/_sandbox/faults`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: answer.status, text: await answer.text() };
}

const list = (maxAttempts: number) =>
  new SageMakerClient({ ...sandbox.clientConfig(), maxAttempts }).send(new ListEndpointsCommand({}));

test("a throttled operation is a ThrottlingException, and an SDK's retry gets through", async () => {
  await control("POST", { faults: [{ operation: "ListEndpoints", kind: "throttle", count: 1 }] });
  await assert.rejects(list(1), { name: "ThrottlingException", message: "Rate exceeded" });
  await control("POST", { faults: [{ operation: "ListEndpoints", kind: "throttle", count: 2 }] });
  assert.deepEqual((await list(5)).Endpoints, []);
});

test("credentials expire, connections drop, chosen errors come, and other services go on", async () => {
  await control("POST", { faults: [{ service: "sagemaker", kind: "expireCredentials" }] });
  await assert.rejects(list(1), { name: "ExpiredTokenException" });
  await control("POST", { faults: [{ service: "sagemaker", kind: "drop" }] });
  await assert.rejects(list(1), (e: Error & { code?: string }) =>
    /ECONNRESET|socket hang up/.test(`${e.code} ${e.message}`),
  );
  await control("POST", { faults: [{ service: "sagemaker", kind: "error", code: "Overloaded", status: 503 }] });
  await assert.rejects(list(1), { name: "Overloaded" });
  const s3 = new S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
  assert.deepEqual((await s3.send(new ListBucketsCommand({}))).Buckets ?? [], []);
});

test("a wrong rule is refused by name, and nothing is done without the token", async () => {
  const wrong = await control("POST", { faults: [{ kind: "explode" }] });
  assert.equal(wrong.status, 400);
  assert.match(wrong.text, /faults\[0\]\.kind must be one of throttle, error/);
  assert.equal((await control("POST", { faults: [{ kind: "drop" }] }, "guess")).status, 401);
  assert.deepEqual((await list(1)).Endpoints, []);
});

test("a deployment gets through throttling and a connection that drops in the middle of an upload", async () => {
  const connections = new Connections();
  await connections.connect({ kind: "sandbox", sandbox: { ...sandbox, timeScale: 0 } });
  const deployer = new StackDeployer(connections);
  await control("POST", {
    faults: [
      { service: "s3", operation: "PutObject", kind: "drop", count: 1 },
      // More often than the SDK tries: the deployment itself has to wait and look again.
      { service: "cloudformation", operation: "DescribeStackEvents", kind: "throttle", count: 7 },
    ],
  });
  const project = await loadProject(PROJECT);
  const stack = await deployer.execute(await deployer.prepare(project));
  assert.equal(stack.status, "CREATE_COMPLETE");
  await control("DELETE");
  await deployer.remove(project);
  assert.equal(await deployer.describe(project.project.stackName), undefined);
});
