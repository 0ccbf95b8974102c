import { commands, type Disposable, env, type Uri, ViewColumn, type WebviewPanel, window } from "vscode";
import type { CommandId, ReportArgument } from "../contributions.ts";
import { planSeconds } from "../domain/loadPlan.ts";
import { type LoadRunPageSnapshot, loadRunChanged, loadRunRequests } from "../protocol/loadRunPage.ts";
import { serveRequests, toWireError } from "../protocol/transport.ts";
import type { LoadTests, RunProgress } from "../services/loadTests.ts";
import { expectedTexts } from "./expectedTexts.ts";
import { nothing } from "./pageSchemas.ts";
import { PAGE_UPDATE_MS, throttle } from "./throttle.ts";
import { pageHtml, pageRoot, webviewPort } from "./webviewHtml.ts";

/** One panel per run. Closing it stops nothing: the run belongs to the window. */
export class LoadRunPanels implements Disposable {
  private readonly open = new Map<string, LoadRunPanel>();
  private readonly forget: () => void;

  constructor(
    private readonly extensionUri: Uri,
    private readonly loadTests: LoadTests,
  ) {
    this.forget = loadTests.onDidChange.on((run) => this.open.get(run.id)?.follow(run));
  }

  show(run: RunProgress): void {
    const known = this.open.get(run.id);
    if (known) known.reveal();
    else {
      const panel = new LoadRunPanel(run, this.extensionUri, this.loadTests, () => this.open.delete(run.id));
      this.open.set(run.id, panel);
    }
  }

  dispose(): void {
    this.forget();
    for (const panel of this.open.values()) panel.dispose();
  }
}

class LoadRunPanel implements Disposable {
  private readonly panel: WebviewPanel;
  private readonly page: ReturnType<typeof serveRequests>;
  private readonly update = throttle(PAGE_UPDATE_MS, () => this.page.notify(loadRunChanged, snapshotOf(this.run)));

  constructor(
    private run: RunProgress,
    extensionUri: Uri,
    private readonly loadTests: LoadTests,
    onClosed: () => void,
  ) {
    const title = `Load run ${run.plan.name}`;
    this.panel = window.createWebviewPanel("sagemakerOps.loadRun", title, ViewColumn.Active, {
      enableScripts: true,
      localResourceRoots: [pageRoot(extensionUri)],
    });
    this.page = this.serve();
    this.panel.webview.html = pageHtml(this.panel.webview, extensionUri, "loadRun", title);
    this.panel.onDidDispose(() => {
      this.update.cancel();
      onClosed();
    });
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
    const withReport = async (command: CommandId) => {
      const { reportFiles } = this.run;
      const argument: ReportArgument | undefined = reportFiles && { reportFile: reportFiles.json };
      await commands.executeCommand(command, argument);
      return null;
    };
    return serveRequests(webviewPort(this.panel.webview), loadRunRequests, {
      ready: { params: nothing, handle: () => snapshotOf(this.run) },
      stop: {
        params: nothing,
        handle: async () => {
          // Only what this page shows: an older panel must not stop a newer run.
          if (this.loadTests.active?.id === this.run.id) await this.loadTests.stop();
          return null;
        },
      },
      openReport: { params: nothing, handle: () => withReport("sagemakerOps.loadTest.openReport") },
      explain: { params: nothing, handle: () => withReport("sagemakerOps.loadTest.explain") },
      copySummary: {
        params: nothing,
        handle: async () => {
          await env.clipboard.writeText(this.run.report?.verdict.sentence ?? "");
          return null;
        },
      },
    });
  }
}

function snapshotOf(run: RunProgress): LoadRunPageSnapshot {
  const { id, plan, target, connection, phase, startedAtMs, points, instances, marks, report } = run;
  return {
    id,
    planName: plan.name,
    target,
    place: connection.sandbox ? `sandbox · ${connection.region}` : `${connection.accountId} · ${connection.region}`,
    simulated: connection.sandbox,
    phase,
    startedAtMs: report?.startedAtMs ?? startedAtMs,
    planSeconds: planSeconds(plan.stages),
    stages: plan.stages,
    points,
    instances,
    marks,
    policyTargetPerMinute: run.policyTargetPerMinute,
    expected: expectedTexts(plan.expect),
    expectations: report?.expectations,
    verdict: report?.verdict,
    interrupted: report?.interrupted,
    warnings: report?.warnings ?? [],
    hasReport: run.reportFiles !== undefined,
    error: run.error && toWireError(run.error),
  };
}
