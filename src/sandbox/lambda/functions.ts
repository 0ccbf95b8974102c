import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { GetRoleCommand } from "@aws-sdk/client-iam";
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCodeSigningConfigCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  ListFunctionsCommand,
  ListTagsCommand,
  ResourceConflictException,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  type UpdateFunctionConfigurationCommandInput,
} from "@aws-sdk/client-lambda";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { WireError } from "../wire/types.ts";
import type { World } from "../world.ts";
import { codeOf } from "./codeSource.ts";
import {
  badParameter,
  configurationOf,
  type FunctionStore,
  type LambdaFunction,
  listedConfiguration,
  parseIdentifier,
  qualifierMismatch,
} from "./functionStore.ts";
import { createPool } from "./launch.ts";
import { publishVersion } from "./versions.ts";

/** Names that only Lambda may set (AWS: "Using Lambda environment variables", reserved). */
const RESERVED = new Set([
  "_HANDLER",
  "_X_AMZN_TRACE_ID",
  "AWS_DEFAULT_REGION",
  "AWS_REGION",
  "AWS_EXECUTION_ENV",
  "AWS_LAMBDA_FUNCTION_NAME",
  "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
  "AWS_LAMBDA_FUNCTION_VERSION",
  "AWS_LAMBDA_INITIALIZATION_TYPE",
  "AWS_LAMBDA_LOG_GROUP_NAME",
  "AWS_LAMBDA_LOG_STREAM_NAME",
  "AWS_ACCESS_KEY",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_LAMBDA_RUNTIME_API",
  "LAMBDA_TASK_ROOT",
  "LAMBDA_RUNTIME_DIR",
]);
const MAX_ENVIRONMENT_BYTES = 4096;
/** AWS: "Using tags on Lambda functions". */
const MAX_TAGS = 50;

