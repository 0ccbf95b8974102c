import { createHash } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";
import { parseDocument, type Scalar } from "yaml";
import type { AwsClients } from "../aws/clients.ts";
import {
  createTrainingJob,
  describeTrainingJob,
  readTrainingLog,
  stopTrainingJob,
  type TrainingJobInput,
} from "../aws/training.ts";
import { hourlyPrice } from "../domain/cost.ts";
import { OpsError } from "../domain/errors.ts";
import { readFeatureTable } from "../domain/featureTable.ts";
import { imageOf, imageUri } from "../domain/modelImages.ts";
import { isTrainingOver, type TrainingJob, trainingChannels, trainingJobName } from "../domain/training.ts";
import type { Connections } from "./connections.ts";
import { downloadArtifact } from "./modelArtifacts.ts";
import { upload } from "./projectArtifacts.ts";
import { assertExpectedAccount, type ProjectContext } from "./projects.ts";
import type { StackDeployer } from "./stackDeployer.ts";
import { pause } from "./stackEvents.ts";

/** What one sees while a job runs. */
export type TrainingEvent =
  | { kind: "step"; text: string }
  | { kind: "phase"; phase: string; message: string }
  | { kind: "log"; line: string };
type OnTrainingEvent = (event: TrainingEvent) => void;

/** A job that can be shown before it is asked for. */
export interface PreparedTraining {
  project: ProjectContext;
  rows: number;
  instanceType: string;
  maxMinutes: number;
  /** US dollars at most, in us-east-1; undefined for a type without a known price. */
  mostUsd?: number;
  channels: { train: string; validation: string };
  hyperparameters: Record<string, string>;
}

/** The stack of the role that jobs run as: it is made when the first job is run. */
export const TRAINING_STACK = "sagemaker-ops-training";
const XGBOOST = imageOf("xgboost");

/** Runs SageMaker's built-in XGBoost on a project's data, and takes its artifact over into the project. */
export class Trainer {
  /** @param source where training.yaml and bootstrap.yaml lie */
  constructor(
    private readonly connections: Connections,
    private readonly deployer: StackDeployer,
    private readonly source: string,
  ) {}

  /**
   * Reads the data and says what a job would be. Nothing is sent.
   * @throws OpsError badInput for a project that says nothing of training, or whose data does not fit
   */
  async prepare(project: ProjectContext): Promise<PreparedTraining> {
    const { training } = project.project;
    if (!training)
      throw new OpsError("badInput", l10n.t("Project file {0} does not say what to train on.", project.file), {
        hint: l10n.t('Add "training": { "data": "model/train.csv", "label": "class", "hyperparameters": { … } }.'),
        place: { file: project.file },
      });
    imageUri(XGBOOST, this.connections.required().region);
    const file = path.resolve(project.folder, training.data);
    const text = await readFile(file, "utf8").catch((cause: Error) => {
      throw new OpsError("badInput", l10n.t("Training data {0} cannot be read: {1}", file, cause.message), {
        hint: l10n.t("Check training.data in the project file."),
        cause,
        place: { file: project.file },
      });
    });
    const table = readFeatureTable(text, file, { label: training.label, classes: project.features?.classes });
    const wanted = project.features?.features.map(({ name }) => name);
    const given = table.features.map(({ name }) => name);
    if (wanted && wanted.join() !== given.join())
      throw new OpsError("badInput", l10n.t("Training data {0} has other columns than the project's features.", file), {
        hint: l10n.t("The function sends {0} in this order; the file has {1}.", wanted.join(", "), given.join(", ")),
      });
    const { rows, ...channels } = trainingChannels(table);
    if (rows < 2) throw new OpsError("badInput", l10n.t("Training data {0} has {1} labelled rows.", file, rows));
    const price = hourlyPrice(training.instanceType, this.connections.required().region);
    return {
      project,
      rows,
      channels,
      instanceType: training.instanceType,
      maxMinutes: training.maxMinutes,
      mostUsd: price === undefined ? undefined : (price * training.maxMinutes) / 60,
      hyperparameters: Object.fromEntries(
        Object.entries(training.hyperparameters).map(([name, value]) => [name, String(value)]),
      ),
    };
  }

