import {
  CancelUpdateStackCommand,
  type Change,
  ContinueUpdateRollbackCommand,
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  type Parameter,
  type ResourceChangeDetail,
} from "@aws-sdk/client-cloudformation";
import * as l10n from "@vscode/l10n";
import type { PropertyChange, ResourceChange, Stack, StackEvent } from "../domain/stack.ts";
import { toAwsOpsError, withAwsErrors } from "./awsError.ts";
import type { AwsClients } from "./clients.ts";
import { collect } from "./paginate.ts";

/** A template beyond this size must be in S3 (CloudFormation quotas). */
export const MAX_TEMPLATE_BODY = 51_200;

const doesNotExist = (e: unknown) => e instanceof Error && / does not exist$/.test(e.message);

/** The stack with its resources and outputs; undefined when there is none of that name. */
export async function describeStack(clients: AwsClients, name: string): Promise<Stack | undefined> {
  const client = await clients.cloudformation();
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    const stack = Stacks[0];
    if (!stack) return undefined;
    const { StackResources = [] } = await client.send(new DescribeStackResourcesCommand({ StackName: stack.StackId }));
    return {
      name: stack.StackName ?? name,
      id: stack.StackId ?? "",
      status: stack.StackStatus ?? "",
      statusReason: stack.StackStatusReason,
      createdAtMs: stack.CreationTime?.getTime() ?? 0,
      outputs: Object.fromEntries((stack.Outputs ?? []).map((o) => [o.OutputKey ?? "", o.OutputValue ?? ""])),
      parameters: Object.fromEntries(
        (stack.Parameters ?? []).map((p) => [p.ParameterKey ?? "", p.ParameterValue ?? ""]),
      ),
      resources: StackResources.map((r) => ({
        logicalId: r.LogicalResourceId ?? "",
        physicalId: r.PhysicalResourceId,
        type: r.ResourceType ?? "",
        status: r.ResourceStatus ?? "",
        statusReason: r.ResourceStatusReason,
      })),
    };
  } catch (e) {
    if (doesNotExist(e)) return undefined;
    throw toAwsOpsError(e, { action: l10n.t("describe stack {0}", name), region: clients.region });
  }
}

/** Input of `createChangeSet`: `templateBody`, `templateUrl`, or neither for the template that the stack has. */
export interface ChangeSetInput {
  stackName: string;
  changeSetName: string;
  isNew: boolean;
  templateBody?: string;
  templateUrl?: string;
  parameters: Record<string, string>;
  /** Parameters that stay as they are. */
  keptParameters?: readonly string[];
}

/** Begins the computation of a change set. */
export function createChangeSet(clients: AwsClients, input: ChangeSetInput): Promise<void> {
  const action = l10n.t("create a change set for stack {0}", input.stackName);
  return withAwsErrors({ action, region: clients.region }, async () => {
    const client = await clients.cloudformation();
    await client.send(
      new CreateChangeSetCommand({
        StackName: input.stackName,
        ChangeSetName: input.changeSetName,
        ChangeSetType: input.isNew ? "CREATE" : "UPDATE",
        TemplateBody: input.templateBody,
        TemplateURL: input.templateUrl,
        UsePreviousTemplate: input.templateBody === undefined && input.templateUrl === undefined ? true : undefined,
        Capabilities: ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        Parameters: [
          ...Object.entries(input.parameters).map(
            ([ParameterKey, ParameterValue]): Parameter => ({ ParameterKey, ParameterValue }),
          ),
          ...(input.keptParameters ?? []).map((ParameterKey): Parameter => ({ ParameterKey, UsePreviousValue: true })),
        ],
      }),
    );
  });
}

/** A change set as it stands: `status` is CloudFormation's word. */
export function describeChangeSet(
  clients: AwsClients,
  stackName: string,
  changeSetName: string,
): Promise<{ status: string; reason?: string; changes: ResourceChange[] }> {
  return withAwsErrors(
    { action: l10n.t("describe the change set of stack {0}", stackName), region: clients.region },
    async () => {
      const client = await clients.cloudformation();
      let status = "";
      let reason: string | undefined;
      const changes = await collect(
        (NextToken) =>
          client.send(
            new DescribeChangeSetCommand({
              StackName: stackName,
              ChangeSetName: changeSetName,
              IncludePropertyValues: true,
              NextToken,
            }),
          ),
        (page) => {
          status = page.Status ?? "";
          reason = page.StatusReason;
          return page.Changes;
        },
        (page) => page.NextToken,
      );
      return { status, reason, changes: changes.flatMap(toChange) };
    },
  );
}

