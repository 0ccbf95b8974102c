import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import {
  APIGatewayClient,
  type APIGatewayServiceException,
  CreateDeploymentCommand,
  CreateResourceCommand,
  CreateRestApiCommand,
  GetRestApiCommand,
  PutIntegrationCommand,
  PutIntegrationResponseCommand,
  PutMethodCommand,
  PutMethodResponseCommand,
  UpdateResourceCommand,
  UpdateRestApiCommand,
} from "@aws-sdk/client-api-gateway";
import { createFunction, createRole } from "./functions.ts";
import { send, signed } from "./raw.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

// Codes, texts and members as others have recorded them in answers of AWS.
let sandbox: TestSandbox;
let client: APIGatewayClient;
before(async () => {
  sandbox = await startTestSandbox();
  client = new APIGatewayClient(sandbox.clientConfig());
});
after(async () => {
  client.destroy();
  await sandbox.close();
});

const refused = async (work: Promise<unknown>): Promise<[string, string]> => {
  try {
    await work;
  } catch (error) {
    return [(error as APIGatewayServiceException).name, (error as Error).message];
  }
  return assert.fail("nothing was refused");
};

/** A new API with one resource below its root. */
async function newApi(pathPart = "pets") {
  const { id: restApiId, rootResourceId } = await client.send(new CreateRestApiCommand({ name: "verified" }));
  const below = (parentId: string | undefined, part: string) =>
    client.send(new CreateResourceCommand({ restApiId, parentId, pathPart: part }));
  const { id: resourceId } = await below(rootResourceId, pathPart);
  return { restApiId, rootResourceId, resourceId, below };
}

describe("API Gateway, as recorded on AWS: APIs", () => {
  it("functionality: an endpoint has an IP address type, dualstack for a private API", async () => {
    const create = (more: object) => client.send(new CreateRestApiCommand({ name: "ip", ...more }));
    const plain = await create({});
    assert.deepEqual(plain.endpointConfiguration, { types: ["EDGE"], ipAddressType: "ipv4" });
    const restApiId = plain.id;
    const patch = (path: string, value: string, op: "replace" | "add" = "replace") =>
      client.send(new UpdateRestApiCommand({ restApiId, patchOperations: [{ op, path, value }] }));
    const ip = "/endpointConfiguration/ipAddressType";
    const dual = await patch(ip, "dualstack");
    assert.deepEqual(dual.endpointConfiguration, { types: ["EDGE"], ipAddressType: "dualstack" });
    assert.deepEqual(dual.tags, {});
    await patch("/endpointConfiguration/types/EDGE", "PRIVATE");
    const bad = "BadRequestException";
    const only = "Only dualstack ipAddressType is supported for Private APIs.";
    assert.deepEqual(await refused(patch(ip, "ipv4")), [bad, only]);
    assert.deepEqual(await refused(patch(ip, "wrong")), [bad, "ipAddressType must be either ipv4 or dualstack."]);
    const replaceOnly = "Invalid patch operation specified. Must be one of: [replace]";
    assert.deepEqual(await refused(patch(ip, "ipv4", "add")), [bad, replaceOnly]);
    const types = "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE";
    assert.deepEqual(await refused(patch("/endpointConfiguration/types/EDGE", "wrong")), [bad, types]);
    const isPrivate = { endpointConfiguration: { types: ["PRIVATE"], ipAddressType: "ipv4" } };
    assert.deepEqual(await refused(create(isPrivate)), [bad, only]);
    const two = { endpointConfiguration: { types: ["EDGE", "REGIONAL"] } };
    assert.deepEqual(await refused(create(two)), [bad, "Cannot create an api with multiple Endpoint Types."]);
  });

  it("a description is not empty, and a compression in its range; a removed description is gone", async () => {
    const create = (more: object) => client.send(new CreateRestApiCommand({ name: "limits", ...more }));
    assert.equal((await refused(create({ description: "" })))[1], "Description cannot be an empty string");
    const size = "Invalid minimum compression size, must be between 0 and 10485760";
    assert.equal((await refused(create({ minimumCompressionSize: -1 })))[1], size);
    const { id: restApiId } = await create({ description: "mine" });
    const patch = (op: "remove" | "replace", path: string, value?: string) =>
      client.send(new UpdateRestApiCommand({ restApiId, patchOperations: [{ op, path, value }] }));
    assert.equal((await refused(patch("replace", "/minimumCompressionSize", "x")))[1], size);
    await patch("remove", "/description");
    assert.equal((await client.send(new GetRestApiCommand({ restApiId }))).description, undefined);
    assert.equal((await refused(patch("replace", "/wrong", "x")))[1], "Invalid patch path /wrong");
  });

  it("a resource stands where there is room for it, also when it moves", async () => {
    const { restApiId, rootResourceId, resourceId, below } = await newApi();
    const child = await below(resourceId, "pets");
    const patch = (
      id: string | undefined,
      path: string,
      value: string | undefined,
      op: "replace" | "add" = "replace",
    ) => client.send(new UpdateResourceCommand({ restApiId, resourceId: id, patchOperations: [{ op, path, value }] }));
    const taken = "Another resource with the same parent already has this name: pets";
    assert.deepEqual(await refused(patch(child.id, "/parentId", rootResourceId)), ["ConflictException", taken]);
    assert.equal((await refused(patch(resourceId, "/parentId", child.id)))[1], "Resources cannot be cyclical.");
    assert.equal(
      (await refused(patch(rootResourceId, "/pathPart", "x")))[1],
      "Root resource cannot update its pathPart.",
    );
    assert.equal(
      (await refused(patch(rootResourceId, "/parentId", child.id)))[1],
      "Root resource cannot update its parentId.",
    );
    assert.equal(
      (await refused(patch(child.id, "/pathPart", "x", "add")))[1],
      "Invalid patch path  '/pathPart' specified for op 'add'. Please choose supported operations",
    );
    assert.equal(
      (await refused(patch(child.id, "/no", "x")))[1],
      "Invalid patch path  '/no' specified for op 'replace'. Must be one of: [/parentId, /pathPart]",
    );
    const greedy = await below(child.id, "{proxy+}");
    assert.equal(
      (await refused(below(greedy.id, "more")))[1],
      "Cannot create a child of a resource with a greedy path variable: {proxy+}",
    );
    assert.equal(
      (await refused(below(child.id, "{id}")))[1],
      "A sibling ({proxy+}) of this resource already has a variable path part -- only one is allowed",
    );
  });
});

