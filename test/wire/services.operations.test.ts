import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  AmplifyClient,
  CreateAppCommand,
  CreateBranchCommand,
  CreateDeploymentCommand,
  ListTagsForResourceCommand as ListAppTags,
  ListArtifactsCommand,
  ListBackendEnvironmentsCommand,
  ListBranchesCommand,
  ListWebhooksCommand,
  StopJobCommand,
  TagResourceCommand as TagApp,
  UntagResourceCommand as UntagApp,
  UpdateBranchCommand,
} from "@aws-sdk/client-amplify";
import {
  ApplicationAutoScalingClient,
  DeleteScalingPolicyCommand,
  DeleteScheduledActionCommand,
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
  DescribeScheduledActionsCommand,
  ListTagsForResourceCommand as ListTargetTags,
  PutScalingPolicyCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
  TagResourceCommand as TagTarget,
  UntagResourceCommand as UntagTarget,
} from "@aws-sdk/client-application-auto-scaling";
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  CreateStackCommand,
  DeleteStackCommand,
  ListChangeSetsCommand,
  ListImportsCommand,
  UpdateTerminationProtectionCommand,
} from "@aws-sdk/client-cloudformation";
import {
  CloudWatchClient,
  DeleteDashboardsCommand,
  DescribeAlarmsCommand,
  DisableAlarmActionsCommand,
  EnableAlarmActionsCommand,
  GetDashboardCommand,
  ListTagsForResourceCommand as ListAlarmTags,
  PutDashboardCommand,
  PutMetricAlarmCommand,
  TagResourceCommand as TagAlarm,
  UntagResourceCommand as UntagAlarm,
} from "@aws-sdk/client-cloudwatch";
import {
  AssociateKmsKeyCommand,
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogStreamCommand,
  DeleteRetentionPolicyCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  DescribeResourcePoliciesCommand,
  DisassociateKmsKeyCommand,
  ListTagsLogGroupCommand,
  PutRetentionPolicyCommand,
  TagResourceCommand as TagGroup,
  TagLogGroupCommand,
  UntagResourceCommand as UntagGroup,
  UntagLogGroupCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import {
  GetFunctionCodeSigningConfigCommand,
  GetFunctionRecursionConfigCommand,
  GetProvisionedConcurrencyConfigCommand,
  GetRuntimeManagementConfigCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  ListTagsCommand as ListFunctionTags,
  ListProvisionedConcurrencyConfigsCommand,
  TagResourceCommand as TagFunction,
  UntagResourceCommand as UntagFunction,
} from "@aws-sdk/client-lambda";
import { deployWine } from "./endpoints.ts";
import { createFunction } from "./functions.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

let sandbox: TestSandbox;
const clients: { destroy(): void }[] = [];
const use = <T extends { destroy(): void }>(Client: new (config: ReturnType<TestSandbox["clientConfig"]>) => T): T => {
  const client = new Client(sandbox.clientConfig());
  clients.push(client);
  return client;
};
before(async () => {
  sandbox = await startTestSandbox();
});
after(async () => {
  for (const client of clients) client.destroy();
  await sandbox.close();
});

describe("Amplify", () => {
  it("branches are listed and changed, jobs stopped, tags kept", async () => {
    const amplify = use(AmplifyClient);
    const { app } = await amplify.send(new CreateAppCommand({ name: "site" }));
    const appId = app!.appId!;
    for (const branchName of ["main", "dev"]) await amplify.send(new CreateBranchCommand({ appId, branchName }));
    const { branch } = await amplify.send(
      new UpdateBranchCommand({
        appId,
        branchName: "dev",
        description: "next",
        stage: "DEVELOPMENT",
        environmentVariables: { A: "1" },
        enableAutoBuild: false,
      }),
    );
    assert.deepEqual(
      [branch!.description, branch!.stage, branch!.environmentVariables, branch!.enableAutoBuild],
      ["next", "DEVELOPMENT", { A: "1" }, false],
    );
    const first = await amplify.send(new ListBranchesCommand({ appId, maxResults: 1 }));
    const second = await amplify.send(new ListBranchesCommand({ appId, maxResults: 1, nextToken: first.nextToken }));
    const names = [...first.branches!, ...second.branches!].map(({ branchName }) => branchName);
    assert.deepEqual(names.sort(), ["dev", "main"]);
    const { jobId } = await amplify.send(new CreateDeploymentCommand({ appId, branchName: "main" }));
    const stopped = await amplify.send(new StopJobCommand({ appId, branchName: "main", jobId }));
    assert.equal(stopped.jobSummary!.status, "CANCELLED");
    await assert.rejects(amplify.send(new StopJobCommand({ appId, branchName: "main", jobId: "99" })), {
      name: "NotFoundException",
    });
    assert.deepEqual(
      (await amplify.send(new ListArtifactsCommand({ appId, branchName: "main", jobId }))).artifacts,
      [],
    );
    assert.deepEqual((await amplify.send(new ListBackendEnvironmentsCommand({ appId }))).backendEnvironments, []);
    assert.deepEqual((await amplify.send(new ListWebhooksCommand({ appId }))).webhooks, []);
    const resourceArn = app!.appArn!;
    await amplify.send(new TagApp({ resourceArn, tags: { a: "1", b: "2" } }));
    await amplify.send(new UntagApp({ resourceArn, tagKeys: ["a"] }));
    assert.deepEqual((await amplify.send(new ListAppTags({ resourceArn }))).tags, { b: "2" });
  });
});

describe("Application Auto Scaling", () => {
  const target = {
    ServiceNamespace: "sagemaker" as const,
    ResourceId: "endpoint/wine/variant/AllTraffic",
    ScalableDimension: "sagemaker:variant:DesiredInstanceCount" as const,
  };
  let scaling: ApplicationAutoScalingClient;
  before(async () => {
    await deployWine(sandbox);
    scaling = use(ApplicationAutoScalingClient);
    await scaling.send(new RegisterScalableTargetCommand({ ...target, MinCapacity: 1, MaxCapacity: 4 }));
  });

  it("scheduled actions are put, listed, replaced and deleted", async () => {
    const put = (ScheduledActionName: string, Schedule: string, more: object = {}) =>
      scaling.send(
        new PutScheduledActionCommand({
          ...target,
          ScheduledActionName,
          Schedule,
          ScalableTargetAction: { MinCapacity: 2, MaxCapacity: 6 },
          ...more,
        }),
      );
    const list = async (ScheduledActionNames?: string[]) =>
      (await scaling.send(new DescribeScheduledActionsCommand({ ServiceNamespace: "sagemaker", ScheduledActionNames })))
        .ScheduledActions!;
    await put("morning", "cron(0 7 ? * MON-FRI *)", { Timezone: "Europe/Berlin" });
    await put("once", "at(2099-01-01T00:00:00)");
    await assert.rejects(put("broken", "whenever"), { name: "ValidationException" });
    await put("morning", "cron(0 8 ? * MON-FRI *)", { Timezone: "Europe/Berlin" });
    const [morning] = await list(["morning"]);
    assert.equal(morning!.Schedule, "cron(0 8 ? * MON-FRI *)");
    assert.equal(morning!.Timezone, "Europe/Berlin");
    assert.deepEqual(morning!.ScalableTargetAction, { MinCapacity: 2, MaxCapacity: 6 });
    assert.match(
      morning!.ScheduledActionARN!,
      /^arn:aws:autoscaling:us-east-1:123456789012:scheduledAction:[\w-]+:resource\/sagemaker\/endpoint\/wine\/variant\/AllTraffic:scheduledActionName\/morning$/,
    );
    assert.deepEqual((await list()).map((one) => one.ScheduledActionName).sort(), ["morning", "once"]);
    const remove = () => scaling.send(new DeleteScheduledActionCommand({ ...target, ScheduledActionName: "once" }));
    await remove();
    assert.equal((await list()).length, 1);
    await assert.rejects(remove(), { name: "ObjectNotFoundException" });
  });

  it("policies are deleted with their alarms; targets bear tags", async () => {
    const PolicyName = "p";
    await scaling.send(
      new PutScalingPolicyCommand({
        ...target,
        PolicyName,
        PolicyType: "TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: 100,
          PredefinedMetricSpecification: { PredefinedMetricType: "SageMakerVariantInvocationsPerInstance" },
        },
      }),
    );
    const cloudwatch = use(CloudWatchClient);
    const alarms = async () =>
      (await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNamePrefix: "TargetTracking-endpoint/wine" })))
        .MetricAlarms!.length;
    assert.equal(await alarms(), 2);
    await scaling.send(new DeleteScalingPolicyCommand({ ...target, PolicyName }));
    assert.equal(await alarms(), 0);
    const left = await scaling.send(new DescribeScalingPoliciesCommand({ ServiceNamespace: "sagemaker" }));
    assert.deepEqual(left.ScalingPolicies, []);
    await assert.rejects(scaling.send(new DeleteScalingPolicyCommand({ ...target, PolicyName })), {
      name: "ObjectNotFoundException",
      message: /^No scaling policy found for service namespace: sagemaker/,
    });
    const { ScalableTargets = [] } = await scaling.send(
      new DescribeScalableTargetsCommand({ ServiceNamespace: "sagemaker" }),
    );
    const ResourceARN = ScalableTargets[0]!.ScalableTargetARN!;
    await scaling.send(new TagTarget({ ResourceARN, Tags: { a: "1", b: "2" } }));
    await scaling.send(new UntagTarget({ ResourceARN, TagKeys: ["a"] }));
    assert.deepEqual((await scaling.send(new ListTargetTags({ ResourceARN }))).Tags, { b: "2" });
  });
});

