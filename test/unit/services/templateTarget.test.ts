import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { OpsError } from "../../../src/domain/errors.ts";
import { editTarget } from "../../../src/services/templateTarget.ts";

const wine = readFileSync(new URL("../../../infra/template.yaml", import.meta.url), "utf8");
const wineProject = readFileSync(new URL("../../../infra/sagemaker-ops.json", import.meta.url), "utf8");

const template = (value: string) => `# kept
Resources:
  Policy:   # by hand
    Type: AWS::ApplicationAutoScaling::ScalingPolicy
    Properties:
      PolicyName: "p"
      ScalingTargetId: !Ref Target
      TargetTrackingScalingPolicyConfiguration:
        PredefinedMetricSpecification: {PredefinedMetricType: SageMakerVariantInvocationsPerInstance}
        TargetValue: ${value}  # measured
        ScaleInCooldown: !If [IsProd, 300, 60]
`;

describe("a target in a project's files", () => {
  it("changes one number of a template and nothing else", () => {
    const edit = editTarget(template("12000.0"), "{}", 19_800);
    assert.deepEqual(edit, { file: "template", before: "12000", text: template("19800") });
    const json = JSON.stringify({
      Resources: {
        P: {
          Type: "AWS::ApplicationAutoScaling::ScalingPolicy",
          Properties: {
            TargetTrackingScalingPolicyConfiguration: {
              TargetValue: 5,
              PredefinedMetricSpecification: { PredefinedMetricType: "SageMakerVariantInvocationsPerInstance" },
            },
          },
        },
      },
    });
    assert.equal(editTarget(json, "{}", 7).text, json.replace('"TargetValue":5', '"TargetValue":7'));
  });

  it("sets the parameter of the wine project, which its template refers to", () => {
    const edit = editTarget(wine, wineProject, 19_800);
    assert.equal(edit.file, "project");
    assert.deepEqual(JSON.parse(edit.text), {
      ...JSON.parse(wineProject),
      parameters: { ...JSON.parse(wineProject).parameters, TargetInvocationsPerInstance: 19_800 },
    });
    const again = editTarget(wine, edit.text, 21_000);
    assert.equal(again.before, "19800");
    assert.equal(again.text, edit.text.replace("19800", "21000"));
  });

  it("keeps the layout of the parameters that are there, and adds the member when there is none", () => {
    const project = '{\n  "version": 1,\n  "parameters": {\n    "A": "x"\n  }\n}\n';
    const edit = editTarget(template("!Ref Goal"), project, 9);
    assert.equal(edit.text, '{\n  "version": 1,\n  "parameters": {\n    "A": "x",\n    "Goal": 9\n  }\n}\n');
    const bare = editTarget(template("{Ref: Goal}"), '{\n  "version": 1\n}\n', 9);
    assert.deepEqual(JSON.parse(bare.text), { version: 1, parameters: { Goal: 9 } });
  });

  it("says what cannot be edited", () => {
    const refused = (text: string, message: RegExp, name?: string) =>
      assert.throws(
        () => editTarget(text, "{}", 9, name),
        (e: OpsError) => message.test(e.message) && e.code === "badInput" && Boolean(e.hint),
      );
    refused(template("!If [IsProd, 1, 2]"), /by a function/);
    refused("Resources: {}", /has no policy on SageMakerVariantInvocationsPerInstance/);
    refused(template("5"), /has no policy/, "other");
    refused(template("5").replace("TargetValue: 5", ""), /no TargetValue/);
  });
});

it("a target in an environment is written there, and says what held until then", () => {
  const own = JSON.stringify({ parameters: { T: 10 }, environments: { dev: {}, prod: { parameters: { T: 30 } } } });
  const text = template("!Ref T");
  const added = editTarget(text, own, 20, undefined, "dev");
  assert.ok(added.file === "project");
  assert.equal(added.before, "10");
  assert.deepEqual(JSON.parse(added.text).environments.dev, { parameters: { T: 20 } });
  assert.equal(JSON.parse(added.text).parameters.T, 10);
  const changed = editTarget(text, own, 20, undefined, "prod");
  assert.ok(changed.file === "project");
  assert.equal(changed.before, "30");
  assert.deepEqual(JSON.parse(changed.text).environments.prod, { parameters: { T: 20 } });
});
