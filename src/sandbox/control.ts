import { timingSafeEqual } from "node:crypto";
import type { CallLog } from "./callLog.ts";
import type { Faults } from "./faults.ts";
import { parseWhatIf } from "./whatIf/request.ts";
import type { WireRequest, WireResponse } from "./wire/types.ts";

/** What the control API can see and do. */
export interface ControlState {
  token: string;
  faults: Faults;
  calls(): CallLog;
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
    case "GET /_sandbox/faults":
      return json(200, { faults: state.faults.list() });
    case "DELETE /_sandbox/faults":
      state.faults.clear();
      return json(200, { faults: [] });
    case "GET /_sandbox/calls":
      return json(200, { calls: state.calls().list() });
    case "DELETE /_sandbox/calls":
      state.calls().clear();
      return json(200, { calls: [] });
    case "POST /_sandbox/faults":
      return setFaults(state, req);
    case "POST /_sandbox/clock":
      return stepClock(state, req);
    case "POST /_sandbox/what-if":
      return askWhatIf(req);
    case "POST /_sandbox/reset":
      await state.reset();
      return json(200, state.describe());
    default:
      return json(404, {
        error: `The sandbox has no ${operation}. It has GET /_sandbox/state, GET and POST /_sandbox/clock, GET, POST and DELETE /_sandbox/faults, GET and DELETE /_sandbox/calls, POST /_sandbox/what-if, and POST /_sandbox/reset.`,
      });
  }
}

/** Plays a load against scenarios in a world of its own; nothing of the sandbox's changes. */
async function askWhatIf(req: WireRequest): Promise<WireResponse> {
  const parsed = parseWhatIf(bodyOf(req));
  if ("error" in parsed) return json(400, { error: parsed.error });
  // Loaded only here: hardly any sandbox is asked.
  const { runWhatIf } = await import("./whatIf/whatIf.ts");
  return json(200, { simulated: true, outcomes: await runWhatIf(parsed.request) });
}

/** More in one call would block the sandbox for too long. */
const MAX_STEP_SECONDS = 7 * 86_400;

/** Body `{"stepSeconds": 60}`. */
async function stepClock(state: ControlState, req: WireRequest): Promise<WireResponse> {
  if (!state.step)
    return json(409, { error: "The clock runs by itself; start the sandbox with --time-scale 0 to step it." });
  const seconds = bodyOf(req).stepSeconds;
  if (typeof seconds !== "number" || !(seconds >= 0 && seconds <= MAX_STEP_SECONDS))
    return json(400, { error: `The body must be {"stepSeconds": N} with N from 0 to ${MAX_STEP_SECONDS}.` });
  await state.step(seconds);
  return json(200, state.describe());
}

/** Body `{"faults": [{"operation": "DescribeEndpoint", "kind": "throttle", "count": 3}]}`; replaces all rules. */
function setFaults(state: ControlState, req: WireRequest): WireResponse {
  try {
    state.faults.set(bodyOf(req).faults);
  } catch (e) {
    return json(400, { error: `${(e as Error).message}.` });
  }
  return json(200, { faults: state.faults.list() });
}

/** The JSON object of a request; an empty one when there is none, which the caller refuses by name. */
function bodyOf(req: WireRequest): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(req.body));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
