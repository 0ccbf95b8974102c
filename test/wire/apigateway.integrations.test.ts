import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  APIGatewayClient,
  CreateDeploymentCommand,
  FlushStageAuthorizersCacheCommand,
  GetAuthorizersCommand,
  PutIntegrationCommand,
  UpdateAuthorizerCommand,
} from "@aws-sdk/client-api-gateway";
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
} from "@aws-sdk/client-cloudformation";
import { deployWine, eventually, WINE_ROW } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

/** Lets in by the token: its text says what the verdict is. */
const AUTHORIZER = `let calls = 0;
exports.handler = async (event) => {
  calls++;
  const token = event.authorizationToken ?? event.headers["X-User"];
  if (token === "unauthorized") throw new Error("Unauthorized");
  if (token === "broken") return { nothing: true };
  return {
    principalId: token,
    policyDocument: { Statement: [{ Action: "execute-api:Invoke", Effect: token === "deny" ? "Deny" : "Allow", Resource: token === "elsewhere" ? "arn:aws:execute-api:us-east-1:1:x/y/GET/z" : event.methodArn }] },
    context: { calls, who: "u-" + token },
  };
};`;
const BACKEND = `exports.handler = async (event) => {
  if (event.fail) throw new Error("[BadRequest] " + event.fail);
  return event;
};`;

const lambda = (source: string) => ({
  Type: "AWS::Lambda::Function",
  Properties: {
    Runtime: "nodejs20.x",
    Handler: "index.handler",
    Timeout: 10,
    Role: { "Fn::GetAtt": ["Role", "Arn"] },
    Code: { ZipFile: source },
  },
});
const permission = (name: string) => ({
  Type: "AWS::Lambda::Permission",
  Properties: { Action: "lambda:InvokeFunction", FunctionName: { Ref: name }, Principal: "apigateway.amazonaws.com" },
});
const uri = (name: string) => ({
  "Fn::Sub": `arn:aws:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/\${${name}.Arn}/invocations`,
});
const api = { Ref: "Api" };
const resource = (pathPart: string, parent: object = { "Fn::GetAtt": ["Api", "RootResourceId"] }) => ({
  Type: "AWS::ApiGateway::Resource",
  Properties: { RestApiId: api, ParentId: parent, PathPart: pathPart },
});
const method = (at: string, verb: string, integration: object, more: object = {}) => ({
  Type: "AWS::ApiGateway::Method",
  Properties: {
    RestApiId: api,
    ResourceId: { Ref: at },
    HttpMethod: verb,
    AuthorizationType: "NONE",
    Integration: integration,
    MethodResponses: [
      { StatusCode: "200", ResponseParameters: { "method.response.header.X-From": true } },
      { StatusCode: "400" },
    ],
    ...more,
  },
});
const ok = (template?: string, more: object = {}) => ({
  StatusCode: "200",
  ...(template !== undefined && { ResponseTemplates: { "application/json": template } }),
  ...more,
});

/** Echoes what Velocity knows of a request. */
const VELOCITY = `#set($body = $input.path('$'))
{
  "who": "$context.authorizer.who", "calls": $context.authorizer.calls,
  "stage": "$stageVariables.color", "id": "$input.params('id')", "q": "$util.escapeJavaScript($input.params().querystring.get('q'))",
  "names": [#foreach($item in $body.items)"$item.name.toUpperCase()"#if($foreach.hasNext),#end#end],
  "sum": #set($sum = 0)#foreach($item in $body.items)#set($sum = $sum + $item.n)#end$sum,
  "raw": $input.json('$.items[0]'),
  "missing": "$input.path('$.nothing')$!quiet",
  "danger": "$body.constructor$input.constructor.constructor('return 1')"
}`;

