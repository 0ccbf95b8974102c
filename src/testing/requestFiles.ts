import path from "node:path";
import {
  type CancellationToken,
  CodeLens,
  Diagnostic,
  DiagnosticSeverity,
  Disposable,
  Location,
  l10n,
  languages,
  Position,
  Range,
  type TestController,
  type TestItem,
  TestMessage,
  type TestRun,
  TestRunProfileKind,
  type TestRunRequest,
  type TextDocument,
  tests,
  type Uri,
  workspace,
} from "vscode";
import type { CommandId, SavedRequestArgument } from "../contributions.ts";
import { describeOpsError, toOpsError } from "../domain/errors.ts";
import { fixedText } from "../domain/numberText.ts";
import { failedExpectations, PREDICT_FILE_ENDING, parsePredictFile, type SavedRequest } from "../domain/predictFile.ts";
import type { SentRequest } from "../services/savedRequests.ts";
import { createRequestCompletion } from "./requestCompletion.ts";

const PATTERN = `**/*${PREDICT_FILE_ENDING}`;
const selector = { scheme: "file", pattern: PATTERN };
const MOST_FILES = 500;
const sendCommand: CommandId = "sagemakerOps.prediction.send";

/** Sends one saved request. */
export type SendSaved = (saved: SavedRequest, file: string, signal?: AbortSignal) => Promise<SentRequest>;

/** Files of saved requests: *Send* above each, problems at their lines, and each request as a test. */
export function createRequestFiles(send: SendSaved): Disposable {
  const lenses = languages.registerCodeLensProvider(selector, {
    provideCodeLenses: (document) =>
      parsePredictFile(document.getText()).requests.map(({ line }) => {
        const argument: SavedRequestArgument = { requestFile: document.fileName, line };
        const range = new Range(line - 1, 0, line - 1, 0);
        return new CodeLens(range, { title: `$(play) ${l10n.t("Send")}`, command: sendCommand, arguments: [argument] });
      }),
  });
  return Disposable.from(lenses, createRequestCompletion(selector), createProblems(), createTests(send));
}

function createProblems(): Disposable {
  const collection = languages.createDiagnosticCollection("sagemakerOps.requests");
  const look = (document: TextDocument) => {
    if (languages.match(selector, document) === 0) return;
    const { problems } = parsePredictFile(document.getText());
    const found = problems.map(({ line, message }) => {
      const diagnostic = new Diagnostic(document.lineAt(line - 1).range, message, DiagnosticSeverity.Error);
      diagnostic.source = "SageMaker Ops";
      return diagnostic;
    });
    collection.set(document.uri, found);
  };
  workspace.textDocuments.forEach(look);
  return Disposable.from(
    collection,
    workspace.onDidOpenTextDocument(look),
    workspace.onDidChangeTextDocument(({ document }) => look(document)),
    workspace.onDidCloseTextDocument(({ uri }) => collection.delete(uri)),
  );
}

function createTests(send: SendSaved): Disposable {
  const controller = tests.createTestController("sagemakerOps.requests", l10n.t("SageMaker requests"));
  let isShown = false;
  const discover = async () => {
    isShown = true;
    const files = await workspace.findFiles(PATTERN, "**/node_modules/**", MOST_FILES);
    const items = await Promise.all(files.map((uri) => fileItem(controller, uri)));
    controller.items.replace(items);
  };
  controller.resolveHandler = async (item) => {
    if (!item) await discover();
  };
  controller.refreshHandler = discover;
  controller.createRunProfile(
    l10n.t("Send"),
    TestRunProfileKind.Run,
    (request, token) => runTests(controller, request, token, send),
    true,
  );
  const watcher = workspace.createFileSystemWatcher(PATTERN);
  // Nothing is read before somebody looks at the tests, or at a file that has some.
  const again = () => (isShown ? discover() : undefined);
  const opened = (document: TextDocument) => {
    if (!isShown && languages.match(selector, document) > 0) void discover();
  };
  workspace.textDocuments.forEach(opened);
  return Disposable.from(
    controller,
    watcher,
    workspace.onDidOpenTextDocument(opened),
    watcher.onDidCreate(again),
    watcher.onDidChange(again),
    watcher.onDidDelete(again),
  );
}

async function readRequests(uri: Uri): Promise<SavedRequest[]> {
  const bytes = await workspace.fs.readFile(uri);
  return parsePredictFile(new TextDecoder().decode(bytes)).requests;
}

async function fileItem(controller: TestController, uri: Uri): Promise<TestItem> {
  const item = controller.createTestItem(uri.toString(), path.basename(uri.fsPath), uri);
  const requests = await readRequests(uri).catch(() => []);
  item.children.replace(
    requests.map(({ name, line, assertions }) => {
      const child = controller.createTestItem(`${uri.toString()}#${line}`, name, uri);
      child.range = new Range(line - 1, 0, line - 1, 0);
      child.description = assertions.length === 0 ? l10n.t("no expectations: HTTP 2xx passes") : undefined;
      return child;
    }),
  );
  return item;
}

async function runTests(
  controller: TestController,
  request: TestRunRequest,
  token: CancellationToken,
  send: SendSaved,
): Promise<void> {
  const wanted: TestItem[] = [];
  const take = (item: TestItem) => {
    if (request.exclude?.includes(item)) return;
    if (item.children.size === 0) wanted.push(item);
    item.children.forEach(take);
  };
  if (request.include) request.include.forEach(take);
  else controller.items.forEach(take);
  const run = controller.createTestRun(request);
  for (const item of wanted) run.enqueued(item);
  const abort = new AbortController();
  const stopping = token.onCancellationRequested(() => abort.abort());
  for (const item of wanted) {
    if (token.isCancellationRequested) run.skipped(item);
    else await runOne(run, item, (saved, file) => send(saved, file, abort.signal));
  }
  stopping.dispose();
  run.end();
}

async function runOne(run: TestRun, item: TestItem, send: SendSaved): Promise<void> {
  const { uri } = item;
  if (!uri) return;
  run.started(item);
  const line = (item.range?.start.line ?? 0) + 1;
  try {
    const saved = (await readRequests(uri)).find((each) => each.line === line);
    if (!saved) throw new Error(l10n.t("There is no request at line {0} any more.", line));
    judge(run, item, uri, saved, await send(saved, uri.fsPath));
  } catch (error) {
    const failure = toOpsError(error);
    const message = new TestMessage(describeOpsError(failure));
    message.location = new Location(uri, new Position(line - 1, 0));
    run.errored(item, message);
  }
}

/** Without expectations of its own a request wants an answer with HTTP 2xx. */
function judge(run: TestRun, item: TestItem, uri: Uri, saved: SavedRequest, { response }: SentRequest): void {
  const { status, body, latencyMs, probabilities, error } = response;
  const answer = { status, body, latencyMs, values: probabilities };
  run.appendOutput(l10n.t("{0}: HTTP {1}, {2} ms\r\n", saved.name, status, fixedText(latencyMs, 1)), undefined, item);
  run.appendOutput(`${body.slice(0, 2000).replace(/\r?\n/g, "\r\n")}\r\n`, undefined, item);
  const messages = failedExpectations(saved, { ...answer, error }).map(({ line, expected, seen }) => {
    if (line === undefined) return new TestMessage(seen);
    const message = TestMessage.diff(l10n.t("{0}, was {1}", expected, seen), expected, seen);
    message.location = new Location(uri, new Position(line - 1, 0));
    return message;
  });
  if (messages.length) run.failed(item, messages, latencyMs);
  else run.passed(item, latencyMs);
}
