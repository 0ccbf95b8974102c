import { randomUUID } from "node:crypto";
import {
  type AliasRoutingConfiguration,
  CreateAliasCommand,
  DeleteAliasCommand,
  GetAliasCommand,
  ListAliasesCommand,
  ResourceConflictException,
  ResourceNotFoundException,
  UpdateAliasCommand,
} from "@aws-sdk/client-lambda";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { WireError } from "../wire/types.ts";
import { badParameter, type FunctionAlias, type FunctionStore, type LambdaFunction } from "./functionStore.ts";

/** Aliases: names for versions, which may share invocations between two of them. */
export function addAliasOperations(service: ServiceBuilder, store: FunctionStore): void {
  const find = (input: { FunctionName?: string; Name?: string }, region: string) => {
    const fn = store.head(input.FunctionName, region);
    const alias = fn.family.aliases.get(input.Name ?? "");
    if (!alias)
      throw new ResourceNotFoundException({
        message: `Cannot find alias arn: ${fn.arn}:${input.Name}`,
        Type: "User",
        $metadata: {},
      });
    return { fn, alias };
  };

  service
    .on(CreateAliasCommand)((input, ctx) => {
      const fn = store.head(input.FunctionName, ctx.region);
      const name = input.Name!;
      if (/^\d+$/.test(name)) throw badParameter(`The alias name ${name} must not be a number.`);
      if (fn.family.aliases.has(name))
        throw new ResourceConflictException({
          message: `Alias already exists: ${fn.arn}:${name}`,
          Type: "User",
          $metadata: {},
        });
      store.get(fn.name, input.FunctionVersion, ctx.region);
      const alias: FunctionAlias = {
        name,
        version: input.FunctionVersion!,
        description: input.Description ?? "",
        weights: weightsOf(fn, input.FunctionVersion!, input.RoutingConfig),
        revisionId: randomUUID(),
      };
      fn.family.aliases.set(name, alias);
      ctx.status = 201;
      return describe(fn, alias);
    })
    .on(GetAliasCommand)((input, ctx) => {
      const { fn, alias } = find(input, ctx.region);
      return describe(fn, alias);
    })
    .on(ListAliasesCommand)((input, ctx) => {
      const fn = store.head(input.FunctionName, ctx.region);
      const all = [...fn.family.aliases.values()]
        .filter(({ version }) => input.FunctionVersion === undefined || version === input.FunctionVersion)
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const page = pageOf(all, input.MaxItems ?? 50, input.Marker, () => badParameter("Invalid marker."));
      return { Aliases: page.items.map((alias) => describe(fn, alias)), NextMarker: page.nextToken };
    })
    .on(UpdateAliasCommand)((input, ctx) => {
      const { fn, alias } = find(input, ctx.region);
      if (input.RevisionId && input.RevisionId !== alias.revisionId)
        throw new WireError(
          "PreconditionFailedException",
          "The Revision Id provided does not match the latest Revision Id. Call the GetAlias API to retrieve the latest Revision Id",
          412,
          { Type: "User" },
        );
      const version = input.FunctionVersion ?? alias.version;
      store.get(fn.name, version, ctx.region);
      // Checked before anything is changed.
      const weights = input.RoutingConfig ? weightsOf(fn, version, input.RoutingConfig) : alias.weights;
      Object.assign(alias, { version, weights, description: input.Description ?? alias.description });
      alias.revisionId = randomUUID();
      return describe(fn, alias);
    })
    .on(DeleteAliasCommand)((input, ctx) => {
    // Deleting what is not there succeeds (AWS: DeleteAlias).
    const { aliases, policies } = store.head(input.FunctionName, ctx.region).family;
    aliases.delete(input.Name ?? "");
    policies.delete(input.Name ?? "");
    ctx.status = 204;
    return {};
  });
}

function weightsOf(
  fn: LambdaFunction,
  version: string,
  routing: AliasRoutingConfiguration | undefined,
): Record<string, number> | undefined {
  const weights = routing?.AdditionalVersionWeights ?? {};
  const names = Object.keys(weights);
  if (names.length === 0) return undefined;
  if (names.length > 1) throw badParameter("Number of items in AdditionalVersionWeights cannot be greater than 1");
  if (version === "$LATEST" || names.includes("$LATEST"))
    throw badParameter("$LATEST is not supported for an alias pointing to more than 1 version");
  if (names.includes(version))
    throw badParameter(
      `Invalid function version ${version}. Function version ${version} is already included in routing configuration.`,
    );
  for (const name of names)
    if (!fn.family.versions.has(name))
      throw new ResourceNotFoundException({
        message: `Function not found: ${fn.arn}:${name}`,
        Type: "User",
        $metadata: {},
      });
  return { ...weights };
}

function describe(fn: LambdaFunction, alias: FunctionAlias) {
  return {
    AliasArn: `${fn.arn}:${alias.name}`,
    Name: alias.name,
    FunctionVersion: alias.version,
    Description: alias.description,
    RoutingConfig: alias.weights && { AdditionalVersionWeights: alias.weights },
    RevisionId: alias.revisionId,
  };
}
