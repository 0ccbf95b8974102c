import {
  CreateResourceCommand,
  DeleteResourceCommand,
  GetResourceCommand,
  GetResourcesCommand,
  UpdateResourceCommand,
} from "@aws-sdk/client-api-gateway";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { type ApiResource, type ApiStore, apiId, badRequest, conflict, pageOf, type RestApi } from "./apiStore.ts";
import { applyPatches, replaceOnly } from "./patch.ts";

/** The tree of paths: CreateResource, GetResource(s), DeleteResource. */
export function addResourceOperations(service: ServiceBuilder, store: ApiStore): void {
  service
    .on(CreateResourceCommand)((input, ctx) => {
      const api = store.api(input.restApiId, ctx.region);
      const parent = store.resource(api, input.parentId);
      const pathPart = input.pathPart ?? "";
      checkPathPart(pathPart);
      checkPlace(api, parent, pathPart);
      const resource: ApiResource = {
        id: apiId(6),
        parentId: parent.id,
        pathPart,
        path: parent.path === "/" ? `/${pathPart}` : `${parent.path}/${pathPart}`,
        methods: new Map(),
      };
      api.resources.set(resource.id, resource);
      ctx.status = 201;
      return describe(resource, false);
    })
    .on(GetResourceCommand)((input, ctx) => {
      const api = store.api(input.restApiId, ctx.region);
      return describe(store.resource(api, input.resourceId), input.embed?.includes("methods") ?? false);
    })
    .on(GetResourcesCommand)((input, ctx) => {
      const all = [...store.api(input.restApiId, ctx.region).resources.values()];
      const page = pageOf(all, input.limit, input.position);
      const embed = input.embed?.includes("methods") ?? false;
      return { items: page.items.map((resource) => describe(resource, embed)), position: page.position };
    })
    .on(UpdateResourceCommand)((input, ctx) => {
      const api = store.api(input.restApiId, ctx.region);
      const resource = store.resource(api, input.resourceId);
      applyPatches(input.patchOperations, {
        "/parentId": replaceOnly(({ value }) => {
          if (!resource.parentId) throw badRequest("Root resource cannot update its parentId.");
          const parent = store.resource(api, value);
          if (`${parent.path}/`.startsWith(`${resource.path}/`)) throw badRequest("Resources cannot be cyclical.");
          checkPlace(api, parent, resource.pathPart ?? "", resource);
          resource.parentId = parent.id;
        }),
        "/pathPart": replaceOnly(({ value }) => {
          if (!resource.parentId) throw badRequest("Root resource cannot update its pathPart.");
          checkPathPart(value);
          checkPlace(api, store.resource(api, resource.parentId), value, resource);
          resource.pathPart = value;
        }),
      });
      renamePaths(api, resource);
      return describe(resource, false);
    })
    .on(DeleteResourceCommand)((input, ctx) => {
    const api = store.api(input.restApiId, ctx.region);
    const resource = store.resource(api, input.resourceId);
    if (!resource.parentId) throw badRequest("The root resource cannot be deleted");
    const doomed = [resource.id];
    for (const id of doomed) {
      for (const child of api.resources.values()) if (child.parentId === id) doomed.push(child.id);
      api.resources.delete(id);
    }
    ctx.status = 202;
    return {};
  });
}

function checkPathPart(pathPart: string): void {
  if (!/^([a-zA-Z0-9._~:*$-]+|\{[a-zA-Z0-9._$-]+\+?\})$/.test(pathPart))
    throw badRequest(
      "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.",
    );
}

/** @throws BadRequestException, ConflictException when no resource of that name (but `moved`) may stand below `parent` */
function checkPlace(api: RestApi, parent: ApiResource, pathPart: string, moved?: ApiResource): void {
  const siblings = [...api.resources.values()].filter((one) => one.parentId === parent.id && one !== moved);
  if (siblings.some((one) => one.pathPart === pathPart))
    throw conflict(`Another resource with the same parent already has this name: ${pathPart}`);
  const variable = siblings.find((one) => one.pathPart?.startsWith("{"));
  if (variable && pathPart.startsWith("{"))
    throw badRequest(
      `A sibling (${variable.pathPart}) of this resource already has a variable path part -- only one is allowed`,
    );
  if (parent.pathPart?.endsWith("+}"))
    throw badRequest(`Cannot create a child of a resource with a greedy path variable: ${parent.pathPart}`);
}

/** Paths of a resource and of all below it, after one of them has moved. */
function renamePaths(api: RestApi, resource: ApiResource): void {
  const parent = api.resources.get(resource.parentId ?? "");
  if (parent) resource.path = parent.path === "/" ? `/${resource.pathPart}` : `${parent.path}/${resource.pathPart}`;
  for (const child of api.resources.values()) if (child.parentId === resource.id) renamePaths(api, child);
}

function describe(resource: ApiResource, embed: boolean) {
  const methods = [...resource.methods];
  return {
    id: resource.id,
    parentId: resource.parentId,
    pathPart: resource.pathPart,
    path: resource.path,
    resourceMethods: methods.length
      ? Object.fromEntries(methods.map(([verb, method]) => [verb, embed ? method : {}]))
      : undefined,
  };
}
