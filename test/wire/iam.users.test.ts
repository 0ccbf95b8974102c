import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  AddRoleToInstanceProfileCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateInstanceProfileCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateServiceLinkedRoleCommand,
  CreateUserCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  DetachUserPolicyCommand,
  GetAccessKeyLastUsedCommand,
  GetPolicyCommand,
  GetRoleCommand,
  GetUserPolicyCommand,
  IAMClient,
  ListAccountAliasesCommand,
  ListAttachedUserPoliciesCommand,
  ListGroupsForUserCommand,
  ListInstanceProfilesCommand,
  ListPolicyTagsCommand,
  ListRoleTagsCommand,
  ListUserPoliciesCommand,
  ListUsersCommand,
  ListUserTagsCommand,
  PutRolePermissionsBoundaryCommand,
  PutUserPolicyCommand,
  SetDefaultPolicyVersionCommand,
  TagInstanceProfileCommand,
  TagPolicyCommand,
  TagUserCommand,
  UntagInstanceProfileCommand,
  UntagPolicyCommand,
  UntagRoleCommand,
  UntagUserCommand,
  UpdateRoleCommand,
  UpdateRoleDescriptionCommand,
} from "@aws-sdk/client-iam";
import { GetAccessKeyInfoCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const ACCOUNT = "123456789012";
const document = (Action: string) =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] });
const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
const tag = (Key: string, Value: string) => ({ Key, Value });

let sandbox: TestSandbox;
let iam: IAMClient;
before(async () => {
  sandbox = await startTestSandbox();
  iam = new IAMClient(sandbox.clientConfig());
});
after(async () => {
  iam.destroy();
  await sandbox.close();
});

describe("IAM users", () => {
  const UserName = "ann";

  it("have policies of their own, attached ones and tags", async () => {
    const { User } = await iam.send(new CreateUserCommand({ UserName, Path: "/team/", Tags: [tag("a", "1")] }));
    assert.equal(User!.Arn, `arn:aws:iam::${ACCOUNT}:user/team/ann`);
    assert.match(User!.UserId!, /^AIDA[A-Z0-9]{17}$/);
    await assert.rejects(iam.send(new CreateUserCommand({ UserName })), {
      name: "EntityAlreadyExistsException",
      message: "User with name ann already exists.",
    });
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "own", PolicyDocument: document("s3:GetObject") }));
    assert.deepEqual((await iam.send(new ListUserPoliciesCommand({ UserName }))).PolicyNames, ["own"]);
    const own = await iam.send(new GetUserPolicyCommand({ UserName, PolicyName: "own" }));
    assert.equal(decodeURIComponent(own.PolicyDocument!), document("s3:GetObject"));
    const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: "shared", PolicyDocument: document("*") }));
    const PolicyArn = Policy!.Arn!;
    await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn }));
    const attached = async () =>
      (await iam.send(new ListAttachedUserPoliciesCommand({ UserName }))).AttachedPolicies ?? [];
    assert.deepEqual(await attached(), [{ PolicyName: "shared", PolicyArn }]);
    await iam.send(new TagUserCommand({ UserName, Tags: [tag("b", "2")] }));
    await iam.send(new UntagUserCommand({ UserName, TagKeys: ["a"] }));
    assert.deepEqual((await iam.send(new ListUserTagsCommand({ UserName }))).Tags, [tag("b", "2")]);
    assert.deepEqual((await iam.send(new ListGroupsForUserCommand({ UserName }))).Groups ?? [], []);
    assert.deepEqual(
      (await iam.send(new ListUsersCommand({ PathPrefix: "/team/" }))).Users!.map((one) => one.UserName),
      [UserName],
    );
    await assert.rejects(iam.send(new DeleteUserCommand({ UserName })), { name: "DeleteConflictException" });
    await iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName: "own" }));
    await iam.send(new DetachUserPolicyCommand({ UserName, PolicyArn }));
    assert.deepEqual(await attached(), []);
    await assert.rejects(iam.send(new GetUserPolicyCommand({ UserName, PolicyName: "own" })), {
      name: "NoSuchEntityException",
      message: "The user policy with name own cannot be found.",
    });
  });

  it("have keys that say when they were last used and whose they are", async () => {
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
    const { AccessKeyId = "", SecretAccessKey = "" } = AccessKey!;
    const lastUsed = () => iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId }));
    const before = await lastUsed();
    assert.equal(before.UserName, UserName);
    assert.deepEqual(before.AccessKeyLastUsed, { ServiceName: "N/A", Region: "N/A" });
    const sts = new STSClient({
      ...sandbox.clientConfig(),
      credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey },
    });
    const who = await sts.send(new GetCallerIdentityCommand({}));
    assert.equal(who.Arn, `arn:aws:iam::${ACCOUNT}:user/team/ann`);
    assert.equal((await sts.send(new GetAccessKeyInfoCommand({ AccessKeyId }))).Account, ACCOUNT);
    sts.destroy();
  });
});

