import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type RampOptions, startRamp } from "../../src/loadtest/engine.ts";

/** One line of the benchmark's table. */
export type Row = { figure: string; value: string; aim?: string; note?: string };

const rate = 1000;
const seconds = 10;
const execArgv = ["--import", "tsx"];
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

async function answer<T>(child: ChildProcess): Promise<T> {
  const [message] = await once(child, "message");
  return message as T;
}

/** Arrivals at the target: variance over mean in 10 ms, 1 for a Poisson process, 0 for a perfect beat. */
async function dispersion(target: ChildProcess): Promise<number> {
  target.send("stats");
  const { buckets } = await answer<{ buckets: number[] }>(target);
  // The ends are not steady: connections open in the first second, and the last bucket is not full.
  const steady = buckets.slice(100, -10);
  const mean = steady.reduce((sum, count) => sum + count, 0) / steady.length;
  return steady.reduce((sum, count) => sum + (count - mean) ** 2, 0) / steady.length / mean;
}

async function engineRun(url: string, signing?: RampOptions["signing"]) {
  const { points, totals } = await startRamp({
    engine: { path: path("../../src/loadtest/engineProcess.ts"), execArgv },
    plan: { stages: [{ type: "hold", rate, seconds }], maxConnections: 256, timeoutSeconds: 10 },
    request: { url, method: "POST", headers: { "content-type": "text/csv" } },
    payloads: Array.from({ length: 178 }, (_, row) => Buffer.from(`${row},2,3`)),
    signing,
  }).done;
  const full = points.filter(({ asked }) => asked === rate);
  const cpuPerRequest = full.reduce((sum, { generatorCpu }) => sum + generatorCpu, 0) / full.length / rate;
  return { ratio: totals.sentInTime / totals.planned, ok: totals.ok / totals.planned, cpuPerRequest };
}

async function bareRun(url: string): Promise<number> {
  const child = fork(path("loadtestBare.ts"), [url, String(rate), String(seconds)], { execArgv });
  const { cpuSeconds, requests } = await answer<{ cpuSeconds: number; requests: number }>(child);
  return cpuSeconds / requests;
}

/** Measures the ramp engine beside bare autocannon, one after the other against the same target. About 35 s. */
export async function run(): Promise<Row[]> {
  const target = fork(path("loadtestTarget.ts"), [], { execArgv });
  try {
    const { port } = await answer<{ port: number }>(target);
    const url = `http://127.0.0.1:${port}/endpoints/wine/invocations`;
    const bareCpu = await bareRun(url);
    const bareDispersion = await dispersion(target);
    const plain = await engineRun(url);
    const plainDispersion = await dispersion(target);
    const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: "T".repeat(700) };
    const signed = await engineRun(url, { region: "us-east-1", service: "sagemaker", credentials });
    const times = (one: number, other: number) => `${(one / other).toFixed(2)} ×`;
    const micros = (cpu: number) => `${Math.round(cpu * 1e6)} µs`;
    return [
      {
        figure: "ramp: achieved / asked at 1,000/s",
        value: signed.ratio.toFixed(4),
        aim: "≥ 0.99",
        note: `signed; ${(signed.ok * 100).toFixed(2)} % answered with 2xx`,
      },
      {
        figure: "ramp: dispersion of arrivals in 10 ms, against bare autocannon",
        value: times(plainDispersion, bareDispersion),
        aim: "< 1 ×",
        note: `${plainDispersion.toFixed(2)} against ${bareDispersion.toFixed(2)}`,
      },
      {
        figure: "ramp: generator CPU per request, against bare autocannon",
        value: times(plain.cpuPerRequest, bareCpu),
        note: `${micros(plain.cpuPerRequest)} against ${micros(bareCpu)}`,
      },
      {
        figure: "ramp: generator CPU per signed request, against bare autocannon unsigned",
        value: times(signed.cpuPerRequest, bareCpu),
        note: micros(signed.cpuPerRequest),
      },
    ];
  } finally {
    target.disconnect();
  }
}
