import { createHash, randomBytes } from "node:crypto";
import { OpsError } from "../../domain/errors.ts";
import type { Tool, ToolPreview, ToolServices } from "./tool.ts";

/** A yes is for what was just shown. */
const VALID_MS = 10 * 60_000;

/** What a tool would do, with the token that a yes to exactly this needs. */
export interface OfferedTool {
  preview: ToolPreview;
  token: string;
}

/**
 * Tokens between a preview and its confirmation, for callers that have no dialog: each is good once, for ten minutes,
 * and only while the same input would still do the same thing at the same place.
 */
export class Confirmations {
  private readonly offered = new Map<string, { fingerprint: string; untilMs: number }>();

  /** @throws OpsError what the tool's preview throws */
  async offer(tool: Tool, services: ToolServices, input: unknown): Promise<OfferedTool> {
    const preview = await previewOf(tool, services, input);
    const token = randomBytes(16).toString("hex");
    this.offered.set(token, { fingerprint: fingerprint(tool, input, preview), untilMs: Date.now() + VALID_MS });
    return { preview, token };
  }

  /** @throws OpsError conflict for a token that is unknown, used, too old, or of something else */
  async redeem(tool: Tool, services: ToolServices, input: unknown, token: string): Promise<void> {
    const known = this.offered.get(token);
    this.offered.delete(token);
    const refuse = (why: string) =>
      new OpsError("conflict", `The confirmation of ${tool.name} does not hold: ${why}.`, {
        hint: "Call it without confirm, show what it would do, and confirm with the new token.",
      });
    if (!known) throw refuse("its token is unknown, or was used before");
    if (known.untilMs < Date.now()) throw refuse("its token is older than ten minutes");
    const now = await previewOf(tool, services, input);
    if (fingerprint(tool, input, now) !== known.fingerprint)
      throw refuse("the input, or what it would do, is not what was previewed");
  }
}

async function previewOf(tool: Tool, services: ToolServices, input: unknown): Promise<ToolPreview> {
  const preview = await tool.preview?.(services, input);
  return preview ?? { title: tool.title, facts: [], warnings: [] };
}

function fingerprint({ name }: Tool, input: unknown, preview: ToolPreview): string {
  return createHash("sha256")
    .update(JSON.stringify([name, sorted(input), preview]))
    .digest("hex");
}

/** The same members in another order are the same input. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A preview as text: the question with everything that one should know before answering. */
export function previewText({ title, facts, warnings }: ToolPreview): string {
  const lines = [
    `${title}?`,
    ...facts.map(({ label, value }) => `- ${label}: ${value}`),
    ...warnings.map((warning) => `- Warning: ${warning}`),
  ];
  return lines.join("\n");
}
