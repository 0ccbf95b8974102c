import { type ChildProcess, fork } from "node:child_process";
import * as l10n from "@vscode/l10n";
import type { FromEngine, ToEngine } from "./engineMessages.ts";

/** Where the engine's program is: the bundled `engine.cjs`, or the .ts file with `--import tsx` in `execArgv`. */
export type EngineEntry = { path: string; execArgv?: string[] };

/** How a process of the engine ended. `failure` when it did so by itself and not because it had finished. */
export type EngineChildEnd = { failure?: { message: string; hint?: string } };

/** A process of the engine. */
export type EngineChild = {
  post(message: ToEngine): void;
  /** Resolves when the process is gone. */
  ended: Promise<EngineChildEnd>;
  kill(): void;
};

const keptStderr = 2000;

/** What the engine gets to see of the environment: never credentials. */
const passedOn = [
  "PATH",
  "HOME",
  "TMPDIR",
  "TEMP",
  "TMP",
  "SystemRoot",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
];

/** Starts a process of the engine. What it says of its own failure is part of how it ended, not a message. */
export function startEngineChild(entry: EngineEntry, onMessage: (message: FromEngine) => void): EngineChild {
  const child = forkEngine(entry);
  let failure: EngineChildEnd["failure"];
  let isFinished = false;
  let isKilled = false;
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-keptStderr);
  });
  child.on("message", (message: FromEngine) => {
    if (message.type === "failed") {
      failure = message;
      return;
    }
    isFinished ||= message.type === "finished";
    onMessage(message);
  });
  const ended = new Promise<EngineChildEnd>((resolve) => {
    child.once("error", (error) => {
      failure ??= { message: l10n.t("The load engine {0} could not be started: {1}", entry.path, error.message) };
      if (child.pid === undefined) resolve({ failure });
    });
    child.once("close", (code, signal) => {
      if (!failure && !isFinished && !isKilled) {
        const reason = stderr.split("\n").find((line) => /Error/.test(line)) ?? stderr.trim().split("\n").at(-1);
        failure = {
          message: `${l10n.t("The load engine ended with {0}", signal ?? `code ${code}`)}${reason ? `: ${reason}` : ""}`,
        };
      }
      resolve({ failure });
    });
  });
  return {
    post(message) {
      // A child that is gone is seen by its exit; the callback keeps the send from throwing.
      if (child.connected) child.send(message, () => {});
    },
    ended,
    kill() {
      isKilled = true;
      child.kill("SIGKILL");
    },
  };
}

function forkEngine({ path, execArgv = [] }: EngineEntry): ChildProcess {
  const env: NodeJS.ProcessEnv = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };
  for (const name of passedOn) if (process.env[name] !== undefined) env[name] = process.env[name];
  // In VS Code the executable is Electron, which has to be told to be Node.
  if (process.versions.electron) env.ELECTRON_RUN_AS_NODE = "1";
  // The advanced serialization carries bytes as bytes.
  return fork(path, [], { execArgv, env, serialization: "advanced", stdio: ["ignore", "ignore", "pipe", "ipc"] });
}
