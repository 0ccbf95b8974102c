import { randomUUID } from "node:crypto";
import {
  AlreadyExistsException,
  CreateChangeSetCommand,
  type CreateChangeSetCommandInput,
  DeleteChangeSetCommand,
  DescribeChangeSetCommand,
  ExecuteChangeSetCommand,
  InvalidChangeSetStatusException,
  ListChangeSetsCommand,
} from "@aws-sdk/client-cloudformation";
import type { ServiceBuilder } from "../../wire/serviceBuilder.ts";
import type { World } from "../../world.ts";
import type { ChangeSet } from "../stacks/changeSet.ts";
import { previewChanges } from "../stacks/changes.ts";
import { startCreation, startUpdate } from "../stacks/execution.ts";
import { readModel } from "../stacks/model.ts";
import { type Stack, type StackStore, setStackStatus } from "../stacks/stack.ts";
import { invalid, type ValueMap } from "../template/value.ts";
import { changeSetOf, checkStackName, pageOf, shownParameters, stackOf } from "./finding.ts";
import { fetchIncludes } from "./includes.ts";
import { templateText } from "./templateSource.ts";

/** Simulated duration of computing a change set. */
const COMPUTE_MS = 2_000;
const NO_CHANGES =
  "The submitted information didn't contain changes. Submit different information to create a change set.";

