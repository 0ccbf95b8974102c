import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { commands, l10n, Range, Uri, window, workspace } from "vscode";
import { PREDICT_FILE_ENDING, predictFileText } from "../domain/predictFile.ts";
import type { PredictParams } from "../protocol/endpointPage.ts";

/**
 * Adds a request of the tester to a file of the workspace, where it is read, sent and tested as text. An answer that is
 * known is expected again.
 * @param answeredStatus of the last answer to it
 * @param folder of the project, where there is one
 */
export async function saveRequest(
  endpointName: string,
  params: Extract<PredictParams, { via: "endpoint" }> & { bodyFile?: string },
  folder: string | undefined,
  answeredStatus: number | undefined,
): Promise<void> {
  const name = await window.showInputBox({
    title: l10n.t("Save the request"),
    prompt: l10n.t("What it is for"),
    value: l10n.t("a request"),
    ignoreFocusOut: true,
    validateInput: (text) => (/\S/.test(text) ? undefined : l10n.t("It needs a name.")),
  });
  if (name === undefined) return;
  const root = folder ?? workspace.workspaceFolders?.find(({ uri }) => uri.scheme === "file")?.uri.fsPath;
  const file = root === undefined ? await askFile(endpointName) : path.join(root, "requests", fileName(endpointName));
  if (file === undefined) return;
  const known = await readFile(file, "utf8").catch(() => "");
  const { mode, contentType, body, targetVariant, headers } = params;
  const bodyFile = params.bodyFile && relativeTo(path.dirname(file), params.bodyFile);
  const request = { name: name.trim(), endpointName, mode, contentType, body, bodyFile, targetVariant, ...headers };
  const text = predictFileText(request, answeredStatus === undefined ? [] : [`status ${answeredStatus}`]);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, known ? `${known.trimEnd()}\n\n${text}` : text);
  const line = known ? known.trimEnd().split("\n").length + 1 : 0;
  await commands.executeCommand("vscode.open", Uri.file(file), { selection: new Range(line, 0, line, 0) });
}

const fileName = (endpointName: string) => `${endpointName}${PREDICT_FILE_ENDING}`;

/** With slashes on every system; objects of S3 stay as they are. */
function relativeTo(folder: string, file: string): string {
  return file.startsWith("s3://") ? file : path.relative(folder, file).split(path.sep).join("/");
}

async function askFile(endpointName: string): Promise<string | undefined> {
  const target = await window.showSaveDialog({
    title: l10n.t("Save the request"),
    defaultUri: Uri.file(path.resolve(fileName(endpointName))),
    filters: { [l10n.t("Prediction requests")]: [PREDICT_FILE_ENDING.slice(1)] },
  });
  return target?.fsPath;
}
