import { persistMap } from "../engine/dataDir.ts";
import { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { serviceInfo } from "../wire/serviceInfo.ts";
import type { ServiceModule, World } from "../world.ts";
import { ApiStore } from "./apiStore.ts";
import { addGatewayResponseOperations } from "./gatewayResponses.ts";
import { addMethodOperations } from "./methods.ts";
import { addResourceOperations } from "./resources.ts";
import { addRestApiOperations } from "./restApis.ts";
import { createStageServer, STAGE_PREFIX } from "./stageServer.ts";
import { addStageOperations } from "./stages.ts";

/** API Gateway's REST APIs, and their deployed stages under `/_aws/execute-api/` and `*.execute-api.localhost`. */
export function createApiGateway(world: World): ServiceModule {
  const store = new ApiStore(world.accountId);
  const service = new ServiceBuilder(serviceInfo.apigateway);
  addRestApiOperations(service, world, store);
  addResourceOperations(service, store);
  addMethodOperations(service, store);
  addGatewayResponseOperations(service, store);
  addStageOperations(service, world, store);
  const persist = persistMap("apigateway", store.apis);
  return { services: [service], persist, http: { prefix: STAGE_PREFIX, handle: createStageServer(world, store) } };
}
