import type { EndpointConfig, Model } from "../domain/endpoint.ts";
import { formatNumber, formatTime, lastPart, plural } from "../ui/format.ts";
import { type Presentation, tooltipRows } from "./present.ts";

export function presentModel(model: Model, nowMs: number): Presentation {
  const image = model.image ? lastPart(model.image).replace(":", " ") : "no image";
  return {
    label: model.name,
    description: [image, model.artifact && lastPart(model.artifact)].filter(Boolean).join(" · "),
    tooltip: tooltipRows([
      ["Model", model.name],
      ["Image", model.image],
      ["Artifact", model.artifact],
      ["Role", model.roleArn],
      ["Created", formatTime(model.createdAtMs, nowMs)],
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
    part(name, SECRET.test(name) ? "(not shown)" : value || "(empty)", "symbol-variable", "value"),
  );
  return [
    ...part("Image", image, "layers", "value"),
    ...part("Artifact", artifact, "file-zip", "value+artifact"),
    ...part("Role", roleArn, "key", "value"),
    ...variables,
  ];
}

export function presentConfig(config: EndpointConfig, nowMs: number): Presentation {
  const capture = `data capture ${config.dataCapture ? "on" : "off"}`;
  const variants = config.variants.map(({ name, initialInstances, instanceType, serverless }) =>
    serverless ? `${name}: serverless` : `${name}: ${initialInstances ?? ""} × ${instanceType ?? ""}`,
  );
  return {
    label: config.name,
    description: [plural(config.variants.length, "variant"), capture, config.async && "asynchronous"]
      .filter(Boolean)
      .join(" · "),
    tooltip: tooltipRows([
      ["Endpoint config", config.name],
      ["Variants", variants.join(", ")],
      ["Data capture", config.dataCapture ? "on" : "off"],
      ["Created", formatTime(config.createdAtMs, nowMs)],
      ["ARN", config.arn],
    ]),
    icon: "settings-gear",
    contextValue: "endpointConfig",
  };
}

/** What a configuration says: its variants, capturing, and what makes it asynchronous. */
export function configParts({ variants, dataCapture, capture, async }: EndpointConfig): Presentation[] {
  const parts = variants.map(({ name, initialInstances, instanceType, serverless, modelName }): Presentation => {
    const servers = serverless
      ? [
          "serverless",
          `${formatNumber(serverless.memoryMb)} MB`,
          `at most ${serverless.maxConcurrency} at once`,
          serverless.provisionedConcurrency && `${serverless.provisionedConcurrency} provisioned`,
        ]
      : [`${initialInstances ?? 1} × ${instanceType ?? "unknown instance type"}`];
    return {
      label: name,
      description: servers.filter(Boolean).join(" · "),
      tooltip: tooltipRows([
        ["Variant", name],
        ["Servers at first", servers.filter(Boolean).join(", ")],
        ["Model", modelName],
      ]),
      icon: "server",
      contextValue: "value",
    };
  });
  const captured = [
    dataCapture ? `${capture?.percent ?? 100} % of the requests` : "off",
    dataCapture && capture?.destination,
  ];
  parts.push({
    label: "Data capture",
    description: captured.filter(Boolean).join(" · "),
    tooltip: tooltipRows([
      ["Data capture", dataCapture ? "on" : "off"],
      ["Share", capture?.percent === undefined ? undefined : `${capture.percent} %`],
      ["Destination", capture?.destination],
    ]),
    icon: "record",
    contextValue: "value",
  });
  if (async) {
    const at = async.maxConcurrentPerInstance;
    parts.push({
      label: "Asynchronous",
      description: [async.output, at && `at most ${at} at once and instance`].filter(Boolean).join(" · "),
      tooltip: tooltipRows([["Answers go to", async.output]]),
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
      ["Tag", key],
      ["Value", value],
    ]),
    icon: "tag",
    contextValue: "value",
  };
}
