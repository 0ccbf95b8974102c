import { timingSafeEqual } from "node:crypto";
import type { WireRequest, WireResponse } from "./wire/types.ts";

/** What the control API can see and do. */
export interface ControlState {
  token: string;
  describe(): Record<string, unknown>;
  /** Lets simulated time pass; undefined when the clock runs by itself. */
  step?(seconds: number): Promise<void>;
  /** Forgets everything that was created. */
  reset(): Promise<void>;
}

function json(status: number, value: unknown): WireResponse {
  return { status, headers: { "content-type": "application/json" }, body: `${JSON.stringify(value)}\n` };
}

function authorized(req: WireRequest, token: string): boolean {
  const sent = Buffer.from(req.headers.authorization ?? "");
  const expected = Buffer.from(`Bearer ${token}`);
  return sent.length === expected.length && timingSafeEqual(sent, expected);
}

/** `/_sandbox/…`: the sandbox's own API, guarded by the token that it prints at its start. */
export async function answerControl(state: ControlState, req: WireRequest): Promise<WireResponse> {
  if (!authorized(req, state.token))
    return json(401, { error: "The control API needs the header 'Authorization: Bearer <controlToken>'." });
  const operation = `${req.method} ${req.rawPath}`;
  switch (operation) {
    case "GET /_sandbox/state":
    case "GET /_sandbox/clock":
      return json(200, state.describe());
    case "POST /_sandbox/clock":
      return stepClock(state, req);
    case "POST /_sandbox/reset":
      await state.reset();
      return json(200, state.describe());
    default:
      return json(404, {
        error: `The sandbox has no ${operation}. It has GET /_sandbox/state, GET and POST /_sandbox/clock, and POST /_sandbox/reset.`,
      });
  }
}

/** More in one call would block the sandbox for too long. */
const MAX_STEP_SECONDS = 7 * 86_400;

/** Body `{"stepSeconds": 60}`. */
async function stepClock(state: ControlState, req: WireRequest): Promise<WireResponse> {
  if (!state.step)
    return json(409, { error: "The clock runs by itself; start the sandbox with --time-scale 0 to step it." });
  let seconds: unknown;
  try {
    seconds = JSON.parse(new TextDecoder().decode(req.body)).stepSeconds;
  } catch {
    // worded below
  }
  if (typeof seconds !== "number" || !(seconds >= 0 && seconds <= MAX_STEP_SECONDS))
    return json(400, { error: `The body must be {"stepSeconds": N} with N from 0 to ${MAX_STEP_SECONDS}.` });
  await state.step(seconds);
  return json(200, state.describe());
}
