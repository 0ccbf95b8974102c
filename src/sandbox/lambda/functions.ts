import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { GetRoleCommand } from "@aws-sdk/client-iam";
import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  DeleteFunctionCommand,
  GetFunctionCodeSigningConfigCommand,
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  ListFunctionsCommand,
  ListTagsCommand,
  ListVersionsByFunctionCommand,
  ResourceConflictException,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  type UpdateFunctionConfigurationCommandInput,
} from "@aws-sdk/client-lambda";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { WireError } from "../wire/types.ts";
import type { World } from "../world.ts";
import {
  badParameter,
  configurationOf,
  type FunctionStore,
  type LambdaFunction,
  parseIdentifier,
} from "./functionStore.ts";
import { createPool } from "./launch.ts";

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

/** The operations that make, change and describe functions. */
export function addFunctionOperations(service: ServiceBuilder, world: World, store: FunctionStore): void {
  const now = () => world.clock.now();

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
      if (input.Publish) throw noVersions();
      checkEnvironment(input.Environment?.Variables);
      await checkRole(world, input.Role!, ctx.region);
      const code = store.unpack(await codeOf(world, input.Code ?? {}, ctx.region));
      const doneAt = store.changeDoneAt();
      const fn: LambdaFunction = {
        name,
        arn: store.arnOf(ctx.region, name),
        region: ctx.region,
        role: input.Role!,
        runtime: input.Runtime,
        handler: input.Handler,
        description: input.Description ?? "",
        timeoutSeconds: input.Timeout ?? 3,
        memoryMb: input.MemorySize ?? 128,
        ephemeralMb: input.EphemeralStorage?.Size ?? 512,
        environment: input.Environment?.Variables ?? {},
        architectures: input.Architectures ?? ["x86_64"],
        tracing: input.TracingConfig?.Mode ?? "PassThrough",
        logging: { LogFormat: "Text", LogGroup: `/aws/lambda/${name}`, ...input.LoggingConfig },
        code,
        revisionId: randomUUID(),
        modifiedAt: now(),
        activeAt: doneAt,
        updatedAt: doneAt,
        tags: new Map(Object.entries(input.Tags ?? {})),
        policy: [],
        pool: createPool(world, () => fn),
      };
      store.add(fn);
      ctx.status = 201;
      return configurationOf(fn, now());
    })
    .on(GetFunctionCommand)((input, ctx) => {
      const fn = store.get(input.FunctionName, input.Qualifier, ctx.region);
      return {
        Configuration: configurationOf(fn, now()),
        Code: {
          RepositoryType: "S3",
          Location: `${world.baseUrl()}/_aws/lambda/code/${ctx.region}/${fn.name}?sha256=${encodeURIComponent(fn.code.sha256)}`,
        },
        Tags: fn.tags.size ? Object.fromEntries(fn.tags) : undefined,
      };
    })
    .on(GetFunctionConfigurationCommand)((input, ctx) =>
      configurationOf(store.get(input.FunctionName, input.Qualifier, ctx.region), now()),
    )
    .on(ListFunctionsCommand)((input, ctx) => {
      const all = store.all(ctx.region).sort((a, b) => (a.name < b.name ? -1 : 1));
      const after = input.Marker ? Buffer.from(input.Marker, "base64url").toString() : "";
      const rest = all.filter((fn) => fn.name > after);
      const page = rest.slice(0, input.MaxItems ?? 50);
      return {
        Functions: page.map((fn) => configurationOf(fn, now())),
        NextMarker: page.length < rest.length ? Buffer.from(page.at(-1)!.name).toString("base64url") : undefined,
      };
    })
    .on(ListVersionsByFunctionCommand)((input, ctx) => {
      const fn = store.get(input.FunctionName, undefined, ctx.region);
      return { Versions: [{ ...configurationOf(fn, now()), FunctionArn: `${fn.arn}:$LATEST` }] };
    })
    .on(UpdateFunctionCodeCommand)(async (input, ctx) => {
      const fn = changeable(store.get(input.FunctionName, undefined, ctx.region), input.RevisionId, now());
      if (input.ImageUri)
        throw badParameter("This sandbox runs zip packages only; container images are not supported.");
      if (input.Publish) throw noVersions();
      const code = store.unpack(await codeOf(world, input, ctx.region));
      if (input.DryRun) {
        rmSync(code.directory, { recursive: true, force: true });
        return configurationOf(fn, now());
      }
      const old = fn.code.directory;
      fn.code = code;
      if (input.Architectures) fn.architectures = input.Architectures;
      changed(fn, store, now());
      // Invocations at work may still read their old files.
      setTimeout(() => rmSync(old, { recursive: true, force: true }), fn.timeoutSeconds * 1000).unref();
      return configurationOf(fn, now());
    })
    .on(UpdateFunctionConfigurationCommand)(async (input, ctx) => {
      const fn = changeable(store.get(input.FunctionName, undefined, ctx.region), input.RevisionId, now());
      checkEnvironment(input.Environment?.Variables);
      if (input.Role) await checkRole(world, input.Role, ctx.region);
      applyConfiguration(fn, input);
      changed(fn, store, now());
      return configurationOf(fn, now());
    })
    .on(DeleteFunctionCommand)(async (input, ctx) => {
      const fn = store.get(input.FunctionName, input.Qualifier, ctx.region);
      await store.remove(fn);
      ctx.status = 204;
      return {};
    })
    .on(GetFunctionCodeSigningConfigCommand)((input, ctx) => ({
      FunctionName: store.get(input.FunctionName, undefined, ctx.region).name,
      CodeSigningConfigArn: "",
    }))
    .on(GetFunctionConcurrencyCommand)((input, ctx) => {
      store.get(input.FunctionName, undefined, ctx.region);
      return {}; // no reserved concurrency
    })
    .on(ListTagsCommand)((input, ctx) => ({
      Tags: Object.fromEntries(store.get(input.Resource, undefined, ctx.region).tags),
    }))
    .on(TagResourceCommand)((input, ctx) => {
      const { tags } = store.get(input.Resource, undefined, ctx.region);
      for (const [key, value] of Object.entries(input.Tags ?? {})) tags.set(key, value);
      ctx.status = 204;
      return {};
    })
    .on(UntagResourceCommand)((input, ctx) => {
    const { tags } = store.get(input.Resource, undefined, ctx.region);
    for (const key of input.TagKeys ?? []) tags.delete(key);
    ctx.status = 204;
    return {};
  });
}

const noVersions = () =>
  badParameter("This sandbox keeps $LATEST only; it publishes no versions (Publish must be false).");

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
  if (Buffer.byteLength(JSON.stringify(variables)) > MAX_ENVIRONMENT_BYTES)
    throw badParameter(
      `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the ${MAX_ENVIRONMENT_BYTES / 1024}KB limit.`,
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

async function codeOf(
  world: World,
  code: Pick<NonNullable<CreateFunctionCommandInput["Code"]>, "ZipFile" | "S3Bucket" | "S3Key">,
  region: string,
): Promise<Uint8Array> {
  if (code.ZipFile) return code.ZipFile;
  if (!code.S3Bucket || !code.S3Key) throw badParameter("Please provide a source for function code.");
  try {
    const { Body } = await world.call(GetObjectCommand, { Bucket: code.S3Bucket, Key: code.S3Key }, { region });
    return Body as Uint8Array;
  } catch (error) {
    const { name, message } = error as Error;
    throw badParameter(`Error occurred while GetObject. S3 Error Code: ${name}. S3 Error Message: ${message}`);
  }
}
