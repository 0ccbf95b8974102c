import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { OpsError } from "../../src/domain/errors.ts";
import { Connections } from "../../src/services/connections.ts";
import type { DeployEvent } from "../../src/services/deployEvents.ts";
import { loadProject, type ProjectContext } from "../../src/services/projects.ts";
import { StackDeployer } from "../../src/services/stackDeployer.ts";
import { eventually } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const WINE = fileURLToPath(new URL("../../infra", import.meta.url));
/** The SDK tries a call so often. */
const TRIES = 3;

describe("a deployment on a bad day", () => {
  let sandbox: TestSandbox;
  let s3: S3Client;
  let deployer: StackDeployer;
  let project: ProjectContext;
  const connections = new Connections();
  const folder = mkdtempSync(path.join(tmpdir(), "ops-faults-"));
  let steps: string[] = [];
  const on = (event: DeployEvent) => {
    if (event.kind === "step") steps.push(event.text);
  };
  const faults = (...rules: object[]) =>
    fetch(`${sandbox.endpoint}/_sandbox/faults`, {
      method: "POST",
      headers: { authorization: `Bearer ${sandbox.controlToken}` },
      body: JSON.stringify({ faults: rules }),
    });
  /** Lets the keys expire as soon as something of the stack happens. */
  const expiring = () => {
    let isOver = false;
    return (event: DeployEvent) => {
      on(event);
      if (event.kind !== "stack" || isOver) return;
      isOver = true;
      void faults({ service: "cloudformation", operation: "DescribeStackEvents", kind: "expireCredentials", count: 1 });
    };
  };
  const deploy = async () => deployer.execute(await deployer.prepare(project, on), on);
  const served = async () => (await fetch(deployer.webUrl((await deployer.describe("wine"))!)!)).status;
  const failsWith = (code: string, hint: RegExp) => (e: unknown) => {
    assert.ok(e instanceof OpsError, String(e));
    assert.equal(e.code, code, e.message);
    assert.match(`${e.message} ${e.hint}`, hint);
    return true;
  };
  const keysOf = async (Bucket: string | undefined) =>
    ((await s3.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key }) => Key ?? "");

  before(() => {
    cpSync(WINE, path.join(folder, "wine"), { recursive: true });
  });
  beforeEach(async () => {
    sandbox = await startTestSandbox({ timeScale: 300 });
    s3 = new S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
    await connections.connect({ kind: "sandbox", sandbox: { ...sandbox, timeScale: 300 } });
    deployer = new StackDeployer(connections);
    project = await loadProject(path.join(folder, "wine"));
    steps = [];
  });
  afterEach(async () => {
    connections.disconnect();
    s3.destroy();
    await sandbox.close();
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("a connection that keeps dropping in an upload: nothing is half there, and the second try does what was left", async () => {
    await deployer.prepare(project, on).then((prepared) => deployer.discard(prepared));
    const file = path.join(folder, "wine/lambda/index.mjs");
    writeFileSync(file, `${readFileSync(file, "utf8")}\n// other code\n`);
    project = await loadProject(path.join(folder, "wine"));
    await faults({ service: "s3", operation: "PutObject", kind: "drop", count: TRIES });
    await assert.rejects(deployer.prepare(project, on), failsWith("unreachable", /wine\/lambda\//));
    const bucket = `sagemaker-ops-artifacts-${sandbox.accountId}-us-east-1`;
    assert.equal((await keysOf(bucket)).length, 2, "what was uploaded before");
    steps = [];
    assert.equal((await deploy()).status, "CREATE_COMPLETE");
    const uploads = steps.filter((text) => text.startsWith("Uploading"));
    assert.equal(uploads.length, 1, uploads.join("; "));
    assert.match(uploads[0] ?? "", /\/lambda\//);
    assert.equal(await served(), 200);
  });

  test("keys that expire in an upload are told as such; with good ones it goes on", async () => {
    await faults({ service: "s3", operation: "PutObject", kind: "expireCredentials", count: 1 });
    await assert.rejects(deploy(), failsWith("credentials", /expired|sign in/i));
    assert.equal((await deploy()).status, "CREATE_COMPLETE");
  });

  test("a network that is gone for some looks is waited for", async () => {
    await faults(
      { service: "cloudformation", operation: "DescribeStackEvents", kind: "drop", count: 3 * TRIES },
      { service: "cloudformation", operation: "DescribeStackResources", kind: "throttle", count: 2 * TRIES },
    );
    assert.equal((await deploy()).status, "CREATE_COMPLETE");
    assert.equal(await served(), 200);
  });

  test("keys that expire in the middle of a deployment: CloudFormation goes on, and the second try publishes the page", async () => {
    const prepared = await deployer.prepare(project, on);
    await assert.rejects(
      deployer.execute(prepared, expiring()),
      failsWith("credentials", /goes on meanwhile: deploy again/),
    );
    await faults();
    await eventually(
      "the stack is complete",
      async () => (await deployer.describe("wine"))?.status === "CREATE_COMPLETE",
    );
    assert.equal(await served(), 404, "nobody has published the page");
    steps = [];
    await deploy();
    assert.ok(steps.includes("Stack wine is up to date"), steps.join("; "));
    assert.equal(await served(), 200);
  });

  test("a deployment under way is followed by whoever comes later, and a second one is refused meanwhile", async () => {
    const prepared = await deployer.prepare(project, on);
    await assert.rejects(deployer.execute(prepared, expiring()), failsWith("credentials", /goes on/));
    await faults();
    const later = new StackDeployer(connections);
    assert.equal((await later.describe("wine"))?.status, "CREATE_IN_PROGRESS");
    await assert.rejects(later.prepare(project), failsWith("conflict", /CREATE_IN_PROGRESS/));
    await eventually("it is seen to its end", async () => (await later.describe("wine"))?.status === "CREATE_COMPLETE");
  });

  test("a page whose files do not all get there is not begun: its start page comes last", async () => {
    project = { ...project, project: { ...project.project, parameters: { StaticPageReaders: "0.0.0.0/0" } } };
    const prepared = await deployer.prepare(project, on);
    // Amplify's upload is no S3 call; of the page's files the first one gets through.
    await faults({ service: "s3", operation: "PutObject", kind: "error", code: "SlowDown", status: 503, count: 40 });
    await assert.rejects(deployer.execute(prepared, on), failsWith("failed", /SlowDown|upload/i));
    await faults();
    const stack = await deployer.describe("wine");
    assert.ok(!(await keysOf(stack?.outputs.StaticPageBucketName)).includes("wine.html"));
    await deploy();
    assert.ok((await keysOf(stack?.outputs.StaticPageBucketName)).includes("wine.html"));
    assert.equal((await fetch(deployer.staticPageUrl(stack!) ?? "")).status, 200);
  });

  test("Amplify that is throttled beyond the SDK's patience fails the deployment; the second try publishes", async () => {
    const prepared = await deployer.prepare(project, on);
    await faults({ service: "amplify", operation: "CreateDeployment", kind: "throttle", count: TRIES });
    await assert.rejects(deployer.execute(prepared, on), failsWith("throttled", /publish the web page/));
    assert.equal((await deploy()).status, "CREATE_COMPLETE");
    assert.equal(await served(), 200);
  });
});
