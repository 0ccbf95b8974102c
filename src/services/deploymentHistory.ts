import { eventsSince } from "../aws/cloudformation.ts";
import { deploymentHistory, type PastDeployment } from "../domain/deploymentHistory.ts";
import type { Stack } from "../domain/stack.ts";
import type { Connections } from "./connections.ts";

/** What was done to a stack, newest first; CloudFormation keeps its events for 90 days. */
export async function readDeployments(connections: Connections, { name, id }: Stack): Promise<PastDeployment[]> {
  return deploymentHistory(name, await eventsSince(connections.clients(), id));
}
