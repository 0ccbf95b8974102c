import { type LoadPlan, peakRate, plannedRequests } from "../../domain/loadPlan.ts";
import {
  checkWorkers,
  type ExportedProject,
  type ExportInput,
  exportedPhases,
  payloadsJson,
} from "./exportedProject.ts";

/**
 * A k6 script with an open model (`ramping-arrival-rate`) and the plan's expectations as thresholds. It signs with
 * k6's own crypto module: the library that k6's documentation names would be imported over the network at each start.
 * k6 divides a script among machines by itself (execution segments), so the rates stay whole.
 */
export function k6Project(input: ExportInput): ExportedProject {
  checkWorkers(input.workers);
  return {
    "script.js": script(input),
    "payloads.json": payloadsJson(input.payloads),
    ".gitignore": "summary*.json\n",
    "README.md": readme(input),
  };
}

function script({ plan, request, region, payloads, needsApiKey }: ExportInput): string {
  const { encoding } = JSON.parse(payloadsJson(payloads)) as { encoding: string };
  const url = new URL(request.url);
  const options = {
    discardResponseBodies: true,
    scenarios: { plan: scenario(plan) },
    thresholds: thresholds(plan),
  };
  return `// Load plan ${JSON.stringify(plan.name)} for k6.
import http from "k6/http";
${region ? 'import crypto from "k6/crypto";\n' : ""}${encoding === "base64" ? 'import encoding from "k6/encoding";\n' : ""}import exec from "k6/execution";
import { SharedArray } from "k6/data";

export const options = ${JSON.stringify(options, undefined, 2)};

const url = ${JSON.stringify(request.url)};
const headers = ${JSON.stringify(request.headers, undefined, 2)};
${needsApiKey ? 'headers["x-api-key"] = __ENV.API_KEY;\n' : ""}const timeout = ${JSON.stringify(`${plan.timeoutSeconds}s`)};
const bodies = new SharedArray("bodies", () => JSON.parse(open("./payloads.json")).bodies);

export default function () {
  const text = bodies[exec.scenario.iterationInTest % bodies.length];
  const body = ${encoding === "base64" ? 'encoding.b64decode(text, "std")' : "text"};
  http.post(url, body, { headers: ${region ? "sign(body)" : "headers"}, timeout, redirects: 0 });
}
${region ? signer(url, region) : ""}`;
}

/** Rates in whole requests, as k6 wants them: per minute where per second would not do. */
function scenario(plan: LoadPlan) {
  const phases = exportedPhases(plan, 1);
  const whole = phases.every(({ from, to }) => Number.isInteger(from) && Number.isInteger(to));
  const rate = (perSecond: number) => Math.round(whole ? perSecond : perSecond * 60);
  const stages: { duration: string; target: number }[] = [];
  let current = rate(phases[0]?.from ?? 0);
  const startRate = current;
  for (const { seconds, from, to } of phases) {
    // A stage of no length is k6's way to jump.
    if (rate(from) !== current) stages.push({ duration: "0s", target: rate(from) });
    stages.push({ duration: `${seconds}s`, target: rate(to) });
    current = rate(to);
  }
  return {
    executor: "ramping-arrival-rate",
    startRate,
    timeUnit: whole ? "1s" : "1m",
    preAllocatedVUs: Math.max(1, Math.min(plan.maxConnections, Math.ceil(peakRate(plan.stages) / 4))),
    maxVUs: plan.maxConnections,
    gracefulStop: `${Math.ceil(plan.timeoutSeconds)}s`,
    stages,
  };
}

function thresholds({ expect, stages }: LoadPlan): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  if (expect.errorRate) found.http_req_failed = [`rate<=${expect.errorRate.max}`];
  if (expect.achievedRatio) {
    found.http_reqs = [`count>=${Math.floor(plannedRequests(stages) * expect.achievedRatio.min)}`];
  }
  // A limit for one stage is left out: k6 measures the run as a whole.
  const latency = (["p50Ms", "p95Ms", "p99Ms"] as const).flatMap((key) => {
    const limit = expect[key];
    return limit && limit.stage === undefined ? [`p(${key.slice(1, 3)})<=${limit.max}`] : [];
  });
  if (latency.length > 0) found.http_req_duration = latency;
  return found;
}

