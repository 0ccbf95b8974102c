import {
  CreateAuthorizerCommand,
  CreateModelCommand,
  CreateRequestValidatorCommand,
  CreateResourceCommand,
  PutGatewayResponseCommand,
  PutIntegrationCommand,
  PutIntegrationResponseCommand,
  PutMethodCommand,
  PutMethodResponseCommand,
} from "@aws-sdk/client-api-gateway";
import { ServiceBuilder, schemaOfCommand } from "../../wire/serviceBuilder.ts";
import { serviceInfo } from "../../wire/serviceInfo.ts";
import type { CallContext, CommandClass, Out } from "../../wire/types.ts";
import { type ApiSnapshot, ApiStore, badRequest, type RestApi, snapshotOf } from "../apiStore.ts";
import { addAuthorizerOperations } from "../authorizers.ts";
import { addGatewayResponseOperations } from "../gatewayResponses.ts";
import { addMethodOperations } from "../methods.ts";
import { addModelOperations, defaultModels } from "../models.ts";
import { addResourceOperations } from "../resources.ts";
import type { ApiPlan, PlannedMethod } from "./apiPlan.ts";

type Call = <I, O>(command: CommandClass<I, O>, input: I) => Promise<Out<O>>;

/**
 * Makes an API what a definition wants, all of it or nothing: a draft goes through the same operations that clients
 * call, so that an import cannot make what they refuse.
 * @param mode `overwrite` forgets what the definition does not name; `merge` keeps it (AWS: PutRestApi)
 * @throws BadRequestException that lists everything that did not fit
 */
export async function applyPlan(
  api: RestApi,
  plan: ApiPlan,
  mode: "merge" | "overwrite",
  ctx: CallContext,
): Promise<void> {
  const draft: RestApi = { ...api, ...snapshotOf(api) };
  if (mode === "overwrite") forget(draft);
  const errors: string[] = [];
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      errors.push(`Unable to ${what}: ${(error as Error).message}`);
      return undefined;
    }
  };
  const call = editorOf(draft, ctx);
  const restApiId = api.id;

  for (const model of plan.models)
    await attempt(`create model for '${model.name}'`, async () => {
      draft.models.delete(model.name!);
      await call(CreateModelCommand, { ...model, restApiId });
    });
  for (const validator of plan.validators) {
    removeNamed(draft.validators, validator.name);
    await attempt(`create request validator '${validator.name}'`, () =>
      call(CreateRequestValidatorCommand, { ...validator, restApiId }),
    );
  }
  for (const authorizer of plan.authorizers) {
    const before = removeNamed(draft.authorizers, authorizer.name);
    const made = await attempt(`create authorizer '${authorizer.name}'`, () =>
      call(CreateAuthorizerCommand, { ...authorizer, restApiId }),
    );
    // Methods that the definition does not name go on using an authorizer that it does.
    if (before && made) rename(draft.authorizers, made.id!, before);
  }
  for (const answer of plan.gatewayResponses)
    await attempt(`put gateway response '${answer.responseType}'`, () =>
      call(PutGatewayResponseCommand, { ...answer, restApiId }),
    );
  for (const path of plan.paths)
    await attempt(`create resource at path '${path}'`, () => resourceIdOf(draft, path, call));
  for (const method of plan.methods) await putMethod(draft, method, call, attempt);

  if (errors.length) {
    const more = plan.warnings.length
      ? `\nAdditionally, these warnings were found:\n\t${plan.warnings.join("\n\t")}`
      : "";
    throw badRequest(`Errors found during import:\n\t${errors.join("\n\t")}${more}`);
  }
  const done: ApiSnapshot = { ...snapshotOf(draft), binaryMediaTypes: draft.binaryMediaTypes };
  Object.assign(api, done, plan.about);
  Object.assign(api.tags, plan.tags);
  if (plan.vpcEndpointIds)
    api.endpointConfiguration = { ...api.endpointConfiguration, vpcEndpointIds: plan.vpcEndpointIds };
}

