import { type ChildProcess, fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startRamp } from "../../src/loadtest/engine.ts";
import { WINE_ROW } from "../wire/endpoints.ts";
import type { Row } from "./loadtest.ts";

const RATE = 500;
const WARM_SECONDS = 4;
const SECONDS = 8;
const STARTS = 5;
/** Above what is aimed at, so that the figure is not what was asked for. */
const OFFERED = 4000;
const execArgv = ["--import", "tsx"];
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
/** Rows until the body has about a kilobyte. */
const KILOBYTE = `${WINE_ROW}\n`.repeat(Math.round(1024 / (WINE_ROW.length + 1)));

interface Target {
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
}

async function answer<T>(child: ChildProcess): Promise<T> {
  const [message] = await once(child, "message");
  return message as T;
}

async function load(target: Target, body: string, seconds: number, rate = RATE): Promise<number> {
  const { endpoint, accessKeyId, secretAccessKey } = target;
  const { totals } = await startRamp({
    engine: { path: file("../../src/loadtest/engineProcess.ts"), execArgv },
    plan: { stages: [{ type: "hold", rate, seconds }], maxConnections: 64, timeoutSeconds: 10 },
    request: { url: `${endpoint}/endpoints/wine/invocations`, method: "POST", headers: { "content-type": "text/csv" } },
    payloads: [Buffer.from(body)],
    signing: { region: "us-east-1", service: "sagemaker", credentials: { accessKeyId, secretAccessKey } },
  }).done;
  if (rate === RATE && totals.ok < totals.planned * 0.99)
    throw new Error(`only ${totals.ok} of ${totals.planned} were answered with 2xx`);
  return totals.ok;
}

/** CPU seconds of the server per request, once it is warm. */
async function cpuPerRequest(kind: "sandbox" | "bare", body: string): Promise<number> {
  const child = fork(file("sandboxTarget.ts"), [kind], { execArgv });
  try {
    const target = await answer<Target>(child);
    await load(target, body, WARM_SECONDS);
    child.send("begin");
    await answer(child);
    const requests = await load(target, body, SECONDS);
    child.send("end");
    return (await answer<{ cpuSeconds: number }>(child)).cpuSeconds / requests;
  } finally {
    child.disconnect();
  }
}

/** Requests a second that a sandbox held to one core answers, of those that `OFFERED` sends; 0 where nothing can pin. */
async function rateOnOneCore(): Promise<number> {
  const child = fork(file("sandboxTarget.ts"), ["sandbox"], { execArgv });
  try {
    const target = await answer<Target>(child);
    if (spawnSync("taskset", ["-a", "-c", "-p", "0", String(child.pid)]).status !== 0) return 0;
    await load(target, WINE_ROW, WARM_SECONDS);
    // What was answered after the last second counts with the time that it took.
    const begin = performance.now();
    const answered = await load(target, WINE_ROW, SECONDS, OFFERED);
    return answered / ((performance.now() - begin) / 1000);
  } finally {
    child.disconnect();
  }
}

/** From the start of the process to its first line, which says that it serves; the bundle when it is built. */
async function startMs(cli: string[]): Promise<number> {
  const begin = performance.now();
  const child = spawn(process.execPath, [...cli, "sandbox", "--port", "0", "--json", "--until-stdin-closes"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  await once(child.stdout, "data");
  const took = performance.now() - begin;
  child.stdin.end();
  await once(child, "exit");
  return took;
}

const micros = (seconds: number) => `${(seconds * 1e6).toFixed(0)} µs`;

/** What the sandbox costs: CPU per invocation beside a bare server, and its start. About a minute. */
export async function run(): Promise<Row[]> {
  const bare = await cpuPerRequest("bare", WINE_ROW);
  const one = await cpuPerRequest("sandbox", WINE_ROW);
  const bareLarge = await cpuPerRequest("bare", KILOBYTE);
  const large = await cpuPerRequest("sandbox", KILOBYTE);
  const held = await rateOnOneCore();
  const bundle = file("../../dist/cli.js");
  const { existsSync } = await import("node:fs");
  const built = existsSync(bundle);
  const starts: number[] = [];
  for (let i = 0; i < STARTS; i++)
    starts.push(await startMs(built ? [bundle] : [...execArgv, file("../../src/cli.ts")]));
  starts.sort((a, b) => a - b);
  return [
    {
      figure: "sandbox: CPU per InvokeEndpoint of one row (1 KB with headers), against bare node:http",
      value: `${(one / bare).toFixed(2)} ×`,
      aim: "≤ 4 ×",
      note: `${micros(one)} against ${micros(bare)}: signature, routing, model, metrics`,
    },
    {
      figure: "sandbox: CPU per InvokeEndpoint of a body of 1 KB, against bare node:http",
      value: `${(large / bareLarge).toFixed(2)} ×`,
      aim: "≤ 4 ×",
      note: `${micros(large)} against ${micros(bareLarge)}: ${KILOBYTE.split("\n").length - 1} rows run through the model`,
    },
    {
      figure: "sandbox: InvokeEndpoint on one core",
      value: held === 0 ? "not measured" : `${held.toFixed(0)} /s`,
      aim: "≥ 2,500 /s",
      note: held === 0 ? "taskset is missing" : `answered of ${OFFERED}/s sent; the client on what cores there are`,
    },
    {
      figure: "sandbox: start to ready",
      value: `${(starts[Math.floor(STARTS / 2)] ?? 0).toFixed(0)} ms`,
      aim: "≤ 300 ms",
      note: `median of ${STARTS}, ${built ? "the bundle" : "from the sources by tsx; npm run build makes the bundle"}`,
    },
  ];
}
