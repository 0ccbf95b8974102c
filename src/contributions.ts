import type { Uri } from "vscode";

/** Where a command that needs an endpoint, a plan, a run or an output may find it: a node of a tree. */
export interface EndpointArgument {
  endpointName: string;
}
/** An endpoint's charts, with a moment that they mark, in epoch milliseconds. */
export interface MetricsArgument extends EndpointArgument {
  atMs?: number;
}
/** An endpoint's log, of a stretch of time in epoch milliseconds where a chart gives one. */
export interface LogArgument extends EndpointArgument {
  fromMs?: number;
  toMs?: number;
}
export interface OutputArgument {
  outputName: string;
  value: string;
}
export interface PlanArgument {
  planFile: string;
}
export interface ReportArgument {
  reportFile: string;
}

/** A request of a file *.predict.http, by its line from 1. */
export interface SavedRequestArgument {
  requestFile: string;
  line: number;
}

/** A resource of AWS that a row stands for; `console` is its page as `domain/consolePage.ts` has it. */
export interface ResourceArgument {
  name: string;
  arn?: string;
  console?: string;
}
/** A row of a tree that has something to copy or to open. */
export interface TreeNodeArgument {
  resource?: ResourceArgument;
  value?: string;
}
/** A connection beside the current one. */
export interface SideArgument {
  sideId?: string;
}
export interface ModelArgument {
  artifact?: string;
}
export interface LogicalIdArgument {
  logicalId?: string;
}

/** Every command's id with its arguments, all of which may be missing: the palette gives none. */
export interface Commands {
  "sagemakerOps.connection.connect": [];
  "sagemakerOps.connection.signInAgain": [];
  "sagemakerOps.sandbox.start": [];
  "sagemakerOps.sandbox.stop": [];
  "sagemakerOps.sandbox.reset": [];
  "sagemakerOps.connection.openTerminal": [];
  "sagemakerOps.project.create": [];
  "sagemakerOps.project.createExample": [];
  "sagemakerOps.project.adopt": [EndpointArgument?];
  "sagemakerOps.project.pickEnvironment": [];
  "sagemakerOps.training.run": [];
  "sagemakerOps.stack.deploy": [];
  "sagemakerOps.stack.delete": [];
  "sagemakerOps.stack.detectDrift": [];
  "sagemakerOps.stack.continueRollback": [];
  "sagemakerOps.stack.setTeardown": [];
  "sagemakerOps.stack.showArchitecture": [EndpointArgument?];
  "sagemakerOps.stack.validateTemplate": [];
  "sagemakerOps.stack.copyOutput": [OutputArgument?];
  "sagemakerOps.stack.openOutput": [OutputArgument?];
  "sagemakerOps.endpoint.testPrediction": [EndpointArgument?];
  "sagemakerOps.endpoint.openMetrics": [MetricsArgument?];
  "sagemakerOps.endpoint.showLogs": [LogArgument?];
  "sagemakerOps.endpoint.copyName": [EndpointArgument?];
  "sagemakerOps.endpoint.copyArn": [EndpointArgument?];
  "sagemakerOps.endpoint.explain": [EndpointArgument?];
  "sagemakerOps.endpoint.explainScaling": [EndpointArgument?];
  "sagemakerOps.endpoint.showProgress": [EndpointArgument?];
  "sagemakerOps.endpoint.openConsole": [EndpointArgument?];
  "sagemakerOps.endpoint.delete": [EndpointArgument?];
  "sagemakerOps.endpoint.editScaling": [EndpointArgument?];
  "sagemakerOps.endpoint.suspendScaling": [EndpointArgument?];
  "sagemakerOps.endpoint.resumeScaling": [EndpointArgument?];
  "sagemakerOps.endpoint.update": [EndpointArgument?];
  "sagemakerOps.endpoint.shiftTraffic": [EndpointArgument?];
  "sagemakerOps.endpoint.recreate": [];
  "sagemakerOps.loadTest.run": [(Uri | PlanArgument | EndpointArgument)?];
  "sagemakerOps.loadTest.debugRequest": [(Uri | PlanArgument)?];
  "sagemakerOps.loadTest.stop": [];
  "sagemakerOps.loadTest.show": [];
  "sagemakerOps.loadTest.openRun": [ReportArgument?];
  "sagemakerOps.loadTest.openReport": [ReportArgument?];
  "sagemakerOps.loadTest.explain": [ReportArgument?];
  "sagemakerOps.loadTest.compare": [ReportArgument?];
  "sagemakerOps.loadTest.exportRun": [ReportArgument?];
  /** With all rows that are selected, when there are several. */
  "sagemakerOps.loadTest.deleteRun": [ReportArgument?, Partial<ReportArgument>[]?];
  "sagemakerOps.loadTest.export": [(Uri | PlanArgument)?];
  "sagemakerOps.loadTest.runOnAws": [(Uri | PlanArgument)?];
  "sagemakerOps.loadTest.importResults": [];
  "sagemakerOps.loadTest.findTarget": [(Uri | PlanArgument | EndpointArgument)?];
  "sagemakerOps.loadTest.whatIf": [(Uri | PlanArgument | ReportArgument)?];
  "sagemakerOps.explorer.refresh": [];
  "sagemakerOps.explorer.loadMore": [SideArgument?];
  "sagemakerOps.explorer.addConnection": [];
  "sagemakerOps.explorer.removeConnection": [SideArgument?];
  "sagemakerOps.explorer.filter": [];
  "sagemakerOps.explorer.clearFilter": [];
  "sagemakerOps.explorer.copyName": [TreeNodeArgument?];
  "sagemakerOps.explorer.copyArn": [TreeNodeArgument?];
  "sagemakerOps.explorer.copyValue": [TreeNodeArgument?];
  "sagemakerOps.explorer.openConsole": [TreeNodeArgument?];
  "sagemakerOps.endpoint.addFavorite": [EndpointArgument?];
  "sagemakerOps.endpoint.removeFavorite": [EndpointArgument?];
  "sagemakerOps.model.downloadArtifact": [ModelArgument?];
  "sagemakerOps.prediction.send": [SavedRequestArgument?];
  "sagemakerOps.endpoint.predictFile": [EndpointArgument?];
  "sagemakerOps.endpoint.compareOnRows": [EndpointArgument?];
  "sagemakerOps.stack.revealInTemplate": [LogicalIdArgument?];
  "sagemakerOps.log.show": [];
}
export type CommandId = keyof Commands;

