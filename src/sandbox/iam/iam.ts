import type { Persistent } from "../engine/dataDir.ts";
import { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { serviceInfo } from "../wire/serviceInfo.ts";
import type { IssuedCredential } from "../wire/sigv4.ts";
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
  return { services: [service], persist: persistIam(world, store) };
}

/** Roles, users, policies, and the secrets of the users' access keys: a client keeps its keys across a restart. */
function persistIam(world: IamWorld, store: IamStore): Persistent {
  const kinds = ["roles", "users", "profiles", "policies"] as const;
  return {
    name: "iam",
    save: () => ({
      ...Object.fromEntries(kinds.map((kind) => [kind, store[kind].byName])),
      secrets: store.users.all().flatMap((user) => [...user.keys.keys()].map((id) => [id, world.secretOf(id)])),
    }),
    load(saved) {
      const state = saved as Record<(typeof kinds)[number], Map<string, never>> & {
        secrets: [string, IssuedCredential | undefined][];
      };
      for (const kind of kinds) for (const [name, entity] of state[kind]) store[kind].byName.set(name, entity);
      for (const [id, credential] of state.secrets) if (credential) world.addCredential(id, credential);
    },
  };
}
