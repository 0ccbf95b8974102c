import path from "node:path";
import * as l10n from "@vscode/l10n";
import { z } from "zod";
import type { Connection } from "../../domain/connection.ts";
import { OpsError } from "../../domain/errors.ts";
import { schemaMessage } from "../../domain/schemaMessages.ts";
import type { Connections } from "../connections.ts";
import type { Endpoints } from "../endpoints.ts";
import type { LoadTests } from "../loadTests.ts";
import type { MetricPoller } from "../metricPoller.ts";
import type { Predictor } from "../predictor.ts";
import type { ProjectContext } from "../projects.ts";
import type { ScalingExplainer } from "../scalingExplainer.ts";
import type { StackDeployer } from "../stackDeployer.ts";

/** What tools work with; the same in the editor and in the MCP server. */
export interface ToolServices {
  connections: Connections;
  endpoints: Endpoints;
  metrics: MetricPoller;
  predictor: Predictor;
  scalingExplainer: ScalingExplainer;
  loadTests: LoadTests;
  deployer: StackDeployer;
  /** The project that is open; undefined without one. */
  project(): Promise<ProjectContext | undefined>;
  /** Folders whose load plans may be run: a model must not name files elsewhere. */
  folders(): readonly string[];
}

/** What a tool does to an account: reads only, sends requests to an endpoint, or changes something. */
export type ToolEffect = "reads" | "sends" | "changes";

/** What will happen, for whoever says yes or no to it. */
export interface ToolPreview {
  /** A question without its question mark: `Send 42,000 requests to wine-endpoint`. */
  title: string;
  /** Account, region, target and cost among them. */
  facts: { label: string; value: string }[];
  warnings: string[];
  /** What else the yes is for, such as the content of a file; never shown. */
  binding?: string;
}

/** What a tool found, as a sentence and as data. Holds no credentials. */
export interface ToolResult {
  summary: string;
  data: Record<string, unknown>;
}

export interface ToolRun {
  signal?: AbortSignal;
  /** Says how far it is. */
  onProgress?(text: string): void;
}

/** A tool that a language model may call. */
export interface Tool {
  name: string;
  title: string;
  /** For the model: what it gives, and when to call it. */
  description: string;
  effect: ToolEffect;
  input: z.ZodObject;
  /** Only of tools that send or change something. Changes nothing itself. @throws OpsError for what could not be done */
  preview?(services: ToolServices, input: unknown): Promise<ToolPreview>;
  run(services: ToolServices, input: unknown, run: ToolRun): Promise<ToolResult>;
}

/** What a tool is made from: the same with its input's type. */
interface ToolDefinition<Shape extends z.ZodRawShape> extends Omit<Tool, "input" | "preview" | "run"> {
  input: z.ZodObject<Shape>;
  preview?(services: ToolServices, input: z.infer<z.ZodObject<Shape>>): Promise<ToolPreview>;
  run(services: ToolServices, input: z.infer<z.ZodObject<Shape>>, run: ToolRun): Promise<ToolResult>;
}

/** A tool whose input is checked before it is used. */
export function defineTool<Shape extends z.ZodRawShape>(definition: ToolDefinition<Shape>): Tool {
  const { name, input, preview, run } = definition;
  const checked = (given: unknown) => {
    const parsed = input.safeParse(given ?? {}, { error: schemaMessage });
    if (parsed.success) return parsed.data;
    const what = parsed.error.issues.map((issue) => `${issue.path.join(".") || "input"}: ${issue.message}`).join("; ");
    throw new OpsError("badInput", `${name} was called with something unusable: ${what}.`, {
      hint: "Correct the input by the tool's schema.",
    });
  };
  return {
    ...definition,
    preview: preview && (async (services, given) => preview(services, checked(given))),
    run: async (services, given, options) => run(services, checked(given), options),
  };
}

/** Name of an endpoint (API reference, InvokeEndpoint). */
export const endpointName = z
  .string()
  .regex(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/, "letters, digits and hyphens, at most 63")
  .describe("Name of the endpoint.");

/** Where something happens, as every result and every question says it. */
export function placeOf({ kind, accountId, region }: Connection): {
  account: string;
  region: string;
  sandbox: boolean;
} {
  return { account: accountId, region, sandbox: kind === "sandbox" };
}

/** The same as facts of a question. */
export function placeFacts({ kind, accountId, region }: Connection): ToolPreview["facts"] {
  return [
    {
      label: l10n.t("Account"),
      value: kind === "sandbox" ? l10n.t("{0} (sandbox, simulated instances)", accountId) : accountId,
    },
    { label: l10n.t("Region"), value: region },
  ];
}

/**
 * A file that a model named, within the folders that it may name files of.
 * @throws OpsError badInput for one elsewhere
 */
export function fileWithin(folders: readonly string[], name: string): string {
  for (const folder of folders) {
    const file = path.resolve(folder, name);
    const relative = path.relative(folder, file);
    if (relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative)) return file;
  }
  throw new OpsError("badInput", l10n.t("{0} is not a file of the open project.", name), {
    hint: folders.length
      ? l10n.t("Name one below {0}.", folders.join(l10n.t(" or ")))
      : l10n.t("Open the folder of a project first."),
  });
}

/** At most so many significant digits: a model reads 4.123, not 4.1234567890123. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

export const isoTime = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString();
