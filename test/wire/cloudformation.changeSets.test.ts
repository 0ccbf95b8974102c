// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are full of them
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DescribeChangeSetCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  ListChangeSetsCommand,
} from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

let sandbox: TestSandbox;
let cloudFormation: CloudFormationClient;
let logs: CloudWatchLogsClient;
before(async () => {
  sandbox = await startTestSandbox();
  cloudFormation = new CloudFormationClient(sandbox.clientConfig());
  logs = new CloudWatchLogsClient(sandbox.clientConfig());
});
after(async () => {
  cloudFormation.destroy();
  logs.destroy();
  await sandbox.close();
});

const stack = async (StackName: string) =>
  (await cloudFormation.send(new DescribeStacksCommand({ StackName }))).Stacks![0]!;
const groups = async (logGroupNamePrefix: string) =>
  (await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix }))).logGroups?.map(
    (group) => `${group.logGroupName}:${group.retentionInDays}`,
  );
const group = (name: string) => `{Type: AWS::Logs::LogGroup, Properties: {LogGroupName: ${name}, RetentionInDays: 7}}`;

describe("CloudFormation change sets", () => {
  const Name = { StackName: "changing", ChangeSetName: "one" };

  it("functionality: a new stack is in review until the change set is executed", async () => {
    const TemplateBody = `Resources: {A: ${group("/cs/a")}, B: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Sub "\${A}/b"}}}`;
    await cloudFormation.send(new CreateChangeSetCommand({ ...Name, ChangeSetType: "CREATE", TemplateBody }));
    assert.equal((await stack("changing")).StackStatus, "REVIEW_IN_PROGRESS");
    const set = await cloudFormation.send(new DescribeChangeSetCommand(Name));
    assert.deepEqual([set.Status, set.ExecutionStatus], ["CREATE_COMPLETE", "AVAILABLE"]);
    assert.deepEqual(
      set.Changes?.map(({ ResourceChange }) => [
        ResourceChange?.Action,
        ResourceChange?.LogicalResourceId,
        ResourceChange?.ResourceType,
      ]),
      [
        ["Add", "A", "AWS::Logs::LogGroup"],
        ["Add", "B", "AWS::Logs::LogGroup"],
      ],
    );
    await cloudFormation.send(new ExecuteChangeSetCommand(Name));
    assert.equal((await stack("changing")).StackStatus, "CREATE_COMPLETE");
    await assert.rejects(cloudFormation.send(new ExecuteChangeSetCommand(Name)), {
      name: "InvalidChangeSetStatusException",
    });
    await assert.rejects(
      cloudFormation.send(
        new CreateChangeSetCommand({ ...Name, ChangeSetName: "again", ChangeSetType: "CREATE", TemplateBody }),
      ),
      { message: "Stack [changing] already exists and cannot be created again with the changeSet [again]." },
    );
  });

  it("functionality: an update shows what is modified, replaced and removed, and why", async () => {
    const ChangeSetName = "two";
    const TemplateBody = `Resources: {A: ${group("/cs/a2")}, B: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Sub "\${A}/b"}}, C: ${group("/cs/c")}}`;
    await cloudFormation.send(new CreateChangeSetCommand({ ...Name, ChangeSetName, TemplateBody }));
    const { Changes } = await cloudFormation.send(new DescribeChangeSetCommand({ ...Name, ChangeSetName }));
    const brief = Changes?.map(({ ResourceChange: change }) => [
      change?.LogicalResourceId,
      change?.Action,
      change?.Replacement,
      change?.Details?.[0]?.Evaluation,
      change?.Details?.[0]?.CausingEntity,
    ]);
    assert.deepEqual(brief, [
      ["A", "Modify", "True", "Static", undefined],
      ["B", "Modify", "Conditional", "Dynamic", "A"],
      ["C", "Add", undefined, undefined, undefined],
    ]);
    await cloudFormation.send(new ExecuteChangeSetCommand({ ...Name, ChangeSetName }));
    assert.deepEqual(await groups("/cs"), ["/cs/a2:7", "/cs/a2/b:undefined", "/cs/c:7"]);
  });

  it("functionality: nothing to change fails the change set with AWS's words", async () => {
    const set = { ...Name, ChangeSetName: "three" };
    await cloudFormation.send(new CreateChangeSetCommand({ ...set, UsePreviousTemplate: true }));
    const described = await cloudFormation.send(new DescribeChangeSetCommand(set));
    assert.deepEqual(
      [described.Status, described.ExecutionStatus, described.StatusReason],
      [
        "FAILED",
        "UNAVAILABLE",
        "The submitted information didn't contain changes. Submit different information to create a change set.",
      ],
    );
    await cloudFormation.send(new DeleteChangeSetCommand(set));
    await assert.rejects(cloudFormation.send(new DescribeChangeSetCommand(set)), {
      name: "ChangeSetNotFoundException",
      message: "ChangeSet [three] does not exist",
    });
  });

  // `aws cloudformation deploy` names change sets by the second: two deployments in one second have the same.
  it("functionality: the name of an executed change set is free again, one that waits keeps its name", async () => {
    const set = { StackName: "changing", ChangeSetName: "second" };
    const TemplateBody = `Resources: {A: ${group("/cs/named")}}`;
    const { Id: first } = await cloudFormation.send(new CreateChangeSetCommand({ ...set, TemplateBody }));
    await assert.rejects(cloudFormation.send(new CreateChangeSetCommand({ ...set, TemplateBody })), {
      name: "AlreadyExistsException",
      message: "ChangeSet second already exists",
    });
    await cloudFormation.send(new ExecuteChangeSetCommand(set));
    const { Id: second } = await cloudFormation.send(new CreateChangeSetCommand({ ...set, TemplateBody }));
    assert.notEqual(second, first);
    const described = await cloudFormation.send(new DescribeChangeSetCommand(set));
    assert.deepEqual([described.ChangeSetId, described.Status], [second, "FAILED"]);
    const executed = await cloudFormation.send(new DescribeChangeSetCommand({ ChangeSetName: first }));
    assert.equal(executed.ExecutionStatus, "EXECUTE_COMPLETE");
    const { Summaries } = await cloudFormation.send(new ListChangeSetsCommand({ StackName: "changing" }));
    assert.deepEqual(
      Summaries?.filter(({ ChangeSetName }) => ChangeSetName === "second").map(({ ChangeSetId }) => ChangeSetId),
      [second],
    );
  });
});
