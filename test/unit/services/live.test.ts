import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { ApplicationAutoScalingClient, RegisterScalableTargetCommand } from "@aws-sdk/client-application-auto-scaling";
import { CreateBucketCommand, ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import {
  CreateEndpointCommand,
  SageMakerClient,
  UpdateEndpointWeightsAndCapacitiesCommand,
} from "@aws-sdk/client-sagemaker";
import type { Connection } from "../../../src/domain/connection.ts";
import { OpsError } from "../../../src/domain/errors.ts";
import type { EndpointMetrics } from "../../../src/domain/metric.ts";
import { Connections } from "../../../src/services/connections.ts";
import { Endpoints } from "../../../src/services/endpoints.ts";
import { MetricPoller, periodFor } from "../../../src/services/metricPoller.ts";
import { Predictor } from "../../../src/services/predictor.ts";
import {
  resetSandbox,
  type SandboxInfo,
  SandboxProcess,
  sandboxFromEnvironment,
} from "../../../src/services/sandboxProcess.ts";
import { deployWine, eventually, WINE_ROW } from "../../wire/endpoints.ts";
import { startTestSandbox, type TestSandbox } from "../../wire/sandbox.ts";

let sandbox: TestSandbox;
let info: SandboxInfo;
const connections = new Connections();
const connect = (more: Partial<SandboxInfo> = {}) =>
  connections.connect({ kind: "sandbox", sandbox: { ...info, ...more } });
before(async () => {
  sandbox = await startTestSandbox({ timeScale: 300 });
  info = { ...sandbox, timeScale: 300 };
});
after(async () => {
  connections.disconnect();
  await sandbox.close();
});
const opsError = (code: string, message: RegExp) => (e: unknown) => {
  assert.ok(e instanceof OpsError);
  assert.equal(e.code, code);
  assert.match(e.message, message);
  return true;
};

describe("connections", () => {
  it("without one everything says so and how to get one", () => {
    assert.throws(() => connections.required(), opsError("notConnected", /Not connected/));
    assert.throws(() => connections.clients(), opsError("notConnected", /Not connected/));
  });
  it("signs in, tells everyone, and knows where it is", async () => {
    const heard: (Connection | undefined)[] = [];
    const stop = connections.onDidChange.on((c) => heard.push(c));
    const connection = await connect();
    assert.deepEqual(heard, [connection]);
    assert.equal(connection.kind, "sandbox");
    assert.equal(connection.accountId, sandbox.accountId);
    assert.equal(connection.timeScale, 300);
    assert.equal(JSON.stringify(connection).includes(sandbox.secretAccessKey), false);
    stop();
  });
  it("keeps the old connection when the new one fails", async () => {
    const old = connections.current;
    await assert.rejects(connect({ secretAccessKey: "wrong" }), opsError("credentials", /sign in/));
    await assert.rejects(connect({ endpoint: "http://127.0.0.1:1" }), opsError("unreachable", /ECONNREFUSED/));
    assert.equal(connections.current, old);
  });
});

describe("endpoints, predictions and metrics of a real sandbox", () => {
  const predictor = new Predictor(connections);
  before(async () => {
    await connect();
    await deployWine(sandbox);
  });

  it("the list and the detail, with model, price and instances", async () => {
    const endpoints = new Endpoints(connections);
    await endpoints.refresh();
    assert.equal(endpoints.snapshot().state, "loaded");
    assert.deepEqual(
      endpoints.snapshot().endpoints.map((e) => e.name),
      ["wine"],
    );
    const detail = await endpoints.detail("wine");
    assert.equal(detail.endpoint.variants[0]?.instanceType, "ml.m5.large");
    assert.equal(detail.endpoint.variants[0]?.currentInstances, 1);
    assert.equal(detail.models[0]?.artifact, "s3://wine-models/model.tar.gz");
    assert.ok((detail.hourlyUsd ?? 0) > 0);
    assert.equal(await endpoints.detail("wine"), detail, "it was read twice");
    await assert.rejects(endpoints.detail("nope"), opsError("notFound", /nope/));
    endpoints.dispose();
  });

  it("an endpoint in transition is followed by itself until it is InService", async () => {
    const endpoints = new Endpoints(connections);
    const sagemaker = new SageMakerClient(sandbox.clientConfig());
    await sagemaker.send(new CreateEndpointCommand({ EndpointName: "young", EndpointConfigName: "wine" }));
    sagemaker.destroy();
    endpoints.setVisible(true);
    const status = () => endpoints.snapshot().endpoints.find((e) => e.name === "young")?.status;
    await eventually("young was seen", async () => status());
    await eventually("young is InService", async () => status() === "InService");
    endpoints.dispose();
  });

  it("what a page sees of an endpoint that seemed to rest, the list shows, and follows", async () => {
    const endpoints = new Endpoints(connections);
    endpoints.setVisible(true);
    const status = () => endpoints.snapshot().endpoints.find((e) => e.name === "young")?.status;
    await eventually("the list is there", async () => status() === "InService");
    await endpoints.detail("young");
    const sagemaker = new SageMakerClient(sandbox.clientConfig());
    await sagemaker.send(
      new UpdateEndpointWeightsAndCapacitiesCommand({
        EndpointName: "young",
        DesiredWeightsAndCapacities: [{ VariantName: "AllTraffic", DesiredInstanceCount: 2 }],
      }),
    );
    sagemaker.destroy();
    await endpoints.detail("young", { fresh: true });
    await eventually("the list has heard of it", async () => status() === "Updating");
    await eventually("it is followed to its end", async () => status() === "InService");
    assert.equal((await endpoints.detail("young")).endpoint.variants[0]?.currentInstances, 2);
    endpoints.dispose();
  });

  it("an endpoint whose load has ended is followed while its instances leave", async () => {
    const scaling = new ApplicationAutoScalingClient(sandbox.clientConfig());
    await scaling.send(
      new RegisterScalableTargetCommand({
        ServiceNamespace: "sagemaker",
        ResourceId: "endpoint/young/variant/AllTraffic",
        ScalableDimension: "sagemaker:variant:DesiredInstanceCount",
        MinCapacity: 1,
        MaxCapacity: 4,
      }),
    );
    scaling.destroy();
    const endpoints = new Endpoints(connections);
    endpoints.setVisible(true);
    const instances = async () => (await endpoints.detail("young")).endpoint.variants[0]?.currentInstances;
    await eventually("the list is there", async () => endpoints.snapshot().state === "loaded");
    assert.equal(await instances(), 2);
    endpoints.followToRest("young");
    const sagemaker = new SageMakerClient(sandbox.clientConfig());
    await sagemaker.send(
      new UpdateEndpointWeightsAndCapacitiesCommand({
        EndpointName: "young",
        DesiredWeightsAndCapacities: [{ VariantName: "AllTraffic", DesiredInstanceCount: 1 }],
      }),
    );
    sagemaker.destroy();
    await eventually("one instance is left", async () => (await instances()) === 1);
    endpoints.dispose();
  });

  it("a failed reading is part of the snapshot, and the next connection starts anew", async () => {
    const lost = new Connections();
    const endpoints = new Endpoints(lost);
    await endpoints.refresh();
    assert.equal(endpoints.snapshot().state, "failed");
    assert.equal(endpoints.snapshot().error?.code, "notConnected");
    await lost.connect({ kind: "sandbox", sandbox: info });
    assert.equal(endpoints.snapshot().state, "loading");
    endpoints.dispose();
    lost.disconnect();
  });

  it("a prediction, a refusal of the container, an endpoint that is not there", async () => {
    const request = { endpointName: "wine", contentType: "text/csv", body: WINE_ROW };
    const answer = await predictor.predict(request);
    assert.equal(answer.status, 200);
    assert.equal(answer.variant, "AllTraffic");
    assert.equal(answer.probabilities?.length, 3);
    const refused = await predictor.predict({ ...request, body: `${WINE_ROW},1` });
    assert.equal(refused.status, 424);
    assert.equal(refused.error?.originalStatus, 400);
    assert.match(refused.body, /Number of columns/);
    await assert.rejects(predictor.predict({ ...request, endpointName: "nope" }), opsError("notFound", /nope/));
    await assert.rejects(predictor.predict({ ...request, body: "" }), opsError("badInput", /no body/));
    await assert.rejects(
      predictor.predictThroughApi("http://127.0.0.1:1/x", {}),
      opsError("unreachable", /127\.0\.0\.1:1/),
    );
  });

  it("the metrics show what was sent, in the charts' units", async () => {
    const poller = new MetricPoller(connections);
    for (let i = 0; i < 10; i++)
      await predictor.predict({ endpointName: "wine", contentType: "text/csv", body: WINE_ROW });
    const latest = await new Promise<EndpointMetrics>((resolve) => {
      const subscription = poller.subscribe("wine", 5, (m) => {
        const sent = m instanceof OpsError ? [] : (m.series.find((s) => s.id === "invocationsPerSecond")?.points ?? []);
        if (m instanceof OpsError || !sent.some((p) => p.value > 0)) return;
        subscription.dispose();
        resolve(m);
      });
    });
    const last = (id: string) => latest.series.find((s) => s.id === id)?.points.at(-1)?.value ?? Number.NaN;
    assert.ok(last("modelLatencyP50Ms") > 0 && last("modelLatencyP50Ms") < 1_000, "milliseconds, not microseconds");
    assert.equal(last("instances"), 1);
  });

  it("a poll that fails is told to the listener", async () => {
    const error = await new Promise<unknown>((resolve) => {
      const subscription = new MetricPoller(connections).subscribe("nope", 5, (m) => {
        subscription.dispose();
        resolve(m);
      });
    });
    assert.ok(error instanceof OpsError && error.code === "notFound");
  });

  it("periods keep a range under a few hundred points, and AWS's are whole minutes", () => {
    for (const minutes of [1, 5, 60, 180, 1440, 10_080]) {
      for (const local of [true, false]) {
        const period = periodFor(minutes, local);
        assert.ok((minutes * 60) / period <= 300, `${minutes} min by ${period} s`);
        if (!local) assert.equal(period % 60, 0);
      }
    }
  });
});

describe("the sandbox as a process", () => {
  const program = {
    cliPath: fileURLToPath(new URL("../../../src/cli.ts", import.meta.url)),
    execArgv: ["--import", "tsx"],
  };

  it("starts once, however often it is asked, and stops with its port", async () => {
    const running = new SandboxProcess(program);
    const [a, b] = await Promise.all([running.start({ timeScale: 0 }), running.start({ timeScale: 0 })]);
    assert.equal(a, b);
    assert.equal(a.timeScale, 0);
    assert.deepEqual(sandboxFromEnvironment({ SAGEMAKER_OPS_SANDBOX: JSON.stringify(a) }), a);
    await running.stop();
    await eventually("nothing answers there", async () =>
      fetch(a.endpoint).then(
        () => false,
        () => true,
      ),
    );
    assert.equal(running.info, undefined);
  });
  it("with a directory it has what was made in it at the next start, until it is reset", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "sagemaker-ops-kept-"));
    const running = new SandboxProcess(program, folder);
    const within = async <T>(work: (s3: S3Client) => Promise<T>): Promise<T> => {
      const { endpoint, region, ...credentials } = await running.start({ timeScale: 0 });
      const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
      return work(s3).finally(() => s3.destroy());
    };
    const buckets = () =>
      within(async (s3) => (await s3.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name));
    await within((s3) => s3.send(new CreateBucketCommand({ Bucket: "kept" })));
    await running.stop();
    assert.deepEqual(await buckets(), ["kept"]);
    assert.ok(running.info);
    await resetSandbox(running.info);
    assert.deepEqual(await buckets(), []);
    await running.stop();
    assert.deepEqual(await buckets(), []);
    await running.stop();
    rmSync(folder, { recursive: true });
  });
  it("a port in use is bad input", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as AddressInfo;
    await assert.rejects(new SandboxProcess(program).start({ port }), opsError("badInput", new RegExp(`${port}`)));
    taken.close();
  });
  it("a program that is none says what it printed", async () => {
    const broken = new SandboxProcess({ cliPath: "/nowhere/cli.js" });
    await assert.rejects(broken.start(), opsError("failed", /did not start: .*nowhere/s));
  });
  it("anything but its first line in the environment is nothing", () => {
    for (const text of [undefined, "", "{", "[]", '{"endpoint":1}'])
      assert.equal(sandboxFromEnvironment({ SAGEMAKER_OPS_SANDBOX: text }), undefined);
  });
});