/** The operations that make, change and describe functions. */
export function addFunctionOperations(service: ServiceBuilder, world: World, store: FunctionStore): void {
  const now = () => world.clock.now();
  /** What an ARN for tags names: a function, no version of it. */
  const tagged = (arn: string | undefined, region: string) => {
    if (store.parse(arn, region).version !== undefined)
      throw badParameter("Tags on function aliases and versions are not supported. Please specify a function ARN.");
    return store.head(arn, region).family;
  };

  service
    .on(CreateFunctionCommand)(async (input, ctx) => {
      const { name } = parseIdentifier(input.FunctionName!);
      if (store.find(ctx.region, name))
        throw new ResourceConflictException({
          message: `Function already exist: ${name}`,
          Type: "User",
          $metadata: {},
        });
      if (input.PackageType === "Image" || input.Code?.ImageUri)
        throw badParameter("This sandbox runs zip packages only; container images are not supported.");
      if (!input.Runtime) throw badParameter("Runtime is mandatory for functions created with deployment packages.");
      if (!input.Handler) throw badParameter("Handler is mandatory for functions created with deployment packages.");
      refuseUncovered(input);
      checkEnvironment(input.Environment?.Variables);
      checkTags(new Map(Object.entries(input.Tags ?? {})));
      await checkRole(world, input.Role!, ctx.region);
      const layers = store.layers.use(input.Layers ?? []);
      const code = store.unpack(await codeOf(world, input.Code ?? {}, ctx.region));
      const doneAt = store.changeDoneAt();
      const fn: LambdaFunction = {
        name,
        arn: store.arnOf(ctx.region, name),
        version: "$LATEST",
        family: {
          tags: new Map(Object.entries(input.Tags ?? {})),
          policies: new Map(),
          versions: new Map(),
          aliases: new Map(),
          nextVersion: 1,
          running: 0,
        },
        region: ctx.region,
        role: input.Role!,
        runtime: input.Runtime,
        handler: input.Handler,
        description: input.Description ?? "",
        timeoutSeconds: input.Timeout ?? 3,
        memoryMb: input.MemorySize ?? 128,
        ephemeralMb: input.EphemeralStorage?.Size ?? 512,
        environment: input.Environment && { ...input.Environment.Variables },
        layers,
        architectures: input.Architectures ?? ["x86_64"],
        tracing: input.TracingConfig?.Mode ?? "PassThrough",
        logging: { LogFormat: "Text", LogGroup: `/aws/lambda/${name}`, ...input.LoggingConfig },
        code,
        revisionId: randomUUID(),
        modifiedAt: now(),
        activeAt: doneAt,
        updatedAt: doneAt,
        vpc: input.VpcConfig,
        deadLetter: input.DeadLetterConfig,
        kmsKeyArn: input.KMSKeyArn,
        snapStart: input.SnapStart?.ApplyOn,
        pool: createPool(world, () => fn),
      };
      store.add(fn);
      ctx.status = 201;
      if (!input.Publish) return configurationOf(fn, now());
      const published = publishVersion(world, fn, fn.description);
      return configurationOf(published, now(), published.version);
    })
    .on(GetFunctionCommand)((input, ctx) => {
      const { fn, qualifier } = store.resolve(input.FunctionName, input.Qualifier, ctx.region);
      const { tags, reservedConcurrency } = fn.family;
      return {
        Configuration: configurationOf(fn, now(), qualifier),
        Code: {
          RepositoryType: "S3",
          Location: `${world.baseUrl()}/_aws/lambda/code/${ctx.region}/${fn.name}?sha256=${encodeURIComponent(fn.code.sha256)}`,
        },
        // Tags are of the function, not of a version (AWS: GetFunction).
        Tags: tags.size && qualifier === undefined ? Object.fromEntries(tags) : undefined,
        Concurrency:
          reservedConcurrency === undefined ? undefined : { ReservedConcurrentExecutions: reservedConcurrency },
      };
    })
    .on(GetFunctionConfigurationCommand)((input, ctx) => {
      const { fn, qualifier } = store.resolve(input.FunctionName, input.Qualifier, ctx.region);
      return configurationOf(fn, now(), qualifier);
    })
    .on(ListFunctionsCommand)((input, ctx) => {
      const every = input.FunctionVersion === "ALL";
      const all = store
        .all(ctx.region)
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .flatMap((fn) => (every ? [fn, ...fn.family.versions.values()] : [fn]));
      const page = pageOf(all, input.MaxItems ?? 50, input.Marker, badMarker);
      return {
        Functions: page.items.map((fn) => listedConfiguration(fn, now(), every ? fn.version : undefined)),
        NextMarker: page.nextToken,
      };
    })
    .on(UpdateFunctionCodeCommand)(async (input, ctx) => {
      const fn = changeable(store.get(input.FunctionName, undefined, ctx.region), input.RevisionId, now());
      if (input.ImageUri)
        throw badParameter("This sandbox runs zip packages only; container images are not supported.");
      const code = store.unpack(await codeOf(world, input, ctx.region));
      if (input.DryRun) {
        rmSync(code.directory, { recursive: true, force: true });
        return configurationOf(fn, now());
      }
      const old = fn.code;
      fn.code = code;
      if (input.Architectures) fn.architectures = input.Architectures;
      changed(fn, store, now());
      // Invocations at work may still read their old files.
      setTimeout(() => store.dropCode(old), fn.timeoutSeconds * 1000).unref();
      if (!input.Publish) return configurationOf(fn, now());
      const published = publishVersion(world, fn, fn.description);
      return configurationOf(published, now(), published.version);
    })
    .on(UpdateFunctionConfigurationCommand)(async (input, ctx) => {
      const fn = changeable(store.get(input.FunctionName, undefined, ctx.region), input.RevisionId, now());
      refuseUncovered(input);
      checkEnvironment(input.Environment?.Variables);
      if (input.Role) await checkRole(world, input.Role, ctx.region);
      if (input.Layers) fn.layers = store.layers.use(input.Layers);
      applyConfiguration(fn, input);
      changed(fn, store, now());
      return configurationOf(fn, now());
    })
    .on(DeleteFunctionCommand)(async (input, ctx) => {
      const { version } = store.parse(input.FunctionName, ctx.region);
      if (version !== undefined && input.Qualifier !== undefined && version !== input.Qualifier)
        throw qualifierMismatch();
      const wanted = input.Qualifier ?? version;
      if (wanted === "$LATEST") throw badParameter("$LATEST version cannot be deleted without deleting the function.");
      const head = store.head(input.FunctionName, ctx.region);
      ctx.status = 204;
      // A version that there is not counts as deleted.
      if (/^\d+$/.test(wanted ?? "") && !head.family.versions.has(wanted!)) return {};
      const { fn, alias, qualifier } = store.resolve(input.FunctionName, input.Qualifier, ctx.region);
      if (alias) throw badParameter("Deleting an alias by DeleteFunction is not possible; use DeleteAlias.");
      const user = [...fn.family.aliases.values()].find(
        ({ version, weights }) => version === fn.version || weights?.[fn.version] !== undefined,
      );
      if (qualifier !== undefined && user)
        throw new ResourceConflictException({
          message: `Function version ${fn.version} is being used by the alias ${user.name}; move or delete the alias first.`,
          Type: "User",
          $metadata: {},
        });
      await (qualifier === undefined ? store.remove(fn) : store.removeVersion(fn));
      return {};
    })
    .on(GetFunctionCodeSigningConfigCommand)((input, ctx) => ({
      FunctionName: store.get(input.FunctionName, undefined, ctx.region).name,
      CodeSigningConfigArn: "",
    }))
    .on(ListTagsCommand)((input, ctx) => ({
      Tags: Object.fromEntries(tagged(input.Resource, ctx.region).tags),
    }))
    .on(TagResourceCommand)((input, ctx) => {
      const { tags } = tagged(input.Resource, ctx.region);
      const added = Object.entries(input.Tags ?? {});
      if (!added.length) throw badParameter("An error occurred and the request cannot be processed.");
      checkTags(new Map([...tags, ...added]));
      for (const [key, value] of added) tags.set(key, value);
      ctx.status = 204;
      return {};
    })
    .on(UntagResourceCommand)((input, ctx) => {
    const { tags } = tagged(input.Resource, ctx.region);
    for (const key of input.TagKeys ?? []) tags.delete(key);
    ctx.status = 204;
    return {};
  });
}

