import path from "node:path";
import { describeScaling } from "../aws/autoscaling.ts";
import { describeStack } from "../aws/cloudformation.ts";
import { invocationUrl } from "../aws/runtime.ts";
import { describeEndpoint, describeEndpointConfig, withConfig } from "../aws/sagemaker.ts";
import type { Connection } from "../domain/connection.ts";
import { type Endpoint, takesTraffic } from "../domain/endpoint.ts";
import { OpsError } from "../domain/errors.ts";
import { capacityWarnings, type LoadPlan, plannedRequests } from "../domain/loadPlan.ts";
import type {
  InstancePoint,
  LoadRunConnection,
  LoadRunEnvironment,
  LoadRunPoint,
  LoadRunPolicy,
  LoadRunReport,
  LoadRunTarget,
  ScalingMark,
} from "../domain/loadRun.ts";
import type { ScalableTarget } from "../domain/scaling.ts";
import { INVOCATIONS_METRIC } from "../domain/scalingExplanation.ts";
import type { Stack } from "../domain/stack.ts";
import { type EngineEntry, type RampResult, type RampRun, startRamp } from "../loadtest/engine.ts";
import { buildReport } from "../loadtest/report.ts";
import type { RequestTemplate } from "../loadtest/requestEncoder.ts";
import type { Connections } from "./connections.ts";
import { Emitter } from "./emitter.ts";
import { estimateCost, policyOf } from "./loadForecast.ts";
import { readPayloads, readPlan, toRunError } from "./loadPlanFiles.ts";
import type { ProjectContext } from "./projects.ts";
import { RUNS_FOLDER, type RunFiles, RunStore } from "./runStore.ts";
import { ScalingWatch } from "./scalingWatch.ts";
import { pause } from "./stackEvents.ts";
import { sandboxApiUrl } from "./stackUrls.ts";

/** A run that can be described before it is asked for. */
export interface PreparedRun {
  planFile: string;
  plan: LoadPlan;
  target: LoadRunTarget;
  connection: Connection;
  /** Requests that will be sent. */
  requests: number;
  /** Cost of the predicted instances for the length of the plan, US dollars; undefined in the sandbox. */
  estimatedUsd?: number;
  warnings: string[];
  request: RequestTemplate;
  signed: boolean;
  payloads: Uint8Array[];
  endpoint?: Endpoint;
  scaling: ScalableTarget[];
  policy?: LoadRunPolicy;
}

/** A run as it goes; each change is told as a complete picture. */
export interface RunProgress {
  id: string;
  plan: LoadPlan;
  target: LoadRunTarget;
  connection: LoadRunConnection;
  startedAtMs: number;
  points: LoadRunPoint[];
  instances: InstancePoint[];
  marks: ScalingMark[];
  phase: "starting" | "running" | "watching" | "done" | "failed";
  report?: LoadRunReport;
  reportFiles?: RunFiles;
  error?: OpsError;
  policyTargetPerMinute?: number;
}

/** How often what was measured so far is written down, so that a closed window loses little. */
const SAVE_EVERY_MS = 5_000;
const CREDENTIALS_EVERY_MS = 60_000;
const SANDBOX_WATCH_MS = 500;
const AWS_WATCH_MS = 10_000;

/** Runs load plans: one at a time, in a process of its own, watched until its proof is there. */
export class LoadTests {
  readonly onDidChange = new Emitter<RunProgress>();
  private current: RunProgress | undefined;
  private ramp: RampRun | undefined;
  private readonly stopWatching = new Set<AbortController>();

  constructor(
    private readonly connections: Connections,
    private readonly engine: EngineEntry,
  ) {}

  /** The run under way, or the last one. */
  get active(): RunProgress | undefined {
    return this.current;
  }

  get isRunning(): boolean {
    return this.current !== undefined && !["done", "failed"].includes(this.current.phase);
  }

  /**
   * Reads the plan and looks at its target: only an endpoint of the connected account, or the API of the project's own
   * stack, may be loaded.
   * @throws OpsError badInput for plan and payloads, notFound or conflict for the target
   */
  async prepare(planFile: string, project?: ProjectContext): Promise<PreparedRun> {
    const file = path.resolve(planFile);
    const plan = await readPlan(file);
    const payloads = await readPayloads(file, plan);
    const connection = this.connections.required();
    const stack = project && (await describeStack(this.connections.clients(), project.project.stackName));
    const base = { planFile: file, plan, connection, payloads, requests: plannedRequests(plan.stages) };
    if (plan.target.type === "api") return this.prepareApi(base, plan.target.url, project, stack);
    return this.prepareEndpoint(base, plan.target, project, stack);
  }

