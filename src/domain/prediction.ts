/** One request to an endpoint. */
export interface PredictionRequest {
  endpointName: string;
  contentType: string;
  accept?: string;
  /** Text, or bytes such as an image. */
  body: string | Uint8Array;
  targetVariant?: string;
  /** The model of a multi-model endpoint. */
  targetModel?: string;
  inferenceComponent?: string;
  /** Passed on to the container as it is; at most 1,024 visible ASCII characters. */
  customAttributes?: string;
  /** Of a stateful model. */
  sessionId?: string;
}

/** What came back; `latencyMs` is what the caller waited. */
export interface PredictionResponse {
  status: number;
  contentType?: string;
  body: string;
  latencyMs: number;
  variant?: string;
  /** First row's class probabilities, where the answer is a list of numbers. */
  probabilities?: number[];
  /** Set when the container refused: its own status and message. */
  error?: { code: string; message: string; originalStatus?: number; originalMessage?: string };
}

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
