import { config } from "@vscode/l10n";
import { type ExtensionContext, l10n, Uri, window } from "vscode";
import { connectionCommands, givenSandbox, waySignInAgain } from "./commands/connection.ts";
import { endpointCommands } from "./commands/endpoint.ts";
import { endpointChangeCommands, offerPausedScaling } from "./commands/endpointChanges.ts";
import { explorerCommands } from "./commands/explorer.ts";
import { registerLanguageModelTools } from "./commands/languageModelTools.ts";
import { loadTestCommands, refreshDuringRuns } from "./commands/loadTest.ts";
import { runPlan } from "./commands/loadTestRun.ts";
import { LogChannels } from "./commands/logs.ts";
import { registerMcpServer } from "./commands/mcpServers.ts";
import { commandStep, withSteps } from "./commands/nextSteps.ts";
import { predictionCommands, sendSaved } from "./commands/prediction.ts";
import { projectCommands } from "./commands/project.ts";
import { adoptionCommands } from "./commands/projectAdoption.ts";
import { registerCommands, showFailure } from "./commands/register.ts";
import { sideConnectionCommands } from "./commands/sideConnections.ts";
import { stackCommands } from "./commands/stack.ts";
import { teardownCommands } from "./commands/teardown.ts";
import { templateCommands } from "./commands/template.ts";
import { trainingCommands } from "./commands/training.ts";
import { describeConnection } from "./domain/connection.ts";
import { describeOpsError, toOpsError } from "./domain/errors.ts";
import { ArchitecturePanels } from "./panels/architecturePanel.ts";
import { EndpointPanels } from "./panels/endpointPanel.ts";
import { LoadRunPanels } from "./panels/loadRunPanel.ts";
import { ArchitectureReader } from "./services/architectureReader.ts";
import { AsyncPredictor } from "./services/asyncPredictor.ts";
import { Connections } from "./services/connections.ts";
import { EndpointChanges } from "./services/endpointChanges.ts";
import { Endpoints } from "./services/endpoints.ts";
import { FailureExplainer } from "./services/failureExplainer.ts";
import { IdleWatch } from "./services/idleWatch.ts";
import { LoadTests } from "./services/loadTests.ts";
import { MetricPoller } from "./services/metricPoller.ts";
import { Predictor } from "./services/predictor.ts";
import { SandboxProcess } from "./services/sandboxProcess.ts";
import { ScalingExplainer } from "./services/scalingExplainer.ts";
import { ScalingPause } from "./services/scalingPause.ts";
import { ScalingRules } from "./services/scalingRules.ts";
import { SideConnections } from "./services/sideConnections.ts";
import { StackDeployer } from "./services/stackDeployer.ts";
import { TargetFinder } from "./services/targetFinder.ts";
import type { ToolServices } from "./services/tools/tool.ts";
import { WhatIf } from "./services/whatIf.ts";
import { createPlanLenses } from "./testing/planLenses.ts";
import { createPlanProblems } from "./testing/planProblems.ts";
import { createPlanTests } from "./testing/planTests.ts";
import { createRequestFiles } from "./testing/requestFiles.ts";
import { createTemplateProblems } from "./testing/templateProblems.ts";
import { createEndpointsView } from "./tree/endpointsView.ts";
import { createLoadTestsView } from "./tree/loadTestsView.ts";
import { createStackView } from "./tree/stackView.ts";
import { setContext } from "./ui/context.ts";
import { Favorites } from "./ui/favorites.ts";
import { MarkdownDocuments } from "./ui/markdownDocument.ts";
import { readSetting } from "./ui/settings.ts";
import { askForMfaCode } from "./ui/signIn.ts";
import { createStatusBar } from "./ui/statusBar.ts";
import { findReport, workspaceFolders } from "./ui/workspacePlans.ts";
import { WorkspaceProject } from "./ui/workspaceProject.ts";

