import { Agent, request } from "node:http";

/**
 * An open-loop client that shares nothing with the engine: node:http, one timer, latencies from the intended start. It
 * is the truth that others are held against; tells p50, p90 and p99 in ms.
 */
const [url = "", rateText = "0", secondsText = "0"] = process.argv.slice(2);
const rate = Number(rateText);
const total = rate * Number(secondsText);
const agent = new Agent({ keepAlive: true, maxSockets: 4096 });
const latencies: number[] = [];
const start = performance.now() + 50;
let next = 0;

function send(intended: number): void {
  const call = request(url, { method: "POST", agent }, (response) => {
    response.resume().on("end", () => ended(intended));
  });
  call.on("error", () => ended(intended));
  call.end("1,2,3");
}

function ended(intended: number): void {
  latencies.push(performance.now() - intended);
  if (latencies.length < total) return;
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.ceil(share * total) - 1] ?? 0;
  process.send?.({ p50: at(0.5), p90: at(0.9), p99: at(0.99) }, () => process.exit(0));
}

function tick(): void {
  for (; next < total && start + (next * 1000) / rate <= performance.now(); next++) send(start + (next * 1000) / rate);
  if (next < total) setTimeout(tick, 1);
}
tick();
