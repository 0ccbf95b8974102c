import {
  CreateUsagePlanCommand,
  CreateUsagePlanKeyCommand,
  DeleteUsagePlanCommand,
  DeleteUsagePlanKeyCommand,
  GetUsageCommand,
  GetUsagePlanCommand,
  GetUsagePlanKeyCommand,
  GetUsagePlanKeysCommand,
  GetUsagePlansCommand,
  type QuotaPeriodType,
  UpdateUsagePlanCommand,
  type UsagePlan,
} from "@aws-sdk/client-api-gateway";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { keyOf } from "./apiKeys.ts";
import { type ApiStore, apiId, badRequest, conflict, notFound, pageOf, type StoredPlan } from "./apiStore.ts";
import { applyPatches, numberOf } from "./patch.ts";

/** Usage plans: which stages a key opens, how fast and how often. */
export function addUsagePlanOperations(service: ServiceBuilder, store: ApiStore): void {
  const planOf = (id: string | undefined, region: string): StoredPlan => {
    const plan = store.plans.get(id ?? "");
    if (plan?.region !== region) throw notFound("Invalid Usage Plan identifier specified");
    return plan as StoredPlan;
  };
  const checkStage = (apiId: string | undefined, stage: string | undefined, region: string) => {
    store.stage(store.api(apiId, region), stage);
    return { apiId, stage };
  };

  service
    .on(CreateUsagePlanCommand)((input, ctx) => {
      if (!input.name) throw badRequest("Usage Plan name must not be empty");
      const plan: StoredPlan = {
        id: apiId(6),
        region: ctx.region,
        name: input.name,
        description: input.description,
        stages: (input.apiStages ?? []).map((item) => ({ ...item, ...checkStage(item.apiId, item.stage, ctx.region) })),
        throttle: input.throttle,
        quota: input.quota,
        tags: input.tags ?? {},
        keys: new Set(),
        used: new Map(),
      };
      checkQuota(plan);
      store.plans.set(plan.id, plan);
      ctx.status = 201;
      return describe(plan);
    })
    .on(GetUsagePlanCommand)((input, ctx) => describe(planOf(input.usagePlanId, ctx.region)))
    .on(GetUsagePlansCommand)((input, ctx) => {
      const all = [...store.plans.values()].filter(
        (plan) => plan.region === ctx.region && (!input.keyId || plan.keys.has(input.keyId)),
      );
      const page = pageOf(all, input.limit, input.position);
      return { items: page.items.map(describe), position: page.position };
    })
    .on(UpdateUsagePlanCommand)((input, ctx) => {
      const plan = planOf(input.usagePlanId, ctx.region);
      const quota = () => (plan.quota ??= { limit: 0, offset: 0, period: "DAY" });
      const throttle = () => (plan.throttle ??= {});
      applyPatches(input.patchOperations, {
        "/name": ({ value }) => {
          plan.name = value;
        },
        "/description": ({ value }) => {
          plan.description = value;
        },
        "/throttle": () => {
          plan.throttle = undefined;
        },
        "/throttle/rateLimit": ({ value }) => {
          throttle().rateLimit = numberOf(value);
        },
        "/throttle/burstLimit": ({ value }) => {
          throttle().burstLimit = numberOf(value);
        },
        "/quota": () => {
          plan.quota = undefined;
        },
        "/quota/limit": ({ value }) => {
          quota().limit = numberOf(value);
        },
        "/quota/offset": ({ value }) => {
          quota().offset = numberOf(value);
        },
        "/quota/period": ({ value }) => {
          quota().period = value as QuotaPeriodType;
        },
        "/apiStages": ({ op, value }) => {
          const [api, stage] = value.split(":");
          if (op !== "remove") plan.stages.push(checkStage(api, stage, ctx.region));
          else plan.stages = plan.stages.filter((item) => item.apiId !== api || item.stage !== stage);
        },
      });
      checkQuota(plan);
      return describe(plan);
    })
    .on(DeleteUsagePlanCommand)((input, ctx) => {
      const plan = planOf(input.usagePlanId, ctx.region);
      if (plan.stages.length)
        throw badRequest(
          `Cannot delete usage plan ${plan.id} because it is associated with API Stages: ${plan.stages.map(({ apiId: api, stage }) => `${api}:${stage}`).join(", ")}`,
        );
      store.plans.delete(plan.id);
      ctx.status = 202;
      return {};
    })
    .on(GetUsageCommand)((input, ctx) => {
      const plan = planOf(input.usagePlanId, ctx.region);
      const limit = plan.quota?.limit ?? 0;
      const keys = [...plan.keys].filter((id) => !input.keyId || id === input.keyId);
      return {
        usagePlanId: plan.id,
        startDate: input.startDate,
        endDate: input.endDate,
        // The days before the last one are not kept apart; the present period's use is shown for the last day.
        items: Object.fromEntries(
          keys.map((id) => {
            const used = plan.used.get(id)?.count ?? 0;
            return [id, [[used, Math.max(0, limit - used)]]];
          }),
        ),
      };
    })
    .on(CreateUsagePlanKeyCommand)((input, ctx) => {
      const plan = planOf(input.usagePlanId, ctx.region);
      if (input.keyType !== "API_KEY") throw badRequest("Usage Plan Key type must be API_KEY");
      const key = keyOf(store, input.keyId, ctx.region);
      if (plan.keys.has(key.id))
        throw conflict(`${key.id}:${plan.id} is already subscribed to Usage Plan ${plan.name}`);
      plan.keys.add(key.id);
      ctx.status = 201;
      return { id: key.id, type: "API_KEY", value: key.value, name: key.name };
    })
    .on(GetUsagePlanKeyCommand)((input, ctx) => {
      const plan = planOf(input.usagePlanId, ctx.region);
      if (!plan.keys.has(input.keyId!)) throw notFound("Invalid Usage Plan Key identifier specified");
      const key = keyOf(store, input.keyId, ctx.region);
      return { id: key.id, type: "API_KEY", name: key.name, value: key.value };
    })
    .on(GetUsagePlanKeysCommand)((input, ctx) => {
      const plan = planOf(input.usagePlanId, ctx.region);
      const keys = [...plan.keys]
        .map((id) => keyOf(store, id, ctx.region))
        .filter((key) => !input.nameQuery || key.name?.startsWith(input.nameQuery));
      const page = pageOf(keys, input.limit, input.position);
      return {
        items: page.items.map((key) => ({ id: key.id, type: "API_KEY", name: key.name, value: key.value })),
        position: page.position,
      };
    })
    .on(DeleteUsagePlanKeyCommand)((input, ctx) => {
    const plan = planOf(input.usagePlanId, ctx.region);
    if (!plan.keys.delete(input.keyId!)) throw notFound("Invalid Usage Plan Key identifier specified");
    plan.used.delete(input.keyId!);
    ctx.status = 202;
    return {};
  });
}

function checkQuota({ quota }: StoredPlan): void {
  if (!quota) return;
  if (!quota.period || !["DAY", "WEEK", "MONTH"].includes(quota.period))
    throw badRequest("Usage Plan quota period must be one of: DAY, WEEK, MONTH");
  if ((quota.offset ?? 0) > (quota.limit ?? 0)) throw badRequest("Usage Plan quota offset must not exceed its limit");
}

function describe(plan: StoredPlan): UsagePlan {
  return {
    id: plan.id,
    name: plan.name,
    description: plan.description,
    apiStages: plan.stages,
    throttle: plan.throttle,
    quota: plan.quota && { limit: plan.quota.limit, offset: plan.quota.offset ?? 0, period: plan.quota.period },
    tags: Object.keys(plan.tags).length ? plan.tags : undefined,
  };
}
