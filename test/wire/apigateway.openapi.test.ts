import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  APIGatewayClient,
  CreateDeploymentCommand,
  GetAuthorizersCommand,
  GetExportCommand,
  GetGatewayResponsesCommand,
  GetMethodCommand,
  GetModelCommand,
  GetModelsCommand,
  GetRequestValidatorsCommand,
  GetResourcesCommand,
  GetRestApiCommand,
  GetRestApisCommand,
  ImportRestApiCommand,
  PutRestApiCommand,
} from "@aws-sdk/client-api-gateway";
import { bytes, HELLO_3, mock, PET_STORE } from "./definitions.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const JSON_TYPE = { "content-type": "application/json" };

let sandbox: TestSandbox;
let api: APIGatewayClient;
before(async () => {
  sandbox = await startTestSandbox();
  api = new APIGatewayClient(sandbox.clientConfig());
});
after(async () => {
  api.destroy();
  await sandbox.close();
});

const importApi = (definition: object | string, parameters?: Record<string, string>, failOnWarnings?: boolean) =>
  api.send(new ImportRestApiCommand({ body: bytes(definition), parameters, failOnWarnings }));
const pathsOf = async (restApiId: string) =>
  (await api.send(new GetResourcesCommand({ restApiId, limit: 500 }))).items!.map(({ path }) => path!).sort();
const resourceOf = async (restApiId: string, path: string) =>
  (await api.send(new GetResourcesCommand({ restApiId, limit: 500 }))).items!.find((one) => one.path === path)!.id!;
const methodOf = async (restApiId: string, path: string, httpMethod: string) =>
  api.send(new GetMethodCommand({ restApiId, resourceId: await resourceOf(restApiId, path), httpMethod }));
const deploy = async (restApiId: string, stageName = "prod") => {
  await api.send(new CreateDeploymentCommand({ restApiId, stageName }));
  return `${sandbox.endpoint}/_aws/execute-api/${restApiId}/${stageName}`;
};

