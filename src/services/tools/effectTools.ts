import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import * as l10n from "@vscode/l10n";
import { z } from "zod";
import { consequence } from "../../domain/changeSet.ts";
import { OpsError } from "../../domain/errors.ts";
import { MOST_BODY_BYTES } from "../../domain/invocation.ts";
import { peakRate, planSeconds } from "../../domain/loadPlan.ts";
import { errorCount, type LoadRunReport } from "../../domain/loadRun.ts";
import { numberText, usdText } from "../../domain/numberText.ts";
import { plural } from "../../domain/plural.ts";
import type { PropertyChange } from "../../domain/stack.ts";
import { assertExpectedAccount, type ProjectContext } from "../projects.ts";
import { defineTool, endpointName, fileWithin, placeFacts, placeOf, rounded, type ToolServices } from "./tool.ts";

const header = z
  .string()
  .max(1024)
  .regex(/^[\x20-\x7e]*$/, "visible ASCII characters");
/** An answer beyond this is cut: a model has no use for more. */
const MOST_ANSWER = 20_000;

/** One prediction. */
export const invokeEndpointTool = defineTool({
  name: "invoke_endpoint",
  title: "Invoke a SageMaker endpoint",
  description:
    "Sends one request to a SageMaker endpoint (InvokeEndpoint) and gives its answer, latency and, where the answer is a row of numbers, the probabilities. A refusal of the container is part of the answer.",
  effect: "sends",
  input: z.strictObject({
    endpoint: endpointName,
    body: z.string().min(1).max(MOST_BODY_BYTES).describe("The request's body as text, for example one CSV row."),
    contentType: header.default("text/csv").describe("Content type of the body."),
    accept: header.optional().describe("Content type wanted of the answer."),
    targetVariant: z.string().max(63).optional().describe("Variant to ask; by weight without one."),
    inferenceComponent: z.string().max(63).optional().describe("Inference component to ask."),
  }),
  async preview({ connections }, { endpoint, body, contentType, targetVariant }) {
    const connection = connections.required();
    return {
      title: l10n.t("Send 1 request to {0}", endpoint),
      facts: [
        ...placeFacts(connection),
        { label: l10n.t("Target"), value: targetText(endpoint, targetVariant) },
        { label: l10n.t("Body"), value: `${plural(Buffer.byteLength(body), "byte")}, ${contentType}` },
        {
          label: l10n.t("Cost"),
          value: connection.kind === "sandbox" ? l10n.t("nothing in the sandbox") : l10n.t("that of one invocation"),
        },
      ],
      warnings: [],
    };
  },
  async run({ connections, predictor }, { endpoint, ...request }, { signal }) {
    const connection = connections.required();
    const response = await predictor.predict({ endpointName: endpoint, ...request }, signal);
    const { status, latencyMs, contentType, variant, body, bytes, probabilities, error } = response;
    const cut = body.length > MOST_ANSWER;
    return {
      summary: error
        ? `${endpoint} refused: HTTP ${status}, ${error.originalMessage ?? error.message}`
        : `${endpoint} answered HTTP ${status} in ${rounded(latencyMs)} ms.`,
      data: {
        place: placeOf(connection),
        endpoint,
        status,
        latencyMs: rounded(latencyMs),
        contentType,
        variant,
        probabilities,
        body: cut ? body.slice(0, MOST_ANSWER) : body,
        ...(cut ? { bodyCutAfter: MOST_ANSWER, bodyCharacters: body.length } : {}),
        ...(bytes ? { binaryBytes: bytes.length } : {}),
        error,
      },
    };
  },
});

/** A load plan, run to its end. */
export const runLoadTestTool = defineTool({
  name: "run_load_test",
  title: "Run a load test",
  description:
    "Runs a load plan (*.ramp.json of the open project) against its SageMaker endpoint or the project's own API, and gives verdict, rates, latency percentiles, errors, expectations and the timeline of the scale-out. Takes as long as the plan says. Sends real load: only to targets of the connected account.",
  effect: "sends",
  input: z.strictObject({
    plan: z
      .string()
      .min(1)
      .max(1000)
      .regex(/\.ramp\.json$/, "a file *.ramp.json")
      .describe("Path of the load plan, relative to the project's folder, such as loadtests/1k-rps.ramp.json."),
  }),
  async preview(services, { plan: name }) {
    const { file, prepared } = await preparePlan(services, name);
    const { plan, target, connection, requests, estimatedUsd, warnings } = prepared;
    const cost =
      estimatedUsd === undefined
        ? l10n.t("unknown instance price")
        : l10n.t("about {0} of instance time", usdText(estimatedUsd));
    return {
      title: l10n.t("Send {0} to {1}", plural(requests, "request"), target.name),
      facts: [
        ...placeFacts(connection),
        { label: l10n.t("Target"), value: targetText(target.name, target.variant) },
        {
          label: l10n.t("Load"),
          value: l10n.t(
            "up to {0} requests/s for {1} s",
            numberText(peakRate(plan.stages), 3),
            numberText(planSeconds(plan.stages), 3),
          ),
        },
        { label: l10n.t("Plan"), value: file },
        { label: l10n.t("Cost"), value: connection.kind === "sandbox" ? l10n.t("nothing in the sandbox") : cost },
      ],
      warnings,
      binding: createHash("sha256")
        .update(await readFile(file))
        .digest("hex"),
    };
  },
  async run(services, { plan: name }, { signal, onProgress }) {
    const { loadTests } = services;
    const { prepared } = await preparePlan(services, name);
    const forget = loadTests.onDidChange.on(({ points, phase, instances }) => {
      const point = points.at(-1);
      if (!point) return onProgress?.(phase);
      const serving = instances.at(-1)?.current;
      onProgress?.(
        `${phase}, second ${point.second + 1}: ${numberText(point.done)} of ${numberText(point.asked)} requests/s${serving === undefined ? "" : `, ${serving} instances`}`,
      );
    });
    const stop = () => void loadTests.stop();
    signal?.addEventListener("abort", stop);
    try {
      const { report, reportFiles, error } = await loadTests.start(prepared);
      if (!report) throw error ?? new OpsError("failed", `Load test ${prepared.plan.name} ended without a report.`);
      return { summary: report.verdict.sentence, data: { ...reportFacts(report), files: reportFiles } };
    } finally {
      signal?.removeEventListener("abort", stop);
      forget();
    }
  },
});

