import type { BatchComparison } from "../domain/batchComparison.ts";
import { request } from "./transport.ts";

/** Rows that are shown one by one; all of them are in the export. */
export const MOST_DISAGREEMENTS = 200;

/** Two sides that were asked the same rows. */
export interface BatchComparePageSnapshot {
  fileName: string;
  /** `sandbox · us-east-1` */
  place: string;
  simulated: boolean;
  names: { a: string; b: string };
  /** Names of the features, in the order of a row's cells. */
  features: string[];
  /** Rows of the file; fewer were sent when it was cancelled. */
  wanted: number;
  comparison: BatchComparison;
  /** Of all disagreements; `comparison` holds the first of them. */
  disagreementCount: number;
  /** Each side's latencies in ms, from the smallest. */
  latencies: { a: number[]; b: number[] };
}

export const batchCompareRequests = {
  ready: request<null, BatchComparePageSnapshot>("ready"),
  exportCsv: request<null, null>("exportCsv"),
  copyMarkdown: request<null, null>("copyMarkdown"),
};
