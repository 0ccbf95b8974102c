import { commands, type Disposable, env, l10n, type Uri, ViewColumn, type WebviewPanel, window } from "vscode";
import type { CommandId, EndpointArgument } from "../contributions.ts";
import { describeConnection } from "../domain/connection.ts";
import { OpsError } from "../domain/errors.ts";
import type { EndpointMetrics } from "../domain/metric.ts";
import type { PredictionProgress } from "../domain/prediction.ts";
import {
  type ChartRange,
  chartRanges,
  type EndpointPageSnapshot,
  type EndpointTab,
  endpointChanged,
  endpointRequests,
  predictionProgressed,
} from "../protocol/endpointPage.ts";
import { serveRequests, toWireError, type WireError } from "../protocol/transport.ts";
import type { AsyncPredictor } from "../services/asyncPredictor.ts";
import type { Connections } from "../services/connections.ts";
import type { EndpointDetail, Endpoints } from "../services/endpoints.ts";
import type { MetricPoller } from "../services/metricPoller.ts";
import type { Predictor } from "../services/predictor.ts";
import type { StackDeployer } from "../services/stackDeployer.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { goneError, header, marks } from "./endpointFacts.ts";
import { chartExport, chartRange, copiedText, logSpan, nothing, predictParams } from "./pageSchemas.ts";
import { saveCharts } from "./saveCharts.ts";
import { TesterHost } from "./testerHost.ts";
import { PAGE_UPDATE_MS, throttle } from "./throttle.ts";
import { pageHtml, pageRoot, webviewPort } from "./webviewHtml.ts";

/** What an endpoint's panel works with. */
export interface EndpointPanelServices {
  extensionUri: Uri;
  connections: Connections;
  endpoints: Endpoints;
  predictor: Predictor;
  asyncPredictor: AsyncPredictor;
  metrics: MetricPoller;
  project: WorkspaceProject;
  deployer: StackDeployer;
}

const SANDBOX_HEADER_MS = 2_000;
const AWS_HEADER_MS = 30_000;
/** One panel per endpoint, shown again instead of made again. */
export class EndpointPanels implements Disposable {
  private readonly open = new Map<string, EndpointPanel>();

  constructor(private readonly services: EndpointPanelServices) {}

  show(endpointName: string, tab: EndpointTab): void {
    const known = this.open.get(endpointName);
    if (known) {
      known.reveal(tab);
      return;
    }
    const panel = new EndpointPanel(endpointName, tab, this.services, () => this.open.delete(endpointName));
    this.open.set(endpointName, panel);
  }

  dispose(): void {
    for (const panel of this.open.values()) panel.dispose();
  }
}

class EndpointPanel implements Disposable {
  private readonly panel: WebviewPanel;
  private readonly update = throttle(PAGE_UPDATE_MS, () => this.page.notify(endpointChanged, this.snapshot()));
  private readonly page: ReturnType<typeof serveRequests>;
  private readonly forget: (() => void)[];
  private subscription: { setVisible(visible: boolean): void; dispose(): void } | undefined;
  private timer: NodeJS.Timeout | undefined;
  private range: ChartRange = chartRanges[0];
  private focus: { tab: EndpointTab; serial: number };
  private detail: EndpointDetail | undefined;
  private detailError: WireError | undefined;
  private readings: EndpointMetrics | undefined;
  private readingsError: WireError | undefined;
  private readonly tester: TesterHost;
  private progress: PredictionProgress | undefined;
  private readonly progressUpdate = throttle(PAGE_UPDATE_MS, () => {
    if (this.progress) this.page.notify(predictionProgressed, this.progress);
  });
  private disposed = false;
  private isProject = false;

  constructor(
    private readonly name: string,
    tab: EndpointTab,
    private readonly services: EndpointPanelServices,
    onClosed: () => void,
  ) {
    const { extensionUri } = services;
    this.focus = { tab, serial: 1 };
    const apiUrl = () => this.apiUrl();
    this.tester = new TesterHost(name, services, apiUrl, (progress) => {
      this.progress = progress;
      this.progressUpdate.call();
    });
    this.panel = window.createWebviewPanel("sagemakerOps.endpoint", name, ViewColumn.Active, {
      enableScripts: true,
      localResourceRoots: [pageRoot(extensionUri)],
    });
    this.page = this.serve();
    this.panel.webview.html = pageHtml(this.panel.webview, extensionUri, "endpoint", l10n.t("Endpoint {0}", name));
    this.panel.onDidChangeViewState(() => this.followVisibility());
    this.panel.onDidDispose(() => {
      this.close();
      onClosed();
    });
    this.forget = [
      services.connections.onDidChange.on(() => this.startOver()),
      services.endpoints.onDidChange.on((names) => {
        if (names.length === 0 || names.includes(name)) void this.readDetail(false);
      }),
      services.project.onDidChange.on(() => this.update.call()),
    ];
    this.startOver();
  }

  reveal(tab: EndpointTab): void {
    this.focus = { tab, serial: this.focus.serial + 1 };
    this.panel.reveal();
    this.update.call();
  }

  dispose(): void {
    this.panel.dispose();
  }

