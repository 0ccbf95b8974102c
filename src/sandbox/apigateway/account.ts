import {
  GetAccountCommand,
  GetBasePathMappingsCommand,
  GetClientCertificatesCommand,
  GetDocumentationPartsCommand,
  GetDocumentationVersionsCommand,
  GetDomainNamesCommand,
  GetVpcLinksCommand,
  UpdateAccountCommand,
} from "@aws-sdk/client-api-gateway";
import { GetRoleCommand } from "@aws-sdk/client-iam";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import type { World } from "../world.ts";
import { type ApiStore, badRequest, notFound } from "./apiStore.ts";
import { applyPatches } from "./patch.ts";
import { ACCOUNT_BURST, ACCOUNT_RATE } from "./throttle.ts";

/** The account's settings, and lists of what the sandbox has none of. */
export function addAccountOperations(service: ServiceBuilder, world: World, store: ApiStore): void {
  const describe = (region: string) => ({
    cloudwatchRoleArn: store.cloudWatchRoles.get(region),
    throttleSettings: { burstLimit: ACCOUNT_BURST, rateLimit: ACCOUNT_RATE },
    features: ["UsagePlans"],
    apiKeyVersion: "4",
  });
  service
    .on(GetAccountCommand)((_input, ctx) => describe(ctx.region))
    .on(UpdateAccountCommand)(async (input, ctx) => {
      let role = store.cloudWatchRoles.get(ctx.region);
      applyPatches(input.patchOperations, {
        "/cloudwatchRoleArn": ({ op, value }) => {
          role = op === "remove" || value === "" ? undefined : value;
        },
      });
      if (role !== undefined) {
        const name = /:role\/(?:.*\/)?([^/]+)$/.exec(role)?.[1];
        const found =
          name && (await world.call(GetRoleCommand, { RoleName: name }, { region: ctx.region }).catch(() => undefined));
        if (!found)
          throw badRequest(
            "The role ARN does not have required permissions configured. Please grant trust permission for API Gateway and add the required role policy.",
          );
      }
      if (role === undefined) store.cloudWatchRoles.delete(ctx.region);
      else store.cloudWatchRoles.set(ctx.region, role);
      return describe(ctx.region);
    })
    .on(GetVpcLinksCommand)(() => ({ items: [] }))
    .on(GetDomainNamesCommand)(() => ({ items: [] }))
    .on(GetClientCertificatesCommand)(() => ({ items: [] }))
    .on(GetBasePathMappingsCommand)(() => {
      throw notFound("Invalid domain name identifier specified");
    })
    .on(GetDocumentationPartsCommand)((input, ctx) => {
      store.api(input.restApiId, ctx.region);
      return { items: [] };
    })
    .on(GetDocumentationVersionsCommand)((input, ctx) => {
    store.api(input.restApiId, ctx.region);
    return { items: [] };
  });
}
