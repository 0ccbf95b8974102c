import { z } from "zod";
import { positionOfPath, syntaxErrorPosition, type TextPosition } from "./jsonText.ts";

/** Requests per second. The bound keeps a typing mistake from becoming a flood; one machine cannot send more anyway. */
const ratePerSecond = z.number().min(0).max(50_000).describe("Requests per second, at most 50,000.");
const stageSeconds = z.number().positive().max(86_400).describe("Length of the stage in seconds.");

const stage = z.discriminatedUnion("type", [
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

const target = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("endpoint").describe("A SageMaker endpoint, by signed InvokeEndpoint requests."),
    name: z.string().min(1).optional().describe("Name of the endpoint; left out, that of the project's stack."),
    variant: z.string().optional().describe("Production variant; left out, SageMaker chooses by weight."),
  }),
  z.strictObject({
    type: z.literal("api").describe("The prediction API of the project's stack."),
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe("Only the stack's own URL; left out, it is taken from there."),
  }),
]);

const payloads = z.union([
  z.strictObject({
    csv: z.string().min(1).describe("CSV file, relative to this plan: each line is a request's body."),
    header: z.boolean().optional().describe("The first line names the columns and is not sent."),
    dropColumns: z.array(z.string()).optional().describe("Columns that are not sent, by name, such as the class."),
  }),
  z.strictObject({
    jsonLines: z.string().min(1).describe("File with one JSON document a line, relative to this plan: each is a body."),
  }),
  z.strictObject({ inline: z.array(z.string()).min(1).describe("The bodies themselves.") }),
]);

const latencyLimit = z.strictObject({
  max: z.number().positive().describe("Milliseconds from the intended start of a request to the end of its answer."),
  stage: z.int().min(0).optional().describe("Only in this stage, counted from 0; left out, over the whole run."),
});
const ratio = z.number().min(0).max(1).describe("From 0 to 1.");

const expect = z.strictObject({
  achievedRatio: z.strictObject({ min: ratio }).optional().describe("Requests sent in time against those asked for."),
  errorRate: z.strictObject({ max: ratio }).optional().describe("Failed requests against all requests."),
  p50Ms: latencyLimit.optional().describe("Limit of the median latency."),
  p95Ms: latencyLimit.optional().describe("Limit of the 95th percentile of the latency."),
  p99Ms: latencyLimit.optional().describe("Limit of the 99th percentile of the latency."),
  instances: z
    .strictObject({ min: z.int().min(1) })
    .optional()
    .describe("Instances that must be in service at some time of the run: the proof of the scale-out."),
});

const loadPlan = z
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
    for (const name of ["p50Ms", "p95Ms", "p99Ms"] as const) {
      const index = plan.expect[name]?.stage;
      if (index !== undefined && index >= plan.stages.length) {
        context.addIssue({
          code: "custom",
          path: ["expect", name, "stage"],
          message: `there is no stage ${index}: the plan has ${plan.stages.length}, counted from 0`,
        });
      }
    }
    if ("csv" in plan.payloads && plan.payloads.dropColumns?.length && plan.payloads.header !== true) {
      context.addIssue({
        code: "custom",
        path: ["payloads", "dropColumns"],
        message: 'columns are dropped by their names, so the file needs a header: set "header": true',
      });
    }
    if (plannedRequests(plan.stages) < 1) {
      context.addIssue({ code: "custom", path: ["stages"], message: "the stages add up to less than one request" });
    }
    for (const key of ["contentType", "accept"] as const) {
      if (/[\r\n]/.test(plan[key] ?? "")) {
        context.addIssue({ code: "custom", path: [key], message: "a header value has no line breaks" });
      }
    }
  });

/** One stage of a plan; rates in requests per second. */
export type LoadStage = z.infer<typeof stage>;
/** Where the request bodies come from; paths are relative to the plan's folder. */
export type LoadPayloads = z.infer<typeof payloads>;
/** What must hold for the run to pass; latencies in ms from the intended start. */
export type LoadExpectations = z.infer<typeof expect>;
/** A `*.ramp.json` file with its defaults filled in. */
export type LoadPlan = z.infer<typeof loadPlan>;

