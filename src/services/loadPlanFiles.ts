import { readFile } from "node:fs/promises";
import path from "node:path";
import { OpsError, toOpsError } from "../domain/errors.ts";
import { type LoadPlan, parseLoadPlan } from "../domain/loadPlan.ts";
import { LoadEngineError, LoadInputError } from "../loadtest/loadInputError.ts";
import { payloadPath, payloadRows } from "../loadtest/payloads.ts";

/** What the load engine refuses is bad input, what it fails at is not; any other error stays what it is. */
export function toRunError(e: unknown): OpsError {
  if (e instanceof LoadInputError) return new OpsError("badInput", e.message, { hint: e.hint, cause: e });
  if (e instanceof LoadEngineError) return new OpsError("failed", e.message, { hint: e.hint, cause: e });
  return toOpsError(e);
}

/**
 * Reads a load plan.
 * @throws OpsError badInput that names the file and the place in it
 */
export async function readPlan(file: string): Promise<LoadPlan> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (e) {
    throw new OpsError("badInput", `Load plan ${file} cannot be read: ${(e as Error).message}`, {
      hint: "Check the path.",
      cause: e,
    });
  }
  const parsed = parseLoadPlan(text, file);
  if (parsed.ok) return parsed.plan;
  throw new OpsError("badInput", parsed.message, { place: { file, ...parsed.firstAt } });
}

/**
 * Reads a plan's payloads, relative to the plan's folder.
 * @throws OpsError badInput that names the payload file or the plan
 */
export async function readPayloads(planFile: string, plan: LoadPlan): Promise<Uint8Array[]> {
  const relative = payloadPath(plan.payloads);
  try {
    if (relative === undefined) return payloadRows(plan.payloads);
    const file = path.resolve(path.dirname(planFile), relative);
    const text = await readFile(file, "utf8").catch((e: Error) => {
      throw new LoadInputError(`Payload file ${file} cannot be read: ${e.message}`, `Correct payloads in ${planFile}.`);
    });
    return payloadRows(plan.payloads, text);
  } catch (e) {
    const { code, message, hint, cause } = toRunError(e);
    throw new OpsError(code, message, { hint, cause, place: { file: planFile } });
  }
}
