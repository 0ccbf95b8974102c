import * as l10n from "@vscode/l10n";
import { describeScaling } from "../aws/autoscaling.ts";
import { endpointAlarms } from "../aws/cloudwatch.ts";
import {
  copyEndpointConfig,
  createEndpoint,
  deleteEndpointConfig,
  newestEndpointConfigs,
  updateEndpoint,
  updateWeights,
} from "../aws/endpointUpdates.ts";
import { describeEndpoint, describeEndpointConfig, withConfig } from "../aws/sagemaker.ts";
import { putScaling, suspendScaling } from "../aws/scalingUpdates.ts";
import { endpointHourlyCost, hourlyPrice, regionOfArn } from "../domain/cost.ts";
import { type Endpoint, type EndpointConfig, isInTransition } from "../domain/endpoint.ts";
import {
  changedHourlyCost,
  DEFAULT_SCALING,
  type Guardrail,
  type ScalingSettings,
  scalingProblems,
  type UpdateWarning,
  updateWarnings,
  type VariantChange,
} from "../domain/endpointChange.ts";
import { OpsError } from "../domain/errors.ts";
import { INVOCATIONS_METRIC } from "../domain/scalingExplanation.ts";
import type { Connections } from "./connections.ts";
import type { ScalingPause } from "./scalingPause.ts";
import { pause } from "./stackEvents.ts";

/** Scaling of a variant as it is, to be edited. */
export interface CurrentScaling {
  endpoint: Endpoint;
  variantName: string;
  instanceType?: string;
  /** AWS's defaults where nothing is registered yet. */
  settings: ScalingSettings;
  isRegistered: boolean;
  suspended: boolean;
}

/** An update that can be shown before it is asked for. */
export interface PreparedUpdate {
  endpoint: Endpoint;
  change: VariantChange;
  keepsCapacity: boolean;
  /**
   * SageMaker changes no instance type under a scalable target: scaling is taken off, and put back when the endpoint is
   * InService again.
   */
  pausesScaling: boolean;
  warnings: UpdateWarning[];
  beforeUsd?: number;
  afterUsd?: number;
}

/** A configuration from which an endpoint can be made again. */
export interface KeptConfig {
  name: string;
  createdAtMs?: number;
}

/** Longest name of an endpoint configuration (API reference, CreateEndpointConfig). */
const LONGEST_NAME = 63;

/** Changes of endpoints beside their stack; each can be shown before it is made. */
export class EndpointChanges {
  constructor(
    private readonly connections: Connections,
    private readonly scalingPause: ScalingPause,
  ) {}

  /** @throws OpsError notFound for the endpoint; badInput for a variant that it does not have */
  async scaling(endpointName: string, variantName?: string): Promise<CurrentScaling> {
    const clients = this.connections.clients();
    const endpoint = await this.endpoint(endpointName);
    const variant = this.variant(endpoint, variantName);
    const [target] = await describeScaling(clients, endpointName, [variant.name]);
    const policy = target?.policies.find(({ metric }) => metric === INVOCATIONS_METRIC);
    return {
      endpoint,
      variantName: variant.name,
      instanceType: variant.instanceType,
      isRegistered: target !== undefined,
      suspended: target?.suspended ?? false,
      settings: {
        minInstances: target?.minInstances ?? DEFAULT_SCALING.minInstances,
        maxInstances: target?.maxInstances ?? DEFAULT_SCALING.maxInstances,
        targetPerMinute: policy?.target ?? DEFAULT_SCALING.targetPerMinute,
        scaleOutCooldownSeconds: policy?.scaleOutCooldownSeconds ?? DEFAULT_SCALING.scaleOutCooldownSeconds,
        scaleInCooldownSeconds: policy?.scaleInCooldownSeconds ?? DEFAULT_SCALING.scaleInCooldownSeconds,
      },
    };
  }

  /**
   * Changes limits and policy of a variant; gives the policy's name.
   * @throws OpsError badInput that names what is wrong with the settings
   */
  async applyScaling(endpointName: string, variantName: string, settings: ScalingSettings): Promise<string> {
    const problems = scalingProblems(settings);
    if (problems.length > 0)
      throw new OpsError(
        "badInput",
        l10n.t("The scaling of {0} cannot be set so. {1}", endpointName, problems.join(" ")),
        {
          hint: l10n.t("Correct it and repeat."),
        },
      );
    return putScaling(this.connections.clients(), endpointName, variantName, settings);
  }

