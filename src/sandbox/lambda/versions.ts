import { randomUUID } from "node:crypto";
import {
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  ResourceConflictException,
} from "@aws-sdk/client-lambda";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { WireError } from "../wire/types.ts";
import type { World } from "../world.ts";
import {
  badParameter,
  configurationOf,
  type FunctionStore,
  type LambdaFunction,
  listedConfiguration,
} from "./functionStore.ts";
import { createPool } from "./launch.ts";

/** PublishVersion and ListVersionsByFunction. */
export function addVersionOperations(service: ServiceBuilder, world: World, store: FunctionStore): void {
  const now = () => world.clock.now();
  service
    .on(PublishVersionCommand)((input, ctx) => {
      const fn = store.head(input.FunctionName, ctx.region);
      if (now() < fn.activeAt || now() < fn.updatedAt)
        throw new ResourceConflictException({
          message: `The operation cannot be performed at this time. An update is in progress for resource: ${fn.arn}`,
          Type: "User",
          $metadata: {},
        });
      if (input.CodeSha256 && input.CodeSha256 !== fn.code.sha256)
        throw badParameter(
          `CodeSHA256 (${input.CodeSha256}) is different from current CodeSHA256 in $LATEST (${fn.code.sha256}). Please try again with the CodeSHA256 in $LATEST.`,
        );
      if (input.RevisionId && input.RevisionId !== fn.revisionId)
        throw new WireError(
          "PreconditionFailedException",
          "The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to retrieve the latest RevisionId",
          412,
          { Type: "User" },
        );
      const version = publishVersion(world, fn, input.Description || fn.description);
      ctx.status = 201;
      return configurationOf(version, now(), version.version);
    })
    .on(ListVersionsByFunctionCommand)((input, ctx) => {
    const fn = store.head(input.FunctionName, ctx.region);
    const all = [fn, ...fn.family.versions.values()];
    const page = pageOf(all, input.MaxItems ?? 50, input.Marker, () => badParameter("Invalid marker."));
    return {
      Versions: page.items.map((version) => listedConfiguration(version, now(), version.version)),
      NextMarker: page.nextToken,
    };
  });
}

/** Freezes `$LATEST` as a version; the newest version is answered when nothing has changed since (AWS: PublishVersion). */
export function publishVersion(world: World, fn: LambdaFunction, description: string): LambdaFunction {
  const { family } = fn;
  const newest = [...family.versions.values()].at(-1);
  if (newest && unchanged(newest, fn)) return newest;
  const version: LambdaFunction = {
    ...fn,
    environment: fn.environment && { ...fn.environment },
    logging: { ...fn.logging },
    description,
    latestDescription: fn.description,
    version: String(family.nextVersion++),
    revisionId: randomUUID(),
    pool: createPool(world, () => version),
  };
  family.versions.set(version.version, version);
  return version;
}

function unchanged(version: LambdaFunction, latest: LambdaFunction): boolean {
  const relevant = ({
    family: _f,
    pool: _p,
    code,
    version: _v,
    revisionId: _r,
    description: _d,
    ...rest
  }: LambdaFunction) => {
    const { activeAt: _a, updatedAt: _u, modifiedAt: _m, latestDescription, ...settings } = rest;
    return JSON.stringify({ ...settings, latestDescription, sha256: code.sha256 });
  };
  return relevant(version) === relevant({ ...latest, latestDescription: latest.description });
}
