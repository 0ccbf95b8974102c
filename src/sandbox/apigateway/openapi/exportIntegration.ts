import type { Method } from "@aws-sdk/client-api-gateway";
import type { Json } from "./definitionText.ts";

/** A method's integration in the form of x-amazon-apigateway-integration. */
export function exportIntegration({ methodIntegration: own }: Method): Json {
  if (!own) return {};
  const responses = Object.values(own.integrationResponses ?? {}).map((response) => [
    response.selectionPattern || "default",
    present({
      statusCode: response.statusCode,
      responseParameters: response.responseParameters,
      responseTemplates: response.responseTemplates,
      contentHandling: response.contentHandling,
    }),
  ]);
  return present({
    type: own.type?.toLowerCase(),
    httpMethod: own.httpMethod,
    uri: own.uri,
    credentials: own.credentials,
    responses: responses.length ? Object.fromEntries(responses) : undefined,
    requestParameters: own.requestParameters,
    requestTemplates: own.requestTemplates,
    passthroughBehavior: own.passthroughBehavior?.toLowerCase(),
    contentHandling: own.contentHandling,
    timeoutInMillis: own.timeoutInMillis,
    cacheKeyParameters: own.cacheKeyParameters?.length ? own.cacheKeyParameters : undefined,
  });
}

/** Without what is absent. */
function present(value: Json): Json {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));
}
