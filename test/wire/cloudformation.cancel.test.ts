import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CancelUpdateStackCommand,
  CloudFormationClient,
  CreateChangeSetCommand,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

let sandbox: TestSandbox;
let cloudFormation: CloudFormationClient;
let logs: CloudWatchLogsClient;
before(async () => {
  // Slow enough that requests arrive while a stack is being worked on.
  sandbox = await startTestSandbox({ timeScale: 30 });
  cloudFormation = new CloudFormationClient(sandbox.clientConfig());
  logs = new CloudWatchLogsClient(sandbox.clientConfig());
});
after(async () => {
  cloudFormation.destroy();
  logs.destroy();
  await sandbox.close();
});

/** A chain of log groups, each created after the one before. */
function chain(name: string, length: number, days = 7): string {
  const resources: Record<string, object> = {};
  for (let i = 0; i < length; i++)
    resources[`G${i}`] = {
      Type: "AWS::Logs::LogGroup",
      ...(i > 0 && { DependsOn: `G${i - 1}` }),
      Properties: { LogGroupName: `/${name}/${i}`, RetentionInDays: days },
    };
  return JSON.stringify({ Resources: resources });
}

async function until(
  what: string,
  StackName: string,
  holds: (status: string, events: string[]) => boolean,
): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const status = (await cloudFormation.send(new DescribeStacksCommand({ StackName }))).Stacks?.[0]?.StackStatus ?? "";
    const { StackEvents = [] } = await cloudFormation.send(new DescribeStackEventsCommand({ StackName }));
    if (
      holds(
        status,
        StackEvents.map((event) => `${event.LogicalResourceId} ${event.ResourceStatus}`),
      )
    )
      return;
  }
  assert.fail(`${StackName} never came to: ${what}`);
}
const retentions = async (logGroupNamePrefix: string) =>
  (await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix }))).logGroups?.map(
    (group) => group.retentionInDays,
  );

describe("CloudFormation operations in progress", () => {
  it("functionality: a cancelled update rolls back", async () => {
    await cloudFormation.send(new CreateStackCommand({ StackName: "cancel", TemplateBody: chain("cancel", 3) }));
    await assert.rejects(
      cloudFormation.send(new CancelUpdateStackCommand({ StackName: "cancel" })),
      /cannot be called from current stack status/,
    );
    await until("created", "cancel", (status) => status === "CREATE_COMPLETE");
    await cloudFormation.send(new UpdateStackCommand({ StackName: "cancel", TemplateBody: chain("cancel", 3, 30) }));
    await assert.rejects(
      cloudFormation.send(new UpdateStackCommand({ StackName: "cancel", TemplateBody: chain("cancel", 3, 14) })),
      /is in UPDATE_IN_PROGRESS state and can not be updated/,
    );
    await until("first resource updated", "cancel", (_status, events) => events.includes("G0 UPDATE_COMPLETE"));
    await cloudFormation.send(new CancelUpdateStackCommand({ StackName: "cancel" }));
    await until("rolled back", "cancel", (status) => status === "UPDATE_ROLLBACK_COMPLETE");
    assert.deepEqual(await retentions("/cancel"), [7, 7, 7]);
  });

  it("functionality: deleting a stack ends its creation", async () => {
    const { StackId } = await cloudFormation.send(
      new CreateStackCommand({ StackName: "early", TemplateBody: chain("early", 20) }),
    );
    await until("second resource begun", "early", (_status, events) => events.includes("G1 CREATE_IN_PROGRESS"));
    await cloudFormation.send(new DeleteStackCommand({ StackName: "early" }));
    await until(
      "deleted",
      StackId!,
      (status, events) =>
        status === "DELETE_COMPLETE" &&
        !events.includes("G19 CREATE_IN_PROGRESS") &&
        !events.includes("early ROLLBACK_IN_PROGRESS"),
    );
    assert.deepEqual(await retentions("/early"), []);
  });

  it("functionality: a change set is computed, then available", async () => {
    const name = { StackName: "later", ChangeSetName: "one" };
    await cloudFormation.send(
      new CreateChangeSetCommand({ ...name, ChangeSetType: "CREATE", TemplateBody: chain("later", 1) }),
    );
    const seen = new Set<string | undefined>();
    while (!seen.has("CREATE_COMPLETE"))
      seen.add((await cloudFormation.send(new DescribeChangeSetCommand(name))).Status);
    assert.deepEqual([...seen], ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]);
  });
});