  /** Stops, or lets again, what changes the number of instances by itself. @throws OpsError conflict without scaling */
  async suspend(endpointName: string, variantName: string, suspended: boolean): Promise<void> {
    const { isRegistered } = await this.scaling(endpointName, variantName);
    if (!isRegistered)
      throw new OpsError("conflict", l10n.t("Variant {0} of {1} does not scale.", variantName, endpointName), {
        hint: l10n.t("Give it a scaling policy first."),
      });
    await suspendScaling(this.connections.clients(), endpointName, variantName, suspended);
  }

  /**
   * What an update would mean.
   * @param keepsCapacity whether instances that scaling has started are kept (RetainAllVariantProperties)
   * @throws OpsError badInput for a variant or a value that cannot be; conflict while the endpoint changes
   */
  async prepareUpdate(endpointName: string, change: VariantChange, keepsCapacity: boolean): Promise<PreparedUpdate> {
    const endpoint = await this.endpoint(endpointName);
    const variant = this.variant(endpoint, change.variantName);
    if (endpoint.status !== "InService")
      throw new OpsError(
        "conflict",
        l10n.t("Endpoint {0} is {1} and cannot be updated now.", endpointName, endpoint.status),
        {
          hint: l10n.t("Wait until it is InService."),
        },
      );
    const { instanceType, instanceCount, modelName } = change;
    if (instanceType !== undefined && !/^ml\.[a-z0-9-]+\.[a-z0-9]+$/.test(instanceType))
      throw new OpsError("badInput", l10n.t('"{0}" is not a SageMaker instance type.', instanceType), {
        hint: l10n.t("An example: ml.m5.large."),
      });
    if (instanceCount !== undefined && !(Number.isInteger(instanceCount) && instanceCount >= 1))
      throw new OpsError("badInput", l10n.t("{0} is not a number of instances.", instanceCount), {
        hint: l10n.t("Give a whole number from 1."),
      });
    if (
      (instanceType ?? variant.instanceType) === variant.instanceType &&
      (modelName ?? variant.modelName) === variant.modelName &&
      (instanceCount ?? variant.desiredInstances) === variant.desiredInstances
    )
      throw new OpsError(
        "badInput",
        l10n.t("Variant {0} of {1} is so already: nothing would change.", variant.name, endpointName),
      );
    const retyped = instanceType !== undefined && instanceType !== variant.instanceType;
    const clients = this.connections.clients();
    const pausesScaling = retyped && (await describeScaling(clients, endpointName, [variant.name])).length > 0;
    const warnings = updateWarnings(endpoint, change, keepsCapacity);
    if (pausesScaling)
      warnings.push({
        label: l10n.t("Scaling is taken off for the update and put back after it"),
        detail: l10n.t(
          "SageMaker changes no instance type under a scalable target; meanwhile the number of instances stays",
        ),
      });
    return {
      endpoint,
      change,
      keepsCapacity,
      pausesScaling,
      warnings,
      beforeUsd: endpointHourlyCost(endpoint),
      afterUsd: changedHourlyCost(endpoint.variants, change, keepsCapacity, regionOfArn(endpoint.arn)),
    };
  }

  /**
   * Makes a configuration with the change, moves the endpoint to it, and waits until that is done; gives the
   * configuration's name. When the update is refused the new configuration goes again.
   * @throws OpsError deploymentFailed when the endpoint rolls back or fails
   */
  async update(prepared: PreparedUpdate, guardrail?: Guardrail): Promise<string> {
    const { endpoint, change, pausesScaling } = prepared;
    if (pausesScaling) await this.scalingPause.pause(endpoint.name, change.variantName);
    try {
      const configName = await this.beginUpdate(prepared, guardrail);
      await this.settled(endpoint.name, configName);
      return configName;
    } finally {
      if (pausesScaling) await this.scalingPause.restore(endpoint.name);
    }
  }

