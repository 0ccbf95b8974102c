import type { Change, ResourceChange, ResourceChangeDetail } from "@aws-sdk/client-cloudformation";
import type { World } from "../../world.ts";
import { handlerOf } from "../resources/handlers.ts";
import { isTaggable } from "../resources/tagging.ts";
import { dependenciesOf } from "../template/graph.ts";
import { evaluateMap, type Scope } from "../template/intrinsics.ts";
import { referencesIn } from "../template/references.ts";
import { isMap, sameValue, type Value, type ValueMap } from "../template/value.ts";
import { outputsOf } from "./outputs.ts";
import { stackTagsOf } from "./resourceWork.ts";
import { KNOWN_AFTER_APPLY, presentResources, scopeOf, wantedResources } from "./scope.ts";
import type { Stack, StackModel, StackResource, StackStore } from "./stack.ts";

/** What executing a model would change, and whether it would change anything at all. */
export interface Preview {
  changes: Change[];
  /** False when even outputs, tags and metadata stay the same. */
  anything: boolean;
}

/** Compares a stack with a model, resource by resource, each after those that it needs. */
export function previewChanges(
  world: World,
  store: StackStore,
  stack: Stack,
  model: StackModel,
  withValues: boolean,
): Preview {
  /** Logical ids whose physical resource will be another one. */
  const renewed = new Set<string>();
  const present = presentResources(stack);
  const unknown = (id: string) => renewed.has(id) || !stack.resources.has(id);
  const scope = scopeOf(world, store, stack, model, {
    ref: (id) => (unknown(id) ? KNOWN_AFTER_APPLY : present.ref(id)),
    attribute: (id, name) => (unknown(id) ? KNOWN_AFTER_APPLY : present.attribute(id, name)),
  });
  const wanted = wantedResources(model, scope);
  const byId = new Map<string, ResourceChange>();
  for (const id of inOrder(dependenciesOf(model.template, wanted))) {
    const existing = stack.resources.get(id);
    const change = existing
      ? modified(existing, id, stack, model, scope, withValues)
      : added(id, model, scope, withValues);
    if (!change) continue;
    if (change.Action === "Add" || change.Replacement !== "False") renewed.add(id);
    byId.set(id, change);
  }
  // Shown in the order of the template, removals at the end.
  const changes = Object.keys(model.template.resources).flatMap((id) => byId.get(id) ?? []);
  for (const resource of stack.resources.values())
    if (!wanted.has(resource.logicalId)) changes.push(removed(resource, withValues));
  return {
    changes: changes.map((ResourceChange) => ({ Type: "Resource" as const, ResourceChange })),
    anything: changes.length > 0 || !stack.model || otherwiseDifferent(stack, model, scope),
  };
}

function inOrder(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const done = new Set<string>();
  const visit = (id: string) => {
    if (done.has(id)) return;
    for (const need of graph.get(id) ?? []) visit(need);
    done.add(id);
  };
  for (const id of graph.keys()) visit(id);
  return [...done];
}

const context = (properties: ValueMap) => JSON.stringify({ Properties: properties });

function added(id: string, model: StackModel, scope: Scope, withValues: boolean): ResourceChange {
  const { type, properties } = model.template.resources[id]!;
  const after = evaluateMap(properties, scope);
  return {
    Action: "Add",
    LogicalResourceId: id,
    ResourceType: type,
    Scope: [],
    Details: [],
    AfterContext: withValues ? context(after) : undefined,
  };
}

function removed(resource: StackResource, withValues: boolean): ResourceChange {
  return {
    Action: "Remove",
    LogicalResourceId: resource.logicalId,
    PhysicalResourceId: resource.physicalId,
    ResourceType: resource.type,
    PolicyAction: resource.deletionPolicy === "Delete" ? "Delete" : "Retain",
    Scope: [],
    Details: [],
    BeforeContext: withValues ? context(resource.properties) : undefined,
  };
}

function modified(
  existing: StackResource,
  id: string,
  stack: Stack,
  model: StackModel,
  scope: Scope,
  withValues: boolean,
): ResourceChange | undefined {
  const declaration = model.template.resources[id]!;
  const after = evaluateMap(declaration.properties, scope);
  const names = changedProperties(existing.properties, after);
  const otherType = existing.type !== declaration.type;
  const retagged = !otherType && hasOtherTags(stack, existing, model);
  if (names.length === 0 && !otherType && !retagged) return undefined;
  const always = new Set(names.filter((name) => needsReplacement(declaration.type, name)));
  // A property that hangs on what is not created yet may turn out to be what it was.
  const conditional = [...always].every((name) => text(after[name]).includes(KNOWN_AFTER_APPLY));
  const replaced = otherType || always.size > 0;
  return {
    Action: "Modify",
    LogicalResourceId: id,
    PhysicalResourceId: existing.physicalId,
    ResourceType: declaration.type,
    Replacement: !replaced ? "False" : otherType || !conditional ? "True" : "Conditional",
    PolicyAction: replaced
      ? declaration.updateReplacePolicy === "Delete"
        ? "ReplaceAndDelete"
        : "ReplaceAndRetain"
      : undefined,
    Scope: [
      ...(names.some((name) => name !== "Tags") || otherType ? ["Properties" as const] : []),
      ...(names.includes("Tags") || retagged ? ["Tags" as const] : []),
    ],
    Details: [
      ...names.flatMap((name) =>
        details({
          name,
          before: existing.properties[name],
          after: after[name],
          expression: declaration.properties[name],
          always: always.has(name),
          parameters: changedParameters(stack, model),
          isResource: (entity) => entity in model.template.resources,
          withValues,
        }),
      ),
      ...(retagged && !names.includes("Tags") ? [TAGS_CHANGED] : []),
    ],
    BeforeContext: withValues ? context(existing.properties) : undefined,
    AfterContext: withValues ? context(after) : undefined,
  };
}

