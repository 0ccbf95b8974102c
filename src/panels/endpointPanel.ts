import { commands, type Disposable, env, type Uri, ViewColumn, type WebviewPanel, window } from "vscode";
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
  predictionEnded,
  predictionProgressed,
  sentChanged,
} from "../protocol/endpointPage.ts";
import { serveRequests, toWireError, type WireError } from "../protocol/transport.ts";
import type { AsyncPredictor } from "../services/asyncPredictor.ts";
import { ChartMomentReader, type ChartMoments } from "../services/chartMoments.ts";
import type { Connections } from "../services/connections.ts";
import type { EndpointDetail, Endpoints } from "../services/endpoints.ts";
import type { MetricPoller } from "../services/metricPoller.ts";
import type { Predictor } from "../services/predictor.ts";
import type { StackDeployer } from "../services/stackDeployer.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { desiredSteps, goneError, header, marks, momentMark } from "./endpointFacts.ts";
import {
  chartExport,
  chartRange,
  copiedText,
  keptText,
  logSpan,
  nothing,
  predictParams,
  yesOrNo,
} from "./pageSchemas.ts";
import { ENDPOINT_VIEW } from "./restoredPanels.ts";
import { saveCharts } from "./saveCharts.ts";
import type { SentRequests } from "./sentRequests.ts";
import { TesterHost } from "./testerHost.ts";
import { PAGE_UPDATE_MS, throttle } from "./throttle.ts";
import { pageOptions, showPage, webviewPort } from "./webviewHtml.ts";

/** What an endpoint's panel works with. */
export interface EndpointPanelServices {
  extensionUri: Uri;
  connections: Connections;
  endpoints: Endpoints;
  predictor: Predictor;
  asyncPredictor: AsyncPredictor;
  metrics: MetricPoller;
  project: WorkspaceProject;
  sentRequests: SentRequests;
  deployer: StackDeployer;
}

const SANDBOX_HEADER_MS = 2_000;
const AWS_HEADER_MS = 30_000;
/** What a page remembers of itself is not believed before it looks like a name (API reference, CreateEndpoint). */
const ENDPOINT_NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;

/** One panel per endpoint, shown again instead of made again; it comes back when the window is reloaded. */
export class EndpointPanels implements Disposable {
  private readonly open = new Map<string, EndpointPanel>();
  /** What was entered, by endpoint: a tab that is closed and opened again has it. */
  private readonly memory = new Map<string, string>();

  constructor(private readonly services: EndpointPanelServices) {}

  /** Takes a panel back that VS Code kept over a reload of the window; one that says nothing usable is closed. */
  restore(panel: WebviewPanel, state: unknown): void {
    const name = (state as { name?: unknown } | undefined)?.name;
    if (typeof name === "string" && ENDPOINT_NAME.test(name) && !this.open.has(name)) this.take(name, "predict", panel);
    else panel.dispose();
  }

  /** @param atMs a moment, epoch ms, that the charts show and mark */
  show(endpointName: string, tab: EndpointTab, atMs?: number): void {
    const known = this.open.get(endpointName);
    if (known) known.reveal(tab);
    else {
      const { extensionUri } = this.services;
      const made = window.createWebviewPanel(ENDPOINT_VIEW, endpointName, ViewColumn.Active, pageOptions(extensionUri));
      this.take(endpointName, tab, made);
    }
    if (atMs !== undefined) this.open.get(endpointName)?.mark(atMs);
  }

  private take(name: string, tab: EndpointTab, panel: WebviewPanel): void {
    this.open.set(name, new EndpointPanel(name, tab, panel, this.services, this.memory, () => this.open.delete(name)));
  }

  dispose(): void {
    for (const panel of this.open.values()) panel.dispose();
  }
}

class EndpointPanel implements Disposable {
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
  /** What a line of a log was looked up for, epoch ms. */
  private moment: number | undefined;
  private moments: ChartMoments | undefined;
  private readonly momentReader: ChartMomentReader;
  /** By the page itself: VS Code calls a panel visible in a window that is minimized. */
  private isSeen = true;
  private disposed = false;
  private isProject = false;

