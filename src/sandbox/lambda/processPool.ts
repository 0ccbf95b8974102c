import { FunctionProcess, type ProcessOptions } from "./functionProcess.ts";

/** Processes of one function at a time; more invocations wait for one of them. */
const MAX_PROCESSES = 20;
/** Invocations that may wait; the next one is throttled. */
const MAX_WAITING = 1_000;
/** A process that did nothing for this long (real ms) is closed. */
const IDLE_MS = 60_000;
/** Keys with less than this left to live (real ms) are not handed to an invocation. */
const KEY_MARGIN_MS = 20 * 60_000;

/** What a pool needs to start a process; asked for each start, so that it always runs the present configuration. */
export interface Launch {
  options: ProcessOptions;
  logStream: string;
  /** Epoch ms. */
  credentialsExpireAt: number;
}

/** Warm processes of one function. Newly deployed code or configuration retires those that run the old one. */
export class ProcessPool {
  private readonly idle: FunctionProcess[] = [];
  private readonly all = new Set<FunctionProcess>();
  private readonly waiting: (() => void)[] = [];
  private generation = 0;
  private closed = false;
  private sweep: NodeJS.Timeout | undefined;

  constructor(private readonly launch: (day: string) => Launch) {}

  /**
   * Lends a process to `use` and takes it back.
   * @returns undefined when too many invocations wait already, or the pool was closed
   */
  async run<T>(use: (process: FunctionProcess) => Promise<T>): Promise<T | undefined> {
    if (this.closed) return undefined;
    let process = this.take();
    while (!process) {
      if (this.waiting.length >= MAX_WAITING) return undefined;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
      if (this.closed) return undefined;
      process = this.take();
    }
    try {
      return await use(process);
    } finally {
      this.giveBack(process);
    }
  }

  /** The next invocations get new processes; those at work finish first. */
  retire(): void {
    this.generation++;
    for (const process of this.idle.splice(0)) this.drop(process);
  }

  /** Ends all processes; resolves when they are gone. */
  async close(): Promise<void> {
    this.closed = true;
    for (const resume of this.waiting.splice(0)) resume();
    clearInterval(this.sweep);
    const ended = [...this.all].map((process) => process.gone());
    for (const process of this.all) process.kill();
    this.all.clear();
    this.idle.length = 0;
    await Promise.all(ended);
  }

  private take(): FunctionProcess | undefined {
    for (;;) {
      const process = this.idle.pop();
      if (!process) break;
      if (this.usable(process)) return process;
      this.drop(process);
    }
    if (this.all.size >= MAX_PROCESSES) return undefined;
    const day = new Date().toISOString().slice(0, 10).replaceAll("-", "/");
    const { options, credentialsExpireAt, logStream } = this.launch(day);
    const process = new FunctionProcess(options, logStream, this.generation, credentialsExpireAt);
    this.all.add(process);
    this.sweep ??= setInterval(() => this.closeIdle(), IDLE_MS / 4).unref();
    return process;
  }

  private usable(process: FunctionProcess): boolean {
    return (
      process.alive &&
      process.generation === this.generation &&
      process.credentialsExpireAt > Date.now() + KEY_MARGIN_MS
    );
  }

  private giveBack(process: FunctionProcess): void {
    if (this.usable(process)) this.idle.push(process);
    else this.drop(process);
    this.waiting.shift()?.();
  }

  private drop(process: FunctionProcess): void {
    this.all.delete(process);
    process.kill();
  }

  private closeIdle(): void {
    const before = Date.now() - IDLE_MS;
    // The longest idle stand at the front, since invocations take from the back.
    while (this.idle[0] && this.idle[0].lastUsedAt < before) this.drop(this.idle.shift()!);
    if (this.all.size > 0) return;
    clearInterval(this.sweep);
    this.sweep = undefined;
  }
}
