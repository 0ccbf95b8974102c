import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import type { Channel } from "@aws-sdk/client-sagemaker";
import { pack } from "tar-stream";
import type { Caller, World } from "../world.ts";
import type { TrainingRecord } from "./state.ts";
import { pythonWithXgboost, type Training, train } from "./xgboostTrainer.ts";

/** What SageMaker takes to find an instance and to start the container, simulated ms. */
const STARTING_MS = 60_000;
const MAX_DATA_BYTES = 512 * 1024 * 1024;
const XGBOOST = /\/(sagemaker-xgboost|xgboost):[\w.-]+$/;

/** Why a job failed, in the words of `FailureReason`. */
class JobFailure extends Error {}

/** Runs the training jobs of all regions in processes of this machine. */
export class TrainingRuns {
  private readonly running = new Map<TrainingRecord, { training?: Training; stopped: boolean }>();

  constructor(private readonly world: World) {}

  /** Begins a job in the background; it ends in the record. */
  start(region: string, job: TrainingRecord): void {
    const run = { stopped: false };
    this.running.set(job, run);
    this.run(region, job, run)
      .catch((error: unknown) => this.fail(job, error))
      .finally(() => this.running.delete(job));
  }

  stop(job: TrainingRecord, why: "Stopped" | "MaxRuntimeExceeded" = "Stopped"): void {
    const run = this.running.get(job);
    if (!run || run.stopped) return;
    run.stopped = true;
    job.status = "Stopping";
    job.stopReason = why;
    this.turn(job, "Stopping", "Stopping the training job");
    run.training?.stop();
  }

  /** Ends every process; the jobs stay as they are and begin anew after a restart. */
  close(): void {
    for (const run of this.running.values()) {
      run.stopped = true;
      run.training?.stop();
    }
    this.running.clear();
  }

