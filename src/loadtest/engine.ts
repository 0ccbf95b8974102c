import * as l10n from "@vscode/l10n";
import type { LoadPlan } from "../domain/loadPlan.ts";
import { plannedRequests, ratePieces } from "../domain/loadPlan.ts";
import { type LoadRunPoint, noErrors } from "../domain/loadRun.ts";
import { chooseProcesses } from "./calibration.ts";
import { type EngineChild, type EngineEntry, startEngineChild } from "./engineChild.ts";
import { createRunMerger } from "./engineMerge.ts";
import type { EngineJob, EngineMeasured, FromEngine } from "./engineMessages.ts";
import { LoadEngineError, LoadInputError } from "./loadInputError.ts";
import { type RequestSigning, type RequestTemplate, requestUrl } from "./requestEncoder.ts";
import type { SigningCredentials } from "./signer.ts";

export type { EngineEntry };

/** What to run. `request.url` is final: nothing is added to it. Unsigned when `signing` is missing. */
export type RampOptions = {
  engine: EngineEntry;
  plan: Pick<LoadPlan, "stages" | "maxConnections" | "timeoutSeconds" | "seed" | "processes">;
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
  /** Processes that sent; 1 unless one core was not enough, or the plan says otherwise. */
  processes?: number;
  /** CPU seconds that a request costs on this machine, where that was measured to choose the processes. */
  cpuPerRequest?: number;
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
/** From the moment at which all processes are ready to their common start: a message must have reached each. */
const headStartMs = 30;

/**
 * Starts a ramp in processes of its own: one, or as many as the rate needs. Throws LoadInputError, naming the target,
 * for a URL that cannot be loaded. Whether a target may be loaded at all is the caller's decision.
 */
export function startRamp(options: RampOptions): RampRun {
  requestUrl(options.request.url);
  let credentials = options.signing?.credentials;
  let running: Sending | undefined;
  let stopping = false;

  async function run(): Promise<RampResult> {
    const { processes, cpuPerRequest } = await chooseProcesses(options);
    if (stopping) {
      const now = Date.now();
      return { ...nothingMeasured(options.plan, now), endedAtMs: now, points: [], interrupted: true };
    }
    const signing = options.signing && credentials ? { ...options.signing, credentials } : options.signing;
    running = startSending({ ...options, signing }, processes);
    const result = await running.done;
    return cpuPerRequest === undefined ? result : { ...result, cpuPerRequest };
  }

  const done = run();
  return {
    done,
    stop() {
      stopping = true;
      running?.stop();
      return done;
    },
    updateCredentials(next) {
      credentials = next;
      running?.updateCredentials(next);
    },
  };
}

type Sending = { done: Promise<RampResult>; stop(): void; updateCredentials(credentials: SigningCredentials): void };

function startSending(options: RampOptions, processes: number): Sending {
  const { plan, engine } = options;
  const merger = createRunMerger(processes);
  const points: LoadRunPoint[] = [];
  let waitingFor = processes;
  let finished = 0;
  let stoppedShares = 0;
  let stopping = false;
  let failure: { message: string; hint?: string } | undefined;
  let killTimer: NodeJS.Timeout | undefined;

  function tell(complete: readonly LoadRunPoint[]): void {
    points.push(...complete);
    const measured = complete.length > 0 ? merger.measured() : undefined;
    if (measured) for (const point of complete) options.onPoint?.(point, measured);
  }

  function take(index: number, message: FromEngine): void {
    if (message.type === "ready" && --waitingFor === 0) {
      const atMs = Date.now() + headStartMs;
      for (const child of children) child.post({ type: "go", atMs });
    }
    if (message.type === "second") tell(merger.take(index, message));
    if (message.type !== "finished") return;
    finished++;
    if (message.stopped) stoppedShares++;
    tell(merger.take(index, { points: [], measured: message.measured, packs: message.packs }));
  }

  const children: EngineChild[] = Array.from({ length: processes }, (_, index) =>
    startEngineChild(engine, (message) => take(index, message)),
  );
  for (const [index, child] of children.entries()) {
    child.post({ type: "start", job: jobOf(options, index, processes) });
    void child.ended.then((end) => {
      tell(merger.end(index));
      if (!end.failure || stopping) return;
      // A run with a part of its load is not the plan's any more.
      failure ??= end.failure;
      stop();
    });
  }

  function stop(): void {
    if (stopping) return;
    stopping = true;
    for (const child of children) child.post({ type: "stop" });
    // A process that waits for its start has nothing to end.
    if (waitingFor > 0 && failure) for (const child of children) child.kill();
    killTimer = setTimeout(() => {
      for (const child of children) child.kill();
    }, killAfterStopMs);
  }

  async function finish(): Promise<RampResult> {
    const ends = await Promise.all(children.map(({ ended }) => ended));
    clearTimeout(killTimer);
    if (!stopping) failure ??= ends.find((end) => end.failure)?.failure;
    let measured = merger.measured();
    if (!measured && stopping && !failure) measured = nothingMeasured(plan, Date.now());
    if (!measured) {
      const { message, hint } = failure ?? { message: l10n.t("The load engine ended before it sent anything.") };
      throw hint === undefined ? new LoadEngineError(message) : new LoadInputError(message, hint);
    }
    const interrupted = finished < processes || stoppedShares > 0;
    return { ...measured, endedAtMs: Date.now(), points, interrupted, failure: failure?.message, processes };
  }

  return {
    done: finish(),
    stop,
    updateCredentials(credentials) {
      for (const child of children) child.post({ type: "credentials", credentials });
    },
  };
}

/** The share of one process; connections are divided so that their sum is the plan's. */
function jobOf({ plan, request, payloads, signing, ca }: RampOptions, index: number, count: number): EngineJob {
  return {
    request,
    payloads,
    signing,
    seed: plan.seed,
    pieces: ratePieces(plan.stages),
    stageCount: plan.stages.length,
    maxConnections: Math.floor(plan.maxConnections / count) + (index < plan.maxConnections % count ? 1 : 0),
    timeoutMs: plan.timeoutSeconds * 1000,
    drainMs,
    ca,
    share: { index, count },
  };
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
