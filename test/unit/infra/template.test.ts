import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse, type ScalarTag } from "yaml";

const file = (name: string) => fileURLToPath(new URL(`../../../infra/${name}`, import.meta.url));

interface Template {
  Parameters: Record<string, { Type: string; Default?: string | number }>;
  Mappings: Record<string, Record<string, { Account: string }>>;
  Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
  Outputs: Record<string, { Value: unknown }>;
}

// The short forms of intrinsics only have to be read over here; what they mean is CloudFormation's matter.
const tags = [
  "Ref",
  "Sub",
  "GetAtt",
  "If",
  "Not",
  "And",
  "Condition",
  "Join",
  "Equals",
  "FindInMap",
  "Select",
  "Split",
].flatMap((name) => [
  { tag: `!${name}`, resolve: (text: string) => ({ [name]: text }) } satisfies ScalarTag,
  { tag: `!${name}`, collection: "seq" as const },
]);
const read = (name: string) => parse(readFileSync(file(name), "utf8"), { customTags: tags }) as Template;

const hasLinter = spawnSync("cfn-lint", ["--version"]).status === 0;

describe("cfn-lint", { skip: hasLinter ? false : "cfn-lint is not on the PATH: pip install cfn-lint" }, () => {
  for (const name of ["template.yaml", "bootstrap.yaml", "training.yaml", "studio.yaml", "permissions.yaml"]) {
    test(`finds no error and no warning in ${name}`, () => {
      const { status, stdout } = spawnSync("cfn-lint", ["--region", "us-east-1", "--", file(name)], {
        encoding: "utf8",
      });
      assert.equal(stdout, "");
      assert.equal(status, 0);
    });
  }
});

describe("the template", () => {
  const template = read("template.yaml");

  test("fits into a request", () => {
    // CloudFormation's limit of TemplateBody; larger templates would need a detour over S3.
    assert.ok(readFileSync(file("template.yaml")).length <= 51_200);
  });

  test("needs no value beyond the artifacts", () => {
    const needed = Object.entries(template.Parameters).filter(([, { Default }]) => Default === undefined);
    assert.deepEqual(
      needed.map(([name]) => name),
      ["ArtifactBucket", "ModelKey", "LambdaKey"],
    );
  });

  test("has the outputs that the product reads", () => {
    assert.deepEqual(Object.keys(template.Outputs).sort(), [
      "AmplifyAppId",
      "AmplifyBranchName",
      "ApiKeyId",
      "ApiUrl",
      "DashboardName",
      "EndpointConfigName",
      "EndpointName",
      "LambdaName",
      "ModelName",
      "StaticPageBucketName",
      "StaticPageUrl",
      "VariantName",
      "WebUrl",
    ]);
  });

  test("names neither model nor configuration, so that they can be replaced", () => {
    for (const name of ["Model", "EndpointConfig"]) {
      const { Properties } = template.Resources[name]!;
      assert.ok(!("ModelName" in Properties) && !("EndpointConfigName" in Properties), name);
    }
  });

  test("knows an account with twelve digits for each region", () => {
    const regions = Object.entries(template.Mappings.XgboostRegistry!);
    assert.ok(regions.length >= 25);
    for (const [region, { Account }] of regions) assert.match(Account, /^\d{12}$/, region);
  });

  test("gives no role a wildcard beyond the actions that know no resources", () => {
    const wide: string[] = [];
    for (const { Type, Properties } of Object.values(template.Resources)) {
      if (Type !== "AWS::IAM::Role" && Type !== "AWS::IAM::Policy") continue;
      for (const { Action, Resource } of statementsOf(Properties.Policies ?? [Properties])) {
        assert.ok(![Action].flat().some((action) => action.includes("*")), String(Action));
        if (Resource === "*") wide.push(...[Action].flat());
      }
    }
    assert.deepEqual(wide.sort(), [
      "application-autoscaling:DescribeScalableTargets",
      "application-autoscaling:DescribeScalingPolicies",
      "cloudwatch:DescribeAlarms",
      "cloudwatch:PutMetricData",
      "ec2:DescribeDhcpOptions",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSecurityGroups",
      "ec2:DescribeSubnets",
      "ec2:DescribeVpcs",
      "ecr:GetAuthorizationToken",
      "logs:DescribeLogGroups",
    ]);
  });

  test("keeps every log for a time that can be chosen, and can encrypt it with a key of one's own", () => {
    const groups = Object.values(template.Resources).filter(({ Type }) => Type === "AWS::Logs::LogGroup");
    assert.ok(groups.length >= 2);
    for (const { Properties } of groups) {
      assert.deepEqual(Properties.RetentionInDays, { Ref: "LogRetentionDays" });
      assert.ok("KmsKeyId" in Properties);
    }
  });

  test("tells every alarm to the topic, if there is one", () => {
    const alarms = Object.values(template.Resources).filter(({ Type }) => Type === "AWS::CloudWatch::Alarm");
    assert.ok(alarms.length >= 2);
    for (const { Properties } of alarms) assert.ok("AlarmActions" in Properties && "OKActions" in Properties);
  });
});

interface Statement {
  Action: string | string[];
  Resource: unknown;
}
type Policy = { PolicyDocument: { Statement: Statement[] } };

/** The statements of a role's inline policies; what is under a condition is read as an array. */
function statementsOf(policies: unknown): Statement[] {
  return (policies as unknown[])
    .flat()
    .filter(isPolicy)
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement.flat())
    .filter((statement) => typeof statement === "object" && "Action" in statement);
}

const isPolicy = (value: unknown): value is Policy =>
  typeof value === "object" && value !== null && "PolicyDocument" in value;

test("the project file names files that exist and parameters of the template", () => {
  const project = JSON.parse(readFileSync(file("sagemaker-ops.json"), "utf8")) as {
    template: string;
    bootstrap: string;
    artifacts: Record<string, { path: string; parameter?: string }>;
    features: string;
    examples: string;
  };
  const { Parameters } = read(project.template);
  for (const name of [project.bootstrap, project.features, project.examples])
    assert.ok(readFileSync(file(name)).length > 0);
  for (const { parameter } of Object.values(project.artifacts))
    assert.ok(parameter === undefined || parameter in Parameters);
});
