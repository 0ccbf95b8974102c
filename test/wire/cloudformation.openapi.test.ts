import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  APIGatewayClient,
  DeleteRestApiCommand,
  GetIntegrationCommand,
  GetResourcesCommand,
  GetRestApiCommand,
  GetRestApisCommand,
} from "@aws-sdk/client-api-gateway";
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { HELLO_3, mock } from "./definitions.ts";
import { eventually } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

describe("AWS::ApiGateway::RestApi with a definition", () => {
  let sandbox: TestSandbox;
  let api: APIGatewayClient;
  let cloudFormation: CloudFormationClient;
  before(async () => {
    sandbox = await startTestSandbox();
    api = new APIGatewayClient(sandbox.clientConfig());
    cloudFormation = new CloudFormationClient(sandbox.clientConfig());
  });
  after(async () => {
    api.destroy();
    cloudFormation.destroy();
    await sandbox.close();
  });

  const settled = (StackName: string) =>
    eventually(`${StackName} is settled`, async () => {
      const [stack] = (await cloudFormation.send(new DescribeStacksCommand({ StackName }))).Stacks!;
      return !/IN_PROGRESS$/.test(stack!.StackStatus!) && stack;
    });
  const template = (Properties: object) =>
    JSON.stringify({
      Resources: {
        Api: { Type: "AWS::ApiGateway::RestApi", Properties },
        Deployment: {
          Type: "AWS::ApiGateway::Deployment",
          Properties: { RestApiId: { Ref: "Api" }, StageName: "live" },
        },
      },
      Outputs: { Id: { Value: { Ref: "Api" } }, Root: { Value: { "Fn::GetAtt": ["Api", "RootResourceId"] } } },
    });

  it("makes, changes and removes an API out of Body", async () => {
    const body = (text: string) => ({
      openapi: "3.0.1",
      info: { title: { "Fn::Join": ["-", [{ Ref: "AWS::StackName" }, "api"]] }, version: "1" },
      paths: { "/hi": { get: { responses: { "200": {} }, "x-amazon-apigateway-integration": mock(text) } } },
    });
    await cloudFormation.send(
      new CreateStackCommand({
        StackName: "defined",
        TemplateBody: template({ Body: body('"one"'), Description: "said" }),
      }),
    );
    const made = await settled("defined");
    assert.equal(made.StackStatus, "CREATE_COMPLETE", made.StackStatusReason);
    const [id = "", root] = ["Id", "Root"].map(
      (key) => made.Outputs!.find((one) => one.OutputKey === key)!.OutputValue,
    );
    const about = await api.send(new GetRestApiCommand({ restApiId: id }));
    assert.equal(about.name, "defined-api");
    assert.equal(about.description, "said");
    assert.equal(about.rootResourceId, root);
    assert.equal(about.tags!["aws:cloudformation:stack-name"], "defined");
    const url = `${sandbox.endpoint}/_aws/execute-api/${id}/live/hi`;
    assert.equal(await (await fetch(url)).json(), "one");

    await cloudFormation.send(
      new UpdateStackCommand({ StackName: "defined", TemplateBody: template({ Body: body('"two"'), Name: "named" }) }),
    );
    assert.equal((await settled("defined")).StackStatus, "UPDATE_COMPLETE");
    assert.equal((await api.send(new GetRestApiCommand({ restApiId: id }))).name, "named");
    const { items = [] } = await api.send(new GetResourcesCommand({ restApiId: id }));
    const resourceId = items.find(({ path }) => path === "/hi")!.id!;
    const { integrationResponses } = await api.send(
      new GetIntegrationCommand({ restApiId: id, resourceId, httpMethod: "GET" }),
    );
    assert.deepEqual(integrationResponses!["200"]!.responseTemplates, { "application/json": '"two"' });

    await cloudFormation.send(new DeleteStackCommand({ StackName: "defined" }));
    await eventually("the API is gone", async () => {
      const { items = [] } = await api.send(new GetRestApisCommand({ limit: 500 }));
      return !items.some((one) => one.id === id);
    });
  });

  it("reads BodyS3Location, and fails with the import's words", async () => {
    const s3 = new S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: "definitions" }));
    await s3.send(new PutObjectCommand({ Bucket: "definitions", Key: "hello.yaml", Body: HELLO_3 }));
    s3.destroy();
    const at = { BodyS3Location: { Bucket: "definitions", Key: "hello.yaml" }, Parameters: { basepath: "prepend" } };
    await cloudFormation.send(new CreateStackCommand({ StackName: "from-s3", TemplateBody: template(at) }));
    const made = await settled("from-s3");
    assert.equal(made.StackStatus, "CREATE_COMPLETE", made.StackStatusReason);
    const id = made.Outputs!.find(({ OutputKey }) => OutputKey === "Id")!.OutputValue!;
    assert.deepEqual(
      await (await fetch(`${sandbox.endpoint}/_aws/execute-api/${id}/live/prod/api/hello?name=s3`)).json(),
      {
        hello: "s3",
      },
    );
    await api.send(new DeleteRestApiCommand({ restApiId: id }));

    const Body = {
      swagger: "2.0",
      info: { title: "bad" },
      paths: { "/x": { get: { "x-amazon-apigateway-integration": { type: "aws", httpMethod: "POST", uri: "x" } } } },
    };
    await cloudFormation.send(new CreateStackCommand({ StackName: "bad-body", TemplateBody: template({ Body }) }));
    assert.equal((await settled("bad-body")).StackStatus, "ROLLBACK_COMPLETE");
    const events = (await cloudFormation.send(new DescribeStackEventsCommand({ StackName: "bad-body" }))).StackEvents!;
    const failed = events.find(({ ResourceStatus }) => ResourceStatus === "CREATE_FAILED")!;
    assert.match(
      failed.ResourceStatusReason!,
      /Unable to put integration on 'GET' for resource at path '\/x': Invalid ARN/,
    );
  });
});
