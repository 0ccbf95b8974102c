import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { AmplifyClient, ListAppsCommand } from "@aws-sdk/client-amplify";
import { APIGatewayClient, GetRestApisCommand } from "@aws-sdk/client-api-gateway";
import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
} from "@aws-sdk/client-application-auto-scaling";
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { CloudWatchClient, DescribeAlarmsCommand, ListDashboardsCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateRoleCommand, IAMClient, ListRolesCommand } from "@aws-sdk/client-iam";
import { LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import {
  DescribeModelCommand,
  ListEndpointConfigsCommand,
  ListEndpointsCommand,
  ListModelsCommand,
  SageMakerClient,
} from "@aws-sdk/client-sagemaker";
import fc from "fast-check";
import { deployWine } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

let sandbox: TestSandbox;
const ROLE = "arn:aws:iam::123456789012:role/outside";
let modelRole = "";
let CONTAINER: object = {};
before(async () => {
  sandbox = await startTestSandbox();
  // A model's artifact and role exist before any stack.
  await deployWine(sandbox);
  const sagemaker = new SageMakerClient(sandbox.clientConfig());
  const { Models = [] } = await sagemaker.send(new ListModelsCommand({}));
  const model = await sagemaker.send(new DescribeModelCommand({ ModelName: Models[0]?.ModelName }));
  CONTAINER = { Image: model.PrimaryContainer?.Image, ModelDataUrl: model.PrimaryContainer?.ModelDataUrl };
  modelRole = model.ExecutionRoleArn ?? "";
  await new IAMClient(sandbox.clientConfig()).send(
    new CreateRoleCommand({ RoleName: "outside", AssumeRolePolicyDocument: JSON.stringify(TRUST) }),
  );
  standing = new Set(await everything());
});
after(() => sandbox.close());

type Properties = Record<string, unknown>;
type Simple = "bucket" | "group" | "role" | "alarm" | "function" | "api" | "dashboard" | "app";
/** A fleet is a model, a configuration, an endpoint, its target and its policy, all with generated names. */
type Kind = Simple | "fleet";
interface Shape {
  kind: Kind;
  /** Changes in place, or by replacement. */
  revision: number;
  replaced: boolean;
  /** Earlier resources that it refers to, by index. */
  refers: number[];
  dependsOn: number[];
}

const TYPES = {
  bucket: "AWS::S3::Bucket",
  group: "AWS::Logs::LogGroup",
  role: "AWS::IAM::Role",
  alarm: "AWS::CloudWatch::Alarm",
  function: "AWS::Lambda::Function",
  api: "AWS::ApiGateway::RestApi",
  dashboard: "AWS::CloudWatch::Dashboard",
  app: "AWS::Amplify::App",
} as const;
/** What a kind leaves in the services' lists: a fleet has the two alarms of its policy, too. */
const LISTED = (kind: Kind) => (kind === "fleet" ? 7 : 1);
const PARTS = ["Model", "Config", "Target", "Policy"];
const idsFor = (shapes: Shape[]) =>
  shapes.flatMap(({ kind }, i) => [`R${i}`, ...(kind === "fleet" ? PARTS.map((part) => `R${i}${part}`) : [])]).sort();
const TRUST = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
};

const shape: fc.Arbitrary<Shape> = fc.record({
  kind: fc.constantFrom(...(Object.keys(TYPES) as Simple[]), "fleet", "fleet"),
  revision: fc.integer({ min: 0, max: 3 }),
  replaced: fc.boolean(),
  refers: fc.array(fc.nat(20), { maxLength: 2 }),
  dependsOn: fc.array(fc.nat(20), { maxLength: 2 }),
});

