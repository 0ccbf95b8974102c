import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A bare target in a process of its own. It answers after 5 ms and counts arrivals in buckets of 10 ms. */
let buckets: number[] = [];
let begin = 0;

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const now = performance.now();
  if (begin === 0) begin = now;
  const bucket = Math.floor((now - begin) / 10);
  while (buckets.length <= bucket) buckets.push(0);
  buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  request.resume();
  setTimeout(() => response.end('{"ok":true}'), 5);
});
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on("message", () => {
  process.send?.({ buckets });
  buckets = [];
  begin = 0;
});
process.on("disconnect", () => process.exit(0));
