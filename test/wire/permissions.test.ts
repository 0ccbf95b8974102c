import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  GetPolicyVersionCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListPoliciesCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
} from "@aws-sdk/client-iam";
import type { RecordedCall } from "../../src/sandbox/callLog.ts";
import { Connections } from "../../src/services/connections.ts";
import { EndpointChanges } from "../../src/services/endpointChanges.ts";
import { Endpoints } from "../../src/services/endpoints.ts";
import { MetricPoller } from "../../src/services/metricPoller.ts";
import type { SandboxInfo } from "../../src/services/sandboxProcess.ts";
import { ScalingPause } from "../../src/services/scalingPause.ts";
import { canTrain } from "./canTrain.ts";
import { isolatedHome, startCli } from "./commandLine.ts";
import { eventually, WINE_ROW } from "./endpoints.ts";
import { isAllowed, type Need, needOf, type Statement, unused } from "./permissionRules.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const WINE = path.join(ROOT, "infra");

/** Why the templates' roles allow what the sandbox has never seen them do. */
const ROLE_REASONS: Record<string, string> = {
  "cloudwatch:PutMetricData": "SageMaker's agent publishes the instances' metrics; the sandbox keeps them itself",
  "ecr:BatchCheckLayerAvailability": "the sandbox pulls no images",
  "ecr:BatchGetImage": "the sandbox pulls no images",
  "ecr:GetAuthorizationToken": "the sandbox pulls no images",
  "ecr:GetDownloadUrlForLayer": "the sandbox pulls no images",
  "logs:CreateLogGroup": "SageMaker makes the group of all training jobs with the first one",
  "logs:CreateLogStream": "the sandbox writes logs without calls",
  "logs:DescribeLogStreams": "the sandbox writes logs without calls",
  "logs:PutLogEvents": "the sandbox writes logs without calls",
};

/** What CloudFormation's own handlers read before and after they delete (their resource types' schemas). */
const HANDLER_READS = new Set([
  "amplify:GetApp",
  "amplify:GetBranch",
  "apigateway:GET",
  "apigateway:PATCH",
  "application-autoscaling:DescribeScalableTargets",
  "application-autoscaling:DescribeScalingPolicies",
  "cloudwatch:DescribeAlarms",
  "cloudwatch:GetDashboard",
  "iam:GetRole",
  "iam:GetRolePolicy",
  "iam:ListAttachedRolePolicies",
  "iam:ListRolePolicies",
  "lambda:GetFunction",
  "lambda:GetFunctionConfiguration",
  "lambda:GetPolicy",
  "logs:DescribeLogGroups",
  "s3:GetBucketOwnershipControls",
  "s3:GetEncryptionConfiguration",
  "sagemaker:DescribeEndpoint",
  "sagemaker:DescribeEndpointConfig",
  "sagemaker:DescribeModel",
  "scheduler:GetSchedule",
]);

/** Why people are allowed what neither this scenario nor the sources of the product ask for. */
const PEOPLE_REASONS: Record<string, string> = {
  "amplify:UpdateApp": "CloudFormation's, when somebody changes the app in the template",
  "amplify:UpdateBranch": "CloudFormation's, when somebody changes the branch in the template",
  "application-autoscaling:DeleteScalingPolicy": "CloudFormation's, when the stack is deleted without its timer",
  "application-autoscaling:DeleteScheduledAction": "of variants whose scheduled actions somebody takes away",
  "cloudwatch:PutMetricAlarm": "Application Auto Scaling makes a policy's alarms with the rights of who puts it",
  "iam:CreateServiceLinkedRole": "the sandbox has Application Auto Scaling's role from the start",
  "iam:PassRole": "IAM checks it beside the call that gives the role; the sandbox enforces nothing",
  "lambda:UpdateFunctionCode": "CloudFormation's, when the function's code is another one",
  "s3:ListBucketVersions": "Delete Stack… empties buckets that block it, with all versions",
  "s3:DeleteObjectVersion": "Delete Stack… empties buckets that block it, with all versions",
};

