// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are full of them
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  CreateStackCommand,
  DescribeChangeSetCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { HELLO_3 } from "./definitions.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

let sandbox: TestSandbox;
let cloudFormation: CloudFormationClient;
let s3: S3Client;
before(async () => {
  sandbox = await startTestSandbox();
  cloudFormation = new CloudFormationClient(sandbox.clientConfig());
  s3 = new S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: "snippets" }));
  await put("api.yaml", HELLO_3);
  await put("group.json", '{"RetentionInDays": 7, "LogGroupName": {"Fn::Sub": "${AWS::StackName}-included"}}');
  await put(
    "more.yaml",
    "Resources:\n  Second: {Type: AWS::Logs::LogGroup}\nOutputs:\n  Second: {Value: !Ref Second}\n",
  );
});
after(async () => {
  cloudFormation.destroy();
  s3.destroy();
  await sandbox.close();
});

const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket: "snippets", Key, Body }));
const include = (Location: unknown) => ({ Name: "AWS::Include", Parameters: { Location } });
const Capabilities = ["CAPABILITY_AUTO_EXPAND" as const];
const create = (StackName: string, template: object, more: object = { Capabilities }) =>
  cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody: JSON.stringify(template), ...more }));
const outputs = async (StackName: string) => {
  const [stack] = (await cloudFormation.send(new DescribeStacksCommand({ StackName }))).Stacks!;
  const list = (stack!.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]);
  return { status: stack!.StackStatus, ...Object.fromEntries(list) };
};

describe("AWS::Include", () => {
  it("takes an API's definition in, at a place that a parameter names", async () => {
    const template = {
      Parameters: { Bucket: { Type: "String" } },
      Resources: {
        Api: {
          Type: "AWS::ApiGateway::RestApi",
          Properties: { Body: { "Fn::Transform": include({ "Fn::Sub": "s3://${Bucket}/api.yaml" }) } },
        },
        Deployment: {
          Type: "AWS::ApiGateway::Deployment",
          Properties: { RestApiId: { Ref: "Api" }, StageName: "live" },
        },
      },
      Outputs: { Id: { Value: { Ref: "Api" } } },
    };
    const Parameters = [{ ParameterKey: "Bucket", ParameterValue: "snippets" }];
    await assert.rejects(create("inc", template, { Parameters }), {
      name: "InsufficientCapabilitiesException",
      message: "Requires capabilities : [CAPABILITY_AUTO_EXPAND]",
    });
    await create("inc", template, { Parameters, Capabilities });
    const { status, Id } = await outputs("inc");
    assert.equal(status, "CREATE_COMPLETE");
    const answer = await fetch(`${sandbox.endpoint}/_aws/execute-api/${Id}/live/hello?name=you`);
    assert.deepEqual(await answer.json(), { hello: "you" });
    const { TemplateBody } = await cloudFormation.send(
      new GetTemplateCommand({ StackName: "inc", TemplateStage: "Processed" }),
    );
    assert.match(TemplateBody!, /"title": "Hello"/);
  });

  it("joins what is included with what stands beside it, and whole sections", async () => {
    const template = {
      Transform: include("s3://snippets/more.yaml"),
      Resources: {
        First: {
          Type: "AWS::Logs::LogGroup",
          Properties: { "Fn::Transform": include("s3://snippets/group.json"), RetentionInDays: 3 },
        },
      },
      Outputs: { First: { Value: { Ref: "First" } } },
    };
    await create("joined", template);
    const { status, First, Second } = await outputs("joined");
    assert.equal(status, "CREATE_COMPLETE");
    assert.equal(First, "joined-included");
    assert.match(Second!, /^joined-Second-/);
    const { StackResources = [] } = await cloudFormation.send(
      new DescribeStackResourcesCommand({ StackName: "joined" }),
    );
    assert.equal(StackResources.length, 2);
    // The text is read anew when the stack is updated.
    await put("group.json", '{"LogGroupName": "other-name"}');
    const TemplateBody = JSON.stringify(template);
    const named = { StackName: "joined", ChangeSetName: "c" };
    await cloudFormation.send(new CreateChangeSetCommand({ ...named, TemplateBody }));
    const { Changes = [] } = await cloudFormation.send(new DescribeChangeSetCommand(named));
    assert.equal(Changes[0]!.ResourceChange!.Replacement, "True");
    await cloudFormation.send(new UpdateStackCommand({ StackName: "joined", TemplateBody, Capabilities }));
    assert.equal((await outputs("joined")).First, "other-name");
  });

  it("is refused with its reason", async () => {
    const at = (location: unknown) => ({
      Resources: { G: { Type: "AWS::Logs::LogGroup", Properties: { "Fn::Transform": include(location) } } },
    });
    for (const [location, message] of [
      ["https://example.com/x", /^Transform AWS::Include failed with: The location parameter is not a valid S3 uri/],
      ["s3://snippets/nothing.yaml", /^Transform AWS::Include failed with: The specified key does not exist/],
      ["s3://no-such-bucket-here/x", /^Transform AWS::Include failed with: The specified bucket does not exist/],
      [{ Ref: "G" }, /^Transform AWS::Include failed with: The location parameter must be known/],
    ] as const)
      await assert.rejects(create("bad", at(location)), { name: "ValidationError", message });
    await assert.rejects(
      create("macro", { Resources: { G: { Type: "T", Properties: { "Fn::Transform": { Name: "Mine" } } } } }),
      {
        message: /^No transform named Mine found\. This sandbox runs AWS::LanguageExtensions and AWS::Include only/,
      },
    );
  });
});