const TAGS_CHANGED: ResourceChangeDetail = {
  Target: { Attribute: "Tags", RequiresRecreation: "Never" },
  Evaluation: "Static",
  ChangeSource: "DirectModification",
};

/** Whether the stack's tags changed for a resource that carries them. */
export function hasOtherTags(stack: Stack, resource: StackResource, model: StackModel): boolean {
  return isTaggable(resource.type) && tagText(stackTagsOf(stack, resource)) !== tagText(model.tags);
}

const tagText = (list: { Key?: string; Value?: string }[]) =>
  JSON.stringify(list.map(({ Key, Value }) => [Key, Value]).sort());

const text = (value: Value | undefined) => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));

/** Names of parameters whose values differ between the stack as it is and as it shall be. */
function changedParameters(stack: Stack, model: StackModel): Set<string> {
  const before = stack.model?.parameters;
  return new Set([...model.parameters].filter(([name, value]) => before?.get(name) !== value).map(([name]) => name));
}

interface PropertyChange {
  name: string;
  before: Value | undefined;
  after: Value | undefined;
  expression: Value | undefined;
  /** Whether a change of the property needs a new resource. */
  always: boolean;
  /** Parameters that have new values. */
  parameters: ReadonlySet<string>;
  isResource: (entity: string) => boolean;
  withValues: boolean;
}

/** One entry for each cause of a property's change: a resource, a parameter, or the template itself. */
function details(change: PropertyChange): ResourceChangeDetail[] {
  const { name, after, always } = change;
  const dynamic = text(after).includes(KNOWN_AFTER_APPLY);
  const recreation = !always ? ("Never" as const) : dynamic ? ("Conditionally" as const) : ("Always" as const);
  const targets = leaves(change.before, after, `/Properties/${name}`).map(({ path, from, to }) => ({
    Attribute: "Properties" as const,
    Name: name,
    RequiresRecreation: recreation,
    Path: path,
    BeforeValue: change.withValues && from !== undefined ? text(from) : undefined,
    AfterValue: change.withValues && to !== undefined ? text(to) : undefined,
    AttributeChangeType:
      from === undefined ? ("Add" as const) : to === undefined ? ("Remove" as const) : ("Modify" as const),
  }));
  const references = referencesIn(change.expression).filter(({ kind }) => kind === "ref" || kind === "getAtt");
  const parameters = references.filter(({ kind, name: used }) => kind === "ref" && change.parameters.has(used));
  return targets.flatMap((Target): ResourceChangeDetail[] => {
    if (dynamic) {
      const causes = references.filter(({ name: entity }) => change.isResource(entity));
      const caused = causes.map(({ kind, name: entity, attribute }) => ({
        Target,
        Evaluation: always ? ("Dynamic" as const) : ("Static" as const),
        ChangeSource: kind === "ref" ? ("ResourceReference" as const) : ("ResourceAttribute" as const),
        CausingEntity: attribute === undefined ? entity : `${entity}.${attribute}`,
      }));
      // That a replaced resource has another name is certain, what it will be is not: two entries (seen on AWS).
      return always ? caused : [{ Target, Evaluation: "Dynamic", ChangeSource: "DirectModification" }, ...caused];
    }
    // A value that comes by a parameter is shown twice (AWS: "Example change sets", modifying a parameter's value).
    if (parameters.length)
      return [
        ...parameters.map(({ name: CausingEntity }) => ({
          Target,
          Evaluation: "Static" as const,
          ChangeSource: "ParameterReference" as const,
          CausingEntity,
        })),
        { Target, Evaluation: "Dynamic", ChangeSource: "DirectModification" },
      ];
    return [{ Target, Evaluation: "Static", ChangeSource: "DirectModification" }];
  });
}

interface Leaf {
  path: string;
  from: Value | undefined;
  to: Value | undefined;
}

/** The deepest places where two values differ. */
function leaves(from: Value | undefined, to: Value | undefined, path: string): Leaf[] {
  if (sameValue(from, to)) return [];
  const both = (isMap(from) && isMap(to)) || (Array.isArray(from) && Array.isArray(to));
  if (!both) return [{ path, from, to }];
  const [a, b] = [from as ValueMap, to as ValueMap];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    leaves(a[key], b[key], `${path}/${key}`),
  );
}

/** Names of the top-level properties that differ. */
export function changedProperties(before: ValueMap, after: ValueMap): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => !sameValue(before[name], after[name]),
  );
}

/** Whether a change of this property needs a new physical resource. */
export function needsReplacement(type: string, property: string): boolean {
  if (property === "Tags" && isTaggable(type)) return false;
  const handler = handlerOf(type);
  return handler !== undefined && (handler.update === undefined || handler.replaceOn.includes(property));
}

/** Outputs, tags, policies and metadata count as changes although they change no resource. */
function otherwiseDifferent(stack: Stack, model: StackModel, scope: Scope): boolean {
  const shape = ({ template }: StackModel) =>
    JSON.stringify(
      Object.entries(template.resources)
        .map(([id, { deletionPolicy, updateReplacePolicy, metadata }]) => [
          id,
          deletionPolicy,
          updateReplacePolicy,
          metadata,
        ])
        .sort(),
    );
  return (
    tagText(stack.model!.tags) !== tagText(model.tags) ||
    shape(stack.model!) !== shape(model) ||
    JSON.stringify(stack.outputs) !== JSON.stringify(outputsOf(model, scope))
  );
}