/** CreateChangeSet, DescribeChangeSet, ExecuteChangeSet, DeleteChangeSet and ListChangeSets. */
export function addChangeSetOperations(service: ServiceBuilder, world: World, store: StackStore): void {
  service
    .on(CreateChangeSetCommand)(async (input, ctx) => {
      const text = await templateText(world, ctx.region, input, store.find(input.StackName, ctx.region)?.model?.text);
      const known = store.find(input.StackName, ctx.region)?.model?.parameters;
      const snippets = await fetchIncludes(world, ctx.region, text, input.Parameters, known);
      const existing = store.find(input.StackName, ctx.region);
      checkTarget(existing, input);
      const stack = existing ?? store.add(ctx.region, input.StackName!, world.clock.now());
      if (input.Tags === undefined && input.UsePreviousTemplate) input.Tags = existing?.model?.tags;
      let changeSet: ChangeSet;
      try {
        changeSet = newChangeSet(world, store, stack, input, text, snippets);
      } catch (error) {
        // A template that is refused leaves no stack in review behind.
        if (!existing) store.forget(stack);
        throw error;
      }
      if (!existing)
        setStackStatus(stack, "REVIEW_IN_PROGRESS", "User Initiated", world.clock.now(), input.ClientToken);
      // An executed change set gives its name free; its ARN still finds it.
      const executed = stack.changeSets.get(changeSet.name);
      if (executed) stack.changeSets.set(executed.id, executed);
      stack.changeSets.set(changeSet.name, changeSet);
      if (world.timeScale === 0) compute(world, store, stack, changeSet);
      else {
        changeSet.status = "CREATE_IN_PROGRESS";
        world.clock.schedule(COMPUTE_MS, () => compute(world, store, stack, changeSet));
      }
      return { Id: changeSet.id, StackId: stack.id };
    })
    .on(DescribeChangeSetCommand)((input, ctx) => {
      const { stack, changeSet } = changeSetOf(store, input.ChangeSetName, input.StackName, ctx.region);
      const values = input.IncludePropertyValues ?? false;
      const { page, NextToken } = pageOf(changeSet.changes, input.NextToken);
      return {
        ...summary(stack, changeSet),
        Parameters: shownParameters(changeSet.model),
        // These are there when they are empty too (seen on AWS); Tags and Parameters are not.
        NotificationARNs: changeSet.notificationArns ?? [],
        RollbackConfiguration: {},
        Capabilities: changeSet.model.capabilities,
        Tags: changeSet.model.tags.length ? changeSet.model.tags : undefined,
        Changes: values ? page : page.map(withoutValues),
        NextToken,
        OnStackFailure: changeSet.onStackFailure,
      };
    })
    .on(ExecuteChangeSetCommand)(async (input, ctx) => {
      const { stack, changeSet } = changeSetOf(store, input.ChangeSetName, input.StackName, ctx.region);
      if (changeSet.status === "FAILED")
        throw new InvalidChangeSetStatusException({
          message: `ChangeSet [${changeSet.id}] cannot be executed in its current status of [FAILED]`,
          $metadata: {},
        });
      if (changeSet.executionStatus !== "AVAILABLE")
        throw new InvalidChangeSetStatusException({
          message: `ChangeSet [${changeSet.id}] cannot be executed in its current execution status of [${changeSet.executionStatus}]`,
          $metadata: {},
        });
      if (stack.operation) invalid(`Stack:${stack.id} is in ${stack.status} state and can not be updated.`);
      // Other change sets were computed against what the stack is no longer.
      for (const other of stack.changeSets.values())
        if (other !== changeSet && other.executionStatus === "AVAILABLE") other.executionStatus = "OBSOLETE";
      changeSet.executionStatus = "EXECUTE_IN_PROGRESS";
      if (input.DisableRollback && changeSet.onStackFailure)
        invalid("You cannot specify both DisableRollback and OnStackFailure.");
      stack.disableRollback = input.DisableRollback ?? changeSet.onStackFailure === "DO_NOTHING";
      stack.roleArn = changeSet.roleArn ?? stack.roleArn;
      stack.notificationArns = changeSet.notificationArns ?? stack.notificationArns;
      stack.changeSetId = changeSet.id;
      const operation = {
        principalArn: ctx.principalArn,
        token: input.ClientRequestToken,
        onFailure: changeSet.onStackFailure,
      };
      const isNew = stack.status === "REVIEW_IN_PROGRESS";
      if (isNew) {
        stack.model = changeSet.model;
        // The stack is older than the execution that fills it (seen on AWS).
        stack.updatedAt = world.clock.now();
      }
      const finished = (isNew ? startCreation : startUpdate)(world, store, stack, changeSet.model, operation).then(
        () => {
          changeSet.executionStatus = /^(CREATE|UPDATE)_COMPLETE$/.test(stack.status)
            ? "EXECUTE_COMPLETE"
            : "EXECUTE_FAILED";
        },
      );
      if (world.timeScale === 0) await finished;
      return {};
    })
    .on(DeleteChangeSetCommand)((input, ctx) => {
      const { stack, changeSet } = changeSetOf(store, input.ChangeSetName, input.StackName, ctx.region);
      if (changeSet.executionStatus === "EXECUTE_IN_PROGRESS")
        throw new InvalidChangeSetStatusException({
          message: `ChangeSet [${changeSet.id}] cannot be deleted in its current status of [${changeSet.status}]`,
          $metadata: {},
        });
      stack.changeSets.delete(stack.changeSets.has(changeSet.id) ? changeSet.id : changeSet.name);
      return {};
    })
    .on(ListChangeSetsCommand)((input, ctx) => {
    const stack = stackOf(store, input.StackName, ctx.region);
    const named = [...stack.changeSets].filter(([key, { name }]) => key === name).map(([, changeSet]) => changeSet);
    const { page, NextToken } = pageOf(named, input.NextToken);
    return { Summaries: page.map((changeSet) => summary(stack, changeSet)), NextToken };
  });
}

