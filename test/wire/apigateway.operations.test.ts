import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  APIGatewayClient,
  CreateApiKeyCommand,
  CreateAuthorizerCommand,
  CreateDeploymentCommand,
  CreateModelCommand,
  CreateRequestValidatorCommand,
  CreateResourceCommand,
  CreateRestApiCommand,
  CreateUsagePlanCommand,
  CreateUsagePlanKeyCommand,
  DeleteAuthorizerCommand,
  DeleteGatewayResponseCommand,
  DeleteIntegrationCommand,
  DeleteIntegrationResponseCommand,
  DeleteMethodCommand,
  DeleteMethodResponseCommand,
  DeleteModelCommand,
  DeleteRequestValidatorCommand,
  DeleteResourceCommand,
  DeleteStageCommand,
  DeleteUsagePlanKeyCommand,
  GetAuthorizerCommand,
  GetBasePathMappingsCommand,
  GetClientCertificatesCommand,
  GetDeploymentCommand,
  GetDeploymentsCommand,
  GetDocumentationPartsCommand,
  GetDocumentationVersionsCommand,
  GetDomainNamesCommand,
  GetGatewayResponseCommand,
  GetIntegrationCommand,
  GetIntegrationResponseCommand,
  GetMethodCommand,
  GetMethodResponseCommand,
  GetModelCommand,
  GetRequestValidatorCommand,
  GetResourceCommand,
  GetRestApiCommand,
  GetStageCommand,
  GetStagesCommand,
  GetTagsCommand,
  GetUsagePlanKeyCommand,
  GetUsagePlanKeysCommand,
  GetUsagePlansCommand,
  PutGatewayResponseCommand,
  PutIntegrationCommand,
  PutIntegrationResponseCommand,
  PutMethodCommand,
  PutMethodResponseCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateApiKeyCommand,
  UpdateDeploymentCommand,
  UpdateGatewayResponseCommand,
  UpdateIntegrationResponseCommand,
  UpdateMethodResponseCommand,
  UpdateModelCommand,
  UpdateRequestValidatorCommand,
  UpdateRestApiCommand,
} from "@aws-sdk/client-api-gateway";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

let sandbox: TestSandbox;
let api: APIGatewayClient;
let restApiId: string;
let root: string;
before(async () => {
  sandbox = await startTestSandbox();
  api = new APIGatewayClient(sandbox.clientConfig());
  const made = await api.send(new CreateRestApiCommand({ name: "ops" }));
  restApiId = made.id!;
  root = made.rootResourceId!;
});
after(async () => {
  api.destroy();
  await sandbox.close();
});

const replace = (path: string, value: string) => [{ op: "replace" as const, path, value }];
const gone = (message: string) => ({ name: "NotFoundException", message });

/** A resource with a GET that a mock answers. */
async function mocked(pathPart: string): Promise<{ restApiId: string; resourceId: string; httpMethod: string }> {
  const { id } = await api.send(new CreateResourceCommand({ restApiId, parentId: root, pathPart }));
  const method = { restApiId, resourceId: id!, httpMethod: "GET" };
  await api.send(new PutMethodCommand({ ...method, authorizationType: "NONE" }));
  const headers = { "method.response.header.X-A": false };
  await api.send(new PutMethodResponseCommand({ ...method, statusCode: "200", responseParameters: headers }));
  const requestTemplates = { "application/json": '{"statusCode": 200}' };
  await api.send(new PutIntegrationCommand({ ...method, type: "MOCK", requestTemplates }));
  const response = { ...method, statusCode: "200", responseTemplates: { "application/json": '"one"' } };
  await api.send(new PutIntegrationResponseCommand(response));
  return method;
}

