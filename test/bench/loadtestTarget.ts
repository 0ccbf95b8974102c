import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A bare target in a process of its own. It counts arrivals in buckets of 10 ms and answers after 5 ms; `instant` at
 * once; `stalling` stands still for 2 s in every 10 s from its first request on.
 */
const mode = process.argv[2] ?? "quick";
const STALL = { everyMs: 10_000, lengthMs: 2_000, firstMs: 4_000 };
const SERVICE_MS = 5;

let buckets: number[] = [];
let begin = 0;

function delayMs(now: number): number {
  if (mode === "instant") return 0;
  if (mode !== "stalling") return SERVICE_MS;
  const within = (now - begin - STALL.firstMs + STALL.everyMs) % STALL.everyMs;
  return now - begin >= STALL.firstMs && within < STALL.lengthMs ? STALL.lengthMs - within + SERVICE_MS : SERVICE_MS;
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const now = performance.now();
  if (begin === 0) begin = now;
  const bucket = Math.floor((now - begin) / 10);
  while (buckets.length <= bucket) buckets.push(0);
  buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  request.resume();
  const delay = delayMs(now);
  if (delay === 0) request.on("end", () => response.end('{"ok":true}'));
  else setTimeout(() => response.end('{"ok":true}'), delay);
});
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on("message", () => {
  process.send?.({ buckets });
  buckets = [];
  begin = 0;
});
process.on("disconnect", () => process.exit(0));
