/** State of a CloudWatch alarm. */
export type AlarmState = "OK" | "ALARM" | "INSUFFICIENT_DATA";

export interface Alarm {
  name: string;
  arn?: string;
  state: AlarmState;
  stateReason?: string;
  /** When the state last changed, epoch ms. */
  stateAtMs?: number;
  threshold?: number;
  /** `GreaterThanThreshold` and so on. */
  comparison?: string;
  periodSeconds?: number;
  evaluationPeriods?: number;
  /** What the alarm looks at; absent for metric math. */
  metric?: { namespace: string; name: string; dimensions: Record<string, string> };
  /** False when somebody has switched its actions off. */
  actionsEnabled?: boolean;
}

export interface ScalingPolicy {
  name: string;
  arn: string;
  type: "targetTracking" | "step" | "other";
  /** Predefined metric type, or `Namespace/Name` of a customized one. */
  metric?: string;
  /** Target value; per instance and minute for SageMakerVariantInvocationsPerInstance. */
  target?: number;
  /** Instances that the steps of a step policy add or take, the lowest load first. */
  adjustments?: number[];
  scaleOutCooldownSeconds?: number;
  scaleInCooldownSeconds?: number;
  alarms: Alarm[];
}

/** A variant registered with Application Auto Scaling. */
export interface ScalableTarget {
  endpointName: string;
  variantName: string;
  minInstances: number;
  maxInstances: number;
  /** Either direction is suspended; the two below say which. */
  suspended: boolean;
  scaleOutSuspended?: boolean;
  scaleInSuspended?: boolean;
  policies: ScalingPolicy[];
}

export interface ScalingActivity {
  id: string;
  description: string;
  cause: string;
  status: string;
  message?: string;
  startedAtMs: number;
  endedAtMs?: number;
  /** Codes such as AlreadyAtMaxCapacity, for activities that changed nothing. */
  notScaledReasons: string[];
}

/** `AlarmHigh`: target tracking names its alarms `TargetTracking-endpoint/NAME/variant/V-AlarmHigh-UUID`. */
export function alarmLabel(name: string): string {
  return /^TargetTracking-.*-(Alarm(?:High|Low))-/.exec(name)?.[1] ?? name;
}
