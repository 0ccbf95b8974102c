import * as l10n from "@vscode/l10n";
import { describeScaling, putPolicyTarget, suspendScaleOut } from "../aws/autoscaling.ts";
import { updateCapacity } from "../aws/endpointUpdates.ts";
import { describeEndpoint } from "../aws/sagemaker.ts";
import { instanceTotals, isInTransition } from "../domain/endpoint.ts";
import { OpsError } from "../domain/errors.ts";
import { errorCount } from "../domain/loadRun.ts";
import type { ScalableTarget } from "../domain/scaling.ts";
import { INVOCATIONS_METRIC } from "../domain/scalingExplanation.ts";
import {
  brokenRule,
  createTargetSearch,
  KNEE_LIMITS,
  type KneeLimits,
  kneeOf,
  predictionsFor,
  quietMedian,
  type TargetReport,
  type TargetStep,
  targetFor,
} from "../domain/targetSearch.ts";
import { processesFor } from "../loadtest/calibration.ts";
import { type EngineEntry, type RampResult, type RampRun, startRamp } from "../loadtest/engine.ts";
import type { Connections } from "./connections.ts";
import { toRunError } from "./loadPlanFiles.ts";
import type { PreparedRun } from "./loadPreparation.ts";

/** How to search; everything has a default. Rates in requests/s. */
export interface FindTargetOptions {
  startRate?: number;
  maxRate?: number;
  stepSeconds?: number;
  /** Steps around the knee. */
  repeats?: number;
  p99Ms?: number;
  safetyFactor?: number;
  /** Rates to predict the number of instances for. */
  rates?: number[];
  /** Stops the policy from adding instances during the search, and lets it again afterwards. */
  suspendScaling?: boolean;
}

const DEFAULTS = { startRate: 20, maxRate: 20_000, repeats: 12, safetyFactor: 0.5 };
/** An instance of the sandbox settles at once; on AWS half a minute shows a queue that grows. */
const SANDBOX_STEP_SECONDS = 3;
const AWS_STEP_SECONDS = 30;
const GROWTH = 1.5;
const RESOLUTION = 0.04;
/** More than this waits in vain: a step over the knee ends soon after its last request. */
const STEP_TIMEOUT_SECONDS = 10;

/** Finds how much one instance holds, and from that the target of its scaling policy. */
export class TargetFinder {
  private ramp: RampRun | undefined;
  private stopAsked = false;
  /** CPU seconds of a request on this machine, once a step has measured it. */
  private cpuPerRequest: number | undefined;

  constructor(
    private readonly connections: Connections,
    private readonly engine: EngineEntry,
  ) {}

  /**
   * Says what speaks against a search: it measures one instance, alone, of one endpoint.
   * @throws OpsError badInput or conflict with the way out
   */
  check({ target, endpoint, scaling }: PreparedRun, options: FindTargetOptions = {}): void {
    if (target.type !== "endpoint" || !endpoint)
      throw new OpsError("badInput", l10n.t("The search measures an endpoint's instance, not an API."), {
        hint: l10n.t('Use a plan whose target is {"type": "endpoint"}.'),
      });
    const { current, desired } = instanceTotals(endpoint);
    if (current !== 1 || desired !== 1)
      throw new OpsError(
        "conflict",
        l10n.t("Endpoint {0} has {1} of {2} instances; the search measures one.", endpoint.name, current, desired),
        {
          hint: l10n.t("Set its capacity to 1 and repeat; by itself it scales in only while requests come."),
        },
      );
    const acting = scaling.find((t) => t.maxInstances > 1 && t.policies.length > 0 && !t.scaleOutSuspended);
    if (acting && !options.suspendScaling)
      throw new OpsError(
        "conflict",
        l10n.t(
          "Endpoint {0} would scale out to up to {1} instances during the search.",
          endpoint.name,
          acting.maxInstances,
        ),
        {
          hint: l10n.t("Let the search suspend scale-out meanwhile (--suspend-scaling), or suspend it yourself."),
        },
      );
  }

  /** The variant to set to one instance before a search: the only one of an endpoint that serves with several. */
  variantToReduce({ target, endpoint }: PreparedRun): string | undefined {
    if (target.type !== "endpoint" || endpoint?.status !== "InService" || endpoint.variants.length !== 1)
      return undefined;
    return instanceTotals(endpoint).desired > 1 ? endpoint.variants[0]?.name : undefined;
  }

