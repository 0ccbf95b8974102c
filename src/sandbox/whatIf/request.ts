import { z } from "zod";

const instances = z.int().min(0).max(1000);
const cooldown = z.number().min(0).max(86_400);

const scenario = z.strictObject({
  name: z.string().min(1).max(200),
  instanceType: z.string().regex(/^ml\.[a-z0-9-]+\.[a-z0-9]+$/, "an instance type looks like ml.m5.large"),
  minInstances: instances.min(1),
  maxInstances: instances.min(1),
  initialInstances: instances.min(1).optional(),
  targetPerMinute: z.number().positive(),
  scaleOutCooldownSeconds: cooldown.optional(),
  scaleInCooldownSeconds: cooldown.optional(),
  /** What one instance holds, where that was measured; else the simulation's own figure for the type. */
  maxRpsPerInstance: z.number().positive().max(1_000_000).optional(),
});

const MOST_REQUESTS = 50_000_000;

/** `POST /_sandbox/what-if`: requests in each second, and the scenarios that they meet. */
const whatIfRequest = z
  .strictObject({
    ratesPerSecond: z.array(z.int().min(0).max(1_000_000)).min(1).max(86_400),
    /** 1 for a load whose seconds are AWS's; that of the sandbox for a load that was recorded there. */
    timeScale: z.number().min(1).max(60).default(1),
    seed: z.int().min(0).default(1),
    scenarios: z.array(scenario).min(1).max(16),
  })
  .superRefine(({ ratesPerSecond, scenarios }, context) => {
    const requests = ratesPerSecond.reduce((sum, rate) => sum + rate, 0) * scenarios.length;
    if (requests > MOST_REQUESTS)
      context.addIssue({
        code: "custom",
        path: ["ratesPerSecond"],
        message: `${requests} requests in all scenarios are more than ${MOST_REQUESTS}`,
      });
    for (const [index, { minInstances, maxInstances }] of scenarios.entries())
      if (minInstances > maxInstances)
        context.addIssue({
          code: "custom",
          path: ["scenarios", index, "maxInstances"],
          message: "the maximum is below the minimum",
        });
  });

/** A load and the scenarios that it meets. */
export type WhatIfRequest = z.infer<typeof whatIfRequest>;
/** One way to scale. */
export type WhatIfScenario = WhatIfRequest["scenarios"][number];

/** The request, or everything that is wrong with it in one text. */
export function parseWhatIf(body: unknown): { request: WhatIfRequest } | { error: string } {
  const parsed = whatIfRequest.safeParse(body);
  if (parsed.success) return { request: parsed.data };
  return {
    error: parsed.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`).join("; "),
  };
}