function toChange({ ResourceChange: c }: Change): ResourceChange[] {
  if (!c) return [];
  const names = (c.Details ?? []).map((d) => d.Target?.Name ?? d.Target?.Attribute ?? "").filter(Boolean);
  return [
    {
      action: c.Action as ResourceChange["action"],
      logicalId: c.LogicalResourceId ?? "",
      physicalId: c.PhysicalResourceId,
      type: c.ResourceType ?? "",
      replacement: c.Replacement,
      properties: [...new Set(names)],
      details: toDetails(c.Details ?? []),
      policyAction: c.PolicyAction,
      beforeProperties: propertiesOf(c.BeforeContext),
      afterProperties: propertiesOf(c.AfterContext),
    },
  ];
}

const REPLACES = { Always: "yes", Conditionally: "maybe", Never: "no" } as const;

/** A value is told once for each of its causes: each path counts once. */
function toDetails(details: ResourceChangeDetail[]): PropertyChange[] {
  const byPath = new Map<string, PropertyChange>();
  for (const { Target: target } of details) {
    const path = target?.Path?.replace(/^\/Properties\//, "") ?? target?.Name;
    if (!target || !path || byPath.has(path)) continue;
    byPath.set(path, {
      path,
      before: target.BeforeValue,
      after: target.AfterValue,
      replaces: REPLACES[target.RequiresRecreation ?? "Never"] ?? "no",
    });
  }
  return [...byPath.values()];
}

function propertiesOf(context: string | undefined): Record<string, unknown> | undefined {
  try {
    const { Properties } = JSON.parse(context ?? "") as { Properties?: Record<string, unknown> };
    return Properties;
  } catch {
    return undefined;
  }
}

export function executeChangeSet(clients: AwsClients, stackName: string, changeSetName: string): Promise<void> {
  return withAwsErrors(
    { action: l10n.t("execute the change set of stack {0}", stackName), region: clients.region },
    async () => {
      const client = await clients.cloudformation();
      await client.send(new ExecuteChangeSetCommand({ StackName: stackName, ChangeSetName: changeSetName }));
    },
  );
}

export function deleteChangeSet(clients: AwsClients, stackName: string, changeSetName: string): Promise<void> {
  return withAwsErrors(
    { action: l10n.t("delete the change set of stack {0}", stackName), region: clients.region },
    async () => {
      const client = await clients.cloudformation();
      await client.send(new DeleteChangeSetCommand({ StackName: stackName, ChangeSetName: changeSetName }));
    },
  );
}

/** @param retain logical ids that stay in the account; CloudFormation takes them for a stack in DELETE_FAILED only */
export function deleteStack(clients: AwsClients, nameOrId: string, retain: readonly string[] = []): Promise<void> {
  return withAwsErrors({ action: l10n.t("delete stack {0}", nameOrId), region: clients.region }, async () => {
    const RetainResources = retain.length > 0 ? [...retain] : undefined;
    await (await clients.cloudformation()).send(new DeleteStackCommand({ StackName: nameOrId, RetainResources }));
  });
}

/** Goes on with the rollback of a failed update. @param skip logical ids that are left as they are */
export function continueUpdateRollback(clients: AwsClients, nameOrId: string, skip: readonly string[]): Promise<void> {
  return withAwsErrors(
    { action: l10n.t("continue the rollback of stack {0}", nameOrId), region: clients.region },
    async () => {
      const ResourcesToSkip = skip.length > 0 ? [...skip] : undefined;
      const client = await clients.cloudformation();
      await client.send(new ContinueUpdateRollbackCommand({ StackName: nameOrId, ResourcesToSkip }));
    },
  );
}

export function cancelUpdate(clients: AwsClients, stackName: string): Promise<void> {
  return withAwsErrors(
    { action: l10n.t("cancel the update of stack {0}", stackName), region: clients.region },
    async () => {
      await (await clients.cloudformation()).send(new CancelUpdateStackCommand({ StackName: stackName }));
    },
  );
}

/** Events newer than the given one, oldest first. */
export function eventsSince(clients: AwsClients, stackId: string, lastEventId?: string): Promise<StackEvent[]> {
  return withAwsErrors(
    { action: l10n.t("read the events of stack {0}", stackId), region: clients.region },
    async () => {
      const client = await clients.cloudformation();
      const found: StackEvent[] = [];
      let token: string | undefined;
      do {
        const page = await client.send(new DescribeStackEventsCommand({ StackName: stackId, NextToken: token }));
        token = page.NextToken;
        for (const e of page.StackEvents ?? []) {
          if (e.EventId === lastEventId) return found.reverse();
          found.push({
            id: e.EventId ?? "",
            atMs: e.Timestamp?.getTime() ?? 0,
            logicalId: e.LogicalResourceId ?? "",
            physicalId: e.PhysicalResourceId,
            type: e.ResourceType ?? "",
            status: e.ResourceStatus ?? "",
            reason: e.ResourceStatusReason,
          });
        }
      } while (token);
      return found.reverse();
    },
  );
}
