import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";
import { OpsError, toOpsError } from "../domain/errors.ts";
import { type LoadPlan, parseLoadPlan } from "../domain/loadPlan.ts";
import { LoadEngineError, LoadInputError } from "../loadtest/loadInputError.ts";
import { payloadFiles, payloadPath, payloadRows } from "../loadtest/payloads.ts";

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
    throw new OpsError("badInput", l10n.t("Load plan {0} cannot be read: {1}", file, (e as Error).message), {
      hint: l10n.t("Check the path."),
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
    if ("folder" in plan.payloads) return await readFolder(planFile, plan.payloads);
    if (relative === undefined) return payloadRows(plan.payloads);
    const file = path.resolve(path.dirname(planFile), relative);
    const text = await readFile(file, "utf8").catch((e: Error) => {
      throw new LoadInputError(
        l10n.t("Payload file {0} cannot be read: {1}", file, e.message),
        l10n.t("Correct payloads in {0}.", planFile),
      );
    });
    return payloadRows(plan.payloads, text);
  } catch (e) {
    const { code, message, hint, cause } = toRunError(e);
    throw new OpsError(code, message, { hint, cause, place: { file: planFile } });
  }
}

/** All bodies are in memory during a run, in each of its processes. */
const MOST_FOLDER_BYTES = 256 * 1024 * 1024;

async function readFolder(
  planFile: string,
  payloads: Extract<LoadPlan["payloads"], { folder: string }>,
): Promise<Uint8Array[]> {
  const folder = path.resolve(path.dirname(planFile), payloads.folder);
  const entries = await readdir(folder, { withFileTypes: true }).catch((e: Error) => {
    throw new LoadInputError(
      l10n.t("Payload folder {0} cannot be read: {1}", folder, e.message),
      l10n.t("Correct payloads in {0}.", planFile),
    );
  });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const bodies: Uint8Array[] = [];
  let bytes = 0;
  for (const name of payloadFiles(payloads, names)) {
    const body = await readFile(path.join(folder, name));
    bytes += body.byteLength;
    if (bytes > MOST_FOLDER_BYTES)
      throw new LoadInputError(
        l10n.t(
          "The files of payload folder {0} are together larger than {1} MiB.",
          folder,
          MOST_FOLDER_BYTES / 1024 / 1024,
        ),
        l10n.t("Send fewer of them: give a pattern, or another folder."),
      );
    bodies.push(body);
  }
  return bodies;
}
