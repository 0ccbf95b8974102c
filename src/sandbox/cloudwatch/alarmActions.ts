import { InvokeCommand } from "@aws-sdk/client-lambda";
import type { World } from "../world.ts";
import { type AlarmRecord, type AlarmState, periodSeconds } from "./alarm.ts";
import type { CompositeRecord } from "./compositeAlarm.ts";

/** What an alarm was before it changed. */
export type Before = Pick<AlarmState, "state" | "stateReason" | "stateReasonData" | "stateUpdatedMs">;

const isComposite = (alarm: AlarmRecord | CompositeRecord): alarm is CompositeRecord => "rule" in alarm;

/**
 * Invokes a Lambda function with the event that CloudWatch sends (CloudWatch user guide, "Lambda alarm actions").
 * @throws the error of Lambda, e.g. ResourceNotFoundException
 */
export async function invokeFunction(
  world: World,
  arn: string,
  alarm: AlarmRecord | CompositeRecord,
  before: Before,
): Promise<void> {
  const event = {
    source: "aws.cloudwatch",
    alarmArn: alarm.arn,
    accountId: world.accountId,
    time: eventTime(alarm.stateUpdatedMs),
    region: alarm.region,
    alarmData: {
      alarmName: alarm.name,
      state: eventState(alarm),
      previousState: eventState(before),
      configuration: isComposite(alarm) ? compositeConfiguration(alarm) : metricConfiguration(alarm),
    },
  };
  await world.call(
    InvokeCommand,
    { FunctionName: arn, InvocationType: "Event", Payload: Buffer.from(JSON.stringify(event)) },
    { region: alarm.region },
  );
}

const eventTime = (ms: number) => new Date(ms).toISOString().replace("Z", "+0000");

function eventState({ state, stateReason, stateReasonData, stateUpdatedMs }: Before) {
  return { value: state, reason: stateReason, reasonData: stateReasonData, timestamp: eventTime(stateUpdatedMs) };
}

function compositeConfiguration({ input }: CompositeRecord) {
  return {
    description: input.AlarmDescription,
    alarmRule: input.AlarmRule,
    actionsSuppressor: input.ActionsSuppressor,
  };
}

function metricConfiguration({ input, metric, configuredMs }: AlarmRecord) {
  const own = metric && {
    id: `m${configuredMs.toString(16)}`,
    metricStat: {
      metric: { namespace: metric.namespace, name: metric.name, dimensions: metric.dimensions },
      period: periodSeconds(input),
      stat: input.Statistic ?? input.ExtendedStatistic,
      unit: input.Unit,
    },
    returnData: true,
  };
  const queried = (input.Metrics ?? []).map((q) => ({
    id: q.Id,
    expression: q.Expression,
    label: q.Label,
    returnData: q.ReturnData !== false,
    ...(q.MetricStat
      ? {
          metricStat: {
            metric: {
              namespace: q.MetricStat.Metric?.Namespace,
              name: q.MetricStat.Metric?.MetricName,
              dimensions: Object.fromEntries((q.MetricStat.Metric?.Dimensions ?? []).map((d) => [d.Name, d.Value])),
            },
            period: q.MetricStat.Period,
            stat: q.MetricStat.Stat,
          },
        }
      : {}),
  }));
  return { description: input.AlarmDescription, metrics: own ? [own] : queried };
}
