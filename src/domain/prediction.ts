import type { InvocationHeaders } from "./invocation.ts";

/** One request to an endpoint. */
export interface PredictionRequest extends InvocationHeaders {
  endpointName: string;
  contentType: string;
  /** Text, or bytes such as an image. */
  body: string | Uint8Array;
  targetVariant?: string;
}

/** What came back; `latencyMs` is what the caller waited. */
export interface PredictionResponse {
  status: number;
  contentType?: string;
  /** Empty where the answer is not text. */
  body: string;
  /** Only of an answer that is not text, such as a picture. */
  bytes?: Uint8Array;
  latencyMs: number;
  variant?: string;
  /** Of a stateful model: what it calls the session that the request began or ended. */
  newSessionId?: string;
  closedSessionId?: string;
  customAttributes?: string;
  /** First row's class probabilities, where the answer is a list of numbers. */
  probabilities?: number[];
  /** Set when the container refused: its own status and message. */
  error?: { code: string; message: string; originalStatus?: number; originalMessage?: string };
  /** Of an answer that came in parts. */
  stream?: { parts: number; firstPartMs?: number; stopped: boolean };
  /** Of an answer that came by way of S3. */
  async?: AsyncPlaces;
}

/** Where an asynchronous invocation is at home. */
export interface AsyncPlaces {
  inferenceId?: string;
  inputLocation: string;
  outputLocation?: string;
  failureLocation?: string;
}

/** How far an answer is that does not come at once. */
export type PredictionProgress =
  | { kind: "stream"; text: string; bytes: number; parts: number; firstPartMs?: number; elapsedMs: number }
  | ({ kind: "async"; state: "uploading" | "waiting"; elapsedMs: number } & Partial<AsyncPlaces>);

/** One input of the model, as the project's features file describes it. */
export interface Feature {
  name: string;
  label: string;
  unit?: string;
  min: number;
  max: number;
  step: number;
  default: number;
}

export interface FeatureFile {
  features: Feature[];
  classes: string[];
}

/** A row to start from: the label that the data gives it, and the features in order. */
export interface ExampleRow {
  label: string;
  values: number[];
}

/** Numbers of the first line of a CSV answer; undefined for anything else. */
export function parseProbabilities(body: string): number[] | undefined {
  const first = body.split("\n").find((line) => line.trim());
  if (first === undefined) return undefined;
  const values = first.split(",").map((cell) => Number(cell.trim()));
  return values.every((v) => Number.isFinite(v)) ? values : undefined;
}

/** A CSV line of the values; a missing one is an empty cell, as the XGBoost container reads it. */
export function toCsvLine(values: readonly (number | null)[]): string {
  return values.map((v) => (v === null ? "" : String(v))).join(",");
}