/** Only earlier resources are referred to, so that every template is free of circles. */
function templateOf(shapes: Shape[]): string {
  const name = (i: number) => `R${i}`;
  const Resources = Object.fromEntries(
    shapes.flatMap((s, i): [string, object][] => {
      const refs = s.refers.filter((r) => r < i).map((r) => ({ Ref: name(r) }));
      const text = { "Fn::Join": ["-", [`v${s.revision}`, ...refs]] };
      const properties: Record<Simple, Properties> = {
        bucket: { Tags: [{ Key: "text", Value: text }] },
        group: { RetentionInDays: [1, 3, 5, 7][s.revision], Tags: [{ Key: "text", Value: text }] },
        role: { AssumeRolePolicyDocument: TRUST, Description: text },
        alarm: {
          Namespace: "N",
          MetricName: "M",
          Statistic: "Sum",
          Period: 60,
          EvaluationPeriods: 1 + s.revision,
          Threshold: 1,
          ComparisonOperator: "GreaterThanThreshold",
          AlarmDescription: text,
        },
        function: {
          Role: ROLE,
          Runtime: "nodejs22.x",
          Handler: "index.handler",
          Description: text,
          Code: { ZipFile: "exports.handler = async () => 1;" },
        },
        api: { Name: "a", Description: text },
        dashboard: { DashboardBody: { "Fn::Join": ["", ['{"widgets":[],"x":"', text, '"}']] } },
        app: { Name: "app", Description: text },
      };
      const named: Record<Simple, Properties> = {
        bucket: { BucketName: { "Fn::Sub": `\${AWS::StackName}-b${i}-${s.revision}` } },
        group: { LogGroupName: { "Fn::Sub": `\${AWS::StackName}-g${i}-${s.revision}` } },
        role: { Path: `/p${s.revision}/` },
        alarm: { AlarmName: { "Fn::Sub": `\${AWS::StackName}-a${i}-${s.revision}` } },
        function: { FunctionName: { "Fn::Sub": `\${AWS::StackName}-f${i}-${s.revision}` } },
        api: {},
        dashboard: { DashboardName: { "Fn::Sub": `\${AWS::StackName}-d${i}-${s.revision}` } },
        app: {},
      };
      const DependsOn = [...new Set(s.dependsOn.filter((d) => d < i).map(name))];
      if (s.kind === "fleet") return fleet(name(i), s, text, DependsOn);
      const own = {
        Type: TYPES[s.kind],
        ...(DependsOn.length ? { DependsOn } : {}),
        Properties: { ...properties[s.kind], ...(s.replaced ? named[s.kind] : {}) },
      };
      return [[name(i), own]];
    }),
  );
  return JSON.stringify({ Resources });
}

function fleet(name: string, { revision }: Shape, text: object, DependsOn: string[]): [string, object][] {
  const ResourceId = { "Fn::Join": ["/", ["endpoint", { "Fn::GetAtt": [name, "EndpointName"] }, "variant", "V"]] };
  return [
    [
      `${name}Model`,
      {
        Type: "AWS::SageMaker::Model",
        Properties: { ExecutionRoleArn: modelRole, PrimaryContainer: CONTAINER, Tags: [{ Key: "text", Value: text }] },
      },
    ],
    [
      `${name}Config`,
      {
        Type: "AWS::SageMaker::EndpointConfig",
        Properties: {
          ProductionVariants: [
            {
              VariantName: "V",
              ModelName: { "Fn::GetAtt": [`${name}Model`, "ModelName"] },
              InstanceType: "ml.m5.large",
              InitialInstanceCount: 1,
              InitialVariantWeight: 1 + revision,
            },
          ],
        },
      },
    ],
    [
      name,
      {
        Type: "AWS::SageMaker::Endpoint",
        ...(DependsOn.length ? { DependsOn } : {}),
        Properties: { EndpointConfigName: { "Fn::GetAtt": [`${name}Config`, "EndpointConfigName"] } },
      },
    ],
    [
      `${name}Target`,
      {
        Type: "AWS::ApplicationAutoScaling::ScalableTarget",
        Properties: {
          ServiceNamespace: "sagemaker",
          ScalableDimension: "sagemaker:variant:DesiredInstanceCount",
          ResourceId,
          MinCapacity: 1,
          MaxCapacity: 2 + revision,
        },
      },
    ],
    [
      `${name}Policy`,
      {
        Type: "AWS::ApplicationAutoScaling::ScalingPolicy",
        Properties: {
          PolicyName: "p",
          PolicyType: "TargetTrackingScaling",
          ScalingTargetId: { Ref: `${name}Target` },
          TargetTrackingScalingPolicyConfiguration: {
            TargetValue: 100 + revision,
            PredefinedMetricSpecification: { PredefinedMetricType: "SageMakerVariantInvocationsPerInstance" },
          },
        },
      },
    ],
  ];
}

/** Everything that the services list, but for what the test itself has made. */
async function leftovers(): Promise<string[]> {
  return (await everything()).filter((item) => !standing.has(item));
}
let standing = new Set<string>();

