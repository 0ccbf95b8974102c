import * as l10n from "@vscode/l10n";
import { type Endpoint, type EndpointConfig, isInTransition } from "./endpoint.ts";
import type { MetricQuery, MetricSeries } from "./metric.ts";
import type { ScalableTarget } from "./scaling.ts";
import { isStackFailed, isStackInProgress, type Stack, type StackResource } from "./stack.ts";

/** What a box of the picture stands for, in the direction of a request. */
export type PartKind = "web" | "api" | "function" | "endpoint" | "variant" | "instances";
/** unknown: nobody could tell, as of a resource that no stack names. */
export type PartState = "ok" | "moving" | "failed" | "unknown";

/** What went through a part lately. Absent: not measured, which is not nothing. */
export interface PartTraffic {
  perSecond: number;
  /** What the part itself or one behind it has failed. */
  errorsPerSecond?: number;
  /** What an API has answered with 4xx: the callers' errors, refused keys and throttled requests. */
  refusedPerSecond?: number;
  /** 95th percentile. */
  latencyMs?: number;
}

export interface ArchitecturePart {
  id: string;
  kind: PartKind;
  /** Its name in AWS, or in the template where AWS gave it an id only. */
  name: string;
  state: PartState;
  /** AWS's own word, such as CREATE_COMPLETE or InService. */
  status: string;
  /** What one should know beside the name, such as `ml.m5.large · 2 of 4`. */
  detail?: string;
  /** Why it failed. */
  reason?: string;
  traffic?: PartTraffic;
  /** Of the stack's template. */
  logicalId?: string;
  /** The first part, seen from the instances, that fails: what is to be looked at. */
  isCause?: boolean;
}

/** A way that requests go. */
export interface ArchitectureWay {
  from: string;
  to: string;
  perSecond?: number;
  /** More than one in a hundred requests fails. */
  isFailing: boolean;
}

/** Parts in the direction of a request, and the ways between them. */
export interface Architecture {
  parts: ArchitecturePart[];
  ways: ArchitectureWay[];
  /** Something changes by itself, so that it is worth looking again soon. */
  isMoving: boolean;
}

/** What the picture is drawn from. */
export interface ArchitectureFacts {
  /** Undefined: only the endpoint is drawn. */
  stack?: Stack;
  endpointName?: string;
  endpoint?: Endpoint;
  /** Why the endpoint could not be read. */
  endpointError?: string;
  config?: EndpointConfig;
  targets: readonly ScalableTarget[];
  /** Answers to `trafficQueries`; absent when they could not be read. */
  series?: readonly MetricSeries[];
  periodSeconds: number;
}

/** A way fails when more than this share of its requests does. */
const FAILING_SHARE = 0.01;

/** The parts of a stack that requests come through. */
interface EntryParts {
  web?: StackResource;
  api?: StackResource;
  function?: StackResource;
}

function entryParts({ resources, outputs }: Stack): EntryParts {
  const of = (type: string) => resources.filter((resource) => resource.type === type);
  const functions = of("AWS::Lambda::Function");
  const buckets = of("AWS::S3::Bucket");
  return {
    web: of("AWS::Amplify::App")[0] ?? buckets.find(({ physicalId }) => physicalId === outputs.StaticPageBucketName),
    api: of("AWS::ApiGateway::RestApi")[0],
    function: functions.find(({ physicalId }) => physicalId === outputs.LambdaName) ?? functions[0],
  };
}

/** Id of the REST API that requests come through. */
export function restApiOf(stack: Stack): string | undefined {
  return entryParts(stack).api?.physicalId;
}

/**
 * Series of all parts, for one GetMetricData call.
 * @param apiName what the metrics of the stack's REST API are filed under
 */
