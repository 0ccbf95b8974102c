import type { WhatIfOutcome, WhatIfScenario } from "../domain/whatIf.ts";
import { notification, request, type WireError } from "./transport.ts";

/** Everything that the what-if page shows; each notification is a whole one. */
export interface WhatIfPageSnapshot {
  /** The plan or run whose load is played. */
  loadName: string;
  /** Requests in each second. */
  ratesPerSecond: number[];
  /** How many times faster than on AWS scaling passes. */
  timeScale: number;
  /** The scenario to begin with: what is in force where the load was, or would be, sent. */
  inForce: WhatIfScenario;
  /** Instance types with a known price. */
  instanceTypes: string[];
  busy: boolean;
  /** What was played last, in the order of `scenarios`. */
  scenarios: WhatIfScenario[];
  outcomes: WhatIfOutcome[];
  tookMs?: number;
  error?: WireError;
}

/** What the page asks. */
export const whatIfRequests = {
  ready: request<null, WhatIfPageSnapshot>("ready"),
  run: request<WhatIfScenario[], null>("run"),
  copyMarkdown: request<null, null>("copyMarkdown"),
};

export const whatIfChanged = notification<WhatIfPageSnapshot>("whatIfChanged");
