import { randomUUID } from "node:crypto";
import { randomId, type World } from "../../world.ts";
import type { ResourceContext, ResourceHandler } from "../resources/handler.ts";
import { handlerOf, RESOURCE_TYPES } from "../resources/handlers.ts";
import { maps, PropertyError } from "../resources/properties.ts";
import { type ResourceTag, retag } from "../resources/tagging.ts";
import { sameValue, TemplateError, type ValueMap } from "../template/value.ts";
import { type Stack, type StackModel, type StackResource, setResourceStatus } from "./stack.ts";

/** An operation on a stack that is at work. */
export interface Run {
  readonly world: World;
  readonly stack: Stack;
  /** Tags of the stack are those of this model. */
  readonly model: StackModel;
  /** Who acts: the stack's role or the caller. */
  readonly principalArn: string;
  readonly token?: string;
  /** Aborted when waits shall end: after a failure elsewhere, or on request. */
  readonly signal: AbortSignal;
}

/** Simulated time between two looks at something that is waited for. */
const POLL_MS = 3_000;
/** Real time between two looks at least, so that an instant clock does not spin. */
const MIN_POLL_MS = 5;
/** Simulated duration of a step on one resource. */
const STEP_MIN_MS = 1_000;
const STEP_MAX_MS = 3_000;

/** Ended by a failure elsewhere or on request; the message is the resource's reason. */
class Cancelled extends Error {}

/**
 * Creates a physical resource and records its states.
 * @param verb `UPDATE` when it takes the place of another one
 */
export async function createResource(run: Run, resource: StackResource, verb: "CREATE" | "UPDATE"): Promise<void> {
  const say = (status: "IN_PROGRESS" | "COMPLETE", reason?: string) =>
    setResourceStatus(run.stack, resource, `${verb}_${status}`, reason, run.world.clock.now(), run.token);
  const exists = (id: string) => {
    if (resource.physicalId !== undefined) return;
    resource.physicalId = id;
    say("IN_PROGRESS", "Resource creation Initiated");
  };
  if (verb === "CREATE") say("IN_PROGRESS");
  await step(run);
  const made = await requireHandler(resource.type).create(resource.properties, contextOf(run, resource, exists));
  exists(made.id);
  resource.attributes = made.attributes;
  resource.stackTags = run.model.tags;
  say("COMPLETE");
}

/** Changes a resource in place. */
export async function updateResource(
  run: Run,
  resource: StackResource,
  properties: ValueMap,
  reason?: string,
): Promise<void> {
  const previous = resource.properties;
  const tags = tagsOf(run.stack, resource, previous, stackTagsOf(run.stack, resource));
  resource.properties = properties;
  resource.stackTags = run.model.tags;
  setResourceStatus(run.stack, resource, "UPDATE_IN_PROGRESS", reason, run.world.clock.now(), run.token);
  await step(run);
  const handler = requireHandler(resource.type);
  const ctx = contextOf(run, resource, () => {});
  // Where there are only other tags, nothing else is asked to change; a nested stack passes them on by its own update.
  const wanted = ctx.tags(properties);
  const isSame = sameValue(withoutTags(properties), withoutTags(previous)) && !handler.anyAttribute;
  if (handler.update && !(isSame && JSON.stringify(wanted) !== JSON.stringify(tags))) {
    const attributes = await handler.update(resource.physicalId!, properties, previous, ctx);
    Object.assign(resource.attributes, attributes);
  }
  const id = resource.physicalId!;
  await retag(resource.type, { id, properties, attributes: resource.attributes }, tags, wanted, ctx);
  setResourceStatus(run.stack, resource, "UPDATE_COMPLETE", undefined, run.world.clock.now(), run.token);
}

/** Deletes the physical resource, or lets it be when its policy says so. Waits are not cancelled. */
export async function deleteResource(run: Run, resource: StackResource, retain: boolean): Promise<void> {
  const now = () => run.world.clock.now();
  if (retain) {
    setResourceStatus(run.stack, resource, "DELETE_SKIPPED", undefined, now(), run.token);
    return;
  }
  if (resource.physicalId === undefined) {
    setResourceStatus(run.stack, resource, "DELETE_COMPLETE", undefined, now(), run.token);
    return;
  }
  setResourceStatus(run.stack, resource, "DELETE_IN_PROGRESS", undefined, now(), run.token);
  try {
    const patient = { ...run, signal: new AbortController().signal };
    await step(patient);
    await handlerOf(resource.type)?.remove(
      resource.physicalId,
      resource.properties,
      contextOf(patient, resource, () => {}),
    );
  } catch (error) {
    setResourceStatus(run.stack, resource, "DELETE_FAILED", reasonOf(error), now(), run.token);
    throw error;
  }
  setResourceStatus(run.stack, resource, "DELETE_COMPLETE", undefined, now(), run.token);
}

