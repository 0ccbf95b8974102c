import * as l10n from "@vscode/l10n";
import type { AwsClients } from "../aws/clients.ts";
import { OpsError } from "../domain/errors.ts";
import type { LoadPlan } from "../domain/loadPlan.ts";
import { watchSeconds } from "../domain/loadPlanCost.ts";
import type {
  InstancePoint,
  LoadRunConnection,
  LoadRunEnvironment,
  LoadRunPoint,
  LoadRunReport,
  LoadRunTarget,
  ScalingMark,
} from "../domain/loadRun.ts";
import { type EngineEntry, type RampResult, type RampRun, startRamp } from "../loadtest/engine.ts";
import { buildReport } from "../loadtest/report.ts";
import type { Connections } from "./connections.ts";
import { Emitter } from "./emitter.ts";
import { toRunError } from "./loadPlanFiles.ts";
import { openedRequest, type PreparedRun, prepareRun } from "./loadPreparation.ts";
import type { ProjectContext } from "./projects.ts";
import { type RunFiles, RunStore, readReport, runId } from "./runStore.ts";
import { ScalingWatch } from "./scalingWatch.ts";
import { pause } from "./stackEvents.ts";

/** A run as it goes; each change is told as a complete picture. */
export interface RunProgress {
  id: string;
  plan: LoadPlan;
  target: LoadRunTarget;
  /** The endpoint behind the target, where it is known. */
  endpointName?: string;
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
  /** A run that did not run here was added to those that are kept, or some were deleted. */
  readonly onDidChangeKept = new Emitter<void>();
  private current: RunProgress | undefined;
  private ramp: RampRun | undefined;
  private readonly stopWatching = new Set<AbortController>();
  /** Why the run under way was ended by what happened around it. */
  private cutShortBecause: string | undefined;
  /** Also before the engine runs: it then ends at once. */
  private stopAsked = false;

  constructor(
    private readonly connections: Connections,
    private readonly engine: EngineEntry,
    /** Of this product, for the reports. */
    private readonly version?: string,
  ) {
    // The keys, and with them the watching, belong to the account that was left.
    connections.onDidChange.on((now) =>
      this.cutShort(
        now
          ? l10n.t("The connection was changed while the load test ran.")
          : l10n.t("The connection was closed meanwhile."),
      ),
    );
  }

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
   * @param meant the endpoint that a plan without a name is run on, instead of the project's
   * @throws OpsError badInput for plan and payloads, notFound or conflict for the target
   */
  prepare(planFile: string, project?: ProjectContext, meant?: string): Promise<PreparedRun> {
    return prepareRun(this.connections, planFile, project, meant);
  }

