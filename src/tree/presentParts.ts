import * as l10n from "@vscode/l10n";
import type { EndpointConfig, InferenceComponent, Model } from "../domain/endpoint.ts";
import { plural } from "../domain/plural.ts";
import { formatTime, lastPart } from "../ui/format.ts";
import { type Presentation, serverlessTexts, tooltipRows } from "./present.ts";

export function presentModel(model: Model, nowMs: number): Presentation {
  const image = model.image ? lastPart(model.image).replace(":", " ") : l10n.t("no image");
  return {
    label: model.name,
    description: [image, model.artifact && lastPart(model.artifact)].filter(Boolean).join(" · "),
    tooltip: tooltipRows([
      [l10n.t("Model"), model.name],
      [l10n.t("Image"), model.image],
      [l10n.t("Artifact"), model.artifact],
      [l10n.t("Role"), model.roleArn],
      [l10n.t("Created"), formatTime(model.createdAtMs, nowMs)],
    ]),
    icon: "package",
    contextValue: ["model", model.artifact && "artifact"].filter(Boolean).join("+"),
  };
}

/** Names of variables whose values are not for a screen. */
const SECRET = /secret|token|password|passwd|credential|api_?key|access_?key/i;

/** What a model's container is made of: image, artifact, role, environment. */
export function modelParts({ image, artifact, roleArn, environment = {} }: Model): Presentation[] {
  const part = (label: string, value: string | undefined, icon: string, contextValue: string): Presentation[] =>
    value ? [{ label, description: value, tooltip: tooltipRows([[label, value]]), icon, contextValue }] : [];
  const variables = Object.entries(environment).flatMap(([name, value]) =>
    part(name, SECRET.test(name) ? l10n.t("(not shown)") : value || l10n.t("(empty)"), "symbol-variable", "value"),
  );
  return [
    ...part(l10n.t("Image"), image, "layers", "value"),
    ...part(l10n.t("Artifact"), artifact, "file-zip", "value+artifact"),
    ...part(l10n.t("Role"), roleArn, "key", "value"),
    ...variables,
  ];
}

export function presentConfig(config: EndpointConfig, nowMs: number): Presentation {
  const capture = l10n.t("data capture {0}", config.dataCapture ? l10n.t("on") : l10n.t("off"));
  const variants = config.variants.map(({ name, initialInstances, instanceType, serverless }) =>
    serverless ? `${name}: serverless` : `${name}: ${initialInstances ?? ""} × ${instanceType ?? ""}`,
  );
  return {
    label: config.name,
    description: [plural(config.variants.length, "variant"), capture, config.async && l10n.t("asynchronous")]
      .filter(Boolean)
      .join(" · "),
    tooltip: tooltipRows([
      [l10n.t("Endpoint config"), config.name],
      [l10n.t("Variants"), variants.join(", ")],
      [l10n.t("Data capture"), config.dataCapture ? l10n.t("on") : l10n.t("off")],
      [l10n.t("Created"), formatTime(config.createdAtMs, nowMs)],
      ["ARN", config.arn],
    ]),
    icon: "settings-gear",
    contextValue: "endpointConfig",
  };
}

/** A model on a share of a variant's instances. */
export function presentComponent({ name, status, variantName }: InferenceComponent): Presentation {
  return {
    label: name,
    description: [status, variantName].join(" · "),
    tooltip: tooltipRows([
      [l10n.t("Inference component"), name],
      [l10n.t("Status"), status],
      [l10n.t("Variant"), variantName],
    ]),
    icon: "package",
    contextValue: "component",
  };
}

/** What a configuration says: its variants, capturing, and what makes it asynchronous. */
export function configParts({ variants, dataCapture, capture, async }: EndpointConfig): Presentation[] {
  const parts = variants.map(({ name, initialInstances, instanceType, serverless, modelName }): Presentation => {
    const servers = serverless
      ? serverlessTexts(serverless)
      : [`${initialInstances ?? 1} × ${instanceType ?? l10n.t("unknown instance type")}`];
    return {
      label: name,
      description: servers.join(" · "),
      tooltip: tooltipRows([
        [l10n.t("Variant"), name],
        [l10n.t("Servers at first"), servers.join(", ")],
        [l10n.t("Model"), modelName],
      ]),
      icon: "server",
      contextValue: "value",
    };
  });
  const captured = [
    dataCapture ? l10n.t("{0} % of the requests", capture?.percent ?? 100) : l10n.t("off"),
    dataCapture && capture?.destination,
  ];
  parts.push({
    label: l10n.t("Data capture"),
    description: captured.filter(Boolean).join(" · "),
    tooltip: tooltipRows([
      [l10n.t("Data capture"), dataCapture ? l10n.t("on") : l10n.t("off")],
      [l10n.t("Share"), capture?.percent === undefined ? undefined : `${capture.percent} %`],
      [l10n.t("Destination"), capture?.destination],
    ]),
    icon: "record",
    contextValue: "value",
  });
  if (async) {
    const at = async.maxConcurrentPerInstance;
    parts.push({
      label: l10n.t("Asynchronous"),
      description: [async.output, at && l10n.t("at most {0} at once and instance", at)].filter(Boolean).join(" · "),
      tooltip: tooltipRows([[l10n.t("Answers go to"), async.output]]),
      icon: "clock",
      contextValue: "value",
    });
  }
  return parts;
}

/** A tag of a resource. */
export function presentTag(key: string, value: string): Presentation {
  return {
    label: key,
    description: value,
    tooltip: tooltipRows([
      [l10n.t("Tag"), key],
      [l10n.t("Value"), value],
    ]),
    icon: "tag",
    contextValue: "value",
  };
}
