import type { ScalingPolicy } from "@aws-sdk/client-application-auto-scaling";
import {
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
} from "@aws-sdk/client-cloudwatch";
import type { AwsClients } from "./clients.ts";

/** An alarm that a step policy acts on, as it can be put again; JSON keeps it. */
export interface StepAlarm {
  policyName: string;
  policyArn: string;
  alarm: PutMetricAlarmCommandInput;
}

/** The alarms of step policies. Target tracking makes its own and takes them away with the policy. */
export async function readStepAlarms(clients: AwsClients, policies: readonly ScalingPolicy[]): Promise<StepAlarm[]> {
  const found: StepAlarm[] = [];
  const client = await clients.cloudwatch();
  for (const { PolicyName = "", PolicyARN = "", PolicyType } of policies) {
    if (PolicyType !== "StepScaling") continue;
    const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand({ ActionPrefix: PolicyARN }));
    for (const alarm of MetricAlarms)
      found.push({
        policyName: PolicyName,
        policyArn: PolicyARN,
        alarm: {
          AlarmName: alarm.AlarmName,
          AlarmDescription: alarm.AlarmDescription,
          ActionsEnabled: alarm.ActionsEnabled,
          OKActions: alarm.OKActions,
          AlarmActions: alarm.AlarmActions,
          InsufficientDataActions: alarm.InsufficientDataActions,
          MetricName: alarm.MetricName,
          Namespace: alarm.Namespace,
          Statistic: alarm.Statistic,
          ExtendedStatistic: alarm.ExtendedStatistic,
          Dimensions: alarm.Dimensions,
          Period: alarm.Period,
          Unit: alarm.Unit,
          EvaluationPeriods: alarm.EvaluationPeriods,
          DatapointsToAlarm: alarm.DatapointsToAlarm,
          Threshold: alarm.Threshold,
          ComparisonOperator: alarm.ComparisonOperator,
          TreatMissingData: alarm.TreatMissingData,
          Metrics: alarm.Metrics,
        },
      });
  }
  return found;
}

/** Lets alarms act on the policy that was put again in place of the one that they named. */
export async function repointStepAlarms(
  clients: AwsClients,
  alarms: readonly StepAlarm[],
  policyName: string | undefined,
  policyArn: string,
): Promise<void> {
  const client = await clients.cloudwatch();
  for (const { alarm, policyArn: old } of alarms.filter((one) => one.policyName === policyName)) {
    if (old === policyArn) continue;
    const AlarmActions = alarm.AlarmActions?.map((action) => (action === old ? policyArn : action));
    await client.send(new PutMetricAlarmCommand({ ...alarm, AlarmActions }));
  }
}
