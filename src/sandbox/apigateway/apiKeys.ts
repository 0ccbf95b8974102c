import {
  type ApiKey,
  CreateApiKeyCommand,
  DeleteApiKeyCommand,
  GetApiKeyCommand,
  GetApiKeysCommand,
  UpdateApiKeyCommand,
} from "@aws-sdk/client-api-gateway";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import type { World } from "../world.ts";
import { type ApiStore, apiId, badRequest, conflict, notFound, pageOf, type StoredApiKey } from "./apiStore.ts";
import { applyPatches } from "./patch.ts";

/** API keys; usage plans say what they are good for. */
export function addApiKeyOperations(service: ServiceBuilder, world: World, store: ApiStore): void {
  service
    .on(CreateApiKeyCommand)((input, ctx) => {
      const value = input.value || apiId(40);
      if (value.length < 20) throw badRequest("API Key value should be at least 20 characters");
      if ([...store.keys.values()].some((key) => key.value === value && key.region === ctx.region))
        throw conflict("API Key already exists");
      const now = world.clock.now();
      const key: StoredApiKey = {
        id: apiId(10),
        region: ctx.region,
        value,
        name: input.name,
        description: input.description,
        customerId: input.customerId,
        enabled: input.enabled ?? false,
        createdAt: now,
        updatedAt: now,
        stages: new Set(),
        tags: input.tags ?? {},
      };
      for (const { restApiId, stageName } of input.stageKeys ?? []) {
        store.stage(store.api(restApiId, ctx.region), stageName);
        key.stages.add(`${restApiId}/${stageName}`);
      }
      store.keys.set(key.id, key);
      ctx.status = 201;
      return describeKey(key, true);
    })
    .on(GetApiKeyCommand)((input, ctx) => describeKey(keyOf(store, input.apiKey, ctx.region), input.includeValue))
    .on(GetApiKeysCommand)((input, ctx) => {
      const all = [...store.keys.values()]
        .filter((key) => key.region === ctx.region)
        .filter((key) => !input.nameQuery || key.name?.startsWith(input.nameQuery))
        .filter((key) => !input.customerId || key.customerId === input.customerId);
      const page = pageOf(all, input.limit, input.position);
      return { items: page.items.map((key) => describeKey(key, input.includeValues)), position: page.position };
    })
    .on(UpdateApiKeyCommand)((input, ctx) => {
      const key = keyOf(store, input.apiKey, ctx.region);
      applyPatches(input.patchOperations, {
        "/name": ({ value }) => {
          key.name = value;
        },
        "/description": ({ value }) => {
          key.description = value;
        },
        "/enabled": ({ value }) => {
          key.enabled = value === "true";
        },
        "/customerId": ({ value }) => {
          key.customerId = value;
        },
        "/stages": ({ op, value }) => {
          if (op === "remove") key.stages.delete(value);
          else key.stages.add(value);
        },
      });
      key.updatedAt = world.clock.now();
      return describeKey(key, false);
    })
    .on(DeleteApiKeyCommand)((input, ctx) => {
    const key = keyOf(store, input.apiKey, ctx.region);
    store.keys.delete(key.id);
    for (const plan of store.plans.values()) plan.keys.delete(key.id);
    ctx.status = 202;
    return {};
  });
}

/** @throws NotFoundException */
export function keyOf(store: ApiStore, id: string | undefined, region: string): StoredApiKey {
  const key = store.keys.get(id ?? "");
  if (key?.region !== region) throw notFound("Invalid API Key identifier specified");
  return key as StoredApiKey;
}

function describeKey(key: StoredApiKey, withValue: boolean | undefined): ApiKey {
  return {
    id: key.id,
    value: withValue ? key.value : undefined,
    name: key.name,
    description: key.description,
    customerId: key.customerId,
    enabled: key.enabled,
    createdDate: new Date(key.createdAt),
    lastUpdatedDate: new Date(key.updatedAt),
    stageKeys: [...key.stages],
    tags: Object.keys(key.tags).length ? key.tags : undefined,
  };
}