async function preparePlan({ loadTests, folders, project }: ToolServices, name: string) {
  const file = fileWithin(folders(), name);
  return { file, prepared: await loadTests.prepare(file, await project()) };
}

function reportFacts(report: LoadRunReport): Record<string, unknown> {
  const { verdict, totals, latency, expectations, marks, instances, warnings, startedAtMs, connection, target } =
    report;
  return {
    place: { account: connection.accountId, region: connection.region, sandbox: connection.sandbox },
    target: target.name,
    passed: verdict.passed,
    scaleOutProven: verdict.proven,
    verdict: verdict.sentence,
    requests: { planned: totals.planned, sent: totals.sent, ok: totals.ok, errors: errorCount(totals.byKind) },
    latencyMs: latency.whole,
    mostInstances: Math.max(0, ...instances.map(({ current }) => current)),
    expectations: expectations.map(({ name, comparison, asked, measured, passed, reason }) => ({
      name,
      asked: `${comparison === "atLeast" ? "≥" : "≤"} ${asked}`,
      measured,
      passed,
      reason,
    })),
    timeline: marks.map(({ atMs, text }) => ({ second: rounded((atMs - startedAtMs) / 1000), text })),
    warnings,
  };
}

/** The change set of the project's stack, made to be read and taken away again. */
export const previewDeploymentTool = defineTool({
  name: "preview_deployment",
  title: "Preview the deployment of the project",
  description:
    "Shows what a deployment of the open project (sagemaker-ops.json) would change in its CloudFormation stack: each resource with its action, replacement and consequence, and the cost per hour before and after. Deploys nothing; it uploads the project's artifacts and makes a change set, which it deletes again.",
  effect: "changes",
  input: z.strictObject({}),
  async preview(services) {
    const connection = services.connections.required();
    const project = await projectOf(services);
    assertExpectedAccount(connection, project);
    const { stackName, bootstrap, parameters } = project.project;
    const bucket =
      parameters.ArtifactBucket ?? (bootstrap ? l10n.t("the artifacts' bucket, which is made when it is missing") : "");
    return {
      title: l10n.t("Upload the artifacts of stack {0} and compute its changes", stackName),
      facts: [
        ...placeFacts(connection),
        { label: l10n.t("Target"), value: l10n.t("stack {0}", stackName) },
        { label: l10n.t("Uploads to"), value: `${bucket}` },
        {
          label: l10n.t("Deploys"),
          value: l10n.t("nothing: the change set is deleted again; bucket and uploads stay"),
        },
        {
          label: l10n.t("Cost"),
          value: connection.kind === "sandbox" ? l10n.t("nothing in the sandbox") : l10n.t("that of the stored files"),
        },
      ],
      warnings: [],
    };
  },
  async run(services, _input, { signal, onProgress }) {
    const { connections, deployer } = services;
    const project = await projectOf(services);
    const connection = connections.required();
    const prepared = await deployer.prepare(
      project,
      (event) => event.kind === "step" && onProgress?.(event.text),
      signal,
    );
    const { preview, cost } = prepared;
    const data = {
      place: placeOf(connection),
      stack: preview.stackName,
      isNew: preview.isNew,
      changes: preview.changes.map((change) => ({
        action: change.action,
        logicalId: change.logicalId,
        type: change.type,
        replacement: change.replacement,
        consequence: consequence(change),
        details: change.details.map(shownDetail),
      })),
      estimatedUsdPerHour: cost,
    };
    await deployer.discard(prepared);
    const number = preview.changes.length;
    return {
      summary:
        number === 0
          ? `Stack ${preview.stackName} is up to date.`
          : `A deployment would make ${numberText(number)} changes in ${preview.isNew ? "the new " : ""}stack ${preview.stackName}.`,
      data,
    };
  },
});

/** Properties whose values may be secrets: variables of containers and functions, and what is named as such. */
const SECRET = /environment|secret|password|token|credential|key(?!id$)/i;

/** A changed value as a model may see it: of what may be a secret only that it changes. */
export function shownDetail({ path: property, before, after }: PropertyChange): Record<string, string | undefined> {
  if (!SECRET.test(property)) return { property, before, after };
  const hidden = (value: string | undefined) => (value === undefined ? undefined : "(not shown)");
  return { property, before: hidden(before), after: hidden(after) };
}

async function projectOf({ project }: ToolServices): Promise<ProjectContext> {
  const found = await project();
  if (found) return found;
  throw new OpsError("badInput", "No project is open.", {
    hint: "Open a folder with a sagemaker-ops.json, or name one with --project.",
  });
}

const targetText = (name: string, variant: string | undefined) =>
  variant === undefined ? name : l10n.t("{0}, variant {1}", name, variant);
