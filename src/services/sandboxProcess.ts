import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import * as l10n from "@vscode/l10n";
import { OpsError } from "../domain/errors.ts";
import { Emitter } from "./emitter.ts";

/** What the sandbox prints when it is ready; the secret stays in memory. */
export interface SandboxInfo {
  endpoint: string;
  region: string;
  accountId: string;
  accessKeyId: string;
  secretAccessKey: string;
  controlToken: string;
  timeScale: number;
}

/** How to run `cli.js`. In the extension host `execPath` is Electron's, which then runs as Node. */
export interface SandboxProgram {
  cliPath: string;
  execPath?: string;
  execArgv?: string[];
}

const READY_MS = 15_000;
const STOP_MS = 3_000;

function isSandboxInfo(value: unknown): value is SandboxInfo {
  const v = value as Partial<SandboxInfo> | null;
  return typeof v?.endpoint === "string" && typeof v.secretAccessKey === "string" && typeof v.timeScale === "number";
}

/** A sandbox that somebody else started: SAGEMAKER_OPS_SANDBOX holds its first line. */
export function sandboxFromEnvironment(env: Record<string, string | undefined>): SandboxInfo | undefined {
  const text = env.SAGEMAKER_OPS_SANDBOX;
  if (!text) return undefined;
  try {
    const info: unknown = JSON.parse(text);
    return isSandboxInfo(info) ? info : undefined;
  } catch {
    return undefined;
  }
}

/** The sandbox that `npm start` runs; the extension is not its owner and cannot stop it. */
export function givenSandbox(): SandboxInfo | undefined {
  return sandboxFromEnvironment(process.env);
}

/**
 * Deletes everything in a sandbox.
 * @throws OpsError unreachable; failed with what it answered
 */
export async function resetSandbox({ endpoint, controlToken }: SandboxInfo): Promise<void> {
  const headers = { authorization: `Bearer ${controlToken}` };
  const answer = await fetch(`${endpoint}/_sandbox/reset`, { method: "POST", headers }).catch((cause: unknown) => {
    throw new OpsError("unreachable", l10n.t("The sandbox at {0} does not answer.", endpoint), { cause });
  });
  if (!answer.ok)
    throw new OpsError(
      "failed",
      l10n.t("The sandbox was not reset: HTTP {0}, {1}", answer.status, await answer.text()),
    );
}

/** The sandbox as a process of its own, which ends with this one. */
export class SandboxProcess {
  readonly onDidChange = new Emitter<SandboxInfo | undefined>();
  /** It ended although nobody stopped it: why. */
  readonly onDidCrash = new Emitter<OpsError>();
  private stopping = false;
  private child: ChildProcess | undefined;
  private starting: Promise<SandboxInfo> | undefined;
  private current: SandboxInfo | undefined;

  /** @param dataDir keeps what is made in it from one start to the next; without one it lives in memory */
  constructor(
    private readonly program: SandboxProgram,
    private readonly dataDir?: string,
  ) {}

  get info(): SandboxInfo | undefined {
    return this.current;
  }

  /**
   * Starts it, or returns the one that runs.
   * @throws OpsError failed with what it printed; badInput when the port is in use
   */
  start(options: { port?: number; timeScale?: number } = {}): Promise<SandboxInfo> {
    if (this.current) return Promise.resolve(this.current);
    this.starting ??= this.launch(options).finally(() => {
      this.starting = undefined;
    });
    return this.starting;
  }

  async stop(): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    this.stopping = true;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(timer);
  }

  private launch(options: { port?: number; timeScale?: number }): Promise<SandboxInfo> {
    const { cliPath, execPath = process.execPath, execArgv = [] } = this.program;
    const args = [...execArgv, cliPath, "sandbox", "--json"];
    args.push("--port", String(options.port ?? 0), "--time-scale", String(options.timeScale ?? 30));
    if (this.dataDir !== undefined) args.push("--data-dir", this.dataDir);
    const env = { ...process.env, ELECTRON_RUN_AS_NODE: "1", AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };
    // stdin is the lifeline: the sandbox ends when it closes, also when this process is killed.
    const child = spawn(execPath, [...args, "--until-stdin-closes"], { env, stdio: ["pipe", "pipe", "pipe"] });
    this.child = child;
    this.stopping = false;
    return new Promise((resolve, reject) => {
      let complaints = "";
      const fail = (why: string) => {
        clearTimeout(timer);
        child.kill();
        reject(
          why.includes("in use")
            ? portError(why)
            : new OpsError("failed", l10n.t("The sandbox did not start: {0}", why)),
        );
      };
      const timer = setTimeout(
        () => fail(l10n.t("nothing heard for {0} s. {1}", READY_MS / 1000, complaints)),
        READY_MS,
      );
      child.stderr.on("data", (chunk: Buffer) => {
        complaints = (complaints + chunk.toString()).slice(-2000);
      });
      child.once("error", (e) => fail(e.message));
      child.once("exit", (code, signal) => {
        const why = complaints.trim() || l10n.t("it ended with {0}", signal ?? code ?? "");
        fail(why);
        if (!this.current) return;
        this.current = undefined;
        this.onDidChange.fire(undefined);
        if (!this.stopping)
          this.onDidCrash.fire(
            new OpsError("failed", l10n.t("The sandbox has ended unexpectedly: {0}.", lastLine(why))),
          );
      });
      createInterface({ input: child.stdout }).once("line", (line) => {
        clearTimeout(timer);
        const info = sandboxFromEnvironment({ SAGEMAKER_OPS_SANDBOX: line });
        if (!info) {
          fail(l10n.t("its first line is not what was expected: {0}", line.slice(0, 200)));
          return;
        }
        child.stdout.resume();
        this.current = info;
        this.onDidChange.fire(info);
        resolve(info);
      });
    });
  }
}

const lastLine = (text: string) => (text.trim().split("\n").at(-1) ?? "").replace(/\.$/, "");

function portError(why: string): OpsError {
  return new OpsError("badInput", why.trim(), {
    hint: l10n.t("Stop what uses the port, or take a free one with port 0."),
  });
}
