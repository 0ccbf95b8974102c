import { readFile } from "node:fs/promises";
import path from "node:path";
import { l10n, Uri, window, workspace } from "vscode";
import type { SavedRequestArgument } from "../contributions.ts";
import { describeConnection } from "../domain/connection.ts";
import { OpsError } from "../domain/errors.ts";
import { failedAssertion, PREDICT_FILE_ENDING, parsePredictFile, type SavedRequest } from "../domain/predictFile.ts";
import type { PredictionResponse } from "../domain/prediction.ts";
import { type AsyncPredictor, asyncBucket } from "../services/asyncPredictor.ts";
import type { Connections } from "../services/connections.ts";
import type { Predictor } from "../services/predictor.ts";
import { type SentRequest, sendSavedRequest } from "../services/savedRequests.ts";
import { formatNumber } from "../ui/format.ts";
import type { MarkdownDocuments } from "../ui/markdownDocument.ts";
import { withCancellableProgress } from "../ui/progress.ts";
import { pickOne } from "../ui/prompts.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { requireConnection } from "./connection.ts";
import { codeBlock, escapeMarkdown } from "./explanationText.ts";
import type { CommandTable } from "./register.ts";
import { assertTrusted } from "./trust.ts";

/** What saved requests work with. */
export interface PredictionServices {
  connections: Connections;
  predictor: Predictor;
  asyncPredictor: AsyncPredictor;
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
      const sent = await sendCancellably(services, saved, file);
      await services.documents.show(
        l10n.t("Answer to {0}", saved.name),
        answerMarkdown(saved, sent, describeConnection(connection)),
        true,
      );
    },
  };
}

/** Sends a saved request; for the Test Explorer, too. @throws OpsError in an untrusted workspace, and without a connection */
export function sendSaved(
  { connections, predictor, asyncPredictor, project }: PredictionServices,
  saved: SavedRequest,
  file: string,
  signal?: AbortSignal,
): Promise<SentRequest> {
  requireConnection(connections);
  assertTrusted(l10n.t("Sending a saved request"));
  const { endpointName } = project;
  const bucket = () => asyncBucket(connections, project.project?.project);
  return sendSavedRequest({ predictor, asyncPredictor }, saved, file, { endpointName, bucket }, signal);
}

/** What may take long can be stopped: a stream ends with what came. */
function sendCancellably(services: PredictionServices, saved: SavedRequest, file: string): Promise<SentRequest> {
  if (saved.mode !== "stream" && saved.mode !== "async") return sendSaved(services, saved, file);
  const title = l10n.t("Waiting for the answer to {0}", saved.name);
  return withCancellableProgress(title, (_, signal) => sendSaved(services, saved, file, signal));
}

/** The request that a lens names, or the one at the cursor; one that is picked where the cursor is above all. */
async function findRequest(
  argument: SavedRequestArgument | undefined,
): Promise<{ file: string; saved: SavedRequest } | undefined> {
  const editor = argument ? undefined : window.activeTextEditor;
  const file = argument?.requestFile ?? editor?.document.fileName;
  if (!file?.endsWith(PREDICT_FILE_ENDING))
    throw new OpsError("badInput", l10n.t("No file of saved requests is open."), {
      hint: l10n.t("They are files *.predict.http; the wine example has requests/wine.predict.http."),
    });
  const open = workspace.textDocuments.find(({ uri }) => uri.fsPath === Uri.file(file).fsPath);
  const { requests } = parsePredictFile(open?.getText() ?? (await readFile(file, "utf8")));
  const named = editor
    ? requests.findLast(({ line }) => line <= editor.selection.active.line + 1)
    : requests.find(({ line }) => line === argument?.line);
  if (named) return { file, saved: named };
  if (requests.length === 0)
    throw new OpsError("badInput", l10n.t("{0} has no request.", path.basename(file)), {
      hint: l10n.t("Begin one with ### NAME."),
      place: { file },
    });
  const choices = requests.map((request) => ({
    label: request.name,
    description: request.endpointName ?? l10n.t("the project's endpoint"),
    value: request,
  }));
  const saved = choices.length === 1 ? choices[0]?.value : await pickOne(l10n.t("Request"), choices);
  return saved && { file, saved };
}

/** An answer as a page to read, with its assertions first. */
export function answerMarkdown(saved: SavedRequest, { request, response }: SentRequest, place: string): string {
  const { status, latencyMs, variant, contentType, body, bytes, probabilities, error, stream } = response;
  const answer = { status, body, latencyMs, values: probabilities };
  const assertions = saved.assertions.map((assertion) => {
    const seen = failedAssertion(assertion, answer);
    return seen === undefined
      ? `- ✓ ${escapeMarkdown(assertion.text)}`
      : l10n.t("- ✗ **{0}**, was {1}", escapeMarkdown(assertion.text), escapeMarkdown(seen));
  });
  const facts = [
    `HTTP ${status}`,
    `${formatNumber(latencyMs, latencyMs < 10 ? 1 : 0)} ms`,
    variant,
    contentType,
    stream && streamFact(stream),
    response.async?.outputLocation,
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
    bytes
      ? l10n.t(
          "{0} bytes that are not text: send it in the tester to look at it or to save it.",
          formatNumber(bytes.length),
        )
      : codeBlock([(isJson ? pretty(body) : body).trimEnd() || l10n.t("(empty)")], isJson ? "json" : "text"),
  ];
  return `${lines.join("\n")}\n`;
}

function streamFact({ parts, firstPartMs, stopped }: NonNullable<PredictionResponse["stream"]>): string {
  const first = firstPartMs === undefined ? "–" : formatNumber(firstPartMs, firstPartMs < 10 ? 1 : 0);
  const text = l10n.t("{0} parts, the first after {1} ms", formatNumber(parts), first);
  return stopped ? l10n.t("{0}, stopped", text) : text;
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), undefined, 2);
  } catch {
    return json;
  }
}