  /**
   * Runs a prepared plan and writes its report. Failing expectations are part of the report, not an error.
   * @throws OpsError conflict while another run is under way
   */
  async start(prepared: PreparedRun, options: { reportFolder?: string } = {}): Promise<RunProgress> {
    if (this.isRunning)
      throw new OpsError("conflict", `The load run ${this.current?.plan.name} is still under way.`, {
        hint: "Stop it, or wait until it has ended.",
      });
    const { connection, plan, target } = prepared;
    const startedAtMs = Date.now();
    const run: RunProgress = {
      id: runId(startedAtMs, plan.name),
      plan,
      target,
      connection: {
        accountId: connection.accountId,
        region: connection.region,
        sandbox: connection.kind === "sandbox",
        timeScale: connection.timeScale,
      },
      startedAtMs,
      points: [],
      instances: [],
      marks: [],
      phase: "starting",
      policyTargetPerMinute: prepared.policy?.targetPerMinute,
    };
    this.current = run;
    this.onDidChange.fire(run);
    const store = new RunStore(options.reportFolder ?? path.join(path.dirname(prepared.planFile), "..", RUNS_FOLDER));
    try {
      await this.run(prepared, run, store);
      run.phase = "done";
    } catch (e) {
      run.phase = "failed";
      run.error = toRunError(e);
    } finally {
      this.ramp = undefined;
    }
    this.onDidChange.fire(run);
    return run;
  }

  /** Sends nothing more, waits up to 5 s for the answers, and keeps what was measured. */
  async stop(): Promise<void> {
    for (const controller of this.stopWatching) controller.abort();
    await this.ramp?.stop();
  }

  /** Earlier runs, newest first. */
  list(folder: string): Promise<{ file: string; report: LoadRunReport }[]> {
    return new RunStore(folder).list();
  }

  private async run(prepared: PreparedRun, run: RunProgress, store: RunStore): Promise<void> {
    const watch = await this.watchScaling(prepared, run);
    const stopped = new AbortController();
    this.stopWatching.add(stopped);
    let lastSavedMs = Date.now();
    const report = (result: RampResult) => buildRunReport(prepared, run, result, watch);
    const clients = this.connections.clients();
    const credentials = await clients.settings.credentials();
    const ramp = startRamp({
      engine: this.engine,
      plan: prepared.plan,
      request: prepared.request,
      payloads: prepared.payloads,
      signing: prepared.signed ? { region: clients.region, service: "sagemaker", credentials } : undefined,
      onPoint: (point, measured) => {
        run.phase = "running";
        run.points.push(point);
        this.onDidChange.fire(run);
        if (Date.now() - lastSavedMs < SAVE_EVERY_MS) return;
        lastSavedMs = Date.now();
        const partial: RampResult = { ...measured, endedAtMs: Date.now(), points: run.points, interrupted: true };
        void store.save(report(partial)).catch(() => {});
      },
    });
    this.ramp = ramp;
    const refresh = setInterval(() => void this.refreshCredentials(ramp), CREDENTIALS_EVERY_MS);
    try {
      const result = await ramp.done;
      run.points = result.points;
      await this.watchOn(prepared, run, stopped.signal);
      await watch?.stop();
      run.report = report(result);
      run.reportFiles = await store.save(run.report);
    } finally {
      clearInterval(refresh);
      this.stopWatching.delete(stopped);
      await watch?.stop();
    }
  }

  private async watchScaling(prepared: PreparedRun, run: RunProgress): Promise<ScalingWatch | undefined> {
    if (!prepared.endpoint) return undefined;
    const watch = new ScalingWatch({
      clients: this.connections.clients(),
      endpointName: prepared.endpoint.name,
      targets: prepared.scaling,
      pollMs: prepared.connection.kind === "sandbox" ? SANDBOX_WATCH_MS : AWS_WATCH_MS,
      onChange: (instances, marks) => {
        run.instances = [...instances];
        run.marks = [...marks];
        this.onDidChange.fire(run);
      },
    });
    await watch.start();
    return watch;
  }

  /** After the last request the scaling may still be under way: the plan says how long to look on. */
  private async watchOn(prepared: PreparedRun, run: RunProgress, signal: AbortSignal): Promise<void> {
    const wanted = prepared.plan.expect.instances?.min ?? 0;
    const end = Date.now() + (prepared.plan.watchSecondsAfter ?? 0) * 1000;
    if (Date.now() >= end) return;
    run.phase = "watching";
    this.onDidChange.fire(run);
    while (Date.now() < end && !signal.aborted) {
      const most = Math.max(0, ...run.instances.map((i) => i.current));
      if (wanted > 0 && most >= wanted) return;
      await pause(500, signal);
    }
  }

  /** The SDK hands out new credentials before the old ones expire; the engine only has to be told. */
  private async refreshCredentials(ramp: RampRun): Promise<void> {
    try {
      ramp.updateCredentials(await this.connections.clients().settings.credentials());
    } catch {
      // The old ones may still be good; if not, the report shows what the target answered.
    }
  }