/** Leaves of an API what an overwritten one keeps: its root, its stages and who it is. */
function forget(draft: RestApi): void {
  const root = draft.resources.get(draft.rootResourceId)!;
  draft.resources = new Map([[root.id, { ...root, methods: new Map() }]]);
  draft.models = defaultModels();
  draft.validators = new Map();
  draft.authorizers = new Map();
  draft.gatewayResponses = new Map();
  draft.binaryMediaTypes = [];
}

/** The operations that edit an API, on this one alone. */
function editorOf(draft: RestApi, ctx: CallContext): Call {
  const store = new ApiStore(ctx.accountId);
  store.apis.set(draft.id, draft);
  const service = new ServiceBuilder(serviceInfo.apigateway);
  addResourceOperations(service, store);
  addMethodOperations(service, store);
  addModelOperations(service, store);
  addGatewayResponseOperations(service, store);
  addAuthorizerOperations(service, store);
  return async <I, O>(command: CommandClass<I, O>, input: I) => {
    const { handler } = service.operations.get(schemaOfCommand(command)[2])!;
    return (await handler(input as never, { ...ctx })) as Out<O>;
  };
}

/** Takes an item away by its name. @returns its id */
function removeNamed(items: Map<string, { id: string; name?: string }>, name: string): string | undefined {
  for (const [id, item] of items)
    if (item.name === name) {
      items.delete(id);
      return id;
    }
  return undefined;
}

function rename<T extends { id: string }>(items: Map<string, T>, from: string, to: string): void {
  const item = items.get(from)!;
  items.delete(from);
  items.set(to, { ...item, id: to });
}

/** The resource of a path, made with those above it where they are missing. */
async function resourceIdOf(draft: RestApi, path: string, call: Call): Promise<string> {
  const known = [...draft.resources.values()].find((resource) => resource.path === path);
  if (known) return known.id;
  const parts = path.split("/");
  const pathPart = parts.pop()!;
  const parentId = await resourceIdOf(draft, parts.join("/") || "/", call);
  const { id } = await call(CreateResourceCommand, { restApiId: draft.id, parentId, pathPart });
  return id!;
}

async function putMethod(
  draft: RestApi,
  planned: PlannedMethod,
  call: Call,
  attempt: <T>(what: string, work: () => Promise<T>) => Promise<T | undefined>,
): Promise<void> {
  const { path, httpMethod } = planned;
  const resource = [...draft.resources.values()].find((item) => item.path === path);
  if (!resource) return; // said already
  const key = { restApiId: draft.id, resourceId: resource.id, httpMethod };
  const where = `on '${httpMethod}' for resource at path '${path}'`;
  resource.methods.delete(httpMethod);
  const made = await attempt(`put method '${httpMethod}' on resource at path '${path}'`, () => {
    const requestValidatorId = planned.validator && idOf(draft.validators, planned.validator);
    if (planned.validator && !requestValidatorId)
      throw badRequest(`Invalid Request Validator identifier specified: ${planned.validator}`);
    const authorizerId = planned.authorizer && idOf(draft.authorizers, planned.authorizer);
    return call(PutMethodCommand, { ...planned.method, ...key, requestValidatorId, authorizerId });
  });
  if (!made) return;
  for (const response of planned.responses)
    await attempt(`put method response ${where}`, () => call(PutMethodResponseCommand, { ...response, ...key }));
  const { integration } = planned;
  if (!integration) return;
  const put = await attempt(`put integration ${where}`, () => call(PutIntegrationCommand, { ...integration, ...key }));
  if (!put) return;
  for (const response of planned.integrationResponses)
    await attempt(`put integration response ${where}`, () =>
      call(PutIntegrationResponseCommand, { ...response, ...key }),
    );
}

function idOf(items: Map<string, { id: string; name?: string }>, name: string): string | undefined {
  return [...items.values()].find((item) => item.name === name)?.id;
}
