import { commands, type Disposable, env, l10n, Uri, ViewColumn, type WebviewPanel, window } from "vscode";
import type { CommandId } from "../contributions.ts";
import type { Architecture, ArchitecturePart } from "../domain/architecture.ts";
import { describeConnection } from "../domain/connection.ts";
import { consoleUrl, resourcePage } from "../domain/consolePage.ts";
import type { ArchitecturePageSnapshot } from "../protocol/architecturePage.ts";
import { architectureChanged, architectureRequests } from "../protocol/architecturePage.ts";
import { serveRequests, toWireError, type WireError } from "../protocol/transport.ts";
import type { ArchitectureReader } from "../services/architectureReader.ts";
import type { Connections } from "../services/connections.ts";
import type { LoadTests } from "../services/loadTests.ts";
import type { StackDeployer } from "../services/stackDeployer.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { nothing, partId } from "./pageSchemas.ts";
import { PAGE_UPDATE_MS, throttle } from "./throttle.ts";
import { pageOptions, showPage, webviewPort } from "./webviewHtml.ts";

/** What the picture works with. */
export interface ArchitecturePanelServices {
  extensionUri: Uri;
  connections: Connections;
  project: WorkspaceProject;
  deployer: StackDeployer;
  reader: ArchitectureReader;
  loadTests: LoadTests;
}

/** How often is looked while something moves or load runs, and otherwise; CloudWatch has something new once a minute. */
const POLL_MS = { sandbox: { busy: 1_000, calm: 4_000 }, aws: { busy: 10_000, calm: 60_000 } };

/** One panel for the project, and one for each endpoint that is drawn alone. */
export class ArchitecturePanels implements Disposable {
  private readonly open = new Map<string, ArchitecturePanel>();

  constructor(private readonly services: ArchitecturePanelServices) {}

  /** @param endpointName drawn alone unless it is the project's; undefined draws the project */
  show(endpointName: string | undefined): void {
    const alone = endpointName !== undefined && endpointName !== this.services.project.endpointName;
    const key = alone ? endpointName : "";
    const known = this.open.get(key);
    if (known) {
      known.reveal();
      return;
    }
    const panel = new ArchitecturePanel(alone ? endpointName : undefined, this.services, () => this.open.delete(key));
    this.open.set(key, panel);
  }

  dispose(): void {
    for (const panel of this.open.values()) panel.dispose();
  }
}

class ArchitecturePanel implements Disposable {
  private readonly panel: WebviewPanel;
  private readonly page: ReturnType<typeof serveRequests>;
  private readonly update = throttle(PAGE_UPDATE_MS, () => this.page.notify(architectureChanged, this.snapshot()));
  private readonly forget: (() => void)[];
  private timer: NodeJS.Timeout | undefined;
  private reading = false;
  private architecture: Architecture | undefined;
  private readAtMs: number | undefined;
  private error: WireError | undefined;

  constructor(
    private readonly alone: string | undefined,
    private readonly services: ArchitecturePanelServices,
    onClosed: () => void,
  ) {
    const { extensionUri, connections, project, loadTests } = services;
    const title = l10n.t("Architecture of {0}", this.name);
    const options = { ...pageOptions(extensionUri), enableFindWidget: true };
    this.panel = window.createWebviewPanel("sagemakerOps.architecture", title, ViewColumn.Active, options);
    this.page = this.serve();
    showPage(this.panel, extensionUri, "architecture", title);
    this.panel.onDidChangeViewState(() => this.schedule(0));
    let isBusy = loadTests.isRunning;
    this.forget = [
      connections.onDidChange.on(() => this.startOver()),
      project.onDidChange.on(() => this.schedule(PAGE_UPDATE_MS)),
      loadTests.onDidChange.on(() => {
        if (isBusy !== loadTests.isRunning) this.schedule(0);
        isBusy = loadTests.isRunning;
      }),
    ];
    this.panel.onDidDispose(() => {
      clearTimeout(this.timer);
      this.update.cancel();
      for (const stop of this.forget) stop();
      onClosed();
    });
    this.schedule(0);
  }

