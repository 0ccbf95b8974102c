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
  /** All headers of the answer by their lower-case names. */
  headers?: Record<string, string>;
  variant?: string;
  /** Of a stateful model: what it calls the session that the request began or ended. */
  newSessionId?: string;
  closedSessionId?: string;
  customAttributes?: string;
  /** First row's figures: class probabilities or an estimate. */
  probabilities?: number[];
  /** What the answer itself calls each of them. */
  labels?: string[];
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
  const first = /^\s*(\S[^\n]*)/.exec(body)?.[1];
  if (first === undefined) return undefined;
  const values = first.split(",").map((cell) => (cell.trim() === "" ? Number.NaN : Number(cell.trim())));
  return values.every((v) => Number.isFinite(v)) ? values : undefined;
}

type Figures = Pick<PredictionResponse, "probabilities" | "labels">;

/** A longer answer is no figures of one row, and is not read as JSON only to find that out. */
const MOST_JSON = 1_000_000;
/** Members that hold the figures, as the containers of SageMaker's frameworks name them. */
const HOLDERS = [
  "predictions",
  "probabilities",
  "outputs",
  "scores",
  "score",
  "probability",
  "prediction",
  "predicted_value",
];

/**
 * The figures of an answer's first row: a line of CSV, or what the usual containers answer in JSON: `[[0.1, 0.9]]`,
 * `{"predictions": [{"score": 0.9}]}`, `[{"label": "a", "score": 0.9}, …]`.
 */
export function figuresOf(body: string): Figures {
  const probabilities = parseProbabilities(body);
  if (probabilities) return { probabilities };
  if (!/^\s*[[{]/.test(body) || body.length > MOST_JSON) return {};
  const whole = parsed(body);
  // Of JSON lines the first.
  return figuresIn(whole === undefined ? parsed(body.trim().split("\n")[0] ?? "") : whole) ?? {};
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function figuresIn(value: unknown): Figures | undefined {
  if (typeof value === "number") return { probabilities: [value] };
  if (Array.isArray(value)) {
    if (value.length === 0) return undefined;
    if (value.every((each) => typeof each === "number")) return { probabilities: value };
    if (value.every(isLabelled)) return { probabilities: value.map((e) => e.score), labels: value.map((e) => e.label) };
    return figuresIn(value[0]);
  }
  if (typeof value !== "object" || value === null) return undefined;
  for (const name of HOLDERS) {
    const found = Object.hasOwn(value, name) && figuresIn((value as Record<string, unknown>)[name]);
    if (found) return found;
  }
  return undefined;
}

const isLabelled = (each: unknown): each is { label: string; score: number } =>
  typeof each === "object" &&
  each !== null &&
  typeof (each as { label?: unknown }).label === "string" &&
  typeof (each as { score?: unknown }).score === "number";

/** A CSV line of the values; a missing one is an empty cell, as the XGBoost container reads it. */
export function toCsvLine(values: readonly (number | null)[]): string {
  return values.map((v) => (v === null ? "" : String(v))).join(",");
}
