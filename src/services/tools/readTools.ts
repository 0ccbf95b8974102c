import { z } from "zod";
import { listEndpoints } from "../../aws/sagemaker.ts";
import { PRICES_AS_OF, PRICES_REGION } from "../../domain/cost.ts";
import { type EndpointSummary, endpointStatuses, instanceTotals } from "../../domain/endpoint.ts";
import type { MetricSeries } from "../../domain/metric.ts";
import { defineTool, endpointName, isoTime, placeOf, rounded } from "./tool.ts";

const MOST_LISTED = 100;

/** The account's endpoints. */
export const listEndpointsTool = defineTool({
  name: "list_endpoints",
  title: "List SageMaker endpoints",
  description:
    "Lists the Amazon SageMaker endpoints of the connected AWS account and region (or of the local sandbox), newest first, with status and times. Filter by a part of the name or by status.",
  effect: "reads",
  input: z.strictObject({
    nameContains: z.string().max(63).optional().describe("Only endpoints whose name contains this."),
    status: z
      .enum(endpointStatuses as [string, ...string[]])
      .optional()
      .describe("Only endpoints in this status."),
    limit: z.int().min(1).max(MOST_LISTED).default(50).describe("At most so many."),
  }),
  async run({ connections }, { nameContains, status, limit }) {
    const connection = connections.required();
    const filter = { name: nameContains, status: endpointStatuses.find((known) => known === status) };
    const found: EndpointSummary[] = [];
    let token: string | undefined;
    do {
      const page = await listEndpoints(connections.clients(), token, undefined, filter);
      found.push(...page.endpoints);
      token = page.nextToken;
    } while (token !== undefined && found.length < limit);
    const endpoints = found.slice(0, limit).map(({ name, status: state, createdAtMs, modifiedAtMs }) => ({
      name,
      status: state,
      created: isoTime(createdAtMs),
      modified: isoTime(modifiedAtMs),
    }));
    const hasMore = token !== undefined || found.length > limit;
    const count = `${endpoints.length} endpoint${endpoints.length === 1 ? "" : "s"}`;
    return {
      summary: `${count} in ${connection.region}${hasMore ? "; there are more: filter by name" : ""}.`,
      data: { place: placeOf(connection), endpoints, hasMore },
    };
  },
});

/** One endpoint with all that belongs to it. */
export const describeEndpointTool = defineTool({
  name: "describe_endpoint",
  title: "Describe a SageMaker endpoint",
  description:
    "Describes one SageMaker endpoint: status and failure reason, variants with instance type and counts, configuration, models with image and artifact (environment variables by name only), scaling limits, policies and alarms, the last scaling activities, and the estimated cost per hour.",
  effect: "reads",
  input: z.strictObject({ endpoint: endpointName }),
  async run({ connections, endpoints }, { endpoint: name }) {
    const connection = connections.required();
    const { endpoint, config, models, targets, activities, hourlyUsd } = await endpoints.detail(name, { fresh: true });
    const { current, desired } = instanceTotals(endpoint);
    const { status, failureReason, variants, arn, createdAtMs, modifiedAtMs } = endpoint;
    const data = {
      place: placeOf(connection),
      name,
      arn,
      status,
      failureReason,
      created: isoTime(createdAtMs),
      modified: isoTime(modifiedAtMs),
      variants,
      config: config && { name: config.name, dataCapture: config.dataCapture, async: config.async },
      models: models.map(({ name: model, image, artifact, roleArn, environment }) => ({
        name: model,
        image,
        artifact,
        roleArn,
        // Values may be secrets.
        environmentNames: Object.keys(environment ?? {}),
      })),
      scaling: targets.map(({ variantName, minInstances, maxInstances, suspended, policies }) => ({
        variant: variantName,
        minInstances,
        maxInstances,
        suspended,
        policies: policies.map(({ alarms, arn: _arn, ...policy }) => ({
          ...policy,
          alarms: alarms.map(({ name: alarm, state, stateReason, stateAtMs }) => ({
            name: alarm,
            state,
            stateReason,
            since: isoTime(stateAtMs),
          })),
        })),
      })),
      activities: activities.map(({ description, cause, status: outcome, message, startedAtMs, notScaledReasons }) => ({
        at: isoTime(startedAtMs),
        description,
        cause,
        status: outcome,
        message,
        notScaledReasons,
      })),
      estimatedUsdPerHour: hourlyUsd,
      prices: `on demand, ${PRICES_REGION}, ${PRICES_AS_OF}; an estimate`,
    };
    const why = failureReason ? ` ${failureReason}` : "";
    return {
      summary: `Endpoint ${name} is ${status} with ${current} of ${desired} desired instances.${why}`,
      data,
    };
  },
});