  /**
   * Runs a prepared plan and writes its report. Failing expectations are part of the report, not an error.
   * @throws OpsError conflict while another run is under way
   */
  async start(prepared: PreparedRun, options: { reportFolder?: string } = {}): Promise<RunProgress> {
    if (this.isRunning)
      throw new OpsError("conflict", l10n.t("The load run {0} is still under way.", this.current?.plan.name ?? ""), {
        hint: l10n.t("Stop it, or wait until it has ended."),
      });
    const { connection, plan, target } = prepared;
    if (connection !== this.connections.current)
      throw new OpsError(
        "conflict",
        l10n.t("The connection was changed after load test {0} was prepared.", plan.name),
        {
          hint: l10n.t("Run it again."),
        },
      );
    this.cutShortBecause = undefined;
    this.stopAsked = false;
    const startedAtMs = Date.now();
    const run: RunProgress = {
      id: runId(startedAtMs, plan.name),
      plan,
      target,
      endpointName: prepared.endpoint?.name,
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
    const store = new RunStore(options.reportFolder ?? prepared.runsFolder);
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
    this.stopAsked = true;
    for (const controller of this.stopWatching) controller.abort();
    await this.ramp?.stop();
  }

  /** The same without being asked to: the report says why. */
  private cutShort(why: string): void {
    if (!this.isRunning || this.cutShortBecause) return;
    this.cutShortBecause = l10n.t("Stopped early: {0}", why);
    // What the run itself ends with is told by start().
    this.stop().catch(() => {});
  }

  /** A kept run. @throws OpsError notFound naming the file */
  read(file: string): Promise<LoadRunReport> {
    return readReport(file);
  }

  /** Earlier runs, newest first. */
  list(folder: string): Promise<{ file: string; report: LoadRunReport }[]> {
    return new RunStore(folder).list();
  }

  private async run(prepared: PreparedRun, run: RunProgress, store: RunStore): Promise<void> {
    const clients = this.connections.clients();
    const watch = await this.watchScaling(prepared, run);
    const stopped = new AbortController();
    this.stopWatching.add(stopped);
    let lastSavedMs = Date.now();
    const report = (result: RampResult) =>
      buildRunReport(prepared, run, result, watch, this.cutShortBecause, this.version);
    const credentials = await clients.settings.credentials();
    const ramp = startRamp({
      engine: this.engine,
      plan: prepared.plan,
      request: openedRequest(prepared),
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
    if (this.stopAsked) ramp.stop().catch(() => {});
    const refresh = setInterval(() => void refreshCredentials(clients, ramp), CREDENTIALS_EVERY_MS);
    try {
      const result = await ramp.done;
      run.points = result.points;
      await this.watchOn(prepared, run, stopped.signal);
      await watch?.stop();
      run.report = report(result);
      run.reportFiles = await store.save(run.report).catch((e: Error) => {
        // What was measured is still there to be looked at; only its files are missing.
        run.error = new OpsError(
          "failed",
          l10n.t("The report of run {0} could not be written: {1}", run.id, e.message),
          {
            hint: l10n.t("Make the folder writable, or choose another one."),
          },
        );
        return undefined;
      });
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
      onGone: () =>
        this.cutShort(l10n.t("Endpoint {0} was deleted while it was loaded.", prepared.endpoint?.name ?? "")),
    });
    await watch.start();
    return watch;
  }

  /** After the last request the scaling may still be under way: the plan says how long to look on. */
  private async watchOn(prepared: PreparedRun, run: RunProgress, signal: AbortSignal): Promise<void> {
    const end = Date.now() + watchSeconds(prepared.plan) * 1000;
    if (Date.now() >= end) return;
    run.phase = "watching";
    this.onDidChange.fire(run);
    while (Date.now() < end && !signal.aborted) {
      if (isProofComplete(prepared.plan, run)) return;
      await pause(500, signal);
    }
  }
}

/** Was everything of the scaling seen that the plan expects, so that nobody need watch on? */
function isProofComplete({ expect }: LoadPlan, { instances }: RunProgress): boolean {
  const most = Math.max(0, ...instances.map(({ current }) => current));
  const wanted = expect.instances?.min ?? 0;
  const first = instances[0]?.current ?? 0;
  if (expect.firstCapacitySeconds && most <= first) return false;
  if (!expect.scaleIn) return wanted > 0 ? most >= wanted : expect.firstCapacitySeconds !== undefined;
  return (
    most >= wanted &&
    most > (expect.scaleIn.to ?? first) &&
    (instances.at(-1)?.current ?? 0) <= (expect.scaleIn.to ?? first)
  );
}

/** The SDK hands out new credentials before the old ones expire; the engine only has to be told. */
async function refreshCredentials(clients: AwsClients, ramp: RampRun): Promise<void> {
  try {
    ramp.updateCredentials(await clients.settings.credentials());
  } catch {
    // The old ones may still be good; if not, the report shows what the target answered.
  }
}

function buildRunReport(
  prepared: PreparedRun,
  run: RunProgress,
  result: RampResult,
  watch: ScalingWatch | undefined,
  cutShortBecause: string | undefined,
  extensionVersion: string | undefined,
): LoadRunReport {
  const variant = prepared.endpoint?.variants[0];
  const environment: Partial<LoadRunEnvironment> = {
    endpoint: prepared.endpoint?.name,
    endpointConfig: prepared.endpoint?.configName,
    variant: variant?.name,
    model: variant?.modelName,
    image: variant?.image,
    extensionVersion,
    instanceType: variant?.instanceType,
    policy: prepared.policy,
  };
  const blind = watch?.failures
    ? [l10n.t("Readings of the endpoint's scaling that failed: {0}. The timeline may have gaps.", watch.failures)]
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
    warnings: [...(cutShortBecause ? [cutShortBecause] : blind), ...prepared.warnings],
  });
}
