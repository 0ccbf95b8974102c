import * as l10n from "@vscode/l10n";
import { type LoadPlan, ratePieces } from "../../domain/loadPlan.ts";
import { LoadInputError } from "../loadInputError.ts";
import type { RequestTemplate } from "../requestEncoder.ts";

/** What a plan comes down to for another tool. `region` is set when the requests are to be signed for SageMaker. */
export type ExportInput = {
  plan: LoadPlan;
  request: RequestTemplate;
  payloads: readonly Uint8Array[];
  region?: string;
  /** The API wants a key: the exported project takes it from the environment (API_KEY). */
  needsApiKey?: boolean;
  /** Machines that send at once; each gets its share of the rate. */
  workers: number;
};

/** A project for another tool: file names with their texts. Credentials are never in it. */
export type ExportedProject = Record<string, string>;

/** A piece of the rate in whole seconds, the unit in which other tools count; rates per second and worker. */
export type ExportedPhase = { seconds: number; from: number; to: number };

/**
 * The plan's stages in whole seconds. Their ends are rounded, not their lengths, so that the whole keeps its length;
 * pieces that vanish by that are left out.
 */
export function exportedPhases(plan: LoadPlan, workers: number): ExportedPhase[] {
  let end = 0;
  let roundedEnd = 0;
  return ratePieces(plan.stages).flatMap(({ from, to, seconds }) => {
    end += seconds;
    const length = Math.round(end) - roundedEnd;
    roundedEnd += length;
    return length > 0 ? [{ seconds: length, from: from / workers, to: to / workers }] : [];
  });
}

/** The request bodies as a JSON file: texts as they are, others in Base64. */
export function payloadsJson(payloads: readonly Uint8Array[]): string {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    return `${JSON.stringify({ encoding: "utf8", bodies: payloads.map((row) => text.decode(row)) }, undefined, 1)}\n`;
  } catch {
    const bodies = payloads.map((row) => Buffer.from(row).toString("base64"));
    return `${JSON.stringify({ encoding: "base64", bodies }, undefined, 1)}\n`;
  }
}

/** Throws LoadInputError for a number of workers that cannot be meant. */
export function checkWorkers(workers: number): void {
  if (Number.isInteger(workers) && workers >= 1 && workers <= 1000) return;
  throw new LoadInputError(
    l10n.t("The load cannot be divided among {0} workers.", workers),
    l10n.t("Give a whole number from 1 to 1000."),
  );
}
