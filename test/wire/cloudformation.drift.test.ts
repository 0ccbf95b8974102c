import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CloudFormationClient,
  ContinueUpdateRollbackCommand,
  CreateChangeSetCommand,
  CreateStackCommand,
  DescribeChangeSetCommand,
  DescribeStackDriftDetectionStatusCommand,
  DescribeStackEventsCommand,
  DescribeStackResourceDriftsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  DetectStackDriftCommand,
  DetectStackResourceDriftCommand,
  GetStackPolicyCommand,
  RollbackStackCommand,
  SetStackPolicyCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import {
  CloudWatchLogsClient,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  PutRetentionPolicyCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { DetachRolePolicyCommand, IAMClient } from "@aws-sdk/client-iam";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

let sandbox: TestSandbox;
let cloudFormation: CloudFormationClient;
let logs: CloudWatchLogsClient;
let iam: IAMClient;
before(async () => {
  sandbox = await startTestSandbox();
  cloudFormation = new CloudFormationClient(sandbox.clientConfig());
  logs = new CloudWatchLogsClient(sandbox.clientConfig());
  iam = new IAMClient(sandbox.clientConfig());
});
after(async () => {
  for (const client of [cloudFormation, logs, iam]) client.destroy();
  await sandbox.close();
});

const group = (name: string, days: number) => ({
  Type: "AWS::Logs::LogGroup",
  Properties: { LogGroupName: name, RetentionInDays: days },
});
const body = (Resources: object, more: object = {}) => JSON.stringify({ ...more, Resources });
const status = async (StackName: string) =>
  (await cloudFormation.send(new DescribeStacksCommand({ StackName }))).Stacks![0]!.StackStatus;
const detect = async (StackName: string) => {
  const { StackDriftDetectionId } = await cloudFormation.send(new DetectStackDriftCommand({ StackName }));
  return cloudFormation.send(new DescribeStackDriftDetectionStatusCommand({ StackDriftDetectionId }));
};
const namesOf = async (logGroupNamePrefix: string) =>
  (await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix }))).logGroups?.map((item) => item.logGroupName);

describe("CloudFormation drift", () => {
  it("functionality: changed and deleted resources are found, with what was expected and what is", async () => {
    const role = {
      Type: "AWS::IAM::Role",
      Properties: {
        RoleName: "drifting",
        ManagedPolicyArns: ["arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"],
        AssumeRolePolicyDocument: {
          Version: "2012-10-17",
          Statement: { Effect: "Allow", Principal: { Service: "a.amazonaws.com" }, Action: "sts:AssumeRole" },
        },
      },
    };
    const TemplateBody = body({
      Same: group("drift-a", 7),
      Changed: group("drift-b", 7),
      Gone: group("drift-c", 7),
      role,
    });
    const StackName = "drift";
    await cloudFormation.send(
      new CreateStackCommand({ StackName, TemplateBody, Capabilities: ["CAPABILITY_NAMED_IAM"] }),
    );
    const clean = await detect(StackName);
    assert.equal(clean.DetectionStatus, "DETECTION_COMPLETE");
    const found = await cloudFormation.send(new DescribeStackResourceDriftsCommand({ StackName }));
    assert.deepEqual(
      found.StackResourceDrifts?.flatMap((item) => item.PropertyDifferences),
      [],
    );
    assert.equal(clean.StackDriftStatus, "IN_SYNC");
    assert.equal(clean.DriftedStackResourceCount, 0);

    await logs.send(new PutRetentionPolicyCommand({ logGroupName: "drift-b", retentionInDays: 14 }));
    await logs.send(new DeleteLogGroupCommand({ logGroupName: "drift-c" }));
    await iam.send(new DetachRolePolicyCommand({ RoleName: "drifting", PolicyArn: "arn:aws:iam::aws:policy/B" }));
    const drifted = await detect(StackName);
    assert.equal(drifted.StackDriftStatus, "DRIFTED");
    assert.equal(drifted.DriftedStackResourceCount, 3);
    const { StackResourceDrifts = [] } = await cloudFormation.send(
      new DescribeStackResourceDriftsCommand({ StackName, StackResourceDriftStatusFilters: ["MODIFIED", "DELETED"] }),
    );
    const changed = StackResourceDrifts.find((item) => item.LogicalResourceId === "Changed");
    assert.deepEqual(changed?.PropertyDifferences, [
      { PropertyPath: "/RetentionInDays", ExpectedValue: "7", ActualValue: "14", DifferenceType: "NOT_EQUAL" },
    ]);
    assert.equal(JSON.parse(changed!.ActualProperties!).RetentionInDays, 14);
    const byId = Object.fromEntries(
      StackResourceDrifts.map((item) => [item.LogicalResourceId, item.StackResourceDriftStatus]),
    );
    assert.deepEqual(byId, { Changed: "MODIFIED", Gone: "DELETED", role: "MODIFIED" });
    const { StackResources } = await cloudFormation.send(new DescribeStackResourcesCommand({ StackName }));
    const same = StackResources?.find((item) => item.LogicalResourceId === "Same");
    assert.equal(same?.DriftInformation?.StackResourceDriftStatus, "IN_SYNC");

    await logs.send(new PutRetentionPolicyCommand({ logGroupName: "drift-b", retentionInDays: 7 }));
    const { StackResourceDrift } = await cloudFormation.send(
      new DetectStackResourceDriftCommand({ StackName, LogicalResourceId: "Changed" }),
    );
    assert.equal(StackResourceDrift?.StackResourceDriftStatus, "IN_SYNC");
  });

  it("validation: detections and resources that do not exist", async () => {
    await assert.rejects(
      cloudFormation.send(new DescribeStackDriftDetectionStatusCommand({ StackDriftDetectionId: "nope" })),
      { name: "ValidationError" },
    );
    await assert.rejects(
      cloudFormation.send(new DetectStackResourceDriftCommand({ StackName: "drift", LogicalResourceId: "X" })),
      { message: "Resource X does not exist for stack drift" },
    );
  });
});

