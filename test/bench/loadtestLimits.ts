import { readFileSync } from "node:fs";
import { startRamp } from "../../src/loadtest/engine.ts";
import { runWhatIf } from "../../src/sandbox/whatIf/whatIf.ts";
import {
  answerOf,
  cpuPerRequest,
  engine,
  engineRun,
  median,
  type Row,
  signing,
  startHelper,
  startTarget,
  times,
} from "./loadtestRig.ts";

const BODY_BYTES = 1024;
const MAX_SECONDS = 5;
/** More than one core sends: what is not sent in time does not count. */
const TOO_MUCH = 12_000;

/** Requests per CPU second when asked for as much as goes, signed, 1 KiB bodies. */
async function highestRates(url: string): Promise<{ engine: number; hooked: number }> {
  const own: number[] = [];
  const hooked: number[] = [];
  const payloads = Array.from({ length: 50 }, (_, row) => Buffer.alloc(BODY_BYTES, 48 + (row % 10)));
  for (let turn = 0; turn < 2; turn++) {
    own.push(
      1 / cpuPerRequest(await engineRun(url, TOO_MUCH, MAX_SECONDS, { signing, payloads, maxConnections: 100 })),
    );
    const args = [url, "0", String(MAX_SECONDS), "signed", String(BODY_BYTES)];
    const bare = await answerOf<{ cpuSeconds: number; requests: number }>(startHelper("loadtestBare.ts", args));
    hooked.push(bare.requests / bare.cpuSeconds);
  }
  return { engine: median(own), hooked: median(hooked) };
}

/** Busy share of this process's event loop, which stands where the extension host does; beginning and end left out. */
async function hostUtilisation(url: string): Promise<{ idle: number; running: number; startMs: number }> {
  // A window is never quite idle: a timer stands for what its other extensions do.
  const others = setInterval(() => JSON.parse(JSON.stringify(Array.from({ length: 400 }, (_, i) => i))), 20);
  try {
    let before = performance.eventLoopUtilization();
    await new Promise((resolve) => setTimeout(resolve, 6000));
    const idle = performance.eventLoopUtilization(before).utilization;
    const beforeRun = performance.eventLoopUtilization();
    let startMs = 0;
    let running = 0;
    const run = engineRun(url, 1000, 8, {
      signing,
      onPoint({ second }) {
        if (second === 0) startMs = performance.eventLoopUtilization(beforeRun).active;
        if (second === 0) before = performance.eventLoopUtilization();
        if (second === 6) running = performance.eventLoopUtilization(before).utilization;
      },
    });
    await run;
    return { idle, running, startMs };
  } finally {
    clearInterval(others);
  }
}

/** Resident memory of a process in MiB; Linux only. */
const residentMiB = (pid: number) =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN) / 1024;

/** Growth of the engine with 1 MiB bodies over 256 connections against small ones, beyond the bodies themselves. */
async function bodyMemory(url: string): Promise<number> {
  const peak = async (payload: Buffer) => {
    const before = new Set(children());
    let most = 0;
    const run = startRamp({
      engine,
      plan: { stages: [{ type: "hold", rate: 60, seconds: 5 }], maxConnections: 256, timeoutSeconds: 10, processes: 1 },
      request: { url, method: "POST", headers: {} },
      payloads: [payload, payload],
      signing,
      onPoint() {
        for (const pid of children()) if (!before.has(pid)) most = Math.max(most, residentMiB(pid));
      },
    });
    await run.done;
    return most;
  };
  const small = await peak(Buffer.alloc(10));
  return (await peak(Buffer.alloc(1024 * 1024))) - small - 2;
}

const children = () => readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(/\s+/).map(Number);

/** How far the engine goes, what it costs the host and in memory, and how fast what-if is. About 60 s. */
export async function run(): Promise<Row[]> {
  const { child: target, url } = await startTarget("instant");
  try {
    const rates = await highestRates(url);
    const { idle, running, startMs } = await hostUtilisation(url);
    const memory = process.platform === "linux" ? await bodyMemory(url) : undefined;
    const scenario = {
      name: "hour",
      instanceType: "ml.m5.large",
      minInstances: 1,
      maxInstances: 4,
      targetPerMinute: 19_800,
    };
    const load = { ratesPerSecond: new Array<number>(3600).fill(1000), timeScale: 1, seed: 1, scenarios: [scenario] };
    const begin = performance.now();
    await runWhatIf(load);
    const seconds = (performance.now() - begin) / 1000;
    const perSecond = (rate: number) => `${Math.round(rate).toLocaleString("en-US")}/s`;
    return [
      {
        figure: "ramp: highest signed rate per core (1 KiB), against autocannon with a signing hook",
        value: times(rates.engine / rates.hooked),
        aim: "≥ 2 ×",
        note: `${perSecond(rates.engine)} against ${perSecond(rates.hooked)} per CPU second`,
      },
      {
        figure: "ramp: event-loop utilisation of the host during a run, against idle",
        value: times(running / idle),
        aim: "≤ 1.5 ×",
        note: `${running.toFixed(4)} against ${idle.toFixed(4)}; the start took ${startMs.toFixed(0)} ms`,
      },
      {
        figure: "ramp: memory of 1 MiB bodies over 256 connections beyond the bodies",
        value: memory === undefined ? "SKIPPED" : `${memory.toFixed(1)} MiB`,
        aim: "≤ 10 MiB",
        note: memory === undefined ? "measured on Linux only" : undefined,
      },
      { figure: "what-if: an hour at 1,000/s simulated", value: `${seconds.toFixed(2)} s`, aim: "< 2 s" },
    ];
  } finally {
    target.disconnect();
  }
}