  /**
   * Sets a variant to one instance, and waits until it serves with it: where no requests come, nothing scales in.
   * @param signal ends the waiting; the endpoint goes on
   * @throws OpsError conflict when the endpoint does not get there
   */
  async reduceToOne(endpointName: string, variantName: string, signal?: AbortSignal): Promise<void> {
    const clients = this.connections.clients();
    const pollMs = this.connections.required().kind === "sandbox" ? 300 : 5_000;
    await updateCapacity(clients, endpointName, variantName, 1);
    for (;;) {
      const endpoint = await describeEndpoint(clients, endpointName);
      const { status } = endpoint;
      if (status === "InService" && instanceTotals(endpoint).current === 1) return;
      if (signal?.aborted) throw new OpsError("cancelled", l10n.t("Nobody waits for endpoint {0} now.", endpointName));
      if (!isInTransition(status) && (status !== "InService" || instanceTotals(endpoint).desired !== 1))
        throw new OpsError("conflict", l10n.t("Endpoint {0} is {1} and not at one instance.", endpointName, status), {
          hint: l10n.t("Look at its scaling, which may have set it back, and repeat."),
        });
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  /**
   * Searches. Each step is a run of the load engine; `onStep` hears of every one.
   * @throws OpsError as `check`; conflict when the number of instances changed meanwhile
   */
  async find(
    prepared: PreparedRun,
    options: FindTargetOptions = {},
    onStep: (step: TargetStep) => void = () => {},
  ): Promise<TargetReport> {
    this.check(prepared, options);
    this.stopAsked = false;
    this.cpuPerRequest = undefined;
    const acting = options.suspendScaling ? prepared.scaling.filter((t) => !t.scaleOutSuspended) : [];
    const clients = this.connections.clients();
    const suspended: ScalableTarget[] = [];
    try {
      for (const target of acting) {
        await suspendScaleOut(clients, target, true);
        suspended.push(target);
      }
      return await this.search(prepared, options, onStep);
    } catch (e) {
      throw toRunError(e);
    } finally {
      for (const target of suspended) await suspendScaleOut(clients, target, false);
    }
  }

  /** Ends the search with what was measured so far. */
  async stop(): Promise<void> {
    this.stopAsked = true;
    await this.ramp?.stop();
  }

  /**
   * Sets the target value of the variant's target-tracking policy; all else of it stays.
   * @throws OpsError notFound when there is no such policy
   */
  async applyToPolicy({ endpointName, variantName, targetPerMinute }: TargetReport): Promise<void> {
    if (targetPerMinute === undefined)
      throw new OpsError("badInput", l10n.t("The search found no target for endpoint {0}.", endpointName));
    const clients = this.connections.clients();
    const [target] = await describeScaling(clients, endpointName, [variantName]);
    const policy = target?.policies.find(({ metric }) => metric === INVOCATIONS_METRIC);
    if (!policy)
      throw new OpsError(
        "notFound",
        l10n.t("Variant {0} of endpoint {1} has no policy on {2}.", variantName, endpointName, INVOCATIONS_METRIC),
        {
          hint: l10n.t("Put a target-tracking policy on it first."),
        },
      );
    await putPolicyTarget(clients, endpointName, variantName, policy.name, targetPerMinute);
  }

  private async search(
    prepared: PreparedRun,
    options: FindTargetOptions,
    onStep: (step: TargetStep) => void,
  ): Promise<TargetReport> {
    const { connection, endpoint, policy } = prepared;
    const { startRate, maxRate, repeats, safetyFactor } = { ...DEFAULTS, ...defined(options) };
    const seconds = options.stepSeconds ?? (connection.kind === "sandbox" ? SANDBOX_STEP_SECONDS : AWS_STEP_SECONDS);
    const limits: KneeLimits = { ...KNEE_LIMITS, p99Ms: options.p99Ms };
    const search = createTargetSearch({ startRate, maxRate, growth: GROWTH, resolution: RESOLUTION, repeats });
    const steps: TargetStep[] = [];
    const warnings: string[] = [];
    const startedAtMs = Date.now();
    for (let rate = search.next(); rate !== undefined && !this.stopAsked; rate = search.next()) {
      const phase = steps.some(({ broke }) => broke) ? "knee" : "rise";
      const result = await this.hold(prepared, rate, seconds);
      // A step that was cut short says nothing of its rate.
      if (this.stopAsked) break;
      const measured = { ...stepOf(result, rate, seconds), phase } as const;
      await this.assertStillOne(endpoint?.name ?? "");
      const broke = measured.generatorLimited ? undefined : brokenRule(measured, quietMedian(steps), limits);
      const step: TargetStep = broke === undefined ? measured : { ...measured, broke };
      steps.push(step);
      onStep(step);
      search.take(step);
    }
    const knee = kneeOf(steps, limits, RESOLUTION);
    const last = steps.at(-1);
    if (this.stopAsked) warnings.push(l10n.t("The search was stopped before its end; its interval is wider for it."));
    else if (last?.generatorLimited)
      warnings.push(
        l10n.t(
          "At {0} requests/s this machine was the limit and not the instance. Close other programs, or search from another machine.",
          Math.round(last.rate),
        ),
      );
    else if (!knee)
      warnings.push(l10n.t("The instance held {0} requests/s, the most that was tried. Raise --max.", maxRate));
    const targetPerMinute = knee && targetFor(knee.maxRps, safetyFactor);
    const { accountId, region, timeScale } = connection;
    return {
      targetReportVersion: 1,
      endpointName: endpoint?.name ?? "",
      variantName: prepared.target.variant ?? endpoint?.variants[0]?.name ?? "",
      instanceType: endpoint?.variants[0]?.instanceType,
      connection: { accountId, region, timeScale, sandbox: connection.kind === "sandbox" },
      startedAtMs,
      endedAtMs: Date.now(),
      steps,
      limits,
      knee,
      safetyFactor,
      targetPerMinute,
      currentTargetPerMinute: policy?.targetPerMinute,
      predictions: knee && targetPerMinute ? predictionsFor(targetPerMinute, knee.maxRps, options.rates ?? []) : [],
      warnings,
    };
  }

  private async hold(prepared: PreparedRun, rate: number, seconds: number): Promise<RampResult> {
    const clients = this.connections.clients();
    const credentials = await clients.settings.credentials();
    this.ramp = startRamp({
      engine: this.engine,
      plan: {
        stages: [{ type: "hold", rate, seconds }],
        // Enough for a second of latency; a queue beyond that breaks a rule anyway.
        maxConnections: Math.min(4096, Math.max(64, Math.ceil(rate))),
        timeoutSeconds: STEP_TIMEOUT_SECONDS,
        seed: prepared.plan.seed,
        processes: prepared.plan.processes ?? (this.cpuPerRequest && processesFor(rate, this.cpuPerRequest)),
      },
      request: prepared.request,
      payloads: prepared.payloads,
      signing: prepared.signed ? { region: clients.region, service: "sagemaker", credentials } : undefined,
    });
    const result = await this.ramp.done;
    this.cpuPerRequest ??= result.cpuPerRequest;
    return result;
  }

  private async assertStillOne(name: string): Promise<void> {
    const { current, desired } = instanceTotals(await describeEndpoint(this.connections.clients(), name));
    if (current !== 1 || desired !== 1)
      throw new OpsError(
        "conflict",
        l10n.t("Endpoint {0} changed to {1} of {2} instances during the search.", name, current, desired),
        {
          hint: l10n.t("Suspend its scaling, wait until it has one instance, and repeat."),
        },
      );
  }
}

const defined = (options: FindTargetOptions): Partial<typeof DEFAULTS> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

/**
 * A queue that grows shows in the latency from the intended start; answers that came only after the step count as
 * answered late, so the rate is taken over the time until the last answer.
 */
function stepOf({ points, totals, latency }: RampResult, rate: number, seconds: number) {
  const spoiled = points.filter(({ generatorLimited }) => generatorLimited).length;
  const { p50Ms = null, p99Ms = null } = latency.clean ?? latency.whole ?? {};
  // The mean delay of the last requests is about the longest latency; light load needs none.
  const lengthened = seconds + Math.max(0, (latency.whole?.maxMs ?? 0) / 1000 - 1);
  return {
    rate,
    seconds,
    achievedRate: totals.ok / lengthened,
    p50Ms,
    p99Ms,
    errorShare: totals.done > 0 ? errorCount(totals.byKind) / totals.done : 1,
    generatorLimited: spoiled * 2 > points.length,
  };
}
