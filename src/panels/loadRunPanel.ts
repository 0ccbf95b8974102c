import { commands, type Disposable, env, l10n, type Uri, ViewColumn, type WebviewPanel, window } from "vscode";
import type { CommandId, ReportArgument } from "../contributions.ts";
import { loadRunChanged, loadRunRequests } from "../protocol/loadRunPage.ts";
import { serveRequests } from "../protocol/transport.ts";
import type { LoadTests, RunProgress } from "../services/loadTests.ts";
import { runMarkdownSummary } from "../services/runExports.ts";
import { runOfReport, runSnapshot } from "./loadRunSnapshot.ts";
import { nothing } from "./pageSchemas.ts";
import { LOAD_RUN_VIEW } from "./restoredPanels.ts";
import { PAGE_UPDATE_MS, throttle } from "./throttle.ts";
import { pageOptions, showPage, webviewPort } from "./webviewHtml.ts";

/** What the panels of runs work with. */
export interface LoadRunPanelServices {
  extensionUri: Uri;
  loadTests: LoadTests;
  /** Finds the file of a run by its id, wherever this window keeps runs; undefined when there is none. */
  findReport(id: string): Promise<string | undefined>;
}

/** Ids are names of files: nothing else is looked for. */
const RUN_ID = /^[\w.-]{1,120}$/;

/**
 * One panel per run, while it goes and afterwards. Closing it stops nothing: the run belongs to the window. After a
 * reload of the window it comes back with what is on disk.
 */
export class LoadRunPanels implements Disposable {
  private readonly open = new Map<string, LoadRunPanel>();
  private readonly forget: () => void;

  constructor(private readonly services: LoadRunPanelServices) {
    this.forget = services.loadTests.onDidChange.on((run) => this.open.get(run.id)?.follow(run));
  }

  show(run: RunProgress): void {
    const known = this.open.get(run.id);
    if (known) known.reveal();
    else this.take(run, createPanel(run, this.services.extensionUri));
  }

  /** Shows a run that has ended. @param reportFile its JSON file. @throws OpsError notFound naming the file */
  async showReport(reportFile: string): Promise<void> {
    const report = await this.services.loadTests.read(reportFile);
    this.show(this.underWay(report.id) ?? runOfReport(report, reportFile));
  }

  /** Of a run that is no more. */
  close(id: string): void {
    this.open.get(id)?.dispose();
  }

  dispose(): void {
    this.forget();
    for (const panel of this.open.values()) panel.dispose();
  }

  private take(run: RunProgress, panel: WebviewPanel): void {
    this.open.set(run.id, new LoadRunPanel(run, panel, this.services, () => this.open.delete(run.id)));
  }

  /** What this window measured itself is newer than its file. */
  private underWay(id: string): RunProgress | undefined {
    const { active } = this.services.loadTests;
    return active?.id === id ? active : undefined;
  }

  /** Takes a panel back that VS Code kept over a reload of the window. */
  async restore(panel: WebviewPanel, state: unknown): Promise<void> {
    const id = (state as { id?: unknown } | undefined)?.id;
    const run = typeof id === "string" && RUN_ID.test(id) ? await this.find(id).catch(() => undefined) : undefined;
    // Its file was deleted meanwhile: an empty page would help nobody.
    if (run && !this.open.has(run.id)) this.take(run, panel);
    else panel.dispose();
  }

  private async find(id: string): Promise<RunProgress | undefined> {
    const underWay = this.underWay(id);
    if (underWay) return underWay;
    const file = await this.services.findReport(id);
    return file === undefined ? undefined : runOfReport(await this.services.loadTests.read(file), file);
  }
}

function createPanel({ plan }: RunProgress, extensionUri: Uri): WebviewPanel {
  return window.createWebviewPanel(
    LOAD_RUN_VIEW,
    l10n.t("Load run {0}", plan.name),
    ViewColumn.Active,
    pageOptions(extensionUri),
  );
}

class LoadRunPanel implements Disposable {
  private readonly page: ReturnType<typeof serveRequests>;
  private readonly update = throttle(PAGE_UPDATE_MS, () => this.page.notify(loadRunChanged, runSnapshot(this.run)));

  constructor(
    private run: RunProgress,
    private readonly panel: WebviewPanel,
    private readonly services: LoadRunPanelServices,
    onClosed: () => void,
  ) {
    panel.webview.options = pageOptions(services.extensionUri);
    this.page = this.serve();
    showPage(panel, services.extensionUri, "loadRun", l10n.t("Load run {0}", run.plan.name));
    panel.onDidDispose(() => {
      this.update.cancel();
      onClosed();
    });
    // What came while nobody looked is drawn when somebody does.
    panel.onDidChangeViewState(() => panel.visible && this.update.call());
  }

  follow(run: RunProgress): void {
    this.run = run;
    if (this.panel.visible) this.update.call();
  }

  reveal(): void {
    this.panel.reveal();
    this.update.call();
  }

  dispose(): void {
    this.panel.dispose();
  }

  private serve() {
    const { loadTests } = this.services;
    const withReport = (command: CommandId) => ({
      params: nothing,
      handle: async () => {
        const { reportFiles } = this.run;
        const argument: ReportArgument | undefined = reportFiles && { reportFile: reportFiles.json };
        await commands.executeCommand(command, argument);
        return null;
      },
    });
    return serveRequests(webviewPort(this.panel.webview), loadRunRequests, {
      ready: { params: nothing, handle: () => runSnapshot(this.run) },
      stop: {
        params: nothing,
        handle: async () => {
          // Only what this page shows: an older panel must not stop a newer run.
          if (loadTests.active?.id === this.run.id) await loadTests.stop();
          return null;
        },
      },
      openReport: withReport("sagemakerOps.loadTest.openReport"),
      explain: withReport("sagemakerOps.loadTest.explain"),
      compare: withReport("sagemakerOps.loadTest.compare"),
      export: withReport("sagemakerOps.loadTest.exportRun"),
      copyMarkdown: {
        params: nothing,
        handle: async () => {
          const { report } = this.run;
          if (report) await env.clipboard.writeText(runMarkdownSummary(report));
          return null;
        },
      },
    });
  }
}
