import type {
  Alarm,
  NotScaledReason,
  PutScalingPolicyRequest,
  ScalableTarget,
  ScalingActivityStatusCode,
} from "@aws-sdk/client-application-auto-scaling";

export interface TargetRecord {
  id: string;
  arn: string;
  region: string;
  resourceId: string;
  dimension: string;
  namespace: string;
  min: number;
  max: number;
  roleArn: string;
  createdMs: number;
  suspended: NonNullable<ScalableTarget["SuspendedState"]>;
  tags: Record<string, string>;
  /** The change in progress; no other begins before it has ended. */
  busy: boolean;
  /** End of the last scaling activity in each direction, epoch ms. */
  lastOutMs: number;
  lastInMs: number;
}

export interface PolicyRecord {
  name: string;
  arn: string;
  input: PutScalingPolicyRequest;
  createdMs: number;
  alarms: Alarm[];
}

export interface ActivityRecord {
  id: string;
  resourceId: string;
  dimension: string;
  namespace: string;
  description: string;
  cause: string;
  startMs: number;
  endMs?: number;
  status: ScalingActivityStatusCode | "NotScaled";
  message?: string;
  notScaled?: NotScaledReason[];
}

/** Application Auto Scaling in one region. */
export interface ScalingState {
  region: string;
  targets: Map<string, TargetRecord>;
  policies: PolicyRecord[];
  activities: ActivityRecord[];
}

/** Six weeks on AWS; the sandbox keeps this many entries a region. */
export const ACTIVITY_ENTRIES = 5_000;

export const targetKey = (namespace: string, resourceId: string, dimension: string) =>
  `${namespace}|${resourceId}|${dimension}`;
