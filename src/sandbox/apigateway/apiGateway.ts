import type { Persistent } from "../engine/dataDir.ts";
import { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { serviceInfo } from "../wire/serviceInfo.ts";
import type { ServiceModule, World } from "../world.ts";
import { addAccountOperations } from "./account.ts";
import { addApiKeyOperations } from "./apiKeys.ts";
import { ApiStore } from "./apiStore.ts";
import { Authorization } from "./authorization.ts";
import { addAuthorizerOperations } from "./authorizers.ts";
import { addGatewayResponseOperations } from "./gatewayResponses.ts";
import { addMethodOperations } from "./methods.ts";
import { addMethodUpdates } from "./methodUpdates.ts";
import { addModelOperations } from "./models.ts";
import { addDefinitionOperations } from "./openapi/definitionOperations.ts";
import { addResourceOperations } from "./resources.ts";
import { addRestApiOperations } from "./restApis.ts";
import { createStageServer, STAGE_PREFIX } from "./stageServer.ts";
import { addStageOperations } from "./stages.ts";
import { addTestOperations } from "./testInvoke.ts";
import { addUsagePlanOperations } from "./usagePlans.ts";

/** API Gateway's REST APIs, and their deployed stages under `/_aws/execute-api/` and `*.execute-api.localhost`. */
export function createApiGateway(world: World): ServiceModule {
  const store = new ApiStore(world.accountId);
  const service = new ServiceBuilder(serviceInfo.apigateway);
  addRestApiOperations(service, world, store);
  addResourceOperations(service, store);
  addMethodOperations(service, store);
  addGatewayResponseOperations(service, store);
  addStageOperations(service, world, store);
  addMethodUpdates(service, store);
  const authorization = new Authorization(world);
  addAuthorizerOperations(service, store, authorization);
  addModelOperations(service, store);
  addApiKeyOperations(service, world, store);
  addUsagePlanOperations(service, store);
  addAccountOperations(service, world, store);
  addTestOperations(service, world, store, authorization);
  addDefinitionOperations(service, world, store);
  const persist = persistApis(store);
  return {
    services: [service],
    persist,
    http: { prefix: STAGE_PREFIX, handle: createStageServer(world, store, authorization) },
  };
}

function persistApis(store: ApiStore): Persistent {
  const kinds = ["apis", "keys", "plans", "cloudWatchRoles"] as const;
  return {
    name: "apigateway",
    save: () => Object.fromEntries(kinds.map((kind) => [kind, store[kind]])),
    load(saved) {
      const state = saved as Record<(typeof kinds)[number], Map<string, never>>;
      for (const kind of kinds) for (const [id, item] of state[kind]) store[kind].set(id, item);
      // Saved before there were authorizers.
      for (const api of store.apis.values())
        for (const part of [api, ...[...api.deployments.values()].map(({ snapshot }) => snapshot)])
          part.authorizers ??= new Map();
    },
  };
}
