import { z } from "zod";
import { plannedRequests } from "./loadPlanRates.ts";

/** Requests per second. The bound keeps a typing mistake from becoming a flood; one machine cannot send more anyway. */
const ratePerSecond = z.number().min(0).max(50_000).describe("Requests per second, at most 50,000.");
const stageSeconds = z.number().positive().max(86_400).describe("Length of the stage in seconds.");

/** One stage of a plan. */
export const stage = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("linear").describe("The rate changes evenly."),
    from: ratePerSecond,
    to: ratePerSecond,
    seconds: stageSeconds,
  }),
  z.strictObject({
    type: z.literal("hold").describe("The rate stays."),
    rate: ratePerSecond,
    seconds: stageSeconds,
  }),
  z.strictObject({
    type: z.literal("steps").describe("The rate changes in equal steps."),
    from: ratePerSecond,
    to: ratePerSecond,
    steps: z.int().min(2).max(100).describe("Number of rates, the first and the last included."),
    seconds: stageSeconds,
  }),
]);

/** What is loaded. */
const target = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("endpoint").describe("A SageMaker endpoint, by signed InvokeEndpoint requests."),
    name: z.string().min(1).optional().describe("Name of the endpoint; left out, that of the project's stack."),
    variant: z.string().min(1).optional().describe("Production variant; left out, SageMaker chooses by weight."),
    inferenceComponent: z
      .string()
      .min(1)
      .optional()
      .describe("Inference component, for endpoints that host models as such; excludes a variant."),
  }),
  z.strictObject({
    type: z.literal("api").describe("The prediction API of the project's stack."),
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe("Only the stack's own URL; left out, it is taken from there."),
  }),
]);

/** Where the bodies come from. */
export const payloads = z.union([
  z.strictObject({
    csv: z.string().min(1).describe("CSV file, relative to this plan: each line is a request's body."),
    header: z.boolean().optional().describe("The first line names the columns and is not sent."),
    dropColumns: z.array(z.string()).optional().describe("Columns that are not sent, by name, such as the class."),
  }),
  z.strictObject({
    jsonLines: z.string().min(1).describe("File with one JSON document a line, relative to this plan: each is a body."),
  }),
  z.strictObject({
    folder: z.string().min(1).describe("Folder, relative to this plan: each file in it, by name, is a request's body."),
    pattern: z
      .string()
      .min(1)
      .optional()
      .describe("Only files whose names fit: * stands for any characters, ? for one; for example *.jpg."),
  }),
  z.strictObject({ inline: z.array(z.string()).min(1).describe("The bodies themselves.") }),
]);

const onlyStage = z
  .int()
  .min(0)
  .optional()
  .describe("Only in this stage, counted from 0; left out, over the whole run.");
const latencyLimit = z.strictObject({
  max: z.number().positive().describe("Milliseconds from the intended start of a request to the end of its answer."),
  stage: onlyStage,
});
const ratio = z.number().min(0).max(1).describe("From 0 to 1.");

/** What must hold. */
export const expect = z.strictObject({
  achievedRatio: z
    .strictObject({ min: ratio, stage: onlyStage })
    .optional()
    .describe("Requests sent in time against those asked for."),
  errorRate: z
    .strictObject({ max: ratio, stage: onlyStage })
    .optional()
    .describe("Failed requests against all requests."),
  p50Ms: latencyLimit.optional().describe("Limit of the median latency."),
  p90Ms: latencyLimit.optional().describe("Limit of the 90th percentile of the latency."),
  p95Ms: latencyLimit.optional().describe("Limit of the 95th percentile of the latency."),
  p99Ms: latencyLimit.optional().describe("Limit of the 99th percentile of the latency."),
  p999Ms: latencyLimit.optional().describe("Limit of the 99.9th percentile of the latency."),
  maxMs: latencyLimit.optional().describe("Limit of the longest latency."),
  instances: z
    .strictObject({ min: z.int().min(1) })
    .optional()
    .describe("Instances that must be in service at some time of the run: the proof of the scale-out."),
  firstCapacitySeconds: z
    .strictObject({ max: z.number().positive().describe("Seconds.") })
    .optional()
    .describe("From the moment at which the policy's target was passed to the first new capacity in service."),
  scaleIn: z
    .strictObject({
      to: z.int().min(0).optional().describe("Instances; left out, as many as at the start of the run."),
      withinSeconds: z
        .number()
        .positive()
        .max(14_400)
        .describe("Seconds from the moment at which the rate leaves its peak."),
    })
    .optional()
    .describe("The capacity must go down again after the fall of the rate; the scaling is watched for that long."),
  costUsd: z
    .strictObject({ max: z.number().positive().describe("US dollars.") })
    .optional()
    .describe("What the instances of the endpoint may cost during the run, by the price table."),
});

