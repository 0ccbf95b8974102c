import { l10n } from "vscode";
import type { EndpointSummary } from "../domain/endpoint.ts";
import type { SideConnection, SideConnections } from "../services/sideConnections.ts";
import { detailNodes } from "./endpointNodes.ts";
import { errorNode } from "./nodeProvider.ts";
import { presentEndpoint } from "./present.ts";
import { click, type TreeNode } from "./treeNode.ts";

/** A row for each connection beside the current one: account and region in its label, to be read only. */
export function sideNodes(sides: SideConnections): TreeNode[] {
  return sides.list().map((side): TreeNode => {
    const { kind, accountId, region, profile, principalArn } = side.connection;
    const who = kind === "sandbox" ? l10n.t("sandbox") : profile && l10n.t("profile {0}", profile);
    return {
      id: `side/${side.id}`,
      presentation: {
        label: `${accountId} · ${region}`,
        description: [who, l10n.t("read only")].filter(Boolean).join(" · "),
        icon: kind === "sandbox" ? "beaker" : "cloud",
        contextValue: "sideConnection",
        tooltip: [
          [l10n.t("Account"), accountId],
          [l10n.t("Region"), region],
          [l10n.t("Signed in as"), principalArn ?? "–"],
          [l10n.t("Commands"), l10n.t("act on the current connection only")],
        ],
      },
      sideId: side.id,
      expanded: true,
      children: () => endpointNodes(side),
    };
  });
}

async function endpointNodes(side: SideConnection): Promise<TreeNode[]> {
  const { id, endpoints, connection } = side;
  const { state, error, endpoints: list, hasMore } = endpoints.snapshot();
  const at = (part: string) => `side/${id}/${part}`;
  if (state === "loading")
    return [{ id: at("loading"), presentation: { label: l10n.t("Loading endpoints…"), icon: "loading~spin" } }];
  if (state === "failed" && list.length === 0) return [errorNode(at("error"), error)];
  if (list.length === 0) {
    const label = l10n.t("No endpoints in {0}", connection.region);
    return [{ id: at("empty"), presentation: { label, icon: "info" } }];
  }
  const more: TreeNode = {
    id: at("more"),
    presentation: { label: l10n.t("Load more endpoints…"), icon: "ellipsis" },
    click: click("sagemakerOps.explorer.loadMore", l10n.t("Load more"), { sideId: id }),
  };
  return [...list.map((summary) => endpointNode(side, summary)), ...(hasMore ? [more] : [])];
}

function endpointNode({ id, endpoints, connection }: SideConnection, summary: EndpointSummary): TreeNode {
  const facts = { summary, isProject: false, isFavorite: false, simulated: connection.kind === "sandbox" };
  const node: TreeNode = {
    id: `endpoint/${summary.name}`,
    presentation: presentEndpoint({ ...facts, nowMs: Date.now() }),
    resource: { name: summary.name, arn: summary.arn },
    children: async () => detailNodes(await endpoints.detail(summary.name), endpoints),
  };
  return readOnly(node, `side/${id}`);
}

/**
 * A row with nothing that acts: the commands of a row mean the current connection, where the same name is something
 * else. What is left is to copy.
 */
function readOnly(node: TreeNode, prefix: string): TreeNode {
  const { presentation, resource, value, children, expanded } = node;
  const copied = value !== undefined && presentation.contextValue === "value";
  const named = resource ? `readOnly+named${resource.arn ? "+arn" : ""}` : "readOnly";
  return {
    id: `${prefix}/${node.id}`,
    presentation: { ...presentation, contextValue: copied ? "value" : named },
    // Without its page in the console, which is that of the current account.
    resource: resource && { name: resource.name, arn: resource.arn },
    value,
    expanded,
    children: children && (async () => (await children()).map((child) => readOnly(child, prefix))),
  };
}