describe("ImportRestApi", () => {
  it("makes of Swagger 2.0 what AWS makes of it", async () => {
    const made = await importApi(PET_STORE, { endpointConfigurationTypes: "REGIONAL" });
    assert.equal(made.$metadata.httpStatusCode, 201);
    assert.equal(made.name, "PetStore");
    assert.equal(made.description, "Pets.");
    assert.equal(made.version, "1.0.0");
    assert.deepEqual(made.endpointConfiguration, { types: ["REGIONAL"], ipAddressType: "ipv4" });
    assert.deepEqual(made.binaryMediaTypes, ["image/png"]);
    assert.equal(made.warnings, undefined);
    const restApiId = made.id!;
    assert.deepEqual(await pathsOf(restApiId), ["/", "/pets", "/pets/{petId}", "/{proxy+}"]);

    const get = await methodOf(restApiId, "/pets", "GET");
    assert.equal(get.operationName, "listPets");
    assert.equal(get.authorizationType, "NONE");
    assert.deepEqual(get.requestParameters, {
      "method.request.querystring.limit": true,
      "method.request.header.X-Trace": false,
    });
    assert.deepEqual(Object.keys(get.methodResponses!), ["200"]);
    assert.deepEqual(get.methodResponses!["200"]!.responseParameters, {
      "method.response.header.Access-Control-Allow-Origin": false,
    });
    const generated = get.methodResponses!["200"]!.responseModels!["application/json"]!;
    assert.match(generated, /^MODEL[0-9a-f]{6}$/);
    const { schema } = await api.send(new GetModelCommand({ restApiId, modelName: generated }));
    assert.deepEqual(JSON.parse(schema!), {
      type: "array",
      items: { $ref: `https://apigateway.amazonaws.com/restapis/${restApiId}/models/Pet` },
    });

    const post = await methodOf(restApiId, "/pets", "POST");
    assert.deepEqual(post.requestModels, { "application/json": "Pet" });
    const remove = await methodOf(restApiId, "/pets/{petId}", "DELETE");
    assert.equal(remove.authorizationType, "AWS_IAM");
    assert.equal(remove.apiKeyRequired, true);
    assert.deepEqual(remove.requestParameters, { "method.request.path.petId": true });
    const put = await methodOf(restApiId, "/pets/{petId}", "PUT");
    const [authorizer] = (await api.send(new GetAuthorizersCommand({ restApiId }))).items!;
    assert.equal(put.authorizationType, "CUSTOM");
    assert.equal(put.authorizerId, authorizer!.id);
    assert.equal(authorizer!.name, "tokens");
    assert.equal(authorizer!.identitySource, "method.request.header.X-Token");
    assert.equal(authorizer!.authType, "oauth2");
    assert.equal(authorizer!.authorizerResultTtlInSeconds, 60);
    assert.equal(put.methodIntegration!.type, "AWS_PROXY");
    assert.equal(put.methodIntegration!.timeoutInMillis, 5000);
    const any = await methodOf(restApiId, "/{proxy+}", "ANY");
    assert.equal(any.methodIntegration!.httpMethod, "ANY");
    assert.deepEqual(any.methodIntegration!.requestParameters, {
      "integration.request.path.proxy": "method.request.path.proxy",
    });
    const validators = (await api.send(new GetRequestValidatorsCommand({ restApiId }))).items!;
    assert.deepEqual(validators.map(({ name }) => name).sort(), ["all", "none"]);
    const answers = (await api.send(new GetGatewayResponsesCommand({ restApiId }))).items!;
    assert.equal(answers.find(({ responseType }) => responseType === "BAD_REQUEST_BODY")!.statusCode, "422");
  });

  it("serves an import, with validators, models that name one another, and gateway responses", async () => {
    const base = await deploy((await importApi(PET_STORE)).id!);
    const pets = await fetch(`${base}/pets?limit=1`);
    assert.equal(pets.status, 200);
    assert.equal(pets.headers.get("access-control-allow-origin"), "*");
    assert.deepEqual(await pets.json(), [{ name: "Rex" }]);
    assert.deepEqual(await (await fetch(`${base}/pets`)).json(), {
      message: "Missing required request parameters: [limit]",
    });
    const post = (body: object) =>
      fetch(`${base}/pets`, { method: "POST", headers: JSON_TYPE, body: JSON.stringify(body) });
    assert.equal((await post({ name: "Rex", owner: { id: 1 } })).status, 201);
    const refused = await post({ name: "Rex", owner: { id: "one" } });
    assert.equal(refused.status, 422);
    assert.equal(refused.headers.get("x-why"), "body");
    assert.deepEqual(await refused.json(), { why: "Invalid request body" });
  });

  it("reads OpenAPI 3.0 in YAML", async () => {
    const made = await importApi(HELLO_3);
    assert.equal(made.version, "2024-01-01");
    assert.deepEqual(made.tags, { team: "ml" });
    const base = await deploy(made.id!);
    assert.deepEqual(await (await fetch(`${base}/hello?name=you`)).json(), { hello: "you" });
    const bad = await fetch(`${base}/hello`, { method: "POST", headers: JSON_TYPE, body: "{}" });
    assert.equal(bad.status, 400);
    assert.deepEqual(await bad.json(), { message: "Invalid request body" });
    const get = await methodOf(made.id!, "/hello", "GET");
    assert.deepEqual(get.methodResponses!["200"]!.responseModels, { "application/json": "Greeting" });
  });

  it("counts a base path as it is told", async () => {
    const paths = async (definition: object | string, basepath: string) =>
      (await pathsOf((await importApi(definition, { basepath })).id!)).filter((path) => /pets$|hello$/.test(path));
    assert.deepEqual(await paths(PET_STORE, "ignore"), ["/pets"]);
    assert.deepEqual(await paths(PET_STORE, "prepend"), ["/v1/shop/pets"]);
    assert.deepEqual(await paths(PET_STORE, "split"), ["/shop/pets"]);
    assert.deepEqual(await paths(HELLO_3, "prepend"), ["/prod/api/hello"]);
    assert.deepEqual(await paths(HELLO_3, "split"), ["/api/hello"]);
  });

  it("refuses what cannot be served, and leaves nothing behind", async () => {
    const count = async () => (await api.send(new GetRestApisCommand({ limit: 500 }))).items!.length;
    const before = await count();
    const path = (integration: object, more: object = {}) => ({
      swagger: "2.0",
      info: { title: "x", version: "1" },
      paths: { "/a b": { get: {} }, "/x": { get: { ...more, "x-amazon-apigateway-integration": integration } } },
    });
    await assert.rejects(importApi(path({ type: "aws_proxy", httpMethod: "POST", uri: "arn:nothing" })), {
      name: "BadRequestException",
      message:
        "Errors found during import:\n\tUnable to create resource at path '/a b': Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.\n\tUnable to put integration on 'GET' for resource at path '/x': Invalid ARN specified in the request",
    });
    await assert.rejects(importApi(path({ type: "lambda" })), {
      message: /malformed integration at path \/x/,
    });
    await assert.rejects(importApi("just text"), { name: "BadRequestException", message: /^Invalid OpenAPI input\./ });
    await assert.rejects(importApi({ openapi: "3.1.0", info: { title: "x" } }), { message: /version '3\.1\.0'/ });
    await assert.rejects(
      importApi(
        "a: &a [x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c]\nswagger: '2.0'",
      ),
      {
        name: "BadRequestException",
      },
    );
    await assert.rejects(
      importApi({
        swagger: "2.0",
        info: { title: "x" },
        paths: { "/x": { get: { parameters: [{ $ref: "#/parameters/No" }] } } },
      }),
      { message: /'#\/parameters\/No' leads nowhere/ },
    );
    assert.equal(await count(), before);
  });

  it("tells what it leaves out, and refuses it when asked to", async () => {
    const definition = {
      swagger: "2.0",
      info: { title: "w", version: "1" },
      securityDefinitions: { basic: { type: "basic" } },
      paths: {
        "/x": {
          get: { security: [{ basic: [] }], "x-amazon-apigateway-integration": mock("{}"), responses: { 200: {} } },
        },
      },
    };
    const made = await importApi(definition);
    assert.deepEqual(made.warnings, ["Ignoring the security scheme 'basic', which has no authorizer of API Gateway."]);
    await assert.rejects(importApi(definition, {}, true), {
      name: "BadRequestException",
      message: /^Warnings found during import:\n\tIgnoring the security scheme 'basic'/,
    });
  });
});

