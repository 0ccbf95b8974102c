import {
  type Cors,
  CreateFunctionUrlConfigCommand,
  DeleteFunctionUrlConfigCommand,
  type FunctionUrlAuthType,
  GetFunctionUrlConfigCommand,
  type InvokeMode,
  ListFunctionUrlConfigsCommand,
  ResourceConflictException,
  UpdateFunctionUrlConfigCommand,
} from "@aws-sdk/client-lambda";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { randomId, type World } from "../world.ts";
import { badParameter, type FunctionStore, type LambdaFunction, notFound } from "./functionStore.ts";

/** Path below which the URLs of functions answer: `{prefix}{id}/…`. */
export const URL_PREFIX = "/_aws/lambda/url/";

/** A URL of a function or of one of its aliases. */
export interface FunctionUrl {
  /** First part of the host name on AWS. */
  id: string;
  authType: FunctionUrlAuthType;
  cors?: Cors;
  createdAt: number;
  modifiedAt: number;
}

/** Create-, Update-, Get-, List- and DeleteFunctionUrlConfig; the URLs lead to this sandbox. */
export function addUrlOperations(service: ServiceBuilder, world: World, store: FunctionStore): void {
  const describe = (fn: LambdaFunction, qualifier: string, url: FunctionUrl) => ({
    FunctionUrl: `${world.baseUrl()}${URL_PREFIX}${url.id}/`,
    FunctionArn: qualifier === "" ? fn.arn : `${fn.arn}:${qualifier}`,
    AuthType: url.authType,
    Cors: url.cors,
    CreationTime: stamp(url.createdAt),
    LastModifiedTime: stamp(url.modifiedAt),
    InvokeMode: "BUFFERED" as const,
  });
  /** URLs belong to the function itself or to an alias. */
  const at = (input: { FunctionName?: string; Qualifier?: string }, region: string, refuse = noFunction) => {
    const { fn, qualifier = "", alias } = store.resolve(input.FunctionName, input.Qualifier, region, refuse);
    if (qualifier !== "" && !alias)
      throw badParameter(`A function URL belongs to a function or to an alias; ${qualifier} is neither.`);
    fn.family.urls ??= new Map();
    return { fn, qualifier, urls: fn.family.urls };
  };
  const existing = (input: { FunctionName?: string; Qualifier?: string }, region: string, refuse = noUrl) => {
    const found = at(input, region, refuse);
    const url = found.urls.get(found.qualifier);
    if (!url) throw noUrl();
    return { ...found, url };
  };

  service
    .on(CreateFunctionUrlConfigCommand)((input, ctx) => {
      const { fn, qualifier, urls } = at(input, ctx.region);
      checkMode(input.InvokeMode);
      if (urls.has(qualifier)) {
        const arn = qualifier === "" ? fn.arn : `${fn.arn}:${qualifier}`;
        const message = `Failed to create function url config for [functionArn = ${arn}]. Error message:  FunctionUrlConfig exists for this Lambda function`;
        throw new ResourceConflictException({ message, Type: "User", $metadata: {} });
      }
      const now = world.clock.now();
      const id = randomId(32).toLowerCase();
      const url: FunctionUrl = {
        id,
        authType: input.AuthType!,
        cors: input.Cors && checked(input.Cors),
        createdAt: now,
        modifiedAt: now,
      };
      urls.set(qualifier, url);
      ctx.status = 201;
      const { LastModifiedTime: _, ...made } = describe(fn, qualifier, url);
      return made;
    })
    .on(UpdateFunctionUrlConfigCommand)((input, ctx) => {
      const { fn, qualifier, url } = existing(input, ctx.region, noFunction);
      checkMode(input.InvokeMode);
      url.authType = input.AuthType ?? url.authType;
      url.cors = input.Cors ? checked(input.Cors) : url.cors;
      url.modifiedAt = world.clock.now();
      return describe(fn, qualifier, url);
    })
    .on(GetFunctionUrlConfigCommand)((input, ctx) => {
      const { fn, qualifier, url } = existing(input, ctx.region);
      return describe(fn, qualifier, url);
    })
    .on(ListFunctionUrlConfigsCommand)((input, ctx) => {
      const { fn } = store.resolve(input.FunctionName, undefined, ctx.region, noFunction);
      const all = [...(fn.family.urls ?? [])];
      const page = pageOf(all, input.MaxItems ?? 50, input.Marker, () => badParameter("Invalid marker."));
      return {
        FunctionUrlConfigs: page.items.map(([qualifier, url]) => describe(fn, qualifier, url)),
        NextMarker: page.nextToken,
      };
    })
    .on(DeleteFunctionUrlConfigCommand)((input, ctx) => {
    const { qualifier, urls } = existing(input, ctx.region);
    urls.delete(qualifier);
    ctx.status = 204;
    return {};
  });
}

const noUrl = () => notFound("The resource you requested does not exist.");
const noFunction = () => notFound("Function does not exist");

const stamp = (at: number) => new Date(at).toISOString().replace(/(\.\d{3})Z$/, "$1000Z");

function checkMode(mode: InvokeMode | undefined): void {
  if (mode === "RESPONSE_STREAM")
    throw badParameter(
      "This sandbox answers function URLs with the InvokeMode BUFFERED; it has no RESPONSE_STREAM. Leave InvokeMode out.",
    );
}

/** CORS settings without what is absent; an empty list of origins opens nothing. @throws InvalidParameterValueException */
function checked(cors: Cors): Cors | undefined {
  for (const method of cors.AllowMethods ?? [])
    if (!/^(\*|GET|PUT|HEAD|POST|PATCH|DELETE)$/.test(method))
      throw badParameter(`The CORS method ${method} is not valid; Lambda answers OPTIONS by itself.`);
  if (cors.AllowCredentials && cors.AllowOrigins?.includes("*"))
    throw badParameter("AllowCredentials cannot be true when AllowOrigins contains *.");
  const own = Object.fromEntries(Object.entries(cors).filter(([, value]) => value !== undefined)) as Cors;
  return Object.keys(own).length ? own : undefined;
}
