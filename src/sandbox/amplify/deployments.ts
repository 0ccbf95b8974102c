import { createHash, randomBytes } from "node:crypto";
import {
  CreateDeploymentCommand,
  DeleteJobCommand,
  GetJobCommand,
  type JobStatus,
  type JobSummary,
  ListArtifactsCommand,
  ListJobsCommand,
  StartDeploymentCommand,
  StartJobCommand,
  StopJobCommand,
} from "@aws-sdk/client-amplify";
import { GetObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { ArchiveError, readZip } from "../lambda/zipArchive.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import type { WireRequest, WireResponse } from "../wire/types.ts";
import type { World } from "../world.ts";
import {
  type AppStore,
  badRequest,
  type DeployJob,
  type HostedBranch,
  notFound,
  pageOf,
  type Site,
} from "./appStore.ts";

/** Path of the one-time upload links; a token follows. App ids begin with a `d`, so this is none. */
export const UPLOAD_PREFIX = "/_aws/amplify/upload/";

/** Simulated duration of a manual deployment. */
const DEPLOY_MS = 5_000;
/** An upload link works until its deployment starts, at most this long in real time (AWS: CreateDeployment, 8 hours). */
const UPLOAD_MS = 8 * 3_600_000;
const LIMITS = { maxFiles: 20_000, maxBytes: 512 * 1024 * 1024 };
const OPEN = new Set<JobStatus>(["PENDING", "PROVISIONING", "RUNNING", "CANCELLING"]);

interface UploadTicket {
  job: DeployJob;
  /** Path of a single file; undefined for the archive. */
  path?: string;
  expiresAt: number;
}

/** Manual deployments: operations, and the door that takes what is uploaded. */
export interface Deployments {
  upload(req: WireRequest): WireResponse;
}

/** Deployments and the jobs that they are. */
export function addDeploymentOperations(service: ServiceBuilder, world: World, store: AppStore): Deployments {
  const tickets = new Map<string, UploadTicket>();
  const now = () => world.clock.now();

  const ticket = (job: DeployJob, path?: string): string => {
    const token = randomBytes(32).toString("base64url");
    tickets.set(token, { job, path, expiresAt: now() + UPLOAD_MS });
    return `${world.baseUrl()}${UPLOAD_PREFIX}${token}`;
  };
  const newJob = (branch: HostedBranch): DeployJob => {
    const open = [...branch.jobs.values()].find((job) => OPEN.has(job.status));
    if (open) throw badRequest(`The last job ${open.id} was not finished`);
    branch.lastJobId++;
    const job: DeployJob = { id: String(branch.lastJobId), status: "CREATED", createdAt: now(), files: new Map() };
    branch.jobs.set(job.id, job);
    return job;
  };
  const jobOf = (branch: HostedBranch, id: string | undefined): DeployJob => {
    const job = branch.jobs.get(id ?? "");
    if (!job) throw notFound(`Job ${id} not found for branch ${branch.description.branchName}.`);
    return job;
  };

  service
    .on(CreateDeploymentCommand)((input, ctx) => {
      const branch = store.branch(input.appId, input.branchName, ctx.region);
      const job = newJob(branch);
      const paths = Object.keys(input.fileMap ?? {});
      return {
        jobId: job.id,
        fileUploadUrls: Object.fromEntries(paths.map((path) => [path, ticket(job, path)])),
        zipUploadUrl: ticket(job),
      };
    })
    .on(StartDeploymentCommand)((input, ctx) => {
      const branch = store.branch(input.appId, input.branchName, ctx.region);
      if ((input.jobId === undefined) === (input.sourceUrl === undefined))
        throw badRequest("Either jobId or sourceUrl must be given, and not both.");
      const job = input.jobId === undefined ? newJob(branch) : jobOf(branch, input.jobId);
      if (job.status !== "CREATED") throw badRequest(`Job ${job.id} has already been started.`);
      for (const [token, entry] of tickets) if (entry.job === job) tickets.delete(token);
      job.sourceUrl = input.sourceUrl;
      job.sourceUrlType = input.sourceUrlType;
      job.status = "PENDING";
      job.startedAt = now();
      branch.description.activeJobId = job.id.padStart(10, "0");
      branch.description.totalNumberOfJobs = String(branch.jobs.size);
      const region = ctx.region;
      const run = async () => {
        job.status = "RUNNING";
        await finish(world, branch, job, region);
      };
      // At scale 0 the job is done when the caller looks, which needs no timer.
      if (world.timeScale === 0) return run().then(() => ({ jobSummary: summary(branch, job) }));
      job.cancel = world.clock.schedule(DEPLOY_MS, () => void run());
      return { jobSummary: summary(branch, job) };
    })
    .on(GetJobCommand)((input, ctx) => {
      const branch = store.branch(input.appId, input.branchName, ctx.region);
      const job = jobOf(branch, input.jobId);
      return {
        job: {
          summary: summary(branch, job),
          steps: [
            {
              stepName: "DEPLOY",
              startTime: new Date(job.startedAt ?? job.createdAt),
              status: job.status,
              endTime: new Date(job.endedAt ?? job.startedAt ?? job.createdAt),
              statusReason: job.statusReason,
            },
          ],
        },
      };
    })
    .on(ListJobsCommand)((input, ctx) => {
      const branch = store.branch(input.appId, input.branchName, ctx.region);
      const { page, nextToken } = pageOf([...branch.jobs.values()].reverse(), input.maxResults, input.nextToken);
      return { jobSummaries: page.map((job) => summary(branch, job)), nextToken };
    })
    .on(DeleteJobCommand)((input, ctx) => {
      const branch = store.branch(input.appId, input.branchName, ctx.region);
      const job = jobOf(branch, input.jobId);
      if (OPEN.has(job.status)) throw badRequest(`Job ${job.id} is in progress; stop it first.`);
      branch.jobs.delete(job.id);
      branch.description.totalNumberOfJobs = String(branch.jobs.size);
      return { jobSummary: summary(branch, job) };
    })
    .on(StartJobCommand)((input, ctx) => {
      store.branch(input.appId, input.branchName, ctx.region);
      throw badRequest(
        "Operation not supported. App is a manual deployment: use CreateDeployment and StartDeployment.",
      );
    })
    .on(ListArtifactsCommand)((input, ctx) => {
      jobOf(store.branch(input.appId, input.branchName, ctx.region), input.jobId);
      return { artifacts: [] };
    })
    .on(StopJobCommand)((input, ctx) => {
    const branch = store.branch(input.appId, input.branchName, ctx.region);
    const job = jobOf(branch, input.jobId);
    if (job.status !== "CREATED" && !OPEN.has(job.status)) throw badRequest(`Job ${job.id} has already ended.`);
    job.cancel?.();
    end(job, "CANCELLED", undefined, now());
    return { jobSummary: summary(branch, job) };
  });

  return {
    upload(req) {
      const token = req.rawPath.slice(UPLOAD_PREFIX.length);
      const entry = tickets.get(token);
      const text = { "content-type": "text/plain" };
      if (!entry || entry.expiresAt < now())
        return {
          status: 403,
          headers: text,
          body: "The upload link is not valid, or its deployment has been started.\n",
        };
      if (req.method !== "PUT") return { status: 405, headers: { ...text, allow: "PUT" }, body: "Upload by PUT.\n" };
      if (entry.path === undefined) entry.job.zip = req.body;
      else entry.job.files.set(entry.path.replace(/^\//, ""), req.body);
      return { status: 200, headers: {}, body: "" };
    },
  };
}

async function finish(world: World, branch: HostedBranch, job: DeployJob, region: string): Promise<void> {
  try {
    const files = await filesOf(world, job, region);
    if (job.status !== "RUNNING") return; // stopped meanwhile
    branch.site = siteOf(files);
    end(job, "SUCCEED", undefined, world.clock.now());
  } catch (error) {
    end(job, "FAILED", (error as Error).message, world.clock.now());
  }
  job.zip = undefined;
  job.files.clear();
}

function end(job: DeployJob, status: JobStatus, reason: string | undefined, now: number): void {
  job.status = status;
  job.statusReason = reason;
  job.endedAt = now;
}

/** What is deployed, by path. Errors become the reason why the job failed. */
async function filesOf(world: World, job: DeployJob, region: string): Promise<Map<string, Uint8Array>> {
  if (job.sourceUrl !== undefined) return filesOfSource(world, job, region);
  const files = job.zip ? unzip(job.zip) : new Map<string, Uint8Array>();
  for (const [path, body] of job.files) files.set(path, body);
  if (files.size === 0)
    throw new Error("Nothing was uploaded. PUT the archive to zipUploadUrl before StartDeployment.");
  return files;
}

async function filesOfSource(world: World, job: DeployJob, region: string): Promise<Map<string, Uint8Array>> {
  const source = job.sourceUrl!;
  const own = `${world.baseUrl()}/`;
  const local = source.startsWith(own) ? /^([^/]+)\/([^?]*)/.exec(source.slice(own.length)) : undefined;
  const [, Bucket = "", path = ""] =
    local ??
    /^s3:\/\/([^/]+)\/(.*)$/.exec(source) ??
    /^https:\/\/s3[.\w-]*\.amazonaws\.com\/([^/]+)\/([^?]*)/.exec(source) ??
    /^https:\/\/([^./]+)\.s3[.\w-]*\.amazonaws\.com\/([^?]*)/.exec(source) ??
    [];
  if (!Bucket)
    throw new Error(`The source ${source} is not in S3. This sandbox deploys from s3://BUCKET/KEY or from an upload.`);
  const body = async (Key: string) =>
    (await world.call(GetObjectCommand, { Bucket, Key }, { region })).Body as Uint8Array;
  if (job.sourceUrlType !== "BUCKET_PREFIX") return unzip(await body(decodeURIComponent(path)));
  const Prefix = path;
  const files = new Map<string, Uint8Array>();
  let ContinuationToken: string | undefined;
  do {
    const page = await world.call(ListObjectsV2Command, { Bucket, Prefix, ContinuationToken }, { region });
    for (const { Key = "" } of page.Contents ?? [])
      if (!Key.endsWith("/")) files.set(Key.slice(Prefix.length).replace(/^\//, ""), await body(Key));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken);
  if (files.size === 0) throw new Error(`There are no objects under ${source}.`);
  return files;
}

function unzip(zip: Uint8Array): Map<string, Uint8Array> {
  try {
    return readZip(zip, LIMITS);
  } catch (error) {
    if (error instanceof ArchiveError) throw new Error(`The deployment artifact is not usable. ${error.message}`);
    throw error;
  }
}

function siteOf(files: ReadonlyMap<string, Uint8Array>): Site {
  return new Map(
    [...files].map(([path, body]) => [path, { body, etag: `"${createHash("md5").update(body).digest("hex")}"` }]),
  );
}

function summary(branch: HostedBranch, job: DeployJob): JobSummary {
  return {
    jobArn: `${branch.description.branchArn}/jobs/${job.id.padStart(10, "0")}`,
    jobId: job.id,
    commitId: "null", // what Amplify writes for deployments without a repository
    commitMessage: "null",
    commitTime: new Date(job.createdAt),
    startTime: new Date(job.startedAt ?? job.createdAt),
    status: job.status,
    endTime: job.endedAt === undefined ? undefined : new Date(job.endedAt),
    jobType: "MANUAL",
    sourceUrl: job.sourceUrl,
    sourceUrlType: job.sourceUrlType,
  };
}