describe("PutRestApi", () => {
  const extra = {
    swagger: "2.0",
    info: { title: "PetStore", version: "2" },
    paths: {
      "/pets": {
        get: { responses: { 200: {} }, "x-amazon-apigateway-integration": mock('"new"') },
      },
      "/more": { get: { responses: { 200: {} }, "x-amazon-apigateway-integration": mock('"more"') } },
    },
  };

  it("merges: what the definition names is new, the rest stays", async () => {
    const { id: restApiId = "", rootResourceId } = await importApi(PET_STORE);
    const authorizer = (await api.send(new GetAuthorizersCommand({ restApiId }))).items![0]!.id;
    const put = await api.send(new PutRestApiCommand({ restApiId, mode: "merge", body: bytes(extra) }));
    assert.equal(put.version, "2");
    assert.equal(put.rootResourceId, rootResourceId);
    assert.deepEqual(await pathsOf(restApiId), ["/", "/more", "/pets", "/pets/{petId}", "/{proxy+}"]);
    assert.equal((await methodOf(restApiId, "/pets", "GET")).operationName, undefined);
    assert.equal((await methodOf(restApiId, "/pets", "POST")).httpMethod, "POST");
    assert.equal((await methodOf(restApiId, "/pets/{petId}", "PUT")).authorizerId, authorizer);
  });

  it("overwrites: what the definition does not name goes, stages stay", async () => {
    const { id: restApiId = "", rootResourceId } = await importApi(PET_STORE);
    const base = await deploy(restApiId);
    await api.send(new PutRestApiCommand({ restApiId, mode: "overwrite", body: bytes(extra) }));
    assert.deepEqual(await pathsOf(restApiId), ["/", "/more", "/pets"]);
    assert.deepEqual((await api.send(new GetAuthorizersCommand({ restApiId }))).items ?? [], []);
    const after = await api.send(new GetRestApiCommand({ restApiId }));
    assert.equal(after.rootResourceId, rootResourceId);
    assert.equal(after.binaryMediaTypes, undefined);
    // What was deployed is served until somebody deploys anew.
    assert.deepEqual(await (await fetch(`${base}/pets?limit=1`)).json(), [{ name: "Rex" }]);
    await deploy(restApiId);
    assert.deepEqual(await (await fetch(`${base}/pets`)).json(), "new");
  });

  it("is all or nothing", async () => {
    const { id: restApiId = "" } = await importApi(PET_STORE);
    const broken = {
      ...extra,
      paths: {
        ...extra.paths,
        "/y": { get: { "x-amazon-apigateway-integration": { type: "http", httpMethod: "GET", uri: "ftp://x" } } },
      },
    };
    await assert.rejects(api.send(new PutRestApiCommand({ restApiId, mode: "overwrite", body: bytes(broken) })), {
      message: /Invalid HTTP endpoint specified for URI/,
    });
    assert.deepEqual(await pathsOf(restApiId), ["/", "/pets", "/pets/{petId}", "/{proxy+}"]);
    await assert.rejects(api.send(new PutRestApiCommand({ restApiId: "nothing", body: bytes(extra) })), {
      name: "NotFoundException",
    });
  });
});