describe("CloudFormation rollbacks on request", () => {
  const bad = { Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: "bad", RetentionInDays: 8 } };

  it("functionality: a failed update that kept what it had done goes back to the last stable state", async () => {
    const StackName = "rollback";
    await cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody: body({ A: group("rb-a", 7) }) }));
    const update = (TemplateBody: string) =>
      cloudFormation.send(new UpdateStackCommand({ StackName, TemplateBody, DisableRollback: true }));
    await update(body({ A: group("rb-a", 14), B: group("rb-b", 7), Bad: { ...bad, DependsOn: ["A", "B"] } }));
    assert.equal(await status(StackName), "UPDATE_FAILED");
    await update(body({ A: group("rb-a", 30), B: group("rb-b2", 7), Bad: { ...bad, DependsOn: ["A", "B"] } }));
    assert.equal(await status(StackName), "UPDATE_FAILED");
    await cloudFormation.send(new RollbackStackCommand({ StackName }));
    assert.equal(await status(StackName), "UPDATE_ROLLBACK_COMPLETE");
    const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "rb-" }));
    assert.deepEqual(
      logGroups?.map((item) => [item.logGroupName, item.retentionInDays]),
      [["rb-a", 7]],
    );
    await assert.rejects(cloudFormation.send(new RollbackStackCommand({ StackName })), /can not be rolled back/);
  });

  it("functionality: a failed creation that kept what it had made is undone", async () => {
    const StackName = "rollback-new";
    await cloudFormation.send(
      new CreateStackCommand({
        StackName,
        DisableRollback: true,
        TemplateBody: body({ A: group("rbn-a", 7), Bad: { ...bad, DependsOn: "A" } }),
      }),
    );
    assert.equal(await status(StackName), "CREATE_FAILED");
    await cloudFormation.send(new RollbackStackCommand({ StackName }));
    assert.equal(await status(StackName), "ROLLBACK_COMPLETE");
    assert.deepEqual((await namesOf("rbn-")) ?? [], []);
  });

  it("functionality: a rollback that failed goes on without the resource to skip", async () => {
    const StackName = "continue";
    const bucket = (versioning: string) => ({
      Type: "AWS::IAM::Role",
      Properties: {
        RoleName: "continued",
        Description: versioning,
        AssumeRolePolicyDocument: {
          Version: "2012-10-17",
          Statement: { Effect: "Allow", Principal: { Service: "a.amazonaws.com" }, Action: "sts:AssumeRole" },
        },
        Policies: [],
      },
    });
    const Capabilities = ["CAPABILITY_NAMED_IAM" as const];
    const stackBody = (one: string, more: object = {}) => body({ R: bucket(one), G: group("cont", 7), ...more });
    await cloudFormation.send(new CreateStackCommand({ StackName, Capabilities, TemplateBody: stackBody("a") }));
    const failing = { Bad: { ...bad, DependsOn: ["G"] } };
    await cloudFormation.send(
      new UpdateStackCommand({
        StackName,
        Capabilities,
        DisableRollback: true,
        TemplateBody: body({ R: bucket("a"), G: group("cont", 14), ...failing }),
      }),
    );
    assert.equal(await status(StackName), "UPDATE_FAILED");
    // Without its log group the old retention cannot be brought back.
    await logs.send(new DeleteLogGroupCommand({ logGroupName: "cont" }));
    await cloudFormation.send(new RollbackStackCommand({ StackName }));
    assert.equal(await status(StackName), "UPDATE_ROLLBACK_FAILED");
    await assert.rejects(
      cloudFormation.send(new ContinueUpdateRollbackCommand({ StackName, ResourcesToSkip: ["R"] })),
      /can not be skipped/,
    );
    await cloudFormation.send(new ContinueUpdateRollbackCommand({ StackName }));
    assert.equal(await status(StackName), "UPDATE_ROLLBACK_FAILED");
    await cloudFormation.send(new ContinueUpdateRollbackCommand({ StackName, ResourcesToSkip: ["G"] }));
    assert.equal(await status(StackName), "UPDATE_ROLLBACK_COMPLETE");
  });
});

