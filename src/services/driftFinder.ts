import { beginDriftDetection, driftDetectionEnded, readDrifts } from "../aws/drift.ts";
import type { StackDrift } from "../domain/drift.ts";
import type { Connections } from "./connections.ts";
import { pause } from "./stackEvents.ts";

/**
 * Looks where a stack differs from its template. CloudFormation reads each resource for that; nothing is changed.
 * @throws OpsError notFound for the stack; cancelled when the signal fires
 */
export async function findDrift(
  connections: Connections,
  stackName: string,
  signal?: AbortSignal,
): Promise<StackDrift> {
  const clients = connections.clients();
  const pollMs = connections.required().kind === "sandbox" ? 200 : 2_000;
  const detection = await beginDriftDetection(clients, stackName);
  while (!(await driftDetectionEnded(clients, detection))) {
    await pause(pollMs, signal);
    signal?.throwIfAborted();
  }
  return { stackName, atMs: Date.now(), ...(await readDrifts(clients, stackName)) };
}
