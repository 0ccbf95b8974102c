import type { ChildProcess } from "node:child_process";
import { amzDate, bodyHash, createSigner } from "../../src/loadtest/signer.ts";
import {
  answerOf,
  cpuPerRequest,
  engineRun,
  median,
  micros,
  type Row,
  signing,
  startHelper,
  startTarget,
  times,
} from "./loadtestRig.ts";

export type { Row };

const RATE = 1000;
const SECONDS = 6;
const TURNS = 5;

/** Arrivals at the target: variance over mean in 10 ms, 1 for a Poisson process, 0 for a perfect beat. */
async function dispersion(target: ChildProcess): Promise<number> {
  target.send("stats");
  const { buckets } = await answerOf<{ buckets: number[] }>(target);
  // The ends are not steady: connections open in the first second, and the last bucket is not full.
  const steady = buckets.slice(100, -10);
  const mean = steady.reduce((sum, count) => sum + count, 0) / steady.length;
  return steady.reduce((sum, count) => sum + (count - mean) ** 2, 0) / steady.length / mean;
}

async function bareRun(url: string): Promise<number> {
  const child = startHelper("loadtestBare.ts", [url, String(RATE), String(SECONDS)]);
  const { cpuSeconds, requests } = await answerOf<{ cpuSeconds: number; requests: number }>(child);
  return cpuSeconds / requests;
}

/** Seconds that one signature takes when the body's hash is known, as it is for every row of a plan. */
function signatureCost(bytes: number): number {
  const url = new URL("http://127.0.0.1/endpoints/wine/invocations");
  const signer = createSigner({ ...signing, method: "POST", url, headers: {} }, signing.credentials);
  const hash = bodyHash(Buffer.alloc(bytes));
  const count = 3000;
  const costs = Array.from({ length: 5 }, (_, turn) => {
    const start = performance.now();
    for (let i = 0; i < count; i++) signer.sign(amzDate((turn * count + i) * 1000), hash);
    return (performance.now() - start) / 1000 / count;
  });
  return median(costs);
}

/** Measures the ramp engine beside bare autocannon, in turns against the same target. About 110 s. */
export async function run(): Promise<Row[]> {
  const { child: target, url } = await startTarget("quick");
  try {
    const bare: number[] = [];
    const plain: number[] = [];
    const signed: number[] = [];
    const spread = { bare: [] as number[], engine: [] as number[] };
    let sentRatio = 1;
    let worstSecond = 0;
    for (let turn = 0; turn < TURNS; turn++) {
      bare.push(await bareRun(url));
      spread.bare.push(await dispersion(target));
      const result = await engineRun(url, RATE, SECONDS);
      plain.push(cpuPerRequest(result));
      spread.engine.push(await dispersion(target));
      sentRatio = Math.min(sentRatio, result.totals.sentInTime / result.totals.planned);
      // What a boundary cut off comes in the next second, so that a second's share is told by its neighbours' sum too.
      for (const { asked, sent } of result.points.slice(0, SECONDS))
        worstSecond = Math.max(worstSecond, Math.abs(sent - asked) / RATE);
      signed.push(cpuPerRequest(await engineRun(url, RATE, SECONDS, { signing })));
      await dispersion(target);
    }
    const [bareCpu, plainCpu, signedCpu] = [bare, plain, signed].map(median) as [number, number, number];
    const ratio = median(spread.engine) / median(spread.bare);
    const [small, large] = [signatureCost(100), signatureCost(1024 * 1024)];
    const rowsPerSecond = 178;
    return [
      { figure: "ramp: sent in time / planned at 1,000/s", value: sentRatio.toFixed(4), aim: "1.000" },
      {
        figure: "ramp: largest difference of a second from its 1,000",
        value: `${(worstSecond * 100).toFixed(2)} %`,
        aim: "≤ 1 %",
      },
      {
        figure: "ramp: dispersion of arrivals in 10 ms, against bare autocannon",
        value: times(ratio),
        aim: "≤ 0.05 ×",
        note: `${median(spread.engine).toFixed(2)} against ${median(spread.bare).toFixed(2)}`,
      },
      {
        figure: "ramp: generator CPU per request, against bare autocannon",
        value: times(plainCpu / bareCpu),
        aim: "≤ 2.5 ×",
        note: `${micros(plainCpu)} against ${micros(bareCpu)}`,
      },
      {
        figure: "ramp: generator CPU added by signing",
        value: `${((signedCpu / plainCpu - 1) * 100).toFixed(0)} %`,
        aim: "≤ 10 %",
        note: `${micros(signedCpu)}; by the signature itself: ${(((small * rowsPerSecond) / RATE / plainCpu) * 100).toFixed(1)} %`,
      },
      {
        figure: "ramp: a signature over 1 MiB, against one over 100 B",
        value: times(large / small),
        aim: "flat: ≤ 1.2 ×",
        note: `${micros(large)} against ${micros(small)}`,
      },
    ];
  } finally {
    target.disconnect();
  }
}