/** Every tool of language models; behind the first underscore is its name in the table of the services. */
export const toolNames = [
  "sagemaker_list_endpoints",
  "sagemaker_describe_endpoint",
  "sagemaker_get_metrics",
  "sagemaker_explain_scaling",
  "sagemaker_invoke_endpoint",
  "sagemaker_run_load_test",
  "sagemaker_preview_deployment",
] as const;
export type ToolName = (typeof toolNames)[number];

/** Every view's id, by what it shows. */
export const viewIds = {
  endpoints: "sagemakerOps.endpoints",
  stack: "sagemakerOps.stack",
  loadTests: "sagemakerOps.loadTests",
} as const;

/** Every context key that `when` clauses of package.json use, with its type. */
export interface ContextKeys {
  "sagemakerOps.connected": boolean;
  /** The sandbox was started by this window, so that it can be stopped here. */
  "sagemakerOps.sandboxRunning": boolean;
  /** The connection is to a sandbox, whoever started it: AWS's own pages know nothing of it. */
  "sagemakerOps.inSandbox": boolean;
  "sagemakerOps.hasProject": boolean;
  "sagemakerOps.stackDeployed": boolean;
  "sagemakerOps.loadTestActive": boolean;
  /** The workspace was searched for load plans and runs, and has none. */
  "sagemakerOps.noLoadTests": boolean;
  /** Not all endpoints are listed. */
  "sagemakerOps.filtered": boolean;
}
export type ContextKey = keyof ContextKeys;

/** Every setting with the type of its value. */
export interface Settings {
  /** Port of the sandbox; 0 takes a free one. */
  "sagemakerOps.sandbox.port": number;
  /** How many times faster than on AWS simulated durations pass in the sandbox. */
  "sagemakerOps.sandbox.timeScale": number;
  /** Profile that Connect… offers first; empty for none. */
  "sagemakerOps.connection.profile": string;
  /** Region that Connect… offers first; empty for the profile's. */
  "sagemakerOps.connection.region": string;
  /** Whether a workspace connects again to the account that it was last connected to. */
  "sagemakerOps.connection.reconnect": boolean;
  /** Hours without an invocation after which an endpoint is called idle; 0 for never. */
  "sagemakerOps.idleHours": number;
}
export type SettingId = keyof Settings;