  private async settled(endpointName: string, configName: string): Promise<void> {
    const pollMs = this.connections.required().kind === "sandbox" ? 300 : 5_000;
    for (;;) {
      const {
        status,
        configName: now,
        failureReason,
      } = await describeEndpoint(this.connections.clients(), endpointName);
      if (!isInTransition(status)) {
        if (status === "InService" && now === configName) return;
        throw new OpsError(
          "deploymentFailed",
          l10n.t(
            "The update of endpoint {0} ended as {1}: {2}",
            endpointName,
            status,
            failureReason ?? l10n.t("it was rolled back"),
          ),
          {
            hint: l10n.t("The endpoint serves with its old configuration; correct the cause and repeat."),
          },
        );
      }
      await pause(pollMs);
    }
  }

  private async beginUpdate(
    { endpoint, change, keepsCapacity }: PreparedUpdate,
    guardrail: Guardrail | undefined,
  ): Promise<string> {
    const clients = this.connections.clients();
    const stamp = new Date().toISOString().replace(/\D/g, "");
    const configName = `${endpoint.name.slice(0, LONGEST_NAME - stamp.length - 1)}-${stamp}`;
    await copyEndpointConfig(clients, endpoint.configName, configName, change);
    try {
      await updateEndpoint(clients, endpoint.name, configName, keepsCapacity, guardrail);
    } catch (e) {
      await deleteEndpointConfig(clients, configName).catch(() => {});
      throw e;
    }
    return configName;
  }

  /**
   * Alarms on the endpoint that can guard an update. Scaling's own are left out: they fire by design and say nothing
   * about new instances.
   */
  async guardAlarms(endpointName: string): Promise<string[]> {
    return (await endpointAlarms(this.connections.clients(), endpointName)).filter(
      (name) => !name.startsWith("TargetTracking-"),
    );
  }

  /** @throws OpsError badInput for weights that name a wrong variant, are negative, or are all 0 */
  async shiftTraffic(endpointName: string, weights: Readonly<Record<string, number>>): Promise<void> {
    const endpoint = await this.endpoint(endpointName);
    for (const [name, weight] of Object.entries(weights)) {
      this.variant(endpoint, name);
      if (!(weight >= 0))
        throw new OpsError("badInput", l10n.t("{0} is not a weight for variant {1}.", weight, name), {
          hint: l10n.t("Give a number from 0."),
        });
    }
    const all = endpoint.variants.map((v) => weights[v.name] ?? v.currentWeight);
    if (!all.some((weight) => weight > 0))
      throw new OpsError("badInput", l10n.t("With these weights no variant of {0} would get traffic.", endpointName), {
        hint: l10n.t("Give one of them a weight above 0."),
      });
    await updateWeights(this.connections.clients(), endpointName, weights);
  }

  /** Configurations of the account, the newest first, at most 100: a deleted endpoint leaves its own. */
  keptConfigs(): Promise<KeptConfig[]> {
    return newestEndpointConfigs(this.connections.clients());
  }

  /** A configuration with what its instances cost in US dollars an hour; undefined for a type without a known price. */
  async configCost(configName: string): Promise<{ config: EndpointConfig; hourlyUsd?: number }> {
    const config = await describeEndpointConfig(this.connections.clients(), configName);
    const costs = config.variants.map(({ instanceType, initialInstances }) => {
      const price =
        instanceType === undefined ? undefined : hourlyPrice(instanceType, this.connections.required().region);
      return price === undefined ? undefined : price * (initialInstances ?? 1);
    });
    const known = costs.filter((cost) => cost !== undefined);
    return { config, hourlyUsd: known.length === costs.length ? known.reduce((a, b) => a + b, 0) : undefined };
  }

  /** Makes a deleted endpoint again from the configuration that it left. @throws OpsError notFound for the latter */
  async recreate(endpointName: string, configName: string): Promise<void> {
    const clients = this.connections.clients();
    await describeEndpointConfig(clients, configName);
    await createEndpoint(clients, endpointName, configName);
  }

  private async endpoint(name: string): Promise<Endpoint> {
    const clients = this.connections.clients();
    const bare = await describeEndpoint(clients, name);
    return withConfig(bare, await describeEndpointConfig(clients, bare.configName));
  }

  private variant(endpoint: Endpoint, name: string | undefined) {
    const { variants } = endpoint;
    const found = name === undefined ? variants[0] : variants.find((variant) => variant.name === name);
    if (found) return found;
    throw new OpsError("badInput", l10n.t("Endpoint {0} has no variant {1}.", endpoint.name, name ?? ""), {
      hint: l10n.t("It has {0}.", variants.map((variant) => variant.name).join(", ")),
    });
  }
}
