import { config } from "@vscode/l10n";
import { commands, type ExtensionContext, l10n, Uri, window } from "vscode";
import type { Actions, WindowServices } from "./actions.ts";
import { registerLanguageModelTools } from "./commands/languageModelTools.ts";
import { registerMcpServer } from "./commands/mcpServers.ts";
import { commandStep, withSteps } from "./commands/nextSteps.ts";
import { registerCommands, showFailure } from "./commands/register.ts";
import { describeConnection } from "./domain/connection.ts";
import { describeOpsError, toOpsError } from "./domain/errors.ts";
import { restorePanels } from "./panels/restoredPanels.ts";
import { Connections } from "./services/connections.ts";
import { Endpoints } from "./services/endpoints.ts";
import { IdleWatch } from "./services/idleWatch.ts";
import { LoadTests } from "./services/loadTests.ts";
import { givenSandbox, SandboxProcess } from "./services/sandboxProcess.ts";
import { ScalingPause } from "./services/scalingPause.ts";
import { SideConnections } from "./services/sideConnections.ts";
import { StackDeployer } from "./services/stackDeployer.ts";
import { createPlanLenses } from "./testing/planLenses.ts";
import { createPlanProblems } from "./testing/planProblems.ts";
import { createPlanTests } from "./testing/planTests.ts";
import { createRequestFiles } from "./testing/requestFiles.ts";
import { createTemplateProblems } from "./testing/templateProblems.ts";
import { createEndpointsView } from "./tree/endpointsView.ts";
import { createLoadTestsView } from "./tree/loadTestsView.ts";
import { createStackView } from "./tree/stackView.ts";
import { setContext } from "./ui/context.ts";
import { DeploymentMemory } from "./ui/deploymentMemory.ts";
import { Favorites } from "./ui/favorites.ts";
import { LastConnections } from "./ui/lastConnections.ts";
import { MarkdownDocuments } from "./ui/markdownDocument.ts";
import { readSetting } from "./ui/settings.ts";
import { askForMfaCode } from "./ui/signIn.ts";
import { createStatusBar } from "./ui/statusBar.ts";
import { WorkspaceProject } from "./ui/workspaceProject.ts";

/**
 * The composition root: constructs what a window shows by itself, once. What somebody has to ask for is constructed by
 * actions.ts when it is asked for.
 */
export function activate(context: ExtensionContext): void {
  // The texts of what does not know the editor; unset, they are English.
  if (l10n.bundle) config({ contents: l10n.bundle });
  // The SDK warns of old versions of Node on the console; which one runs is VS Code's choice, not the user's.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const log = window.createOutputChannel("SageMaker Ops", { log: true });
  const bundled = (name: string) => context.asAbsolutePath(`dist/${name}`);
  const connections = new Connections({ mfaCode: askForMfaCode });
  // A workspace finds in the sandbox what it has deployed there, also after a reload.
  const { storageUri } = context;
  const sandboxDir = storageUri && Uri.joinPath(storageUri, "sandbox").fsPath;
  const sandbox = new SandboxProcess({ cliPath: bundled("cli.js") }, sandboxDir);
  const endpoints = new Endpoints(connections);
  const idleWatch = new IdleWatch(connections, endpoints, () => readSetting("sagemakerOps.idleHours"));
  const sides = new SideConnections(connections, { mfaCode: askForMfaCode });
  const favorites = new Favorites(context.globalState, connections);
  const scalingPause = new ScalingPause(connections, Uri.joinPath(context.globalStorageUri, "scaling").fsPath);
  const deployer = new StackDeployer(connections, scalingPause);
  const project = new WorkspaceProject(connections, deployer, context.workspaceState);
  const version = String(context.extension.packageJSON.version);
  const loadTests = new LoadTests(connections, { path: bundled("engine.cjs") }, version);
  const documents = new MarkdownDocuments();
  const templateProblems = createTemplateProblems(project);
  const deployments = new DeploymentMemory(context.workspaceState, connections);
  const actions = onceAsked(context, {
    extensionUri: context.extensionUri,
    bundled,
    examples: context.asAbsolutePath("infra"),
    log,
    connections,
    sandbox,
    endpoints,
    sides,
    favorites,
    scalingPause,
    deployer,
    project,
    loadTests,
    documents,
    templateProblems,
    deployments,
    storage: storageUri?.fsPath,
  });

  const lastConnections = new LastConnections(connections, sides, context.workspaceState);
  const connectAgain = () =>
    // Loading what it needs is no part of opening the window.
    void setImmediate(() => {
      if (givenSandbox()) return;
      lastConnections
        .restore()
        .catch((error) => log.info(`Not connected again: ${describeOpsError(toOpsError(error))}`));
    });

  const forget = [
    ...followConnection(connections, sandbox, (text) => log.info(text)),
    followProject(project),
    followRuns(loadTests, endpoints),
    connections.onDidChange.on((connection) => {
      // What a deployment has taken off is put back with its end.
      if (!connection || deployments.begunBefore()) return;
      scalingPause
        .list()
        .then(async (names) => names.length > 0 && (await actions()).offerPausedScaling())
        .catch((error) => log.error(describeOpsError(toOpsError(error))));
    }),
    project.onDidChange.on(() => {
      const begun = deployments.begunBefore();
      if (!begun || begun.stackName !== project.project?.project.stackName) return;
      actions()
        .then((made) => made.resumeDeployment())
        .catch((error) => showFailure("sagemakerOps.stack.deploy", error, log));
    }),
    sandbox.onDidCrash.on((error) => {
      const again = commandStep(l10n.t("Start Sandbox"), "sagemakerOps.sandbox.start");
      showFailure("sagemakerOps.sandbox.start", withSteps(error, again), log);
    }),
  ];
  const loadTestsView = createLoadTestsView(loadTests, project);
  context.subscriptions.push(
    log,
    documents,
    registerCommands(
      async () => (await actions()).commands,
      log,
      async () => (await actions()).signInAgain(),
    ),
    restorePanels(actions),
    registerLanguageModelTools(async () => (await actions()).tools),
    registerMcpServer({ context, cliPath: bundled("cli.js"), connections, sandbox, project }),
    createStatusBar(connections),
    createEndpointsView(connections, endpoints, project, favorites, idleWatch, sides, connectAgain),
    sides,
    lastConnections,
    createStackView(connections, project, deployer, endpoints),
    loadTestsView,
    templateProblems,
    project,
    idleWatch,
    endpoints,
    ...forget.map((dispose) => ({ dispose })),
    // The sandbox also ends by itself when this process does.
    { dispose: () => void sandbox.stop() },
    { dispose: () => void loadTests.stop() },
  );
  // What looks into files does not hold the window up.
  setImmediate(() => {
    const forgetFiles = connections.followSharedFiles((error) =>
      log.warn(`The changed credentials do not work: ${error.message}`),
    );
    context.subscriptions.push(
      { dispose: forgetFiles },
      createRequestFiles(async (saved, file, signal) => (await actions()).sendSaved(saved, file, signal)),
      createPlanLenses(loadTests),
      createPlanProblems({ connections, endpoints, project }),
      createPlanTests(loadTests, project, async (planFile) => (await actions()).runPlan(planFile)),
    );
    loadTestsView.watchFiles();
    project.follow();
    connectToGivenSandbox(connections).catch((error) => log.error(describeOpsError(toOpsError(error))));
  });
}

