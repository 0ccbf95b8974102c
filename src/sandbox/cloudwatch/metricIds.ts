import type { Dimension } from "@aws-sdk/client-cloudwatch";
import type { MetricId } from "../engine/metricStore.ts";

/** A metric as the API names it. */
export function metricId(m: { Namespace?: string; MetricName?: string; Dimensions?: Dimension[] }): MetricId {
  return {
    namespace: m.Namespace ?? "",
    name: m.MetricName ?? "",
    dimensions: Object.fromEntries((m.Dimensions ?? []).map((d) => [d.Name ?? "", d.Value ?? ""])),
  };
}
