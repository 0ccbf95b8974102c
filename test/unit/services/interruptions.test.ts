import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { DeleteEndpointCommand, SageMakerClient } from "@aws-sdk/client-sagemaker";
import { OpsError } from "../../../src/domain/errors.ts";
import { Connections } from "../../../src/services/connections.ts";
import { LoadTests, type RunProgress } from "../../../src/services/loadTests.ts";
import { type SandboxInfo, SandboxProcess } from "../../../src/services/sandboxProcess.ts";
import { deployWine, WINE_ROW } from "../../wire/endpoints.ts";
import { startTestSandbox, type TestSandbox } from "../../wire/sandbox.ts";

const home = mkdtempSync(path.join(tmpdir(), "sagemaker-ops-interruptions-"));
after(() => rmSync(home, { recursive: true, force: true }));

describe("a run whose ground is taken away", () => {
  const engine = {
    path: fileURLToPath(new URL("../../../src/loadtest/engineProcess.ts", import.meta.url)),
    execArgv: ["--import", "tsx"],
  };
  const runs = path.join(home, "runs");
  const planFile = path.join(home, "long.ramp.json");
  let sandbox: TestSandbox;
  let info: SandboxInfo;
  let connections: Connections;
  let loadTests: LoadTests;

  before(async () => {
    sandbox = await startTestSandbox({ timeScale: 300 });
    info = { ...sandbox, timeScale: 300 };
    await deployWine(sandbox);
    const plan = {
      version: 1,
      name: "long",
      target: { type: "endpoint", name: "wine" },
      payloads: { inline: [WINE_ROW] },
      contentType: "text/csv",
      stages: [{ type: "hold", rate: 20, seconds: 600 }],
    };
    writeFileSync(planFile, JSON.stringify(plan));
  });
  after(() => sandbox.close());
  beforeEach(async () => {
    connections = new Connections();
    loadTests = new LoadTests(connections, engine);
    await connections.connect({ kind: "sandbox", sandbox: info });
  });

  /** Starts the plan; `measured` when its first second is there. */
  async function start(): Promise<{ ended: Promise<RunProgress>; measured: Promise<void> }> {
    const measured = new Promise<void>((resolve) => {
      const stop = loadTests.onDidChange.on(({ points }) => {
        if (points.length === 0) return;
        stop();
        resolve();
      });
    });
    const ended = loadTests.start(await loadTests.prepare(planFile), { reportFolder: runs });
    return { ended, measured };
  }

  it("ends when the connection is given up, says so, and keeps what it measured", async () => {
    const { ended, measured } = await start();
    await measured;
    connections.disconnect();
    const { report, phase } = await ended;
    assert.equal(phase, "done");
    assert.equal(report?.interrupted, true);
    assert.match(report?.warnings[0] ?? "", /^Stopped early: The connection was closed/);
    assert.ok((report?.points.length ?? 0) > 0);
    assert.ok(readdirSync(runs).some((name) => name.endsWith(".json")));
  });

  it("ends when the connection is changed, also before its first request", async () => {
    const { ended } = await start();
    await connections.connect({ kind: "sandbox", sandbox: info });
    const { report } = await ended;
    assert.match(report?.warnings[0] ?? "", /^Stopped early: The connection was changed/);
    assert.ok((report?.points.length ?? 0) < 30);
  });

  it("is not started on another connection than it was prepared for", async () => {
    const prepared = await loadTests.prepare(planFile);
    await connections.connect({ kind: "sandbox", sandbox: info });
    await assert.rejects(loadTests.start(prepared), (e) => e instanceof OpsError && e.code === "conflict");
    assert.equal(loadTests.isRunning, false);
  });

  it("stops before its first request when that is asked for then", async () => {
    const { ended } = await start();
    await loadTests.stop();
    const { report } = await ended;
    assert.equal(report?.interrupted, true);
    assert.ok((report?.points.length ?? 0) < 30);
  });

  it("ends when its endpoint is deleted", async () => {
    const { ended, measured } = await start();
    await measured;
    const sagemaker = new SageMakerClient(sandbox.clientConfig());
    await sagemaker.send(new DeleteEndpointCommand({ EndpointName: "wine" }));
    sagemaker.destroy();
    const { report } = await ended;
    assert.match(report?.warnings[0] ?? "", /^Stopped early: Endpoint wine was deleted/);
  });
});

describe("a sandbox that ends", () => {
  const line = {
    endpoint: "http://127.0.0.1:1",
    region: "us-east-1",
    accountId: "123456789012",
    accessKeyId: "a",
    secretAccessKey: "b",
    controlToken: "c",
    timeScale: 1,
  };
  /** A program that says what a sandbox says, and ends when it is told to or when its input closes. */
  const program = (ending: string) => {
    const cliPath = path.join(home, "program.mjs");
    writeFileSync(cliPath, `process.stdin.resume(); console.log(${JSON.stringify(JSON.stringify(line))});\n${ending}`);
    return { cliPath };
  };

  it("by itself is told with its last words", async () => {
    const running = new SandboxProcess(
      program('setTimeout(() => { console.error("a\\nboom."); process.exit(3); }, 100);'),
    );
    const crashed = new Promise<OpsError>((resolve) => running.onDidCrash.on(resolve));
    await running.start();
    assert.equal((await crashed).message, "The sandbox has ended unexpectedly: boom.");
    assert.equal(running.info, undefined);
  });

  it("because it was stopped is no news, and it can be started again", async () => {
    const running = new SandboxProcess(program(""));
    const told: unknown[] = [];
    running.onDidCrash.on((error) => told.push(error));
    for (let i = 0; i < 2; i++) {
      await running.start();
      await running.stop();
      assert.equal(running.info, undefined);
    }
    assert.deepEqual(told, []);
  });
});
