import { readFile } from "node:fs/promises";
import path from "node:path";
import { Uri, window, workspace } from "vscode";
import type { SavedRequestArgument } from "../contributions.ts";
import { describeConnection } from "../domain/connection.ts";
import { OpsError } from "../domain/errors.ts";
import { failedAssertion, parsePredictFile, type SavedRequest } from "../domain/predictFile.ts";
import type { Connections } from "../services/connections.ts";
import type { Predictor } from "../services/predictor.ts";
import { type SentRequest, sendSavedRequest } from "../services/savedRequests.ts";
import { formatNumber } from "../ui/format.ts";
import type { MarkdownDocuments } from "../ui/markdownDocument.ts";
import { pickOne } from "../ui/prompts.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { requireConnection } from "./connection.ts";
import { codeBlock, escapeMarkdown } from "./explanationText.ts";
import { assertTrusted } from "./project.ts";
import type { CommandTable } from "./register.ts";

/** What saved requests work with. */
export interface PredictionServices {
  connections: Connections;
  predictor: Predictor;
  project: WorkspaceProject;
  documents: MarkdownDocuments;
}

/** Requests that are kept as files of the project. */
export function predictionCommands(services: PredictionServices): Pick<CommandTable, "sagemakerOps.prediction.send"> {
  return {
    "sagemakerOps.prediction.send": async (argument) => {
      const found = await findRequest(argument);
      if (!found) return;
      const { file, saved } = found;
      const connection = requireConnection(services.connections);
      const sent = await sendSaved(services, saved, file);
      await services.documents.show(
        `Answer to ${saved.name}`,
        answerMarkdown(saved, sent, describeConnection(connection)),
      );
    },
  };
}

/** Sends a saved request; for the Test Explorer, too. @throws OpsError in an untrusted workspace, and without a connection */
export function sendSaved(
  { connections, predictor, project }: PredictionServices,
  saved: SavedRequest,
  file: string,
): Promise<SentRequest> {
  requireConnection(connections);
  assertTrusted("Sending a saved request");
  return sendSavedRequest(predictor, saved, file, project.endpointName);
}

/** The request at a line of a file; from the palette one of the open file. */
async function findRequest(
  argument: SavedRequestArgument | undefined,
): Promise<{ file: string; saved: SavedRequest } | undefined> {
  const file = argument?.requestFile ?? window.activeTextEditor?.document.fileName;
  if (!file?.endsWith(".predict.http"))
    throw new OpsError("badInput", "No file of saved requests is open.", {
      hint: "They are files *.predict.http; the wine example has requests/wine.predict.http.",
    });
  const open = workspace.textDocuments.find(({ uri }) => uri.fsPath === Uri.file(file).fsPath);
  const { requests } = parsePredictFile(open?.getText() ?? (await readFile(file, "utf8")));
  const named = requests.find(({ line }) => line === argument?.line);
  if (named) return { file, saved: named };
  if (requests.length === 0)
    throw new OpsError("badInput", `${path.basename(file)} has no request.`, {
      hint: "Begin one with ### NAME.",
      place: { file },
    });
  const choices = requests.map((request) => ({
    label: request.name,
    description: request.endpointName ?? "the project's endpoint",
    value: request,
  }));
  const saved = choices.length === 1 ? choices[0]?.value : await pickOne("Request", choices);
  return saved && { file, saved };
}

/** An answer as a page to read, with its assertions first. */
export function answerMarkdown(saved: SavedRequest, { request, response }: SentRequest, place: string): string {
  const { status, latencyMs, variant, contentType, body, probabilities, error } = response;
  const answer = { status, body, latencyMs, values: probabilities };
  const assertions = saved.assertions.map((assertion) => {
    const seen = failedAssertion(assertion, answer);
    return seen === undefined
      ? `- ✓ ${escapeMarkdown(assertion.text)}`
      : `- ✗ **${escapeMarkdown(assertion.text)}**, was ${escapeMarkdown(seen)}`;
  });
  const facts = [
    `HTTP ${status}`,
    `${formatNumber(latencyMs, latencyMs < 10 ? 1 : 0)} ms`,
    variant,
    contentType,
  ].filter((fact): fact is string => Boolean(fact));
  const isJson = /\bjson\b/.test(contentType ?? "");
  const lines = [
    `# ${escapeMarkdown(saved.name)}`,
    "",
    `${escapeMarkdown(request.endpointName)} · ${escapeMarkdown(place)}`,
    "",
    `**${facts.map(escapeMarkdown).join(" · ")}**`,
    ...(error ? ["", `${escapeMarkdown(error.code)}: ${escapeMarkdown(error.originalMessage ?? error.message)}`] : []),
    ...(assertions.length ? ["", ...assertions] : []),
    "",
    codeBlock([(isJson ? pretty(body) : body).trimEnd() || "(empty)"], isJson ? "json" : "text"),
  ];
  return `${lines.join("\n")}\n`;
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), undefined, 2);
  } catch {
    return json;
  }
}
