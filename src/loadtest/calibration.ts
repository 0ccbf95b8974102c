import { availableParallelism } from "node:os";
import { peakRate } from "../domain/loadPlan.ts";
import type { RampOptions } from "./engine.ts";
import { type EngineChild, type EngineEntry, startEngineChild } from "./engineChild.ts";
import type { EngineJob, FromEngine } from "./engineMessages.ts";

/** Requests/s that one process sends with certainty, so that nothing need be measured. */
const certainRate = 2_000;
/** Bytes/s of bodies up to which the same is true. */
const certainBytes = 20_000_000;
/** The rate at which the cost of a request is measured: enough to be steady, little enough for any machine. */
const probeRate = 1_500;
/** The engine's code gets fast in the first part of the second; the second part counts. */
const probeSeconds = 1;
/** Share of a core up to which a process sends on time. */
const healthyShare = 0.6;
/** Encryption adds about that much to the cost of a request, which is measured without it. */
const tlsFactor = 1.5;

/** How many processes send, and what was measured to find out; `cpuPerRequest` in seconds. */
export type ProcessChoice = { processes: number; cpuPerRequest?: number };

/**
 * Processes for a plan: what the plan says, one where that is certain to do, else by a measurement of one second. The
 * measurement runs against a loopback server of the engine's own with the same bodies and signatures (of made-up
 * credentials), never against the target.
 */
export async function chooseProcesses(options: RampOptions): Promise<ProcessChoice> {
  const { plan, payloads } = options;
  const most = Math.max(1, Math.min(availableParallelism(), plan.maxConnections));
  if (plan.processes !== undefined) return { processes: Math.min(plan.processes, plan.maxConnections) };
  const peak = peakRate(plan.stages);
  const bytes = payloads.reduce((sum, { byteLength }) => sum + byteLength, 0) / Math.max(1, payloads.length);
  if (most === 1 || (peak <= certainRate && peak * bytes <= certainBytes)) return { processes: 1 };
  const cpuPerRequest = await measureCost(options, Math.min(probeRate, peak)).catch(() => undefined);
  // What could not be measured is spread as far as it goes.
  if (cpuPerRequest === undefined) return { processes: most };
  return { processes: processesFor(peak, cpuPerRequest, most), cpuPerRequest };
}

/** Processes that a rate (requests/s) needs at a cost of CPU seconds a request; at least 1, at most `most`, by default one a core. */
export function processesFor(rate: number, cpuPerRequest: number, most = availableParallelism()): number {
  return Math.max(1, Math.min(most, Math.ceil((rate * cpuPerRequest) / healthyShare)));
}

async function measureCost(options: RampOptions, rate: number): Promise<number | undefined> {
  const { request, payloads, signing, engine } = options;
  const server = await startServer(engine);
  const url = new URL(request.url);
  const factor = url.protocol === "https:" ? tlsFactor : 1;
  const sessionToken = signing?.credentials.sessionToken?.replace(/./g, "T");
  const credentials = { accessKeyId: "AKIACALIBRATION00000", secretAccessKey: "calibration", sessionToken };
  const job: EngineJob = {
    request: { ...request, url: `http://127.0.0.1:${server.port}${url.pathname}${url.search}` },
    payloads,
    signing: signing && { ...signing, credentials },
    pieces: [{ stage: 0, from: rate, to: rate, seconds: probeSeconds }],
    stageCount: 1,
    maxConnections: 64,
    timeoutMs: 1000,
    drainMs: 0,
    share: { index: 0, count: 1 },
  };
  try {
    const cpu = await runProbe(engine, job);
    return cpu === undefined ? undefined : (cpu / rate) * factor;
  } finally {
    server.child.kill();
    await server.child.ended;
  }
}

function startServer(engine: EngineEntry): Promise<{ child: EngineChild; port: number }> {
  return new Promise((resolve, reject) => {
    const child = startEngineChild(engine, (message) => {
      if (message.type === "serving") resolve({ child, port: message.port });
    });
    child.post({ type: "serve" });
    void child.ended.then(({ failure }) => reject(new Error(failure?.message ?? "the server ended")));
  });
}

/** CPU of the first full second, in cores; undefined when the probe told nothing. */
async function runProbe(engine: EngineEntry, job: EngineJob): Promise<number | undefined> {
  let cpu: number | undefined;
  const take = (message: FromEngine) => {
    if (message.type === "ready") child.post({ type: "go", atMs: Date.now() + 20 });
    if (message.type === "second") cpu ??= message.points[0]?.generatorCpu;
  };
  const child = startEngineChild(engine, take);
  child.post({ type: "start", job });
  await child.ended;
  return cpu;
}
