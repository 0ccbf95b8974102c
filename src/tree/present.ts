import * as l10n from "@vscode/l10n";
import { formatHourly, PRICES_AS_OF, regionOfArn, unknownCostText } from "../domain/cost.ts";
import {
  type EndpointStatus,
  type EndpointSummary,
  instanceTotals,
  isInTransition,
  type Serverless,
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
  /** Of its variants that scale; absent where that was not read. */
  scaling?: "none" | "active" | "suspended" | "both";
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
  return { ...presentEndpointRow(facts), tooltip: endpointTooltip(facts) };
}

/** Where the scaling was not read, the commands themselves say what there is to suspend or to resume. */
const scalingTokens = (scaling: EndpointFacts["scaling"] = "both") => [
  (scaling === "active" || scaling === "both") && "suspendable",
  (scaling === "suspended" || scaling === "both") && "resumable",
];

/** What is seen of an endpoint's row without pointing at it. */
export function presentEndpointRow(facts: EndpointFacts): Presentation {
  const { summary, variants, hourlyUsd, nowMs } = facts;
  const { name, status } = summary;
  const moving = isInTransition(status);
  const instances = servingText(facts);
  const description = [
    facts.isFavorite && "★",
    status,
    facts.idleHours !== undefined && l10n.t("idle"),
    status === "Failed" ? facts.failureReason : instances,
    moving && formatAge(nowMs - summary.modifiedAtMs),
    hourlyUsd !== undefined && !moving && formatHourly(hourlyUsd),
    facts.simulated && variants && l10n.t("simulated"),
  ];
  const context = [
    "endpoint",
    token(status),
    takesTraffic(status) && "takesTraffic",
    moving && "inTransition",
    status === "UpdateRollbackFailed" && "failed",
    facts.autoscaled && "autoscaled",
    ...(status === "InService" ? scalingTokens(facts.scaling) : []),
    facts.isProject && "project",
    facts.isFavorite && "favorite",
    facts.idleHours !== undefined && "idle",
  ];
  return {
    label: name,
    description: description.filter(Boolean).join(" · ").replace("★ · ", "★ "),
    ...statusIcon(status),
    ...(facts.idleHours === undefined ? {} : { color: YELLOW }),
    contextValue: context.filter(Boolean).join("+"),
  };
}

function servingText({ summary, variants }: EndpointFacts): string | undefined {
  const totals = variants && instanceTotals({ ...summary, configName: "", variants });
  // SageMaker lists no variants before the first instances are there.
  return totals && totals.desired > 0 ? instancesText(totals, isInTransition(summary.status)) : undefined;
}

function instancesText({ current, desired }: { current: number; desired: number }, moving: boolean): string {
  if (moving && current !== desired) return `${current}→${desired}`;
  return l10n.t("{0}/{1} instances", current, desired);
}

/** What is told of an endpoint's row when the pointer rests on it. */
export function endpointTooltip(facts: EndpointFacts): [string, string][] {
  const { summary, hourlyUsd } = facts;
  const instances = servingText(facts);
  const price =
    hourlyUsd === undefined
      ? upperFirst(unknownCostText({ arn: summary.arn, variants: facts.variants ?? [] }) ?? "")
      : l10n.t("about {0} ({1}, {2})", formatHourly(hourlyUsd), regionOfArn(summary.arn), PRICES_AS_OF);
  const rows: [string, string][] = [
    [l10n.t("Endpoint"), summary.name],
    [l10n.t("Status"), summary.status],
    [l10n.t("Instances"), instances ? `${instances}${facts.simulated ? l10n.t(", simulated") : ""}` : ""],
    [
      l10n.t("Price"),
      price && hourlyUsd !== undefined && facts.simulated ? l10n.t("{0} on AWS; nothing in the sandbox", price) : price,
    ],
    [l10n.t("Idle"), idleText(facts)],
    [l10n.t("Changed"), formatTime(summary.modifiedAtMs, facts.nowMs)],
    [l10n.t("Failure"), facts.failureReason ?? ""],
    ["ARN", summary.arn],
  ];
  return rows.filter(([, value]) => value);
}

function idleText({ idleHours, simulated, hourlyUsd, isProject }: EndpointFacts): string {
  if (idleHours === undefined) return "";
  const time = `${formatNumber(idleHours, 2)} h${simulated ? l10n.t(" of the sandbox's time") : ""}`;
  const way = isProject ? l10n.t("delete its stack when it is not needed") : l10n.t("delete it when it is not needed");
  return l10n.t(
    "not invoked for {0}{1}: {2}",
    time,
    hourlyUsd === undefined ? "" : l10n.t(", at {0}", formatHourly(hourlyUsd)),
    way,
  );
}

/** What serves a variant without instances, in words. */
export function serverlessTexts({ memoryMb, maxConcurrency, provisionedConcurrency }: Serverless): string[] {
  return [
    l10n.t("serverless"),
    `${formatNumber(memoryMb)} MB`,
    l10n.t("at most {0} at once", maxConcurrency),
    ...(provisionedConcurrency ? [l10n.t("{0} provisioned", provisionedConcurrency)] : []),
  ];
}

export function presentVariant(variant: Variant): Presentation {
  const { name, instanceType, serverless, currentInstances, desiredInstances, currentWeight, desiredWeight } = variant;
  const weight = currentWeight === desiredWeight ? `${currentWeight}` : `${currentWeight}→${desiredWeight}`;
  const servers = instanceType
    ? [instanceType, l10n.t("{0} of {1}", currentInstances, desiredInstances)]
    : serverless
      ? serverlessTexts(serverless)
      : [l10n.t("serverless")];
  return {
    label: name,
    description: [...servers, l10n.t("weight {0}", weight)].join(" · "),
    tooltip: tooltipRows([
      [l10n.t("Variant"), name],
      [l10n.t("Instance type"), instanceType ?? servers.join(", ")],
      [
        l10n.t("In service"),
        instanceType ? l10n.t("{0} of {1} wanted", currentInstances, desiredInstances) : undefined,
      ],
      [l10n.t("Share of the traffic"), l10n.t("weight {0}", weight)],
    ]),
    icon: "server",
    contextValue: "variant",
  };
}

