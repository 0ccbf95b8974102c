// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are full of them
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStackResourceCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  GetTemplateSummaryCommand,
  ListExportsCommand,
  ListStackResourcesCommand,
  ListStacksCommand,
  type Parameter,
  UpdateStackCommand,
  ValidateTemplateCommand,
} from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { DeleteObjectCommand, HeadBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

let sandbox: TestSandbox;
let cloudFormation: CloudFormationClient;
let s3: S3Client;
let logs: CloudWatchLogsClient;
before(async () => {
  sandbox = await startTestSandbox();
  cloudFormation = new CloudFormationClient(sandbox.clientConfig());
  s3 = new S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
  logs = new CloudWatchLogsClient(sandbox.clientConfig());
});
after(async () => {
  for (const client of [cloudFormation, s3, logs]) client.destroy();
  await sandbox.close();
});

const parameters = (values: Record<string, string>): Parameter[] =>
  Object.entries(values).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue }));
const create = (StackName: string, TemplateBody: string, more: object = {}) =>
  cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody, ...more }));
const update = (StackName: string, TemplateBody: string, more: object = {}) =>
  cloudFormation.send(new UpdateStackCommand({ StackName, TemplateBody, ...more }));
const remove = (StackName: string, more: object = {}) =>
  cloudFormation.send(new DeleteStackCommand({ StackName, ...more }));
const stack = async (StackName: string) =>
  (await cloudFormation.send(new DescribeStacksCommand({ StackName }))).Stacks![0]!;
/** `LOGICAL_ID STATUS REASON` of all events, oldest first. */
const events = async (StackName: string) =>
  ((await cloudFormation.send(new DescribeStackEventsCommand({ StackName }))).StackEvents ?? [])
    .reverse()
    .map((event) => `${event.LogicalResourceId} ${event.ResourceStatus} ${event.ResourceStatusReason ?? ""}`.trim());
const groups = async (logGroupNamePrefix: string) =>
  (await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix }))).logGroups?.map(
    (group) => `${group.logGroupName}:${group.retentionInDays}`,
  );
const group = (name: string, days = 7, more = "") =>
  `{Type: AWS::Logs::LogGroup, Properties: {LogGroupName: ${name}, RetentionInDays: ${days}}${more}}`;

