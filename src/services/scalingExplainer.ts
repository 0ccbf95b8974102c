import { describeActivities, describeScaling } from "../aws/autoscaling.ts";
import { readMetrics } from "../aws/cloudwatch.ts";
import { describeEndpoint } from "../aws/sagemaker.ts";
import { explainScaling, explainWithoutVariants, type ScalingExplanation } from "../domain/scalingExplanation.ts";
import type { Connections } from "./connections.ts";

/** How far back the load is looked at. */
const LOOK_BACK_MS = 30 * 60_000;

/** Answers "why did it, or did it not, scale?" from what AWS itself knows. */
export class ScalingExplainer {
  constructor(private readonly connections: Connections) {}

  /** One explanation per variant. @throws OpsError notFound */
  async explain(endpointName: string): Promise<ScalingExplanation[]> {
    const clients = this.connections.clients();
    const { timeScale } = this.connections.required();
    const endpoint = await describeEndpoint(clients, endpointName);
    // While it is created, or when that failed, there is no variant to scale.
    if (endpoint.variants.length === 0) return [explainWithoutVariants(endpointName, endpoint.status)];
    const names = endpoint.variants.map((v) => v.name);
    const targets = await describeScaling(clients, endpointName, names);
    // In a sandbox that passes a minute in two seconds, a minute of the policy is as short.
    const periodSeconds = timeScale > 0 ? Math.max(1, Math.round(60 / timeScale)) : 60;
    const nowMs = Date.now();
    const toMs = Math.floor(nowMs / (periodSeconds * 1000)) * periodSeconds * 1000;
    return Promise.all(
      endpoint.variants.map(async (variant) => {
        const [activities, series] = await Promise.all([
          describeActivities(clients, endpointName, variant.name, { includeNotScaled: true, most: 20 }),
          readMetrics(
            clients,
            [
              {
                id: "load",
                namespace: "AWS/SageMaker",
                name: "InvocationsPerInstance",
                dimensions: { EndpointName: endpointName, VariantName: variant.name },
                statistic: "Sum",
              },
            ],
            { fromMs: toMs - LOOK_BACK_MS, toMs, periodSeconds },
          ),
        ]);
        return explainScaling({
          endpointName,
          status: endpoint.status,
          variantName: variant.name,
          currentInstances: variant.currentInstances,
          desiredInstances: variant.desiredInstances,
          target: targets.find((t) => t.variantName === variant.name),
          activities,
          nowMs,
          periodMs: periodSeconds * 1000,
          load: (series[0]?.points ?? []).map((p) => ({ atMs: p.atMs, perMinute: (p.value * 60) / periodSeconds })),
        });
      }),
    );
  }
}
