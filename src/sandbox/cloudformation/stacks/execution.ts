import type { OnFailure, OnStackFailure } from "@aws-sdk/client-cloudformation";
import type { World } from "../../world.ts";
import { type Applied, applyModel, type JournalEntry, retains } from "./applying.ts";
import { runGraph } from "./graphRunner.ts";
import { outputsOf } from "./outputs.ts";
import { failedTo, patient, removeResources } from "./removal.ts";
import { failureReason, type Run, updateResource } from "./resourceWork.ts";
import { type Stack, type StackModel, type StackStore, setResourceStatus, setStackStatus } from "./stack.ts";

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
    setStatus(run, "ROLLBACK_IN_PROGRESS", `${failure}Rollback requested by user.`);
    const leftovers = [...stack.resources.values()].map((resource) => ({
      resource,
      retain: retains(resource.deletionPolicy),
    }));
    const failed = await removeResources(run, leftovers);
    if (failed.length) setStatus(run, "ROLLBACK_FAILED", failedTo("delete", failed));
    else setStatus(run, "ROLLBACK_COMPLETE");
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
      if (stack.disableRollback || input.onFailure === "DO_NOTHING") return setStatus(run, "UPDATE_FAILED", failure);
      return rollBackUpdate(run, applied, run.cancelled ?? failure);
    }
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

async function rollBackUpdate(run: Run, applied: Applied, reason: string): Promise<void> {
  const { stack } = run;
  setStatus(run, "UPDATE_ROLLBACK_IN_PROGRESS", reason);
  const calm = patient(run);
  const byId = new Map(applied.journal.map((entry) => [entry.resource.logicalId, entry]));
  const graph = new Map(
    applied.journal.map(({ resource, before }) => [
      resource.logicalId,
      new Set([...(before?.needs ?? [])].filter((id) => byId.has(id))),
    ]),
  );
  const { failed } = await runGraph(graph, (id) => undo(calm, byId.get(id)!), { keepGoing: true });
  if (failed.size) return setStatus(run, "UPDATE_ROLLBACK_FAILED", failedTo("update", [...failed.keys()]));
  setStatus(run, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS");
  const made = applied.journal.filter(({ kind }) => kind !== "updated");
  await removeResources(
    calm,
    made.map(({ resource }) => ({ resource, retain: false })),
  );
  for (const { kind, resource } of made) if (kind === "created") stack.resources.delete(resource.logicalId);
  setStatus(run, "UPDATE_ROLLBACK_COMPLETE");
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
