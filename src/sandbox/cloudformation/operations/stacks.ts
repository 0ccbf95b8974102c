import {
  AlreadyExistsException,
  CancelUpdateStackCommand,
  ContinueUpdateRollbackCommand,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStackResourceCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  GetStackPolicyCommand,
  ListExportsCommand,
  ListImportsCommand,
  ListStackResourcesCommand,
  ListStacksCommand,
  RollbackStackCommand,
  SetStackPolicyCommand,
  UpdateStackCommand,
  UpdateTerminationProtectionCommand,
} from "@aws-sdk/client-cloudformation";
import type { ServiceBuilder } from "../../wire/serviceBuilder.ts";
import type { World } from "../../world.ts";
import { previewChanges } from "../stacks/changes.ts";
import { startContinuation, startCreation, startDeletion, startRollback, startUpdate } from "../stacks/execution.ts";
import { readModel } from "../stacks/model.ts";
import type { Stack, StackResource, StackStore } from "../stacks/stack.ts";
import { invalid } from "../template/value.ts";
import { checkStackName, pageOf, shownParameters, stackOf } from "./finding.ts";
import { fetchIncludes } from "./includes.ts";
import { policyText, templateText } from "./templateSource.ts";

/** States from which a stack can be updated (AWS: "Stack status codes"). */
const UPDATABLE = /^(CREATE_COMPLETE|CREATE_FAILED|UPDATE_COMPLETE|UPDATE_FAILED|UPDATE_ROLLBACK_COMPLETE)$/;

/** CreateStack, UpdateStack, CancelUpdateStack and DeleteStack. */
export function addStackOperations(service: ServiceBuilder, world: World, store: StackStore): void {
  /** With an instant clock a stack is ready when the call returns. */
  const settle = (finished: Promise<void>) => (world.timeScale === 0 ? finished : undefined);

  service
    .on(CreateStackCommand)(async (input, ctx) => {
      const name = input.StackName!;
      checkStackName(name);
      if (input.OnFailure !== undefined && input.DisableRollback !== undefined)
        invalid("You cannot specify both DisableRollback and OnFailure.");
      const text = await templateText(world, ctx.region, input);
      const policy = await policyText(world, ctx.region, input);
      const snippets = await fetchIncludes(world, ctx.region, text, input.Parameters);
      if (store.find(name, ctx.region))
        throw new AlreadyExistsException({ message: `Stack [${name}] already exists`, $metadata: {} });
      const stack = store.add(ctx.region, name, world.clock.now());
      stack.notificationArns = input.NotificationARNs ?? [];
      try {
        stack.model = readModel(
          world,
          store,
          stack,
          {
            text,
            parameters: input.Parameters ?? [],
            tags: input.Tags ?? [],
            capabilities: input.Capabilities ?? [],
            snippets,
          },
          true,
        );
      } catch (error) {
        store.forget(stack);
        throw error;
      }
      stack.policy = policy;
      stack.roleArn = input.RoleARN;
      stack.disableRollback = input.DisableRollback ?? false;
      stack.timeoutMinutes = input.TimeoutInMinutes;
      stack.terminationProtection = input.EnableTerminationProtection ?? false;
      await settle(
        startCreation(world, store, stack, stack.model, {
          principalArn: ctx.principalArn,
          token: input.ClientRequestToken,
          onFailure: input.OnFailure,
        }),
      );
      return { StackId: stack.id };
    })
    .on(UpdateStackCommand)(async (input, ctx) => {
      const text = await templateText(world, ctx.region, input, store.find(input.StackName, ctx.region)?.model?.text);
      const stack = store.find(input.StackName, ctx.region);
      if (!stack) return invalid(`Stack [${input.StackName}] does not exist`);
      if (stack.operation || !UPDATABLE.test(stack.status))
        invalid(`Stack:${stack.id} is in ${stack.status} state and can not be updated.`);
      const policy = await policyText(world, ctx.region, input);
      const snippets = await fetchIncludes(world, ctx.region, text, input.Parameters, stack.model?.parameters);
      const tags = input.Tags ?? stack.model?.tags ?? [];
      const model = readModel(
        world,
        store,
        stack,
        {
          text,
          parameters: input.Parameters ?? [],
          tags,
          capabilities: input.Capabilities ?? [],
          snippets,
        },
        true,
      );
      if (!previewChanges(world, store, stack, model, false).anything) invalid("No updates are to be performed.");
      stack.policy = policy ?? stack.policy;
      stack.roleArn = input.RoleARN ?? stack.roleArn;
      stack.notificationArns = input.NotificationARNs ?? stack.notificationArns;
      stack.disableRollback = input.DisableRollback ?? false;
      await settle(
        startUpdate(world, store, stack, model, { principalArn: ctx.principalArn, token: input.ClientRequestToken }),
      );
      return { StackId: stack.id };
    })
    .on(CancelUpdateStackCommand)((input, ctx) => {
      const stack = store.find(input.StackName, ctx.region);
      if (!stack) return invalid(`Stack [${input.StackName}] does not exist`);
      if (stack.status !== "UPDATE_IN_PROGRESS")
        invalid("CancelUpdateStack cannot be called from current stack status");
      stack.operation?.cancel("User Initiated");
      return {};
    })
    .on(RollbackStackCommand)(async (input, ctx) => {
      const stack = stackOf(store, input.StackName, ctx.region);
      if (stack.operation || !/^(CREATE_FAILED|UPDATE_FAILED)$/.test(stack.status))
        invalid(`Stack:${stack.id} is in ${stack.status} state and can not be rolled back.`);
      stack.roleArn = input.RoleARN ?? stack.roleArn;
      const by = { principalArn: ctx.principalArn, token: input.ClientRequestToken };
      await settle(startRollback(world, stack, by));
      return { StackId: stack.id };
    })
    .on(ContinueUpdateRollbackCommand)(async (input, ctx) => {
      const stack = stackOf(store, input.StackName, ctx.region);
      if (stack.operation || stack.status !== "UPDATE_ROLLBACK_FAILED")
        invalid(`Stack:${stack.id} is in ${stack.status} state and can not continue rolling back an update.`);
      for (const id of input.ResourcesToSkip ?? [])
        if (stack.resources.get(id)?.status !== "UPDATE_FAILED")
          invalid(`Resource ${id} can not be skipped: only resources in UPDATE_FAILED state can.`);
      stack.roleArn = input.RoleARN ?? stack.roleArn;
      const by = { principalArn: ctx.principalArn, token: input.ClientRequestToken };
      await settle(startContinuation(world, stack, input.ResourcesToSkip ?? [], by));
      return {};
    })
    .on(SetStackPolicyCommand)(async (input, ctx) => {
      const stack = stackOf(store, input.StackName, ctx.region);
      stack.policy = await policyText(world, ctx.region, input);
      return {};
    })
    .on(GetStackPolicyCommand)((input, ctx) => ({
      StackPolicyBody: stackOf(store, input.StackName, ctx.region).policy,
    }))
    .on(DeleteStackCommand)(async (input, ctx) => {
      const stack = store.find(input.StackName, ctx.region);
      // Deleting what is not there succeeds (AWS: DeleteStack).
      if (!stack || stack.status === "DELETE_COMPLETE" || stack.status === "DELETE_IN_PROGRESS") return {};
      if (stack.terminationProtection)
        invalid(`Stack [${stack.name}] cannot be deleted while TerminationProtection is enabled`);
      if (stack.operation && stack.status !== "CREATE_IN_PROGRESS")
        invalid(`Stack [${stack.name}] cannot be deleted while in status ${stack.status}`);
      const retained = new Set(input.RetainResources ?? []);
      if (retained.size && stack.status !== "DELETE_FAILED")
        invalid(
          `Invalid operation on stack [${stack.id}]. RetainResources can be specified only for stacks in DELETE_FAILED state.`,
        );
      await settle(
        startDeletion(world, store, stack, retained, {
          principalArn: ctx.principalArn,
          token: input.ClientRequestToken,
        }),
      );
      return {};
    })
    .on(UpdateTerminationProtectionCommand)((input, ctx) => {
    const stack = stackOf(store, input.StackName, ctx.region);
    stack.terminationProtection = input.EnableTerminationProtection ?? false;
    return { StackId: stack.id };
  });
}

