import { stringify } from "yaml";
import { type LoadPlan, peakRate, plannedRequests } from "../../domain/loadPlan.ts";
import {
  checkWorkers,
  type ExportedPhase,
  type ExportedProject,
  type ExportInput,
  exportedPhases,
  payloadsJson,
} from "./exportedProject.ts";

/** Versions that the exported project pins; the first one is what it was tried with. */
export const artilleryDependencies = {
  artillery: "2.0.34",
  "@aws-sdk/credential-providers": "3.1169.0",
  "@smithy/signature-v4": "5.7.5",
} as const;

/**
 * A runnable Artillery project: local, or on Fargate or Lambda workers in the user's own account. `--count N` starts N
 * workers that each run the whole script, so the rates are divided by N here.
 */
export function artilleryProject(input: ExportInput): ExportedProject {
  checkWorkers(input.workers);
  const { plan, payloads, region, workers } = input;
  return {
    "artillery.yml": script(input),
    "processor.mjs": processor(input),
    "payloads.json": payloadsJson(payloads),
    "package.json": `${JSON.stringify(manifest(plan, region, workers), undefined, 2)}\n`,
    ".gitignore": "node_modules/\nreport.json\n",
    "README.md": readme(input),
  };
}

function script({ plan, request, workers }: ExportInput): string {
  const url = new URL(request.url);
  const document = {
    config: {
      target: url.origin,
      phases: exportedPhases(plan, workers).map(phase),
      http: {
        timeout: plan.timeoutSeconds,
        // Without a pool Artillery opens a connection for every request.
        pool: Math.max(1, Math.ceil(plan.maxConnections / workers)),
      },
      processor: "./processor.mjs",
      includeFiles: ["payloads.json"],
      plugins: { ensure: {} },
      ensure: ensure(plan),
    },
    scenarios: [
      {
        name: plan.name,
        flow: [
          { post: { url: `${url.pathname}${url.search}`, followRedirect: false, beforeRequest: "prepareRequest" } },
        ],
      },
    ],
  };
  return `# Load plan ${JSON.stringify(plan.name)}, exported for ${workers} worker${workers === 1 ? "" : "s"}: rates are per worker.\n${stringify(document)}`;
}

function phase({ seconds, from, to }: ExportedPhase): Record<string, number> {
  if (from === to && from === 0) return { pause: seconds };
  const arrivalRate = round(from);
  return from === to ? { duration: seconds, arrivalRate } : { duration: seconds, arrivalRate, rampTo: round(to) };
}

const round = (rate: number) => Math.round(rate * 1000) / 1000;

/** The plan's expectations that Artillery can judge, over all workers together. */
function ensure({ expect, stages }: LoadPlan): Record<string, unknown> {
  const thresholds: Record<string, number>[] = [];
  for (const [key, metric] of [
    ["p50Ms", "median"],
    ["p95Ms", "p95"],
    ["p99Ms", "p99"],
  ] as const) {
    // A limit for one stage is left out: Artillery measures the run as a whole.
    const limit = expect[key];
    if (limit && limit.stage === undefined) thresholds.push({ [`http.response_time.${metric}`]: limit.max });
  }
  const conditions: { expression: string }[] = [];
  // Artillery counts a user whose request got HTTP 403 as a success: only the status tells.
  const failures = expect.errorRate?.max ?? 0.01;
  conditions.push({ expression: `http.codes.200 >= ${round(1 - failures)} * http.requests` });
  if (expect.achievedRatio) {
    const least = Math.floor(plannedRequests(stages) * expect.achievedRatio.min);
    conditions.push({ expression: `http.requests >= ${least}` });
  }
  return thresholds.length > 0 ? { thresholds, conditions } : { conditions };
}

function processor({ request: { url, headers }, region, needsApiKey }: ExportInput): string {
  const prepare = region ? signedRequest : plainRequest;
  return `${region ? signerImports : ""}import { readFileSync } from "node:fs";

const { encoding, bodies } = JSON.parse(readFileSync(new URL("./payloads.json", import.meta.url), "utf8"));
const url = new URL(${JSON.stringify(url)});
const headers = ${JSON.stringify(headers, undefined, 2)};
${needsApiKey ? apiKeyHeader : ""}let row = -1;

function nextBody() {
  row = (row + 1) % bodies.length;
  const body = bodies[row];
  // Artillery fills in templates after this hook; bytes it leaves alone.
  return encoding === "base64" || body.includes("{{") ? Buffer.from(body, encoding) : body;
}
${region ? signer(region) : ""}
${prepare}`;
}