/** @throws InvalidParameterValueException */
function checkTags(tags: Map<string, string>): void {
  if (tags.size > MAX_TAGS) throw badParameter("Number of tags exceeds resource tag limit.");
}

const badMarker = () => badParameter("Invalid marker.");

/** File systems would change what the code finds, so functions with them are refused. */
function refuseUncovered(input: { FileSystemConfigs?: unknown[] }): void {
  if (input.FileSystemConfigs?.length) throw badParameter("This sandbox has no file systems for functions.");
}

function applyConfiguration(fn: LambdaFunction, input: UpdateFunctionConfigurationCommandInput): void {
  fn.role = input.Role ?? fn.role;
  fn.handler = input.Handler ?? fn.handler;
  fn.description = input.Description ?? fn.description;
  fn.timeoutSeconds = input.Timeout ?? fn.timeoutSeconds;
  fn.memoryMb = input.MemorySize ?? fn.memoryMb;
  fn.ephemeralMb = input.EphemeralStorage?.Size ?? fn.ephemeralMb;
  fn.runtime = input.Runtime ?? fn.runtime;
  fn.tracing = input.TracingConfig?.Mode ?? fn.tracing;
  if (input.Environment) fn.environment = input.Environment.Variables ?? {};
  if (input.VpcConfig) fn.vpc = input.VpcConfig;
  if (input.DeadLetterConfig) fn.deadLetter = input.DeadLetterConfig.TargetArn ? input.DeadLetterConfig : undefined;
  fn.kmsKeyArn = input.KMSKeyArn ?? fn.kmsKeyArn;
  fn.snapStart = input.SnapStart?.ApplyOn ?? fn.snapStart;
  if (input.LoggingConfig) fn.logging = { ...fn.logging, ...input.LoggingConfig };
}

function changed(fn: LambdaFunction, store: FunctionStore, now: number): void {
  fn.revisionId = randomUUID();
  fn.modifiedAt = now;
  fn.updatedAt = store.changeDoneAt();
  fn.pool.retire();
}

/** @throws ResourceConflictException while it is being created or updated */
function changeable(fn: LambdaFunction, revisionId: string | undefined, now: number): LambdaFunction {
  const conflict = (message: string) => new ResourceConflictException({ message, Type: "User", $metadata: {} });
  if (now < fn.activeAt)
    throw conflict(
      "The operation cannot be performed at this time. The function is currently in the following state: Pending",
    );
  if (now < fn.updatedAt)
    throw conflict(`The operation cannot be performed at this time. An update is in progress for resource: ${fn.arn}`);
  if (revisionId !== undefined && revisionId !== fn.revisionId)
    throw new WireError(
      "PreconditionFailedException",
      "The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to retrieve the latest RevisionId",
      412,
      { Type: "User" },
    );
  return fn;
}

function checkEnvironment(variables: Record<string, string> | undefined): void {
  if (!variables) return;
  const reserved = Object.keys(variables).filter((name) => RESERVED.has(name));
  if (reserved.length)
    throw badParameter(
      `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(", ")}`,
    );
  const measured = JSON.stringify(variables);
  if (Buffer.byteLength(measured) > MAX_ENVIRONMENT_BYTES)
    throw badParameter(
      `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the ${MAX_ENVIRONMENT_BYTES / 1024}KB limit. String measured: ${measured}`,
    );
}

/** Lambda must be able to assume the role. */
async function checkRole(world: World, arn: string, region: string): Promise<void> {
  const refused = badParameter("The role defined for the function cannot be assumed by Lambda.");
  const name = /:role\/(?:.*\/)?([^/]+)$/.exec(arn)?.[1];
  if (!name) throw refused;
  const { Role } = await world.call(GetRoleCommand, { RoleName: name }, { region }).catch(() => {
    throw refused;
  });
  if (!decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "").includes("lambda.amazonaws.com")) throw refused;
}