function template(sandbox: TestSandbox) {
  const custom = { AuthorizationType: "CUSTOM", AuthorizerId: { Ref: "Tokens" } };
  return {
    Resources: {
      Role: {
        Type: "AWS::IAM::Role",
        Properties: {
          AssumeRolePolicyDocument: {
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Principal: { Service: ["lambda.amazonaws.com", "apigateway.amazonaws.com"] },
                Action: "sts:AssumeRole",
              },
            ],
          },
        },
      },
      Guard: lambda(AUTHORIZER),
      GuardPermission: permission("Guard"),
      Backend: lambda(BACKEND),
      BackendPermission: permission("Backend"),
      Api: { Type: "AWS::ApiGateway::RestApi", Properties: { Name: "integrations" } },
      Tokens: {
        Type: "AWS::ApiGateway::Authorizer",
        Properties: {
          RestApiId: api,
          Name: "tokens",
          Type: "TOKEN",
          AuthorizerUri: uri("Guard"),
          IdentitySource: "method.request.header.Authorization",
          IdentityValidationExpression: "[a-z]+",
          AuthorizerResultTtlInSeconds: 300,
        },
      },
      Items: resource("items"),
      Item: resource("{id}", { Ref: "Items" }),
      Echo: method(
        "Item",
        "POST",
        {
          Type: "AWS",
          IntegrationHttpMethod: "POST",
          Uri: uri("Backend"),
          RequestTemplates: { "application/json": VELOCITY },
          IntegrationResponses: [ok()],
        },
        custom,
      ),
      Function: resource("function"),
      FunctionPost: method("Function", "POST", {
        Type: "AWS",
        IntegrationHttpMethod: "POST",
        Uri: uri("Backend"),
        RequestTemplates: { "application/json": '{"got": $input.json(\'$.a\'), "fail": "$!input.path(\'$.fail\')"}' },
        IntegrationResponses: [
          ok("$input.json('$.got')"),
          {
            StatusCode: "400",
            SelectionPattern: "\\[BadRequest\\].*",
            ResponseTemplates: { "application/json": '{"why": "$input.path(\'$.errorMessage\')"}' },
          },
        ],
      }),
      Proxy: resource("proxy"),
      ProxyAny: method("Proxy", "ANY", {
        Type: "HTTP_PROXY",
        IntegrationHttpMethod: "ANY",
        Uri: { "Fn::Sub": `${sandbox.endpoint}/_aws/execute-api/\${Api}/live/function` },
      }),
      Away: resource("away"),
      AwayGet: method("Away", "GET", { Type: "HTTP_PROXY", IntegrationHttpMethod: "GET", Uri: "https://example.com/" }),
      Predict: resource("predict"),
      PredictPost: method("Predict", "POST", {
        Type: "AWS",
        IntegrationHttpMethod: "POST",
        Credentials: { "Fn::GetAtt": ["Role", "Arn"] },
        Uri: "arn:aws:apigateway:us-east-1:runtime.sagemaker:path//endpoints/wine/invocations",
        RequestParameters: { "integration.request.header.Content-Type": "'text/csv'" },
        RequestTemplates: { "application/json": "$input.path('$.row')" },
        IntegrationResponses: [
          ok(undefined, {
            ResponseParameters: {
              "method.response.header.X-From": "integration.response.header.x-amzn-invoked-production-variant",
            },
          }),
        ],
      }),
      Deployment: {
        Type: "AWS::ApiGateway::Deployment",
        DependsOn: ["Echo", "FunctionPost", "ProxyAny", "AwayGet", "PredictPost"],
        Properties: { RestApiId: api },
      },
      Stage: {
        Type: "AWS::ApiGateway::Stage",
        Properties: {
          RestApiId: api,
          DeploymentId: { Ref: "Deployment" },
          StageName: "live",
          Variables: { color: "blue" },
        },
      },
    },
    Outputs: { Api: { Value: api }, Resource: { Value: { Ref: "Function" } }, Tokens: { Value: { Ref: "Tokens" } } },
  };
}

let sandbox: TestSandbox;
let client: APIGatewayClient;
let cloudFormation: CloudFormationClient;
let restApiId: string;
let outputs: Record<string, string>;

before(async () => {
  sandbox = await startTestSandbox();
  client = new APIGatewayClient(sandbox.clientConfig());
  cloudFormation = new CloudFormationClient(sandbox.clientConfig());
  await deployWine(sandbox);
  const StackName = "integrations";
  await cloudFormation.send(
    new CreateStackCommand({
      StackName,
      TemplateBody: JSON.stringify(template(sandbox)),
      Capabilities: ["CAPABILITY_IAM"],
    }),
  );
  const stack = await eventually("the stack is made", async () => {
    const found = (await cloudFormation.send(new DescribeStacksCommand({ StackName }))).Stacks?.[0];
    return !found?.StackStatus?.endsWith("_IN_PROGRESS") && found;
  });
  const { StackEvents = [] } = await cloudFormation.send(new DescribeStackEventsCommand({ StackName }));
  const failed = StackEvents.filter((event) => event.ResourceStatus?.endsWith("FAILED"));
  assert.equal(stack?.StackStatus, "CREATE_COMPLETE", failed.map((event) => event.ResourceStatusReason).join("\n"));
  outputs = Object.fromEntries((stack.Outputs ?? []).map((output) => [output.OutputKey!, output.OutputValue!]));
  restApiId = outputs.Api!;
});
after(async () => {
  client.destroy();
  cloudFormation.destroy();
  await sandbox.close();
});

async function call(path: string, headers: Record<string, string> = {}, body: unknown = {}, verb = "POST") {
  const answer = await fetch(`${sandbox.endpoint}/_aws/execute-api/${restApiId}/live${path}`, {
    method: verb,
    headers: { "content-type": "application/json", ...headers },
    body: verb === "GET" ? undefined : JSON.stringify(body),
  });
  return { status: answer.status, body: await answer.text(), headers: answer.headers };
}

