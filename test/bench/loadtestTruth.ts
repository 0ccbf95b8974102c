import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { errorCount } from "../../src/domain/loadRun.ts";
import { answerOf, cpuPerRequest, engineRun, type Row, startHelper, startTarget, times } from "./loadtestRig.ts";

const RATE = 1000;
const SECONDS = 20;

interface Percentiles {
  p50: number;
  p90: number;
  p99: number;
}

async function openLoop(url: string): Promise<Percentiles> {
  return answerOf<Percentiles>(startHelper("loadtestOpenLoop.ts", [url, String(RATE), String(SECONDS)]));
}

async function engine(url: string): Promise<Percentiles> {
  const { latency } = await engineRun(url, RATE, SECONDS, { maxConnections: 4096 });
  return { p50: latency.whole?.p50Ms ?? 0, p90: latency.whole?.p90Ms ?? 0, p99: latency.whole?.p99Ms ?? 0 };
}

/** A port on which nobody listens any more. */
async function deadUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/endpoints/wine/invocations`;
}

/** A target that stalls, against an independent open loop; and one that is dead. About 70 s. */
export async function run(): Promise<Row[]> {
  const stalling = await startTarget("stalling");
  const measured: Percentiles[] = [];
  try {
    for (const client of [openLoop, engine]) {
      measured.push(await client(stalling.url));
      stalling.child.send("stats");
      await answerOf(stalling.child);
    }
  } finally {
    stalling.child.disconnect();
  }
  const [truth, own] = measured as [Percentiles, Percentiles];
  const off = (key: keyof Percentiles) => `${((own[key] / truth[key] - 1) * 100).toFixed(1)} %`;
  const quick = await startTarget("quick");
  const healthy = await engineRun(quick.url, RATE, 8);
  quick.child.disconnect();
  const dead = await engineRun(await deadUrl(), RATE, 8);
  const perRequest = ({ points }: typeof dead) => {
    const steady = points.filter(({ asked }) => asked > 0).slice(1);
    return steady.reduce((sum, point) => sum + point.generatorCpu, 0) / steady.length / RATE;
  };
  return [
    ...(["p50", "p90", "p99"] as const).map((key) => ({
      figure: `ramp: ${key} of a target that stalls 2 s in every 10 s, against an independent open loop`,
      value: off(key),
      aim: "within 5 %",
      note: `${own[key].toFixed(1)} ms against ${truth[key].toFixed(1)} ms`,
    })),
    {
      figure: "ramp: errors / planned on a dead target",
      value: (errorCount(dead.totals.byKind) / dead.totals.planned).toFixed(4),
      aim: "1.000",
    },
    {
      figure: "ramp: generator CPU on a dead target, against a healthy one",
      value: times(perRequest(dead) / cpuPerRequest(healthy)),
      aim: "≤ 1.5 ×",
    },
  ];
}
