import * as l10n from "@vscode/l10n";
import { isSuccessful, type PastDeployment } from "../domain/deploymentHistory.ts";
import { plural } from "../domain/plural.ts";
import { isStackInProgress, type Stack } from "../domain/stack.ts";
import type { Connections } from "../services/connections.ts";
import { readDeployments } from "../services/deploymentHistory.ts";
import { formatAge, formatTime } from "../ui/format.ts";
import { type Presentation, tooltipRows } from "./present.ts";
import { shortType } from "./presentStack.ts";
import type { TreeNode } from "./treeNode.ts";

const MOST_SHOWN = 20;

/** The row whose children are read when it is opened: what was done to the stack. */
export function historyNode(connections: Connections, stack: Stack): TreeNode {
  return {
    id: "deployments",
    presentation: {
      label: l10n.t("Deployments"),
      icon: "history",
      tooltip: l10n.t("What was done to the stack, newest first"),
    },
    children: async () => {
      const nowMs = Date.now();
      const all = await readDeployments(connections, stack);
      return all.slice(0, MOST_SHOWN).map((past) => ({
        id: `deployment/${past.id}`,
        presentation: presentDeployment(past, nowMs),
        children: () => past.resources.map((resource, i) => resourceNode(past.id, i, resource)),
      }));
    },
  };
}

function kindText(kind: PastDeployment["kind"]): string {
  const texts: Record<PastDeployment["kind"], string> = {
    created: l10n.t("created"),
    updated: l10n.t("updated"),
    deleted: l10n.t("deleted"),
    imported: l10n.t("imported"),
  };
  return texts[kind];
}

/** `today 14:02` with what came of it. */
export function presentDeployment(past: PastDeployment, nowMs: number): Presentation {
  const { kind, startedAtMs, endedAtMs, status, failure, resources } = past;
  const running = isStackInProgress(status);
  const good = isSuccessful(past);
  const took = endedAtMs === undefined ? undefined : formatAge(endedAtMs - startedAtMs);
  return {
    label: `${formatTime(startedAtMs, nowMs)} ${kindText(kind)}`,
    description: [status, took, failure && l10n.t("{0} failed", failure.logicalId)].filter(Boolean).join(" · "),
    tooltip: tooltipRows([
      [l10n.t("Deployment"), kindText(kind)],
      [l10n.t("Status"), status],
      [l10n.t("Took"), took],
      [l10n.t("Resources"), plural(resources.length, "resource")],
      [l10n.t("Failed first"), failure?.logicalId],
      [l10n.t("Reason"), failure?.reason],
    ]),
    icon: running ? "sync~spin" : good ? "pass" : "error",
    color: running ? "charts.yellow" : good ? "charts.green" : "charts.red",
    contextValue: "deployment",
  };
}

function resourceNode(deployment: string, index: number, resource: PastDeployment["resources"][number]): TreeNode {
  const { logicalId, type, status, tookMs } = resource;
  const failed = status.endsWith("_FAILED");
  return {
    id: `deployment/${deployment}/${index}`,
    presentation: {
      label: logicalId,
      description: [status, formatAge(tookMs), shortType(type)].join(" · "),
      icon: failed ? "error" : "pass",
      color: failed ? "charts.red" : undefined,
      contextValue: "resource",
    },
    logicalId,
  };
}