describe("API Gateway integrations and authorizers", () => {
  it("functionality: a token authorizer lets in, refuses with AWS's words, and is remembered for its time", async () => {
    const at = (token?: string) => call("/items/7", token === undefined ? {} : { authorization: token });
    const refused = async (token: string | undefined, status: number, body: string) => {
      const answer = await at(token);
      assert.deepEqual([answer.status, answer.body], [status, body], token);
    };
    await refused(undefined, 401, '{"message":"Unauthorized"}');
    await refused("NOT-SMALL", 401, '{"message":"Unauthorized"}');
    await refused("unauthorized", 401, '{"message":"Unauthorized"}');
    await refused("deny", 403, '{"Message":"User is not authorized to access this resource with an explicit deny"}');
    await refused("elsewhere", 403, '{"Message":"User is not authorized to access this resource"}');
    await refused("broken", 500, '{"message":null}');
    const calls = async () => (JSON.parse((await at("ann")).body) as { calls: number }).calls;
    const first = await calls();
    assert.equal(await calls(), first);
    await client.send(new FlushStageAuthorizersCacheCommand({ restApiId, stageName: "live" }));
    assert.ok((await calls()) > first);
    const { items } = await client.send(new GetAuthorizersCommand({ restApiId }));
    assert.deepEqual(
      items?.map(({ name, authorizerResultTtlInSeconds: ttl }) => [name, ttl]),
      [["tokens", 300]],
    );
    await assert.rejects(
      client.send(
        new UpdateAuthorizerCommand({
          restApiId,
          authorizerId: outputs.Tokens,
          patchOperations: [{ op: "replace", path: "/authorizerResultTtlInSeconds", value: "4000" }],
        }),
      ),
      { name: "BadRequestException" },
    );
  });

  it("functionality: mapping templates know request, context and variables, and reach nothing else", async () => {
    const body = {
      items: [
        { name: "a", n: 1 },
        { name: "b", n: 2 },
      ],
    };
    const answer = await call("/items/7?q=a%22b", { authorization: "bob" }, body);
    const { calls, danger, ...rest } = JSON.parse(answer.body) as Record<string, unknown>;
    assert.equal(typeof calls, "number");
    assert.deepEqual(rest, {
      who: "u-bob",
      stage: "blue",
      id: "7",
      q: 'a"b',
      names: ["A", "B"],
      sum: 3,
      raw: { name: "a", n: 1 },
      missing: "",
    });
    assert.equal(danger, ""); // nothing of the runtime is there to be reached
  });

  it("functionality: a function without proxy gets the mapped body; its failure is chosen by pattern", async () => {
    const good = await call("/function", {}, { a: { b: [1] } });
    assert.deepEqual([good.status, good.body], [200, '{"b":[1]}']);
    const bad = await call("/function", {}, { fail: "no" });
    assert.deepEqual([bad.status, bad.body], [400, '{"why": "[BadRequest] no"}']);
  });

  it("functionality: an HTTP proxy hands on to this machine, and to nowhere else", async () => {
    assert.equal((await call("/proxy", {}, { a: 5 })).body, "5");
    const away = await call("/away", {}, undefined, "GET");
    assert.deepEqual(
      [away.status, away.body],
      [504, '{"message": "Network error communicating with endpoint"}'.replace(": ", ":")],
    );
  });

  it("functionality: an API asks SageMaker without a function between", async () => {
    const answer = await call("/predict", {}, { row: WINE_ROW });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("x-from"), "AllTraffic");
    assert.match(answer.body, /^0\.99/);
  });

  it("validation: a template that Velocity does not understand, and a service without a role, are refused", async () => {
    const key = {
      restApiId,
      resourceId: outputs.Resource,
      httpMethod: "POST",
      type: "AWS",
      integrationHttpMethod: "POST",
    } as const;
    const fn =
      "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:x/invocations";
    await assert.rejects(
      client.send(new PutIntegrationCommand({ ...key, uri: fn, requestTemplates: { "application/json": "#if($a" } })),
      { name: "BadRequestException", message: /Invalid mapping template specified/ },
    );
    await assert.rejects(
      client.send(new PutIntegrationCommand({ ...key, uri: "arn:aws:apigateway:us-east-1:s3:path/b/k" })),
      { name: "BadRequestException", message: "Role ARN must be specified for AWS integrations" },
    );
    await client.send(new CreateDeploymentCommand({ restApiId }));
  });

  it("functionality: the stack goes with everything", async () => {
    await cloudFormation.send(new DeleteStackCommand({ StackName: "integrations" }));
    await eventually("the stack is gone", () =>
      cloudFormation.send(new DescribeStacksCommand({ StackName: "integrations" })).then(
        () => false,
        () => true,
      ),
    );
    await assert.rejects(client.send(new GetAuthorizersCommand({ restApiId })), { name: "NotFoundException" });
  });
});
