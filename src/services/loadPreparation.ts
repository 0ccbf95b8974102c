import path from "node:path";
import * as l10n from "@vscode/l10n";
import { apiKeyValue } from "../aws/apiGateway.ts";
import { describeScaling } from "../aws/autoscaling.ts";
import type { AwsClients } from "../aws/clients.ts";
import { describeStack } from "../aws/cloudformation.ts";
import { invocationUrl } from "../aws/runtime.ts";
import { describeEndpoint, describeEndpointConfig, withConfig } from "../aws/sagemaker.ts";
import type { Connection } from "../domain/connection.ts";
import { type Endpoint, takesTraffic } from "../domain/endpoint.ts";
import { OpsError } from "../domain/errors.ts";
import { type LoadPlan, plannedRequests } from "../domain/loadPlan.ts";
import { checkLoadPlan, type PlanFinding } from "../domain/loadPlanCheck.ts";
import type { LoadRunPolicy, LoadRunTarget } from "../domain/loadRun.ts";
import type { ScalableTarget } from "../domain/scaling.ts";
import type { Stack } from "../domain/stack.ts";
import type { RequestTemplate } from "../loadtest/requestEncoder.ts";
import type { Connections } from "./connections.ts";
import { estimateCost, planFacts, policyOf } from "./loadForecast.ts";
import { readPayloads, readPlan } from "./loadPlanFiles.ts";
import type { ProjectContext } from "./projects.ts";
import { RUNS_FOLDER } from "./runsFolder.ts";
import { sandboxApiUrl, servedUrl } from "./stackUrls.ts";

/** A run that can be described before it is asked for. */
export interface PreparedRun {
  planFile: string;
  /** Where the run is kept unless told otherwise: with the project, or beside a plan without one. */
  runsFolder: string;
  plan: LoadPlan;
  target: LoadRunTarget;
  connection: Connection;
  /** Requests that will be sent. */
  requests: number;
  /** Cost of the predicted instances for the length of the plan, US dollars; undefined in the sandbox. */
  estimatedUsd?: number;
  warnings: string[];
  /** What was found about the plan, with the place in its file; the texts of errors and warnings are in `warnings`. */
  findings: PlanFinding[];
  request: RequestTemplate;
  /** Opens the stack's API where it needs a key; beside the request, which may be shown and exported. */
  apiKey?: string;
  signed: boolean;
  payloads: Uint8Array[];
  endpoint?: Endpoint;
  scaling: ScalableTarget[];
  policy?: LoadRunPolicy;
}

type Base = Pick<PreparedRun, "planFile" | "runsFolder" | "plan" | "connection" | "payloads" | "requests">;

/** The request as it is sent, with the key of the API. */
export function openedRequest({ request, apiKey }: PreparedRun): RequestTemplate {
  return apiKey === undefined ? request : { ...request, headers: { ...request.headers, "x-api-key": apiKey } };
}

/**
 * Reads the plan and looks at its target: only an endpoint of the connected account, or the API of the project's own
 * stack, may be loaded.
 * @param meant the endpoint that a plan without a name is run on, instead of the project's
 * @throws OpsError badInput for plan and payloads, notFound or conflict for the target
 */
export async function prepareRun(
  connections: Connections,
  planFile: string,
  project?: ProjectContext,
  meant?: string,
): Promise<PreparedRun> {
  const file = path.resolve(planFile);
  const plan = await readPlan(file);
  const payloads = await readPayloads(file, plan);
  const connection = connections.required();
  const stack = project && (await describeStack(connections.clients(), project.project.stackName));
  const runsFolder = path.join(project?.folder ?? path.dirname(file), RUNS_FOLDER);
  const base: Base = { planFile: file, runsFolder, plan, connection, payloads, requests: plannedRequests(plan.stages) };
  if (plan.target.type === "api") return prepareApi(connections, base, plan.target.url, project, stack);
  const target = { ...plan.target, name: plan.target.name ?? meant };
  return prepareEndpoint(connections, base, target, project, stack);
}