describe("IAM roles, policies and instance profiles", () => {
  it("a role's description, session, boundary and tags change", async () => {
    const RoleName = "worker";
    await iam.send(
      new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust, Tags: [tag("a", "1"), tag("b", "2")] }),
    );
    const role = async () => (await iam.send(new GetRoleCommand({ RoleName }))).Role!;
    await iam.send(new UpdateRoleCommand({ RoleName, Description: "works", MaxSessionDuration: 7200 }));
    assert.deepEqual([(await role()).Description, (await role()).MaxSessionDuration], ["works", 7200]);
    const described = await iam.send(new UpdateRoleDescriptionCommand({ RoleName, Description: "rests" }));
    assert.equal(described.Role!.Description, "rests");
    const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: "limit", PolicyDocument: document("*") }));
    const PermissionsBoundary = Policy!.Arn!;
    await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary }));
    assert.deepEqual((await role()).PermissionsBoundary, {
      PermissionsBoundaryType: "Policy",
      PermissionsBoundaryArn: PermissionsBoundary,
    });
    await iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName }));
    assert.equal((await role()).PermissionsBoundary, undefined);
    await iam.send(new UntagRoleCommand({ RoleName, TagKeys: ["a"] }));
    assert.deepEqual((await iam.send(new ListRoleTagsCommand({ RoleName }))).Tags, [tag("b", "2")]);
  });

  it("a service-linked role bears its service's name", async () => {
    const { Role } = await iam.send(
      new CreateServiceLinkedRoleCommand({ AWSServiceName: "sagemaker.application-autoscaling.amazonaws.com" }),
    );
    assert.match(Role!.RoleName!, /^AWSServiceRoleForApplicationAutoScaling_/);
    assert.equal(Role!.Path, "/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/");
  });

  it("the default version of a policy is set; policies bear tags", async () => {
    const { Policy } = await iam.send(
      new CreatePolicyCommand({ PolicyName: "versions", PolicyDocument: document("a:B") }),
    );
    const PolicyArn = Policy!.Arn!;
    await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: document("a:C") }));
    await iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: "v2" }));
    assert.equal((await iam.send(new GetPolicyCommand({ PolicyArn }))).Policy!.DefaultVersionId, "v2");
    await assert.rejects(iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: "v9" })), {
      name: "NoSuchEntityException",
    });
    await iam.send(new TagPolicyCommand({ PolicyArn, Tags: [tag("a", "1"), tag("b", "2")] }));
    await iam.send(new UntagPolicyCommand({ PolicyArn, TagKeys: ["b"] }));
    assert.deepEqual((await iam.send(new ListPolicyTagsCommand({ PolicyArn }))).Tags, [tag("a", "1")]);
  });

  it("instance profiles are listed with their roles and bear tags", async () => {
    const InstanceProfileName = "box";
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName, Tags: [tag("a", "1")] }));
    await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName: "worker" }));
    await iam.send(new TagInstanceProfileCommand({ InstanceProfileName, Tags: [tag("b", "2")] }));
    await iam.send(new UntagInstanceProfileCommand({ InstanceProfileName, TagKeys: ["a"] }));
    const { InstanceProfiles = [] } = await iam.send(new ListInstanceProfilesCommand({}));
    assert.deepEqual(
      InstanceProfiles.map((one) => [one.InstanceProfileName, one.Roles!.map(({ RoleName }) => RoleName)]),
      [[InstanceProfileName, ["worker"]]],
    );
  });

  it("the account has no alias", async () => {
    assert.deepEqual((await iam.send(new ListAccountAliasesCommand({}))).AccountAliases ?? [], []);
  });
});