  private serve() {
    const run = async (command: CommandId, ...args: unknown[]) => {
      await commands.executeCommand(command, ...args);
      return null;
    };
    const done = async (work: () => void | Promise<void>) => {
      await work();
      return null;
    };
    const target: EndpointArgument = { endpointName: this.name };
    return serveRequests(webviewPort(this.panel.webview), endpointRequests, {
      ready: { params: nothing, handle: () => this.snapshot() },
      predict: {
        params: predictParams,
        handle: (params) => {
          this.progress = undefined;
          return this.tester.predict(params);
        },
      },
      stopPrediction: { params: nothing, handle: () => done(() => this.tester.stop()) },
      chooseFile: { params: nothing, handle: () => this.tester.chooseFile() },
      saveAnswer: { params: nothing, handle: () => done(() => this.tester.saveAnswer()) },
      setRange: {
        params: chartRange,
        handle: (range) => {
          this.range = range;
          this.subscribe();
          return null;
        },
      },
      retry: {
        params: nothing,
        handle: () => {
          this.startOver();
          return null;
        },
      },
      runLoadTest: { params: nothing, handle: () => run("sagemakerOps.loadTest.run", target) },
      showLogs: {
        params: logSpan,
        handle: (span) => run("sagemakerOps.endpoint.showLogs", { ...target, ...span }),
      },
      explainScaling: { params: nothing, handle: () => run("sagemakerOps.endpoint.explainScaling", target) },
      explainFailure: { params: nothing, handle: () => run("sagemakerOps.endpoint.explain", target) },
      deploy: { params: nothing, handle: () => run("sagemakerOps.stack.deploy") },
      openConsole: { params: nothing, handle: () => run("sagemakerOps.endpoint.openConsole", target) },
      exportCharts: {
        params: chartExport,
        handle: async (wanted) => {
          await saveCharts(this.name, wanted, this.readings);
          return null;
        },
      },
      saveRequest: {
        params: predictParams,
        handle: (params) => done(() => this.tester.saveRequest(params)),
      },
      copyText: {
        params: copiedText,
        handle: async (text) => {
          await env.clipboard.writeText(text);
          return null;
        },
      },
    });
  }

  private apiUrl(): string | undefined {
    const { project, deployer } = this.services;
    return project.stack && project.endpointName === this.name ? deployer.apiUrl(project.stack) : undefined;
  }

  /** Also after a switch to another account: what was shown of the old one goes. */
  private startOver(): void {
    this.detail = undefined;
    this.detailError = undefined;
    this.tester.forgetAccount();
    this.subscribe();
    void this.readDetail(true);
    this.followVisibility();
  }

  private subscribe(): void {
    this.subscription?.dispose();
    this.subscription = undefined;
    this.readings = undefined;
    this.readingsError = undefined;
    this.update.call();
    if (!this.services.connections.current) return;
    this.subscription = this.services.metrics.subscribe(this.name, this.range, (reading) => {
      if (reading instanceof OpsError) this.readingsError = toWireError(reading);
      else {
        this.readings = reading;
        this.readingsError = undefined;
      }
      this.update.call();
    });
    this.subscription.setVisible(this.panel.visible);
  }

  private followVisibility(): void {
    this.subscription?.setVisible(this.panel.visible);
    clearInterval(this.timer);
    if (!this.panel.visible || this.disposed) return;
    const sandbox = this.services.connections.current?.kind === "sandbox";
    this.timer = setInterval(() => void this.readDetail(true), sandbox ? SANDBOX_HEADER_MS : AWS_HEADER_MS);
  }

  private async readDetail(fresh: boolean): Promise<void> {
    const connection = this.services.connections.current;
    try {
      const detail = await this.services.endpoints.detail(this.name, { fresh });
      if (connection !== this.services.connections.current) return;
      this.detail = detail;
      this.detailError = undefined;
    } catch (error) {
      if (connection !== this.services.connections.current) return;
      this.detailError = toWireError(error);
      // What is gone has no status any more; what could not be read may still be as it was.
      if (this.detailError.code === "notFound") this.detail = undefined;
    }
    if (!this.disposed) this.update.call();
  }

  private snapshot(): EndpointPageSnapshot {
    const { connections, project } = this.services;
    const connection = connections.current;
    // Once of the project, always: its form stays while the stack is deleted or deployed again.
    this.isProject ||= project.endpointName === this.name;
    const { isProject } = this;
    const isGone = this.detailError?.code === "notFound";
    return {
      name: this.name,
      place: connection ? describeConnection(connection) : "",
      simulated: connection?.kind === "sandbox",
      endpoint: this.detail && header(this.detail),
      endpointError: isGone ? goneError(this.name, connection, isProject, project.stack) : this.detailError,
      features: isProject ? project.project?.features : undefined,
      examples: isProject ? (project.project?.examples ?? []) : [],
      range: this.range,
      metrics: this.readings,
      // What keeps both from being read is said once, above.
      metricsError:
        isGone || this.readingsError?.message === this.detailError?.message ? undefined : this.readingsError,
      marks: this.detail ? marks(this.detail) : [],
      access: connection && {
        region: connection.region,
        profile: connection.profile,
        endpointUrl: connection.endpointUrl,
        apiUrl: this.apiUrl(),
      },
      canDeploy: isProject && project.project !== undefined && !project.stack,
      focus: this.focus,
    };
  }

  private close(): void {
    this.disposed = true;
    clearInterval(this.timer);
    this.update.cancel();
    this.progressUpdate.cancel();
    this.tester.stop();
    this.subscription?.dispose();
    for (const stop of this.forget) stop();
  }
}