/** The scaling of a variant: bounds and the first policy's target. Undefined target: registered, but without a policy. */
export function presentScaling(target: ScalableTarget, several: boolean): Presentation {
  const [policy] = target.policies;
  const parts = [
    target.suspended && l10n.t("suspended"),
    `${target.minInstances}–${target.maxInstances}`,
    policy ? policyTarget(policy) : l10n.t("no policy"),
  ];
  const alarm = target.policies.some((p) => p.alarms.some((a) => a.state === "ALARM" && !isScaleInAlarm(a)));
  return {
    label: several ? l10n.t("Scaling of {0}", target.variantName) : l10n.t("Scaling"),
    description: parts.filter(Boolean).join(" · "),
    tooltip: tooltipRows([
      [l10n.t("Variant"), target.variantName],
      [l10n.t("Instances"), l10n.t("{0} to {1}", target.minInstances, target.maxInstances)],
      [l10n.t("Suspended"), target.suspended ? l10n.t("yes: it does not scale") : undefined],
    ]),
    icon: target.suspended ? "debug-pause" : "arrow-both",
    color: alarm || target.suspended ? YELLOW : undefined,
    contextValue: `scaling+${target.suspended ? "suspended" : "active"}`,
  };
}

/** `target 12,000 inv/min` */
function policyTarget({ metric, target, adjustments = [] }: ScalingPolicy): string {
  if (target === undefined) return adjustments.map((n) => (n > 0 ? `+${n}` : String(n))).join(", ");
  const unit =
    metric === "SageMakerVariantInvocationsPerInstance" ? l10n.t("inv/min") : (metric?.split("/").pop() ?? "");
  return l10n.t("target {0} {1}", formatNumber(target), unit).trim();
}

export function presentPolicy(policy: ScalingPolicy): Presentation {
  const cooldowns = [
    policy.scaleOutCooldownSeconds !== undefined && l10n.t("out {0} s", policy.scaleOutCooldownSeconds),
    policy.scaleInCooldownSeconds !== undefined && l10n.t("in {0} s", policy.scaleInCooldownSeconds),
  ].filter(Boolean);
  return {
    label:
      policy.type === "targetTracking"
        ? l10n.t("Target tracking")
        : policy.type === "step"
          ? l10n.t("Step scaling")
          : policy.name,
    description: [policyTarget(policy), cooldowns.length && l10n.t("cooldown {0}", cooldowns.join(", "))]
      .filter(Boolean)
      .join(" · "),
    tooltip: tooltipRows([
      [l10n.t("Policy"), policy.name],
      [l10n.t("Metric"), policy.metric],
      [l10n.t("Target"), policy.target === undefined ? undefined : formatNumber(policy.target, 2)],
      [l10n.t("Cooldowns"), cooldowns.join(", ")],
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
  const window =
    periodSeconds && evaluationPeriods ? l10n.t(" for {0} × {1}", evaluationPeriods, formatPeriod(periodSeconds)) : "";
  const looks: Record<Alarm["state"], Pick<Presentation, "icon" | "color">> = {
    OK: { icon: "pass", color: GREEN },
    ALARM: isScaleInAlarm(alarm) ? { icon: "arrow-down" } : { icon: "bell-dot", color: YELLOW },
    INSUFFICIENT_DATA: { icon: "question" },
  };
  return {
    label: alarmLabel(alarm.name),
    description: [state === "INSUFFICIENT_DATA" ? l10n.t("no data yet") : state, `${limit}${window}`.trim()]
      .filter(Boolean)
      .join(" · "),
    tooltip: tooltipRows([
      [l10n.t("Alarm"), alarm.name],
      [l10n.t("State"), state],
      [l10n.t("Since"), alarm.stateAtMs === undefined ? undefined : formatTime(alarm.stateAtMs, nowMs)],
      [l10n.t("Reason"), alarm.stateReason],
      ["ARN", alarm.arn],
    ]),
    ...looks[state],
    contextValue: "alarm",
  };
}

/** An idle endpoint rests in this alarm: it only says that there is more capacity than the target asks for. */
const isScaleInAlarm = ({ name }: Alarm) => alarmLabel(name) === "AlarmLow";

export function presentActivity(activity: ScalingActivity, nowMs: number): Presentation {
  const wanted = /desired instance count to (\d+)/i.exec(activity.description)?.[1];
  const cause = /AlarmHigh/.test(activity.cause)
    ? l10n.t("alarm high")
    : /AlarmLow/.test(activity.cause)
      ? l10n.t("alarm low")
      : "";
  const refused = activity.notScaledReasons.join(", ");
  const failed = activity.status === "Failed";
  const running = ["Pending", "InProgress"].includes(activity.status);
  return {
    label: `${formatTime(activity.startedAtMs, nowMs)} ${wanted ? l10n.t("set to {0}", wanted) : activity.description}`,
    description: [activity.status, cause, refused].filter(Boolean).join(" · "),
    tooltip: tooltipRows([
      [l10n.t("Activity"), activity.description],
      [l10n.t("Cause"), activity.cause],
      [l10n.t("Status"), [activity.status, activity.message].filter(Boolean).join(": ")],
      [l10n.t("Not scaled"), refused],
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
      [l10n.t("What"), error.message],
      [l10n.t("What now"), error.hint],
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

const upperFirst = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
