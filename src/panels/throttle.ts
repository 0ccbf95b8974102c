/** Calls `work` at most once every `everyMs`, the last time after the last call. `cancel` forgets what is pending. */
export function throttle(everyMs: number, work: () => void): { call(): void; cancel(): void } {
  let lastMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  const run = () => {
    timer = undefined;
    lastMs = performance.now();
    work();
  };
  return {
    call() {
      if (timer) return;
      timer = setTimeout(run, Math.max(0, lastMs + everyMs - performance.now()));
    },
    cancel() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

/** A page hears of changes at most four times a second. */
export const PAGE_UPDATE_MS = 250;