  private async prepareEndpoint(
    base: Pick<PreparedRun, "planFile" | "plan" | "connection" | "payloads" | "requests">,
    wanted: Extract<LoadPlan["target"], { type: "endpoint" }>,
    project: ProjectContext | undefined,
    stack: Stack | undefined,
  ): Promise<PreparedRun> {
    const clients = this.connections.clients();
    const name = wanted.name ?? stack?.outputs.EndpointName;
    if (!name)
      throw new OpsError(
        "badInput",
        project
          ? `Load plan ${base.planFile} names no endpoint, and stack ${project.project.stackName} is not deployed in ${clients.region}.`
          : `Load plan ${base.planFile} names no endpoint, and there is no project to take it from.`,
        { hint: project ? "Deploy the project first, or name an endpoint in the plan." : 'Give the target a "name".' },
      );
    const bare = await describeEndpoint(clients, name);
    if (!takesTraffic(bare.status))
      throw new OpsError("conflict", `Endpoint ${name} is ${bare.status} and takes no requests.`, {
        hint: bare.failureReason ?? "Wait until it is InService.",
      });
    if (wanted.variant && !bare.variants.some((v) => v.name === wanted.variant))
      throw new OpsError("badInput", `Endpoint ${name} has no variant ${wanted.variant}.`, {
        hint: `It has ${bare.variants.map((v) => v.name).join(", ")}.`,
      });
    const config = await describeEndpointConfig(clients, bare.configName).catch(() => undefined);
    const endpoint = config ? withConfig(bare, config) : bare;
    const scaling = await describeScaling(
      clients,
      name,
      wanted.variant ? [wanted.variant] : bare.variants.map((v) => v.name),
    );
    const policy = policyOf(scaling);
    const headers: Record<string, string> = { "content-type": base.plan.contentType };
    if (base.plan.accept) headers.accept = base.plan.accept;
    if (wanted.variant) headers["x-amzn-sagemaker-target-variant"] = wanted.variant;
    return {
      ...base,
      target: { type: "endpoint", name, variant: wanted.variant },
      estimatedUsd: base.connection.kind === "sandbox" ? undefined : estimateCost(base.plan, endpoint, policy),
      warnings: policy
        ? capacityWarnings(base.plan, policy)
        : base.plan.expect.instances
          ? [`Endpoint ${name} has no target-tracking policy on ${INVOCATIONS_METRIC}: it will not scale out.`]
          : [],
      request: { url: await invocationUrl(clients, name), method: "POST", headers },
      signed: true,
      endpoint,
      scaling,
      policy,
    };
  }

  private async prepareApi(
    base: Pick<PreparedRun, "planFile" | "plan" | "connection" | "payloads" | "requests">,
    wanted: string | undefined,
    project: ProjectContext | undefined,
    stack: Stack | undefined,
  ): Promise<PreparedRun> {
    const output = stack?.outputs.ApiUrl;
    const { connection } = base;
    const own = output && connection.kind === "sandbox" ? sandboxApiUrl(output, connection.endpointUrl ?? "") : output;
    if (!own)
      throw new OpsError("badInput", `Load plan ${base.planFile} loads the API, but no deployed stack has one.`, {
        hint: project ? `Deploy stack ${project.project.stackName} first.` : "Run it with its project.",
      });
    if (wanted !== undefined && wanted !== own && wanted !== output)
      throw new OpsError("badInput", `${wanted} is not the API of stack ${stack?.name}.`, {
        hint: `Only ${own} may be loaded: leave the url out.`,
      });
    const endpointName = stack?.outputs.EndpointName;
    const endpoint = endpointName ? await describeEndpoint(this.connections.clients(), endpointName) : undefined;
    const scaling = endpoint
      ? await describeScaling(
          this.connections.clients(),
          endpoint.name,
          endpoint.variants.map((v) => v.name),
        )
      : [];
    const policy = policyOf(scaling);
    return {
      ...base,
      target: { type: "api", name: own },
      warnings: policy ? capacityWarnings(base.plan, policy) : [],
      request: { url: own, method: "POST", headers: { "content-type": base.plan.contentType } },
      signed: false,
      endpoint,
      scaling,
      policy,
    };
  }
}

/** Sorts by time and says what ran: `20261122-140302-1k-rps`. */
function runId(atMs: number, name: string): string {
  const stamp = new Date(atMs).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  return `${stamp}-${name.replace(/[^A-Za-z0-9._-]+/g, "-").slice(0, 60)}`;
}

function buildRunReport(
  prepared: PreparedRun,
  run: RunProgress,
  result: RampResult,
  watch: ScalingWatch | undefined,
): LoadRunReport {
  const variant = prepared.endpoint?.variants[0];
  const environment: Partial<LoadRunEnvironment> = {
    endpoint: prepared.endpoint?.name,
    variant: variant?.name,
    instanceType: variant?.instanceType,
    policy: prepared.policy,
  };
  const blind = watch?.failures
    ? [`${watch.failures} readings of the endpoint's scaling failed; the timeline may have gaps.`]
    : [];
  return buildReport({
    id: run.id,
    plan: run.plan,
    target: run.target,
    connection: run.connection,
    result,
    endedAtMs: result.interrupted ? undefined : Date.now(),
    instances: run.instances,
    marks: run.marks,
    environment,
    warnings: [...prepared.warnings, ...blind],
  });
}