describe("API Gateway, as recorded on AWS: methods", () => {
  it("functionality: an integration's response may be put before the method's, which is needed to answer", async () => {
    const { restApiId, resourceId } = await newApi();
    const at = { restApiId, resourceId, httpMethod: "GET" };
    const method = await client.send(new PutMethodCommand({ ...at, authorizationType: "none" }));
    assert.equal(method.authorizationType, "NONE");
    const requestTemplates = { "application/json": '{"statusCode": 200}' };
    await client.send(new PutIntegrationCommand({ ...at, type: "MOCK", requestTemplates, uri: "http://example.com" }));
    const response = await client.send(
      new PutIntegrationResponseCommand({ ...at, statusCode: "200", selectionPattern: "" }),
    );
    // Null stands for an empty template; the SDK's own client leaves it out, boto3 sends it.
    const { accessKeyId, secretAccessKey } = sandbox;
    const raw = {
      method: "PUT",
      target: `/restapis/${restApiId}/resources/${resourceId}/methods/GET/integration/responses/200`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ selectionPattern: "", responseTemplates: { "application/json": null } }),
    };
    const put = await send(
      sandbox.endpoint,
      await signed(sandbox.endpoint, raw, { accessKeyId, secretAccessKey, service: "apigateway" }),
    );
    assert.equal(put.status, 201, put.text);
    assert.deepEqual([response.statusCode, response.selectionPattern], ["200", ""]);
    const ask = async () => {
      await client.send(new CreateDeploymentCommand({ restApiId, stageName: "live" }));
      return (await fetch(`${sandbox.endpoint}/_aws/execute-api/${restApiId}/live/pets`)).status;
    };
    assert.equal(await ask(), 500);
    await client.send(new PutMethodResponseCommand({ ...at, statusCode: "200" }));
    assert.equal(await ask(), 200);
  });

  it("what an integration is for is said in API Gateway's words", async () => {
    const { restApiId, resourceId } = await newApi();
    const at = { restApiId, resourceId, httpMethod: "POST" };
    const wrong = refused(client.send(new PutMethodCommand({ ...at, httpMethod: "WRONG", authorizationType: "NONE" })));
    assert.equal(
      (await wrong)[1],
      "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY",
    );
    await client.send(new PutMethodCommand({ ...at, authorizationType: "NONE" }));
    const put = (type: "AWS_PROXY" | "AWS" | "HTTP" | "MOCK", uri: string) =>
      client.send(new PutIntegrationCommand({ ...at, type, uri, integrationHttpMethod: "POST" }));
    const web = await put("HTTP", "http://example.com");
    assert.equal(web.connectionType, "INTERNET");
    assert.equal((await put("MOCK", "http://example.com")).uri, undefined);
    const proxies =
      "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.";
    assert.equal((await refused(put("AWS_PROXY", "arn:aws:apigateway:us-east-1:s3:path/b/k")))[1], proxies);
    assert.equal(
      (await refused(put("AWS", "arn:aws:apigateway:us-east-1:s3:x/y")))[1],
      "AWS ARN for integration must contain path or action",
    );
    assert.equal((await refused(put("AWS", "nothing")))[1], "Invalid ARN specified in the request");
  });

  it("functionality: a proxied function's result is held to its format", async () => {
    const arn = await createFunction(
      sandbox,
      "answers",
      "export const handler = async (event) => JSON.parse(event.body);",
    );
    const credentials = await createRole(sandbox, "gateway", "apigateway.amazonaws.com");
    const { restApiId, resourceId } = await newApi();
    const at = { restApiId, resourceId, httpMethod: "POST" };
    await client.send(new PutMethodCommand({ ...at, authorizationType: "NONE" }));
    const uri = `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${arn}/invocations`;
    await client.send(
      new PutIntegrationCommand({ ...at, type: "AWS_PROXY", uri, credentials, integrationHttpMethod: "POST" }),
    );
    await client.send(new CreateDeploymentCommand({ restApiId, stageName: "live" }));
    const ask = (result: object | string) =>
      fetch(`${sandbox.endpoint}/_aws/execute-api/${restApiId}/live/pets`, {
        method: "POST",
        body: JSON.stringify(result),
      });
    assert.equal((await ask({ statusCode: 200, wrongValue: "value" })).status, 502);
    assert.equal((await ask({ statusCode: "test" })).status, 502);
    assert.equal((await ask("text")).status, 502);
    assert.equal((await ask({ statusCode: "201" })).status, 201);
    assert.equal((await ask({})).status, 200);
    assert.equal((await ask({ headers: { "x-one": "1" } })).headers.get("x-one"), "1");
    const both = await ask({ statusCode: 200, multiValueHeaders: { "x-one": ["many"] }, headers: { "x-one": "solo" } });
    assert.equal(both.headers.get("x-one"), "many, solo");
  });
});

