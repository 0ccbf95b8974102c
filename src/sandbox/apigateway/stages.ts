import {
  CreateDeploymentCommand,
  CreateStageCommand,
  DeleteDeploymentCommand,
  DeleteStageCommand,
  GetDeploymentCommand,
  GetDeploymentsCommand,
  GetStageCommand,
  GetStagesCommand,
  type MethodSetting,
  type PatchOperation,
  UpdateDeploymentCommand,
  UpdateStageCommand,
} from "@aws-sdk/client-api-gateway";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import type { World } from "../world.ts";
import {
  type ApiDeployment,
  type ApiStage,
  type ApiStore,
  apiId,
  badRequest,
  conflict,
  pageOf,
  type RestApi,
  snapshotOf,
} from "./apiStore.ts";
import { applyPatches, mapRule, numberOf } from "./patch.ts";

/** Deployments freeze an API; stages serve a deployment under a name. */
export function addStageOperations(service: ServiceBuilder, world: World, store: ApiStore): void {
  const newStage = (name: string, deploymentId: string, more: Partial<ApiStage>): ApiStage => {
    if (!/^[\w-]{1,128}$/.test(name))
      throw badRequest("Stage name only allows a-zA-Z0-9_- and must not exceed 128 characters.");
    const now = world.clock.now();
    return {
      name,
      deploymentId,
      variables: {},
      methodSettings: new Map(),
      tracingEnabled: false,
      accessLog: {},
      tags: {},
      createdAt: now,
      updatedAt: now,
      ...more,
    };
  };

  service
    .on(CreateDeploymentCommand)((input, ctx) => {
      const api = store.api(input.restApiId, ctx.region);
      refuseUnsimulated(input);
      checkDeployable(api);
      const deployment: ApiDeployment = {
        id: apiId(6),
        description: input.description,
        createdAt: world.clock.now(),
        snapshot: snapshotOf(api),
      };
      if (input.stageName) {
        const stage = api.stages.get(input.stageName);
        if (stage) Object.assign(stage, { deploymentId: deployment.id, updatedAt: world.clock.now() });
        else
          api.stages.set(
            input.stageName,
            newStage(input.stageName, deployment.id, {
              description: input.stageDescription,
              variables: input.variables ?? {},
              tracingEnabled: input.tracingEnabled ?? false,
            }),
          );
      }
      api.deployments.set(deployment.id, deployment);
      ctx.status = 201;
      return describeDeployment(deployment);
    })
    .on(GetDeploymentCommand)((input, ctx) =>
      describeDeployment(store.deployment(store.api(input.restApiId, ctx.region), input.deploymentId)),
    )
    .on(GetDeploymentsCommand)((input, ctx) => {
      const page = pageOf(
        [...store.api(input.restApiId, ctx.region).deployments.values()],
        input.limit,
        input.position,
      );
      return { items: page.items.map(describeDeployment), position: page.position };
    })
    .on(UpdateDeploymentCommand)((input, ctx) => {
      const deployment = store.deployment(store.api(input.restApiId, ctx.region), input.deploymentId);
      applyPatches(input.patchOperations, {
        "/description": ({ value }) => {
          deployment.description = value;
        },
      });
      return describeDeployment(deployment);
    })
    .on(DeleteDeploymentCommand)((input, ctx) => {
      const api = store.api(input.restApiId, ctx.region);
      const { id } = store.deployment(api, input.deploymentId);
      if ([...api.stages.values()].some((stage) => stage.deploymentId === id))
        throw badRequest("Active stages pointing to this deployment must be moved or deleted");
      api.deployments.delete(id);
      ctx.status = 202;
      return {};
    })
    .on(CreateStageCommand)((input, ctx) => {
      const api = store.api(input.restApiId, ctx.region);
      refuseUnsimulated(input);
      if (api.stages.has(input.stageName!)) throw conflict("Stage already exists");
      const { id } = store.deployment(api, input.deploymentId);
      const stage = newStage(input.stageName!, id, {
        description: input.description,
        variables: input.variables ?? {},
        tracingEnabled: input.tracingEnabled ?? false,
        tags: input.tags ?? {},
      });
      api.stages.set(stage.name, stage);
      ctx.status = 201;
      return describeStage(stage);
    })
    .on(GetStageCommand)((input, ctx) =>
      describeStage(store.stage(store.api(input.restApiId, ctx.region), input.stageName)),
    )
    .on(GetStagesCommand)((input, ctx) => {
      const stages = [...store.api(input.restApiId, ctx.region).stages.values()];
      return {
        item: stages
          .filter((stage) => !input.deploymentId || stage.deploymentId === input.deploymentId)
          .map(describeStage),
      };
    })
    .on(UpdateStageCommand)((input, ctx) => {
      const api = store.api(input.restApiId, ctx.region);
      const stage = store.stage(api, input.stageName);
      patchStage(store, api, stage, input.patchOperations);
      stage.updatedAt = world.clock.now();
      return describeStage(stage);
    })
    .on(DeleteStageCommand)((input, ctx) => {
    const api = store.api(input.restApiId, ctx.region);
    const { name } = store.stage(api, input.stageName);
    api.stages.delete(name);
    for (const plan of store.plans.values())
      plan.stages = plan.stages.filter((item) => item.apiId !== api.id || item.stage !== name);
    ctx.status = 202;
    return {};
  });
}

function checkDeployable(api: RestApi): void {
  const methods = [...api.resources.values()].flatMap((resource) => [...resource.methods.values()]);
  if (methods.length === 0) throw badRequest("The REST API doesn't contain any methods");
  if (methods.some((method) => !method.methodIntegration)) throw badRequest("No integration defined for method");
}

