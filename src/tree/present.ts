import { formatHourly, PRICES_AS_OF, PRICES_REGION } from "../domain/cost.ts";
import {
  type EndpointStatus,
  type EndpointSummary,
  instanceTotals,
  isInTransition,
  takesTraffic,
  type Variant,
} from "../domain/endpoint.ts";
import type { OpsError } from "../domain/errors.ts";
import {
  type Alarm,
  alarmLabel,
  type ScalableTarget,
  type ScalingActivity,
  type ScalingPolicy,
} from "../domain/scaling.ts";
import { formatAge, formatNumber, formatPeriod, formatTime, lastPart } from "../ui/format.ts";

/** How a row looks; pure, so that it is tested without an editor. Icons and colours are VS Code's names. */
export interface Presentation {
  label: string;
  description?: string;
  /** Rows of a tooltip: name and value, or a single sentence. */
  tooltip?: string | [string, string][];
  icon?: string;
  color?: string;
  /** Tokens that `when` clauses match: `endpoint+inService+autoscaled`. */
  contextValue?: string;
}

/** What the tree shows of an endpoint; without `detail` only what the account's list says. */
export interface EndpointFacts {
  summary: EndpointSummary;
  variants?: Variant[];
  failureReason?: string;
  hourlyUsd?: number;
  autoscaled?: boolean;
  isProject: boolean;
  /** Of the user's own choice. */
  isFavorite?: boolean;
  simulated: boolean;
  /** Hours for which nobody has invoked it, at least; absent when somebody has, or nobody looked. */
  idleHours?: number;
  nowMs: number;
}

const GREEN = "charts.green";
const YELLOW = "charts.yellow";
const RED = "charts.red";

function statusIcon(status: EndpointStatus): Pick<Presentation, "icon" | "color"> {
  if (isInTransition(status)) return { icon: "sync~spin", color: YELLOW };
  if (status === "InService") return { icon: "circle-filled", color: GREEN };
  return status === "OutOfService" ? { icon: "circle-slash" } : { icon: "error", color: RED };
}

/** `InService` → `inService` */
const token = (status: string) => status.charAt(0).toLowerCase() + status.slice(1);

export function presentEndpoint(facts: EndpointFacts): Presentation {
  const { summary, variants, hourlyUsd, nowMs } = facts;
  const { name, status } = summary;
  const totals = variants && instanceTotals({ ...summary, configName: "", variants });
  const moving = isInTransition(status);
  // SageMaker lists no variants before the first instances are there.
  const instances = totals && totals.desired > 0 ? instancesText(totals, moving) : undefined;
  const description = [
    facts.isFavorite && "★",
    status,
    facts.idleHours !== undefined && "idle",
    status === "Failed" ? facts.failureReason : instances,
    moving && formatAge(nowMs - summary.modifiedAtMs),
    hourlyUsd !== undefined && !moving && formatHourly(hourlyUsd),
    facts.simulated && totals && "simulated",
  ];
  const context = [
    "endpoint",
    token(status),
    takesTraffic(status) && "takesTraffic",
    moving && "inTransition",
    status === "UpdateRollbackFailed" && "failed",
    facts.autoscaled && "autoscaled",
    facts.isProject && "project",
    facts.isFavorite && "favorite",
    facts.idleHours !== undefined && "idle",
  ];
  return {
    label: name,
    description: description.filter(Boolean).join(" · ").replace("★ · ", "★ "),
    tooltip: endpointTooltip(facts, instances),
    ...statusIcon(status),
    ...(facts.idleHours === undefined ? {} : { color: YELLOW }),
    contextValue: context.filter(Boolean).join("+"),
  };
}

function instancesText({ current, desired }: { current: number; desired: number }, moving: boolean): string {
  if (moving && current !== desired) return `${current}→${desired}`;
  return `${current}/${desired} instances`;
}

