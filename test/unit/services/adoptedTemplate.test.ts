import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { parse, type ScalarTag } from "yaml";
import type { EndpointBlueprint } from "../../../src/domain/endpointBlueprint.ts";
import { adoptedTemplate } from "../../../src/services/adoptedTemplate.ts";

const role = "arn:aws:iam::123456789012:role/sagemaker";
const container = (tag: string) => ({
  Image: `683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:${tag}`,
  ModelDataUrl: "s3://bucket/model.tar.gz",
});
const blueprint: EndpointBlueprint = {
  endpointName: "churn",
  models: {
    blue: {
      PrimaryContainer: { ...container("1.7-1"), Environment: { LEVEL: "2", HF_TOKEN: "s3cret" } },
      ExecutionRoleArn: role,
    },
    green: { PrimaryContainer: container("1.5-1"), ExecutionRoleArn: role },
  },
  config: {
    ProductionVariants: [
      {
        VariantName: "A",
        ModelName: "blue",
        InstanceType: "ml.m5.large",
        InitialInstanceCount: 1,
        InitialVariantWeight: 0.9,
      },
      {
        VariantName: "B",
        ModelName: "green",
        InstanceType: "ml.m5.large",
        InitialInstanceCount: 1,
        InitialVariantWeight: 0.1,
      },
    ],
  },
  scaling: [
    {
      variantName: "A",
      target: { MinCapacity: 1, MaxCapacity: 3 },
      policies: [
        {
          PolicyName: "cpu",
          PolicyType: "TargetTrackingScaling",
          TargetTrackingScalingPolicyConfiguration: {
            TargetValue: 60,
            CustomizedMetricSpecification: {
              Namespace: "/aws/sagemaker/Endpoints",
              MetricName: "CPUUtilization",
              Statistic: "Average",
              Dimensions: [
                { Name: "EndpointName", Value: "churn" },
                { Name: "VariantName", Value: "A" },
              ],
            },
          },
        },
      ],
    },
  ],
  tags: { team: "growth" },
};

const tags = ["Ref", "GetAtt", "Sub"].map(
  (name): ScalarTag => ({ tag: `!${name}`, resolve: (text: string) => ({ [name]: text }) }),
);

test("two models on one role, two variants, and a policy on the new endpoint's own metric", () => {
  const { text } = adoptedTemplate(blueprint);
  const { Parameters, Resources } = parse(text, { customTags: tags });
  assert.deepEqual(Object.keys(Resources), [
    "Model",
    "Model2",
    "EndpointConfig",
    "Endpoint",
    "ScalableTarget",
    "ScalingPolicy",
  ]);
  assert.equal(Parameters.ExecutionRoleArn.Default, role);
  assert.equal(Parameters.ExecutionRoleArn2, undefined);
  const variants = Resources.EndpointConfig.Properties.ProductionVariants as { ModelName: unknown }[];
  assert.deepEqual(
    variants.map(({ ModelName }) => ModelName),
    [{ GetAtt: "Model.ModelName" }, { GetAtt: "Model2.ModelName" }],
  );
  const { Dimensions } =
    Resources.ScalingPolicy.Properties.TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification;
  assert.deepEqual(Dimensions[0].Value, { GetAtt: "Endpoint.EndpointName" });
});

test("what looks like a secret is not written down, and the way to give it is said", () => {
  const { text, notes } = adoptedTemplate(blueprint);
  assert.doesNotMatch(text, /s3cret/);
  const { Parameters, Resources } = parse(text, { customTags: tags });
  assert.deepEqual(Resources.Model.Properties.PrimaryContainer.Environment, {
    LEVEL: "2",
    HF_TOKEN: { Ref: "HFTOKEN" },
  });
  assert.equal(Parameters.HFTOKEN.NoEcho, true);
  assert.match(notes.join(), /HF_TOKEN was not written down: give parameter HFTOKEN/);
});

const hasLinter = spawnSync("cfn-lint", ["--version"]).status === 0;
test("cfn-lint finds nothing in it", { skip: hasLinter ? false : "cfn-lint is not on the PATH" }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), "sagemaker-ops-adopted-"));
  const file = path.join(folder, "template.yaml");
  writeFileSync(file, adoptedTemplate(blueprint).text);
  const { stdout } = spawnSync("cfn-lint", ["--region", "us-east-1", "--", file], { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  assert.equal(stdout, "");
});
