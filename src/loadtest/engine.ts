import { type ChildProcess, fork } from "node:child_process";
import type { LoadPlan } from "../domain/loadPlan.ts";
import { plannedRequests, ratePieces } from "../domain/loadPlan.ts";
import { type LoadRunPoint, noErrors } from "../domain/loadRun.ts";
import type { EngineMeasured, FromEngine, ToEngine } from "./engineMessages.ts";
import { LoadEngineError, LoadInputError } from "./loadInputError.ts";
import { type RequestSigning, type RequestTemplate, requestUrl } from "./requestEncoder.ts";
import type { SigningCredentials } from "./signer.ts";

/** Where the engine's program is: the bundled `engine.cjs`, or the .ts file with `--import tsx` in `execArgv`. */
export type EngineEntry = { path: string; execArgv?: string[] };

/** What to run. `request.url` is final: nothing is added to it. Unsigned when `signing` is missing. */
export type RampOptions = {
  engine: EngineEntry;
  plan: Pick<LoadPlan, "stages" | "maxConnections" | "timeoutSeconds" | "seed">;
  request: RequestTemplate;
  payloads: Uint8Array[];
  signing?: RequestSigning;
  /** A certificate authority (PEM) to trust for the target instead of the system's. */
  ca?: string;
  /** Called about once a second with the second that has just ended. */
  onPoint?(point: LoadRunPoint, measured: EngineMeasured): void;
};

/** What was measured, of the whole plan or until the run was cut off. */
export type RampResult = EngineMeasured & {
  endedAtMs: number;
  points: LoadRunPoint[];
  interrupted: boolean;
  /** Why the engine itself broke off, if it did. */
  failure?: string;
};

/** A run under way. `done` rejects only when nothing could be started; else it tells what was measured. */
export type RampRun = {
  done: Promise<RampResult>;
  /** Sends nothing more, waits up to 5 s for answers, then ends. Resolves with the result. */
  stop(): Promise<RampResult>;
  /** New credentials for signatures from now on. */
  updateCredentials(credentials: SigningCredentials): void;
};

const drainMs = 5000;
/** Room for the last message and the process's end after the drain. */
const killAfterStopMs = drainMs + 1000;
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

/**
 * Starts a ramp in a process of its own. Throws LoadInputError, naming the target, for a URL that cannot be loaded.
 * Whether a target may be loaded at all is the caller's decision.
 */
export function startRamp(options: RampOptions): RampRun {
  const { plan, request, payloads, signing } = options;
  requestUrl(request.url);
  const child = forkEngine(options.engine);
  const points: LoadRunPoint[] = [];
  let measured: EngineMeasured | undefined;
  let end: { stopped: boolean } | undefined;
  let failure: { message: string; hint?: string } | undefined;
  let stopping = false;
  let killTimer: NodeJS.Timeout | undefined;
  let stderr = "";

  const post = (message: ToEngine) => {
    // A child that is gone is seen by its exit; the callback keeps the send from throwing.
    if (child.connected) child.send(message, () => {});
  };

  child.stderr?.on("data", (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-keptStderr);
  });
  child.on("message", (message: FromEngine) => {
    if (message.type === "failed") {
      failure = message;
      return;
    }
    measured = message.measured;
    if (message.type === "finished") {
      end = message;
      return;
    }
    points.push(...message.points);
    for (const point of message.points) options.onPoint?.(point, message.measured);
  });

  const done = new Promise<RampResult>((resolve, reject) => {
    child.once("error", (error) => {
      failure ??= { message: `The load engine ${options.engine.path} could not be started: ${error.message}` };
      if (child.pid === undefined) reject(new LoadEngineError(failure.message));
    });
    child.once("close", (code, signal) => {
      clearTimeout(killTimer);
      if (!end && !failure && !stopping) {
        const reason = stderr.split("\n").find((line) => /Error/.test(line)) ?? stderr.trim().split("\n").at(-1);
        failure = { message: `The load engine ended with ${signal ?? `code ${code}`}${reason ? `: ${reason}` : ""}` };
      }
      if (!measured && stopping) measured = nothingMeasured(plan, Date.now());
      if (!measured) {
        const { message, hint } = failure ?? { message: "The load engine ended before it sent anything." };
        reject(hint === undefined ? new LoadEngineError(message) : new LoadInputError(message, hint));
        return;
      }
      const interrupted = !end || end.stopped;
      resolve({ ...measured, endedAtMs: Date.now(), points, interrupted, failure: failure?.message });
    });
  });
  post({
    type: "start",
    job: {
      request,
      payloads,
      signing,
      seed: plan.seed,
      pieces: ratePieces(plan.stages),
      stageCount: plan.stages.length,
      maxConnections: plan.maxConnections,
      timeoutMs: plan.timeoutSeconds * 1000,
      drainMs,
      ca: options.ca,
    },
  });

  return {
    done,
    stop() {
      if (!stopping) {
        stopping = true;
        post({ type: "stop" });
        killTimer = setTimeout(() => child.kill("SIGKILL"), killAfterStopMs);
      }
      return done;
    },
    updateCredentials: (credentials) => post({ type: "credentials", credentials }),
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

/** A run that was stopped before its first second ended. */
function nothingMeasured(plan: RampOptions["plan"], startedAtMs: number): EngineMeasured {
  const zero = { asked: 0, sent: 0, sentInTime: 0, done: 0, ok: 0, abandoned: 0, seconds: 0 };
  return {
    startedAtMs,
    totals: { ...zero, planned: plannedRequests(plan.stages), byKind: noErrors() },
    latency: {
      whole: null,
      clean: null,
      service: null,
      stages: plan.stages.map(() => ({ all: null, clean: null })),
    },
    errorSamples: {},
  };
}
