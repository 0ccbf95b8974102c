import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runGraph } from "../../../../src/sandbox/cloudformation/stacks/graphRunner.ts";

const graph = (needs: Record<string, string[]>) =>
  new Map(Object.entries(needs).map(([id, list]) => [id, new Set(list)]));

/** Work that is finished by hand. */
function byHand() {
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const work = (id: string) => {
    begun.push(id);
    return new Promise<void>((resolve, reject) => ends.set(id, (error) => (error ? reject(error) : resolve())));
  };
  const end = async (id: string, error?: Error) => {
    ends.get(id)?.(error);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { begun, work, end };
}

describe("runGraph", () => {
  it("begins each node when what it needs is done, in parallel otherwise", async () => {
    const { begun, work, end } = byHand();
    const result = runGraph(graph({ a: [], b: [], c: ["a", "b"], d: ["a"] }), work);
    assert.deepEqual(begun, ["a", "b"]);
    await end("a");
    assert.deepEqual(begun, ["a", "b", "d"]);
    await end("b");
    assert.deepEqual(begun, ["a", "b", "d", "c"]);
    await end("c");
    await end("d");
    assert.deepEqual(await result, { failed: new Map(), skipped: [] });
  });

  it("after a failure begins nothing more and waits for what is at work", async () => {
    const { begun, work, end } = byHand();
    let told = 0;
    const result = runGraph(graph({ a: [], b: [], c: ["b"], d: ["a"] }), work, { onFailure: () => told++ });
    await end("a", new Error("no"));
    assert.equal(told, 1);
    await end("b");
    const { failed, skipped } = await result;
    assert.deepEqual([begun, [...failed.keys()], skipped], [["a", "b"], ["a"], ["c", "d"]]);
  });

  it("goes on with what does not need the failed node where asked", async () => {
    const { begun, work, end } = byHand();
    const result = runGraph(graph({ a: [], b: [], c: ["b"], d: ["a"] }), work, { keepGoing: true });
    await end("a", new Error("no"));
    await end("b");
    await end("c");
    assert.deepEqual([begun, (await result).skipped], [["a", "b", "c"], ["d"]]);
  });
});
