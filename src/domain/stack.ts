/** A CloudFormation stack. */
export interface Stack {
  name: string;
  id: string;
  /** CloudFormation's word, e.g. UPDATE_COMPLETE. */
  status: string;
  statusReason?: string;
  createdAtMs: number;
  outputs: Record<string, string>;
  /** Values that the template's parameters have; those that are secret are stars. */
  parameters?: Record<string, string>;
  resources: StackResource[];
}

export interface StackResource {
  logicalId: string;
  physicalId?: string;
  type: string;
  status: string;
  statusReason?: string;
}

export interface StackEvent {
  id: string;
  atMs: number;
  logicalId: string;
  physicalId?: string;
  type: string;
  status: string;
  reason?: string;
}

/** One row of a change set. */
export interface ResourceChange {
  action: "Add" | "Modify" | "Remove" | "Import" | "Dynamic";
  logicalId: string;
  physicalId?: string;
  type: string;
  /** True, False or Conditional; only for Modify. */
  replacement?: string;
  /** Names of the properties that change. */
  properties: string[];
  /** What changes inside of them; empty when CloudFormation does not tell. */
  details: PropertyChange[];
  /** What CloudFormation does with the old resource: Delete, Retain, ReplaceAndDelete, ReplaceAndRetain, … */
  policyAction?: string;
  /** All properties as they are and as they will be, where CloudFormation tells. */
  beforeProperties?: Record<string, unknown>;
  afterProperties?: Record<string, unknown>;
}

/** A value that a change set changes. */
export interface PropertyChange {
  /** Below the properties: `ProductionVariants/0/InstanceType`. */
  path: string;
  /** Undefined when it is added. */
  before?: string;
  /** Undefined when it is removed; `{{changeSet:KNOWN_AFTER_APPLY}}` when it is not known yet. */
  after?: string;
  /** Whether this makes a new resource necessary. */
  replaces: "no" | "maybe" | "yes";
}

/** What a deployment will do, before it is asked for. */
export interface DeploymentPreview {
  stackName: string;
  changeSetName: string;
  isNew: boolean;
  changes: ResourceChange[];
}

/** Does CloudFormation still work on it? */
export function isStackInProgress(status: string): boolean {
  return status.endsWith("_IN_PROGRESS") && status !== "REVIEW_IN_PROGRESS";
}

/** Did the last operation fail or roll back? */
export function isStackFailed(status: string): boolean {
  return status.includes("ROLLBACK") || status.endsWith("_FAILED");
}

const ONLY_DELETABLE = new Set(["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "CREATE_FAILED"]);

/** After a failed creation or deletion CloudFormation allows nothing but to delete it (user guide, stack status codes). */
export function isOnlyDeletable(status: string): boolean {
  return ONLY_DELETABLE.has(status);
}