/** The composition root: constructs everything, once per window. */
export function activate(context: ExtensionContext): void {
  // The texts of what does not know the editor; unset, they are English.
  if (l10n.bundle) config({ contents: l10n.bundle });
  // The SDK warns of old versions of Node on the console; which one runs is VS Code's choice, not the user's.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const log = window.createOutputChannel("SageMaker Ops", { log: true });
  const bundled = (name: string) => context.asAbsolutePath(`dist/${name}`);
  const connections = new Connections({ mfaCode: askForMfaCode });
  const sandbox = new SandboxProcess({ cliPath: bundled("cli.js") });
  const endpoints = new Endpoints(connections);
  const idleWatch = new IdleWatch(connections, endpoints, () => readSetting("sagemakerOps.idleHours"));
  const sides = new SideConnections(connections, { mfaCode: askForMfaCode });
  const favorites = new Favorites(context.globalState, connections);
  const scalingPause = new ScalingPause(connections, Uri.joinPath(context.globalStorageUri, "scaling").fsPath);
  const deployer = new StackDeployer(connections, scalingPause);
  const project = new WorkspaceProject(connections, deployer, context.workspaceState);
  const version = String(context.extension.packageJSON.version);
  const loadTests = new LoadTests(connections, { path: bundled("engine.cjs") }, version);
  const { extensionUri } = context;
  const predictor = new Predictor(connections);
  const asyncPredictor = new AsyncPredictor(connections);
  const metrics = new MetricPoller(connections);
  const endpointPanels = new EndpointPanels({
    extensionUri,
    connections,
    endpoints,
    project,
    deployer,
    predictor,
    asyncPredictor,
    metrics,
  });
  const reader = new ArchitectureReader(connections, endpoints);
  const architecturePanels = new ArchitecturePanels({
    extensionUri,
    connections,
    project,
    deployer,
    reader,
    loadTests,
  });
  const runPanels = new LoadRunPanels({ extensionUri, loadTests, findReport });
  const scalingExplainer = new ScalingExplainer(connections);
  const failureExplainer = new FailureExplainer(connections);
  const documents = new MarkdownDocuments();
  const explaining = { scalingExplainer, failureExplainer, documents };
  const predicting = { predictor, asyncPredictor };
  const shown = { extensionUri, panels: endpointPanels };
  const endpointServices = { connections, endpoints, project, ...shown, ...predicting, ...explaining };
  const templateProblems = createTemplateProblems(project);
  const logChannels = new LogChannels(endpointServices);
  const changes = new EndpointChanges(connections, scalingPause);
  const scalingRules = new ScalingRules(connections);
  const changeServices = { ...endpointServices, changes, scalingPause, scalingRules };
  const predictionServices = { connections, predictor, asyncPredictor, project, documents };
  const loadTestServices = {
    extensionUri,
    targetFinder: new TargetFinder(connections, { path: bundled("engine.cjs") }),
    whatIf: new WhatIf({ cliPath: bundled("cli.js") }),
    connections,
    loadTests,
    endpoints,
    panels: runPanels,
    project,
    ...explaining,
  };

  const toolServices: ToolServices = {
    connections,
    endpoints,
    metrics,
    predictor,
    scalingExplainer,
    loadTests,
    deployer,
    project: async () => project.project,
    folders: workspaceFolders,
  };

  const forget = [
    ...followConnection(connections, sandbox, (text) => log.info(text)),
    followProject(project),
    followRuns(loadTests),
    refreshDuringRuns(loadTestServices),
    connections.followSharedFiles((error) => log.warn(`The changed credentials do not work: ${error.message}`)),
    connections.onDidChange.on((connection) => {
      if (connection)
        offerPausedScaling(changeServices).catch((error) => log.error(describeOpsError(toOpsError(error))));
    }),
    sandbox.onDidCrash.on((error) => {
      const again = commandStep(l10n.t("Start Sandbox"), "sagemakerOps.sandbox.start");
      showFailure("sagemakerOps.sandbox.start", withSteps(error, again), log);
    }),
  ];
  context.subscriptions.push(
    log,
    documents,
    logChannels,
    registerCommands(
      {
        ...connectionCommands(connections, sandbox, { loadTests, deployer }, project),
        ...projectCommands(project, context.asAbsolutePath("infra")),
        ...templateCommands(project, templateProblems.check),
        ...trainingCommands({ connections, deployer, project, log }, context.asAbsolutePath("infra")),
        ...adoptionCommands(endpointServices, context.asAbsolutePath("infra")),
        ...stackCommands({ connections, deployer, endpoints, project, loadTests, log, ...explaining }),
        ...teardownCommands({ connections, deployer, endpoints, project, loadTests, log, ...explaining }),
        ...endpointCommands(endpointServices),
        "sagemakerOps.stack.showArchitecture": (argument) => architecturePanels.show(argument?.endpointName),
        "sagemakerOps.endpoint.showLogs": (argument) => logChannels.show(argument),
        ...endpointChangeCommands(changeServices),
        ...loadTestCommands(loadTestServices),
        ...predictionCommands(predictionServices),
        ...explorerCommands({ connections, endpoints, project, favorites, sides, log }),
        ...sideConnectionCommands(sides, sandbox),
      },
      log,
      () => waySignInAgain(connections),
    ),
    registerLanguageModelTools(toolServices),
    registerMcpServer({ context, cliPath: bundled("cli.js"), connections, sandbox, project }),
    createStatusBar(connections),
    createEndpointsView(connections, endpoints, project, favorites, idleWatch, sides),
    sides,
    createStackView(connections, project, deployer, endpoints),
    createLoadTestsView(loadTests, project),
    createRequestFiles((saved, file, signal) => sendSaved(predictionServices, saved, file, signal)),
    createPlanLenses(loadTests),
    createPlanProblems({ connections, endpoints, project }),
    templateProblems,
    createPlanTests(loadTests, project, (planFile) => runPlan(loadTestServices, planFile)),
    endpointPanels,
    architecturePanels,
    runPanels,
    project,
    idleWatch,
    endpoints,
    ...forget.map((dispose) => ({ dispose })),
    // The sandbox also ends by itself when this process does.
    { dispose: () => void sandbox.stop() },
    { dispose: () => void loadTests.stop() },
  );
  void project.refresh();
  connectToGivenSandbox(connections).catch((error) => log.error(describeOpsError(toOpsError(error))));
}

/** A window that is opened by `npm start` is connected to its sandbox from the beginning. */
async function connectToGivenSandbox(connections: Connections): Promise<void> {
  const sandbox = givenSandbox();
  if (sandbox) await connections.connect({ kind: "sandbox", sandbox });
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

function followRuns(loadTests: LoadTests): () => void {
  return loadTests.onDidChange.on(() => setContext("sagemakerOps.loadTestActive", loadTests.isRunning));
}
