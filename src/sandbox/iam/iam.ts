import { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { serviceInfo } from "../wire/serviceInfo.ts";
import type { ServiceModule } from "../world.ts";
import { IamStore, type IamWorld } from "./iamStore.ts";
import { addPolicyOperations, addPrincipalPolicyOperations } from "./policies.ts";
import { addInstanceProfileOperations, addRoleOperations } from "./roles.ts";
import { addUserOperations } from "./users.ts";

/** Identity and Access Management: roles, users, policies. Policies are kept and returned, not enforced. */
export function createIam(world: IamWorld): ServiceModule {
  const store = new IamStore(world);
  const service = new ServiceBuilder(serviceInfo.iam);
  addRoleOperations(service, store);
  addInstanceProfileOperations(service, store);
  addPolicyOperations(service, store);
  addPrincipalPolicyOperations(service, store);
  addUserOperations(service, store);
  return { services: [service] };
}
