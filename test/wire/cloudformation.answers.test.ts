import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  GetTemplateCommand,
  GetTemplateSummaryCommand,
  ValidateTemplateCommand,
} from "@aws-sdk/client-cloudformation";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

// What clients compare that were written against AWS: empty members, texts, the order of events.
let sandbox: TestSandbox;
let cloudFormation: CloudFormationClient;
before(async () => {
  sandbox = await startTestSandbox();
  cloudFormation = new CloudFormationClient(sandbox.clientConfig());
});
after(async () => {
  cloudFormation.destroy();
  await sandbox.close();
});

const group = (LogGroupName: unknown, more: object = {}) => ({
  Type: "AWS::Logs::LogGroup",
  Properties: { LogGroupName },
  ...more,
});
const body = (Resources: object, more: object = {}) => JSON.stringify({ Resources, ...more });
const changeSet = (StackName: string, ChangeSetName: string, TemplateBody: string, ChangeSetType?: "CREATE") =>
  cloudFormation.send(new CreateChangeSetCommand({ StackName, ChangeSetName, TemplateBody, ChangeSetType }));
const described = (StackName: string, ChangeSetName: string, IncludePropertyValues = false) =>
  cloudFormation.send(new DescribeChangeSetCommand({ StackName, ChangeSetName, IncludePropertyValues }));
const refused = (message: string) => ({ name: "ValidationError", message });

describe("CloudFormation's answers to foreign clients", () => {
  it("functionality: a change set has its empty members, and a stack that it made says when", async () => {
    const names = { StackName: "answers", ChangeSetName: "first" };
    await changeSet("answers", "first", body({ A: group("/answers/a") }), "CREATE");
    const set = await described("answers", "first");
    assert.deepEqual([set.NotificationARNs, set.RollbackConfiguration, set.Capabilities], [[], {}, []]);
    await cloudFormation.send(new ExecuteChangeSetCommand(names));
    const stackOf = async (StackName: string) =>
      (await cloudFormation.send(new DescribeStacksCommand({ StackName }))).Stacks![0]!;
    const made = await stackOf("answers");
    assert.ok(made.LastUpdatedTime);
    assert.equal(made.EnableTerminationProtection, false);
    await cloudFormation.send(new DeleteStackCommand({ StackName: "answers" }));
    const gone = await stackOf(made.StackId!);
    assert.deepEqual([gone.EnableTerminationProtection, gone.ChangeSetId], [undefined, undefined]);
    await assert.rejects(
      changeSet(made.StackId!, "again", body({ A: group("/answers/a") }), "CREATE"),
      refused(`Stack [${made.StackId}] already exists and cannot be created again with the changeSet [again].`),
    );
  });

  it("functionality: a reference to what is replaced is a certain change, with its two causes", async () => {
    const template = (name: string) =>
      body({
        A: group(name),
        B: { Type: "AWS::Logs::LogGroup", Properties: { Tags: [{ Key: "a", Value: { Ref: "A" } }] } },
      });
    await cloudFormation.send(new CreateStackCommand({ StackName: "causes", TemplateBody: template("/causes/1") }));
    await changeSet("causes", "next", template("/causes/2"));
    const causes = async (values: boolean) =>
      (await described("causes", "next", values)).Changes![1]!.ResourceChange!.Details!.map((detail) => [
        detail.ChangeSource,
        detail.Evaluation,
        detail.CausingEntity,
      ]);
    assert.deepEqual(await causes(true), [
      ["DirectModification", "Dynamic", undefined],
      ["ResourceReference", "Static", "A"],
    ]);
    assert.deepEqual(await causes(false), [["ResourceReference", "Static", "A"]]);
  });

  it("functionality: the events of a stack are told apart by their times, also where time stands", async () => {
    await cloudFormation.send(
      new CreateStackCommand({
        StackName: "events",
        TemplateBody: body({ A: group("/events/a"), B: group("/events/b") }),
      }),
    );
    const { StackEvents = [] } = await cloudFormation.send(new DescribeStackEventsCommand({ StackName: "events" }));
    const times = StackEvents.map(({ Timestamp }) => Timestamp!.getTime());
    assert.deepEqual(
      times,
      [...new Set(times)].sort((a, b) => b - a),
    );
    const event = StackEvents.find(({ LogicalResourceId }) => LogicalResourceId === "A")!;
    assert.equal(event.EventId, `A-CREATE_COMPLETE-${event.Timestamp!.toISOString()}`);
    await assert.rejects(
      cloudFormation.send(new DescribeStackEventsCommand({ StackName: "nowhere" })),
      refused("Stack [nowhere] does not exist"),
    );
  });

  it("functionality: templates are told and refused in AWS's words", async () => {
    const plain = body({ A: group("/t/a") });
    const valid = await cloudFormation.send(new ValidateTemplateCommand({ TemplateBody: plain }));
    assert.equal(valid.DeclaredTransforms, undefined);
    await changeSet("review", "first", plain, "CREATE");
    await assert.rejects(
      cloudFormation.send(new GetTemplateSummaryCommand({ StackName: "review" })),
      refused("GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks."),
    );
    await assert.rejects(
      cloudFormation.send(new GetTemplateCommand({})),
      refused("StackName is required if ChangeSetName is not specified."),
    );
    await assert.rejects(
      cloudFormation.send(new GetTemplateCommand({ ChangeSetName: "first" })),
      refused("StackName is a required parameter."),
    );
    const wrong = async (template: string, message: string) =>
      assert.rejects(changeSet("wrong", "first", template, "CREATE"), refused(message));
    await wrong(
      body({ A: group({ "Fn::If": ["Missing", "a", "b"] }) }),
      "Template error: unresolved condition dependency Missing in Fn::If",
    );
    await wrong(
      body({ A: group({ "Fn::FindInMap": ["M", "absent", "k"] }) }, { Mappings: { M: { here: { k: "v" } } } }),
      "Template error: Unable to get mapping for M::absent::k",
    );
    await wrong(
      body({ A: group("/t/b") }, { Transform: { Name: { Ref: "Macro" } } }),
      "Key Name of transform definition must be a string.",
    );
  });

  it("functionality: parameters and conditions decide what is kept of a stack", async () => {
    const kept = { "Fn::If": ["Keep", "Retain", "Delete"] };
    const template = body(
      { A: group("/kept/a", { DeletionPolicy: kept, UpdateReplacePolicy: { Ref: "Policy" } }) },
      {
        Parameters: { Policy: { Type: "String", Default: "Retain" } },
        Conditions: { Keep: { "Fn::Equals": [{ Ref: "Policy" }, "Retain"] } },
      },
    );
    await changeSet("kept", "first", template, "CREATE");
    await cloudFormation.send(new ExecuteChangeSetCommand({ StackName: "kept", ChangeSetName: "first" }));
    await changeSet("kept", "second", body({ B: group("/kept/b") }));
    const { Changes } = await described("kept", "second");
    assert.equal(
      Changes!.find(({ ResourceChange }) => ResourceChange!.Action === "Remove")!.ResourceChange!.PolicyAction,
      "Retain",
    );
  });
});