/** DescribeStacks, ListStacks, events, resources and exports. */
export function addStackQueries(service: ServiceBuilder, store: StackStore): void {
  service
    .on(DescribeStacksCommand)((input, ctx) => {
      if (input.StackName) return { Stacks: [describe(store, stackOf(store, input.StackName, ctx.region))] };
      const stacks = store.all(ctx.region).filter(({ status }) => status !== "DELETE_COMPLETE");
      const { page, NextToken } = pageOf(stacks, input.NextToken);
      return { Stacks: page.map((stack) => describe(store, stack)), NextToken };
    })
    .on(ListStacksCommand)((input, ctx) => {
      const stacks = store
        .all(ctx.region)
        .filter(({ status }) => !input.StackStatusFilter?.length || input.StackStatusFilter.includes(status));
      const { page, NextToken } = pageOf(stacks, input.NextToken);
      return {
        StackSummaries: page.map((stack) => ({
          StackId: stack.id,
          StackName: stack.name,
          TemplateDescription: stack.model?.template.description,
          ...familyOf(store, stack),
          ...times(stack),
          StackStatus: stack.status,
          StackStatusReason: stack.reason,
          DriftInformation: driftOf(stack),
        })),
        NextToken,
      };
    })
    .on(DescribeStackEventsCommand)((input, ctx) => {
      const { events } =
        store.find(input.StackName, ctx.region) ?? invalid(`Stack [${input.StackName}] does not exist`);
      const { page, NextToken } = pageOf([...events].reverse(), input.NextToken);
      return { StackEvents: page, NextToken };
    })
    .on(DescribeStackResourcesCommand)((input, ctx) => {
      const stack = input.StackName
        ? stackOf(store, input.StackName, ctx.region)
        : store
            .all(ctx.region)
            .find(({ resources }) =>
              [...resources.values()].some(
                ({ physicalId }) => physicalId !== undefined && physicalId === input.PhysicalResourceId,
              ),
            );
      if (!stack) return invalid(`Stack for ${input.PhysicalResourceId} does not exist`);
      const resources = [...stack.resources.values()].filter(
        ({ logicalId }) => !input.LogicalResourceId || logicalId === input.LogicalResourceId,
      );
      return {
        StackResources: resources.map((resource) => ({
          StackName: stack.name,
          StackId: stack.id,
          ...identity(resource),
          Timestamp: new Date(resource.changedAt),
        })),
      };
    })
    .on(DescribeStackResourceCommand)((input, ctx) => {
      const stack = store.find(input.StackName, ctx.region) ?? invalid(`Stack '${input.StackName}' does not exist`);
      const resource = stack.resources.get(input.LogicalResourceId!);
      if (!resource) return invalid(`Resource ${input.LogicalResourceId} does not exist for stack ${input.StackName}`);
      return {
        StackResourceDetail: {
          StackName: stack.name,
          StackId: stack.id,
          ...identity(resource),
          LastUpdatedTimestamp: new Date(resource.changedAt),
          Metadata: resource.metadata === undefined ? undefined : JSON.stringify(resource.metadata),
        },
      };
    })
    .on(ListStackResourcesCommand)((input, ctx) => {
      const { page, NextToken } = pageOf(
        [...stackOf(store, input.StackName, ctx.region).resources.values()],
        input.NextToken,
      );
      return {
        StackResourceSummaries: page.map((resource) => ({
          ...identity(resource),
          LastUpdatedTimestamp: new Date(resource.changedAt),
        })),
        NextToken,
      };
    })
    .on(ListExportsCommand)((input, ctx) => {
      const exports = store
        .all(ctx.region)
        .flatMap((stack) =>
          stack.outputs.flatMap(({ ExportName, OutputValue }) =>
            ExportName === undefined ? [] : [{ ExportingStackId: stack.id, Name: ExportName, Value: OutputValue }],
          ),
        );
      const { page, NextToken } = pageOf(exports, input.NextToken);
      return { Exports: page, NextToken };
    })
    .on(ListImportsCommand)((input, ctx) => {
    const importers = store.importers(input.ExportName!, ctx.region);
    if (importers.length === 0) invalid(`Export '${input.ExportName}' is not imported by any stack.`);
    return { Imports: importers.map(({ name }) => name) };
  });
}

