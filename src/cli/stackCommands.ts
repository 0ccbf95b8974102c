import { changedValueText, consequence } from "../domain/changeSet.ts";
import { changeSetCostText, mostCostText, priceNote } from "../domain/changeSetCostText.ts";
import { describeConnection } from "../domain/connection.ts";
import { driftSentence } from "../domain/drift.ts";
import { OpsError } from "../domain/errors.ts";
import type { ResourceChange } from "../domain/stack.ts";
import { remainingText, teardownAtMs } from "../domain/teardown.ts";
import type { DeployEvent } from "../services/deployEvents.ts";
import { findDrift } from "../services/driftFinder.ts";
import { loadProject, type ProjectContext } from "../services/projects.ts";
import type { PreparedDeployment } from "../services/stackDeployer.ts";
import { teardownTime, withTeardown } from "../services/teardown.ts";
import { connectionOptions, parseArguments } from "./arguments.ts";
import type { CliServices } from "./cliServices.ts";
import { abortOnInterrupt } from "./interrupt.ts";
import type { Output } from "./output.ts";

const options = {
  ...connectionOptions,
  project: { type: "string", default: "." },
  env: { type: "string" },
  yes: { type: "boolean", default: false },
} as const;

function printEvent(output: Output): (event: DeployEvent) => void {
  return (e) => {
    if (e.kind === "step") output.line(e.text);
    else
      output.line(
        `  ${new Date(e.event.atMs).toISOString().slice(11, 19)}  ${e.event.status.padEnd(20)} ${e.event.logicalId} (${e.event.type})${e.event.reason ? ` — ${e.event.reason}` : ""}`,
      );
  };
}

function changeLine(c: ResourceChange): string {
  const sign = { Add: "+", Modify: "~", Remove: "-", Import: ">", Dynamic: "?" }[c.action];
  const replaced = c.replacement === "True" ? "  REPLACED" : c.replacement === "Conditional" ? "  may be replaced" : "";
  const lines = [`  ${sign} ${c.logicalId} (${c.type})${replaced}`];
  const minds = consequence(c);
  if (minds) lines.push(`      ${minds}`);
  for (const { path, before, after } of c.action === "Modify" ? c.details : [])
    lines.push(`      ${path}: ${changedValueText(before, LONGEST_VALUE)} → ${changedValueText(after, LONGEST_VALUE)}`);
  return lines.join("\n");
}

const LONGEST_VALUE = 80;

function printPreview(output: Output, { preview, cost }: PreparedDeployment): void {
  output.line(`Change set of stack ${preview.stackName}: ${preview.changes.length || "no"} changes`);
  for (const change of preview.changes) output.line(changeLine(change));
  if (!cost) return;
  const text = [changeSetCostText(cost), mostCostText(cost)].filter(Boolean).join("; ");
  output.line(`  cost of the endpoint on AWS: ${text} (${priceNote(cost.region)})`);
}

const deployOptions = { ...options, "teardown-after": { type: "string" } } as const;

/** The project, with the time of its end where one is asked for. */
async function projectToDeploy(
  { project, env, "teardown-after": hours }: { project: string; env?: string; "teardown-after"?: string },
  output: Output,
): Promise<ProjectContext> {
  const loaded = await loadProject(project, env);
  if (hours === undefined) return loaded;
  const { context, at } = withTeardown(loaded, Number(hours), Date.now());
  output.line(`Stack ${loaded.project.stackName} will delete itself at ${at} UTC; its role for that stays`);
  return context;
}

/** `deploy`: change set, preview, execute, outputs. */
export async function runDeploy(args: string[], services: CliServices, output: Output): Promise<number> {
  const { values } = parseArguments(args, deployOptions);
  const project = await projectToDeploy(values, output);
  const connection = await services.connect(values, project.project);
  output.line(`Deploying stack ${project.project.stackName} to ${describeConnection(connection)}`);
  const signal = abortOnInterrupt();
  const on = printEvent(output);
  const prepared = await services.deployer.prepare(project, on, signal);
  printPreview(output, prepared);
  try {
    const where = `account ${connection.accountId}, ${connection.region}`;
    await output.confirm(`Execute these changes in ${where}?`, values.yes);
  } catch (e) {
    await services.deployer.discard(prepared);
    throw e;
  }
  const stack = await services.deployer.execute(prepared, on, signal);
  output.line(`Stack ${stack.name} is ${stack.status}`);
  for (const [key, value] of Object.entries(stack.outputs)) output.line(`  ${key} = ${value}`);
  const apiUrl = services.deployer.apiUrl(stack);
  const webUrl = services.deployer.webUrl(stack);
  const staticPageUrl = services.deployer.staticPageUrl(stack);
  output.document({
    stack: stack.name,
    status: stack.status,
    outputs: stack.outputs,
    apiUrl,
    webUrl,
    staticPageUrl,
    changes: prepared.preview.changes,
  });
  return 0;
}