async function everything(): Promise<string[]> {
  const config = sandbox.clientConfig();
  const sagemaker = new SageMakerClient(config);
  const scaling = new ApplicationAutoScalingClient(config);
  const [models, configs, endpoints, targets, policies] = await Promise.all([
    sagemaker.send(new ListModelsCommand({ MaxResults: 100 })),
    sagemaker.send(new ListEndpointConfigsCommand({ MaxResults: 100 })),
    sagemaker.send(new ListEndpointsCommand({ MaxResults: 100 })),
    scaling.send(new DescribeScalableTargetsCommand({ ServiceNamespace: "sagemaker" })),
    scaling.send(new DescribeScalingPoliciesCommand({ ServiceNamespace: "sagemaker" })),
  ]);
  const [functions, apis, apps, dashboards] = await Promise.all([
    new LambdaClient(config).send(new ListFunctionsCommand({})),
    new APIGatewayClient(config).send(new GetRestApisCommand({ limit: 500 })),
    new AmplifyClient(config).send(new ListAppsCommand({})),
    new CloudWatchClient(config).send(new ListDashboardsCommand({})),
  ]);
  const [buckets, groups, roles, alarms] = await Promise.all([
    new S3Client({ ...config, forcePathStyle: true }).send(new ListBucketsCommand({})),
    new CloudWatchLogsClient(config).send(new DescribeLogGroupsCommand({})),
    new IAMClient(config).send(new ListRolesCommand({})),
    new CloudWatchClient(config).send(new DescribeAlarmsCommand({})),
  ]);
  return [
    ...(buckets.Buckets ?? []).map((b) => `bucket ${b.Name}`),
    ...(groups.logGroups ?? []).map((g) => `log group ${g.logGroupName}`),
    ...(roles.Roles ?? []).map((r) => `role ${r.RoleName}`),
    ...(alarms.MetricAlarms ?? []).map((a) => `alarm ${a.AlarmName}`),
    ...(models.Models ?? []).map((m) => `model ${m.ModelName}`),
    ...(configs.EndpointConfigs ?? []).map((c) => `endpoint configuration ${c.EndpointConfigName}`),
    ...(endpoints.Endpoints ?? []).map((e) => `endpoint ${e.EndpointName}`),
    ...(targets.ScalableTargets ?? []).map((t) => `target ${t.ResourceId}`),
    ...(policies.ScalingPolicies ?? []).map((p) => `policy ${p.PolicyARN}`),
    ...(functions.Functions ?? []).map((f) => `function ${f.FunctionName}`),
    ...(apis.items ?? []).map((a) => `API ${a.id}`),
    ...(apps.apps ?? []).map((a) => `app ${a.appId}`),
    ...(dashboards.DashboardEntries ?? []).map((d) => `dashboard ${d.DashboardName}`),
  ];
}

test("any stack: create → update → delete leaves nothing, and holds what its template says meanwhile", async () => {
  const client = new CloudFormationClient(sandbox.clientConfig());
  const Capabilities = ["CAPABILITY_IAM" as const];
  let count = 0;
  const statusOf = async (StackName: string) => {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }));
    return `${Stacks?.[0]?.StackStatus} ${Stacks?.[0]?.StackStatusReason ?? ""}`.trim();
  };
  const idsOf = async (StackName: string) => {
    const { StackResources } = await client.send(new DescribeStackResourcesCommand({ StackName }));
    return (StackResources ?? []).map((r) => r.LogicalResourceId).sort();
  };
  const shapes = fc.array(shape, { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(shapes, shapes, async (first, second) => {
      const StackName = `property-${count++}`;
      const { StackId } = await client.send(
        new CreateStackCommand({ StackName, TemplateBody: templateOf(first), Capabilities }),
      );
      assert.equal(await statusOf(StackName), "CREATE_COMPLETE");
      assert.deepEqual(await idsOf(StackName), idsFor(first));
      try {
        await client.send(new UpdateStackCommand({ StackName, TemplateBody: templateOf(second), Capabilities }));
        assert.equal(await statusOf(StackName), "UPDATE_COMPLETE");
        assert.deepEqual(await idsOf(StackName), idsFor(second));
        const expected = second.reduce((sum, { kind }) => sum + LISTED(kind), 0);
        const left = await leftovers();
        assert.equal(left.length, expected, `the update left something behind: ${left.join(", ")}`);
      } catch (e) {
        if (!/No updates are to be performed/.test((e as Error).message)) throw e;
      }
      await client.send(new DeleteStackCommand({ StackName }));
      assert.equal(await statusOf(StackId ?? ""), "DELETE_COMPLETE");
      assert.deepEqual(await leftovers(), []);
    }),
    { numRuns: 60, seed: 2026 },
  );
});