/** A change set creates a stack that is not there (or only in review), or updates one that is at rest. */
function checkTarget(stack: Stack | undefined, input: CreateChangeSetCommandInput): void {
  const { StackName, ChangeSetName, ChangeSetType = "UPDATE" } = input;
  if (ChangeSetType === "IMPORT")
    invalid("This sandbox imports no existing resources; use the change set type CREATE or UPDATE.");
  if (!/^[a-zA-Z][-a-zA-Z0-9]*$/.test(ChangeSetName ?? ""))
    invalid(
      `1 validation error detected: Value '${ChangeSetName}' at 'changeSetName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
    );
  if (ChangeSetType === "CREATE") {
    if (!stack) {
      checkStackName(StackName!);
      return;
    }
    if (stack.status !== "REVIEW_IN_PROGRESS")
      invalid(`Stack [${StackName}] already exists and cannot be created again with the changeSet [${ChangeSetName}].`);
  } else {
    if (!stack) invalid(`Stack [${StackName}] does not exist`);
    if (
      stack.operation ||
      !/^(CREATE_COMPLETE|CREATE_FAILED|UPDATE_COMPLETE|UPDATE_FAILED|UPDATE_ROLLBACK_COMPLETE)$/.test(stack.status)
    )
      invalid(`Stack:${stack.id} is in ${stack.status} state and can not be updated.`);
  }
  const known = stack.changeSets.get(ChangeSetName!);
  if (known && !/^EXECUTE_/.test(known.executionStatus))
    throw new AlreadyExistsException({ message: `ChangeSet ${ChangeSetName} already exists`, $metadata: {} });
}

function newChangeSet(
  world: World,
  store: StackStore,
  stack: Stack,
  input: CreateChangeSetCommandInput,
  text: string,
  snippets: ReadonlyMap<string, ValueMap>,
): ChangeSet {
  const { accountId } = world;
  return {
    id: `arn:aws:cloudformation:${stack.region}:${accountId}:changeSet/${input.ChangeSetName}/${randomUUID()}`,
    name: input.ChangeSetName!,
    type: input.ChangeSetType ?? "UPDATE",
    description: input.Description,
    createdAt: world.clock.now(),
    model: readModel(
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
      false,
    ),
    status: "CREATE_PENDING",
    executionStatus: "UNAVAILABLE",
    changes: [],
    roleArn: input.RoleARN,
    notificationArns: input.NotificationARNs,
    onStackFailure: input.OnStackFailure,
  };
}

function compute(world: World, store: StackStore, stack: Stack, changeSet: ChangeSet): void {
  try {
    const preview = previewChanges(world, store, stack, changeSet.model, true);
    changeSet.changes = preview.changes;
    if (preview.anything) Object.assign(changeSet, { status: "CREATE_COMPLETE", executionStatus: "AVAILABLE" });
    else Object.assign(changeSet, { status: "FAILED", reason: NO_CHANGES });
  } catch (error) {
    Object.assign(changeSet, { status: "FAILED", reason: (error as Error).message });
  }
}

function summary(stack: Stack, changeSet: ChangeSet) {
  return {
    StackId: stack.id,
    StackName: stack.name,
    ChangeSetId: changeSet.id,
    ChangeSetName: changeSet.name,
    ExecutionStatus: changeSet.executionStatus,
    Status: changeSet.status,
    StatusReason: changeSet.reason,
    CreationTime: new Date(changeSet.createdAt),
    Description: changeSet.description,
    IncludeNestedStacks: false,
  };
}

/** Property values are shown only on request (AWS: DescribeChangeSet, IncludePropertyValues). */
function withoutValues(change: ChangeSet["changes"][number]): ChangeSet["changes"][number] {
  const { BeforeContext: _before, AfterContext: _after, Details, ...rest } = change.ResourceChange ?? {};
  const byResource = Details?.some(({ ChangeSource }) => ChangeSource?.startsWith("Resource"));
  const shown = Details?.map(({ Target = {}, ...detail }) => {
    const { BeforeValue: _old, AfterValue: _new, Path: _path, AttributeChangeType: _kind, ...target } = Target;
    return { ...detail, Target: target };
  }).filter((detail) => !byResource || detail.ChangeSource !== "DirectModification" || detail.Evaluation !== "Dynamic");
  // Without the paths, the places of one property are one change.
  const texts = shown?.map((detail) => JSON.stringify(detail));
  const once = shown?.filter((_, index) => texts?.indexOf(texts[index]!) === index);
  return { ...change, ResourceChange: { ...rest, Details: once } };
}