/** `drift`: where the stack differs from its template; exit code 1 when it does. */
export async function runDrift(args: string[], services: CliServices, output: Output): Promise<number> {
  const { values } = parseArguments(args, options);
  const { project } = await loadProject(values.project, values.env);
  await services.connect(values, project);
  const drift = await findDrift(services.connections, project.stackName, abortOnInterrupt());
  output.line(driftSentence(drift));
  for (const { logicalId, type, differences } of drift.drifts) {
    output.line(`  ${logicalId} (${type})`);
    for (const { path, expected, actual } of differences)
      output.line(
        `      ${path}: ${changedValueText(expected, LONGEST_VALUE)} in the template, ${changedValueText(actual, LONGEST_VALUE)} in the account`,
      );
  }
  output.document(drift);
  return drift.drifts.length > 0 ? 1 : 0;
}

const teardownOptions = {
  ...options,
  after: { type: "string" },
  cancel: { type: "boolean", default: false },
} as const;

/** `teardown`: tells, sets, moves or cancels the time at which a deployed stack deletes itself. */
export async function runTeardown(args: string[], services: CliServices, output: Output): Promise<number> {
  const { values } = parseArguments(args, teardownOptions);
  const project = await loadProject(values.project, values.env);
  const connection = await services.connect(values, project.project);
  const { stackName } = project.project;
  const told = (at: number | undefined) =>
    at === undefined
      ? `Stack ${stackName} does not delete itself`
      : `Stack ${stackName} deletes itself at ${new Date(at).toISOString().slice(0, 19)} UTC, in ${remainingText(at - Date.now())}`;
  if (values.after === undefined && !values.cancel) {
    const at = teardownAtMs(await deployedStack(services, stackName));
    output.line(told(at));
    output.document({ stack: stackName, teardownAtMs: at ?? null });
    return 0;
  }
  if (values.after !== undefined && values.cancel)
    throw new OpsError("badInput", "--after and --cancel exclude each other.", { hint: "Give one of them." });
  const wanted = values.cancel ? "" : teardownTime(Number(values.after), Date.now());
  const signal = abortOnInterrupt();
  const on = printEvent(output);
  const prepared = await services.deployer.prepareTeardown(project, wanted, on, signal);
  printPreview(output, prepared);
  try {
    const what = wanted ? `Delete stack ${stackName} at ${wanted} UTC` : `Cancel the timer of stack ${stackName}`;
    await output.confirm(`${what} in account ${connection.accountId}, ${connection.region}?`, values.yes);
  } catch (e) {
    await services.deployer.discard(prepared);
    throw e;
  }
  const at = teardownAtMs(await services.deployer.execute(prepared, on, signal));
  output.line(told(at));
  output.document({ stack: stackName, teardownAtMs: at ?? null });
  return 0;
}

const rollbackOptions = { ...options, skip: { type: "string", multiple: true } } as const;

/** `continue-rollback`: leads a stack out of UPDATE_ROLLBACK_FAILED. */
export async function runContinueRollback(args: string[], services: CliServices, output: Output): Promise<number> {
  const { values } = parseArguments(args, rollbackOptions);
  const project = await loadProject(values.project, values.env);
  const { stackName } = project.project;
  const connection = await services.connect(values, project.project);
  const skip = values.skip ?? [];
  const left = skip.length ? `, leaving ${skip.join(", ")} as it is` : "";
  await output.confirm(
    `Continue the rollback of stack ${stackName} in account ${connection.accountId}, ${connection.region}${left}?`,
    values.yes,
  );
  const stack = await services.deployer.continueRollback(project, skip, printEvent(output), abortOnInterrupt());
  output.line(`Stack ${stackName} is ${stack.status}: deploy again`);
  output.document({ stack: stackName, status: stack.status });
  return 0;
}

const deleteOptions = {
  ...options,
  retain: { type: "string", multiple: true },
  "empty-buckets": { type: "boolean", default: false },
} as const;

/** `delete`: the stack and the artifacts that were uploaded for it. */
export async function runDelete(args: string[], services: CliServices, output: Output): Promise<number> {
  const { values } = parseArguments(args, deleteOptions);
  const { project, ...rest } = await loadProject(values.project, values.env);
  const connection = await services.connect(values, project);
  await output.confirm(
    `Delete stack ${project.stackName} in account ${connection.accountId}, ${connection.region}? Its endpoint, API and web page go with it${values["empty-buckets"] ? ", and everything in its buckets" : ""}.`,
    values.yes,
  );
  const removal = { retain: values.retain, emptyBuckets: values["empty-buckets"] };
  await services.deployer.remove({ project, ...rest }, printEvent(output), abortOnInterrupt(), removal).catch((e) => {
    if (!(e instanceof OpsError) || e.code !== "deploymentFailed") throw e;
    throw new OpsError(e.code, e.message, { hint: `${e.hint ?? ""} (--empty-buckets, --retain ID)`.trim(), cause: e });
  });
  output.line(`Stack ${project.stackName} is deleted`);
  output.document({ stack: project.stackName, status: "DELETE_COMPLETE" });
  return 0;
}

/** The deployed stack's outputs. @throws OpsError notFound */
export async function deployedStack(services: CliServices, stackName: string) {
  const stack = await services.deployer.describe(stackName);
  if (stack) return stack;
  throw new OpsError("notFound", `Stack ${stackName} is not deployed in ${services.connections.required().region}.`, {
    hint: "Deploy the project first, or switch the region or the account.",
  });
}
