import { DescribeLogStreamsCommand, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateTrainingJobCommand,
  DescribeTrainingJobCommand,
  StopTrainingJobCommand,
  type TrainingInstanceType,
} from "@aws-sdk/client-sagemaker";
import * as l10n from "@vscode/l10n";
import type { TrainingJob, TrainingStatus } from "../domain/training.ts";
import { withAwsErrors } from "./awsError.ts";
import type { AwsClients } from "./clients.ts";

/** A job to be run. */
export interface TrainingJobInput {
  name: string;
  image: string;
  roleArn: string;
  /** S3 prefixes of CSV files by the channel's name. */
  channels: Record<string, string>;
  /** S3 prefix that JOB/output/model.tar.gz is written under. */
  output: string;
  instanceType: string;
  maxSeconds: number;
  hyperparameters: Record<string, string>;
}

const VOLUME_GB = 10;

/** Starts a training job without access to the network; the built-in algorithms need none. */
export function createTrainingJob(clients: AwsClients, input: TrainingJobInput): Promise<void> {
  return withAwsErrors({ action: l10n.t("start training job {0}", input.name), region: clients.region }, async () => {
    await (await clients.sagemaker()).send(
      new CreateTrainingJobCommand({
        TrainingJobName: input.name,
        AlgorithmSpecification: { TrainingImage: input.image, TrainingInputMode: "File" },
        RoleArn: input.roleArn,
        InputDataConfig: Object.entries(input.channels).map(([ChannelName, S3Uri]) => ({
          ChannelName,
          ContentType: "text/csv",
          DataSource: { S3DataSource: { S3DataType: "S3Prefix", S3Uri, S3DataDistributionType: "FullyReplicated" } },
        })),
        OutputDataConfig: { S3OutputPath: input.output },
        ResourceConfig: {
          // The SDK's list of types is as old as the SDK; SageMaker itself says what it does not know.
          InstanceType: input.instanceType as TrainingInstanceType,
          InstanceCount: 1,
          VolumeSizeInGB: VOLUME_GB,
        },
        StoppingCondition: { MaxRuntimeInSeconds: input.maxSeconds },
        HyperParameters: input.hyperparameters,
        EnableNetworkIsolation: true,
      }),
    );
  });
}

/** @throws OpsError notFound when there is no such job */
export function describeTrainingJob(clients: AwsClients, name: string): Promise<TrainingJob> {
  return withAwsErrors({ action: l10n.t("describe training job {0}", name), region: clients.region }, async () => {
    const job = await (await clients.sagemaker()).send(new DescribeTrainingJobCommand({ TrainingJobName: name }));
    return {
      name,
      status: job.TrainingJobStatus as TrainingStatus,
      phase: job.SecondaryStatus ?? "",
      transitions: (job.SecondaryStatusTransitions ?? []).map(({ Status, StatusMessage, StartTime }) => ({
        phase: Status ?? "",
        message: StatusMessage ?? "",
        atMs: StartTime?.getTime() ?? 0,
      })),
      failureReason: job.FailureReason,
      artifact: job.ModelArtifacts?.S3ModelArtifacts,
      metrics: Object.fromEntries((job.FinalMetricDataList ?? []).map((m) => [m.MetricName ?? "", m.Value ?? 0])),
      billableSeconds: job.BillableTimeInSeconds,
    };
  });
}

/** Asks a job to stop; it goes on to be billed until it has. */
export function stopTrainingJob(clients: AwsClients, name: string): Promise<void> {
  return withAwsErrors({ action: l10n.t("stop training job {0}", name), region: clients.region }, async () => {
    await (await clients.sagemaker()).send(new StopTrainingJobCommand({ TrainingJobName: name }));
  });
}

const LOG_GROUP = "/aws/sagemaker/TrainingJobs";

/**
 * Reads what a job has logged since the last look. Its stream is JOB/algo-1-…; there is none before the container runs.
 * @param token of the last look
 */
export function readTrainingLog(
  clients: AwsClients,
  name: string,
  token: string | undefined,
): Promise<{ lines: string[]; token?: string }> {
  return withAwsErrors(
    { action: l10n.t("read the log of training job {0}", name), region: clients.region },
    async () => {
      const client = await clients.logs();
      const { logStreams: [stream] = [] } = await client.send(
        new DescribeLogStreamsCommand({ logGroupName: LOG_GROUP, logStreamNamePrefix: `${name}/`, limit: 1 }),
      );
      if (!stream?.logStreamName) return { lines: [] };
      const { events = [], nextForwardToken } = await client.send(
        new GetLogEventsCommand({
          logGroupName: LOG_GROUP,
          logStreamName: stream.logStreamName,
          startFromHead: true,
          nextToken: token,
        }),
      );
      return { lines: events.map(({ message }) => (message ?? "").trimEnd()), token: nextForwardToken ?? token };
    },
  );
}
