import type { RatePiece } from "../domain/loadPlanRates.ts";
import type { LoadErrorKind, LoadRunLatency, LoadRunPoint, LoadRunTotals } from "../domain/loadRun.ts";
import type { PackedRun, PackedSecond } from "./collector.ts";
import type { RequestShare } from "./pacer.ts";
import type { RequestSigning, RequestTemplate } from "./requestEncoder.ts";
import type { SigningCredentials } from "./signer.ts";

/** Everything that the engine's process needs; it travels by IPC only, as it holds credentials. */
export type EngineJob = {
  request: RequestTemplate;
  payloads: Uint8Array[];
  signing?: RequestSigning;
  seed?: number;
  pieces: RatePiece[];
  stageCount: number;
  maxConnections: number;
  timeoutMs: number;
  /** How long answers are awaited after a stop. */
  drainMs: number;
  ca?: string;
  /** Which of the requests are this process's. */
  share: RequestShare;
};

/** What was measured so far: sent along every second, so that a run that is cut off keeps it. */
export type EngineMeasured = {
  startedAtMs: number;
  totals: LoadRunTotals;
  latency: LoadRunLatency;
  errorSamples: Partial<Record<LoadErrorKind, string>>;
};

/**
 * Parent to engine. `start` makes it ready, `go` begins at an epoch time in ms; `serve` makes it the loopback server of
 * a calibration instead.
 */
export type ToEngine =
  | { type: "start"; job: EngineJob }
  | { type: "go"; atMs: number }
  | { type: "serve" }
  | { type: "credentials"; credentials: SigningCredentials }
  | { type: "stop" };

/** Histograms of one process of several: of each second that the message tells of, and of its run so far. */
export type EnginePacks = { seconds: PackedSecond[]; run: PackedRun };

/**
 * Engine to parent: `ready`, then one `second` message a second, then `finished`; or `failed` before anything was sent.
 * `packs` only when the process is one of several. A calibration's server tells its port.
 */
export type FromEngine =
  | { type: "ready" }
  | { type: "serving"; port: number }
  | { type: "second"; points: LoadRunPoint[]; measured: EngineMeasured; packs?: EnginePacks }
  | { type: "finished"; measured: EngineMeasured; stopped: boolean; packs?: EnginePacks }
  | { type: "failed"; message: string; hint?: string };