/** The ids as values, complete by their types: a test holds them against package.json. */
const commandTable: Record<CommandId, true> = {
  "sagemakerOps.connection.connect": true,
  "sagemakerOps.connection.signInAgain": true,
  "sagemakerOps.sandbox.start": true,
  "sagemakerOps.sandbox.stop": true,
  "sagemakerOps.sandbox.reset": true,
  "sagemakerOps.connection.openTerminal": true,
  "sagemakerOps.project.create": true,
  "sagemakerOps.project.createExample": true,
  "sagemakerOps.project.adopt": true,
  "sagemakerOps.project.pickEnvironment": true,
  "sagemakerOps.training.run": true,
  "sagemakerOps.stack.deploy": true,
  "sagemakerOps.stack.delete": true,
  "sagemakerOps.stack.detectDrift": true,
  "sagemakerOps.stack.continueRollback": true,
  "sagemakerOps.stack.setTeardown": true,
  "sagemakerOps.stack.showArchitecture": true,
  "sagemakerOps.stack.validateTemplate": true,
  "sagemakerOps.stack.copyOutput": true,
  "sagemakerOps.stack.openOutput": true,
  "sagemakerOps.endpoint.testPrediction": true,
  "sagemakerOps.endpoint.openMetrics": true,
  "sagemakerOps.endpoint.showLogs": true,
  "sagemakerOps.endpoint.copyName": true,
  "sagemakerOps.endpoint.copyArn": true,
  "sagemakerOps.endpoint.explain": true,
  "sagemakerOps.endpoint.explainScaling": true,
  "sagemakerOps.endpoint.showProgress": true,
  "sagemakerOps.endpoint.openConsole": true,
  "sagemakerOps.endpoint.delete": true,
  "sagemakerOps.endpoint.editScaling": true,
  "sagemakerOps.endpoint.suspendScaling": true,
  "sagemakerOps.endpoint.resumeScaling": true,
  "sagemakerOps.endpoint.update": true,
  "sagemakerOps.endpoint.shiftTraffic": true,
  "sagemakerOps.endpoint.recreate": true,
  "sagemakerOps.loadTest.run": true,
  "sagemakerOps.loadTest.debugRequest": true,
  "sagemakerOps.loadTest.stop": true,
  "sagemakerOps.loadTest.show": true,
  "sagemakerOps.loadTest.openRun": true,
  "sagemakerOps.loadTest.openReport": true,
  "sagemakerOps.loadTest.explain": true,
  "sagemakerOps.loadTest.compare": true,
  "sagemakerOps.loadTest.exportRun": true,
  "sagemakerOps.loadTest.deleteRun": true,
  "sagemakerOps.loadTest.export": true,
  "sagemakerOps.loadTest.runOnAws": true,
  "sagemakerOps.loadTest.importResults": true,
  "sagemakerOps.loadTest.findTarget": true,
  "sagemakerOps.loadTest.whatIf": true,
  "sagemakerOps.explorer.refresh": true,
  "sagemakerOps.explorer.loadMore": true,
  "sagemakerOps.explorer.addConnection": true,
  "sagemakerOps.explorer.removeConnection": true,
  "sagemakerOps.explorer.filter": true,
  "sagemakerOps.explorer.clearFilter": true,
  "sagemakerOps.explorer.copyName": true,
  "sagemakerOps.explorer.copyArn": true,
  "sagemakerOps.explorer.copyValue": true,
  "sagemakerOps.explorer.openConsole": true,
  "sagemakerOps.endpoint.addFavorite": true,
  "sagemakerOps.endpoint.removeFavorite": true,
  "sagemakerOps.model.downloadArtifact": true,
  "sagemakerOps.prediction.send": true,
  "sagemakerOps.endpoint.predictFile": true,
  "sagemakerOps.endpoint.compareOnRows": true,
  "sagemakerOps.stack.revealInTemplate": true,
  "sagemakerOps.log.show": true,
};
const contextKeyTable: Record<ContextKey, true> = {
  "sagemakerOps.connected": true,
  "sagemakerOps.sandboxRunning": true,
  "sagemakerOps.inSandbox": true,
  "sagemakerOps.hasProject": true,
  "sagemakerOps.stackDeployed": true,
  "sagemakerOps.loadTestActive": true,
  "sagemakerOps.noLoadTests": true,
  "sagemakerOps.filtered": true,
};

/** What a setting is when nobody set it; package.json says the same to VS Code. */
export const settingDefaults: Settings = {
  "sagemakerOps.sandbox.port": 0,
  "sagemakerOps.sandbox.timeScale": 30,
  "sagemakerOps.connection.profile": "",
  "sagemakerOps.connection.region": "",
  "sagemakerOps.connection.reconnect": true,
  "sagemakerOps.idleHours": 24,
};
export const commandIds = Object.keys(commandTable) as CommandId[];
export const contextKeys = Object.keys(contextKeyTable) as ContextKey[];
