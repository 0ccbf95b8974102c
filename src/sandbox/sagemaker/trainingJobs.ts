import {
  CreateTrainingJobCommand,
  DescribeTrainingJobCommand,
  ListTrainingJobsCommand,
  StopTrainingJobCommand,
  type TrainingJobSummary,
} from "@aws-sdk/client-sagemaker";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { type CallContext, WireError } from "../wire/types.ts";
import type { World } from "../world.ts";
import { sortSummaries } from "./listing.ts";
import { assertRoleAssumable } from "./models.ts";
import { type RegionState, sagemakerArn, type TrainingRecord } from "./state.ts";
import { artifactOf, type TrainingRuns } from "./trainingRun.ts";

/** Registers CreateTrainingJob, DescribeTrainingJob, ListTrainingJobs and StopTrainingJob. */
export function registerTrainingJobs(
  service: ServiceBuilder,
  world: World,
  stateOf: (region: string) => RegionState,
  runs: TrainingRuns,
): void {
  const find = (ctx: CallContext, name: string): TrainingRecord => {
    const job = stateOf(ctx.region).trainings.get(name);
    if (!job) throw new WireError("ValidationException", "Requested resource not found.");
    return job;
  };

  service
    .on(CreateTrainingJobCommand)(async (input, ctx) => {
      const { trainings, tags } = stateOf(ctx.region);
      const name = input.TrainingJobName ?? "";
      const arn = sagemakerArn(ctx.region, ctx.accountId, "training-job", name);
      if (trainings.has(name))
        throw new WireError(
          "ResourceInUse",
          "Job name must be unique within an AWS account and region, and a job with this name already exists " +
            `(${arn})`,
        );
      await assertRoleAssumable(world, ctx, input.RoleArn ?? "");
      const specification = input.AlgorithmSpecification;
      if (Boolean(specification?.TrainingImage) === Boolean(specification?.AlgorithmName))
        throw new WireError("ValidationException", "You must specify exactly one of TrainingImage or AlgorithmName.");
      if (/xgboost/.test(specification?.TrainingImage ?? "") && !input.HyperParameters?.num_round)
        throw new WireError("ValidationException", "No value(s) were specified for required hyperparameter: num_round");
      if (!/^s3:\/\/[^/]+/.test(input.OutputDataConfig?.S3OutputPath ?? ""))
        throw new WireError("ValidationException", "OutputDataConfig.S3OutputPath must be an S3 URI.");
      const { Tags, ...rest } = input;
      const now = world.clock.now();
      const job: TrainingRecord = {
        name,
        arn,
        input: rest,
        status: "InProgress",
        createdMs: now,
        modifiedMs: now,
        transitions: [],
        metrics: [],
      };
      trainings.set(name, job);
      if (Tags?.length) tags.set(arn, Tags);
      runs.start(ctx.region, job);
      return { TrainingJobArn: arn };
    })
    .on(DescribeTrainingJobCommand)((input, ctx) => describe(find(ctx, input.TrainingJobName ?? "")))
    .on(ListTrainingJobsCommand)((input, ctx) => {
      const jobs = [...stateOf(ctx.region).trainings.values()].filter(
        ({ status }) => input.StatusEquals === undefined || status === input.StatusEquals,
      );
      const summaries = jobs.map(
        (job): TrainingJobSummary => ({
          TrainingJobName: job.name,
          TrainingJobArn: job.arn,
          TrainingJobStatus: job.status,
          SecondaryStatus: job.secondary,
          CreationTime: new Date(job.createdMs),
          LastModifiedTime: new Date(job.modifiedMs),
          TrainingEndTime: dateOf(job.endedMs),
        }),
      );
      const fields = {
        name: (job: TrainingJobSummary) => job.TrainingJobName ?? "",
        created: (job: TrainingJobSummary) => job.CreationTime,
        modified: (job: TrainingJobSummary) => job.LastModifiedTime,
        status: (job: TrainingJobSummary) => job.TrainingJobStatus ?? "",
      };
      const page = pageOf(sortSummaries(summaries, fields, input), input.MaxResults ?? 10, input.NextToken);
      return { TrainingJobSummaries: page.items, NextToken: page.nextToken };
    })
    .on(StopTrainingJobCommand)((input, ctx) => {
    const job = find(ctx, input.TrainingJobName ?? "");
    if (job.status !== "InProgress" && job.status !== "Stopping")
      throw new WireError(
        "ValidationException",
        `The request was rejected because the training job is in status ${job.status}.`,
      );
    runs.stop(job);
    return {};
  });
}

const dateOf = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms));

function describe(job: TrainingRecord) {
  const { input } = job;
  const seconds =
    job.startedMs !== undefined && job.endedMs !== undefined
      ? Math.max(1, Math.round((job.endedMs - job.startedMs) / 1000))
      : undefined;
  return {
    TrainingJobName: job.name,
    TrainingJobArn: job.arn,
    ModelArtifacts: job.status === "Completed" ? { S3ModelArtifacts: artifactOf(job) } : undefined,
    TrainingJobStatus: job.status,
    SecondaryStatus: job.secondary ?? "Starting",
    FailureReason: job.failureReason,
    HyperParameters: input.HyperParameters,
    AlgorithmSpecification: {
      EnableSageMakerMetricsTimeSeries: false,
      ...input.AlgorithmSpecification!,
    },
    RoleArn: input.RoleArn,
    InputDataConfig: input.InputDataConfig,
    OutputDataConfig: { KmsKeyId: "", CompressionType: "GZIP" as const, ...input.OutputDataConfig! },
    ResourceConfig: input.ResourceConfig,
    VpcConfig: input.VpcConfig,
    Environment: input.Environment,
    StoppingCondition: { MaxRuntimeInSeconds: 86_400, ...input.StoppingCondition },
    EnableNetworkIsolation: input.EnableNetworkIsolation ?? false,
    EnableInterContainerTrafficEncryption: input.EnableInterContainerTrafficEncryption ?? false,
    EnableManagedSpotTraining: input.EnableManagedSpotTraining ?? false,
    CreationTime: new Date(job.createdMs),
    TrainingStartTime: dateOf(job.startedMs),
    TrainingEndTime: dateOf(job.endedMs),
    LastModifiedTime: new Date(job.modifiedMs),
    SecondaryStatusTransitions: job.transitions,
    FinalMetricDataList: job.metrics.length ? job.metrics : undefined,
    TrainingTimeInSeconds: seconds,
    BillableTimeInSeconds: seconds,
  };
}