describe("the policies against the calls", () => {
  let sandbox: TestSandbox;
  let iam: IAMClient;
  let calls: RecordedCall[] = [];
  const home = isolatedHome();
  const env: Record<string, string> = home.env;
  const project = path.join(home.folder, "wine");
  /** Statements by role name; the roles are gone when the calls are looked at. */
  const byRole = new Map<string, Statement[]>();
  let people: Statement[] = [];

  const cli = async (...args: string[]) => {
    const ended = await startCli([...args, "--project", project], { env, cwd: home.folder }).ended;
    assert.equal(ended.code, 0, `${args.join(" ")}: ${ended.stderr}`);
  };
  const parameters = (values: Record<string, string>) => {
    const file = path.join(project, "sagemaker-ops.json");
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), parameters: values }));
  };
  const control = (method: string, name: string, body?: object) =>
    fetch(`${sandbox.endpoint}/_sandbox/${name}`, {
      method,
      headers: { authorization: `Bearer ${sandbox.controlToken}` },
      body: body && JSON.stringify(body),
    });

  /** Keeps what every role may do now. */
  async function keepRoles(): Promise<void> {
    const { Roles = [] } = await iam.send(new ListRolesCommand({}));
    for (const { RoleName = "" } of Roles) {
      const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
      for (const PolicyName of PolicyNames) {
        const { PolicyDocument = "" } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
        const { Statement } = JSON.parse(decodeURIComponent(PolicyDocument)) as { Statement: Statement[] };
        byRole.set(RoleName, [...(byRole.get(RoleName) ?? []), ...Statement]);
      }
    }
  }

  /** The managed policies that the documented template makes. */
  async function documented(): Promise<Statement[]> {
    const cloudFormation = new CloudFormationClient(sandbox.clientConfig());
    const TemplateBody = readFileSync(path.join(WINE, "permissions.yaml"), "utf8");
    await cloudFormation.send(
      new CreateStackCommand({ StackName: "permissions", TemplateBody, Capabilities: ["CAPABILITY_IAM"] }),
    );
    await eventually("the policies are there", async () => {
      const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: "permissions" }));
      return Stacks?.[0]?.StackStatus === "CREATE_COMPLETE";
    });
    cloudFormation.destroy();
    const { Policies = [] } = await iam.send(new ListPoliciesCommand({ Scope: "Local" }));
    const found: Statement[] = [];
    for (const { Arn, DefaultVersionId } of Policies) {
      const { PolicyVersion } = await iam.send(
        new GetPolicyVersionCommand({ PolicyArn: Arn, VersionId: DefaultVersionId }),
      );
      const { Statement } = JSON.parse(decodeURIComponent(PolicyVersion?.Document ?? "")) as { Statement: Statement[] };
      found.push(...Statement);
    }
    return found;
  }

  before(async () => {
    sandbox = await startTestSandbox();
    iam = new IAMClient(sandbox.clientConfig());
    people = await documented();
    await iam.send(new CreateUserCommand({ UserName: "ops" }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "ops" }));
    const info = {
      endpoint: sandbox.endpoint,
      region: "us-east-1",
      accessKeyId: AccessKey?.AccessKeyId ?? "",
      secretAccessKey: AccessKey?.SecretAccessKey ?? "",
      controlToken: sandbox.controlToken,
      accountId: sandbox.accountId,
      timeScale: 0,
    };
    env.SAGEMAKER_OPS_SANDBOX = JSON.stringify(info);
    cpSync(WINE, project, { recursive: true });

    parameters({ StaticPageReaders: "0.0.0.0/0", RequireApiKey: "true" });
    await cli("deploy", "--yes", "--teardown-after", "5");
    await keepRoles();
    await cli("predict", "--body", WINE_ROW);
    await cli("predict", "--api", "--body", WINE_ROW);
    const explained = await startCli(["explain-scaling", "--endpoint", "wine-endpoint"], { env, cwd: home.folder })
      .ended;
    assert.ok(explained.code !== 2, explained.stderr);
    await cli("drift");
    if (canTrain) await cli("train", "--yes");
    await keepRoles();
    await lookAndChange(info);
    await cli("teardown", "--after", "9", "--yes");
    await cli("teardown", "--cancel", "--yes");
    parameters({ InstanceType: "ml.m5.xlarge" });
    await cli("deploy", "--yes");
    parameters({ StaticPageReaders: "0.0.0.0/0", RequireApiKey: "true" });
    await cli("deploy", "--yes", "--teardown-after", "5");
    await keepRoles();
    await control("POST", "clock", { stepSeconds: 6 * 3600 });
    const cloudFormation = new CloudFormationClient(sandbox.clientConfig());
    await eventually("the stack has deleted itself", async () => {
      const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({}));
      return !Stacks.some(({ StackName }) => StackName === "wine");
    });
    cloudFormation.destroy();
    parameters({});
    await cli("deploy", "--yes");
    await keepRoles();
    await cli("delete", "--yes");
    ({ calls } = (await (await control("GET", "calls")).json()) as { calls: RecordedCall[] });
  });
  after(async () => {
    iam.destroy();
    await sandbox.close();
    home.remove();
  });

  /** What the editor does beside the commands. */
  async function lookAndChange(info: SandboxInfo): Promise<void> {
    const connections = new Connections();
    await connections.connect({ kind: "sandbox", sandbox: info });
    const endpoints = new Endpoints(connections);
    await endpoints.refresh();
    await endpoints.detail("wine-endpoint");
    await new MetricPoller(connections).read("wine-endpoint", 60);
    const changes = new EndpointChanges(connections, new ScalingPause(connections, home.folder));
    await changes.suspend("wine-endpoint", "AllTraffic", true);
    await changes.suspend("wine-endpoint", "AllTraffic", false);
    await changes.shiftTraffic("wine-endpoint", { AllTraffic: 2 });
    await changes.guardAlarms("wine-endpoint");
    await changes.keptConfigs();
    connections.disconnect();
  }

  /** Needs of the calls of principals that a role's name, or a user's, is part of. */
  const needsOf = (principal: RegExp) => calls.filter((call) => principal.test(call.principal)).flatMap(needOf);
  const roleNames = (kind: string) => [...byRole.keys()].filter((name) => name.includes(`-${kind}-`));
  const refused = (statements: readonly Statement[], needs: readonly Need[]) => [
    ...new Set(
      needs.filter((need) => !isAllowed(statements, need)).map(({ action, resource }) => `${action} on ${resource}`),
    ),
  ];

  for (const kind of ["ModelRole", "PredictRole", "StaticPageCleanerRole", "TeardownRole", "TrainingRole"]) {
    const skip = kind === "TrainingRole" && !canTrain ? "no python3 here has xgboost" : false;
    test(`${kind} may do what it did, and everything that it may has been done or has a reason`, { skip }, () => {
      const names = roleNames(kind);
      assert.ok(names.length > 0);
      const all: Need[] = [];
      for (const name of names) {
        const needs = needsOf(new RegExp(`/${name}(/|$)`));
        assert.deepEqual(refused(byRole.get(name) ?? [], needs), [], name);
        all.push(...needs);
      }
      assert.ok(all.length > 0, "somebody acted with it");
      const statements = names.flatMap((name) => byRole.get(name) ?? []);
      const idle = unused(statements, all);
      assert.deepEqual(
        idle.filter((action) => !(action in ROLE_REASONS) && !HANDLER_READS.has(action)),
        [],
      );
    });
  }

  test("with the documented policies people may do all of it", () => {
    const needs = needsOf(/user\/ops$/);
    assert.ok(needs.length > 100);
    assert.deepEqual(refused(people, needs), []);
  });

  test("and nothing that neither they nor the product nor CloudFormation ask for", () => {
    const sources = readdirSync(path.join(ROOT, "src/aws"))
      .map((name) => readFileSync(path.join(ROOT, "src/aws", name), "utf8"))
      .join("\n");
    const isSent = (action: string) => new RegExp(`new ${action.split(":")[1]}Command\\(`).test(sources);
    const idle = unused(people, needsOf(/user\/ops$/)).filter(
      (action) => !isSent(action) && !HANDLER_READS.has(action) && !(action in PEOPLE_REASONS),
    );
    assert.deepEqual(idle, []);
  });

  test("no action is left open, and each resource that ends in a star says why", () => {
    const text = readFileSync(path.join(WINE, "permissions.yaml"), "utf8");
    const unsaid: string[] = [];
    for (const { Sid = "", Action, Resource } of people) {
      for (const action of [Action].flat()) assert.ok(!action.includes("*"), `${Sid} ${action}`);
      // What begins with the project's name, or is a folder of its own, is as fine as it can be.
      const open = [Resource].flat().filter((resource) => resource.endsWith("*") && !/wine[/-]\*$/.test(resource));
      const at = text.indexOf(`Sid: ${Sid}\n`);
      if (open.length > 0 && !text.slice(at, text.indexOf("Action:", at)).includes("#"))
        unsaid.push(`${Sid}: ${open.join(", ")}`);
    }
    assert.deepEqual(unsaid, []);
  });
});