export function trafficQueries(
  stack: Stack | undefined,
  apiName: string | undefined,
  endpointName: string | undefined,
  variants: readonly string[],
): MetricQuery[] {
  const lambda = stack && entryParts(stack).function?.physicalId;
  const query = (id: string, namespace: string, name: string, dimensions: Record<string, string>): MetricQuery => ({
    id,
    namespace,
    name,
    dimensions,
    statistic: /latency|duration/.test(id) ? "p95" : "Sum",
  });
  const api = apiName === undefined ? undefined : { ApiName: apiName };
  return [
    ...(api
      ? [
          query("api_count", "AWS/ApiGateway", "Count", api),
          query("api_errors", "AWS/ApiGateway", "5XXError", api),
          query("api_refused", "AWS/ApiGateway", "4XXError", api),
          query("api_latency", "AWS/ApiGateway", "Latency", api),
        ]
      : []),
    ...(lambda
      ? [
          query("function_count", "AWS/Lambda", "Invocations", { FunctionName: lambda }),
          query("function_errors", "AWS/Lambda", "Errors", { FunctionName: lambda }),
          query("function_duration", "AWS/Lambda", "Duration", { FunctionName: lambda }),
        ]
      : []),
    ...variants.flatMap((variant, i) => {
      const dimensions = { EndpointName: endpointName ?? "", VariantName: variant };
      return [
        query(`variant${i}_count`, "AWS/SageMaker", "Invocations", dimensions),
        query(`variant${i}_errors`, "AWS/SageMaker", "Invocation5XXErrors", dimensions),
        query(`variant${i}_latency`, "AWS/SageMaker", "ModelLatency", dimensions),
      ];
    }),
  ];
}

/** The picture of a stack and its endpoint, or of an endpoint alone. */
export function describeArchitecture(facts: ArchitectureFacts): Architecture {
  const { stack } = facts;
  const entry = stack ? entryParts(stack) : {};
  const parts: ArchitecturePart[] = [];
  const ways: ArchitectureWay[] = [];
  const add = (part: ArchitecturePart, from?: string) => {
    parts.push(part);
    if (from !== undefined) ways.push(wayTo(part, from));
    return part.id;
  };
  const traffic = trafficOf(facts);
  const web = entry.web && add(resourcePart("web", entry.web, stack?.outputs.WebUrl ?? stack?.outputs.StaticPageUrl));
  const apiTraffic = traffic("api", "latency");
  const api = entry.api && add(resourcePart("api", entry.api, refusedText(apiTraffic), apiTraffic), web);
  const lambda =
    entry.function && add(resourcePart("function", entry.function, undefined, traffic("function", "duration")), api);
  if (facts.endpointName !== undefined) addEndpoint(facts, traffic, add, lambda ?? api ?? web);
  markCause(parts);
  const isMoving =
    parts.some(({ state }) => state === "moving") || (stack !== undefined && isStackInProgress(stack.status));
  return { parts, ways, isMoving };
}

type TrafficOf = (id: string, latency: string) => PartTraffic | undefined;

/** The last whole period of each part. Latencies of SageMaker are in microseconds, the others in milliseconds. */
function trafficOf({ series, periodSeconds }: ArchitectureFacts): TrafficOf {
  const last = (id: string) => series?.find((each) => each.id === id)?.points.at(-1);
  return (id, latency) => {
    const count = last(`${id}_count`);
    if (!count) return undefined;
    // Errors of another period say nothing of this one's requests.
    const rateOf = (name: string) => {
      const point = last(`${id}_${name}`);
      return point?.atMs === count.atMs ? point.value / periodSeconds : undefined;
    };
    const slow = last(`${id}_${latency}`)?.value;
    return {
      perSecond: count.value / periodSeconds,
      errorsPerSecond: rateOf("errors"),
      refusedPerSecond: rateOf("refused"),
      latencyMs: slow === undefined ? undefined : id.startsWith("variant") ? slow / 1000 : slow,
    };
  };
}

/** `4xx 12 %`; absent when there was none or nobody knows. */
function refusedText(traffic: PartTraffic | undefined): string | undefined {
  if (!traffic?.refusedPerSecond) return undefined;
  const percent = (100 * traffic.refusedPerSecond) / traffic.perSecond;
  return `4xx ${percent < 1 ? "< 1" : Math.round(percent)} %`;
}

/** Their ids are AWS's, such as `d3k9x2m1qp`: the template's name tells more. */
const NAMED_BY_AWS = new Set(["AWS::Amplify::App", "AWS::ApiGateway::RestApi"]);

function resourcePart(
  kind: PartKind,
  { logicalId, physicalId, type, status, statusReason }: StackResource,
  detail?: string,
  traffic?: PartTraffic,
): ArchitecturePart {
  const state = isStackInProgress(status) ? "moving" : isStackFailed(status) ? "failed" : "ok";
  const name = NAMED_BY_AWS.has(type) ? logicalId : (physicalId?.split("/").pop() ?? logicalId);
  return { id: kind, kind, name, state, status, detail, reason: statusReason, traffic, logicalId };
}

