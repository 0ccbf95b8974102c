import type { OnFailure, OnStackFailure } from "@aws-sdk/client-cloudformation";
import type { World } from "../../world.ts";
import { type Applied, applyModel, retains } from "./applying.ts";
import { runGraph } from "./graphRunner.ts";
import { outputsOf } from "./outputs.ts";
import { failedTo, patient, removeResources } from "./removal.ts";
import { failureReason, type Run, updateResource } from "./resourceWork.ts";
import {
  type JournalEntry,
  type Stack,
  type StackModel,
  type StackStore,
  setResourceStatus,
  setStackStatus,
} from "./stack.ts";

/** Who asked for an operation on a stack, and how it shall behave. */
export interface OperationInput {
  principalArn: string;
  token?: string;
  onFailure?: OnFailure | OnStackFailure;
}

/** An operation at work, with what may be asked of it. */
interface Operation extends Run {
  /** Ends waits; the operation then fails and rolls back. */
  abort(reason: string): void;
  /** Set on request of a user, with the reason for the stack. */
  cancelled?: string;
  /** Set when the stack is going to be deleted: no rollback then. */
  abandoned: boolean;
}

/** Creates everything in the model; rolls back when something fails. Returns at once, with the work under way. */
export function startCreation(
  world: World,
  store: StackStore,
  stack: Stack,
  model: StackModel,
  input: OperationInput,
): Promise<void> {
  return begin(world, stack, model, input, async (run) => {
    setStatus(run, "CREATE_IN_PROGRESS", "User Initiated");
    const stopTimer = startTimeout(run);
    const applied = await applyModel(run, store, () => run.abort("Resource creation cancelled"));
    stopTimer();
    const failure = failureOf(run, applied) ?? takeOutputs(run, store, applied);
    if (failure === undefined) return setStatus(run, "CREATE_COMPLETE");
    if (run.abandoned) return;
    const mode = stack.disableRollback ? "DO_NOTHING" : (input.onFailure ?? "ROLLBACK");
    if (mode === "DO_NOTHING") return setStatus(run, "CREATE_FAILED", failure);
    if (mode === "DELETE") return deleteAll(run, store, new Set(), `${failure}Delete requested by user.`);
    return rollBackCreation(run, `${failure}Rollback requested by user.`);
  });
}

async function rollBackCreation(run: Run, reason: string): Promise<void> {
  setStatus(run, "ROLLBACK_IN_PROGRESS", reason);
  const leftovers = [...run.stack.resources.values()].map((resource) => ({
    resource,
    retain: retains(resource.deletionPolicy),
  }));
  const failed = await removeResources(run, leftovers);
  if (failed.length) setStatus(run, "ROLLBACK_FAILED", failedTo("delete", failed));
  else setStatus(run, "ROLLBACK_COMPLETE");
}

/** RollbackStack: brings a stack whose creation or update failed without a rollback back to its last stable state. */
export function startRollback(world: World, stack: Stack, input: OperationInput): Promise<void> {
  return begin(world, stack, stack.model ?? EMPTY, input, (run) =>
    stack.status === "CREATE_FAILED" ? rollBackCreation(run, "User Initiated") : rollBackUpdate(run, "User Initiated"),
  );
}

/** ContinueUpdateRollback: goes on with a rollback that failed, without the resources to skip. */
export function startContinuation(
  world: World,
  stack: Stack,
  skipped: readonly string[],
  input: OperationInput,
): Promise<void> {
  return begin(world, stack, stack.model ?? EMPTY, input, (run) => {
    for (const id of skipped) {
      stack.unfinished = stack.unfinished.map((entries) => entries.filter(({ resource }) => resource.logicalId !== id));
      const resource = stack.resources.get(id)!;
      setResourceStatus(stack, resource, "UPDATE_COMPLETE", "Resource skipped", world.clock.now(), run.token);
    }
    return rollBackUpdate(run, "User Initiated");
  });
}