  constructor(
    private readonly name: string,
    tab: EndpointTab,
    private readonly panel: WebviewPanel,
    private readonly services: EndpointPanelServices,
    private readonly memory: Map<string, string>,
    onClosed: () => void,
  ) {
    const { extensionUri } = services;
    this.focus = { tab, serial: 1 };
    this.momentReader = new ChartMomentReader(services.connections);
    const apiUrl = () => this.apiUrl();
    this.tester = new TesterHost(name, services, apiUrl, {
      progress: (progress) => {
        this.progress = progress;
        this.progressUpdate.call();
      },
      ended: (state) => (this.disposed ? undefined : this.page.notify(predictionEnded, state ?? null)),
      sent: (list) => (this.disposed ? undefined : this.page.notify(sentChanged, list)),
    });
    // A panel that comes back has the options of the version that made it.
    panel.webview.options = pageOptions(extensionUri);
    this.page = this.serve();
    showPage(this.panel, extensionUri, "endpoint", name);
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

  /** The charts show the moment, in the shortest range that holds it. */
  mark(atMs: number): void {
    this.moment = atMs;
    const minutes = (Date.now() - atMs) / 60_000;
    const range = chartRanges.find((each) => each > minutes) ?? chartRanges[chartRanges.length - 1];
    if (range !== undefined && range > this.range) {
      this.range = range;
      this.subscribe();
    }
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
      ready: {
        params: nothing,
        handle: () => {
          // A page that was out of sight is made anew when it comes back, and begins to be seen.
          this.isSeen = true;
          this.followVisibility();
          return this.snapshot();
        },
      },
      predict: {
        params: predictParams,
        handle: (params) => {
          this.progress = undefined;
          return this.tester.predict(params);
        },
      },
      start: {
        params: nothing,
        handle: async () => ({
          prediction: this.tester.prediction,
          sent: await this.tester.sent(),
          kept: this.memory.get(this.name),
        }),
      },
      keep: {
        params: keptText,
        handle: (text) => done(() => void this.memory.set(this.name, text)),
      },
      stopPrediction: { params: nothing, handle: () => done(() => this.tester.stop()) },
      chooseFile: { params: nothing, handle: () => this.tester.chooseFile() },
      clearSent: { params: nothing, handle: () => done(() => this.tester.clearSent()) },
      saveAnswer: { params: nothing, handle: () => done(() => this.tester.saveAnswer()) },
      setRange: {
        params: chartRange,
        handle: (range) => {
          this.range = range;
          this.subscribe();
          if (this.detail) void this.readMoments(this.detail);
          return null;
        },
      },
      setSeen: {
        params: yesOrNo,
        handle: (isSeen) => {
          this.isSeen = isSeen;
          this.followVisibility();
          return null;
        },
      },
      retry: { params: nothing, handle: () => done(() => this.startOver()) },
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
        handle: (wanted) => done(() => saveCharts(this.name, wanted, this.readings)),
      },
      saveRequest: {
        params: predictParams,
        handle: (params) => done(() => this.tester.saveRequest(params)),
      },
      copyText: {
        params: copiedText,
        handle: (text) => done(async () => env.clipboard.writeText(text)),
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
    this.moments = undefined;
    this.momentReader.forget();
    this.tester.forgetAccount();
    void this.tester.sent().then((list) => this.disposed || this.page.notify(sentChanged, list));
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
    const tell = (reading: EndpointMetrics | OpsError) => {
      if (reading instanceof OpsError) this.readingsError = toWireError(reading);
      else {
        this.readings = reading;
        this.readingsError = undefined;
      }
      this.update.call();
    };
    this.subscription = this.services.metrics.subscribe(this.name, this.range, tell, this.isVisible);
  }

  private get isVisible(): boolean {
    return this.panel.visible && this.isSeen;
  }

  private followVisibility(): void {
    this.subscription?.setVisible(this.isVisible);
    clearInterval(this.timer);
    if (!this.isVisible || this.disposed) return;
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
      void this.readMoments(detail);
    } catch (error) {
      if (connection !== this.services.connections.current) return;
      this.detailError = toWireError(error);
      // What is gone has no status any more; what could not be read may still be as it was.
      if (this.detailError.code === "notFound") this.detail = undefined;
    }
    if (!this.disposed) this.update.call();
  }

  /** What it cannot read is not marked. */
  private async readMoments(detail: EndpointDetail): Promise<void> {
    const { connections, project } = this.services;
    const connection = connections.current;
    const stack = project.endpointName === this.name ? project.stack : undefined;
    const moments = await this.momentReader.read(detail, stack, this.range).catch(() => undefined);
    if (!moments || this.disposed || connection !== connections.current) return;
    this.moments = moments;
    this.update.call();
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
      marks: [...(this.detail ? marks(this.detail, this.moments) : []), ...momentMark(this.moment)],
      desired: this.detail && desiredSteps(this.detail),
      access: connection && {
        region: connection.region,
        profile: connection.profile,
        endpointUrl: connection.endpointUrl,
        apiUrl: this.apiUrl(),
        apiNeedsKey: project.stack?.outputs.ApiKeyId !== undefined,
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
