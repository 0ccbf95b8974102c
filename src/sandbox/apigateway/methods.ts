import {
  DeleteIntegrationCommand,
  DeleteMethodCommand,
  GetIntegrationCommand,
  GetIntegrationResponseCommand,
  GetMethodCommand,
  GetMethodResponseCommand,
  type Integration,
  type Method,
  PutIntegrationCommand,
  PutIntegrationResponseCommand,
  PutMethodCommand,
  PutMethodResponseCommand,
} from "@aws-sdk/client-api-gateway";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { type ApiStore, badRequest, conflict, notFound, type RestApi } from "./apiStore.ts";
import { checkVelocity } from "./velocity.ts";

const VERBS = new Set(["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY"]);
const MAX_TIMEOUT_MS = 29_000;
const AWS_URI = /^arn:aws[\w-]*:apigateway:[\w-]+:[\w.-]+:(path|action)\/.+$/;
const LAMBDA_URI =
  /^arn:aws[\w-]*:apigateway:[\w-]+:lambda:path\/2015-03-31\/functions\/arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w:$.{}-]+\/invocations$/;

/** Methods with their integrations and responses. */
export function addMethodOperations(service: ServiceBuilder, store: ApiStore): void {
  const methodOf = (input: { restApiId?: string; resourceId?: string; httpMethod?: string }, region: string): Method =>
    store.method(store.api(input.restApiId, region), input.resourceId, input.httpMethod);
  const integrationOf = (method: Method): Integration => {
    if (!method.methodIntegration) throw notFound("Invalid Integration identifier specified");
    return method.methodIntegration;
  };

  service
    .on(PutMethodCommand)((input, ctx) => {
      const api = store.api(input.restApiId, ctx.region);
      const resource = store.resource(api, input.resourceId);
      const verb = input.httpMethod!;
      if (!VERBS.has(verb)) throw badRequest(`Invalid HttpMethod specified. Valid options are ${[...VERBS].join(",")}`);
      if (resource.methods.has(verb)) throw conflict("Method already exists for this resource");
      const authorizationType = readAuthorization(input.authorizationType);
      checkAuthorizer(api, authorizationType, input.authorizerId);
      checkModels(api, input.requestModels);
      if (input.requestValidatorId && !api.validators.has(input.requestValidatorId))
        throw badRequest("Invalid Request Validator identifier specified");
      const method: Method = {
        httpMethod: verb,
        authorizationType,
        authorizerId: input.authorizerId,
        authorizationScopes: input.authorizationScopes?.length ? input.authorizationScopes : undefined,
        apiKeyRequired: input.apiKeyRequired ?? false,
        operationName: input.operationName,
        requestParameters: nonEmpty(input.requestParameters),
        requestModels: nonEmpty(input.requestModels),
        requestValidatorId: input.requestValidatorId,
      };
      resource.methods.set(verb, method);
      ctx.status = 201;
      return method;
    })
    .on(GetMethodCommand)((input, ctx) => methodOf(input, ctx.region))
    .on(DeleteMethodCommand)((input, ctx) => {
      const api = store.api(input.restApiId, ctx.region);
      store.method(api, input.resourceId, input.httpMethod);
      store.resource(api, input.resourceId).methods.delete(input.httpMethod!);
      ctx.status = 204;
      return {};
    })
    .on(PutMethodResponseCommand)((input, ctx) => {
      const method = methodOf(input, ctx.region);
      checkStatus(input.statusCode!);
      checkModels(store.api(input.restApiId, ctx.region), input.responseModels);
      method.methodResponses ??= {};
      if (method.methodResponses[input.statusCode!]) throw conflict("Response already exists for this resource");
      const response = {
        statusCode: input.statusCode,
        responseParameters: nonEmpty(input.responseParameters),
        responseModels: nonEmpty(input.responseModels),
      };
      method.methodResponses[input.statusCode!] = response;
      ctx.status = 201;
      return response;
    })
    .on(GetMethodResponseCommand)((input, ctx) => {
      const response = methodOf(input, ctx.region).methodResponses?.[input.statusCode!];
      if (!response) throw notFound("Invalid Response status code specified");
      return response;
    })
    .on(PutIntegrationCommand)((input, ctx) => {
      const method = methodOf(input, ctx.region);
      checkIntegration(input);
      const requestTemplates = readTemplates(input.requestTemplates);
      const timeout = checkTimeout(input.timeoutInMillis ?? MAX_TIMEOUT_MS);
      const isHttp = input.type === "HTTP" || input.type === "HTTP_PROXY";
      method.methodIntegration = {
        type: input.type,
        httpMethod: input.integrationHttpMethod,
        uri: input.type === "MOCK" ? undefined : input.uri,
        connectionType: isHttp ? "INTERNET" : undefined,
        credentials: input.credentials,
        requestParameters: nonEmpty(input.requestParameters),
        requestTemplates: nonEmpty(requestTemplates),
        passthroughBehavior: input.passthroughBehavior ?? "WHEN_NO_MATCH",
        contentHandling: input.contentHandling,
        timeoutInMillis: timeout,
        cacheNamespace: input.cacheNamespace ?? input.resourceId,
        cacheKeyParameters: input.cacheKeyParameters ?? [],
      };
      ctx.status = 201;
      return method.methodIntegration;
    })
    .on(GetIntegrationCommand)((input, ctx) => integrationOf(methodOf(input, ctx.region)))
    .on(DeleteIntegrationCommand)((input, ctx) => {
      const method = methodOf(input, ctx.region);
      integrationOf(method);
      method.methodIntegration = undefined;
      ctx.status = 204;
      return {};
    })
    .on(PutIntegrationResponseCommand)((input, ctx) => {
      const method = methodOf(input, ctx.region);
      const integration = integrationOf(method);
      checkStatus(input.statusCode!);
      // The method's response may come later, as clients that create in parallel have it (Terraform).
      const declared = method.methodResponses?.[input.statusCode!];
      for (const name of Object.keys(input.responseParameters ?? {}))
        if (name.startsWith("method.response.") && declared?.responseParameters?.[name] === undefined)
          throw badRequest(
            `Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: ${name}]`,
          );
      const responseTemplates = readTemplates(input.responseTemplates);
      const response = {
        statusCode: input.statusCode,
        selectionPattern: input.selectionPattern,
        responseParameters: nonEmpty(input.responseParameters),
        responseTemplates: nonEmpty(responseTemplates),
        contentHandling: input.contentHandling,
      };
      integration.integrationResponses = { ...integration.integrationResponses, [input.statusCode!]: response };
      ctx.status = 201;
      return response;
    })
    .on(GetIntegrationResponseCommand)((input, ctx) => {
    const response = integrationOf(methodOf(input, ctx.region)).integrationResponses?.[input.statusCode!];
    if (!response) throw notFound("Invalid Response status code specified");
    return response;
  });
}

