import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  GetPolicyCommand,
  GetRoleCommand,
  GetUserCommand,
  IAMClient,
  ListPoliciesCommand,
  ListUsersCommand,
} from "@aws-sdk/client-iam";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

// As others have seen it in answers of AWS and written it down in test suites of their own.
let sandbox: TestSandbox;
let cloudFormation: CloudFormationClient;
let iam: IAMClient;
before(async () => {
  sandbox = await startTestSandbox();
  cloudFormation = new CloudFormationClient(sandbox.clientConfig());
  iam = new IAMClient(sandbox.clientConfig());
});
after(async () => {
  cloudFormation.destroy();
  iam.destroy();
  await sandbox.close();
});

describe("CloudFormation, as seen on AWS", () => {
  const group = { Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: { Ref: "Name" } } };
  const template = (outputs: object, more: object = {}) =>
    JSON.stringify({
      Parameters: { Make: { Type: "String", Default: "no" }, Name: { Type: "String", Default: "seen" } },
      Conditions: { Makes: { "Fn::Equals": [{ Ref: "Make" }, "yes"] } },
      Resources: { Group: { ...group, Condition: "Makes" }, Always: { Type: "AWS::Logs::LogGroup" }, ...more },
      Outputs: outputs,
    });
  const create = (StackName: string, TemplateBody: string, Make = "no") =>
    cloudFormation.send(
      new CreateStackCommand({ StackName, TemplateBody, Parameters: [{ ParameterKey: "Make", ParameterValue: Make }] }),
    );

  it("an output of a resource that its condition leaves out is refused before anything is made", async () => {
    const named = template({ Group: { Value: { "Fn::GetAtt": ["Group", "Arn"] } } });
    await assert.rejects(create("absent", named), {
      name: "ValidationError",
      message: "Unresolved resource dependencies [Group] in the Outputs block of the template",
    });
    await create("present", named, "yes");
    const resource = { Stream: { Type: "AWS::Logs::LogStream", Properties: { LogGroupName: { Ref: "Group" } } } };
    await assert.rejects(create("needed", template({}, resource)), {
      message: "Template format error: Unresolved resource dependencies [Group] in the Resources block of the template",
    });
    const either = { "Fn::If": ["Makes", { Ref: "Group" }, { Ref: "Always" }] };
    await create("either", template({ Group: { Value: either } }));
    const [stack] = (await cloudFormation.send(new DescribeStacksCommand({ StackName: "either" }))).Stacks!;
    assert.match(stack!.Outputs![0]!.OutputValue!, /^either-Always-/);
  });

  it("the previous value of a parameter is used beside an empty one, not beside another", async () => {
    const update = (ParameterValue: string) =>
      cloudFormation.send(
        new UpdateStackCommand({
          StackName: "present",
          UsePreviousTemplate: true,
          Parameters: [
            { ParameterKey: "Make", UsePreviousValue: true, ParameterValue },
            { ParameterKey: "Name", ParameterValue: "seen-anew" },
          ],
        }),
      );
    await assert.rejects(update("no"), {
      message:
        "Invalid input for parameter key Make. Cannot specify usePreviousValue as true and non empty value for a parameter",
    });
    await update("");
    const [stack] = (await cloudFormation.send(new DescribeStacksCommand({ StackName: "present" }))).Stacks!;
    assert.match(stack!.Outputs![0]!.OutputValue!, /:log-group:seen-anew:\*$/);
  });
});

describe("IAM, as seen on AWS", () => {
  const document = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }],
  });

  it("what is created, read and listed tells more or less of itself", async () => {
    const made = await iam.send(
      new CreatePolicyCommand({ PolicyName: "p", Path: "/seen/", PolicyDocument: document, Description: "what for" }),
    );
    assert.deepEqual([made.Policy!.Description, made.Policy!.Tags], [undefined, undefined]);
    const read = await iam.send(new GetPolicyCommand({ PolicyArn: made.Policy!.Arn }));
    assert.deepEqual([read.Policy!.Description, read.Policy!.Tags], ["what for", []]);
    const [listed] = (await iam.send(new ListPoliciesCommand({ PathPrefix: "/seen/" }))).Policies!;
    assert.deepEqual([listed!.Description, listed!.Tags], [undefined, undefined]);
    const user = { UserName: "u", Path: "/seen/", PermissionsBoundary: made.Policy!.Arn };
    await iam.send(new CreateUserCommand(user));
    assert.ok((await iam.send(new GetUserCommand({ UserName: "u" }))).User!.PermissionsBoundary);
    const [one] = (await iam.send(new ListUsersCommand({ PathPrefix: "/seen/" }))).Users!;
    assert.equal(one!.PermissionsBoundary, undefined);
  });

  it("functionality: roles, boundaries and wrong ARNs are told in IAM's words", async () => {
    const AssumeRolePolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
    });
    const made = await iam.send(new CreateRoleCommand({ RoleName: "r", AssumeRolePolicyDocument }));
    assert.equal(made.Role!.MaxSessionDuration, undefined);
    assert.equal((await iam.send(new GetRoleCommand({ RoleName: "r" }))).Role!.MaxSessionDuration, 3600);
    await assert.rejects(
      iam.send(new AttachRolePolicyCommand({ RoleName: "r", PolicyArn: "a-name-and-no-arn-at-all" })),
      {
        name: "ValidationError",
        message: "Invalid ARN:  Could not be parsed!",
      },
    );
    const { User } = await iam.send(new GetUserCommand({ UserName: "u" }));
    assert.equal(User!.PermissionsBoundary!.PermissionsBoundaryType, "Policy");
  });

  it("functionality: tags of a session are refused that name a key twice, or hand on one that is not there", async () => {
    const sts = new STSClient(sandbox.clientConfig());
    const assume = (TransitiveTagKeys: string[], ...keys: string[]) =>
      sts.send(
        new AssumeRoleCommand({
          RoleArn: `arn:aws:iam::${sandbox.accountId}:role/r`,
          RoleSessionName: "tagged",
          Tags: keys.map((Key) => ({ Key, Value: "v" })),
          TransitiveTagKeys,
        }),
      );
    const refused = (message: string) => ({ name: "InvalidParameterValue", message });
    await assert.rejects(
      assume(["Other"], "Team"),
      refused("The specified transitive tag key must be included in the requested tags."),
    );
    await assert.rejects(
      assume([], "Team", "team"),
      refused("Duplicate tag keys found. Please note that Tag keys are case insensitive."),
    );
    assert.ok((await assume(["team"], "Team")).Credentials);
    sts.destroy();
  });
});