  reveal(): void {
    this.panel.reveal();
  }

  dispose(): void {
    this.panel.dispose();
  }

  private get name(): string {
    return this.alone ?? this.services.project.project?.project.stackName ?? l10n.t("the project");
  }

  private serve() {
    const done = async (work: () => unknown) => {
      await work();
      return null;
    };
    return serveRequests(webviewPort(this.panel.webview), architectureRequests, {
      ready: { params: nothing, handle: () => this.snapshot() },
      openPart: { params: partId, handle: (id) => done(() => this.openPart(id)) },
      deploy: { params: nothing, handle: () => done(() => run("sagemakerOps.stack.deploy")) },
      retry: { params: nothing, handle: () => done(() => this.startOver()) },
    });
  }

  private startOver(): void {
    this.architecture = undefined;
    this.error = undefined;
    this.update.call();
    this.schedule(0);
  }

  private schedule(inMs: number): void {
    clearTimeout(this.timer);
    // What nobody sees is not read.
    if (this.panel.visible) this.timer = setTimeout(() => void this.look(), inMs);
  }

  private async look(): Promise<void> {
    const { connections, project, reader, loadTests } = this.services;
    const { current } = connections;
    if (this.reading || !current) return this.update.call();
    this.reading = true;
    try {
      const stack = this.alone === undefined ? project.stack : undefined;
      const architecture = await reader.read(stack, this.alone ?? project.endpointName);
      if (current !== connections.current) return;
      this.architecture = architecture;
      this.readAtMs = Date.now();
      this.error = undefined;
    } catch (error) {
      if (current === connections.current) this.error = toWireError(error);
    } finally {
      this.reading = false;
    }
    this.update.call();
    const isBusy = this.architecture?.isMoving || loadTests.isRunning;
    this.schedule(POLL_MS[current.kind === "sandbox" ? "sandbox" : "aws"][isBusy ? "busy" : "calm"]);
  }

  private snapshot(): ArchitecturePageSnapshot {
    const { connections, project } = this.services;
    const { current } = connections;
    return {
      title: this.name,
      place: current ? describeConnection(current) : "",
      simulated: current?.kind === "sandbox",
      architecture: this.architecture,
      readAtMs: this.readAtMs,
      error: this.error,
      canDeploy: this.alone === undefined && project.project !== undefined && project.stackKnown && !project.stack,
    };
  }

  private async openPart(id: string): Promise<void> {
    const part = this.architecture?.parts.find((each) => each.id === id);
    if (part) await openPart(part, this.services, this.alone ?? this.services.project.endpointName);
  }
}

const run = (command: CommandId, ...args: unknown[]) => commands.executeCommand(command, ...args);

/** Each part where there is more of it: the page itself, the endpoint's panel, the console, or its place in the template. */
async function openPart(
  { kind, name, logicalId }: ArchitecturePart,
  { connections, project, deployer }: ArchitecturePanelServices,
  endpointName: string | undefined,
): Promise<void> {
  if (kind === "endpoint" || kind === "variant" || kind === "instances") {
    await run("sagemakerOps.endpoint.openMetrics", { endpointName });
    return;
  }
  const { stack } = project;
  const page = kind === "web" && stack ? (deployer.webUrl(stack) ?? deployer.staticPageUrl(stack)) : undefined;
  if (page) {
    await env.openExternal(await env.asExternalUri(Uri.parse(page, true)));
    return;
  }
  const { current } = connections;
  const type = kind === "api" ? "AWS::ApiGateway::RestApi" : "AWS::Lambda::Function";
  const consolePage = kind === "web" ? undefined : resourcePage({ type, physicalId: name });
  if (current?.kind === "aws" && current.endpointUrl === undefined && consolePage !== undefined) {
    await env.openExternal(Uri.parse(consoleUrl(consolePage, current.region), true));
    return;
  }
  await run("sagemakerOps.stack.revealInTemplate", { logicalId });
}