/** Loads and constructs the actions when the first of them is asked for. */
function onceAsked(context: ExtensionContext, services: WindowServices): () => Promise<Actions> {
  let made: Promise<Actions> | undefined;
  return () => {
    made ??= import("./actions.ts").then(({ createActions }) => {
      const actions = createActions(services);
      context.subscriptions.push(actions);
      return actions;
    });
    return made;
  };
}

/** A window that is opened by `npm start` is connected to its sandbox from the beginning, and shows what is there. */
async function connectToGivenSandbox(connections: Connections): Promise<void> {
  const sandbox = givenSandbox();
  if (!sandbox) return;
  await connections.connect({ kind: "sandbox", sandbox });
  if (process.env.SAGEMAKER_OPS_SHOW_VIEW) await commands.executeCommand("sagemakerOps.endpoints.focus");
}

function followConnection(
  connections: Connections,
  sandbox: SandboxProcess,
  say: (text: string) => void,
): (() => void)[] {
  return [
    connections.onDidChange.on((connection) => {
      setContext("sagemakerOps.connected", connection !== undefined);
      setContext("sagemakerOps.inSandbox", connection?.kind === "sandbox");
      say(connection ? `Connected to ${describeConnection(connection)}` : "Disconnected");
    }),
    sandbox.onDidChange.on((info) => {
      setContext("sagemakerOps.sandboxRunning", info !== undefined);
      say(info ? `The sandbox listens at ${info.endpoint}` : "The sandbox has ended");
      if (!info && connections.current?.kind === "sandbox") connections.disconnect();
    }),
  ];
}

function followProject(project: WorkspaceProject): () => void {
  return project.onDidChange.on(() => {
    setContext("sagemakerOps.hasProject", project.project !== undefined);
    setContext("sagemakerOps.stackDeployed", project.stack !== undefined);
  });
}

/** Keeps the tree up with what a run does to its endpoint: the account's list is read when the instances change. */
function followRuns(loadTests: LoadTests, endpoints: Endpoints): () => void {
  let seen = "";
  return loadTests.onDidChange.on(({ id, instances, marks, phase, endpointName }) => {
    const hasEnded = phase === "done" || phase === "failed";
    if (hasEnded && endpointName !== undefined) endpoints.followToRest(endpointName);
    setContext("sagemakerOps.loadTestActive", loadTests.isRunning);
    const last = instances.at(-1);
    const now = `${id} ${last?.current} ${last?.desired} ${marks.length}`;
    if (now === seen) return;
    seen = now;
    void endpoints.refresh();
  });
}