describe("API Gateway's operations, each for what it does", () => {
  it("resources are read and removed with everything below", async () => {
    const { id: parentId } = await api.send(new CreateResourceCommand({ restApiId, parentId: root, pathPart: "tree" }));
    const { id } = await api.send(new CreateResourceCommand({ restApiId, parentId, pathPart: "{leaf}" }));
    const read = await api.send(new GetResourceCommand({ restApiId, resourceId: id }));
    assert.deepEqual([read.path, read.pathPart, read.parentId], ["/tree/{leaf}", "{leaf}", parentId]);
    const removed = await api.send(new DeleteResourceCommand({ restApiId, resourceId: parentId }));
    assert.equal(removed.$metadata.httpStatusCode, 202);
    await assert.rejects(
      api.send(new GetResourceCommand({ restApiId, resourceId: id })),
      gone("Invalid Resource identifier specified"),
    );
    await assert.rejects(api.send(new DeleteResourceCommand({ restApiId, resourceId: root })), {
      name: "BadRequestException",
    });
  });

  it("responses of a method and of its integration are read, changed and removed", async () => {
    const method = await mocked("responses");
    const response = { ...method, statusCode: "200" };
    await api.send(
      new UpdateMethodResponseCommand({
        ...response,
        patchOperations: [
          { op: "add", path: "/responseParameters/method.response.header.X-B", value: "true" },
          { op: "add", path: "/responseModels/application~1json", value: "Empty" },
        ],
      }),
    );
    const { $metadata: _, ...declared } = await api.send(new GetMethodResponseCommand(response));
    assert.deepEqual(declared, {
      statusCode: "200",
      responseParameters: { "method.response.header.X-A": false, "method.response.header.X-B": true },
      responseModels: { "application/json": "Empty" },
    });
    await api.send(
      new UpdateIntegrationResponseCommand({
        ...response,
        patchOperations: [
          { op: "add", path: "/responseParameters/method.response.header.X-B", value: "'b'" },
          ...replace("/responseTemplates/application~1json", '"two"'),
        ],
      }),
    );
    const mapped = await api.send(new GetIntegrationResponseCommand(response));
    assert.deepEqual(mapped.responseTemplates, { "application/json": '"two"' });
    assert.deepEqual(mapped.responseParameters, { "method.response.header.X-B": "'b'" });
    await api.send(new DeleteIntegrationResponseCommand(response));
    await assert.rejects(
      api.send(new GetIntegrationResponseCommand(response)),
      gone("Invalid Response status code specified"),
    );
    await api.send(new DeleteMethodResponseCommand(response));
    await assert.rejects(
      api.send(new GetMethodResponseCommand(response)),
      gone("Invalid Response status code specified"),
    );
    await api.send(new DeleteIntegrationCommand(method));
    await assert.rejects(api.send(new GetIntegrationCommand(method)), gone("Invalid Integration identifier specified"));
    await api.send(new DeleteMethodCommand(method));
    await assert.rejects(api.send(new GetMethodCommand(method)), gone("Invalid Method identifier specified"));
  });

  it("deployments are listed and described, stages too, and stages go before their deployment", async () => {
    await mocked("deployed");
    const { id: deploymentId } = await api.send(
      new CreateDeploymentCommand({ restApiId, stageName: "a", description: "first" }),
    );
    await api.send(new CreateDeploymentCommand({ restApiId, stageName: "b" }));
    await api.send(
      new UpdateDeploymentCommand({ restApiId, deploymentId, patchOperations: replace("/description", "the first") }),
    );
    assert.equal((await api.send(new GetDeploymentCommand({ restApiId, deploymentId }))).description, "the first");
    assert.equal((await api.send(new GetDeploymentsCommand({ restApiId }))).items!.length, 2);
    const stages = async (of?: string) =>
      (await api.send(new GetStagesCommand({ restApiId, deploymentId: of }))).item!.map((one) => one.stageName);
    assert.deepEqual(await stages(), ["a", "b"]);
    assert.deepEqual(await stages(deploymentId), ["a"]);
    await api.send(new DeleteStageCommand({ restApiId, stageName: "a" }));
    await assert.rejects(
      api.send(new GetStageCommand({ restApiId, stageName: "a" })),
      gone("Invalid stage identifier specified"),
    );
  });

  it("an API's settings change by patches, and an unknown path is named", async () => {
    const update = (path: string, value: string) =>
      api.send(new UpdateRestApiCommand({ restApiId, patchOperations: replace(path, value) }));
    await update("/name", "renamed");
    await update("/description", "what it is");
    await update("/minimumCompressionSize", "100");
    await api.send(
      new UpdateRestApiCommand({
        restApiId,
        patchOperations: [{ op: "add", path: "/binaryMediaTypes/image~1png" }],
      }),
    );
    await update("/endpointConfiguration/types/EDGE", "REGIONAL");
    const read = await api.send(new GetRestApiCommand({ restApiId }));
    assert.deepEqual(
      [read.name, read.description, read.minimumCompressionSize, read.binaryMediaTypes, read.endpointConfiguration],
      ["renamed", "what it is", 100, ["image/png"], { types: ["REGIONAL"], ipAddressType: "ipv4" }],
    );
    await assert.rejects(update("/nothing", "x"), {
      name: "BadRequestException",
      message: "Invalid patch path /nothing",
    });
  });

  it("gateway responses change by patches and go back to their default", async () => {
    const at = { restApiId, responseType: "THROTTLED" as const };
    await api.send(new PutGatewayResponseCommand({ ...at, statusCode: "430" }));
    const changed = await api.send(
      new UpdateGatewayResponseCommand({ ...at, patchOperations: replace("/statusCode", "431") }),
    );
    assert.deepEqual([changed.statusCode, changed.defaultResponse], ["431", false]);
    await api.send(new DeleteGatewayResponseCommand(at));
    const read = await api.send(new GetGatewayResponseCommand(at));
    assert.deepEqual([read.statusCode, read.defaultResponse], ["429", true]);
    await assert.rejects(
      api.send(new DeleteGatewayResponseCommand(at)),
      gone("Gateway response type not defined on api"),
    );
  });

  it("models and validators are read, changed and removed; a model in use stays", async () => {
    const schema = '{"type":"object"}';
    const contentType = "application/json";
    await api.send(new CreateModelCommand({ restApiId, name: "Row", contentType, schema }));
    const at = { restApiId, modelName: "Row" };
    await api.send(new UpdateModelCommand({ ...at, patchOperations: replace("/schema", '{"type":"array"}') }));
    assert.equal((await api.send(new GetModelCommand(at))).schema, '{"type":"array"}');
    const method = await mocked("modelled");
    await api.send(
      new PutMethodCommand({
        ...method,
        httpMethod: "PUT",
        authorizationType: "NONE",
        requestModels: { [contentType]: "Row" },
      }),
    );
    await assert.rejects(api.send(new DeleteModelCommand(at)), { name: "ConflictException", message: /'Row'/ });
    await api.send(new DeleteMethodCommand({ ...method, httpMethod: "PUT" }));
    await api.send(new DeleteModelCommand(at));
    await assert.rejects(api.send(new GetModelCommand(at)), gone("Invalid Model Name specified"));

    const { id } = await api.send(new CreateRequestValidatorCommand({ restApiId, name: "v" }));
    const validator = { restApiId, requestValidatorId: id };
    await api.send(
      new UpdateRequestValidatorCommand({ ...validator, patchOperations: replace("/validateRequestBody", "true") }),
    );
    const read = await api.send(new GetRequestValidatorCommand(validator));
    assert.deepEqual([read.name, read.validateRequestBody, read.validateRequestParameters], ["v", true, false]);
    await api.send(new DeleteRequestValidatorCommand(validator));
    await assert.rejects(
      api.send(new GetRequestValidatorCommand(validator)),
      gone("Invalid Request Validator identifier specified"),
    );
  });

  it("an authorizer in use stays, and goes afterwards", async () => {
    const { id: authorizerId } = await api.send(
      new CreateAuthorizerCommand({
        restApiId,
        name: "pool",
        type: "COGNITO_USER_POOLS",
        providerARNs: ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a"],
        identitySource: "method.request.header.Authorization",
      }),
    );
    const method = { ...(await mocked("guarded")), httpMethod: "POST" };
    await api.send(new PutMethodCommand({ ...method, authorizationType: "COGNITO_USER_POOLS", authorizerId }));
    const remove = () => api.send(new DeleteAuthorizerCommand({ restApiId, authorizerId }));
    await assert.rejects(remove(), { name: "ConflictException", message: /is referenced in method: \/guarded/ });
    await api.send(new DeleteMethodCommand(method));
    await remove();
    await assert.rejects(
      api.send(new GetAuthorizerCommand({ restApiId, authorizerId })),
      gone("Invalid Authorizer identifier specified"),
    );
  });

  it("keys of a plan are listed and taken out; keys change by patches", async () => {
    const { id: apiKey = "" } = await api.send(new CreateApiKeyCommand({ name: "k", enabled: true }));
    const changed = await api.send(
      new UpdateApiKeyCommand({
        apiKey,
        patchOperations: [...replace("/enabled", "false"), ...replace("/name", "k2")],
      }),
    );
    assert.deepEqual([changed.name, changed.enabled], ["k2", false]);
    const { id: usagePlanId } = await api.send(new CreateUsagePlanCommand({ name: "p" }));
    await api.send(new CreateUsagePlanKeyCommand({ usagePlanId, keyId: apiKey, keyType: "API_KEY" }));
    const key = await api.send(new GetUsagePlanKeyCommand({ usagePlanId, keyId: apiKey }));
    assert.deepEqual([key.id, key.name, key.type], [apiKey, "k2", "API_KEY"]);
    const keys = async () => (await api.send(new GetUsagePlanKeysCommand({ usagePlanId }))).items ?? [];
    assert.deepEqual(
      (await keys()).map(({ id }) => id),
      [apiKey],
    );
    assert.ok(
      (await api.send(new GetUsagePlansCommand({ keyId: apiKey }))).items!.some(({ id }) => id === usagePlanId),
    );
    await api.send(new DeleteUsagePlanKeyCommand({ usagePlanId, keyId: apiKey }));
    assert.deepEqual(await keys(), []);
    assert.deepEqual((await api.send(new GetUsagePlansCommand({ keyId: apiKey }))).items ?? [], []);
  });

  it("tags are put, told and taken away", async () => {
    const resourceArn = `arn:aws:apigateway:us-east-1::/restapis/${restApiId}`;
    await api.send(new TagResourceCommand({ resourceArn, tags: { a: "1", b: "2" } }));
    await api.send(new UntagResourceCommand({ resourceArn, tagKeys: ["a"] }));
    assert.deepEqual((await api.send(new GetTagsCommand({ resourceArn }))).tags, { b: "2" });
  });

  it("what nobody can make here is empty", async () => {
    assert.deepEqual((await api.send(new GetDomainNamesCommand({}))).items ?? [], []);
    assert.deepEqual((await api.send(new GetClientCertificatesCommand({}))).items ?? [], []);
    assert.deepEqual((await api.send(new GetDocumentationPartsCommand({ restApiId }))).items ?? [], []);
    assert.deepEqual((await api.send(new GetDocumentationVersionsCommand({ restApiId }))).items ?? [], []);
    await assert.rejects(api.send(new GetBasePathMappingsCommand({ domainName: "x.example.com" })), {
      name: "NotFoundException",
    });
  });
});