const apiKeyHeader = `if (!process.env.API_KEY) throw new Error("Set API_KEY to the key of the API.");
headers["x-api-key"] = process.env.API_KEY;
`;

/** Named by the table above: here they are a text, not imports of ours. */
const modules = Object.keys(artilleryDependencies);
const signerImports = `import { createHash, createHmac } from "node:crypto";
import { fromNodeProviderChain } from ${JSON.stringify(modules[1])};
import { SignatureV4 } from ${JSON.stringify(modules[2])};
`;

const signer = (region: string) => `
class Sha256 {
  constructor(secret) {
    this.hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret);
  }
  update(data) {
    this.hash.update(data);
  }
  async digest() {
    return new Uint8Array(this.hash.digest());
  }
}

const signer = new SignatureV4({
  service: "sagemaker",
  region: ${JSON.stringify(region)},
  credentials: fromNodeProviderChain(),
  sha256: Sha256,
});
`;

const signedRequest = `/** Sets the next body and signs the request: templates are filled in after this hook, so all is set here. */
export async function prepareRequest(request) {
  const body = nextBody();
  const signed = await signer.sign({
    method: "POST",
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { ...headers, host: url.host },
    body,
  });
  const { host, ...rest } = signed.headers;
  request.body = body;
  request.headers = { ...request.headers, ...rest };
}
`;

const plainRequest = `/** Sets the next body. */
export async function prepareRequest(request) {
  request.body = nextBody();
  request.headers = { ...request.headers, ...headers };
}
`;

function manifest(plan: LoadPlan, region: string | undefined, workers: number) {
  const at = region ?? "us-east-1";
  const dependencies = region ? artilleryDependencies : { artillery: artilleryDependencies.artillery };
  return {
    name: `${plan.name.toLowerCase().replace(/[^a-z0-9-]+/g, "-") || "load"}-artillery`,
    private: true,
    type: "module",
    scripts: {
      start: "artillery run --output report.json artillery.yml",
      fargate: `artillery run-fargate --region ${at} --count ${workers} --packages package.json --output report.json artillery.yml`,
      lambda: `artillery run-lambda --region ${at} --count ${workers} --output report.json artillery.yml`,
    },
    dependencies,
  };
}

function readme({ plan, request, region, workers, needsApiKey }: ExportInput): string {
  const { host } = new URL(request.url);
  const total = plannedRequests(plan.stages).toLocaleString("en-US");
  const fence = "```";
  const permission = region
    ? `\nThe workers need \`sagemaker:InvokeEndpoint\` on this endpoint: give it to the role that Artillery creates
(\`artilleryio-ecs-worker-role\`), or name a role of your own with \`--task-role-name\` (Fargate) or \`--lambda-role-arn\`
(Lambda). Credentials come from the default provider chain; none are in this folder.\n`
    : needsApiKey
      ? "\nThe API needs its key in the environment variable API_KEY, also on the workers (`--dotenv` or `--secret`).\n"
      : "";
  return `# ${plan.name}

Sends ${total} requests to ${host}, at most ${peakRate(plan.stages).toLocaleString("en-US")} a second over ${workers} worker${workers === 1 ? "" : "s"} together.
It needs Node 22 or newer.

${fence}sh
npm install
npm start              # on this machine: the share of one worker
npm run fargate        # ${workers} worker${workers === 1 ? "" : "s"} on AWS Fargate, in your account and at its cost
npm run lambda         # ${workers} worker${workers === 1 ? "" : "s"} on AWS Lambda, in your account and at its cost
${fence}
${permission}
Each worker sends the rates of \`artillery.yml\`, which are the plan's divided by ${workers}: keep \`--count ${workers}\`, or export
again. One worker on one core sends some hundred signed requests a second.

\`report.json\` can be read back with *Import Results…* or \`import report.json\`.
`;
}
