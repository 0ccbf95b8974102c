import {
  InvalidParameterCombinationException,
  InvalidParameterValueException,
  type MetricDatum,
} from "@aws-sdk/client-cloudwatch";
import type { MetricStore } from "../engine/metricStore.ts";
import { metricId } from "./metricIds.ts";

const META = { $metadata: {} };

/**
 * What PutMetricData asks of one datum, in CloudWatch's words.
 * @throws InvalidParameterValueException, InvalidParameterCombinationException
 */
export function assertDatum({ Value, Values, Counts, StatisticValues }: MetricDatum, index: number): void {
  const at = `MetricData.member.${index + 1}`;
  const both = (a: string, b: string) => ({
    ...META,
    message: `The parameters ${at}.${a} and ${at}.${b} are mutually exclusive and you have specified both.`,
  });
  const many = Values?.length ? Values : undefined;
  if (Value !== undefined && many) throw new InvalidParameterValueException(both("Value", "Values"));
  if (Value !== undefined && StatisticValues)
    throw new InvalidParameterCombinationException(both("Value", "StatisticValues"));
  // Values beside StatisticValues are let through, as on AWS.
  if (many && Counts?.length && Counts.length !== many.length)
    throw new InvalidParameterValueException({
      ...META,
      message: `The parameters ${at}.Values and ${at}.Counts must be of the same size.`,
    });
  if (Value === undefined && !many && !StatisticValues)
    throw new InvalidParameterValueException({
      ...META,
      message: `At least one of the parameters ${at}.Value, ${at}.StatisticValues or ${at}.Values must be specified.`,
    });
}

/** Records one datum that `assertDatum` has let through. @param now epoch ms, for one without a timestamp */
export function putDatum(store: MetricStore, namespace: string, datum: MetricDatum, now: number): void {
  const id = metricId({ Namespace: namespace, MetricName: datum.MetricName, Dimensions: datum.Dimensions });
  const at = datum.Timestamp?.getTime() ?? now;
  if (datum.StatisticValues) {
    const { SampleCount = 0, Sum = 0, Minimum = 0, Maximum = 0 } = datum.StatisticValues;
    store.recordStatisticSet(id, { count: SampleCount, sum: Sum, min: Minimum, max: Maximum }, datum.Unit, at);
  } else if (datum.Values?.length)
    datum.Values.forEach((v, i) => {
      store.record(id, v, datum.Unit, at, datum.Counts?.[i] ?? 1);
    });
  else if (datum.Value !== undefined) store.record(id, datum.Value, datum.Unit, at);
}