  private async run(
    region: string,
    job: TrainingRecord,
    run: { training?: Training; stopped: boolean },
  ): Promise<void> {
    this.turn(job, "Starting", "Starting the training job");
    await this.pause(STARTING_MS);
    const directory = await mkdtemp(join(tmpdir(), "sagemaker-ops-training-"));
    try {
      if (run.stopped) return this.stopped(job);
      const image = job.input.AlgorithmSpecification?.TrainingImage ?? "";
      if (!XGBOOST.test(image))
        throw new JobFailure(
          `ClientError: The sandbox trains with SageMaker's XGBoost images only (…/sagemaker-xgboost:1.7-1); it cannot run ${image || "an algorithm by its name"}.`,
        );
      const python = await pythonWithXgboost();
      if (!python) throw new JobFailure(missing("no python3 here can import xgboost"));
      this.turn(job, "Downloading", "Downloading input data");
      await this.download(region, job, directory);
      this.turn(job, "Training", "Training image download completed. Training in progress.");
      job.startedMs = this.world.clock.now();
      if (run.stopped) return this.stopped(job);
      const stream = `${job.name}/algo-1-${Math.floor(job.createdMs / 1000)}`;
      run.training = train(python, directory, (line) =>
        this.world.log(region, "/aws/sagemaker/TrainingJobs", stream, line),
      );
      const seconds = job.input.StoppingCondition?.MaxRuntimeInSeconds ?? 86_400;
      // Training takes real time, whatever the clock's scale.
      const limit = setTimeout(() => this.stop(job, "MaxRuntimeExceeded"), Math.min(seconds * 1000, 2 ** 31 - 1));
      limit.unref();
      const end = await run.training.end.finally(() => clearTimeout(limit));
      if (end.kind === "stopped") return this.stopped(job);
      if (end.kind === "client") throw new JobFailure(`ClientError: ${end.message}`);
      if (end.kind === "missing") throw new JobFailure(missing(end.message));
      if (end.kind === "crashed") throw new JobFailure(`AlgorithmError: ${end.message}, exit code: 1`);
      job.metrics = Object.entries(end.metrics).map(([name, value]) => ({
        MetricName: name,
        Value: value,
        Timestamp: new Date(this.world.clock.now()),
      }));
      this.turn(job, "Uploading", "Uploading generated training model");
      await this.upload(region, job, await readFile(join(directory, "xgboost-model")));
      job.status = "Completed";
      this.turn(job, "Completed", "Training job completed");
      this.settle(job);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  private async pause(simulatedMs: number): Promise<void> {
    await this.world.clock.sleep(simulatedMs);
  }

  private async download(region: string, job: TrainingRecord, directory: string): Promise<void> {
    await writeFile(join(directory, "hyperparameters.json"), JSON.stringify(job.input.HyperParameters ?? {}));
    let total = 0;
    for (const channel of job.input.InputDataConfig ?? []) {
      const name = channel.ChannelName ?? "";
      if (name !== "train" && name !== "validation") continue;
      await mkdir(join(directory, name));
      let files = 0;
      for await (const body of this.objects(callerOf(region, job), channel)) {
        total += body.byteLength;
        if (total > MAX_DATA_BYTES)
          throw new JobFailure(`ClientError: The sandbox trains on at most ${MAX_DATA_BYTES} bytes of data.`);
        await writeFile(join(directory, name, String(files++).padStart(6, "0")), body);
      }
      if (files === 0)
        throw new JobFailure(
          `ClientError: Data download failed:No objects found under ${channel.DataSource?.S3DataSource?.S3Uri} for channel ${name}.`,
        );
    }
  }

  private async *objects(caller: Caller, channel: Channel): AsyncGenerator<Uint8Array> {
    const uri = channel.DataSource?.S3DataSource?.S3Uri ?? "";
    const [, Bucket = "", Prefix = ""] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(uri) ?? [];
    let ContinuationToken: string | undefined;
    try {
      do {
        const page = await this.world.call(ListObjectsV2Command, { Bucket, Prefix, ContinuationToken }, caller);
        for (const { Key = "", Size = 0 } of page.Contents ?? []) {
          if (Size === 0) continue;
          const { Body } = await this.world.call(GetObjectCommand, { Bucket, Key }, caller);
          yield await bytesOf(Body);
        }
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken);
    } catch (error) {
      if (error instanceof JobFailure) throw error;
      throw new JobFailure(`ClientError: Data download failed:${(error as Error).message} (${uri})`);
    }
  }

  private async upload(region: string, job: TrainingRecord, model: Buffer): Promise<void> {
    const archive = pack();
    archive.entry({ name: "xgboost-model" }, model);
    archive.finalize();
    const tar = await bytesOf(archive as AsyncIterable<Uint8Array>);
    const [, Bucket = "", Key = ""] = /^s3:\/\/([^/]+)\/(.+)$/.exec(artifactOf(job)) ?? [];
    const Body = await promisify(gzip)(tar);
    await this.world.call(PutObjectCommand, { Bucket, Key, Body }, callerOf(region, job)).catch((error: unknown) => {
      throw new JobFailure(`ClientError: Artifact upload failed:${(error as Error).message} (${artifactOf(job)})`);
    });
  }

  private stopped(job: TrainingRecord): void {
    job.status = "Stopped";
    this.turn(job, job.stopReason ?? "Stopped", "Training job stopped");
    this.settle(job);
  }

  private fail(job: TrainingRecord, error: unknown): void {
    job.status = "Failed";
    job.failureReason =
      error instanceof JobFailure ? error.message : `InternalServerError: ${(error as Error).message}`;
    this.turn(job, "Failed", job.failureReason);
    this.settle(job);
  }

  private settle(job: TrainingRecord): void {
    job.endedMs = this.world.clock.now();
    const last = job.transitions.at(-1);
    if (last) last.EndTime = new Date(job.endedMs);
  }

  private turn(job: TrainingRecord, Status: NonNullable<TrainingRecord["secondary"]>, StatusMessage: string): void {
    const now = new Date(this.world.clock.now());
    const last = job.transitions.at(-1);
    if (last) last.EndTime = now;
    job.transitions.push({ Status, StartTime: now, StatusMessage });
    job.secondary = Status;
    job.modifiedMs = now.getTime();
  }
}

/** Where a job leaves its model. */
export function artifactOf(job: TrainingRecord): string {
  const path = (job.input.OutputDataConfig?.S3OutputPath ?? "").replace(/\/+$/, "");
  return `${path}/${job.name}/output/model.tar.gz`;
}

/** A job reads and writes by the rights of its role. */
const callerOf = (region: string, { input }: TrainingRecord): Caller => ({ region, principalArn: input.RoleArn });

const missing = (what: string) =>
  `ClientError: The sandbox trains with this machine's own python3 and its package xgboost: ${what}. Install it (pip install xgboost, or apt-get install python3-xgboost) and create the job again.`;

async function bytesOf(body: unknown): Promise<Uint8Array> {
  if (typeof body === "string") return Buffer.from(body);
  if (body instanceof Uint8Array) return body;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
