import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  CreateDomainCommand,
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  CreateTrainingJobCommand,
  CreateUserProfileCommand,
  DeleteDomainCommand,
  DeleteUserProfileCommand,
  DescribeDomainCommand,
  DescribeTrainingJobCommand,
  DescribeUserProfileCommand,
  ListDomainsCommand,
  ListTrainingJobsCommand,
  ListUserProfilesCommand,
  SageMakerClient,
  StopTrainingJobCommand,
  UpdateDomainCommand,
  UpdateUserProfileCommand,
} from "@aws-sdk/client-sagemaker";
import { InvokeEndpointCommand, SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";
import { pythonWithXgboost } from "../../src/sandbox/sagemaker/xgboostTrainer.ts";
import { eventually } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const RoleArn = "arn:aws:iam::123456789012:role/trainer";
const IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1";
const hasXgboost = (await pythonWithXgboost()) !== undefined;

let sandbox: TestSandbox;
let sagemaker: SageMakerClient;
let s3: S3Client;

before(async () => {
  sandbox = await startTestSandbox();
  sagemaker = new SageMakerClient(sandbox.clientConfig());
  s3 = new S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
  const iam = new IAMClient(sandbox.clientConfig());
  const trust = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "sagemaker.amazonaws.com" }, Action: "sts:AssumeRole" }],
  };
  await iam.send(new CreateRoleCommand({ RoleName: "trainer", AssumeRolePolicyDocument: JSON.stringify(trust) }));
  iam.destroy();
  await s3.send(new CreateBucketCommand({ Bucket: "data" }));
  // Three classes that the first feature alone tells apart.
  const rows = Array.from({ length: 90 }, (_, i) => `${i % 3},${(i % 3) * 10 + (i % 7) / 10},${i % 5}`);
  await s3.send(new PutObjectCommand({ Bucket: "data", Key: "train/a.csv", Body: `${rows.join("\n")}\n` }));
  await s3.send(
    new PutObjectCommand({ Bucket: "data", Key: "validation/a.csv", Body: `${rows.slice(0, 30).join("\n")}\n` }),
  );
  await s3.send(new PutObjectCommand({ Bucket: "data", Key: "broken/a.csv", Body: "label,a\n1,2\n" }));
});
after(async () => {
  sagemaker.destroy();
  s3.destroy();
  await sandbox.close();
});

const channel = (ChannelName: string, prefix = ChannelName) => ({
  ChannelName,
  ContentType: "text/csv",
  DataSource: { S3DataSource: { S3DataType: "S3Prefix" as const, S3Uri: `s3://data/${prefix}/` } },
});
const create = (TrainingJobName: string, more: object = {}) =>
  sagemaker.send(
    new CreateTrainingJobCommand({
      TrainingJobName,
      RoleArn,
      AlgorithmSpecification: { TrainingImage: IMAGE, TrainingInputMode: "File" },
      HyperParameters: { objective: "multi:softprob", num_class: "3", num_round: "5", max_depth: "3", eta: "0.5" },
      InputDataConfig: [channel("train"), channel("validation")],
      OutputDataConfig: { S3OutputPath: "s3://data/models/" },
      ResourceConfig: { InstanceType: "ml.m5.large", InstanceCount: 1, VolumeSizeInGB: 10 },
      StoppingCondition: { MaxRuntimeInSeconds: 600 },
      ...more,
    }),
  );
const describeJob = (TrainingJobName: string) => sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName }));
const ended = (name: string) =>
  eventually(
    `${name} ends`,
    async () => {
      const job = await describeJob(name);
      return /^(Completed|Failed|Stopped)$/.test(job.TrainingJobStatus ?? "") && job;
    },
    60_000,
  );

