const FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:pets";
const URI = `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${FUNCTION}/invocations`;

/** A mock that answers with what its template says. */
export const mock = (body: string, statusCode = "200") => ({
  type: "mock",
  requestTemplates: { "application/json": `{"statusCode": ${statusCode}}` },
  responses: { default: { statusCode, responseTemplates: { "application/json": body } } },
});

/** Swagger 2.0 with everything that API Gateway reads. */
export const PET_STORE = {
  swagger: "2.0",
  info: { title: "PetStore", description: "Pets.", version: "1.0.0" },
  basePath: "/v1/shop",
  schemes: ["https"],
  "x-amazon-apigateway-binary-media-types": ["image/png"],
  "x-amazon-apigateway-request-validators": {
    all: { validateRequestBody: true, validateRequestParameters: true },
    none: { validateRequestBody: false, validateRequestParameters: false },
  },
  "x-amazon-apigateway-request-validator": "all",
  "x-amazon-apigateway-gateway-responses": {
    BAD_REQUEST_BODY: {
      statusCode: 422,
      responseParameters: { "gatewayresponse.header.x-why": "'body'" },
      responseTemplates: { "application/json": '{"why": $context.error.messageString}' },
    },
  },
  securityDefinitions: {
    api_key: { type: "apiKey", name: "x-api-key", in: "header" },
    sigv4: {
      type: "apiKey",
      name: "Authorization",
      in: "header",
      "x-amazon-apigateway-authtype": "awsSigv4",
    },
    tokens: {
      type: "apiKey",
      name: "X-Token",
      in: "header",
      "x-amazon-apigateway-authtype": "oauth2",
      "x-amazon-apigateway-authorizer": {
        type: "token",
        authorizerUri: URI,
        identityValidationExpression: "[a-z]+",
        authorizerResultTtlInSeconds: 60,
      },
    },
  },
  paths: {
    "/pets": {
      get: {
        operationId: "listPets",
        produces: ["application/json"],
        parameters: [{ name: "limit", in: "query", required: true, type: "string" }, { $ref: "#/parameters/Trace" }],
        responses: {
          200: {
            description: "pets",
            schema: { type: "array", items: { $ref: "#/definitions/Pet" } },
            headers: { "Access-Control-Allow-Origin": { type: "string" } },
          },
          default: { description: "anything" },
        },
        "x-amazon-apigateway-integration": {
          ...mock('[{"name": "Rex"}]'),
          responses: {
            default: {
              statusCode: "200",
              responseParameters: { "method.response.header.Access-Control-Allow-Origin": "'*'" },
              responseTemplates: { "application/json": '[{"name": "Rex"}]' },
            },
          },
        },
      },
      post: {
        parameters: [{ name: "Pet", in: "body", required: true, schema: { $ref: "#/definitions/Pet" } }],
        responses: { 201: { description: "made" } },
        "x-amazon-apigateway-integration": mock('{"made": true}', "201"),
      },
    },
    "/pets/{petId}": {
      parameters: [{ name: "petId", in: "path", required: true, type: "string" }],
      delete: {
        security: [{ api_key: [] }, { sigv4: [] }],
        responses: { 204: { description: "gone" } },
        "x-amazon-apigateway-integration": mock("", "204"),
      },
      put: {
        security: [{ tokens: [] }],
        responses: {},
        "x-amazon-apigateway-integration": { type: "aws_proxy", httpMethod: "POST", uri: URI, timeoutInMillis: "5000" },
      },
    },
    "/{proxy+}": {
      "x-amazon-apigateway-any-method": {
        "x-amazon-apigateway-integration": {
          type: "http_proxy",
          httpMethod: "ANY",
          uri: "http://example.com/{proxy}",
          requestParameters: { "integration.request.path.proxy": "method.request.path.proxy" },
        },
        parameters: [{ name: "proxy", in: "path", required: true, type: "string" }],
      },
    },
  },
  parameters: { Trace: { name: "X-Trace", in: "header", type: "string" } },
  definitions: {
    Pet: {
      type: "object",
      required: ["name"],
      properties: { name: { type: "string" }, owner: { $ref: "#/definitions/Owner" } },
    },
    Owner: { type: "object", required: ["id"], properties: { id: { type: "integer" } } },
  },
};

/** The same API in YAML, as AWS's samples write it. */
export const HELLO_3 = `openapi: 3.0.1
info: {title: Hello, version: 2024-01-01}
servers:
  - url: https://x.execute-api.us-east-1.amazonaws.com/{basePath}
    variables: {basePath: {default: /prod/api}}
    x-amazon-apigateway-endpoint-configuration: {disableExecuteApiEndpoint: false}
tags:
  - {name: team, x-amazon-apigateway-tag-value: ml}
paths:
  /hello:
    get:
      parameters: [{name: name, in: query, schema: {type: string}}]
      responses:
        '200':
          description: ok
          content: {application/json: {schema: {$ref: '#/components/schemas/Greeting'}}}
      x-amazon-apigateway-integration:
        $ref: '#/components/x-amazon-apigateway-integrations/greet'
    post:
      requestBody:
        content: {application/json: {schema: {type: object, required: [name], properties: {name: {type: string}}}}}
      responses: {'200': {description: ok}}
      x-amazon-apigateway-request-validator: body
      x-amazon-apigateway-integration:
        $ref: '#/components/x-amazon-apigateway-integrations/greet'
x-amazon-apigateway-request-validators:
  body: {validateRequestBody: true, validateRequestParameters: false}
components:
  schemas:
    Greeting: {type: object, properties: {hello: {type: string}}}
  x-amazon-apigateway-integrations:
    greet:
      type: MOCK
      requestTemplates: {application/json: '{"statusCode": 200}'}
      responses:
        default: {statusCode: 200, responseTemplates: {application/json: '{"hello": "$input.params(''name'')"}'}}
`;

/** A definition as it is sent. */
export const bytes = (definition: object | string) =>
  Buffer.from(typeof definition === "string" ? definition : JSON.stringify(definition));