function identity(resource: StackResource) {
  return {
    LogicalResourceId: resource.logicalId,
    PhysicalResourceId: resource.physicalId,
    ResourceType: resource.type,
    ResourceStatus: resource.status,
    ResourceStatusReason: resource.reason,
    DriftInformation: {
      StackResourceDriftStatus: resource.drift?.status ?? ("NOT_CHECKED" as const),
      LastCheckTimestamp: resource.drift && new Date(resource.drift.at),
    },
  };
}

function driftOf({ drift }: Stack) {
  return {
    StackDriftStatus: drift?.status ?? ("NOT_CHECKED" as const),
    LastCheckTimestamp: drift && new Date(drift.at),
  };
}

/** The stack that a nested one is a resource of, and the outermost one. */
function familyOf(store: StackStore, stack: Stack): { ParentId?: string; RootId?: string } {
  const parentOf = ({ id }: Stack) =>
    store.stacks.find((other) =>
      [...other.resources.values()].some(
        ({ type, physicalId }) => physicalId === id && type === "AWS::CloudFormation::Stack",
      ),
    );
  const parent = parentOf(stack);
  if (!parent) return {};
  let root = parent;
  for (let next = parentOf(root); next; next = parentOf(next)) root = next;
  return { ParentId: parent.id, RootId: root.id };
}

function times(stack: Stack) {
  return {
    CreationTime: new Date(stack.createdAt),
    LastUpdatedTime: stack.updatedAt === undefined ? undefined : new Date(stack.updatedAt),
    DeletionTime: stack.deletedAt === undefined ? undefined : new Date(stack.deletedAt),
  };
}

function describe(store: StackStore, stack: Stack) {
  const { model } = stack;
  // Seen on AWS: a deleted stack has neither its last change set nor a protection.
  const isGone = stack.status === "DELETE_COMPLETE";
  return {
    ...familyOf(store, stack),
    StackId: stack.id,
    StackName: stack.name,
    ChangeSetId: isGone ? undefined : stack.changeSetId,
    Description: model?.template.description,
    Parameters: shownParameters(model),
    ...times(stack),
    StackStatus: stack.status,
    StackStatusReason: stack.reason,
    DisableRollback: stack.disableRollback,
    RollbackConfiguration: {},
    NotificationARNs: stack.notificationArns,
    TimeoutInMinutes: stack.timeoutMinutes,
    Capabilities: model?.capabilities.length ? model.capabilities : undefined,
    Outputs: stack.outputs.length ? stack.outputs : undefined,
    RoleARN: stack.roleArn,
    Tags: model?.tags ?? [],
    EnableTerminationProtection: isGone ? undefined : stack.terminationProtection,
    DriftInformation: driftOf(stack),
  };
}