/** Signature Version 4 with the key of the day kept; credentials from the environment only. */
const signer = (url: URL, region: string) => `
const region = ${JSON.stringify(region)};
const host = ${JSON.stringify(url.host)};
// The canonical path is encoded once more than the path itself, for every service but S3.
const path = ${JSON.stringify(canonicalPath(url.pathname))};
let keyDay;
let key;

function signingKey(day) {
  if (keyDay !== day) {
    const mac = (secret, text) => crypto.hmac("sha256", secret, text, "binary");
    const dated = mac("AWS4" + __ENV.AWS_SECRET_ACCESS_KEY, day);
    key = mac(mac(mac(dated, region), "sagemaker"), "aws4_request");
    keyDay = day;
  }
  return key;
}

function sign(body) {
  if (!__ENV.AWS_ACCESS_KEY_ID || !__ENV.AWS_SECRET_ACCESS_KEY) {
    exec.test.abort("Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN): aws configure export-credentials --format env");
  }
  const date = new Date().toISOString().replace(/[-:]|\\.\\d{3}/g, "");
  const day = date.slice(0, 8);
  const signed = Object.assign({ host, "x-amz-date": date }, headers);
  if (__ENV.AWS_SESSION_TOKEN) signed["x-amz-security-token"] = __ENV.AWS_SESSION_TOKEN;
  const names = Object.keys(signed).sort();
  const lines = names.map((name) => name + ":" + signed[name].trim() + "\\n").join("");
  const canonical = ["POST", path, "", lines, names.join(";"), crypto.sha256(body, "hex")].join("\\n");
  const scope = [day, region, "sagemaker", "aws4_request"].join("/");
  const text = ["AWS4-HMAC-SHA256", date, scope, crypto.sha256(canonical, "hex")].join("\\n");
  const signature = crypto.hmac("sha256", signingKey(day), text, "hex");
  signed.authorization =
    "AWS4-HMAC-SHA256 Credential=" + __ENV.AWS_ACCESS_KEY_ID + "/" + scope +
    ", SignedHeaders=" + names.join(";") + ", Signature=" + signature;
  delete signed.host;
  return signed;
}
`;

const canonicalPath = (path: string) => path.split("/").map(encodeURIComponent).join("/");

function readme({ plan, request, region, workers, needsApiKey }: ExportInput): string {
  const fence = "```";
  const total = plannedRequests(plan.stages).toLocaleString("en-US");
  const peak = peakRate(plan.stages).toLocaleString("en-US");
  const several =
    workers > 1
      ? `\nOn ${workers} machines, give each its part of the whole, for example the first of ${workers}:

${fence}sh
k6 run --summary-export summary-1.json --execution-segment "0:1/${workers}" --execution-segment-sequence "${segments(workers)}" script.js
${fence}\n`
      : "";
  const key = needsApiKey ? "export API_KEY=…                                            # the key of the API\n" : "";
  const credentials = region
    ? `eval "$(aws configure export-credentials --format env)"   # the script signs with these\n`
    : key;
  return `# ${plan.name}

Sends ${total} requests to ${new URL(request.url).host}, at most ${peak} a second.

${fence}sh
${credentials}k6 run --summary-trend-stats "min,med,avg,p(90),p(95),p(99),max" --summary-export summary.json script.js
${fence}
${several}
\`summary.json\` can be read back with *Import Results…* or \`import summary.json\`. k6 says *dropped iterations* when
${plan.maxConnections} virtual users are too few for the rate: raise \`maxVUs\` then.
`;
}

function segments(workers: number): string {
  return Array.from({ length: workers + 1 }, (_, at) =>
    at === 0 ? "0" : at === workers ? "1" : `${at}/${workers}`,
  ).join(",");
}
