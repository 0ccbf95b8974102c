import type { EndpointStatus } from "../domain/endpoint.ts";
import type { InvocationHeaders, InvocationMode } from "../domain/invocation.ts";
import type { EndpointMetrics } from "../domain/metric.ts";
import type { ExampleRow, FeatureFile, PredictionProgress, PredictionResponse } from "../domain/prediction.ts";
import { notification, request, type WireError } from "./transport.ts";

/** The two halves of the page, side by side when it is wide, tabs when it is narrow. */
export type EndpointTab = "predict" | "live";

/** Ranges of the live charts in minutes: 15 m, 1 h, 3 h, 1 d, 7 d, 15 d. */
export const chartRanges = [15, 60, 180, 1440, 10080, 21600] as const;
export type ChartRange = (typeof chartRanges)[number];

export interface EndpointHeader {
  status: EndpointStatus;
  failureReason?: string;
  currentInstances: number;
  desiredInstances: number;
  /** Of all variants together; absent without a scalable target. */
  maxInstances?: number;
  hourlyUsd?: number;
  variants: string[];
  takesTraffic: boolean;
  /** Target of the scaling policy, invocations per instance and minute. */
  targetPerMinute?: number;
  /** Requests at once, where all variants are serverless: there are no instances to count. */
  serverlessMost?: number;
  /** Only of asynchronous endpoints, which are asked by way of S3 and in no other way. */
  isAsync?: boolean;
}

/** A moment that all charts of the page mark. */
export interface ChartMark {
  atMs: number;
  text: string;
  /** scaled: the number of instances was changed; alarm: one went off; deployed: a configuration was made; log: a line. */
  kind: "scaled" | "alarm" | "deployed" | "log";
}

/** From this moment on so many instances were wanted. */
export interface DesiredStep {
  atMs: number;
  count: number;
}

/** Everything that the page shows; each notification is a whole one. */
export interface EndpointPageSnapshot {
  name: string;
  /** `sandbox · us-east-1`; empty when not connected. */
  place: string;
  simulated: boolean;
  endpoint?: EndpointHeader;
  endpointError?: WireError;
  /** What the project says about the model's inputs; without it only raw bodies can be sent. */
  features?: FeatureFile;
  examples: ExampleRow[];
  range: ChartRange;
  metrics?: EndpointMetrics;
  metricsError?: WireError;
  marks: ChartMark[];
  /** Oldest first; before the first one it is not known. */
  desired?: DesiredStep[];
  /** What a copy of a request needs to be sent from elsewhere. */
  access?: RequestAccess;
  /** What takes this endpoint from the page when it is gone: its project can be deployed again. */
  canDeploy: boolean;
  /** Which half was asked for; a new `serial` means that it was asked for again. */
  focus: { tab: EndpointTab; serial: number };
}

export interface RequestAccess {
  region: string;
  profile?: string;
  /** Of the sandbox, or another address than AWS's own. */
  endpointUrl?: string;
  /** Of the project's prediction API, where the stack has one. */
  apiUrl?: string;
  /** It asks for a key, which stays with the host. */
  apiNeedsKey?: boolean;
}

/** A request to the endpoint itself, or through the project's API, which takes the features by name. */
export type PredictParams =
  | {
      via: "endpoint";
      /** Absent: at once. */
      mode?: InvocationMode;
      contentType: string;
      /** Empty where a file or an object of S3 is the body. */
      body: string;
      /** A file that was chosen on this page, by its id. */
      fileId?: string;
      /** Of an asynchronous request: the object that is its input. Without one the body is uploaded. */
      inputLocation?: string;
      targetVariant?: string;
      headers?: InvocationHeaders;
      /** It was entered in the form, and comes back there. */
      fromForm?: boolean;
    }
  | { via: "api"; features: Record<string, number | null> };

/** A file that was chosen as a body. Its bytes stay with the host. */
export interface ChosenFile {
  id: string;
  name: string;
  path: string;
  bytes: number;
  /** By its name. */
  contentType: string;
  /** Base64 of a picture that can be shown. */
  picture?: string;
}

