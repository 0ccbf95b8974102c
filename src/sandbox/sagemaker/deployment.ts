import { DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import type { DeploymentConfig } from "@aws-sdk/client-sagemaker";
import type { World } from "../world.ts";

/** A part of the traffic goes to the new fleet, and is looked at for a while. */
export interface ShiftStep {
  /** Share of the requests for the new fleet, percent. */
  percent: number;
  /** Simulated ms that alarms are watched for after it. */
  waitMs: number;
}

/**
 * How an update moves the traffic (SageMaker API reference, DeploymentConfig): at once, by a canary, in equal steps, or
 * batch by batch. Sizes in instances are taken as the percentage that is named beside them.
 * @returns at least one step; the last one has 100 percent
 */
export function shiftSteps(config: DeploymentConfig | undefined, instances: number): ShiftStep[] {
  const policy = config?.BlueGreenUpdatePolicy?.TrafficRoutingConfiguration;
  const rolling = config?.RollingUpdatePolicy;
  const waitMs = (policy?.WaitIntervalInSeconds ?? rolling?.WaitIntervalInSeconds ?? 0) * 1000;
  const all = { percent: 100, waitMs };
  const percentOf = (size: { Type?: string; Value?: number } | undefined) => {
    const value = size?.Value ?? 100;
    const percent = size?.Type === "INSTANCE_COUNT" ? (value / Math.max(1, instances)) * 100 : value;
    return Math.min(100, Math.max(1, percent));
  };
  if (policy?.Type === "CANARY") return [{ percent: percentOf(policy.CanarySize), waitMs }, all];
  const size = policy?.Type === "LINEAR" ? policy.LinearStepSize : rolling?.MaximumBatchSize;
  if (!size) return [all];
  const step = percentOf(size);
  const steps: ShiftStep[] = [];
  for (let percent = step; percent < 100; percent += step) steps.push({ percent, waitMs });
  return [...steps, all];
}

/** The alarms that take an update back, of those that are in ALARM now. */
export async function alarmsRaised(
  world: World,
  region: string,
  config: DeploymentConfig | undefined,
): Promise<string[]> {
  const AlarmNames = (config?.AutoRollbackConfiguration?.Alarms ?? []).flatMap(({ AlarmName }) => AlarmName ?? []);
  if (!AlarmNames.length) return [];
  const { MetricAlarms = [], CompositeAlarms = [] } = await world.call(
    DescribeAlarmsCommand,
    { AlarmNames, AlarmTypes: ["MetricAlarm", "CompositeAlarm"], StateValue: "ALARM" },
    { region },
  );
  return [...MetricAlarms, ...CompositeAlarms].flatMap(({ AlarmName }) => AlarmName ?? []);
}
