import type { RatePiece } from "../domain/loadPlanRates.ts";
import type { LoadErrorKind, LoadRunLatency, LoadRunPoint, LoadRunTotals } from "../domain/loadRun.ts";
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
};

/** What was measured so far: sent along every second, so that a run that is cut off keeps it. */
export type EngineMeasured = {
  startedAtMs: number;
  totals: LoadRunTotals;
  latency: LoadRunLatency;
  errorSamples: Partial<Record<LoadErrorKind, string>>;
};

/** Parent to engine. */
export type ToEngine =
  | { type: "start"; job: EngineJob }
  | { type: "credentials"; credentials: SigningCredentials }
  | { type: "stop" };

/** Engine to parent: one `second` message a second, then `finished`; or `failed` before anything was sent. */
export type FromEngine =
  | { type: "second"; points: LoadRunPoint[]; measured: EngineMeasured }
  | { type: "finished"; measured: EngineMeasured; stopped: boolean }
  | { type: "failed"; message: string; hint?: string };
