// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are full of them
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { APIGatewayClient, GetRestApiCommand, GetUsagePlanCommand } from "@aws-sdk/client-api-gateway";
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { GetPolicyVersionCommand, IAMClient, ListRolePoliciesCommand } from "@aws-sdk/client-iam";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketWebsiteCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

let sandbox: TestSandbox;
let cloudFormation: CloudFormationClient;
let iam: IAMClient;
let lambda: LambdaClient;
let api: APIGatewayClient;
before(async () => {
  sandbox = await startTestSandbox();
  cloudFormation = new CloudFormationClient(sandbox.clientConfig());
  iam = new IAMClient(sandbox.clientConfig());
  lambda = new LambdaClient(sandbox.clientConfig());
  api = new APIGatewayClient(sandbox.clientConfig());
});
after(async () => {
  for (const client of [cloudFormation, iam, lambda, api]) client.destroy();
  await sandbox.close();
});

const Capabilities = ["CAPABILITY_NAMED_IAM" as const];
const outcome = async (StackName: string) => {
  const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
  const { StackEvents = [] } = await cloudFormation.send(new DescribeStackEventsCommand({ StackName }));
  const reasons = StackEvents.filter((event) => /FAILED/.test(event.ResourceStatus ?? "")).map(
    (event) => `${event.LogicalResourceId}: ${event.ResourceStatusReason}`,
  );
  const outputs = (Stacks![0]!.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]);
  return { status: Stacks![0]!.StackStatus, reasons, outputs: Object.fromEntries(outputs) as Record<string, string> };
};
const create = async (StackName: string, TemplateBody: string) => {
  await cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody, Capabilities }));
  const made = await outcome(StackName);
  assert.deepEqual([made.status, made.reasons], ["CREATE_COMPLETE", []]);
  return made.outputs;
};
const update = async (StackName: string, TemplateBody: string) => {
  await cloudFormation.send(new UpdateStackCommand({ StackName, TemplateBody, Capabilities }));
  const made = await outcome(StackName);
  assert.deepEqual([made.status, made.reasons], ["UPDATE_COMPLETE", []]);
  return made.outputs;
};
const remove = async (StackName: string) => {
  const { StackId } = (await cloudFormation.send(new DescribeStacksCommand({ StackName }))).Stacks![0]!;
  await cloudFormation.send(new DeleteStackCommand({ StackName }));
  const gone = await outcome(StackId!);
  assert.deepEqual([gone.status, gone.reasons], ["DELETE_COMPLETE", []]);
};
const physicalIds = async (StackName: string) => {
  const { StackResources } = await cloudFormation.send(new DescribeStackResourcesCommand({ StackName }));
  return Object.fromEntries(StackResources!.map((item) => [item.LogicalResourceId!, item.PhysicalResourceId!]));
};

const role = `
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}`;