function endpointTooltip(facts: EndpointFacts, instances: string | undefined): [string, string][] {
  const { summary, hourlyUsd } = facts;
  const price = hourlyUsd === undefined ? "" : `about ${formatHourly(hourlyUsd)} (${PRICES_REGION}, ${PRICES_AS_OF})`;
  const rows: [string, string][] = [
    ["Endpoint", summary.name],
    ["Status", summary.status],
    ["Instances", instances ? `${instances}${facts.simulated ? ", simulated" : ""}` : ""],
    ["Price", price && facts.simulated ? `${price} on AWS; nothing in the sandbox` : price],
    ["Idle", idleText(facts)],
    ["Changed", formatTime(summary.modifiedAtMs, facts.nowMs)],
    ["Failure", facts.failureReason ?? ""],
    ["ARN", summary.arn],
  ];
  return rows.filter(([, value]) => value);
}

function idleText({ idleHours, simulated, hourlyUsd, isProject }: EndpointFacts): string {
  if (idleHours === undefined) return "";
  const time = `${formatNumber(idleHours, 2)} h${simulated ? " of the sandbox's time" : ""}`;
  const way = isProject ? "delete its stack when it is not needed" : "delete it when it is not needed";
  return `not invoked for ${time}${hourlyUsd === undefined ? "" : `, at ${formatHourly(hourlyUsd)}`}: ${way}`;
}

export function presentVariant(variant: Variant): Presentation {
  const { name, instanceType, currentInstances, desiredInstances, currentWeight, desiredWeight } = variant;
  const weight = currentWeight === desiredWeight ? `${currentWeight}` : `${currentWeight}→${desiredWeight}`;
  const servers = instanceType ? [instanceType, `${currentInstances} of ${desiredInstances}`] : ["serverless"];
  return {
    label: name,
    description: [...servers, `weight ${weight}`].join(" · "),
    tooltip: [
      ["Variant", name],
      ["Instance type", instanceType ?? "serverless"],
      ["In service", `${currentInstances} of ${desiredInstances} wanted`],
      ["Share of the traffic", `weight ${weight}`],
    ],
    icon: "server",
    contextValue: "variant",
  };
}

/** The scaling of a variant: bounds and the first policy's target. Undefined target: registered, but without a policy. */
export function presentScaling(target: ScalableTarget, several: boolean): Presentation {
  const [policy] = target.policies;
  const parts = [
    `${target.minInstances}–${target.maxInstances}`,
    policy ? policyTarget(policy) : "no policy",
    target.suspended && "suspended",
  ];
  const alarm = target.policies.some((p) => p.alarms.some((a) => a.state === "ALARM" && !isScaleInAlarm(a)));
  return {
    label: several ? `Scaling of ${target.variantName}` : "Scaling",
    description: parts.filter(Boolean).join(" · "),
    tooltip: tooltipRows([
      ["Variant", target.variantName],
      ["Instances", `${target.minInstances} to ${target.maxInstances}`],
      ["Suspended", target.suspended ? "yes: it does not scale" : undefined],
    ]),
    icon: "arrow-both",
    color: alarm ? YELLOW : undefined,
    contextValue: "scaling",
  };
}

/** `target 12,000 inv/min` */
function policyTarget({ metric, target, type }: ScalingPolicy): string {
  if (target === undefined) return type === "step" ? "step scaling" : "";
  const unit = metric === "SageMakerVariantInvocationsPerInstance" ? "inv/min" : (metric?.split("/").pop() ?? "");
  return `target ${formatNumber(target)} ${unit}`.trim();
}

export function presentPolicy(policy: ScalingPolicy): Presentation {
  const cooldowns = [
    policy.scaleOutCooldownSeconds !== undefined && `out ${policy.scaleOutCooldownSeconds} s`,
    policy.scaleInCooldownSeconds !== undefined && `in ${policy.scaleInCooldownSeconds} s`,
  ].filter(Boolean);
  return {
    label: policy.type === "targetTracking" ? "Target tracking" : policy.type === "step" ? "Step scaling" : policy.name,
    description: [policyTarget(policy), cooldowns.length && `cooldown ${cooldowns.join(", ")}`]
      .filter(Boolean)
      .join(" · "),
    tooltip: tooltipRows([
      ["Policy", policy.name],
      ["Metric", policy.metric],
      ["Target", policy.target === undefined ? undefined : formatNumber(policy.target, 2)],
      ["Cooldowns", cooldowns.join(", ")],
      ["ARN", policy.arn],
    ]),
    icon: "target",
    contextValue: "policy",
  };
}