  /**
   * Uploads the data, runs the job, downloads its artifact into the project and names it in the project file. When the
   * signal fires the job is stopped.
   * @returns the job, and the file of the model
   * @throws OpsError failed with SageMaker's reason, cancelled
   */
  async run(
    prepared: PreparedTraining,
    on: OnTrainingEvent = () => {},
    signal?: AbortSignal,
  ): Promise<{ job: TrainingJob; modelFile: string }> {
    const { project } = prepared;
    const { stackName } = project.project;
    assertExpectedAccount(this.connections.required(), project);
    const clients = this.connections.clients();
    const step = (text: string) => on({ kind: "step", text });
    const { roleArn, bucket } = await this.ensureRole(project, step, signal);
    const name = trainingJobName(stackName, Date.now());
    const channels: Record<string, string> = {};
    for (const [channel, text] of Object.entries(prepared.channels)) {
      const body = Buffer.from(text);
      const prefix = `${stackName}/training/${createHash("sha256").update(body).digest("hex").slice(0, 16)}-${channel}`;
      await upload(
        clients,
        bucket,
        { key: `${prefix}/${channel}.csv`, body },
        (e) => e.kind === "step" && step(e.text),
        signal,
      );
      channels[channel] = `s3://${bucket}/${prefix}/`;
    }
    signal?.throwIfAborted();
    const input: TrainingJobInput = {
      name,
      image: imageUri(XGBOOST, clients.region),
      roleArn,
      channels,
      output: `s3://${bucket}/${stackName}/training/jobs`,
      instanceType: prepared.instanceType,
      maxSeconds: prepared.maxMinutes * 60,
      hyperparameters: prepared.hyperparameters,
    };
    step(l10n.t("Starting training job {0} on {1}: {2} rows", name, prepared.instanceType, prepared.rows));
    await createTrainingJob(clients, input);
    const job = await this.follow(clients, name, on, signal);
    if (job.status === "Stopped")
      throw new OpsError("cancelled", l10n.t("Training job {0} was stopped in {1}.", name, clients.region));
    if (job.status === "Failed" || !job.artifact)
      throw new OpsError(
        "failed",
        l10n.t(
          "Training job {0} failed in {1}: {2}",
          name,
          clients.region,
          job.failureReason ?? l10n.t("no reason was given"),
        ),
        {
          hint: l10n.t("Its log is /aws/sagemaker/TrainingJobs, stream {0}/….", name),
        },
      );
    const modelFile = path.join(project.folder, "model", `${name}.tar.gz`);
    step(l10n.t("Downloading {0}", job.artifact));
    await downloadArtifact(this.connections, job.artifact, modelFile, { signal });
    await nameModel(project, path.relative(project.folder, modelFile).split(path.sep).join("/"));
    return { job, modelFile };
  }

  /** The role that the project names, else that of a stack of its own; and the bucket that it may read and write. */
  private async ensureRole(
    { project, file }: ProjectContext,
    step: (text: string) => void,
    signal: AbortSignal | undefined,
  ): Promise<{ roleArn: string; bucket: string }> {
    const { region } = this.connections.required();
    const given = project.training?.roleArn;
    const ownBucket = project.parameters.ArtifactBucket;
    if (given !== undefined && ownBucket !== undefined) return { roleArn: given, bucket: String(ownBucket) };
    const parameters: Record<string, string> = { ImageAccount: XGBOOST.registries[region] ?? "" };
    if (ownBucket !== undefined) parameters.ArtifactBucket = String(ownBucket);
    const stack = await this.deployer.describe(TRAINING_STACK);
    let outputs = stack?.status.endsWith("_COMPLETE") ? stack.outputs : {};
    const isCurrent = outputs.TrainingRoleArn && (ownBucket === undefined || outputs.BucketName === String(ownBucket));
    if (!isCurrent) {
      step(l10n.t("Creating the role of training jobs (stack {0})", TRAINING_STACK));
      const context: ProjectContext = {
        folder: this.source,
        file,
        examples: [],
        project: {
          version: 1,
          stackName: TRAINING_STACK,
          template: "training.yaml",
          bootstrap: "bootstrap.yaml",
          parameters,
          artifacts: {},
          loadPlans: [],
          expectedAccount: project.expectedAccount,
        },
      };
      const prepared = await this.deployer.prepare(context, undefined, signal);
      ({ outputs } = await this.deployer.execute(prepared, undefined, signal));
    }
    const { TrainingRoleArn, BucketName } = outputs;
    if (!TrainingRoleArn || !BucketName)
      throw new OpsError(
        "deploymentFailed",
        l10n.t("Stack {0} in {1} has no output TrainingRoleArn.", TRAINING_STACK, region),
        {
          hint: l10n.t("Delete that stack and repeat."),
        },
      );
    return { roleArn: given ?? TrainingRoleArn, bucket: BucketName };
  }

  private async follow(
    clients: AwsClients,
    name: string,
    on: OnTrainingEvent,
    signal: AbortSignal | undefined,
  ): Promise<TrainingJob> {
    let seen = 0;
    let token: string | undefined;
    let stopping = false;
    for (;;) {
      const job = await describeTrainingJob(clients, name);
      for (const { phase, message } of job.transitions.slice(seen)) on({ kind: "phase", phase, message });
      seen = job.transitions.length;
      // Before the first job of an account there is no such group, and a log that may not be read does not end the job.
      const log = await readTrainingLog(clients, name, token).catch(() => ({ lines: [], token }));
      token = log.token;
      for (const line of log.lines) on({ kind: "log", line });
      if (isTrainingOver(job)) return job;
      if (signal?.aborted && !stopping) {
        stopping = true;
        on({ kind: "step", text: l10n.t("Stopping training job {0}", name) });
        await stopTrainingJob(clients, name);
      }
      await pause(this.connections.current?.kind === "sandbox" ? 300 : 5_000, stopping ? undefined : signal);
    }
  }
}

/** Only the characters of the path change: layout and everything else of the project file stay as they are. */
async function nameModel({ file }: ProjectContext, modelPath: string): Promise<void> {
  const text = await readFile(file, "utf8");
  const node = parseDocument(text).getIn(["artifacts", "model", "path"], true) as Scalar | undefined;
  if (!node?.range) {
    throw new OpsError(
      "badInput",
      l10n.t("Project file {0} names no model that the new one could take the place of.", file),
      {
        hint: l10n.t('Add it: "artifacts": { "model": { "path": "{0}", "parameter": "ModelKey" } }.', modelPath),
        place: { file },
      },
    );
  }
  const [begin, end] = node.range;
  // By a rename: whoever reads it in this moment, or ends the window, meets a whole file.
  await writeFile(`${file}.part`, text.slice(0, begin) + JSON.stringify(modelPath) + text.slice(end));
  await rename(`${file}.part`, file);
}