/** Why something failed, in CloudFormation's form. */
function reasonOf(error: unknown): string {
  const { name, message, $fault } = error as Error & { $fault?: string };
  const status = (error as { status?: number }).status;
  // Reasons of our own, and those that a service gives for a resource that did not get ready, stand alone.
  if (error instanceof TemplateError || ($fault === undefined && status === undefined)) return message;
  const code =
    /AlreadyExist|AlreadyOwned|Conflict/.test(name) || /already exist/i.test(message)
      ? "AlreadyExists"
      : /NotFound|NoSuch/.test(name) || /^Could not find/.test(message)
        ? "NotFound"
        : /LimitExceeded/.test(name)
          ? "ServiceLimitExceeded"
          : /AccessDenied/.test(name)
            ? "AccessDenied"
            : /Validation|Invalid|BadRequest|Malformed/.test(name)
              ? "InvalidRequest"
              : "GeneralServiceException";
  return `Resource handler returned message: "${message}" (RequestToken: ${randomUUID()}, HandlerErrorCode: ${code})`;
}

function requireHandler(type: string): ResourceHandler {
  const handler = handlerOf(type);
  if (!handler)
    throw new Error(
      `The resource type ${type} is not supported by this sandbox. It supports: ${RESOURCE_TYPES.join(", ")}.`,
    );
  return handler;
}

async function step({ world, signal }: Run): Promise<void> {
  await world.clock.sleep(STEP_MIN_MS + Math.random() * (STEP_MAX_MS - STEP_MIN_MS));
  if (signal.aborted) throw new Cancelled(String(signal.reason));
}

function contextOf(run: Run, resource: StackResource, exists: (id: string) => void): ResourceContext {
  const { world, stack, signal } = run;
  return {
    stackId: stack.id,
    stackName: stack.name,
    logicalId: resource.logicalId,
    resourceType: resource.type,
    region: stack.region,
    accountId: world.accountId,
    attributes: resource.attributes,
    exists,
    renamed: (id) => {
      resource.physicalId = id;
    },
    callbacks: {
      open: () => `${world.baseUrl()}${world.callbacks.open()}`,
      received: (url) => world.callbacks.received(new URL(url).pathname),
      close: (url) => world.callbacks.close(new URL(url).pathname),
    },
    toReal: (simulatedMs) => world.clock.toReal(simulatedMs),
    call: (command, input) => world.call(command, input, { region: stack.region, principalArn: run.principalArn }),
    generatedName: (maxLength) => generatedName(stack.name, resource.logicalId, maxLength),
    tags: (properties) => tagsOf(stack, resource, properties, run.model.tags),
    async poll(ask) {
      for (;;) {
        if (signal.aborted) throw new Cancelled(String(signal.reason));
        const answer = await ask();
        if (answer !== undefined) return answer;
        await world.clock.sleep(POLL_MS);
        await new Promise((resolve) => setTimeout(resolve, world.timeScale === 0 ? MIN_POLL_MS : 0));
      }
    },
  };
}

/** The stack's tags that a resource carries; one of a state that was saved without them carries those of the model. */
export function stackTagsOf(stack: Stack, resource: StackResource): StackModel["tags"] {
  return resource.stackTags ?? stack.model?.tags ?? [];
}

/** A resource's own tags, those of its stack, and CloudFormation's (CloudFormation user guide, "Resource tag"). */
function tagsOf(
  stack: Stack,
  { logicalId }: StackResource,
  properties: ValueMap,
  stackTags: StackModel["tags"],
): ResourceTag[] {
  const own = maps(properties, "Tags").map(({ Key, Value }) => ({ Key: String(Key), Value: String(Value) }));
  const keys = new Set(own.map(({ Key }) => Key));
  const ofStack = stackTags.flatMap(({ Key, Value }) => (Key && !keys.has(Key) ? [{ Key, Value: Value ?? "" }] : []));
  return [
    ...own,
    ...ofStack,
    { Key: "aws:cloudformation:stack-name", Value: stack.name },
    { Key: "aws:cloudformation:logical-id", Value: logicalId },
    { Key: "aws:cloudformation:stack-id", Value: stack.id },
  ];
}

const withoutTags = ({ Tags: _tags, ...rest }: ValueMap): ValueMap => rest;

/** `STACK-LOGICALID-RANDOM12`, the first two shortened where the limit asks for it. */
function generatedName(stackName: string, logicalId: string, maxLength: number): string {
  const room = maxLength - 14;
  const logical = logicalId.slice(0, Math.max(Math.floor(room / 2), room - stackName.length));
  const stack = stackName.slice(0, room - logical.length).replace(/-+$/, "");
  return `${stack}-${logical}-${randomId(12)}`;
}

/** A reason for resources, with the text for properties that do not fit. */
export function failureReason(error: unknown, logicalId: string): string {
  if (error instanceof PropertyError)
    return `Properties validation failed for resource ${logicalId} with message:\n${error.message}`;
  return reasonOf(error);
}
