/** A stretch of the time axis, in its seconds. */
export interface TimeSpan {
  from: number;
  to: number;
}

/** Less than this cannot be zoomed into, in seconds. */
const SHORTEST = 2;

/** The part of the time axis that all charts of a page show: everything, or what was zoomed into. */
export class TimeWindow {
  private span: TimeSpan | undefined;
  private readonly listeners = new Set<(span: TimeSpan | undefined) => void>();

  /** What was zoomed into; undefined shows everything. */
  get zoom(): TimeSpan | undefined {
    return this.span;
  }

  onChange(listener: (span: TimeSpan | undefined) => void): void {
    this.listeners.add(listener);
  }

  /** Shows a stretch of time; one that is too short to be meant changes nothing. */
  zoomTo(span: TimeSpan): void {
    if (span.to - span.from < SHORTEST) return;
    this.set(span);
  }

  /** Halves or doubles what is shown around a moment, within the whole axis. */
  scale(factor: number, around: number, whole: TimeSpan): void {
    const { from, to } = this.span ?? whole;
    const length = (to - from) * factor;
    if (length >= whole.to - whole.from) this.reset();
    else {
      const start = Math.min(
        Math.max(whole.from, around - ((around - from) / (to - from)) * length),
        whole.to - length,
      );
      this.zoomTo({ from: start, to: start + length });
    }
  }

  reset(): void {
    this.set(undefined);
  }

  private set(span: TimeSpan | undefined): void {
    if (this.span?.from === span?.from && this.span?.to === span?.to) return;
    this.span = span;
    for (const listener of this.listeners) listener(span);
  }
}