describe("CloudFormation's resource types", () => {
  it("functionality: policies, users, keys and profiles of IAM", async () => {
    const template = (action: string) => `
Resources:${role}
  Inline:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: inline
      Roles: [!Ref Role]
      PolicyDocument: {Version: "2012-10-17", Statement: {Effect: Allow, Action: "${action}", Resource: "*"}}
  Managed:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Roles: [!Ref Role]
      Users: [!Ref User]
      PolicyDocument: {Version: "2012-10-17", Statement: {Effect: Allow, Action: "${action}", Resource: "*"}}
  Profile: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!Ref Role]}}
  User: {Type: AWS::IAM::User}
  Key: {Type: AWS::IAM::AccessKey, Properties: {UserName: !Ref User}}
Outputs:
  Role: {Value: !Ref Role}
  Managed: {Value: !Ref Managed}
  Secret: {Value: !GetAtt Key.SecretAccessKey}`;
    const made = await create("iam", template("s3:Get*"));
    assert.ok(made.Secret!.length > 20);
    assert.deepEqual((await iam.send(new ListRolePoliciesCommand({ RoleName: made.Role }))).PolicyNames, ["inline"]);
    const ids = await physicalIds("iam");
    const changed = await update("iam", template("s3:Put*"));
    assert.deepEqual(await physicalIds("iam"), ids, "changed in place");
    const { PolicyVersion } = await iam.send(
      new GetPolicyVersionCommand({ PolicyArn: changed.Managed, VersionId: "v2" }),
    );
    assert.match(decodeURIComponent(PolicyVersion!.Document!), /s3:Put/);
    await remove("iam");
  });

  it("functionality: versions and aliases of functions, with their share of the concurrency", async () => {
    const template = (answer: string, version: string) => `
Resources:${role}
  Fn:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: nodejs20.x
      Handler: index.handler
      Role: !GetAtt Role.Arn
      ReservedConcurrentExecutions: 5
      Code: {ZipFile: "exports.handler = async () => '${answer}'"}
  ${version}: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Fn}}
  Live:
    Type: AWS::Lambda::Alias
    Properties: {FunctionName: !Ref Fn, FunctionVersion: !GetAtt ${version}.Version, Name: live}
Outputs:
  Alias: {Value: !Ref Live}`;
    const made = await create("fn", template("one", "V1"));
    const invoke = async () =>
      Buffer.from((await lambda.send(new InvokeCommand({ FunctionName: made.Alias }))).Payload ?? []).toString();
    assert.equal(await invoke(), '"one"');
    await update("fn", template("two", "V2"));
    assert.equal(await invoke(), '"two"');
    await remove("fn");
  });

  it("functionality: keys, plans, models and validators of an API; the API changes in place", async () => {
    const template = (description: string, limit: number) => `
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Name: typed
      Description: ${description}
      BinaryMediaTypes: [image/${description}]
      EndpointConfiguration: {Types: [REGIONAL]}
  Validator: {Type: AWS::ApiGateway::RequestValidator, Properties: {RestApiId: !Ref Api, ValidateRequestBody: true}}
  Model:
    Type: AWS::ApiGateway::Model
    Properties: {RestApiId: !Ref Api, ContentType: application/json, Name: Wine, Schema: {type: object}}
  Method:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !GetAtt Api.RootResourceId
      HttpMethod: GET
      AuthorizationType: NONE
      ApiKeyRequired: true
      RequestValidatorId: !Ref Validator
      RequestModels: {application/json: !Ref Model}
      Integration: {Type: MOCK}
  Deployment:
    Type: AWS::ApiGateway::Deployment
    DependsOn: Method
    Properties: {RestApiId: !Ref Api, StageName: s, StageDescription: {Description: x, Variables: {a: b}}}
  Key: {Type: AWS::ApiGateway::ApiKey, Properties: {Enabled: true, Value: a-value-with-twenty-letters}}
  Plan:
    Type: AWS::ApiGateway::UsagePlan
    DependsOn: Deployment
    Properties:
      ApiStages: [{ApiId: !Ref Api, Stage: s}]
      Throttle: {RateLimit: ${limit}, BurstLimit: 5}
      Quota: {Limit: ${limit}, Period: DAY}
  PlanKey:
    Type: AWS::ApiGateway::UsagePlanKey
    Properties: {KeyId: !Ref Key, KeyType: API_KEY, UsagePlanId: !Ref Plan}
  Account: {Type: AWS::ApiGateway::Account, Properties: {}}
Outputs:
  Api: {Value: !Ref Api}
  Plan: {Value: !Ref Plan}`;
    const made = await create("api", template("first", 10));
    const ids = await physicalIds("api");
    await update("api", template("second", 20));
    assert.deepEqual(await physicalIds("api"), ids, "changed in place");
    const shown = await api.send(new GetRestApiCommand({ restApiId: made.Api }));
    assert.deepEqual([shown.description, shown.binaryMediaTypes], ["second", ["image/second"]]);
    const plan = await api.send(new GetUsagePlanCommand({ usagePlanId: made.Plan }));
    assert.deepEqual(plan.quota, { limit: 20, offset: 0, period: "DAY" });
    assert.deepEqual(plan.throttle, { rateLimit: 20, burstLimit: 5 });
    await remove("api");
  });

  it("functionality: a dashboard, a log stream and a handle", async () => {
    const template = (title: string) => `
Resources:
  Handle: {Type: AWS::CloudFormation::WaitConditionHandle}
  Group: {Type: AWS::Logs::LogGroup}
  Stream: {Type: AWS::Logs::LogStream, Properties: {LogGroupName: !Ref Group}}
  Board:
    Type: AWS::CloudWatch::Dashboard
    Properties:
      DashboardName: board
      DashboardBody: '{"widgets":[{"type":"text","width":1,"height":1,"properties":{"markdown":"${title}"}}]}'
Outputs:
  Handle: {Value: !Ref Handle}`;
    const made = await create("various", template("a"));
    assert.match(made.Handle!, /^http:\/\/127\.0\.0\.1:\d+\/_aws\/cloudformation\/answer\//);
    await update("various", template("b"));
    await remove("various");
  });

  it("functionality: a bucket with its settings, which go with the template", async () => {
    const settings = `
      AccessControl: PublicRead
      CorsConfiguration: {CorsRules: [{AllowedMethods: [GET], AllowedOrigins: ["*"], MaxAge: 9}]}
      WebsiteConfiguration: {IndexDocument: index.html, ErrorDocument: 404.html}
      LifecycleConfiguration: {Rules: [{Id: a, Status: Enabled, Transitions: [{StorageClass: GLACIER, TransitionInDays: 9}]}]}
      OwnershipControls: {Rules: [{ObjectOwnership: ObjectWriter}]}
      PublicAccessBlockConfiguration: {BlockPublicAcls: false}`;
    const template = (more: string) => `
Resources:
  Site:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: typed-bucket${more}`;
    await create("bucket", template(settings));
    const s3 = new S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
    const Bucket = "typed-bucket";
    const { CORSRules } = await s3.send(new GetBucketCorsCommand({ Bucket }));
    assert.deepEqual(CORSRules, [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"], MaxAgeSeconds: 9 }]);
    const website = await s3.send(new GetBucketWebsiteCommand({ Bucket }));
    assert.deepEqual([website.IndexDocument?.Suffix, website.ErrorDocument?.Key], ["index.html", "404.html"]);
    const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    assert.deepEqual(Rules?.[0]?.Transitions, [{ Days: 9, StorageClass: "GLACIER" }]);
    await update("bucket", template(""));
    await assert.rejects(s3.send(new GetBucketCorsCommand({ Bucket })), { name: "NoSuchCORSConfiguration" });
    await remove("bucket");
    s3.destroy();
  });

  it("validation: what is not covered fails the stack by its name", async () => {
    const fails = async (StackName: string, resource: object, reason: RegExp) => {
      const TemplateBody = JSON.stringify({ Resources: { R: resource } });
      await cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody, Capabilities }));
      const { status, reasons } = await outcome(StackName);
      assert.equal(status, "ROLLBACK_COMPLETE");
      assert.match(reasons[0] ?? "", reason);
    };
    await fails("topic", { Type: "AWS::SNS::Topic" }, /AWS::SNS::Topic is not supported by this sandbox/);
    await fails(
      "clone",
      { Type: "AWS::ApiGateway::RestApi", Properties: { CloneFrom: "x" } },
      /#\/CloneFrom: this sandbox does not clone APIs/,
    );
    const PolicyDocument = { Version: "2012-10-17", Statement: { Effect: "Allow", Action: "*", Resource: "*" } };
    const policy = { Type: "AWS::IAM::Policy", Properties: { PolicyName: "p", PolicyDocument } };
    await fails("policy", policy, /At least one of \[Groups,Roles,Users\] must be non-empty/);
  });
});