/** One thing that is wrong in a plan: where in the file, what, and the way out. */
export type LoadPlanProblem = { path: string; message: string; hint: string };
/** A parsed plan, or everything that is wrong with it. */
export type ParsedLoadPlan =
  | { ok: true; plan: LoadPlan }
  | { ok: false; message: string; problems: LoadPlanProblem[]; firstAt: TextPosition };

/**
 * Reads the text of a `*.ramp.json` file. Never throws: `message` names the file and each problem on its own line,
 * `problems` carry the path inside the file (`stages[1].rate`) and what to do.
 */
export function parseLoadPlan(text: string, fileName: string): ParsedLoadPlan {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    const at = syntaxErrorPosition(text, error);
    return refused(fileName, [syntaxProblem(at, error)], at);
  }
  const parsed = loadPlan.safeParse(json);
  if (parsed.success) return { ok: true, plan: parsed.data };
  const issues = parsed.error.issues.flatMap(flattenUnion);
  const [first] = issues;
  const keys = first?.code === "unrecognized_keys" ? first.keys.slice(0, 1) : [];
  return refused(fileName, issues.map(problemOf), positionOfPath(text, [...(first?.path ?? []), ...keys]));
}

/** The JSON schema of `*.ramp.json`, for editors: made from the same source as the check. */
export function loadPlanJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(loadPlan, { io: "input" });
}

function refused(fileName: string, problems: LoadPlanProblem[], firstAt: TextPosition): ParsedLoadPlan {
  const lines = problems.map(({ path, message, hint }) => `  ${path}: ${message}. ${hint}`);
  return { ok: false, message: `Load plan ${fileName} cannot be used:\n${lines.join("\n")}`, problems, firstAt };
}

function syntaxProblem({ line, column }: TextPosition, error: unknown): LoadPlanProblem {
  const reason = error instanceof Error ? error.message : String(error);
  return {
    path: `line ${line}, column ${column}`,
    message: `not valid JSON (${reason})`,
    hint: "Correct the JSON; comments and trailing commas are not allowed.",
  };
}

type Issue = z.core.$ZodIssue;

/** A union says only "no branch fits"; when one branch complains least, it is the one that was meant. */
function flattenUnion(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [issue];
  const weight = (branch: Issue[]) => branch.reduce((sum, { code }) => sum + (code === "unrecognized_keys" ? 2 : 1), 0);
  const [best, second] = [...issue.errors].sort((a, b) => weight(a) - weight(b));
  if (!best || (second && weight(second) === weight(best))) return [{ ...issue, message: "fits none of the forms" }];
  return best.flatMap((inner) => flattenUnion({ ...inner, path: [...issue.path, ...inner.path] }));
}

const hints: Record<string, string> = {
  version: "This version of the extension reads version 1.",
  target:
    'Use {"type": "endpoint", "name": "…"} or {"type": "api", "url": "https://…"}; leave name or url out to use the project\'s stack.',
  payloads: 'Use one of {"csv": "path", "header": true}, {"jsonLines": "path"} or {"inline": ["…"]}.',
  stages:
    'Use {"type": "linear", "from", "to", "seconds"}, {"type": "hold", "rate", "seconds"} or {"type": "steps", "from", "to", "steps", "seconds"}; rates are requests per second, at most 50,000.',
  maxConnections: "Give a whole number from 1 to 4096; about peak rate × p99 in seconds × 1.5 is enough.",
  timeoutSeconds: "Give seconds from 0.05 to 900; 70 suits SageMaker, whose containers must answer within 60.",
  expect:
    'For example {"achievedRatio": {"min": 0.99}, "errorRate": {"max": 0.01}, "p99Ms": {"max": 250, "stage": 1}, "instances": {"min": 2}}.',
};

