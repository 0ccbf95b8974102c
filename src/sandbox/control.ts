import { timingSafeEqual } from "node:crypto";
import type { WireRequest, WireResponse } from "./wire/types.ts";

/** What the control API can see and do. */
export interface ControlState {
  token: string;
  describe(): Record<string, unknown>;
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
    case "POST /_sandbox/reset":
      await state.reset();
      return json(200, state.describe());
    default:
      return json(404, {
        error: `The sandbox has no ${operation}. It has GET /_sandbox/state, GET /_sandbox/clock and POST /_sandbox/reset.`,
      });
  }
}