describe("CloudFormation stacks", () => {
  it("functionality: resources in order of their references, outputs, events and queries", async () => {
    const template = `
Parameters: {Days: {Type: Number, Default: 7}, Secret: {Type: String, NoEcho: true, Default: s}}
Conditions: {Never: !Equals [a, b]}
Resources:
  Second: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Sub "\${First}-2", RetentionInDays: !Ref Days}}
  First: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Sub "/\${AWS::StackName}/one"}, Metadata: {a: 1}}
  Skipped: {Type: AWS::Logs::LogGroup, Condition: Never}
Outputs:
  Arn: {Value: !GetAtt Second.Arn, Export: {Name: !Sub "\${AWS::StackName}-arn"}}
  Gone: {Value: x, Condition: Never}`;
    const { StackId } = await create("basic", template, { Tags: [{ Key: "team", Value: "ml" }] });
    const made = await stack("basic");
    assert.equal(made.StackStatus, "CREATE_COMPLETE");
    assert.equal(made.StackId, StackId);
    assert.deepEqual(made.Parameters, [
      { ParameterKey: "Days", ParameterValue: "7" },
      { ParameterKey: "Secret", ParameterValue: "****" },
    ]);
    assert.deepEqual(made.Outputs, [
      {
        OutputKey: "Arn",
        OutputValue: "arn:aws:logs:us-east-1:123456789012:log-group:/basic/one-2:*",
        ExportName: "basic-arn",
      },
    ]);
    assert.deepEqual(await events("basic"), [
      "basic CREATE_IN_PROGRESS User Initiated",
      "First CREATE_IN_PROGRESS",
      "First CREATE_IN_PROGRESS Resource creation Initiated",
      "First CREATE_COMPLETE",
      "Second CREATE_IN_PROGRESS",
      "Second CREATE_IN_PROGRESS Resource creation Initiated",
      "Second CREATE_COMPLETE",
      "basic CREATE_COMPLETE",
    ]);
    const { StackResources } = await cloudFormation.send(
      new DescribeStackResourcesCommand({ PhysicalResourceId: "/basic/one-2" }),
    );
    assert.deepEqual(
      StackResources?.map((resource) => resource.LogicalResourceId),
      ["First", "Second"],
    );
    const list = await cloudFormation.send(new ListStackResourcesCommand({ StackName: "basic" }));
    assert.equal(list.StackResourceSummaries?.length, 2);
    const detail = await cloudFormation.send(
      new DescribeStackResourceCommand({ StackName: "basic", LogicalResourceId: "First" }),
    );
    assert.equal(detail.StackResourceDetail?.Metadata, '{"a":1}');
    assert.equal((await cloudFormation.send(new GetTemplateCommand({ StackName: "basic" }))).TemplateBody, template);
    assert.ok(
      (await cloudFormation.send(new ListExportsCommand({}))).Exports?.some((item) => item.Name === "basic-arn"),
    );
    await remove("basic");
    await assert.rejects(stack("basic"), { name: "ValidationError", message: "Stack with id basic does not exist" });
    assert.equal((await stack(StackId!)).StackStatus, "DELETE_COMPLETE");
    assert.deepEqual(await groups("/basic"), []);
    const deleted = await cloudFormation.send(new ListStacksCommand({ StackStatusFilter: ["DELETE_COMPLETE"] }));
    assert.ok(deleted.StackSummaries?.some((item) => item.StackId === StackId));
  });

  it("functionality: a failure rolls back and names the resource and the cause", async () => {
    await create("owner", `Resources: {G: ${group("/taken")}}`);
    await create(
      "failing",
      `Resources: {Good: ${group("/failing/good")}, Bad: ${group("/taken", 7, ", DependsOn: Good")}, After: ${group("/failing/after", 7, ", DependsOn: Bad")}}`,
    );
    assert.equal((await stack("failing")).StackStatus, "ROLLBACK_COMPLETE");
    const said = await events("failing");
    assert.ok(
      said.some((line) =>
        /^Bad CREATE_FAILED Resource handler returned message: "The specified log group already exists" \(RequestToken: [0-9a-f-]+, HandlerErrorCode: AlreadyExists\)$/.test(
          line,
        ),
      ),
      said.join("\n"),
    );
    assert.ok(
      said.includes(
        "failing ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Bad]. Rollback requested by user.",
      ),
    );
    assert.ok(!said.some((line) => line.startsWith("After")), "nothing is begun after the failure");
    assert.deepEqual(await groups("/failing"), []);
    assert.deepEqual(await groups("/taken"), ["/taken:7"], "what belongs to others stays");
    await assert.rejects(
      update("failing", "Resources: {A: {Type: AWS::Logs::LogGroup}}"),
      /is in ROLLBACK_COMPLETE state and can not be updated/,
    );
    await remove("failing");
  });

  it("functionality: OnFailure and DisableRollback", async () => {
    const body = (name: string) =>
      `Resources: {Good: ${group(`/${name}`)}, Bad: ${group("/taken", 7, ", DependsOn: Good")}}`;
    await create("kept", body("kept"), { DisableRollback: true });
    assert.equal((await stack("kept")).StackStatus, "CREATE_FAILED");
    assert.deepEqual(await groups("/kept"), ["/kept:7"]);
    await update("kept", `Resources: {Good: ${group("/kept")}, Bad: ${group("/kept/bad")}}`);
    assert.equal((await stack("kept")).StackStatus, "UPDATE_COMPLETE");
    const { StackId } = await create("gone", body("gone"), { OnFailure: "DELETE" });
    assert.equal((await stack(StackId!)).StackStatus, "DELETE_COMPLETE");
    assert.deepEqual(await groups("/gone"), []);
  });

  it("functionality: an uncovered type and a wrong property fail with their names", async () => {
    await create("uncovered", "Resources: {Q: {Type: AWS::SQS::Queue}}");
    assert.match(
      (await events("uncovered")).join("\n"),
      /Q CREATE_FAILED The resource type AWS::SQS::Queue is not supported by this sandbox/,
    );
    await create("extraneous", "Resources: {G: {Type: AWS::Logs::LogGroup, Properties: {Nope: 1}}}");
    assert.match(
      (await events("extraneous")).join("\n"),
      /G CREATE_FAILED Properties validation failed for resource G with message:\n#: extraneous key \[Nope\] is not permitted/,
    );
  });

  it("functionality: updates change in place, replace, add and remove, and clean up", async () => {
    await create("evolving", `Resources: {A: ${group("/ev/a", 7)}, B: ${group("/ev/b", 7)}, C: ${group("/ev/c", 7)}}`);
    await assert.rejects(
      update("evolving", `Resources: {A: ${group("/ev/a", 7)}, B: ${group("/ev/b", 7)}, C: ${group("/ev/c", 7)}}`),
      {
        name: "ValidationError",
        message: "No updates are to be performed.",
      },
    );
    await update(
      "evolving",
      `Resources: {A: ${group("/ev/a", 14)}, B: ${group("/ev/b2", 7)}, D: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Sub "\${B}/d", RetentionInDays: 1}}}`,
    );
    assert.equal((await stack("evolving")).StackStatus, "UPDATE_COMPLETE");
    assert.deepEqual(await groups("/ev"), ["/ev/a:14", "/ev/b2:7", "/ev/b2/d:1"]);
    const said = await events("evolving");
    for (const line of [
      "A UPDATE_COMPLETE",
      "B UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource; hence creating one.",
      "D CREATE_COMPLETE",
      "evolving UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
      "B DELETE_COMPLETE",
      "C DELETE_COMPLETE",
    ])
      assert.ok(said.includes(line), line);
    assert.equal(said.at(-1), "evolving UPDATE_COMPLETE");
  });

  it("functionality: a failed update goes back to what was", async () => {
    const before = `Resources: {A: ${group("/back/a", 7)}, B: ${group("/back/b", 7)}}`;
    await create("back", before);
    await update(
      "back",
      `Resources: {A: ${group("/back/a", 30)}, B: ${group("/back/b2", 7)}, N: ${group("/back/n")}, Bad: ${group("/taken", 7, ", DependsOn: [A, B, N]")}}`,
    );
    assert.equal((await stack("back")).StackStatus, "UPDATE_ROLLBACK_COMPLETE");
    assert.deepEqual(await groups("/back"), ["/back/a:7", "/back/b:7"]);
    assert.ok(
      (await events("back")).includes(
        "back UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Bad].",
      ),
    );
    const { StackResources } = await cloudFormation.send(new DescribeStackResourcesCommand({ StackName: "back" }));
    assert.deepEqual(
      StackResources?.map((resource) => resource.PhysicalResourceId),
      ["/back/a", "/back/b"],
    );
    assert.equal((await cloudFormation.send(new GetTemplateCommand({ StackName: "back" }))).TemplateBody, before);
  });

  it("functionality: a bucket with objects fails the deletion; retained resources stay", async () => {
    const bucket = (policy = "") => `{Type: AWS::S3::Bucket, Properties: {BucketName: cfn-full-bucket}${policy}}`;
    const { StackId } = await create("full", `Resources: {Bucket: ${bucket()}, G: ${group("/full")}}`);
    await s3.send(new PutObjectCommand({ Bucket: "cfn-full-bucket", Key: "k", Body: "v" }));
    await remove("full");
    const failed = await stack("full");
    assert.deepEqual(
      [failed.StackStatus, failed.StackStatusReason],
      ["DELETE_FAILED", "The following resource(s) failed to delete: [Bucket]."],
    );
    assert.match(
      (await events("full")).join("\n"),
      /Bucket DELETE_FAILED .*The bucket you tried to delete is not empty/,
    );
    await remove("full", { RetainResources: ["Bucket"] });
    assert.equal((await stack(StackId!)).StackStatus, "DELETE_COMPLETE");
    await s3.send(new HeadBucketCommand({ Bucket: "cfn-full-bucket" }));
    await s3.send(new DeleteObjectCommand({ Bucket: "cfn-full-bucket", Key: "k" }));
    const { StackId: second } = await create(
      "retained",
      `Resources: {Bucket: ${bucket(", DeletionPolicy: Retain").replace("full", "kept")}}`,
    );
    await remove("retained");
    assert.ok((await events(second!)).includes("Bucket DELETE_SKIPPED"));
    await s3.send(new HeadBucketCommand({ Bucket: "cfn-kept-bucket" }));
  });

  it("functionality: exports are imported, and kept while they are", async () => {
    await create(
      "exporter",
      `Resources: {G: ${group("/exp")}}\nOutputs: {Name: {Value: !Ref G, Export: {Name: shared}}}`,
    );
    await create(
      "importer",
      'Resources: {G: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Sub ["${N}/imp", {N: !ImportValue shared}]}}}',
    );
    assert.deepEqual(await groups("/exp/imp"), ["/exp/imp:undefined"]);
    await remove("exporter");
    assert.deepEqual(
      [(await stack("exporter")).StackStatus, (await stack("exporter")).StackStatusReason],
      ["DELETE_FAILED", "Export shared cannot be deleted as it is in use by importer"],
    );
    await remove("importer");
    await remove("exporter");
    await create(
      "orphan",
      "Resources: {G: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !ImportValue shared}}}",
    );
    assert.match((await events("orphan")).join("\n"), /G CREATE_FAILED No export named shared found\./);
  });

  it("validation: names, templates, parameters and capabilities", async () => {
    const body = `Resources: {G: ${group("/v")}}`;
    const refused = (name: string, text: string, message: RegExp | string, more = {}) =>
      assert.rejects(create(name, text, more), { message });
    await refused(
      "1bad",
      body,
      /'1bad' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression/,
    );
    await refused("owner", body, "Stack [owner] already exists");
    await refused("x", "Resources: {}", "Template format error: At least one Resources member must be defined.");
    await refused("x", body, "Parameters: [P] do not exist in the template", { Parameters: parameters({ P: "1" }) });
    await refused("x", `# ${"x".repeat(51_200)}\n${body}`, /length less than or equal to 51200/);
    const role =
      "Resources: {R: {Type: AWS::IAM::Role, Properties: {RoleName: named, AssumeRolePolicyDocument: {Statement: []}}}}";
    await refused("x", role, "Requires capabilities : [CAPABILITY_NAMED_IAM]", { Capabilities: ["CAPABILITY_IAM"] });
    await assert.rejects(stack("x"), /Stack with id x does not exist/);
    await assert.rejects(update("x", body), { message: "Stack [x] does not exist" });
    await assert.rejects(
      cloudFormation.send(new CreateStackCommand({ StackName: "x", TemplateURL: `${sandbox.endpoint}/nope-bucket/k` })),
      /S3 error: The specified bucket does not exist/,
    );
    const checked = await cloudFormation.send(new ValidateTemplateCommand({ TemplateBody: role }));
    assert.deepEqual(
      [checked.Capabilities, checked.CapabilitiesReason],
      [["CAPABILITY_NAMED_IAM"], "The following resource(s) require capabilities: [AWS::IAM::Role]"],
    );
  });
});