describe("CloudFormation", () => {
  it("lists change sets and importers, and protects a stack from deletion", async () => {
    const cloudFormation = use(CloudFormationClient);
    const group = (name: unknown) => ({ Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: name } });
    const exporter = {
      Resources: { G: group("exported") },
      Outputs: { Name: { Value: { Ref: "G" }, Export: { Name: "group-name" } } },
    };
    const importer = { Resources: { G: group({ "Fn::Join": ["-", [{ "Fn::ImportValue": "group-name" }, "too"]] }) } };
    const create = (StackName: string, template: object) =>
      cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody: JSON.stringify(template) }));
    const imports = () => cloudFormation.send(new ListImportsCommand({ ExportName: "group-name" }));
    await create("exports", exporter);
    await assert.rejects(imports(), {
      name: "ValidationError",
      message: "Export 'group-name' is not imported by any stack.",
    });
    await create("imports", importer);
    assert.deepEqual((await imports()).Imports, ["imports"]);
    await cloudFormation.send(
      new CreateChangeSetCommand({
        StackName: "exports",
        ChangeSetName: "next",
        TemplateBody: JSON.stringify({ ...exporter, Resources: { ...exporter.Resources, H: group("h") } }),
      }),
    );
    const { Summaries = [] } = await cloudFormation.send(new ListChangeSetsCommand({ StackName: "exports" }));
    assert.deepEqual(
      Summaries.map((one) => [one.ChangeSetName, one.Status, one.ExecutionStatus]),
      [["next", "CREATE_COMPLETE", "AVAILABLE"]],
    );
    const protect = (EnableTerminationProtection: boolean) =>
      cloudFormation.send(
        new UpdateTerminationProtectionCommand({ StackName: "imports", EnableTerminationProtection }),
      );
    await protect(true);
    const remove = () => cloudFormation.send(new DeleteStackCommand({ StackName: "imports" }));
    await assert.rejects(remove(), {
      name: "ValidationError",
      message: "Stack [imports] cannot be deleted while TerminationProtection is enabled",
    });
    await protect(false);
    await remove();
  });
});

