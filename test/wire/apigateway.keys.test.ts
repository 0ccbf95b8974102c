import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  APIGatewayClient,
  CreateApiKeyCommand,
  CreateDeploymentCommand,
  CreateModelCommand,
  CreateRequestValidatorCommand,
  CreateResourceCommand,
  CreateRestApiCommand,
  CreateUsagePlanCommand,
  CreateUsagePlanKeyCommand,
  DeleteApiKeyCommand,
  DeleteUsagePlanCommand,
  GetAccountCommand,
  GetApiKeyCommand,
  GetApiKeysCommand,
  GetMethodCommand,
  GetModelsCommand,
  GetUsageCommand,
  GetUsagePlanCommand,
  GetVpcLinksCommand,
  PutIntegrationCommand,
  PutIntegrationResponseCommand,
  PutMethodCommand,
  PutMethodResponseCommand,
  TestInvokeMethodCommand,
  UpdateAccountCommand,
  UpdateIntegrationCommand,
  UpdateMethodCommand,
  UpdateResourceCommand,
  UpdateUsagePlanCommand,
} from "@aws-sdk/client-api-gateway";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

let sandbox: TestSandbox;
let api: APIGatewayClient;
let restApiId: string;
let resourceId: string;
const key = () => ({ restApiId, resourceId, httpMethod: "POST" });
const deploy = () => api.send(new CreateDeploymentCommand({ restApiId, stageName: "s" }));
const call = (headers: Record<string, string> = {}, body = "{}", path = "a?q=1") =>
  fetch(`${sandbox.endpoint}/_aws/execute-api/${restApiId}/s/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  }).then(async (r) => ({ status: r.status, body: await r.text() }));

before(async () => {
  sandbox = await startTestSandbox();
  api = new APIGatewayClient(sandbox.clientConfig());
  const made = await api.send(new CreateRestApiCommand({ name: "keys" }));
  restApiId = made.id!;
  const parentId = made.rootResourceId;
  resourceId = (await api.send(new CreateResourceCommand({ restApiId, parentId, pathPart: "a" }))).id!;
  await api.send(new PutMethodCommand({ ...key(), authorizationType: "NONE" }));
  await api.send(new PutMethodResponseCommand({ ...key(), statusCode: "200", responseModels: { "text/x": "Empty" } }));
  await api.send(
    new PutIntegrationCommand({
      ...key(),
      type: "MOCK",
      requestTemplates: { "application/json": '{"statusCode":200}' },
    }),
  );
  await api.send(
    new PutIntegrationResponseCommand({ ...key(), statusCode: "200", responseTemplates: { "text/x": "mocked" } }),
  );
  await deploy();
});
after(async () => {
  api.destroy();
  await sandbox.close();
});

const patch = (path: string, value: string, op: "replace" | "add" | "remove" = "replace") => [{ op, path, value }];

describe("API Gateway keys and usage plans", () => {
  it("functionality: a method that wants a key takes only keys of a plan for its stage, within rate and quota", async () => {
    assert.deepEqual(await call(), { status: 200, body: "mocked" });
    await api.send(new UpdateMethodCommand({ ...key(), patchOperations: patch("/apiKeyRequired", "true") }));
    assert.equal((await call()).status, 200, "not deployed yet");
    await deploy();
    assert.deepEqual(await call(), { status: 403, body: '{"message":"Forbidden"}' });
    const made = await api.send(new CreateApiKeyCommand({ name: "k", enabled: true }));
    const headers = { "x-api-key": made.value! };
    assert.equal((await call(headers)).status, 403, "in no plan yet");
    const plan = await api.send(
      new CreateUsagePlanCommand({
        name: "p",
        apiStages: [{ apiId: restApiId, stage: "s" }],
        quota: { limit: 3, period: "DAY" },
      }),
    );
    const usagePlanId = plan.id;
    await api.send(new CreateUsagePlanKeyCommand({ usagePlanId, keyId: made.id, keyType: "API_KEY" }));
    for (let i = 0; i < 3; i++) assert.equal((await call(headers)).status, 200);
    assert.deepEqual(await call(headers), { status: 429, body: '{"message":"Limit Exceeded"}' });
    const today = new Date().toISOString().slice(0, 10);
    const usage = await api.send(new GetUsageCommand({ usagePlanId, startDate: today, endDate: today }));
    assert.deepEqual(usage.items, { [made.id!]: [[3, 0]] });
    await api.send(new UpdateUsagePlanCommand({ usagePlanId, patchOperations: [{ op: "remove", path: "/quota" }] }));
    await api.send(
      new UpdateUsagePlanCommand({
        usagePlanId,
        patchOperations: [...patch("/throttle/rateLimit", "0.001"), ...patch("/throttle/burstLimit", "1")],
      }),
    );
    assert.equal((await call(headers)).status, 200);
    assert.deepEqual(await call(headers), { status: 429, body: '{"message":"Too Many Requests"}' });
    const shown = await api.send(new GetUsagePlanCommand({ usagePlanId }));
    assert.equal("quota" in shown, false);
    await assert.rejects(api.send(new DeleteUsagePlanCommand({ usagePlanId })), { name: "BadRequestException" });
    await api.send(
      new UpdateUsagePlanCommand({ usagePlanId, patchOperations: patch("/apiStages", `${restApiId}:s`, "remove") }),
    );
    await api.send(new DeleteUsagePlanCommand({ usagePlanId }));
    await api.send(new UpdateMethodCommand({ ...key(), patchOperations: patch("/apiKeyRequired", "false") }));
  });

  it("serialization: values of keys are shown on request only", async () => {
    const value = "a-value-of-twenty-characters";
    const made = await api.send(new CreateApiKeyCommand({ name: "shown", value, enabled: true, tags: { a: "1" } }));
    const apiKey = made.id;
    assert.equal((await api.send(new GetApiKeyCommand({ apiKey }))).value, undefined);
    assert.equal((await api.send(new GetApiKeyCommand({ apiKey, includeValue: true }))).value, value);
    const { items } = await api.send(new GetApiKeysCommand({ nameQuery: "sho" }));
    assert.deepEqual(
      items?.map((item) => item.id),
      [apiKey],
    );
    await assert.rejects(api.send(new CreateApiKeyCommand({ value })), { name: "ConflictException" });
    await assert.rejects(api.send(new CreateApiKeyCommand({ value: "short" })), {
      message: "API Key value should be at least 20 characters",
    });
    await api.send(new DeleteApiKeyCommand({ apiKey }));
    await assert.rejects(api.send(new GetApiKeyCommand({ apiKey })), {
      name: "NotFoundException",
      message: "Invalid API Key identifier specified",
    });
  });
});

describe("API Gateway models, validators and patches", () => {
  it("functionality: a validator refuses what lacks a parameter or does not fit the model", async () => {
    const validator = await api.send(
      new CreateRequestValidatorCommand({
        restApiId,
        name: "all",
        validateRequestBody: true,
        validateRequestParameters: true,
      }),
    );
    await api.send(
      new CreateModelCommand({
        restApiId,
        name: "Wine",
        contentType: "application/json",
        schema: JSON.stringify({
          type: "object",
          required: ["alcohol"],
          properties: { alcohol: { type: "number", minimum: 0 } },
        }),
      }),
    );
    const names = (await api.send(new GetModelsCommand({ restApiId }))).items?.map((model) => model.name);
    assert.deepEqual(names, ["Empty", "Error", "Wine"]);
    await api.send(
      new UpdateMethodCommand({
        ...key(),
        patchOperations: [
          ...patch("/requestValidatorId", validator.id!),
          ...patch("/requestModels/application~1json", "Wine", "add"),
          ...patch("/requestParameters/method.request.querystring.q", "true", "add"),
        ],
      }),
    );
    await deploy();
    assert.deepEqual(await call({}, '{"alcohol":1}'), { status: 200, body: "mocked" });
    assert.deepEqual(await call({}, '{"alcohol":1}', "a"), {
      status: 400,
      body: '{"message":"Missing required request parameters: [q]"}',
    });
    for (const body of ["{}", '{"alcohol":-1}', "no json"])
      assert.deepEqual(await call({}, body), { status: 400, body: '{"message":"Invalid request body"}' });
    const method = await api.send(new GetMethodCommand(key()));
    assert.deepEqual(method.requestModels, { "application/json": "Wine" });
    await api.send(new UpdateMethodCommand({ ...key(), patchOperations: patch("/requestValidatorId", "", "replace") }));
  });

  it("validation: patches of unknown paths, and timeouts out of range", async () => {
    await assert.rejects(api.send(new UpdateMethodCommand({ ...key(), patchOperations: patch("/nope", "1") })), {
      name: "BadRequestException",
      message: "Invalid patch path /nope",
    });
    await assert.rejects(
      api.send(new UpdateIntegrationCommand({ ...key(), patchOperations: patch("/timeoutInMillis", "1") })),
      { message: "Timeout should be between 50 ms and 29000 ms" },
    );
  });

  it("functionality: a resource moves with its path; a method is tried without a deployment", async () => {
    const tried = await api.send(new TestInvokeMethodCommand({ ...key(), pathWithQueryString: "/a?q=1", body: "{}" }));
    assert.deepEqual([tried.status, tried.body], [200, "mocked"]);
    const renamed = await api.send(
      new UpdateResourceCommand({ restApiId, resourceId, patchOperations: patch("/pathPart", "b") }),
    );
    assert.equal(renamed.path, "/b");
  });

  it("functionality: the account's settings, and lists of what there is none of", async () => {
    const account = await api.send(new GetAccountCommand({}));
    assert.equal("cloudwatchRoleArn" in account, false);
    assert.deepEqual(account.throttleSettings, { burstLimit: 5000, rateLimit: 10000 });
    await assert.rejects(
      api.send(
        new UpdateAccountCommand({ patchOperations: patch("/cloudwatchRoleArn", "arn:aws:iam::123456789012:role/no") }),
      ),
      { name: "BadRequestException" },
    );
    assert.deepEqual((await api.send(new GetVpcLinksCommand({}))).items ?? [], []);
  });
});
