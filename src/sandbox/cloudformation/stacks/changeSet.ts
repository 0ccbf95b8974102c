import type {
  Change,
  ChangeSetStatus,
  ChangeSetType,
  ExecutionStatus,
  OnStackFailure,
} from "@aws-sdk/client-cloudformation";
import type { StackModel } from "./stack.ts";

/** A change set: a model for a stack beside what it would change. */
export interface ChangeSet {
  readonly id: string;
  readonly name: string;
  readonly type: ChangeSetType;
  readonly description?: string;
  readonly createdAt: number;
  readonly model: StackModel;
  status: ChangeSetStatus;
  executionStatus: ExecutionStatus;
  reason?: string;
  changes: Change[];
  roleArn?: string;
  notificationArns?: string[];
  onStackFailure?: OnStackFailure;
}
