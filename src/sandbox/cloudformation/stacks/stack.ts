import { randomUUID } from "node:crypto";
import type {
  Capability,
  Output,
  ResourceStatus,
  StackDriftStatus,
  StackEvent,
  StackStatus,
  Tag,
} from "@aws-sdk/client-cloudformation";
import type { ResourceDrift } from "../drift/detection.ts";
import type { RetentionPolicy, Template } from "../template/template.ts";
import type { Value, ValueMap } from "../template/value.ts";
import type { ChangeSet } from "./changeSet.ts";

/** What was done to a resource, so that it can be undone. */
export interface JournalEntry {
  kind: "created" | "updated" | "replaced";
  resource: StackResource;
  /** As it was before; absent for what was created. */
  before?: StackResource;
}

/** What a stack shall be: a template with its parameters. */
export interface StackModel {
  template: Template;
  /** The template as it was handed in, and with its transforms run. */
  text: string;
  processed: string;
  parameters: ReadonlyMap<string, string>;
  tags: Tag[];
  capabilities: Capability[];
}

/** A resource of a stack as it is. */
export interface StackResource {
  logicalId: string;
  physicalId?: string;
  type: string;
  /** Resolved properties that it was created or last updated with. */
  properties: ValueMap;
  attributes: Record<string, string>;
  /** The stack's tags that it was created or last updated with. */
  stackTags?: Tag[];
  /** Logical ids that had to exist before it. */
  needs: ReadonlySet<string>;
  deletionPolicy: RetentionPolicy;
  metadata?: Value;
  status: ResourceStatus;
  reason?: string;
  /** Epoch ms. */
  changedAt: number;
  /** What the last drift detection found; a change forgets it. */
  drift?: ResourceDrift;
}

/** A stack of one region; a deleted one is kept for its history. */
export interface Stack {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  createdAt: number;
  updatedAt?: number;
  deletedAt?: number;
  status: StackStatus;
  reason?: string;
  /** Absent while in REVIEW_IN_PROGRESS. */
  model?: StackModel;
  /** Id of the change set that made the present model. */
  changeSetId?: string;
  resources: Map<string, StackResource>;
  outputs: Output[];
  /** Names of exports of other stacks that this one uses. */
  imports: Set<string>;
  /** By name; those that were executed, and whose name another has taken, by ARN. */
  changeSets: Map<string, ChangeSet>;
  /** Oldest first. */
  events: StackEvent[];
  roleArn?: string;
  notificationArns: string[];
  disableRollback: boolean;
  timeoutMinutes?: number;
  terminationProtection: boolean;
  /** Kept and returned; updates are not held to it. */
  policy?: string;
  /** What the last drift detection found, epoch ms. */
  drift?: { status: StackDriftStatus; at: number };
  /** What failed updates have done since the stack was last stable, oldest first; a rollback undoes it. */
  unfinished: JournalEntry[][];
  /** The operation at work. */
  operation?: {
    /** Makes an update fail, so that it rolls back. */
    cancel(reason: string): void;
    /** Ends a creation without rolling back, because the stack is going to be deleted. */
    abandon(): void;
    finished: Promise<void>;
  };
}

const MAX_EVENTS = 5_000;
const MAX_DELETED = 100;

/** Stacks of all regions. */
export class StackStore {
  /** In order of their creation. */
  readonly stacks: Stack[] = [];

  constructor(private readonly accountId: string) {}

  /** A new stack in REVIEW_IN_PROGRESS. */
  add(region: string, name: string, now: number): Stack {
    const stack: Stack = {
      id: `arn:aws:cloudformation:${region}:${this.accountId}:stack/${name}/${randomUUID()}`,
      name,
      region,
      createdAt: now,
      status: "REVIEW_IN_PROGRESS",
      resources: new Map(),
      outputs: [],
      imports: new Set(),
      changeSets: new Map(),
      events: [],
      notificationArns: [],
      disableRollback: false,
      terminationProtection: false,
      unfinished: [],
    };
    this.stacks.push(stack);
    const deleted = this.stacks.filter((item) => item.status === "DELETE_COMPLETE");
    for (const old of deleted.slice(0, Math.max(0, deleted.length - MAX_DELETED)))
      this.stacks.splice(this.stacks.indexOf(old), 1);
    return stack;
  }

  /** Takes back a stack whose template was refused. */
  forget(stack: Stack): void {
    this.stacks.splice(this.stacks.indexOf(stack), 1);
  }

  /** Newest first; deleted ones too. */
  all(region: string): Stack[] {
    return this.stacks.filter((stack) => stack.region === region).reverse();
  }

  /** By name (of a stack that exists) or by id (of deleted ones too). */
  find(nameOrId: string | undefined, region: string): Stack | undefined {
    return this.stacks.find(
      (stack) =>
        stack.region === region &&
        (stack.id === nameOrId || (stack.name === nameOrId && stack.status !== "DELETE_COMPLETE")),
    );
  }

  /** The stack that exports a name. */
  exporter(name: string, region: string): Stack | undefined {
    return this.all(region).find(
      (stack) => stack.status !== "DELETE_COMPLETE" && stack.outputs.some((output) => output.ExportName === name),
    );
  }

  /** Stacks that use an export. */
  importers(name: string, region: string): Stack[] {
    return this.all(region).filter((stack) => stack.status !== "DELETE_COMPLETE" && stack.imports.has(name));
  }
}

/** Changes the stack's status and says so in its events. */
export function setStackStatus(
  stack: Stack,
  status: StackStatus,
  reason: string | undefined,
  now: number,
  token?: string,
): void {
  stack.status = status;
  stack.reason = reason;
  if (status === "DELETE_COMPLETE") stack.deletedAt = now;
  record(stack, {
    EventId: randomUUID(),
    LogicalResourceId: stack.name,
    PhysicalResourceId: stack.id,
    ResourceType: "AWS::CloudFormation::Stack",
    ResourceStatus: status as ResourceStatus,
    ResourceStatusReason: reason,
    ...base(stack, eventTime(stack, now), token),
  });
}

/** Changes a resource's status and says so in the stack's events. */
export function setResourceStatus(
  stack: Stack,
  resource: StackResource,
  status: ResourceStatus,
  reason: string | undefined,
  now: number,
  token?: string,
): void {
  resource.status = status;
  resource.reason = reason;
  resource.changedAt = now;
  resource.drift = undefined;
  const at = eventTime(stack, now);
  record(stack, {
    EventId: `${resource.logicalId}-${status}-${new Date(at).toISOString()}`,
    LogicalResourceId: resource.logicalId,
    PhysicalResourceId: resource.physicalId ?? "",
    ResourceType: resource.type,
    ResourceStatus: status,
    ResourceStatusReason: reason,
    ResourceProperties: JSON.stringify(resource.properties),
    ...base(stack, at, token),
  });
}

/** Clients sort events by their times: no two of a stack have the same, also where the clock stands. Epoch ms. */
function eventTime(stack: Stack, now: number): number {
  return Math.max(now, (stack.events.at(-1)?.Timestamp?.getTime() ?? 0) + 1);
}

function base(stack: Stack, now: number, token: string | undefined) {
  return { StackId: stack.id, StackName: stack.name, Timestamp: new Date(now), ClientRequestToken: token };
}

function record(stack: Stack, event: StackEvent): void {
  stack.events.push(event);
  if (stack.events.length > MAX_EVENTS) stack.events.shift();
}