function addEndpoint(
  { stack, endpointName = "", endpoint, endpointError, config, targets }: ArchitectureFacts,
  traffic: TrafficOf,
  add: (part: ArchitecturePart, from?: string) => string,
  from: string | undefined,
): void {
  const logicalId = stack?.resources.find(
    ({ type, physicalId }) => type === "AWS::SageMaker::Endpoint" && physicalId?.split("/").pop() === endpointName,
  )?.logicalId;
  if (!endpoint) {
    const unread = { status: l10n.t("not read"), state: "unknown" as const, reason: endpointError };
    add({ id: "endpoint", kind: "endpoint", name: endpointName, logicalId, ...unread }, from);
    return;
  }
  const { status, failureReason, variants } = endpoint;
  const failed = status === "Failed" || status === "UpdateRollbackFailed" || status === "OutOfService";
  const all = variants.map((_variant, i) => traffic(`variant${i}`, "latency"));
  const measured = all.filter((each) => each !== undefined);
  const total: PartTraffic | undefined = measured.length
    ? {
        perSecond: sum(measured.map(({ perSecond }) => perSecond)),
        errorsPerSecond: known(measured.map(({ errorsPerSecond }) => errorsPerSecond))?.reduce((a, b) => a + b),
        latencyMs: known(measured.map(({ latencyMs }) => latencyMs))?.reduce((a, b) => Math.max(a, b)),
      }
    : undefined;
  const state = failed ? "failed" : isInTransition(status) ? "moving" : "ok";
  const kind = config?.async ? l10n.t("asynchronous") : undefined;
  const reason = failureReason;
  add(
    {
      id: "endpoint",
      kind: "endpoint",
      name: endpointName,
      state,
      status,
      detail: kind,
      reason,
      traffic: total,
      logicalId,
    },
    from,
  );
  variants.forEach((variant, i) => {
    const { name, instanceType, modelName, currentInstances, desiredInstances, currentWeight } = variant;
    const weights = sum(variants.map((each) => each.currentWeight));
    const share = variants.length > 1 && weights > 0 ? `${Math.round((100 * currentWeight) / weights)} %` : undefined;
    const isScaling = currentInstances !== desiredInstances;
    const id = `variant/${name}`;
    add(
      {
        id,
        kind: "variant",
        name,
        state: failed ? "failed" : isScaling ? "moving" : "ok",
        status: isScaling ? l10n.t("changing") : status,
        detail: [share, modelName].filter(Boolean).join(" · "),
        traffic: all[i],
      },
      "endpoint",
    );
    const target = targets.find(({ variantName }) => variantName === name);
    const limits = target ? l10n.t("scales {0} to {1}", target.minInstances, target.maxInstances) : undefined;
    const alarm = target?.policies
      .flatMap(({ alarms }) => alarms)
      .find((each) => each.state === "ALARM" && !each.name.includes("AlarmLow"));
    add(
      {
        id: `instances/${name}`,
        kind: "instances",
        name: instanceType === undefined ? l10n.t("serverless") : `${currentInstances} × ${instanceType}`,
        state: isScaling ? "moving" : currentInstances === 0 && instanceType !== undefined ? "failed" : "ok",
        status: isScaling ? `${currentInstances} → ${desiredInstances}` : l10n.t("in service"),
        detail: [alarm && l10n.t("⚑ alarm"), limits].filter(Boolean).join(" · "),
      },
      id,
    );
  });
}

/** The values that were measured; undefined when none was, so that missing does not become a zero. */
function known(values: readonly (number | undefined)[]): number[] | undefined {
  const all = values.filter((value) => value !== undefined);
  return all.length ? all : undefined;
}

const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

function wayTo({ id, traffic, state }: ArchitecturePart, from: string): ArchitectureWay {
  const { perSecond, errorsPerSecond = 0 } = traffic ?? {};
  const isFailing = perSecond !== undefined && perSecond > 0 && errorsPerSecond / perSecond > FAILING_SHARE;
  return { from, to: id, perSecond, isFailing: isFailing || state === "failed" };
}

/** What fails last on a request's way is why those before it fail. */
function markCause(parts: ArchitecturePart[]): void {
  const fails = ({ state, traffic }: ArchitecturePart) =>
    state === "failed" ||
    (traffic !== undefined &&
      traffic.perSecond > 0 &&
      (traffic.errorsPerSecond ?? 0) / traffic.perSecond > FAILING_SHARE);
  const last = parts.findLast(fails);
  if (last) last.isCause = true;
}
