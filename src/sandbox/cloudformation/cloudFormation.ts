import { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { serviceInfo } from "../wire/serviceInfo.ts";
import type { WireRequest } from "../wire/types.ts";
import { CALLBACK_PREFIX, type ServiceModule, type World } from "../world.ts";
import { addChangeSetOperations } from "./operations/changeSets.ts";
import { addDriftOperations } from "./operations/drift.ts";
import { addStackOperations, addStackQueries } from "./operations/stacks.ts";
import { addTemplateOperations } from "./operations/templates.ts";
import { persistStacks } from "./stacks/persist.ts";
import { StackStore } from "./stacks/stack.ts";

/** CloudFormation: an engine for any template whose resource types have a handler. */
export function createCloudFormation(world: World): ServiceModule {
  const store = new StackStore(world.accountId);
  const service = new ServiceBuilder(serviceInfo.cloudformation);
  addTemplateOperations(service, world, store);
  addChangeSetOperations(service, world, store);
  addStackOperations(service, world, store);
  addStackQueries(service, store);
  addDriftOperations(service, world, store);
  const http = { prefix: CALLBACK_PREFIX, handle: async (req: WireRequest) => world.callbacks.handle(req) };
  return { services: [service], http, persist: persistStacks(world, store) };
}