/** Brings the stack to a new model; returns to the old one when something fails. */
export function startUpdate(
  world: World,
  store: StackStore,
  stack: Stack,
  model: StackModel,
  input: OperationInput,
): Promise<void> {
  return begin(world, stack, model, input, async (run) => {
    stack.updatedAt = world.clock.now();
    setStatus(run, "UPDATE_IN_PROGRESS", "User Initiated");
    const applied = await applyModel(run, store, () => run.abort("Resource update cancelled"));
    const failure = failureOf(run, applied) ?? takeOutputs(run, store, applied);
    if (failure !== undefined) {
      stack.unfinished.push(applied.journal);
      if (stack.disableRollback || input.onFailure === "DO_NOTHING") return setStatus(run, "UPDATE_FAILED", failure);
      return rollBackUpdate(run, run.cancelled ?? failure);
    }
    stack.unfinished = [];
    stack.model = model;
    setStatus(run, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
    await removeResources(run, applied.leftovers);
    for (const { resource } of applied.leftovers)
      if (stack.resources.get(resource.logicalId) === resource) stack.resources.delete(resource.logicalId);
    setStatus(run, "UPDATE_COMPLETE");
  });
}

/** Deletes the stack's resources, after ending a creation that is under way. */
export function startDeletion(
  world: World,
  store: StackStore,
  stack: Stack,
  retained: ReadonlySet<string>,
  input: OperationInput,
): Promise<void> {
  const before = stack.operation;
  before?.abandon();
  const model = stack.model ?? EMPTY;
  const work = async () => {
    await before?.finished;
    await begin(world, stack, model, input, (run) => deleteAll(run, store, retained, "User Initiated"));
  };
  return work();
}

const EMPTY: StackModel = {
  template: { transforms: [], parameters: {}, mappings: {}, conditions: {}, rules: {}, resources: {}, outputs: {} },
  text: "",
  processed: "",
  parameters: new Map(),
  tags: [],
  capabilities: [],
};

function begin(
  world: World,
  stack: Stack,
  model: StackModel,
  input: OperationInput,
  body: (run: Operation) => Promise<void> | void,
): Promise<void> {
  const controller = new AbortController();
  const run: Operation = {
    world,
    stack,
    model,
    principalArn: stack.roleArn ?? input.principalArn,
    token: input.token,
    signal: controller.signal,
    abandoned: false,
    abort: (reason) => controller.abort(reason),
  };
  const finished = Promise.resolve(body(run))
    .catch((error: unknown) => {
      // Not reached by what a template can hold; a defect of the sandbox must not leave the stack in progress for ever.
      const failed = stack.status.startsWith("DELETE")
        ? "DELETE_FAILED"
        : stack.status.startsWith("UPDATE")
          ? "UPDATE_ROLLBACK_FAILED"
          : "CREATE_FAILED";
      setStackStatus(
        stack,
        failed,
        `The sandbox failed inside: ${(error as Error).message}`,
        world.clock.now(),
        input.token,
      );
    })
    .finally(() => {
      stack.operation = undefined;
    });
  stack.operation = {
    finished,
    cancel(reason) {
      run.cancelled = reason;
      run.abort("Resource update cancelled");
    },
    abandon() {
      run.abandoned = true;
      run.abort("Resource creation cancelled");
    },
  };
  return finished;
}

function setStatus(run: Run, status: Stack["status"], reason?: string): void {
  setStackStatus(run.stack, status, reason?.trim() || undefined, run.world.clock.now(), run.token);
}

function startTimeout(run: Operation): () => void {
  const { timeoutMinutes } = run.stack;
  // An instant clock has no time that could run out.
  if (!timeoutMinutes || run.world.timeScale === 0) return () => {};
  return run.world.clock.schedule(timeoutMinutes * 60_000, () => {
    run.cancelled = "Stack creation time exceeded the specified timeout. ";
    run.abort("Resource creation cancelled");
  });
}

/** Why the model could not be applied; undefined when it was. */
function failureOf(run: Operation, applied: Applied): string | undefined {
  const failed = failedTo("create", applied.failedToCreate) + failedTo("update", applied.failedToUpdate);
  return failed || run.cancelled;
}

/** Evaluates the outputs; the reason when they do not hold. */
function takeOutputs(run: Run, store: StackStore, applied: Applied): string | undefined {
  const { stack, model } = run;
  try {
    const outputs = outputsOf(model, applied.scope);
    for (const { ExportName } of outputs) {
      const other = ExportName === undefined ? undefined : store.exporter(ExportName, stack.region);
      if (other && other !== stack)
        return `Export with name ${ExportName} is already exported by stack ${other.name}. `;
    }
    const lost = lostExport(
      store,
      stack,
      new Set(outputs.map(({ ExportName, OutputValue }) => `${ExportName}=${OutputValue}`)),
    );
    if (lost) return `Export ${lost.name} cannot be updated as it is in use by ${lost.user}. `;
    stack.outputs = outputs;
    stack.imports = applied.imports;
    return undefined;
  } catch (error) {
    return `${failureReason(error, "")} `;
  }
}

/** An export that would go or change although another stack uses it. */
function lostExport(
  store: StackStore,
  stack: Stack,
  kept: ReadonlySet<string>,
): { name: string; user: string } | undefined {
  for (const { ExportName, OutputValue } of stack.outputs) {
    if (ExportName === undefined || kept.has(`${ExportName}=${OutputValue}`)) continue;
    const user = store.importers(ExportName, stack.region).find((other) => other !== stack);
    if (user) return { name: ExportName, user: user.name };
  }
  return undefined;
}

/** Undoes what the unfinished updates did, the newest first; what cannot be undone stays to be tried again. */
async function rollBackUpdate(run: Run, reason: string): Promise<void> {
  const { stack } = run;
  setStatus(run, "UPDATE_ROLLBACK_IN_PROGRESS", reason);
  // Back to the tags of the stack as it was, too.
  const calm = patient({ ...run, model: stack.model ?? run.model });
  const undone: JournalEntry[][] = [];
  for (let journal = stack.unfinished.at(-1); journal; journal = stack.unfinished.at(-1)) {
    const failed = await undoAll(calm, journal);
    if (!failed.size) undone.push(journal.filter(({ kind }) => kind !== "updated"));
    if (failed.size) {
      stack.unfinished[stack.unfinished.length - 1] = journal.filter(
        ({ kind, resource }) => failed.has(resource.logicalId) || kind !== "updated",
      );
      return setStatus(run, "UPDATE_ROLLBACK_FAILED", failedTo("update", [...failed]));
    }
    stack.unfinished.pop();
  }
  setStatus(run, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS");
  // One update after the other, since each may have made a resource of the same logical id.
  for (const made of undone) {
    await removeResources(
      calm,
      made.map(({ resource }) => ({ resource, retain: false })),
    );
    for (const { kind, resource } of made)
      if (kind === "created" && stack.resources.get(resource.logicalId) === resource)
        stack.resources.delete(resource.logicalId);
  }
  setStatus(run, "UPDATE_ROLLBACK_COMPLETE");
}

async function undoAll(run: Run, journal: readonly JournalEntry[]): Promise<Set<string>> {
  const byId = new Map(journal.map((entry) => [entry.resource.logicalId, entry]));
  const graph = new Map(
    journal.map(({ resource, before }) => [
      resource.logicalId,
      new Set([...(before?.needs ?? [])].filter((id) => byId.has(id))),
    ]),
  );
  const { failed } = await runGraph(graph, (id) => undo(run, byId.get(id)!), { keepGoing: true });
  return new Set(failed.keys());
}

/** Brings a resource back to what it was; what was made meanwhile is deleted afterwards. */
async function undo(run: Run, { kind, resource, before }: JournalEntry): Promise<void> {
  const { stack, world } = run;
  if (kind === "created" || !before) return;
  if (kind === "replaced") {
    stack.resources.set(resource.logicalId, before);
    setResourceStatus(stack, before, "UPDATE_COMPLETE", undefined, world.clock.now(), run.token);
    return;
  }
  try {
    await updateResource(run, resource, before.properties);
    Object.assign(resource, { needs: before.needs, deletionPolicy: before.deletionPolicy, metadata: before.metadata });
  } catch (error) {
    setResourceStatus(
      stack,
      resource,
      "UPDATE_FAILED",
      failureReason(error, resource.logicalId),
      world.clock.now(),
      run.token,
    );
    throw error;
  }
}

async function deleteAll(run: Run, store: StackStore, retained: ReadonlySet<string>, reason: string): Promise<void> {
  const { stack } = run;
  setStatus(run, "DELETE_IN_PROGRESS", reason);
  const lost = lostExport(store, stack, new Set());
  if (lost)
    return setStatus(run, "DELETE_FAILED", `Export ${lost.name} cannot be deleted as it is in use by ${lost.user}`);
  const leftovers = [...stack.resources.values()]
    .filter(({ status }) => status !== "DELETE_COMPLETE" && status !== "DELETE_SKIPPED")
    .map((resource) => ({ resource, retain: retains(resource.deletionPolicy) || retained.has(resource.logicalId) }));
  const failed = await removeResources(run, leftovers);
  if (failed.length) return setStatus(run, "DELETE_FAILED", failedTo("delete", failed));
  stack.outputs = [];
  stack.imports.clear();
  setStatus(run, "DELETE_COMPLETE");
}
