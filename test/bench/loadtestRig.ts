import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type EngineEntry, type RampOptions, type RampResult, startRamp } from "../../src/loadtest/engine.ts";

/** One line of the benchmark's table. */
export type Row = { figure: string; value: string; aim?: string; note?: string };

const execArgv = ["--import", "tsx"];
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Keys of nobody, as long as those of a role's session are. */
export const signing: NonNullable<RampOptions["signing"]> = {
  region: "us-east-1",
  service: "sagemaker",
  credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: "T".repeat(700) },
};

/** Small bodies, as many as the wine data has rows. */
export const rows = Array.from({ length: 178 }, (_, row) => Buffer.from(`${row},2,3`));

/** The engine as it is shipped; the benchmarks' rig builds it first. */
export const engine: EngineEntry = { path: path("../../dist/engine.cjs") };

/** Starts a helper of this folder in a process of its own. */
export function startHelper(name: string, args: string[] = []): ChildProcess {
  return fork(path(name), args, { execArgv });
}

/** The next message of a helper. */
export async function answerOf<T>(child: ChildProcess): Promise<T> {
  const [message] = await once(child, "message");
  return message as T;
}

/** Starts the target; `mode` is what it does with requests. */
export async function startTarget(
  mode: "quick" | "stalling" | "instant",
): Promise<{ child: ChildProcess; url: string }> {
  const child = startHelper("loadtestTarget.ts", [mode]);
  const { port } = await answerOf<{ port: number }>(child);
  return { child, url: `http://127.0.0.1:${port}/endpoints/wine/invocations` };
}

/** A run of the engine at one rate. */
export function engineRun(
  url: string,
  rate: number,
  seconds: number,
  more: Partial<RampOptions> & { maxConnections?: number } = {},
): Promise<RampResult> {
  const { maxConnections = 256, ...options } = more;
  return startRamp({
    engine,
    plan: { stages: [{ type: "hold", rate, seconds }], maxConnections, timeoutSeconds: 10, processes: 1 },
    request: { url, method: "POST", headers: { "content-type": "text/csv" } },
    payloads: rows,
    ...options,
  }).done;
}

/** CPU seconds of the engine for one request, without the first second, in which its code gets fast. */
export function cpuPerRequest({ points }: RampResult): number {
  const steady = points.filter(({ asked }) => asked > 0).slice(1);
  const sent = steady.reduce((sum, point) => sum + point.sent, 0);
  return steady.reduce((sum, { generatorCpu }) => sum + generatorCpu, 0) / Math.max(1, sent);
}

/** The middle one: what else this machine does spoils some runs and not others. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export const times = (ratio: number) => `${ratio.toFixed(2)} ×`;
export const micros = (seconds: number) => `${Math.round(seconds * 1e6)} µs`;
