import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { deployWine } from "../wire/endpoints.ts";
import { startTestSandbox } from "../wire/sandbox.ts";

/**
 * A server in a process of its own that tells its CPU time: `sandbox` with the wine endpoint, or `bare`, a node:http
 * server that reads the body and answers as much as the sandbox does. `stepped` is a sandbox whose clock stands.
 */
const [kind = "bare"] = process.argv.slice(2);
const ANSWER = "0.9934512972831726,0.003338532755151391,0.0032101578544825315\n";

async function start(): Promise<object> {
  if (kind !== "bare") {
    // A high time scale instead of an instant lifecycle: invocations take their simulated time, as in a ramp.
    const sandbox = await startTestSandbox({ timeScale: kind === "stepped" ? 0 : 10_000 });
    // Room for more than is ever sent: a smaller instance's simulated capacity would be what is measured.
    await deployWine(sandbox, "wine", "ml.c5.18xlarge");
    const { endpoint, accessKeyId, secretAccessKey, controlToken } = sandbox;
    return { endpoint, accessKeyId, secretAccessKey, controlToken };
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      response.writeHead(200, { "content-type": "text/csv", "x-bytes": String(Buffer.concat(chunks).length) });
      response.end(ANSWER);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accessKeyId: "a",
    secretAccessKey: "b",
  };
}

const ready = await start();
process.send?.(ready);
let before = process.cpuUsage();
process.on("message", (what) => {
  const used = process.cpuUsage(before);
  if (what === "begin") before = process.cpuUsage();
  // What is garbage does not count as growth.
  if (what === "memory") for (let i = 0; i < 3; i++) globalThis.gc?.();
  process.send?.({ cpuSeconds: (used.user + used.system) / 1e6, rssBytes: process.memoryUsage().rss });
});
process.on("disconnect", () => process.exit(0));