describe("GetExport", () => {
  const exported = async (restApiId: string, exportType: string, extensions?: string, accepts?: string) => {
    const answer = await api.send(
      new GetExportCommand({
        restApiId,
        stageName: "prod",
        exportType,
        accepts,
        parameters: extensions === undefined ? undefined : { extensions },
      }),
    );
    return { ...answer, text: Buffer.from(answer.body!).toString() };
  };

  it("tells a stage so that an import makes the same API again", async () => {
    for (const [exportType, version] of [
      ["swagger", "2.0"],
      ["oas30", "3.0.1"],
    ] as const) {
      const { id = "" } = await importApi(PET_STORE);
      await deploy(id);
      const { text, contentType, contentDisposition } = await exported(id, exportType, "apigateway");
      assert.equal(contentType, "application/json");
      assert.match(contentDisposition!, /^attachment; filename="(swagger|oas30)_.*\.json"$/);
      const definition = JSON.parse(text);
      assert.equal(definition[exportType === "swagger" ? "swagger" : "openapi"], version);
      const again = (await importApi(text)).id!;
      assert.deepEqual(await pathsOf(again), await pathsOf(id));
      for (const [path, verb] of [
        ["/pets", "GET"],
        ["/pets", "POST"],
        ["/pets/{petId}", "DELETE"],
        ["/pets/{petId}", "PUT"],
        ["/{proxy+}", "ANY"],
      ] as const) {
        const plain = async (restApiId: string) => {
          const {
            $metadata: _,
            authorizerId,
            requestValidatorId,
            methodIntegration,
            ...rest
          } = await methodOf(restApiId, path, verb);
          const { cacheNamespace: __, ...integration } = methodIntegration!;
          return {
            ...rest,
            integration,
            guarded: authorizerId !== undefined,
            validated: requestValidatorId !== undefined,
          };
        };
        assert.deepEqual(await plain(again), await plain(id), `${exportType} ${verb} ${path}`);
      }
      const names = async (restApiId: string) =>
        (await api.send(new GetModelsCommand({ restApiId }))).items!.map(({ name }) => name).sort();
      assert.deepEqual(await names(again), await names(id));
    }
  });

  it("tells integrations and authorizers only when asked, and writes YAML", async () => {
    const { id = "" } = await importApi(PET_STORE);
    await deploy(id);
    const plain = JSON.parse((await exported(id, "oas30")).text);
    assert.equal(plain.servers[0].variables.basePath.default, "/prod");
    assert.equal(plain.paths["/pets"].get["x-amazon-apigateway-integration"], undefined);
    assert.equal(plain.components.securitySchemes.tokens["x-amazon-apigateway-authorizer"], undefined);
    const yaml = await exported(id, "swagger", "integrations", "application/yaml");
    assert.equal(yaml.contentType, "application/yaml");
    assert.match(yaml.text, /^swagger: "2\.0"$/m);
    assert.match(yaml.text, /x-amazon-apigateway-integration:/);
    await assert.rejects(exported(id, "raml"), { name: "BadRequestException" });
    await assert.rejects(api.send(new GetExportCommand({ restApiId: id, stageName: "no", exportType: "oas30" })), {
      name: "NotFoundException",
      message: "Invalid stage identifier specified",
    });
  });
});
