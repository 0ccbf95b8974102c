import { dependenciesOf } from "../template/graph.ts";
import { evaluateMap, type Scope } from "../template/intrinsics.ts";
import type { ResourceDeclaration } from "../template/template.ts";
import type { ValueMap } from "../template/value.ts";
import { changedProperties, hasOtherTags, needsReplacement } from "./changes.ts";
import { runGraph } from "./graphRunner.ts";
import type { Leftover } from "./removal.ts";
import { createResource, deleteResource, failureReason, type Run, updateResource } from "./resourceWork.ts";
import { presentResources, scopeOf, wantedResources } from "./scope.ts";
import { type JournalEntry, type StackResource, type StackStore, setResourceStatus } from "./stack.ts";

/** What applying a model did. */
export interface Applied {
  journal: JournalEntry[];
  /** Physical resources that nothing in the model stands for any more. */
  leftovers: Leftover[];
  failedToCreate: string[];
  failedToUpdate: string[];
  scope: Scope;
  /** Names of other stacks' exports that the scope was asked for. */
  imports: Set<string>;
}

/** Creates, changes and replaces resources until the stack is as its run's model says; deletes nothing. */
export async function applyModel(run: Run, store: StackStore, cancelOthers: () => void): Promise<Applied> {
  const { stack, model, world } = run;
  const imports = new Set<string>();
  const plain = scopeOf(world, store, stack, model, presentResources(stack));
  const scope: Scope = {
    ...plain,
    importValue(name) {
      imports.add(name);
      return plain.importValue(name);
    },
  };
  const wanted = wantedResources(model, scope);
  const applied: Applied = { journal: [], leftovers: [], failedToCreate: [], failedToUpdate: [], scope, imports };
  const graph = dependenciesOf(model.template, wanted);
  for (const resource of stack.resources.values())
    if (!wanted.has(resource.logicalId)) applied.leftovers.push({ resource, retain: retains(resource.deletionPolicy) });

  await runGraph(graph, (id) => applyResource(run, applied, id, graph.get(id) ?? new Set()), {
    onFailure: cancelOthers,
  });
  return applied;
}

/** Whether a policy leaves the physical resource alone (a snapshot would be left too; no type here makes one). */
export function retains(policy: string): boolean {
  return policy !== "Delete" && policy !== "RetainExceptOnCreate";
}

async function applyResource(run: Run, applied: Applied, id: string, needs: ReadonlySet<string>): Promise<void> {
  const { stack, model, world } = run;
  const declaration = model.template.resources[id]!;
  let existing = stack.resources.get(id);
  // A stack that failed without a rollback holds resources that never got ready; these are made anew.
  if (existing?.status === "CREATE_FAILED") {
    await deleteResource(run, existing, false);
    existing = undefined;
  }
  let resource = existing ?? newRecord(id, declaration, needs);
  try {
    const properties = evaluateMap(declaration.properties, applied.scope);
    if (!existing) {
      resource.properties = properties;
      stack.resources.set(id, resource);
      applied.journal.push({ kind: "created", resource });
      warn(run, resource, declaration, "CREATE");
      await createResource(run, resource, "CREATE");
      return;
    }
    const names = changedProperties(existing.properties, properties);
    if (existing.type !== declaration.type || names.some((name) => needsReplacement(declaration.type, name))) {
      resource = await replace(run, applied, existing, { ...newRecord(id, declaration, needs), properties });
      return;
    }
    const before = { ...existing, attributes: { ...existing.attributes } };
    if (names.length || hasOtherTags(stack, existing, model)) {
      applied.journal.push({ kind: "updated", resource: existing, before });
      warn(run, existing, declaration, "UPDATE");
      await updateResource(run, existing, properties);
    }
    Object.assign(existing, describing(declaration, needs));
  } catch (error) {
    stack.resources.set(id, stack.resources.get(id) ?? resource);
    const failing = stack.resources.get(id)!;
    (existing ? applied.failedToUpdate : applied.failedToCreate).push(id);
    setResourceStatus(
      stack,
      failing,
      existing ? "UPDATE_FAILED" : "CREATE_FAILED",
      failureReason(error, id),
      world.clock.now(),
      run.token,
    );
    throw error;
  }
}

/** Says which policies of a resource would do something on AWS now and do nothing here. */
function warn(run: Run, resource: StackResource, { ignored }: ResourceDeclaration, phase: "CREATE" | "UPDATE"): void {
  for (const { policy, when } of ignored)
    if (when === phase) {
      const reason = `Warning: this sandbox ignores the ${policy} of ${resource.logicalId}.`;
      setResourceStatus(run.stack, resource, `${phase}_IN_PROGRESS`, reason, run.world.clock.now(), run.token);
    }
}

async function replace(
  run: Run,
  applied: Applied,
  existing: StackResource,
  next: StackResource,
): Promise<StackResource> {
  const { stack, model, world } = run;
  const reason = "Requested update requires the creation of a new physical resource; hence creating one.";
  setResourceStatus(stack, existing, "UPDATE_IN_PROGRESS", reason, world.clock.now(), run.token);
  stack.resources.set(next.logicalId, next);
  applied.journal.push({ kind: "replaced", resource: next, before: existing });
  await createResource(run, next, "UPDATE");
  const policy = model.template.resources[next.logicalId]!.updateReplacePolicy;
  applied.leftovers.push({ resource: { ...existing }, retain: retains(policy) });
  return next;
}

function describing(
  declaration: ResourceDeclaration,
  needs: ReadonlySet<string>,
): Pick<StackResource, "needs" | "deletionPolicy" | "metadata"> {
  return { needs, deletionPolicy: declaration.deletionPolicy, metadata: declaration.metadata };
}

function newRecord(logicalId: string, declaration: ResourceDeclaration, needs: ReadonlySet<string>): StackResource {
  const properties: ValueMap = {};
  return {
    logicalId,
    type: declaration.type,
    properties,
    attributes: {},
    ...describing(declaration, needs),
    status: "CREATE_IN_PROGRESS",
    changedAt: 0,
  };
}
