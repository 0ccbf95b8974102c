import {
  type ContentHandlingStrategy,
  DeleteIntegrationResponseCommand,
  DeleteMethodResponseCommand,
  UpdateGatewayResponseCommand,
  UpdateIntegrationCommand,
  UpdateIntegrationResponseCommand,
  UpdateMethodCommand,
  UpdateMethodResponseCommand,
} from "@aws-sdk/client-api-gateway";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { type ApiStore, badRequest, notFound } from "./apiStore.ts";
import { changeGatewayResponse } from "./gatewayResponses.ts";
import { checkAuthorizer, checkTemplate, checkTimeout, nonEmpty, readAuthorization } from "./methods.ts";
import { applyPatches, mapRule, numberOf, plainPath } from "./patch.ts";

/** Changes of methods, integrations and their responses by patch operations, and removal of responses. */
export function addMethodUpdates(service: ServiceBuilder, store: ApiStore): void {
  const methodOf = (input: { restApiId?: string; resourceId?: string; httpMethod?: string }, region: string) =>
    store.method(store.api(input.restApiId, region), input.resourceId, input.httpMethod);
  const integrationOf = (input: Parameters<typeof methodOf>[0], region: string) => {
    const integration = methodOf(input, region).methodIntegration;
    if (!integration) throw notFound("Invalid Integration identifier specified");
    return integration;
  };
  const noResponse = () => notFound("Invalid Response status code specified");

  service
    .on(UpdateMethodCommand)((input, ctx) => {
      const method = methodOf(input, ctx.region);
      const before = { ...method };
      const parameters = { ...method.requestParameters };
      const models = { ...method.requestModels };
      applyPatches(
        input.patchOperations,
        {
          "/authorizationType": ({ value }) => {
            method.authorizationType = readAuthorization(value);
          },
          "/authorizerId": ({ op, value }) => {
            method.authorizerId = op === "remove" || value === "" ? undefined : value;
          },
          "/authorizationScopes": ({ op, value }) => {
            const rest = (method.authorizationScopes ?? []).filter((scope) => scope !== value);
            if (op !== "remove") rest.push(value);
            method.authorizationScopes = rest.length ? rest : undefined;
          },
          "/apiKeyRequired": ({ value }) => {
            method.apiKeyRequired = value === "true";
          },
          "/operationName": ({ value }) => {
            method.operationName = value;
          },
          "/requestValidatorId": ({ op, value }) => {
            method.requestValidatorId = op === "remove" || value === "" ? undefined : value;
          },
          "/requestParameters/{name}": mapRule(parameters, (value) => value === "true"),
          "/requestModels/{contentType}": mapRule(models, (value) => value),
        },
        plainPath,
      );
      method.requestParameters = nonEmpty(parameters);
      method.requestModels = nonEmpty(models);
      try {
        checkAuthorizer(store.api(input.restApiId, ctx.region), method.authorizationType, method.authorizerId);
      } catch (error) {
        Object.assign(method, before); // all of a patch or nothing
        throw error;
      }
      return method;
    })
    .on(UpdateMethodResponseCommand)((input, ctx) => {
      const response = methodOf(input, ctx.region).methodResponses?.[input.statusCode!];
      if (!response) throw noResponse();
      const parameters = { ...response.responseParameters };
      const models = { ...response.responseModels };
      applyPatches(
        input.patchOperations,
        {
          "/responseParameters/{name}": mapRule(parameters, (value) => value === "true"),
          "/responseModels/{contentType}": mapRule(models, (value) => value),
        },
        plainPath,
      );
      response.responseParameters = nonEmpty(parameters);
      response.responseModels = nonEmpty(models);
      return response;
    })
    .on(DeleteMethodResponseCommand)((input, ctx) => {
      const method = methodOf(input, ctx.region);
      const { [input.statusCode!]: response, ...rest } = method.methodResponses ?? {};
      if (!response) throw noResponse();
      method.methodResponses = nonEmpty(rest);
      ctx.status = 204;
      return {};
    })
    .on(UpdateIntegrationCommand)((input, ctx) => {
      const integration = integrationOf(input, ctx.region);
      const templates = { ...integration.requestTemplates };
      const parameters = { ...integration.requestParameters };
      applyPatches(input.patchOperations, {
        "/uri": ({ value }) => {
          integration.uri = value;
        },
        "/httpMethod": ({ value }) => {
          integration.httpMethod = value;
        },
        "/credentials": ({ op, value }) => {
          integration.credentials = op === "remove" ? undefined : value;
        },
        "/passthroughBehavior": ({ value }) => {
          integration.passthroughBehavior = value;
        },
        "/contentHandling": ({ op, value }) => {
          integration.contentHandling = op === "remove" ? undefined : (value as ContentHandlingStrategy);
        },
        "/timeoutInMillis": ({ value }) => {
          integration.timeoutInMillis = checkTimeout(numberOf(value));
        },
        "/cacheNamespace": ({ value }) => {
          integration.cacheNamespace = value;
        },
        "/requestTemplates/{contentType}": mapRule(templates, checkTemplate),
        "/requestParameters/{name}": mapRule(parameters, (value) => value),
      });
      integration.requestTemplates = nonEmpty(templates);
      integration.requestParameters = nonEmpty(parameters);
      return integration;
    })
    .on(UpdateIntegrationResponseCommand)((input, ctx) => {
      const response = integrationOf(input, ctx.region).integrationResponses?.[input.statusCode!];
      if (!response) throw noResponse();
      const templates = { ...response.responseTemplates };
      const parameters = { ...response.responseParameters };
      applyPatches(input.patchOperations, {
        "/selectionPattern": ({ op, value }) => {
          response.selectionPattern = op === "remove" ? undefined : value;
        },
        "/responseTemplates/{contentType}": mapRule(templates, checkTemplate),
        "/responseParameters/{name}": mapRule(parameters, (value) => value),
      });
      response.responseTemplates = nonEmpty(templates);
      response.responseParameters = nonEmpty(parameters);
      return response;
    })
    .on(DeleteIntegrationResponseCommand)((input, ctx) => {
      const integration = integrationOf(input, ctx.region);
      const { [input.statusCode!]: response, ...rest } = integration.integrationResponses ?? {};
      if (!response) throw noResponse();
      integration.integrationResponses = nonEmpty(rest);
      ctx.status = 204;
      return {};
    })
    .on(UpdateGatewayResponseCommand)((input, ctx) => {
    if (!input.patchOperations?.length) throw badRequest("At least one patch operation is needed.");
    return changeGatewayResponse(store.api(input.restApiId, ctx.region), input.responseType, input.patchOperations);
  });
}