const AUTHORIZATION_TYPES = ["NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS"];

/** A type in its own letters: API Gateway takes it in any. @throws BadRequestException for one that it does not have */
export function readAuthorization(type: string | undefined): string {
  const known = AUTHORIZATION_TYPES.find((one) => one === type?.toUpperCase());
  if (!known)
    throw badRequest(
      `Invalid authorization type specified. Must be one of: [${AUTHORIZATION_TYPES.join(", ")}], not '${type}'.`,
    );
  return known;
}

/** @throws BadRequestException for an authorization by an authorizer that the API does not have, or of another kind */
export function checkAuthorizer(api: RestApi, type: string | undefined, authorizerId: string | undefined): void {
  if (type !== "CUSTOM" && type !== "COGNITO_USER_POOLS") return;
  const authorizer = api.authorizers.get(authorizerId ?? "");
  if (!authorizer || (authorizer.type === "COGNITO_USER_POOLS") !== (type === "COGNITO_USER_POOLS"))
    throw badRequest(
      "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.",
    );
}

/** A timeout in ms. @throws BadRequestException */
export function checkTimeout(timeout: number): number {
  if (timeout < 50 || timeout > MAX_TIMEOUT_MS)
    throw badRequest(`Timeout should be between 50 ms and ${MAX_TIMEOUT_MS} ms`);
  return timeout;
}

function checkModels(api: RestApi, models: Record<string, string> | undefined): void {
  for (const name of Object.values(models ?? {}))
    if (!api.models.has(name)) throw badRequest(`Invalid model identifier specified: ${name}`);
}

/** Absent optional maps are absent, never empty. */
export function nonEmpty<T>(map: Record<string, T> | undefined): Record<string, T> | undefined {
  return map && Object.keys(map).length ? map : undefined;
}

function checkStatus(statusCode: string): void {
  if (!/^[1-5]\d\d$/.test(statusCode)) throw badRequest("Invalid status code specified");
}

/** @throws BadRequestException for an integration that cannot be served */
function checkIntegration(input: {
  type?: string;
  integrationHttpMethod?: string;
  uri?: string;
  connectionType?: string;
  credentials?: string;
}): void {
  if (input.connectionType === "VPC_LINK")
    throw badRequest("This sandbox has no VPC links; use an integration with connectionType INTERNET.");
  if (input.type === "MOCK") return;
  if (!input.integrationHttpMethod) throw badRequest("Enumeration value for HttpMethod must be non-empty");
  if (input.type === "AWS" || input.type === "AWS_PROXY") {
    if (!/^arn:aws[\w-]*:/.test(input.uri ?? "")) throw badRequest("Invalid ARN specified in the request");
    if (!AWS_URI.test(input.uri ?? "")) throw badRequest("AWS ARN for integration must contain path or action");
  }
  if (input.type === "AWS_PROXY" && !LAMBDA_URI.test(input.uri ?? ""))
    throw badRequest(
      "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.",
    );
  if (input.type === "AWS") {
    if (!LAMBDA_URI.test(input.uri ?? "") && !input.credentials)
      throw badRequest("Role ARN must be specified for AWS integrations");
  }
  if (
    (input.type === "HTTP" || input.type === "HTTP_PROXY") &&
    !/^(https?:\/\/|\$\{stageVariables\.)/.test(input.uri ?? "")
  )
    throw badRequest("Invalid HTTP endpoint specified for URI");
}

/** Templates by media type; a null is an empty one, which clients send for an answer without a body. @throws BadRequestException */
function readTemplates(sent: Record<string, string | null> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(sent ?? {}).map(([type, text]) => [type, checkTemplate(text ?? "")]));
}

/** @throws BadRequestException for a template that Velocity does not understand */
export function checkTemplate(template: string): string {
  try {
    checkVelocity(template);
  } catch (error) {
    throw badRequest(`Invalid mapping template specified: ${(error as Error).message}`);
  }
  return template;
}
