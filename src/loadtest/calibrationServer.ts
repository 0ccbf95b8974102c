import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** An answer as small as a prediction's. */
const ANSWER = '{"ok":true}';

/**
 * A server on a free loopback port that answers everything at once: what this machine can send is measured against it,
 * never against the target. Resolves with its port.
 */
export function serveCalibration(): Promise<number> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    request.resume().on("end", () => response.end(ANSWER));
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