async function prepareEndpoint(
  connections: Connections,
  base: Base,
  wanted: Extract<LoadPlan["target"], { type: "endpoint" }>,
  project: ProjectContext | undefined,
  stack: Stack | undefined,
): Promise<PreparedRun> {
  const clients = connections.clients();
  const name = wanted.name ?? stack?.outputs.EndpointName;
  if (!name)
    throw new OpsError(
      "badInput",
      project
        ? l10n.t(
            "Load plan {0} names no endpoint, and stack {1} is not deployed in {2}.",
            base.planFile,
            project.project.stackName,
            clients.region,
          )
        : l10n.t("Load plan {0} names no endpoint, and there is no project to take it from.", base.planFile),
      {
        hint: project
          ? l10n.t("Deploy the project first, or name an endpoint in the plan.")
          : l10n.t('Give the target a "name".'),
      },
    );
  const bare = await describeEndpoint(clients, name);
  if (!takesTraffic(bare.status))
    throw new OpsError("conflict", l10n.t("Endpoint {0} is {1} and takes no requests.", name, bare.status), {
      hint: bare.failureReason ?? l10n.t("Wait until it is InService."),
    });
  if (bare.isAsync)
    throw new OpsError("conflict", l10n.t("Endpoint {0} is asynchronous: it takes requests by way of S3 only.", name), {
      hint: l10n.t("A load test needs a real-time or a serverless endpoint."),
    });
  if (wanted.variant && !bare.variants.some((v) => v.name === wanted.variant))
    throw new OpsError("badInput", l10n.t("Endpoint {0} has no variant {1}.", name, wanted.variant), {
      hint: l10n.t("It has {0}.", bare.variants.map((v) => v.name).join(", ")),
    });
  const endpoint = await completed(clients, bare);
  const scaling = await describeScaling(
    clients,
    name,
    wanted.variant ? [wanted.variant] : bare.variants.map((v) => v.name),
  );
  const policy = policyOf(scaling);
  const headers: Record<string, string> = { "content-type": base.plan.contentType };
  if (base.plan.accept) headers.accept = base.plan.accept;
  if (wanted.variant) headers["x-amzn-sagemaker-target-variant"] = wanted.variant;
  if (wanted.inferenceComponent) headers["x-amzn-sagemaker-inference-component"] = wanted.inferenceComponent;
  return {
    ...base,
    target: { type: "endpoint", name, variant: wanted.variant, inferenceComponent: wanted.inferenceComponent },
    estimatedUsd: base.connection.kind === "sandbox" ? undefined : estimateCost(base.plan, endpoint, policy),
    ...checked(base, endpoint, policy),
    request: { url: await invocationUrl(clients, name), method: "POST", headers },
    signed: true,
    endpoint,
    scaling,
    policy,
  };
}

/** With instance types and models, where its configuration can still be read. */
async function completed(clients: AwsClients, bare: Endpoint): Promise<Endpoint> {
  const config = await describeEndpointConfig(clients, bare.configName).catch(() => undefined);
  return config ? withConfig(bare, config) : bare;
}

async function prepareApi(
  connections: Connections,
  base: Base,
  wanted: string | undefined,
  project: ProjectContext | undefined,
  stack: Stack | undefined,
): Promise<PreparedRun> {
  const output = stack?.outputs.ApiUrl;
  const own = servedUrl(output, base.connection, sandboxApiUrl);
  if (!own)
    throw new OpsError(
      "badInput",
      l10n.t("Load plan {0} loads the API, but no deployed stack has one.", base.planFile),
      {
        hint: project
          ? l10n.t("Deploy stack {0} first.", project.project.stackName)
          : l10n.t("Run it with its project."),
      },
    );
  if (wanted !== undefined && wanted !== own && wanted !== output)
    throw new OpsError("badInput", l10n.t("{0} is not the API of stack {1}.", wanted, stack?.name ?? ""), {
      hint: l10n.t("Only {0} may be loaded: leave the url out.", own ?? ""),
    });
  const endpointName = stack?.outputs.EndpointName;
  const endpoint = endpointName
    ? await completed(connections.clients(), await describeEndpoint(connections.clients(), endpointName))
    : undefined;
  const scaling = endpoint
    ? await describeScaling(
        connections.clients(),
        endpoint.name,
        endpoint.variants.map((v) => v.name),
      )
    : [];
  const policy = policyOf(scaling);
  const keyId = stack?.outputs.ApiKeyId;
  return {
    ...base,
    apiKey: keyId === undefined ? undefined : await apiKeyValue(connections.clients(), keyId),
    target: { type: "api", name: own },
    ...checked(base, endpoint, policy),
    request: { url: own, method: "POST", headers: { "content-type": base.plan.contentType } },
    signed: false,
    endpoint,
    scaling,
    policy,
  };
}

function checked(
  { plan, connection }: Base,
  endpoint: Endpoint | undefined,
  policy: LoadRunPolicy | undefined,
): Pick<PreparedRun, "findings" | "warnings"> {
  const findings = checkLoadPlan(plan, planFacts(connection.timeScale, endpoint, policy));
  const warnings = findings.filter(({ severity }) => severity !== "info").map(({ message }) => message);
  return { findings, warnings };
}
