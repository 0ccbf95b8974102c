import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListInstanceProfilesForRoleCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  ListRoleTagsCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from "@aws-sdk/client-iam";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
const policy = JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action: "s3:*", Resource: "*" } });

let sandbox: TestSandbox;
let iam: IAMClient;
let sts: STSClient;
before(async () => {
  sandbox = await startTestSandbox();
  iam = new IAMClient(sandbox.clientConfig());
  sts = new STSClient(sandbox.clientConfig());
});
after(async () => {
  iam.destroy();
  sts.destroy();
  await sandbox.close();
});

describe("IAM roles", () => {
  it("serialization: a role comes back with its percent-encoded trust policy and tags", async () => {
    const made = await iam.send(
      new CreateRoleCommand({
        RoleName: "r1",
        Path: "/ml/",
        AssumeRolePolicyDocument: trust,
        Description: '<&> of "wine"',
        Tags: [{ Key: "a", Value: "b@c" }],
      }),
    );
    assert.equal(made.Role?.Arn, "arn:aws:iam::123456789012:role/ml/r1");
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: "r1" }));
    assert.equal(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ""), trust);
    assert.equal(Role?.Description, '<&> of "wine"');
    assert.deepEqual(Role?.Tags, [{ Key: "a", Value: "b@c" }]);
    assert.match(Role?.RoleId ?? "", /^AROA[A-Z0-9]{17}$/);
  });

  it("validation: duplicates, missing roles, broken documents", async () => {
    const make = (RoleName: string, AssumeRolePolicyDocument = trust) =>
      iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
    await assert.rejects(make("r1"), {
      name: "EntityAlreadyExistsException",
      message: "Role with name r1 already exists.",
    });
    await assert.rejects(make("r2", "{"), { name: "MalformedPolicyDocumentException" });
    await assert.rejects(make("r2", policy), { message: "AssumeRole policy must contain a principal." });
    await assert.rejects(iam.send(new GetRoleCommand({ RoleName: "nope" })), {
      name: "NoSuchEntityException",
      message: "The role with name nope cannot be found.",
    });
  });

  it("functionality: a role with policies is not deleted until they are gone", async () => {
    const RoleName = "r3";
    const PolicyArn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }));
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "p", PolicyDocument: policy }));
    await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
    await assert.rejects(iam.send(new DeleteRoleCommand({ RoleName })), {
      name: "DeleteConflictException",
      message: "Cannot delete entity, must delete policies first.",
    });
    assert.equal(
      decodeURIComponent(
        (await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: "p" }))).PolicyDocument ?? "",
      ),
      policy,
    );
    assert.deepEqual((await iam.send(new ListRolePoliciesCommand({ RoleName }))).PolicyNames, ["p"]);
    await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: "p" }));
    await assert.rejects(iam.send(new DeleteRoleCommand({ RoleName })), {
      message: "Cannot delete entity, must detach all policies first.",
    });
    assert.deepEqual((await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }))).AttachedPolicies, [
      { PolicyArn, PolicyName: "AWSLambdaBasicExecutionRole" },
    ]);
    await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
    await iam.send(new TagRoleCommand({ RoleName, Tags: [{ Key: "k", Value: "v" }] }));
    assert.deepEqual((await iam.send(new ListRoleTagsCommand({ RoleName }))).Tags, [{ Key: "k", Value: "v" }]);
    await iam.send(
      new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: trust.replace("lambda", "sagemaker") }),
    );
    assert.deepEqual((await iam.send(new ListInstanceProfilesForRoleCommand({ RoleName }))).InstanceProfiles ?? [], []);
    await iam.send(new DeleteRoleCommand({ RoleName }));
    const names = (await iam.send(new ListRolesCommand({}))).Roles?.map((role) => role.RoleName);
    assert.deepEqual(names, ["r1"]);
  });
});

describe("STS", () => {
  it("functionality: says who calls; keys of an assumed role work and carry its identity", async () => {
    assert.equal((await sts.send(new GetCallerIdentityCommand({}))).Arn, "arn:aws:iam::123456789012:root");
    const RoleArn = "arn:aws:iam::123456789012:role/ml/r1";
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "me" }));
    const other = new STSClient({
      ...sandbox.clientConfig(),
      credentials: {
        accessKeyId: Credentials?.AccessKeyId ?? "",
        secretAccessKey: Credentials?.SecretAccessKey ?? "",
        sessionToken: Credentials?.SessionToken,
      },
    });
    const identity = await other.send(new GetCallerIdentityCommand({}));
    assert.equal(identity.Arn, "arn:aws:sts::123456789012:assumed-role/r1/me");
    other.destroy();
  });

  it("validation: a role that is not there is denied, as to a stranger", async () => {
    const RoleArn = "arn:aws:iam::123456789012:role/nope";
    await assert.rejects(sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "me" })), {
      name: "AccessDenied",
      message: `User: arn:aws:iam::123456789012:root is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`,
    });
  });
});
