interface Due {
  atMs: number;
  everyMs?: number;
  run: () => void;
}

/** Lets everything that a timer has begun come to rest: the services call one another by promises only. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** What a clock that passes only by being told to has to run, and when. */
export class DueQueue {
  private readonly due = new Set<Due>();

  /**
   * @param atMs on the clock's own scale
   * @param everyMs how long after each run the next one is due; once when absent
   * @returns the cancellation
   */
  add(atMs: number, run: () => void, everyMs?: number): () => void {
    const entry: Due = { atMs, everyMs, run };
    this.due.add(entry);
    return () => {
      this.due.delete(entry);
    };
  }

  /** Runs what is due up to `endMs` in order, each after `moveTo` its time; finished when this resolves. */
  async runUntil(endMs: number, moveTo: (atMs: number) => void): Promise<void> {
    for (let entry = this.nextBefore(endMs); entry; entry = this.nextBefore(endMs)) {
      moveTo(entry.atMs);
      if (entry.everyMs === undefined) this.due.delete(entry);
      else entry.atMs += entry.everyMs;
      entry.run();
      await settle();
    }
  }

  private nextBefore(endMs: number): Due | undefined {
    let first: Due | undefined;
    for (const entry of this.due) if (entry.atMs <= endMs && (!first || entry.atMs < first.atMs)) first = entry;
    return first;
  }
}
