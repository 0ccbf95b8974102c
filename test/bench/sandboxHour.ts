import { fork } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { fileURLToPath } from "node:url";
import { WINE_ROW } from "../wire/endpoints.ts";
import { type RawRequest, signed } from "../wire/raw.ts";
import type { Row } from "./loadtest.ts";

/** An hour at 1,000 requests/s: after each thousand the sandbox's clock is stepped by a second. */
const SECONDS = Number(process.env.BENCH_HOUR_SECONDS ?? 3_600);
const A_SECOND = 1_000;
const AT_ONCE = 20;
/** The first minute fills pools, caches and compiled code; growth counts from there. */
const WARM_SECONDS = 60;
/** A signature is good for fifteen minutes. */
const RESIGN_MS = 5 * 60_000;
const FIGURE = "sandbox: growth of the process in an hour at 1,000 requests/s";

interface Target {
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
  controlToken: string;
}

/**
 * RSS of the sandbox's process before and after 3.6 million invocations over HTTP: signature, model, metrics, alarms.
 * Takes about a quarter of an hour, so it only runs when it is asked for.
 */
export async function run(): Promise<Row[]> {
  if (!process.env.BENCH_HOUR)
    return [
      { figure: FIGURE, value: "not measured", aim: "< 100 MB", note: "BENCH_HOUR=1 npm run bench -- sandboxHour" },
    ];
  const file = fileURLToPath(new URL("sandboxTarget.ts", import.meta.url));
  const child = fork(file, ["stepped"], { execArgv: ["--import", "tsx", "--expose-gc"] });
  const ask = async <T>(what: string): Promise<T> => {
    child.send(what);
    return (await once(child, "message"))[0] as T;
  };
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  try {
    const target = (await once(child, "message"))[0] as Target;
    const begin = performance.now();
    let first = 0;
    let invocation = await sign(target);
    let signedAt = performance.now();
    for (let second = 1; second <= SECONDS; second++) {
      if (performance.now() - signedAt > RESIGN_MS) {
        invocation = await sign(target);
        signedAt = performance.now();
      }
      await invokeThousand(target, invocation, agent);
      await step(target, agent);
      if (second === WARM_SECONDS) first = (await ask<{ rssBytes: number }>("memory")).rssBytes;
    }
    const { rssBytes } = await ask<{ rssBytes: number }>("memory");
    const mb = (bytes: number) => (bytes / 1024 / 1024).toFixed(0);
    const minutes = ((performance.now() - begin) / 60_000).toFixed(1);
    return [
      {
        figure: FIGURE,
        value: `${mb(rssBytes - first)} MB`,
        aim: "< 100 MB",
        note: `${mb(first)} → ${mb(rssBytes)} MB of RSS after collection, ${(SECONDS * A_SECOND).toLocaleString("en")} requests in ${minutes} min`,
      },
    ];
  } finally {
    agent.destroy();
    child.disconnect();
  }
}

function sign({ endpoint, accessKeyId, secretAccessKey }: Target): Promise<RawRequest> {
  const raw = { target: "/endpoints/wine/invocations", headers: { "content-type": "text/csv" }, body: WINE_ROW };
  return signed(endpoint, raw, { accessKeyId, secretAccessKey, service: "sagemaker" });
}

async function invokeThousand(target: Target, invocation: RawRequest, agent: Agent): Promise<void> {
  const worker = async () => {
    for (let i = 0; i < A_SECOND / AT_ONCE; i++) await post(target, invocation, agent);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function step(target: Target, agent: Agent): Promise<void> {
  const headers = { authorization: `Bearer ${target.controlToken}`, "content-type": "application/json" };
  return post(target, { target: "/_sandbox/clock", headers, body: '{"stepSeconds":1}' }, agent);
}

/** @throws when the answer is not 200 */
function post(target: Target, raw: RawRequest, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const length = { "content-length": String(Buffer.byteLength(raw.body ?? "")) };
    const url = `${target.endpoint}${raw.target}`;
    const outgoing = request(url, { method: "POST", agent, headers: { ...raw.headers, ...length } }, (answer) => {
      answer.resume();
      answer.on("end", () =>
        answer.statusCode === 200 ? resolve() : reject(new Error(`${raw.target} answered ${answer.statusCode}`)),
      );
    });
    outgoing.on("error", reject);
    outgoing.end(raw.body);
  });
}
