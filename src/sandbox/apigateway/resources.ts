import {
  CreateResourceCommand,
  DeleteResourceCommand,
  GetResourceCommand,
  GetResourcesCommand,
  UpdateResourceCommand,
} from "@aws-sdk/client-api-gateway";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { type ApiResource, type ApiStore, apiId, badRequest, conflict, pageOf, type RestApi } from "./apiStore.ts";
import { applyPatches } from "./patch.ts";

/** The tree of paths: CreateResource, GetResource(s), DeleteResource. */
export function addResourceOperations(service: ServiceBuilder, store: ApiStore): void {
  service
    .on(CreateResourceCommand)((input, ctx) => {
      const api = store.api(input.restApiId, ctx.region);
      const parent = store.resource(api, input.parentId);
      const pathPart = input.pathPart ?? "";
      checkPathPart(pathPart);
      const siblings = [...api.resources.values()].filter((resource) => resource.parentId === parent.id);
      if (siblings.some((resource) => resource.pathPart === pathPart))
        throw conflict(`Another resource with the same parent already has this name: ${pathPart}`);
      const variable = siblings.find((resource) => resource.pathPart?.startsWith("{"));
      if (variable && pathPart.startsWith("{"))
        throw badRequest(
          `A sibling (${variable.pathPart}) of this resource already has a variable path part -- only one unique variable path part is allowed per resource.`,
        );
      if (parent.pathPart?.endsWith("+}"))
        throw badRequest("Resources cannot be created under a greedy path variable.");
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
        "/pathPart": ({ value }) => {
          checkPathPart(value);
          resource.pathPart = value;
        },
        "/parentId": ({ value }) => {
          const parent = store.resource(api, value);
          if (`${parent.path}/`.startsWith(`${resource.path}/`))
            throw badRequest("A resource cannot be moved below itself.");
          resource.parentId = parent.id;
        },
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