describe("CloudFormation and the project's templates", () => {
  it("functionality: the bucket for artifacts", async () => {
    await create("bootstrap", readFileSync("infra/bootstrap.yaml", "utf8"));
    const { StackStatus, Outputs } = await stack("bootstrap");
    assert.equal(StackStatus, "CREATE_COMPLETE", (await events("bootstrap")).join("\n"));
    assert.equal(Outputs?.[0]?.OutputValue, "sagemaker-ops-artifacts-123456789012-us-east-1");
  });

  it("functionality: roles with inline and managed policies follow the template", async () => {
    const role = (inline: string, managed = "") => `
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}
      Policies: [{PolicyName: ${inline}, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]}}]
      ${managed}
Outputs: {Arn: {Value: !GetAtt Role.Arn}, Name: {Value: !Ref Role}}`;
    const Capabilities = { Capabilities: ["CAPABILITY_IAM"] };
    await create("roles", role("one", "ManagedPolicyArns: [arn:aws:iam::aws:policy/ReadOnlyAccess]"), Capabilities);
    await update("roles", role("two"), Capabilities);
    const RoleName = (await stack("roles")).Outputs?.find((output) => output.OutputKey === "Name")?.OutputValue;
    assert.match(RoleName ?? "", /^roles-Role-[A-Z0-9]{12}$/);
    const iam = new IAMClient(sandbox.clientConfig());
    assert.equal(
      (await iam.send(new GetRoleCommand({ RoleName }))).Role?.Tags?.find(
        (tag) => tag.Key === "aws:cloudformation:stack-name",
      )?.Value,
      "roles",
    );
    await remove("roles");
    await assert.rejects(iam.send(new GetRoleCommand({ RoleName })), { name: "NoSuchEntityException" });
    iam.destroy();
  });

  it("serialization: the summary of the wine template", async () => {
    const TemplateBody = readFileSync("infra/template.yaml", "utf8");
    const summary = await cloudFormation.send(new GetTemplateSummaryCommand({ TemplateBody }));
    assert.ok(summary.ResourceTypes?.includes("AWS::SageMaker::Endpoint"));
    assert.deepEqual(summary.Capabilities, ["CAPABILITY_IAM"]);
    assert.equal(summary.Parameters?.find((item) => item.ParameterKey === "InstanceType")?.DefaultValue, "ml.m5.large");
  });
});