describe("CloudFormation stack policies, ignored policies and details of changes", () => {
  it("functionality: a stack policy is kept; a CreationPolicy that AWS would wait for is ignored with a warning", async () => {
    const StackName = "policy";
    const policy = '{"Statement":[]}';
    const CreationPolicy = { ResourceSignal: { Count: 1 } };
    // A log group has no signals on AWS either.
    const G = { ...group("pol", 7), CreationPolicy };
    const W = { Type: "AWS::CloudFormation::WaitCondition", CreationPolicy };
    await cloudFormation.send(
      new CreateStackCommand({ StackName, TemplateBody: body({ G, W }), StackPolicyBody: policy }),
    );
    assert.equal((await cloudFormation.send(new GetStackPolicyCommand({ StackName }))).StackPolicyBody, policy);
    await assert.rejects(cloudFormation.send(new SetStackPolicyCommand({ StackName, StackPolicyBody: "{" })), {
      message: "Error validating stack policy: Invalid stack policy",
    });
    const { StackEvents } = await cloudFormation.send(new DescribeStackEventsCommand({ StackName }));
    const warnings = StackEvents!.flatMap(
      ({ ResourceStatusReason = "" }) => /ignores .*/.exec(ResourceStatusReason) ?? [],
    );
    assert.deepEqual(warnings, ["ignores the CreationPolicy of W."]);
  });

  it("functionality: a change set tells the parameter that causes a change, and the place of each value", async () => {
    const StackName = "details";
    const ChangeSetName = "c";
    const TemplateBody = body(
      {
        G: {
          Type: "AWS::Logs::LogGroup",
          Properties: { LogGroupName: "details", RetentionInDays: { Ref: "Days" }, Tags: [{ Key: "a", Value: "1" }] },
        },
      },
      { Parameters: { Days: { Type: "Number", Default: 7 } } },
    );
    await cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody }));
    await cloudFormation.send(
      new CreateChangeSetCommand({
        StackName,
        ChangeSetName,
        TemplateBody: TemplateBody.replace('"Value":"1"', '"Value":"2"'),
        Parameters: [{ ParameterKey: "Days", ParameterValue: "14" }],
      }),
    );
    const describe = (IncludePropertyValues: boolean) =>
      cloudFormation.send(new DescribeChangeSetCommand({ StackName, ChangeSetName, IncludePropertyValues }));
    const details = (await describe(true)).Changes?.[0]?.ResourceChange?.Details ?? [];
    assert.deepEqual(
      details.map(({ Target, ...detail }) => [Target?.Path, detail.Evaluation, detail.ChangeSource]),
      [
        ["/Properties/RetentionInDays", "Static", "ParameterReference"],
        ["/Properties/RetentionInDays", "Dynamic", "DirectModification"],
        ["/Properties/Tags/0/Value", "Static", "DirectModification"],
      ],
    );
    assert.equal(details[0]?.CausingEntity, "Days");
    assert.deepEqual([details[2]?.Target?.BeforeValue, details[2]?.Target?.AfterValue], ["1", "2"]);
    const brief = (await describe(false)).Changes?.[0]?.ResourceChange?.Details ?? [];
    assert.deepEqual(brief[2]?.Target, { Attribute: "Properties", Name: "Tags", RequiresRecreation: "Never" });
  });
});
