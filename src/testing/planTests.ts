import { readFile } from "node:fs/promises";
import path from "node:path";
import {
  type CancellationToken,
  type Disposable,
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
  Uri,
  workspace,
} from "vscode";
import { describeOpsError, toOpsError } from "../domain/errors.ts";
import { parseLoadPlan } from "../domain/loadPlan.ts";
import type { LoadTests, RunProgress } from "../services/loadTests.ts";
import { findPlans, PLAN_PATTERN } from "../ui/workspacePlans.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { expectationWords } from "./expectationText.ts";
import { planSelector } from "./planLenses.ts";
import { expectationPath, placeInText } from "./planPlaces.ts";
import { runOutput } from "./runOutput.ts";

/** Asks, then runs a plan to its end; undefined when it was not wanted. */
export type RunPlan = (planFile: string) => Promise<RunProgress | undefined>;

/** Load plans as tests of the Test Explorer: a plan passes when all of its expectations hold. */
export function createPlanTests(loadTests: LoadTests, project: WorkspaceProject, runPlan: RunPlan): Disposable {
  const controller = tests.createTestController("sagemakerOps.loadPlans", l10n.t("SageMaker load tests"));
  // Nothing is read before somebody looks at the tests, or at a plan.
  let isShown = false;
  const discover = async () => {
    isShown = true;
    const files = await findPlans(project);
    const items = await Promise.all(files.map((file) => planItem(controller, file)));
    controller.items.replace(items);
  };
  controller.resolveHandler = async (item) => {
    if (!item) await discover();
  };
  controller.refreshHandler = discover;
  controller.createRunProfile(
    l10n.t("Run"),
    TestRunProfileKind.Run,
    (request, token) => runTests({ controller, loadTests, runPlan }, request, token),
    true,
  );
  const watcher = workspace.createFileSystemWatcher(PLAN_PATTERN);
  const again = () => (isShown ? discover() : undefined);
  const opened = (document: TextDocument) => {
    if (!isShown && languages.match(planSelector, document) > 0) void discover();
  };
  workspace.textDocuments.forEach(opened);
  const watching = [
    workspace.onDidOpenTextDocument(opened),
    watcher.onDidCreate(again),
    watcher.onDidChange(again),
    watcher.onDidDelete(again),
  ];
  const forget = project.onDidChange.on(again);
  return {
    dispose() {
      forget();
      for (const disposable of [...watching, watcher, controller]) disposable.dispose();
    },
  };
}

async function planItem(controller: TestController, file: string): Promise<TestItem> {
  const item = controller.createTestItem(file, path.basename(file), Uri.file(file));
  const text = await readFile(file, "utf8").catch(() => undefined);
  const parsed = text === undefined ? undefined : parseLoadPlan(text, path.basename(file));
  item.range = rangeOf(text ?? "", ["name"]);
  if (text === undefined) item.error = l10n.t("Load plan {0} cannot be read.", file);
  else if (parsed?.ok) item.description = parsed.plan.name === planName(file) ? undefined : parsed.plan.name;
  else item.error = parsed?.message;
  return item;
}

const planName = (file: string) => path.basename(file, ".ramp.json");

interface Runner {
  controller: TestController;
  loadTests: LoadTests;
  runPlan: RunPlan;
}

/** One plan after the other: two at once would measure each other. */
async function runTests(runner: Runner, request: TestRunRequest, token: CancellationToken): Promise<void> {
  const all: TestItem[] = [];
  runner.controller.items.forEach((item) => {
    all.push(item);
  });
  const wanted = (request.include ?? all).filter((item) => !request.exclude?.includes(item));
  const run = runner.controller.createTestRun(request);
  const cancelled = token.onCancellationRequested(() => void runner.loadTests.stop());
  try {
    for (const item of wanted) run.enqueued(item);
    for (const item of wanted) {
      if (token.isCancellationRequested) run.skipped(item);
      else await runOne(runner, run, item);
    }
  } finally {
    cancelled.dispose();
    run.end();
  }
}

async function runOne({ loadTests, runPlan }: Runner, run: TestRun, item: TestItem): Promise<void> {
  const say = (text: string) => run.appendOutput(`${text.replaceAll("\n", "\r\n")}\r\n`, undefined, item);
  run.started(item);
  const output = runOutput(say);
  const startedMs = Date.now();
  const forget = loadTests.onDidChange.on(output);
  try {
    const ended = await runPlan(item.id);
    if (ended) await judge(run, item, ended, Date.now() - startedMs);
    else {
      say(l10n.t("Not started: it was not confirmed."));
      run.skipped(item);
    }
  } catch (error) {
    const failure = toOpsError(error);
    const message = new TestMessage(describeOpsError(failure));
    const { file, line = 1, column = 1 } = failure.place ?? { file: item.id };
    message.location = new Location(Uri.file(file), new Position(line - 1, column - 1));
    run.errored(item, message);
  } finally {
    forget();
  }
}

/** Passed, or failed with a message at the line of each expectation that does not hold. */
async function judge(run: TestRun, item: TestItem, { report, error }: RunProgress, durationMs: number): Promise<void> {
  if (!report) {
    run.errored(
      item,
      new TestMessage(error ? describeOpsError(error) : l10n.t("The run ended without a report.")),
      durationMs,
    );
    return;
  }
  if (report.verdict.passed) {
    run.passed(item, durationMs);
    return;
  }
  // The file as it is now: somebody may have typed above the expectations while the plan ran.
  const text = await readFile(item.id, "utf8").catch(() => "");
  const failed = report.expectations.filter(({ passed }) => !passed);
  const messages = failed.map((result) => {
    const { name, asked, measured } = expectationWords(result);
    const message = TestMessage.diff(l10n.t("{0} {1}, was {2}", name, asked, measured), asked, measured);
    message.location = new Location(Uri.file(item.id), rangeOf(text, expectationPath(result)));
    return message;
  });
  const why = new TestMessage(
    report.interrupted ? l10n.t("Interrupted: {0}", report.verdict.sentence) : report.verdict.sentence,
  );
  run.failed(item, messages.length ? messages : why, durationMs);
}

function rangeOf(text: string, place: PropertyKey[] | ReturnType<typeof expectationPath>): Range {
  const { start, end } = placeInText(text, place);
  return new Range(start.line - 1, start.column - 1, end.line - 1, end.column - 1);
}
