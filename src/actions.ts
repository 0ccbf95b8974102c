import path from "node:path";
import type { Disposable, LogOutputChannel, Uri } from "vscode";
import { connectionCommands, waySignInAgain } from "./commands/connection.ts";
import { resumeDeployment } from "./commands/deploying.ts";
import { endpointCommands } from "./commands/endpoint.ts";
import { endpointChangeCommands, offerPausedScaling } from "./commands/endpointChanges.ts";
import { explorerCommands } from "./commands/explorer.ts";
import { loadTestCommands } from "./commands/loadTest.ts";
import { runPlan } from "./commands/loadTestRun.ts";
import { LogChannels } from "./commands/logs.ts";
import { predictionCommands, sendSaved } from "./commands/prediction.ts";
import { projectCommands } from "./commands/project.ts";
import { adoptionCommands } from "./commands/projectAdoption.ts";
import type { CommandTable } from "./commands/register.ts";
import { sideConnectionCommands } from "./commands/sideConnections.ts";
import { stackCommands } from "./commands/stack.ts";
import { teardownCommands } from "./commands/teardown.ts";
import { templateCommands } from "./commands/template.ts";
import { trainingCommands } from "./commands/training.ts";
import type { SavedRequest } from "./domain/predictFile.ts";
import { ArchitecturePanels } from "./panels/architecturePanel.ts";
import { EndpointPanels } from "./panels/endpointPanel.ts";
import { LoadRunPanels } from "./panels/loadRunPanel.ts";
import { SentRequests } from "./panels/sentRequests.ts";
import { ArchitectureReader } from "./services/architectureReader.ts";
import { AsyncPredictor } from "./services/asyncPredictor.ts";
import type { Connections } from "./services/connections.ts";
import { EndpointChanges } from "./services/endpointChanges.ts";
import type { Endpoints } from "./services/endpoints.ts";
import { FailureExplainer } from "./services/failureExplainer.ts";
import type { LoadTests } from "./services/loadTests.ts";
import { MetricPoller } from "./services/metricPoller.ts";
import { Predictor } from "./services/predictor.ts";
import type { SandboxProcess } from "./services/sandboxProcess.ts";
import { ScalingExplainer } from "./services/scalingExplainer.ts";
import type { ScalingPause } from "./services/scalingPause.ts";
import { ScalingRules } from "./services/scalingRules.ts";
import type { SideConnections } from "./services/sideConnections.ts";
import type { StackDeployer } from "./services/stackDeployer.ts";
import { TargetFinder } from "./services/targetFinder.ts";
import type { ToolServices } from "./services/tools/tool.ts";
import { WhatIf } from "./services/whatIf.ts";
import type { TemplateProblems } from "./testing/templateProblems.ts";
import type { DeploymentMemory } from "./ui/deploymentMemory.ts";
import type { Favorites } from "./ui/favorites.ts";
import type { MarkdownDocuments } from "./ui/markdownDocument.ts";
import { findReport, workspaceFolders } from "./ui/workspacePlans.ts";
import type { WorkspaceProject } from "./ui/workspaceProject.ts";

/** What a window has from its beginning. */
export interface WindowServices {
  extensionUri: Uri;
  /** Path of a file of dist/. */
  bundled(name: string): string;
  /** Folder of the example project. */
  examples: string;
  log: LogOutputChannel;
  connections: Connections;
  sandbox: SandboxProcess;
  endpoints: Endpoints;
  sides: SideConnections;
  favorites: Favorites;
  scalingPause: ScalingPause;
  deployer: StackDeployer;
  project: WorkspaceProject;
  loadTests: LoadTests;
  documents: MarkdownDocuments;
  templateProblems: TemplateProblems;
  deployments: DeploymentMemory;
  /** Of what is kept with the workspace; undefined where none is open. */
  storage: string | undefined;
}

/** What a window does when somebody asks for it. */
export type Actions = ReturnType<typeof createActions>;

/** The second half of the composition root: loaded when the first command, tool, test or restored page asks for it. */
export function createActions(given: WindowServices) {
  const { extensionUri, bundled, examples, log, connections, sandbox, endpoints } = given;
  const { scalingPause, deployer, project, loadTests, documents } = given;
  const predictor = new Predictor(connections);
  const asyncPredictor = new AsyncPredictor(connections);
  const metrics = new MetricPoller(connections);
  const predicting = { predictor, asyncPredictor };
  const reading = { connections, endpoints, project, deployer };
  const sentRequests = new SentRequests(connections, given.storage && path.join(given.storage, "requests"));
  const endpointPanels = new EndpointPanels({ extensionUri, ...reading, ...predicting, metrics, sentRequests });
  const reader = new ArchitectureReader(connections, endpoints);
  const architecturePanels = new ArchitecturePanels({ extensionUri, ...reading, reader, loadTests });
  const runPanels = new LoadRunPanels({ extensionUri, loadTests, findReport });
  const scalingExplainer = new ScalingExplainer(connections);
  const failureExplainer = new FailureExplainer(connections);
  const explaining = { scalingExplainer, failureExplainer, documents };
  const shown = { extensionUri, panels: endpointPanels };
  const endpointServices = { connections, endpoints, project, ...shown, ...predicting, ...explaining };
  const logChannels = new LogChannels(endpointServices);
  const changes = new EndpointChanges(connections, scalingPause);
  const scalingRules = new ScalingRules(connections);
  const changeServices = { ...endpointServices, changes, scalingPause, scalingRules };
  const predictionServices = { connections, ...predicting, project, documents };
  const stackServices = { ...reading, loadTests, log, deployments: given.deployments, ...explaining };
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
  const commands: CommandTable = {
    ...connectionCommands(connections, sandbox, { loadTests, deployer }, project),
    ...projectCommands(project, examples),
    ...templateCommands(project, given.templateProblems.check),
    ...trainingCommands({ connections, deployer, project, log }, examples),
    ...adoptionCommands(endpointServices, examples),
    ...stackCommands(stackServices),
    ...teardownCommands(stackServices),
    ...endpointCommands(endpointServices),
    "sagemakerOps.stack.showArchitecture": (argument) => architecturePanels.show(argument?.endpointName),
    "sagemakerOps.endpoint.showLogs": (argument) => logChannels.show(argument),
    ...endpointChangeCommands(changeServices),
    ...loadTestCommands(loadTestServices),
    ...predictionCommands(predictionServices),
    ...explorerCommands(given),
    ...sideConnectionCommands(given.sides, sandbox),
  };
  const tools: ToolServices = {
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
  const disposables: Disposable[] = [logChannels, endpointPanels, architecturePanels, runPanels];
  return {
    commands,
    tools,
    endpointPanels,
    runPanels,
    signInAgain: () => waySignInAgain(connections),
    resumeDeployment: () => resumeDeployment(stackServices),
    offerPausedScaling: () => offerPausedScaling(changeServices),
    sendSaved: (saved: SavedRequest, file: string, signal?: AbortSignal) =>
      sendSaved(predictionServices, saved, file, signal),
    runPlan: (planFile: string) => runPlan(loadTestServices, planFile),
    dispose(): void {
      for (const disposable of disposables) disposable.dispose();
    },
  };
}