describe("API Gateway, as recorded on AWS: mapping templates", () => {
  /** A deployed method at the API's one resource. @returns what asks it */
  const serve = async (integration: object, response?: string, pathPart = "pets") => {
    const { restApiId, resourceId } = await newApi(pathPart);
    const at = { restApiId, resourceId, httpMethod: "POST" };
    await client.send(new PutMethodCommand({ ...at, authorizationType: "NONE" }));
    await client.send(new PutMethodResponseCommand({ ...at, statusCode: "200" }));
    await client.send(new PutIntegrationCommand({ ...at, type: "MOCK", ...integration }));
    const responseTemplates = response === undefined ? undefined : { "application/json": response };
    await client.send(new PutIntegrationResponseCommand({ ...at, statusCode: "200", responseTemplates }));
    await client.send(new CreateDeploymentCommand({ restApiId, stageName: "live" }));
    return (body: string, path = pathPart) =>
      fetch(`${sandbox.endpoint}/_aws/execute-api/${restApiId}/live/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
  };
  const mock = (template: string) => ({ requestTemplates: { "application/json": `${template}\n{"statusCode": 200}` } });

  it("functionality: the request's template overrides status and headers of a mock's answer, and hands values on", async () => {
    const template = `#set($context.responseOverride.status = 444)
#set($context.responseOverride.header.foo = "bar")
#set($context.requestOverride.querystring["kept"] = "value")
$context.requestOverride.querystring.put("other", "put")`;
    const bare = await (await serve(mock(template)))("{}");
    assert.deepEqual([bare.status, bare.headers.get("foo")], [444, "bar"]);
    const response =
      "$context.responseOverride.header.foo, $context.requestOverride.querystring.kept, $context.requestOverride.querystring.other";
    const told = await (await serve(mock(template), response))("{}");
    assert.deepEqual([told.status, await told.text()], [444, "bar, value, put"]);
  });

  it("functionality: what a template overrides is sent to the integration", async (t) => {
    const server = createServer((req, res) => res.end(`${req.url} ${req.headers["x-own"]}`)).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    t.after(() => server.close());
    const template = `#set($context.requestOverride.path.id = "seven")
#set($context.requestOverride.header["X-Own"] = "mine")
#set($context.requestOverride.querystring.q = "1")
{}`;
    const ask = await serve({
      type: "HTTP",
      integrationHttpMethod: "POST",
      uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/items/{id}`,
      requestTemplates: { "application/json": template },
    });
    assert.equal(await (await ask("{}")).text(), "/items/seven?q=1 mine");
  });

  it("functionality: lists are written as JSON, maps as Java has them, and nothing as nothing", async () => {
    const server = createServer((req, res) => req.pipe(res)).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    try {
      const rendered = async (template: string, body: string) => {
        const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
        const requestTemplates = { "application/json": template };
        const ask = await serve({ type: "HTTP", integrationHttpMethod: "POST", uri, requestTemplates });
        return (await ask(body)).text();
      };
      const path = `#set($result = $input.path("$"))$result`;
      assert.equal(await rendered(path, '{"foo": "bar"}'), "{foo=bar}");
      assert.equal(await rendered(path, '[{"foo": "bar"}]'), '[{"foo":"bar"}]');
      assert.equal(await rendered(path, '{"foo": [{"nested": "bar"}]}'), '{foo=[{"nested":"bar"}]}');
      const none = `#set($result = $input.path("$.nothing"))<$result,$result.nested,$unknown>`;
      assert.equal(await rendered(none, "{}"), "<,,$unknown>");
      assert.equal(await rendered("Message=$input.body", ""), "Message={}");
      assert.equal(await rendered("Message=$util.urlEncode($input.body)", ""), "Message=%7B%7D");
    } finally {
      server.close();
    }
  });
});
