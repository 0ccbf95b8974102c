import type { Dependencies } from "../template/graph.ts";

/** How a graph of work ended. */
export interface GraphResult {
  failed: Map<string, Error>;
  /** Those that were never begun, because what they need failed or everything was stopped. */
  skipped: string[];
}

/**
 * Does the work of every node once the nodes that it needs are done, in parallel where the graph allows.
 * @param keepGoing after a failure go on with what does not need the failed node; otherwise begin nothing more
 * @param onFailure called at the first failure, while other nodes are still at work
 */
export async function runGraph(
  graph: Dependencies,
  work: (id: string) => Promise<void>,
  { keepGoing = false, onFailure }: { keepGoing?: boolean; onFailure?: () => void } = {},
): Promise<GraphResult> {
  const waiting = new Set(graph.keys());
  const done = new Set<string>();
  const running = new Map<string, Promise<void>>();
  const failed = new Map<string, Error>();
  for (;;) {
    if (failed.size === 0 || keepGoing)
      for (const id of waiting) {
        if (![...(graph.get(id) ?? [])].every((need) => done.has(need))) continue;
        waiting.delete(id);
        const ended = work(id).then(
          () => void done.add(id),
          (error: Error) => {
            if (failed.size === 0) onFailure?.();
            failed.set(id, error);
          },
        );
        running.set(
          id,
          ended.finally(() => running.delete(id)),
        );
      }
    if (running.size === 0) return { failed, skipped: [...waiting] };
    await Promise.race(running.values());
  }
}