const SIGNS: Record<string, string> = {
  GreaterThanThreshold: ">",
  GreaterThanOrEqualToThreshold: "≥",
  LessThanThreshold: "<",
  LessThanOrEqualToThreshold: "≤",
};

export function presentAlarm(alarm: Alarm, nowMs: number): Presentation {
  const { state, threshold, periodSeconds, evaluationPeriods } = alarm;
  const limit = threshold === undefined ? "" : `${SIGNS[alarm.comparison ?? ""] ?? ""} ${formatNumber(threshold, 2)}`;
  const window = periodSeconds && evaluationPeriods ? ` for ${evaluationPeriods} × ${formatPeriod(periodSeconds)}` : "";
  const looks: Record<Alarm["state"], Pick<Presentation, "icon" | "color">> = {
    OK: { icon: "pass", color: GREEN },
    ALARM: isScaleInAlarm(alarm) ? { icon: "arrow-down" } : { icon: "bell-dot", color: YELLOW },
    INSUFFICIENT_DATA: { icon: "question" },
  };
  return {
    label: alarmLabel(alarm.name),
    description: [state === "INSUFFICIENT_DATA" ? "no data yet" : state, `${limit}${window}`.trim()]
      .filter(Boolean)
      .join(" · "),
    tooltip: tooltipRows([
      ["Alarm", alarm.name],
      ["State", state],
      ["Since", alarm.stateAtMs === undefined ? undefined : formatTime(alarm.stateAtMs, nowMs)],
      ["Reason", alarm.stateReason],
    ]),
    ...looks[state],
    contextValue: "alarm",
  };
}

/** An idle endpoint rests in this alarm: it only says that there is more capacity than the target asks for. */
const isScaleInAlarm = ({ name }: Alarm) => alarmLabel(name) === "AlarmLow";

export function presentActivity(activity: ScalingActivity, nowMs: number): Presentation {
  const wanted = /desired instance count to (\d+)/i.exec(activity.description)?.[1];
  const cause = /AlarmHigh/.test(activity.cause) ? "alarm high" : /AlarmLow/.test(activity.cause) ? "alarm low" : "";
  const refused = activity.notScaledReasons.join(", ");
  const failed = activity.status === "Failed";
  const running = ["Pending", "InProgress"].includes(activity.status);
  return {
    label: `${formatTime(activity.startedAtMs, nowMs)} ${wanted ? `set to ${wanted}` : activity.description}`,
    description: [activity.status, cause, refused].filter(Boolean).join(" · "),
    tooltip: tooltipRows([
      ["Activity", activity.description],
      ["Cause", activity.cause],
      ["Status", [activity.status, activity.message].filter(Boolean).join(": ")],
      ["Not scaled", refused],
    ]),
    icon: failed ? "error" : running ? "sync~spin" : refused ? "circle-slash" : "history",
    color: failed ? RED : undefined,
    contextValue: "activity",
  };
}

/** A failure as a row: the cause, and what a click does about it. Of a file its name is enough, the row is narrow. */
export function presentError(error: OpsError, whatNow: string): Presentation {
  const { place, message } = error;
  return {
    label: place ? message.replace(place.file, lastPart(place.file)) : message,
    description: whatNow,
    tooltip: tooltipRows([
      ["What", error.message],
      ["What now", error.hint],
    ]),
    icon: "error",
    color: RED,
    contextValue: "error",
  };
}

/** Rows that have a value. */
export function tooltipRows(rows: [string, string | undefined][]): [string, string][] {
  return rows.flatMap(([name, value]): [string, string][] => (value ? [[name, value]] : []));
}