describe("SageMaker training jobs", () => {
  it("functionality: a job trains XGBoost on S3's data, and an endpoint serves what it made", async (t) => {
    if (!hasXgboost) return t.skip("python3 has no xgboost: apt-get install python3-xgboost");
    await create("wine");
    const job = await ended("wine");
    assert.equal(job.TrainingJobStatus, "Completed", job.FailureReason);
    assert.deepEqual(
      job.SecondaryStatusTransitions?.map(({ Status }) => Status),
      ["Starting", "Downloading", "Training", "Uploading", "Completed"],
    );
    const metrics = Object.fromEntries((job.FinalMetricDataList ?? []).map((m) => [m.MetricName, m.Value]));
    assert.ok(metrics["train:mlogloss"]! < 0.6 && metrics["validation:mlogloss"]! < 0.6, JSON.stringify(metrics));
    const ModelDataUrl = job.ModelArtifacts?.S3ModelArtifacts;
    assert.equal(ModelDataUrl, "s3://data/models/wine/output/model.tar.gz");
    const logs = new CloudWatchLogsClient(sandbox.clientConfig());
    const { events } = await logs.send(
      new FilterLogEventsCommand({ logGroupName: "/aws/sagemaker/TrainingJobs", logStreamNamePrefix: "wine/algo-1-" }),
    );
    logs.destroy();
    assert.ok(events?.some(({ message }) => message?.startsWith("[4]\ttrain-mlogloss:")));
    await sagemaker.send(
      new CreateModelCommand({
        ModelName: "m",
        ExecutionRoleArn: RoleArn,
        PrimaryContainer: { Image: IMAGE, ModelDataUrl },
      }),
    );
    await sagemaker.send(
      new CreateEndpointConfigCommand({
        EndpointConfigName: "c",
        ProductionVariants: [
          { VariantName: "v", ModelName: "m", InstanceType: "ml.m5.large", InitialInstanceCount: 1 },
        ],
      }),
    );
    await sagemaker.send(new CreateEndpointCommand({ EndpointName: "e", EndpointConfigName: "c" }));
    const runtime = new SageMakerRuntimeClient(sandbox.clientConfig());
    const { Body } = await runtime.send(
      new InvokeEndpointCommand({ EndpointName: "e", ContentType: "text/csv", Body: "20.1,3" }),
    );
    runtime.destroy();
    const scores = Buffer.from(Body!).toString().trim().split(",").map(Number);
    assert.equal(scores.indexOf(Math.max(...scores)), 2);
  });

  it("functionality: a job fails with a reason that says what is wrong", async (t) => {
    await create("image", {
      AlgorithmSpecification: { TrainingImage: "1.dkr.ecr.us-east-1.amazonaws.com/own:1", TrainingInputMode: "File" },
    });
    assert.match(
      (await ended("image")).FailureReason ?? "",
      /^ClientError: The sandbox trains with SageMaker's XGBoost images only/,
    );
    await create("nothing", { InputDataConfig: [channel("train", "absent")] });
    const nothing = await ended("nothing");
    assert.equal(nothing.TrainingJobStatus, "Failed");
    assert.match(nothing.FailureReason ?? "", /No objects found under s3:\/\/data\/absent\/ for channel train/);
    await create("header", { InputDataConfig: [channel("train", "broken")] });
    const header = (await ended("header")).FailureReason ?? "";
    if (!hasXgboost) {
      assert.match(header, /its package xgboost: .*Install it \(pip install xgboost/);
      return t.skip("python3 has no xgboost: apt-get install python3-xgboost");
    }
    assert.match(header, /^ClientError: 000000, line 1 of channel train: .*'label'.*label first/);
  });

  it("validation: names, roles and what a job needs", async () => {
    await create("twice", { InputDataConfig: [channel("train", "absent")] });
    await assert.rejects(create("twice"), { name: "ResourceInUse" });
    await assert.rejects(create("role", { RoleArn: "arn:aws:iam::123456789012:role/none" }), /Could not assume role/);
    await assert.rejects(create("rounds", { HyperParameters: { eta: "1" } }), /required hyperparameter: num_round/);
    await assert.rejects(describeJob("none"), /Requested resource not found/);
    await ended("twice");
    await assert.rejects(
      sagemaker.send(new StopTrainingJobCommand({ TrainingJobName: "twice" })),
      /is in status Failed/,
    );
    const { TrainingJobSummaries = [] } = await sagemaker.send(
      new ListTrainingJobsCommand({ NameContains: "twice", StatusEquals: "Failed" }),
    );
    assert.deepEqual(
      TrainingJobSummaries.map((job) => job.TrainingJobName),
      ["twice"],
    );
  });

  it("functionality: a job is stopped", async (t) => {
    if (!hasXgboost) return t.skip("python3 has no xgboost: apt-get install python3-xgboost");
    await create("long", {
      HyperParameters: { objective: "multi:softprob", num_class: "3", num_round: "1000000" },
    });
    await eventually("it trains", async () => (await describeJob("long")).SecondaryStatus === "Training");
    await sagemaker.send(new StopTrainingJobCommand({ TrainingJobName: "long" }));
    const job = await ended("long");
    assert.deepEqual(
      [job.TrainingJobStatus, job.SecondaryStatus, job.ModelArtifacts],
      ["Stopped", "Stopped", undefined],
    );
  });
});

describe("SageMaker domains", () => {
  it("functionality: a domain with a user profile comes and goes", async () => {
    const { DomainId } = await sagemaker.send(
      new CreateDomainCommand({
        DomainName: "studio",
        AuthMode: "IAM",
        DefaultUserSettings: { ExecutionRole: RoleArn },
        SubnetIds: ["subnet-1"],
        VpcId: "vpc-1",
      }),
    );
    assert.match(DomainId ?? "", /^d-\w+$/);
    const UserProfileName = "ann";
    await sagemaker.send(new CreateUserProfileCommand({ DomainId, UserProfileName }));
    assert.equal((await sagemaker.send(new DescribeDomainCommand({ DomainId }))).Status, "InService");
    const profile = await sagemaker.send(new DescribeUserProfileCommand({ DomainId, UserProfileName }));
    assert.equal(profile.Status, "InService");
    assert.equal(
      (await sagemaker.send(new ListUserProfilesCommand({ DomainIdEquals: DomainId }))).UserProfiles?.length,
      1,
    );
    await sagemaker.send(
      new UpdateDomainCommand({ DomainId, DefaultUserSettings: { SecurityGroups: ["sg-1"] }, SubnetIds: ["subnet-2"] }),
    );
    const changed = await sagemaker.send(new DescribeDomainCommand({ DomainId }));
    assert.equal(changed.Status, "InService");
    assert.deepEqual(changed.SubnetIds, ["subnet-2"]);
    assert.deepEqual(changed.DefaultUserSettings, { ExecutionRole: RoleArn, SecurityGroups: ["sg-1"] });
    await sagemaker.send(
      new UpdateUserProfileCommand({ DomainId, UserProfileName, UserSettings: { ExecutionRole: RoleArn } }),
    );
    assert.equal(
      (await sagemaker.send(new DescribeUserProfileCommand({ DomainId, UserProfileName }))).UserSettings?.ExecutionRole,
      RoleArn,
    );
    await assert.rejects(sagemaker.send(new DeleteDomainCommand({ DomainId })), { name: "ResourceInUse" });
    await sagemaker.send(new DeleteUserProfileCommand({ DomainId, UserProfileName }));
    await sagemaker.send(new DeleteDomainCommand({ DomainId }));
    assert.deepEqual((await sagemaker.send(new ListDomainsCommand({}))).Domains, []);
    await assert.rejects(sagemaker.send(new DescribeDomainCommand({ DomainId })), { name: "ResourceNotFound" });
  });

  it("functionality: CloudFormation changes the settings of a domain and a profile in place", async () => {
    const cloudFormation = new CloudFormationClient(sandbox.clientConfig());
    const StackName = "studio";
    const template = (subnet: string, group: string) =>
      JSON.stringify({
        Resources: {
          Domain: {
            Type: "AWS::SageMaker::Domain",
            Properties: {
              DomainName: "stacked",
              AuthMode: "IAM",
              VpcId: "vpc-1",
              SubnetIds: [subnet],
              DefaultUserSettings: { ExecutionRole: RoleArn },
            },
          },
          Profile: {
            Type: "AWS::SageMaker::UserProfile",
            Properties: {
              DomainId: { Ref: "Domain" },
              UserProfileName: "ann",
              UserSettings: { ExecutionRole: RoleArn, SecurityGroups: [group] },
            },
          },
        },
        Outputs: { Id: { Value: { Ref: "Domain" } } },
      });
    const stack = async () => {
      const [found] = (await cloudFormation.send(new DescribeStacksCommand({ StackName }))).Stacks!;
      return { status: found!.StackStatus, id: found!.Outputs?.[0]?.OutputValue };
    };
    await cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody: template("subnet-1", "sg-1") }));
    const { status, id } = await stack();
    assert.equal(status, "CREATE_COMPLETE");
    await cloudFormation.send(new UpdateStackCommand({ StackName, TemplateBody: template("subnet-2", "sg-2") }));
    assert.deepEqual(await stack(), { status: "UPDATE_COMPLETE", id });
    assert.deepEqual((await sagemaker.send(new DescribeDomainCommand({ DomainId: id }))).SubnetIds, ["subnet-2"]);
    const profile = await sagemaker.send(new DescribeUserProfileCommand({ DomainId: id, UserProfileName: "ann" }));
    assert.deepEqual(profile.UserSettings?.SecurityGroups, ["sg-2"]);
    await cloudFormation.send(new DeleteStackCommand({ StackName }));
    assert.deepEqual((await sagemaker.send(new ListDomainsCommand({}))).Domains, []);
    cloudFormation.destroy();
  });
});
