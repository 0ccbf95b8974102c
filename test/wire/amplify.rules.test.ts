import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  AmplifyClient,
  CreateAppCommand,
  CreateBranchCommand,
  DeleteJobCommand,
  ListDomainAssociationsCommand,
  ListJobsCommand,
  StartDeploymentCommand,
  StartJobCommand,
} from "@aws-sdk/client-amplify";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { strToU8, zipSync } from "fflate";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const branchName = "main";
const Bucket = "amplify-source";
let sandbox: TestSandbox;
let amplify: AmplifyClient;
let s3: S3Client;
before(async () => {
  sandbox = await startTestSandbox();
  amplify = new AmplifyClient(sandbox.clientConfig());
  s3 = new S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket }));
  const zip = zipSync({ "index.html": strToU8("home"), "app.js": strToU8("js"), "new/x.html": strToU8("x") });
  await s3.send(new PutObjectCommand({ Bucket, Key: "site.zip", Body: zip }));
  await s3.send(new PutObjectCommand({ Bucket, Key: "site/index.html", Body: "by prefix" }));
});
after(async () => {
  amplify.destroy();
  s3.destroy();
  await sandbox.close();
});

async function app(rules: { source: string; target: string; status: string }[]): Promise<string> {
  const { app: made } = await amplify.send(new CreateAppCommand({ name: "rules", customRules: rules }));
  await amplify.send(new CreateBranchCommand({ appId: made!.appId, branchName }));
  return made!.appId!;
}
const deploy = (appId: string, sourceUrl: string, sourceUrlType?: "ZIP" | "BUCKET_PREFIX") =>
  amplify.send(new StartDeploymentCommand({ appId, branchName, sourceUrl, sourceUrlType }));
const get = async (appId: string, path: string) => {
  const r = await fetch(`${sandbox.endpoint}/_aws/amplify/${appId}/${branchName}${path}`, { redirect: "manual" });
  return [r.status, r.headers.get("location") ?? (await r.text())];
};

describe("Amplify rules and sources", () => {
  it("functionality: redirects with placeholders, rewrites by regular expression, and fallbacks", async () => {
    const appId = await app([
      { source: "/old/<*>", target: "/new/<*>", status: "301" },
      { source: "/<year>/<name>", target: "/new/<name>.html?y=<year>", status: "302" },
      { source: "</^[^.]+$|\\.(?!(css|js|html)$)([^.]+$)/>", target: "/index.html", status: "200" },
      { source: "/<*>", target: "/index.html", status: "404-200" },
    ]);
    await deploy(appId, `s3://${Bucket}/site.zip`, "ZIP");
    const root = `/_aws/amplify/${appId}/${branchName}`;
    assert.deepEqual(await get(appId, "/old/a/b.html"), [301, `${root}/new/a/b.html`]);
    assert.deepEqual(await get(appId, "/2026/x"), [302, `${root}/new/x.html?y=2026`]);
    assert.deepEqual(await get(appId, "/about"), [200, "home"]);
    assert.deepEqual(await get(appId, "/app.js"), [200, "js"]);
    assert.deepEqual(await get(appId, "/missing.html"), [200, "home"]);
  });

  it("functionality: deploys a prefix of a bucket, and an archive by the sandbox's own URL; jobs are deleted", async () => {
    const appId = await app([]);
    await deploy(appId, `s3://${Bucket}/site/`, "BUCKET_PREFIX");
    assert.deepEqual(await get(appId, "/"), [200, "by prefix"]);
    await deploy(appId, `${sandbox.endpoint}/${Bucket}/site.zip`);
    assert.deepEqual(await get(appId, "/"), [200, "home"]);
    await amplify.send(new DeleteJobCommand({ appId, branchName, jobId: "1" }));
    const { jobSummaries } = await amplify.send(new ListJobsCommand({ appId, branchName }));
    assert.deepEqual(
      jobSummaries?.map((job) => [job.jobId, job.status]),
      [["2", "SUCCEED"]],
    );
  });

  it("validation: builds are refused; lists of what there is none of are empty", async () => {
    const appId = await app([]);
    await assert.rejects(amplify.send(new StartJobCommand({ appId, branchName, jobType: "RELEASE" })), {
      name: "BadRequestException",
      message: /manual deployment/,
    });
    assert.deepEqual((await amplify.send(new ListDomainAssociationsCommand({ appId }))).domainAssociations, []);
  });
});