/** An answer as a page gets it: bytes that are no text stay with the host. */
export type PredictionAnswer = Omit<PredictionResponse, "bytes"> & { binary?: { bytes: number; picture?: string } };

/** What became of the last prediction: it outlives the page, which is made anew whenever its tab comes back. */
export type PredictionState =
  | { kind: "sending" }
  | { kind: "answered"; response: PredictionAnswer; atMs: number; isApi: boolean }
  | { kind: "failed"; error: WireError };

/** A request that was sent, and what came of it. */
export interface SentRequest {
  atMs: number;
  params: PredictParams;
  /** That was its body. */
  file?: ChosenFile;
  /** Bytes of a body that was too long to be kept: it cannot be entered again. */
  leftOut?: number;
  /** Absent: none came. */
  answer?: {
    status: number;
    latencyMs: number;
    failed: boolean;
    /** The likeliest class by its place; the label is the answer's own. */
    best?: { index: number; value: number; label?: string };
  };
}

/** What a page begins with. */
export interface PageStart {
  prediction?: PredictionState;
  /** The last requests of this endpoint in this account and region, the newest first. */
  sent?: SentRequest[];
  /** What `keep` was last told for this endpoint in this window, also by a page that was closed. */
  kept?: string;
}

/** What the charts show, as figures or as the picture that the page made of them. */
export type ChartExport = { format: "csv"; part?: ChartedPart } | { format: "png"; base64: string; part?: ChartedPart };

/** A variant, or an inference component, whose figures are looked at by themselves. */
export interface ChartedPart {
  kind: "variant" | "component";
  name: string;
}

/** A stretch of time, in epoch milliseconds. */
export interface LogSpan {
  fromMs: number;
  toMs: number;
}

/** What the endpoint page asks. */
export const endpointRequests = {
  ready: request<null, EndpointPageSnapshot>("ready"),
  start: request<null, PageStart>("start"),
  /** Keeps what was entered, as JSON, while the window is open. */
  keep: request<string, null>("keep"),
  predict: request<PredictParams, PredictionAnswer>("predict"),
  /** Ends the prediction that is under way; its answer, or that there is none, comes as that of `predict`. */
  stopPrediction: request<null, null>("stopPrediction"),
  /** Lets the user choose a file as the body; null when nothing was chosen. */
  chooseFile: request<null, ChosenFile | null>("chooseFile"),
  /** Forgets the last requests, after asking. */
  clearSent: request<null, null>("clearSent"),
  /** Saves the last answer as a file. */
  saveAnswer: request<null, null>("saveAnswer"),
  setRange: request<ChartRange, null>("setRange"),
  /** Whether somebody can see the page: a window may be minimized. */
  setSeen: request<boolean, null>("setSeen"),
  retry: request<null, null>("retry"),
  runLoadTest: request<null, null>("runLoadTest"),
  /** What was logged in a stretch of time, in epoch milliseconds; null follows what is logged now. */
  showLogs: request<LogSpan | null, null>("showLogs"),
  explainScaling: request<null, null>("explainScaling"),
  explainFailure: request<null, null>("explainFailure"),
  deploy: request<null, null>("deploy"),
  openConsole: request<null, null>("openConsole"),
  copyText: request<string, null>("copyText"),
  exportCharts: request<ChartExport, null>("exportCharts"),
  /** Adds the request to a file of the workspace. */
  saveRequest: request<PredictParams, null>("saveRequest"),
};

/** What it is told, at most four times a second. */
export const endpointChanged = notification<EndpointPageSnapshot>("endpointChanged");

/** The last requests, whenever there is another one or the account was switched. */
export const sentChanged = notification<SentRequest[]>("sentChanged");

/** How a prediction ended; for a page that has not asked for it itself. Null: it was given up. */
export const predictionEnded = notification<PredictionState | null>("predictionEnded");

/** How far the prediction is that is under way: all that came of it, at most four times a second. */
export const predictionProgressed = notification<PredictionProgress>("predictionProgressed");
