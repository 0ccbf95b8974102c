import * as l10n from "@vscode/l10n";
import { formatHourly, formatHourlyAndMonthly } from "../domain/cost.ts";
import { momentText } from "../domain/numberText.ts";
import { plural } from "../domain/plural.ts";
import { isOnlyDeletable, isStackFailed, isStackInProgress, type Stack, type StackResource } from "../domain/stack.ts";
import { remainingText } from "../domain/teardown.ts";
import { formatTime } from "../ui/format.ts";
import { type Presentation, tooltipRows } from "./present.ts";

/** Icon and colour of a status word of CloudFormation. */
function statusLook(status: string): Pick<Presentation, "icon" | "color"> {
  if (isStackInProgress(status)) return { icon: "sync~spin", color: "charts.yellow" };
  if (isStackFailed(status)) return { icon: "error", color: "charts.red" };
  return { icon: "pass", color: "charts.green" };
}

/** @param hourlyUsd what its endpoints cost an hour with their current instances, where that is known */
export function presentStack(stack: Stack, hourlyUsd?: number): Presentation {
  return {
    label: stack.name,
    description: [stack.status, plural(stack.resources.length, "resource"), hourlyUsd && formatHourly(hourlyUsd)]
      .filter(Boolean)
      .join(" · "),
    tooltip: tooltipRows([
      [l10n.t("Stack"), stack.name],
      [l10n.t("Status"), stack.status],
      [l10n.t("Reason"), stack.statusReason],
      [
        l10n.t("Price"),
        hourlyUsd ? l10n.t("about {0} for its endpoints", formatHourlyAndMonthly(hourlyUsd)) : undefined,
      ],
      ["ID", stack.id],
    ]),
    ...statusLook(stack.status),
    contextValue: [
      "stack",
      isStackInProgress(stack.status) && "inProgress",
      isOnlyDeletable(stack.status) && "onlyDeletable",
      stack.status === "UPDATE_ROLLBACK_FAILED" && "rollbackFailed",
    ]
      .filter(Boolean)
      .join("+"),
  };
}

/** What became of the last deployment, when it did not go well: it is told although the stack may be gone again. */
export function presentOutcome(kind: "cancelled" | "failed", text: string, atMs: number, nowMs: number): Presentation {
  const cancelled = kind === "cancelled";
  return {
    label: cancelled ? l10n.t("Deployment cancelled") : l10n.t("Deployment failed"),
    description: `${formatTime(atMs, nowMs)} · ${cancelled ? l10n.t("rolled back") : text}`,
    tooltip: tooltipRows([
      [l10n.t("What"), text],
      [l10n.t("When"), formatTime(atMs, nowMs)],
    ]),
    icon: cancelled ? "circle-slash" : "error",
    color: cancelled ? undefined : "charts.red",
    contextValue: "outcome",
  };
}

/** The timer of a development stack. */
export function presentTeardown(atMs: number, nowMs: number): Presentation {
  const isDue = atMs <= nowMs;
  const when = momentText(atMs);
  return {
    label: l10n.t("Deletes itself"),
    description: isDue ? l10n.t("due since {0}", when) : l10n.t("in {0} · {1}", remainingText(atMs - nowMs), when),
    tooltip: tooltipRows([
      [l10n.t("When"), when],
      [l10n.t("How"), l10n.t("a schedule in the account deletes the stack; no window has to be open")],
    ]),
    icon: "watch",
    color: atMs - nowMs < SOON_MS ? "charts.yellow" : undefined,
    contextValue: "teardown",
  };
}

/** From here on the timer is to be seen at a glance. */
const SOON_MS = 3_600_000;

/** Icons of the types that the worked example has; the rest get a cube. */
const TYPE_ICONS: [RegExp, string][] = [
  [/^AWS::SageMaker::Model$/, "package"],
  [/^AWS::SageMaker::EndpointConfig$/, "settings-gear"],
  [/^AWS::SageMaker::Endpoint$/, "radio-tower"],
  [/^AWS::ApplicationAutoScaling::/, "arrow-both"],
  [/^AWS::IAM::/, "key"],
  [/^AWS::Lambda::/, "symbol-function"],
  [/^AWS::ApiGateway::/, "globe"],
  [/^AWS::Amplify::/, "browser"],
  [/^AWS::Logs::/, "output"],
  [/^AWS::CloudWatch::/, "bell"],
  [/^AWS::S3::/, "archive"],
];

/** `AWS::SageMaker::EndpointConfig` → `SageMaker EndpointConfig` */
export const shortType = (type: string) => type.replace(/^AWS::/, "").replace("::", " ");

/** @param hasPage the console has a page of it */
export function presentResource(resource: StackResource, hasPage = false): Presentation {
  const { logicalId, type, status } = resource;
  const look = statusLook(status);
  const steady = look.icon === "pass";
  return {
    label: logicalId,
    description: steady ? shortType(type) : `${status} · ${shortType(type)}`,
    tooltip: tooltipRows([
      [l10n.t("Resource"), logicalId],
      [l10n.t("Type"), type],
      [l10n.t("Status"), status],
      [l10n.t("Reason"), resource.statusReason],
      [l10n.t("Physical ID"), resource.physicalId],
    ]),
    ...(steady ? { icon: TYPE_ICONS.find(([pattern]) => pattern.test(type))?.[1] ?? "symbol-misc" } : look),
    contextValue: hasPage ? "resource+console" : "resource",
  };
}

/** @param url where the value is reachable from here, when it is a URL; in the sandbox not what the output says */
export function presentOutput(name: string, value: string, url: string | undefined): Presentation {
  return {
    label: name,
    description: url ?? value,
    tooltip: tooltipRows([
      [l10n.t("Output"), name],
      [l10n.t("Value"), value],
      [l10n.t("Served at"), url === value ? undefined : url],
    ]),
    icon: url ? "link" : "symbol-constant",
    contextValue: url ? "output+url" : "output",
  };
}
