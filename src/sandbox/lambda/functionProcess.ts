import { type ChildProcess, spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import type { InvokeMessage, LambdaError, RuntimeMessage } from "./runtimeMessages.ts";

/** How to start a process of a function. */
export interface ProcessOptions {
  /** What runs the function: this program's own Node.js with a bootstrap, or another interpreter. */
  file: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
}

/** How one invocation ended; `exited` tells that the process must not be used again. */
export interface Outcome {
  payload?: string;
  error?: LambdaError;
  memoryMb: number;
  exited: boolean;
}

/** Starting takes this long at most (AWS: the init phase is limited to 10 seconds). */
const INIT_TIMEOUT_MS = 10_000;

/** Directory of a function's code on AWS (AWS: "Lambda environment variables", LAMBDA_TASK_ROOT). */
const TASK_ROOT = "/var/task";

/** One process of a function; it takes one invocation at a time. */
export class FunctionProcess {
  readonly startedAt = Date.now();
  /** Real duration of the start, ms; reported with the first invocation only. */
  initMs: number | undefined;
  lastUsedAt = Date.now();
  private readonly child: ChildProcess;
  private readonly ready: Promise<LambdaError | undefined>;
  private onLine: (line: string) => void = () => {};
  private settle: ((outcome: Outcome) => void) | undefined;
  private dead = false;
  /** Where the code lies on this machine; Node.js tells of files by their real paths. */
  private readonly taskRoots: readonly string[];

  constructor(
    options: ProcessOptions,
    readonly logStream: string,
    readonly generation: number,
    readonly credentialsExpireAt: number,
  ) {
    this.taskRoots = [...new Set([realpathSync(options.cwd), options.cwd])];
    this.child = spawn(options.file, options.args, {
      env: options.env,
      cwd: options.cwd,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      serialization: "json",
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding("utf8");
      stream?.on("data", (text: string) => this.printed(text));
    }
    this.ready = this.awaitReady();
    this.child.on("message", (message: RuntimeMessage) => this.received(message));
    this.child.on("exit", (code, signal) => this.exited(code, signal));
    this.child.on("error", () => this.exited(1, null));
  }

  /** False once the process has ended or is being killed. */
  get alive(): boolean {
    return !this.dead;
  }

  /**
   * Runs one invocation; output goes to `onLine` as it comes.
   * @param timeoutMs real ms after which the process is killed
   */
  async invoke(
    message: Omit<InvokeMessage, "deadline">,
    timeoutMs: number,
    onLine: (line: string) => void,
  ): Promise<Outcome> {
    this.onLine = onLine;
    this.requestId = message.requestId;
    const initError = await this.ready;
    if (initError) {
      this.kill();
      return { error: initError, memoryMb: 0, exited: true };
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.kill();
        const seconds = (timeoutMs / 1000).toFixed(2);
        this.settle?.({
          error: {
            errorType: "Sandbox.Timedout",
            errorMessage: `RequestId: ${message.requestId} Error: Task timed out after ${seconds} seconds`,
          },
          memoryMb: 0,
          exited: true,
        });
      }, timeoutMs);
      this.settle = (outcome) => {
        this.settle = undefined;
        this.lastUsedAt = Date.now();
        clearTimeout(timer);
        resolve(outcome);
      };
      if (this.dead) this.settle(exitOutcome(1, null, message.requestId));
      else this.child.send({ ...message, deadline: Date.now() + timeoutMs } satisfies InvokeMessage);
    });
  }

  /** Ends the process; resolves when it is gone. */
  kill(): void {
    this.dead = true;
    this.child.kill("SIGKILL");
  }

  /** Resolves when the process is gone. */
  gone(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => this.child.once("exit", () => resolve()));
  }

  private requestId = "";

  private awaitReady(): Promise<LambdaError | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(
        () =>
          finish({
            errorType: "Sandbox.Timedout",
            errorMessage: `Error: Init timed out after ${INIT_TIMEOUT_MS / 1000} seconds`,
          }),
        INIT_TIMEOUT_MS,
      );
      const finish = (error: LambdaError | undefined) => {
        clearTimeout(timer);
        this.initMs = Date.now() - this.startedAt;
        resolve(error);
      };
      this.child.on("message", (message: RuntimeMessage) => {
        if (message.type === "ready") finish(undefined);
        if (message.type === "initError") finish(this.onLambda(message.error));
        // Top-level code of the function may throw where nobody catches it.
        if (message.type === "failure" && this.initMs === undefined) finish(this.onLambda(message.error));
      });
      this.child.once("exit", (code, signal) => finish(exitOutcome(code, signal, this.requestId).error));
    });
  }

  private received(message: RuntimeMessage): void {
    if (message.type === "log") this.onLine(this.onLambda(message.text));
    if (message.type === "result")
      this.settle?.({ payload: message.payload, memoryMb: message.memoryMb, exited: false });
    if (message.type !== "failure") return;
    if (message.dies) this.dead = true;
    this.settle?.({ error: this.onLambda(message.error), memoryMb: message.memoryMb, exited: this.dead });
  }

  /** A text or an error with the paths that the code has on AWS, so that stack traces read as they do there. */
  private onLambda<T extends string | LambdaError>(told: T): T {
    let text = JSON.stringify(told);
    for (const root of this.taskRoots) text = text.replaceAll(JSON.stringify(root).slice(1, -1), TASK_ROOT);
    return JSON.parse(text) as T;
  }

  private printed(text: string): void {
    for (const line of this.onLambda(text).split("\n")) if (line !== "") this.onLine(line);
  }

  private exited(code: number | null, signal: NodeJS.Signals | null): void {
    this.dead = true;
    this.settle?.(exitOutcome(code, signal, this.requestId));
  }
}

function exitOutcome(code: number | null, signal: NodeJS.Signals | null, requestId: string): Outcome {
  const how = signal
    ? `signal: ${signal === "SIGKILL" ? "killed" : signal}`
    : code === 0
      ? "exit status 0"
      : `exit status ${code}`;
  const what = code === 0 ? "Runtime exited without providing a reason" : `Runtime exited with error: ${how}`;
  return {
    error: { errorType: "Runtime.ExitError", errorMessage: `RequestId: ${requestId} Error: ${what}` },
    memoryMb: 0,
    exited: true,
  };
}