describe("CloudWatch", () => {
  it("actions of alarms are switched off and on, alarms bear tags, dashboards go", async () => {
    const cloudwatch = use(CloudWatchClient);
    const AlarmNames = ["switched"];
    await cloudwatch.send(
      new PutMetricAlarmCommand({
        AlarmName: "switched",
        Namespace: "N",
        MetricName: "M",
        Statistic: "Sum",
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: "GreaterThanThreshold",
      }),
    );
    const alarm = async () => (await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames }))).MetricAlarms![0]!;
    await cloudwatch.send(new DisableAlarmActionsCommand({ AlarmNames }));
    assert.equal((await alarm()).ActionsEnabled, false);
    await cloudwatch.send(new EnableAlarmActionsCommand({ AlarmNames }));
    assert.equal((await alarm()).ActionsEnabled, true);
    const ResourceARN = (await alarm()).AlarmArn!;
    await cloudwatch.send(
      new TagAlarm({
        ResourceARN,
        Tags: [
          { Key: "a", Value: "1" },
          { Key: "b", Value: "2" },
        ],
      }),
    );
    await cloudwatch.send(new UntagAlarm({ ResourceARN, TagKeys: ["a"] }));
    assert.deepEqual((await cloudwatch.send(new ListAlarmTags({ ResourceARN }))).Tags, [{ Key: "b", Value: "2" }]);

    const DashboardName = "board";
    const DashboardBody = JSON.stringify({
      widgets: [{ type: "text", width: 3, height: 3, properties: { markdown: "hi" } }],
    });
    const put = await cloudwatch.send(new PutDashboardCommand({ DashboardName, DashboardBody }));
    assert.deepEqual(put.DashboardValidationMessages ?? [], []);
    assert.equal((await cloudwatch.send(new GetDashboardCommand({ DashboardName }))).DashboardBody, DashboardBody);
    await assert.rejects(cloudwatch.send(new PutDashboardCommand({ DashboardName, DashboardBody: "{" })), {
      name: /Dashboard|InvalidParameter/,
    });
    await cloudwatch.send(new DeleteDashboardsCommand({ DashboardNames: [DashboardName] }));
    await assert.rejects(cloudwatch.send(new GetDashboardCommand({ DashboardName })), {
      message: /board does not exist/,
    });
  });
});

