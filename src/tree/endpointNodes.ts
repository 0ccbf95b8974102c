import * as l10n from "@vscode/l10n";
import { alarmPage, sageMakerPage } from "../domain/consolePage.ts";
import type { EndpointConfig, Model } from "../domain/endpoint.ts";
import type { ScalableTarget, ScalingActivity } from "../domain/scaling.ts";
import type { EndpointDetail, Endpoints } from "../services/endpoints.ts";

import {
  type Presentation,
  presentActivity,
  presentAlarm,
  presentPolicy,
  presentScaling,
  presentVariant,
} from "./present.ts";
import { configParts, modelParts, presentComponent, presentConfig, presentModel, presentTag } from "./presentParts.ts";
import type { TreeNode } from "./treeNode.ts";

const ACTIVITIES_SHOWN = 3;

/** What belongs to an endpoint, as rows below it. Tags are read when their row is opened. */
export function detailNodes(detail: EndpointDetail, endpoints: Endpoints): TreeNode[] {
  const { endpoint, config, models, targets, activities } = detail;
  const id = (part: string) => `endpoint/${endpoint.name}/${part}`;
  return [
    ...endpoint.variants.map((v) => ({
      id: id(`variant/${v.name}`),
      presentation: presentVariant(v),
      endpointName: endpoint.name,
      resource: { name: v.name },
    })),
    ...(hostsComponents(detail) ? [componentsNode(id("components"), endpoint.name, endpoints)] : []),
    ...models.map((model) => modelNode(id(`model/${model.name}`), model)),
    ...(config ? [configNode(id("config"), config)] : []),
    ...targets.map((target) => scalingNode(id, target, activities, targets.length > 1)),
    tagsNode(id("tags"), endpoint.arn, endpoints),
  ];
}

/** A variant with instances and without a model gives them to inference components. */
const hostsComponents = ({ config }: EndpointDetail) =>
  config?.variants.some(({ modelName, serverless }) => modelName === undefined && !serverless) ?? false;

function componentsNode(id: string, endpointName: string, endpoints: Endpoints): TreeNode {
  return {
    id,
    presentation: { label: l10n.t("Inference components"), icon: "layers" },
    children: async () => {
      const found = await endpoints.components(endpointName);
      if (found.length === 0)
        return [{ id: `${id}/none`, presentation: { label: l10n.t("No inference components"), icon: "info" } }];
      return found.map((component) => ({
        id: `${id}/${component.name}`,
        presentation: presentComponent(component),
        resource: { name: component.name, arn: component.arn },
      }));
    },
  };
}

/** Rows that only tell a value, which can be copied. */
function valueNodes(id: string, parts: Presentation[]): TreeNode[] {
  return parts.map((presentation) => ({
    id: `${id}/${presentation.label}`,
    presentation,
    value: presentation.description,
  }));
}

function modelNode(id: string, model: Model): TreeNode {
  const { name, arn, artifact } = model;
  const parts = valueNodes(id, modelParts(model));
  return {
    id,
    presentation: presentModel(model, Date.now()),
    resource: { name, arn, console: sageMakerPage("models", name) },
    artifact,
    children: () => parts.map((part) => (part.value === artifact ? { ...part, artifact } : part)),
  };
}

function configNode(id: string, config: EndpointConfig): TreeNode {
  const { name, arn } = config;
  return {
    id,
    presentation: presentConfig(config, Date.now()),
    resource: { name, arn, console: sageMakerPage("endpointConfig", name) },
    children: () => valueNodes(id, configParts(config)),
  };
}

function tagsNode(id: string, arn: string, endpoints: Endpoints): TreeNode {
  return {
    id,
    presentation: { label: l10n.t("Tags"), icon: "tag", contextValue: "tags", tooltip: l10n.t("Tags of the endpoint") },
    children: async () => {
      const tags = Object.entries(await endpoints.tags(arn));
      if (tags.length === 0) return [{ id: `${id}/none`, presentation: { label: l10n.t("No tags"), icon: "info" } }];
      return tags.map(([key, value]) => ({ id: `${id}/${key}`, presentation: presentTag(key, value), value }));
    },
  };
}

function scalingNode(
  id: (part: string) => string,
  target: ScalableTarget,
  activities: readonly ScalingActivity[],
  several: boolean,
): TreeNode {
  const nowMs = Date.now();
  const at = id(`scaling/${target.variantName}`);
  const policies = target.policies.flatMap((policy): TreeNode[] => [
    {
      id: `${at}/policy/${policy.name}`,
      presentation: presentPolicy(policy),
      resource: { name: policy.name, arn: policy.arn },
    },
    ...policy.alarms.map((alarm) => ({
      id: `${at}/alarm/${alarm.name}`,
      presentation: presentAlarm(alarm, nowMs),
      resource: { name: alarm.name, arn: alarm.arn, console: alarmPage(alarm.name) },
    })),
  ]);
  const node = (activity: ScalingActivity): TreeNode => ({
    id: `${at}/activity/${activity.id}`,
    presentation: presentActivity(activity, nowMs),
    children: activity.cause ? () => causeNodes(`${at}/activity/${activity.id}`, activity) : undefined,
  });
  const recent = activities.slice(0, ACTIVITIES_SHOWN).map(node);
  const earlier = activities.slice(ACTIVITIES_SHOWN);
  const more: TreeNode = {
    id: `${at}/earlier`,
    presentation: {
      label: earlier.length === 1 ? l10n.t("1 earlier activity") : l10n.t("{0} earlier activities", earlier.length),
      icon: "history",
    },
    children: () => earlier.map(node),
  };
  return {
    id: at,
    presentation: presentScaling(target, several),
    endpointName: target.endpointName,
    expanded: true,
    children: () => [...policies, ...recent, ...(earlier.length ? [more] : [])],
  };
}

/** Why something was scaled, in AWS's own words. */
function causeNodes(id: string, { cause, message }: ScalingActivity): TreeNode[] {
  const lines = [cause, message].filter((text): text is string => Boolean(text));
  return lines.map((text, i) => ({
    id: `${id}/${i}`,
    presentation: { label: text, tooltip: text, icon: "comment", contextValue: "value" },
    value: text,
  }));
}