const stageExpectations = [
  "achievedRatio",
  "errorRate",
  "p50Ms",
  "p90Ms",
  "p95Ms",
  "p99Ms",
  "p999Ms",
  "maxMs",
] as const;

/** A rule between a plan's members that it breaks, for those who say so in another language. */
export type PlanRule =
  | { rule: "noSuchStage"; stage: number; stages: number }
  | { rule: "dropsWithoutHeader" | "variantAndComponent" | "noRequest" | "lineBreak" };

/** The format of `*.ramp.json` files: the check, the types and the editors' JSON schema all come from here. */
export const loadPlan = z
  .strictObject({
    $schema: z.string().optional(),
    version: z.literal(1).describe("Version of this file's format."),
    name: z.string().min(1).max(100).describe("Name of the plan in lists and reports."),
    target: target.describe("What is loaded: an endpoint of the connected account or the project's own API."),
    payloads: payloads.describe("Where the bodies of the requests come from."),
    contentType: z.string().min(1).describe("Content type of the bodies, for example text/csv."),
    accept: z.string().min(1).optional().describe("Content type that is asked for in the answers."),
    stages: z.array(stage).min(1).max(50).describe("The rate over time: stages one after the other."),
    maxConnections: z
      .int()
      .min(1)
      .max(4096)
      .default(256)
      .describe("Most connections at once; about peak rate × p99 in seconds × 1.5 is enough."),
    timeoutSeconds: z
      .number()
      .min(0.05)
      .max(900)
      .default(70)
      .describe("After this many seconds without an answer a request counts as failed."),
    processes: z
      .int()
      .min(1)
      .max(64)
      .optional()
      .describe("Processes that send; left out, as many as the rate needs by a short measurement on this machine."),
    seed: z.int().min(0).optional().describe("Makes the order of the bodies repeatable."),
    watchSecondsAfter: z
      .number()
      .min(0)
      .max(7200)
      .optional()
      .describe("How many seconds the scaling is watched after the last request, for capacity that comes late."),
    expect: expect.default({}).describe("What must hold for the run to pass."),
  })
  .superRefine((plan, context) => {
    for (const name of stageExpectations) {
      const index = plan.expect[name]?.stage;
      if (index !== undefined && index >= plan.stages.length) {
        context.addIssue({
          code: "custom",
          path: ["expect", name, "stage"],
          params: { rule: "noSuchStage", stage: index, stages: plan.stages.length } satisfies PlanRule,
          message: `there is no stage ${index}: the plan has ${plan.stages.length}, counted from 0`,
        });
      }
    }
    if ("csv" in plan.payloads && plan.payloads.dropColumns?.length && plan.payloads.header !== true) {
      context.addIssue({
        code: "custom",
        path: ["payloads", "dropColumns"],
        params: { rule: "dropsWithoutHeader" } satisfies PlanRule,
        message: 'columns are dropped by their names, so the file needs a header: set "header": true',
      });
    }
    if (plan.target.type === "endpoint" && plan.target.variant && plan.target.inferenceComponent) {
      context.addIssue({
        code: "custom",
        path: ["target", "inferenceComponent"],
        params: { rule: "variantAndComponent" } satisfies PlanRule,
        message: "a request names a variant or an inference component, not both",
      });
    }
    if (plannedRequests(plan.stages) < 1) {
      context.addIssue({
        code: "custom",
        path: ["stages"],
        params: { rule: "noRequest" } satisfies PlanRule,
        message: "the stages add up to less than one request",
      });
    }
    for (const key of ["contentType", "accept"] as const) {
      if (/[\r\n]/.test(plan[key] ?? "")) {
        context.addIssue({
          code: "custom",
          path: [key],
          params: { rule: "lineBreak" } satisfies PlanRule,
          message: "a header value has no line breaks",
        });
      }
    }
  });