describe("CloudWatch Logs", () => {
  it("groups have a retention, a key and tags; streams go", async () => {
    const logs = use(CloudWatchLogsClient);
    const logGroupName = "ops";
    await logs.send(new CreateLogGroupCommand({ logGroupName }));
    const group = async () =>
      (await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }))).logGroups![0]!;
    await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 7 }));
    await logs.send(new DeleteRetentionPolicyCommand({ logGroupName }));
    assert.equal((await group()).retentionInDays, undefined);
    const kmsKeyId = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";
    await logs.send(new AssociateKmsKeyCommand({ logGroupName, kmsKeyId }));
    assert.equal((await group()).kmsKeyId, kmsKeyId);
    await logs.send(new DisassociateKmsKeyCommand({ logGroupName }));
    assert.equal((await group()).kmsKeyId, undefined);
    await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: "s" }));
    await logs.send(new DeleteLogStreamCommand({ logGroupName, logStreamName: "s" }));
    assert.deepEqual((await logs.send(new DescribeLogStreamsCommand({ logGroupName }))).logStreams, []);
    await assert.rejects(logs.send(new DeleteLogStreamCommand({ logGroupName, logStreamName: "s" })), {
      name: "ResourceNotFoundException",
      message: "The specified log stream does not exist.",
    });
    await logs.send(new TagLogGroupCommand({ logGroupName, tags: { a: "1", b: "2" } }));
    await logs.send(new UntagLogGroupCommand({ logGroupName, tags: ["a"] }));
    const resourceArn = "arn:aws:logs:us-east-1:123456789012:log-group:ops";
    await logs.send(new TagGroup({ resourceArn, tags: { c: "3", d: "4" } }));
    await logs.send(new UntagGroup({ resourceArn, tagKeys: ["d"] }));
    assert.deepEqual((await logs.send(new ListTagsLogGroupCommand({ logGroupName }))).tags, { b: "2", c: "3" });
    assert.deepEqual((await logs.send(new DescribeResourcePoliciesCommand({}))).resourcePolicies, []);
  });
});

describe("Lambda", () => {
  it("tells what clients ask of every function, and keeps tags", async () => {
    const lambda = use(LambdaClient);
    const FunctionName = "asked";
    const Resource = await createFunction(sandbox, FunctionName, "export const handler = async () => 1;");
    assert.equal(
      (await lambda.send(new GetFunctionRecursionConfigCommand({ FunctionName }))).RecursiveLoop,
      "Terminate",
    );
    const management = await lambda.send(new GetRuntimeManagementConfigCommand({ FunctionName }));
    assert.equal(management.UpdateRuntimeOn, "Auto");
    const signing = await lambda.send(new GetFunctionCodeSigningConfigCommand({ FunctionName }));
    assert.equal(signing.CodeSigningConfigArn ?? "", "");
    assert.deepEqual((await lambda.send(new ListEventSourceMappingsCommand({ FunctionName }))).EventSourceMappings, []);
    await assert.rejects(
      lambda.send(new GetProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier: "$LATEST" })),
      { name: "ProvisionedConcurrencyConfigNotFoundException" },
    );
    const provisioned = await lambda.send(new ListProvisionedConcurrencyConfigsCommand({ FunctionName }));
    assert.deepEqual(provisioned.ProvisionedConcurrencyConfigs, []);
    await lambda.send(new TagFunction({ Resource, Tags: { a: "1", b: "2" } }));
    await lambda.send(new UntagFunction({ Resource, TagKeys: ["a"] }));
    assert.deepEqual((await lambda.send(new ListFunctionTags({ Resource }))).Tags, { b: "2" });
  });
});
