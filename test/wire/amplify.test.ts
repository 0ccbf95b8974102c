import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, describe, it } from "node:test";
import {
  AmplifyClient,
  CreateAppCommand,
  CreateBranchCommand,
  CreateDeploymentCommand,
  DeleteAppCommand,
  DeleteBranchCommand,
  GetAppCommand,
  GetBranchCommand,
  GetJobCommand,
  ListAppsCommand,
  ListJobsCommand,
  ListTagsForResourceCommand,
  StartDeploymentCommand,
  UpdateAppCommand,
} from "@aws-sdk/client-amplify";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { strToU8, zipSync } from "fflate";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const site = zipSync({
  "index.html": strToU8("<h1>héllo</h1>"),
  "app.js": strToU8("1"),
  "docs/index.html": strToU8("docs"),
  "a b.csv": strToU8("x"),
});

let sandbox: TestSandbox;
let amplify: AmplifyClient;
let appId: string;
const branchName = "main";
before(async () => {
  sandbox = await startTestSandbox();
  amplify = new AmplifyClient(sandbox.clientConfig());
  appId = (await amplify.send(new CreateAppCommand({ name: "web", tags: { a: "1" } }))).app!.appId!;
  await amplify.send(new CreateBranchCommand({ appId, branchName, stage: "PRODUCTION" }));
});
after(async () => {
  amplify.destroy();
  await sandbox.close();
});

const get = (path: string, init: RequestInit = {}) =>
  fetch(`${sandbox.endpoint}/_aws/amplify/${appId}/${branchName}${path}`, { redirect: "manual", ...init });

async function deploy(zip: Uint8Array): Promise<{ status?: string; reason?: string }> {
  const { jobId, zipUploadUrl } = await amplify.send(new CreateDeploymentCommand({ appId, branchName }));
  assert.equal((await fetch(zipUploadUrl!, { method: "PUT", body: zip })).status, 200);
  await amplify.send(new StartDeploymentCommand({ appId, branchName, jobId }));
  assert.equal((await fetch(zipUploadUrl!, { method: "PUT", body: zip })).status, 403, "the link has done its work");
  const { job } = await amplify.send(new GetJobCommand({ appId, branchName, jobId }));
  return { status: job?.summary?.status, reason: job?.steps?.[0]?.statusReason };
}

/** A request whose path is sent as it is, without a URL parser in between. */
const rawGet = (path: string, host?: string) =>
  new Promise<number>((resolve, reject) => {
    const { port } = new URL(sandbox.endpoint);
    request({ host: "127.0.0.1", port, path, headers: host ? { host } : {} }, (res) => {
      res.resume();
      resolve(res.statusCode ?? 0);
    })
      .on("error", reject)
      .end();
  });

describe("Amplify hosting", () => {
  it("functionality: a branch serves what was deployed, with types, indexes and redirects", async () => {
    assert.equal((await get("/")).status, 404, "nothing deployed yet");
    assert.deepEqual(await deploy(site), { status: "SUCCEED", reason: undefined });
    const page = await get("/");
    assert.deepEqual(
      [page.status, page.headers.get("content-type"), await page.text()],
      [200, "text/html; charset=utf-8", "<h1>héllo</h1>"],
    );
    assert.equal((await get("/app.js")).headers.get("content-type"), "text/javascript; charset=utf-8");
    assert.equal(await (await get("/a%20b.csv")).text(), "x");
    assert.equal(await (await get("/docs/")).text(), "docs");
    const slash = await get("/docs");
    assert.deepEqual([slash.status, slash.headers.get("location")], [301, `/_aws/amplify/${appId}/main/docs/`]);
    assert.equal((await get("")).headers.get("location"), `/_aws/amplify/${appId}/main/`);
    const missing = await get("/nope.html");
    assert.equal(missing.status, 404);
    const again = await get("/", { headers: { "if-none-match": page.headers.get("etag") ?? "" } });
    assert.equal(again.status, 304);
    assert.equal((await get("/", { method: "POST" })).status, 405);
    assert.equal(await rawGet("/app.js", `main.${appId}.amplifyapp.localhost`), 200);
  });

  it("validation: paths do not climb, neither in requests nor in archives", async () => {
    assert.equal(await rawGet(`/_aws/amplify/${appId}/main/../../../etc/passwd`), 400);
    assert.equal(await rawGet(`/_aws/amplify/${appId}/main/%2e%2e/x`), 400);
    const slip = await deploy(zipSync({ "../../evil": strToU8("x") }));
    assert.equal(slip.status, "FAILED");
    assert.match(slip.reason ?? "", /"\.\.\/\.\.\/evil" leads out of the archive/);
    assert.match((await deploy(strToU8("no zip"))).reason ?? "", /The archive cannot be read/);
    assert.equal((await get("/")).status, 200, "what was deployed before is still served");
  });

  it("functionality: rules rewrite, and deployments come from S3 too", async () => {
    await amplify.send(
      new UpdateAppCommand({ appId, customRules: [{ source: "/<*>", target: "/index.html", status: "404-200" }] }),
    );
    assert.equal((await get("/some/route")).status, 200);
    const s3 = new S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: "site-bucket" }));
    await s3.send(new PutObjectCommand({ Bucket: "site-bucket", Key: "v2/index.html", Body: "v2" }));
    s3.destroy();
    const from = { appId, branchName, sourceUrlType: "BUCKET_PREFIX" as const };
    await amplify.send(new StartDeploymentCommand({ ...from, sourceUrl: "s3://site-bucket/v2/" }));
    assert.equal(await (await get("/")).text(), "v2");
    const { jobSummary } = await amplify.send(new StartDeploymentCommand({ ...from, sourceUrl: "s3://nope-bucket/" }));
    assert.equal(jobSummary?.status, "FAILED");
    assert.equal((await amplify.send(new ListJobsCommand({ appId, branchName }))).jobSummaries?.length, 5);
  });
});

describe("Amplify apps", () => {
  it("serialization: apps and branches with their ARNs, domains and tags", async () => {
    const { app } = await amplify.send(new GetAppCommand({ appId }));
    assert.deepEqual([app?.defaultDomain, app?.platform, app?.tags], [`${appId}.amplifyapp.com`, "WEB", { a: "1" }]);
    assert.match(appId, /^d[a-z0-9]+$/);
    const { branch } = await amplify.send(new GetBranchCommand({ appId, branchName }));
    assert.equal(branch?.branchArn, `arn:aws:amplify:us-east-1:123456789012:apps/${appId}/branches/main`);
    assert.deepEqual((await amplify.send(new ListTagsForResourceCommand({ resourceArn: app?.appArn }))).tags, {
      a: "1",
    });
  });

  it("validation and functionality: what is not there, what is there twice, and deletion", async () => {
    await assert.rejects(amplify.send(new GetAppCommand({ appId: "dnope" })), { name: "NotFoundException" });
    await assert.rejects(amplify.send(new GetBranchCommand({ appId, branchName: "nope" })), {
      name: "NotFoundException",
    });
    await assert.rejects(amplify.send(new CreateBranchCommand({ appId, branchName })), { name: "BadRequestException" });
    await assert.rejects(amplify.send(new StartDeploymentCommand({ appId, branchName })), {
      name: "BadRequestException",
    });
    await amplify.send(new DeleteBranchCommand({ appId, branchName }));
    assert.equal((await get("/")).status, 404);
    await amplify.send(new DeleteAppCommand({ appId }));
    assert.deepEqual((await amplify.send(new ListAppsCommand({}))).apps, []);
  });
});
