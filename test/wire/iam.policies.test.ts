import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateAccessKeyCommand,
  CreateInstanceProfileCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteInstanceProfileCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DeleteRoleCommand,
  DeleteUserCommand,
  DetachRolePolicyCommand,
  GetInstanceProfileCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetUserCommand,
  IAMClient,
  ListAccessKeysCommand,
  ListEntitiesForPolicyCommand,
  ListInstanceProfilesForRoleCommand,
  ListPoliciesCommand,
  ListPolicyVersionsCommand,
  RemoveRoleFromInstanceProfileCommand,
  UpdateAccessKeyCommand,
} from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from "@aws-sdk/client-sts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const document = (action: string) =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: action, Resource: "*" }] });
const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

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

describe("IAM customer-managed policies", () => {
  it("functionality: versions, the default one, attachments, and deletion only when nothing hangs on it", async () => {
    const { Policy } = await iam.send(
      new CreatePolicyCommand({ PolicyName: "p1", Path: "/ml/", PolicyDocument: document("s3:*"), Description: "d" }),
    );
    const PolicyArn = Policy!.Arn!;
    assert.equal(PolicyArn, "arn:aws:iam::123456789012:policy/ml/p1");
    assert.match(Policy!.PolicyId!, /^ANPA[A-Z0-9]{17}$/);
    assert.equal("Tags" in Policy!, false);
    await iam.send(
      new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: document("sts:*"), SetAsDefault: true }),
    );
    const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: "v2" }));
    assert.equal(decodeURIComponent(PolicyVersion!.Document!), document("sts:*"));
    assert.equal(PolicyVersion!.IsDefaultVersion, true);
    const { Versions } = await iam.send(new ListPolicyVersionsCommand({ PolicyArn }));
    assert.deepEqual(
      Versions?.map((version) => version.VersionId),
      ["v2", "v1"],
    );

    await iam.send(new CreateRoleCommand({ RoleName: "r", AssumeRolePolicyDocument: trust }));
    await iam.send(new AttachRolePolicyCommand({ RoleName: "r", PolicyArn }));
    assert.equal((await iam.send(new GetPolicyCommand({ PolicyArn }))).Policy?.AttachmentCount, 1);
    const users = await iam.send(new ListEntitiesForPolicyCommand({ PolicyArn }));
    assert.deepEqual(
      users.PolicyRoles?.map((role) => role.RoleName),
      ["r"],
    );
    await assert.rejects(iam.send(new DeletePolicyCommand({ PolicyArn })), {
      name: "DeleteConflictException",
      message: "Cannot delete a policy attached to entities.",
    });
    await iam.send(new DetachRolePolicyCommand({ RoleName: "r", PolicyArn }));
    await assert.rejects(iam.send(new DeletePolicyCommand({ PolicyArn })), /more than one version/);
    await assert.rejects(iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: "v2" })), {
      message: "Cannot delete the default version of a policy.",
    });
    await iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: "v1" }));
    assert.equal((await iam.send(new ListPoliciesCommand({ Scope: "Local" }))).Policies?.length, 1);
    await iam.send(new DeletePolicyCommand({ PolicyArn }));
    await assert.rejects(iam.send(new GetPolicyCommand({ PolicyArn })), {
      name: "NoSuchEntityException",
      message: `Policy ${PolicyArn} was not found.`,
    });
  });

  it("validation: a second policy of a name, a sixth version, documents that are none", async () => {
    const create = (PolicyDocument: string) => iam.send(new CreatePolicyCommand({ PolicyName: "p2", PolicyDocument }));
    await assert.rejects(create(trust), { message: "Policy document should not specify a principal." });
    const { Policy } = await create(document("s3:*"));
    await assert.rejects(create(document("s3:*")), {
      name: "EntityAlreadyExistsException",
      message: "A policy called p2 already exists. Duplicate names are not allowed.",
    });
    const version = () =>
      iam.send(new CreatePolicyVersionCommand({ PolicyArn: Policy!.Arn, PolicyDocument: document("a:b") }));
    for (let i = 0; i < 4; i++) await version();
    await assert.rejects(version(), { name: "LimitExceededException" });
    await assert.rejects(
      iam.send(new AttachRolePolicyCommand({ RoleName: "r", PolicyArn: `${Policy!.Arn}x` })),
      /does not exist or is not attachable/,
    );
  });
});

describe("IAM users", () => {
  it("functionality: keys of a user sign, until they are inactive or deleted", async () => {
    const { User } = await iam.send(new CreateUserCommand({ UserName: "ann", Path: "/team/" }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "ann" }));
    const credentials = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
    const sts = new STSClient({ ...sandbox.clientConfig(), credentials });
    const own = new IAMClient({ ...sandbox.clientConfig(), credentials });
    const identity = await sts.send(new GetCallerIdentityCommand({}));
    assert.equal(identity.Arn, "arn:aws:iam::123456789012:user/team/ann");
    assert.equal(identity.UserId, User!.UserId);
    assert.equal((await own.send(new GetUserCommand({}))).User?.UserName, "ann");
    assert.ok((await sts.send(new GetSessionTokenCommand({}))).Credentials?.SessionToken);
    const AccessKeyId = credentials.accessKeyId;
    await iam.send(new UpdateAccessKeyCommand({ UserName: "ann", AccessKeyId, Status: "Inactive" }));
    await assert.rejects(sts.send(new GetCallerIdentityCommand({})));
    await iam.send(new UpdateAccessKeyCommand({ UserName: "ann", AccessKeyId, Status: "Active" }));
    await sts.send(new GetCallerIdentityCommand({}));
    await assert.rejects(iam.send(new DeleteUserCommand({ UserName: "ann" })), {
      message: "Cannot delete entity, must delete access keys first.",
    });
    await iam.send(new DeleteAccessKeyCommand({ UserName: "ann", AccessKeyId }));
    await assert.rejects(sts.send(new GetCallerIdentityCommand({})));
    assert.deepEqual((await iam.send(new ListAccessKeysCommand({ UserName: "ann" }))).AccessKeyMetadata ?? [], []);
    await iam.send(new DeleteUserCommand({ UserName: "ann" }));
    sts.destroy();
    own.destroy();
  });
});

describe("IAM instance profiles", () => {
  it("functionality: a profile holds one role, which is then not deleted", async () => {
    const InstanceProfileName = "profile";
    const RoleName = "profiled";
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }));
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName }));
    await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName }));
    const found = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName }));
    assert.equal(found.InstanceProfile?.Roles?.[0]?.RoleName, RoleName);
    assert.equal((await iam.send(new ListInstanceProfilesForRoleCommand({ RoleName }))).InstanceProfiles?.length, 1);
    await assert.rejects(iam.send(new DeleteRoleCommand({ RoleName })), /must remove roles from instance profile/);
    await assert.rejects(iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName })), {
      name: "LimitExceededException",
    });
    await iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName }));
    await iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName }));
    await iam.send(new DeleteRoleCommand({ RoleName }));
  });
});