function describeDeployment(deployment: ApiDeployment) {
  return {
    id: deployment.id,
    description: deployment.description,
    createdDate: new Date(deployment.createdAt),
  };
}

function describeStage(stage: ApiStage) {
  const { variables, tags, methodSettings, accessLog } = stage;
  return {
    deploymentId: stage.deploymentId,
    stageName: stage.name,
    description: stage.description,
    cacheClusterEnabled: false,
    cacheClusterStatus: "NOT_AVAILABLE" as const,
    methodSettings: Object.fromEntries(methodSettings),
    variables: Object.keys(variables).length ? variables : undefined,
    accessLogSettings: accessLog.destinationArn ? accessLog : undefined,
    tracingEnabled: stage.tracingEnabled,
    tags: Object.keys(tags).length ? tags : undefined,
    createdDate: new Date(stage.createdAt),
    lastUpdatedDate: new Date(stage.updatedAt),
  };
}

/** Settings of a method as a stage lists them, before anything is changed. */
const newSetting = (): MethodSetting => ({
  metricsEnabled: false,
  dataTraceEnabled: false,
  throttlingBurstLimit: 5000,
  throttlingRateLimit: 10_000,
  cachingEnabled: false,
  cacheTtlInSeconds: 300,
  cacheDataEncrypted: false,
  requireAuthorizationForCacheControl: true,
});

/** Last parts of a method setting's patch path, with how each changes the setting. */
const SETTINGS: Record<string, (setting: MethodSetting, value: string) => void> = {
  "throttling/rateLimit": (setting, value) => {
    setting.throttlingRateLimit = limitOf(value);
  },
  "throttling/burstLimit": (setting, value) => {
    setting.throttlingBurstLimit = limitOf(value);
  },
  "metrics/enabled": (setting, value) => {
    setting.metricsEnabled = value === "true";
  },
  "logging/loglevel": (setting, value) => {
    setting.loggingLevel = value;
  },
  "logging/dataTrace": (setting, value) => {
    setting.dataTraceEnabled = value === "true";
  },
  "caching/enabled": (setting, value) => {
    if (value === "true") throw badRequest("This sandbox has no caches for stages; leave caching off.");
    setting.cachingEnabled = false;
  },
  "caching/ttlInSeconds": (setting, value) => {
    setting.cacheTtlInSeconds = numberOf(value);
  },
  "caching/dataEncrypted": (setting, value) => {
    setting.cacheDataEncrypted = value === "true";
  },
  "caching/requireAuthorizationForCacheControl": (setting, value) => {
    setting.requireAuthorizationForCacheControl = value === "true";
  },
  "caching/unauthorizedCacheControlHeaderStrategy": (setting, value) => {
    setting.unauthorizedCacheControlHeaderStrategy = value as MethodSetting["unauthorizedCacheControlHeaderStrategy"];
  },
};

/** What would be dropped without a word otherwise. @throws BadRequestException */
function refuseUnsimulated(asked: { canarySettings?: unknown; cacheClusterEnabled?: boolean }): void {
  if (asked.canarySettings)
    throw badRequest("canarySettings: this sandbox has no canary releases of APIs; deploy to a stage of its own.");
  if (asked.cacheClusterEnabled)
    throw badRequest("cacheClusterEnabled: this sandbox has no caches for stages; leave the cache cluster off.");
}

/** A limit; -1 stands for the account's own (AWS: UpdateStage). */
const limitOf = (value: string): number | undefined => (value === "-1" ? undefined : numberOf(value));

function patchStage(store: ApiStore, api: RestApi, stage: ApiStage, operations: PatchOperation[] | undefined): void {
  applyPatches(operations, {
    "/deploymentId": ({ value }) => {
      stage.deploymentId = store.deployment(api, value).id;
    },
    "/description": ({ value }) => {
      stage.description = value;
    },
    "/tracingEnabled": ({ value }) => {
      stage.tracingEnabled = value === "true";
    },
    "/cacheClusterEnabled": ({ value }) => {
      refuseUnsimulated({ cacheClusterEnabled: value === "true" });
    },
    "/canarySettings": () => refuseUnsimulated({ canarySettings: {} }),
    "/canarySettings/{setting}": () => refuseUnsimulated({ canarySettings: {} }),
    "/variables/{name}": mapRule(stage.variables, (value) => value),
    "/accessLogSettings": () => {
      stage.accessLog = {};
    },
    "/accessLogSettings/destinationArn": ({ op, value }) => {
      stage.accessLog.destinationArn = op === "remove" ? undefined : value;
    },
    "/accessLogSettings/format": ({ op, value }) => {
      stage.accessLog.format = op === "remove" ? undefined : value;
    },
    "/{resourcePath}/{httpMethod}": ({ op, parts: [path, verb] }) => {
      if (op !== "remove") throw badRequest("Method settings are replaced one by one.");
      stage.methodSettings.delete(`${path}/${verb}`);
    },
    ...Object.fromEntries(
      Object.entries(SETTINGS).map(([last, set]) => [
        `/{resourcePath}/{httpMethod}/${last}`,
        ({ value, parts: [path, verb] }: { value: string; parts: string[] }) => {
          const key = `${path}/${verb}`;
          const setting = stage.methodSettings.get(key) ?? newSetting();
          set(setting, value);
          stage.methodSettings.set(key, setting);
        },
      ]),
    ),
  });
}