/** More points than these tell a model nothing more. */
const MOST_POINTS = 40;
const MOST_MINUTES = 21_600;

/** The charts' figures. */
export const getMetricsTool = defineTool({
  name: "get_metrics",
  title: "Get metrics of a SageMaker endpoint",
  description:
    "Reads CloudWatch metrics of a SageMaker endpoint over the last minutes: invocations per second, model and overhead latency percentiles in ms, 4xx and 5xx errors per period, instances, concurrency, CPU, memory, disk and GPU in percent. Each series has last, min, max and mean, and optionally points. A period without data is absent, never zero.",
  effect: "reads",
  input: z.strictObject({
    endpoint: endpointName,
    minutes: z.int().min(5).max(MOST_MINUTES).default(60).describe("How far back, from 5 minutes to 15 days."),
    points: z.boolean().default(false).describe(`Also the series themselves, thinned to ${MOST_POINTS} points.`),
  }),
  async run({ connections, metrics }, { endpoint, minutes, points }) {
    const connection = connections.required();
    const read = await metrics.read(endpoint, minutes);
    const measured = read.series.filter((series) => series.points.length > 0);
    const described = (series: readonly MetricSeries[]) =>
      Object.fromEntries(series.map((each) => [each.id, seriesFacts(each, points)]));
    return {
      summary:
        measured.length === 0
          ? `Endpoint ${endpoint} has no data of the last ${minutes} minutes: nothing invoked it.`
          : `${measured.length} metrics of endpoint ${endpoint} over the last ${minutes} minutes, one point every ${read.periodSeconds} s.`,
      data: {
        place: placeOf(connection),
        endpoint,
        from: isoTime(read.fromMs),
        to: isoTime(read.toMs),
        periodSeconds: read.periodSeconds,
        metrics: described(measured),
        variants: read.variants?.map(({ name, series }) => ({
          name,
          metrics: described(series.filter((each) => each.points.length > 0)),
        })),
      },
    };
  },
});

function seriesFacts({ points }: MetricSeries, withPoints: boolean): Record<string, unknown> {
  const values = points.map(({ value }) => value);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  // Spread would not do: a series of 15 days has thousands of points.
  const [min, max] = values.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);
  const every = Math.max(1, Math.ceil(points.length / MOST_POINTS));
  const thinned = points.filter((_, i) => i % every === 0 || i === points.length - 1);
  return {
    last: rounded(values.at(-1) ?? Number.NaN),
    min: rounded(min),
    max: rounded(max),
    mean: rounded(mean),
    periodsWithData: values.length,
    ...(withPoints ? { points: thinned.map(({ atMs, value }) => [isoTime(atMs), rounded(value)]) } : {}),
  };
}

/** Why it did or did not scale. */
export const explainScalingTool = defineTool({
  name: "explain_scaling",
  title: "Explain scaling of a SageMaker endpoint",
  description:
    "Explains why a SageMaker endpoint did or did not scale: goes through registration, limits, suspension, policy metric, alarms, data, cooldowns, quota and activities, and gives each cause with its evidence and its fix.",
  effect: "reads",
  input: z.strictObject({ endpoint: endpointName }),
  async run({ connections, scalingExplainer }, { endpoint }) {
    const connection = connections.required();
    const variants = await scalingExplainer.explain(endpoint);
    return {
      summary: variants.map(({ variantName, summary }) => `Variant ${variantName}: ${summary}`).join(" "),
      data: { place: placeOf(connection), endpoint, variants },
    };
  },
});