function problemOf(issue: Issue): LoadPlanProblem {
  const path = issue.path.reduce<string>(
    (text, part) => (typeof part === "number" ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part)),
    "",
  );
  const top = String(issue.path[0] ?? "");
  const unknownKeys = issue.code === "unrecognized_keys" ? issue.keys : undefined;
  return {
    path: path || "(whole file)",
    message: unknownKeys ? `unknown ${unknownKeys.map((key) => `"${key}"`).join(", ")}` : lowerFirst(issue.message),
    hint:
      hints[top] ??
      (unknownKeys ? "Remove it or correct its spelling." : `Give ${path || "the file"} a fitting value.`),
  };
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

/** A piece of constant or linearly changing rate; the form every stage comes down to. Rates per second. */
export type RatePiece = { stage: number; from: number; to: number; seconds: number };

/** The stages as pieces in order; `stage` is the index into the plan's stages. */
export function ratePieces(stages: readonly LoadStage[]): RatePiece[] {
  return stages.flatMap((item, index): RatePiece[] => {
    if (item.type === "linear") return [{ stage: index, from: item.from, to: item.to, seconds: item.seconds }];
    if (item.type === "hold") return [{ stage: index, from: item.rate, to: item.rate, seconds: item.seconds }];
    return Array.from({ length: item.steps }, (_, step) => {
      const rate = item.from + ((item.to - item.from) * step) / (item.steps - 1);
      return { stage: index, from: rate, to: rate, seconds: item.seconds / item.steps };
    });
  });
}

/** Requests that the stages ask for, as a whole number. */
export function plannedRequests(stages: readonly LoadStage[]): number {
  // The small term keeps 0.1 × 30 from losing its last request to rounding.
  return Math.floor(
    ratePieces(stages).reduce((sum, { from, to, seconds }) => sum + ((from + to) / 2) * seconds, 0) + 1e-6,
  );
}

/** Length of all stages in seconds, without `watchSecondsAfter`. */
export function planSeconds(stages: readonly LoadStage[]): number {
  return stages.reduce((sum, { seconds }) => sum + seconds, 0);
}

/** Highest rate of the stages, requests per second. */
export function peakRate(stages: readonly LoadStage[]): number {
  return ratePieces(stages).reduce((max, { from, to }) => Math.max(max, from, to), 0);
}

/** Rate in requests per second at `seconds` after the start; 0 outside the plan. */
export function rateAt(stages: readonly LoadStage[], seconds: number): number {
  let begin = 0;
  for (const piece of ratePieces(stages)) {
    const within = seconds - begin;
    if (within >= 0 && within < piece.seconds) return piece.from + ((piece.to - piece.from) * within) / piece.seconds;
    begin += piece.seconds;
  }
  return 0;
}

/**
 * Instances that target tracking on SageMakerVariantInvocationsPerInstance settles at: rate × 60 / target, rounded up
 * (AWS developer guide, endpoint-scaling-loadtest). Rate per second, target per instance and minute.
 */
export function predictedInstances(rate: number, targetPerMinute: number): number {
  if (!(targetPerMinute > 0)) return 1;
  return Math.max(1, Math.ceil((rate * 60) / targetPerMinute));
}

/** What to tell before a run: a policy under which this plan cannot show a scale-out, or not all of it. */
export function capacityWarnings(plan: LoadPlan, policy: { targetPerMinute: number; maxInstances: number }): string[] {
  const peak = peakRate(plan.stages);
  const predicted = predictedInstances(peak, policy.targetPerMinute);
  const need = `${peak} requests/s at a target of ${policy.targetPerMinute} invocations per instance and minute need ${predicted}`;
  if (predicted > policy.maxInstances) {
    return [`${need} instances, but the policy stops at ${policy.maxInstances}. Raise its maximum or expect errors.`];
  }
  if (predicted < 2)
    return [`${need} instance, so this plan cannot show a scale-out. Raise the rate or lower the target.`];
  return [];
}
