import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { describeConnection, shortAccount } from "../../../src/domain/connection.ts";
import { endpointHourlyCost, formatHourly, hourlyPrice } from "../../../src/domain/cost.ts";
import { type Endpoint, instanceTotals, isInTransition, takesTraffic } from "../../../src/domain/endpoint.ts";
import { describeOpsError, OpsError, toOpsError } from "../../../src/domain/errors.ts";
import { figuresOf, parseProbabilities, toCsvLine } from "../../../src/domain/prediction.ts";
import { parseFeatureFile, parseProject, projectJsonSchema } from "../../../src/domain/project.ts";

const infra = async (name: string) =>
  JSON.parse(await readFile(new URL(`../../../infra/${name}`, import.meta.url), "utf8")) as unknown;

describe("project files", () => {
  const problems = (json: unknown) => {
    const parsed = parseProject(json);
    return "problems" in parsed ? parsed.problems : [];
  };
  const good = { version: 1, stackName: "wine", template: "t.yaml" };

  it("the wine project and its features are accepted", async () => {
    assert.deepEqual(problems(await infra("sagemaker-ops.json")), []);
    const features = parseFeatureFile(await infra("model/features.json"));
    assert.ok("file" in features && features.file.features.length === 13);
  });
  it("what is left out has its default", () => {
    const parsed = parseProject(good);
    assert.ok("project" in parsed);
    assert.deepEqual(parsed.project.loadPlans, []);
    assert.deepEqual(parsed.project.parameters, {});
  });
  it("every complaint names its place", () => {
    assert.match(problems({ ...good, stackName: "1" })[0] ?? "", /^stackName: a stack name starts with a letter/);
    assert.match(problems({ ...good, version: 2 })[0] ?? "", /^version: /);
    assert.match(problems({ ...good, expectedAccount: "12" })[0] ?? "", /^expectedAccount: an account has 12 digits/);
    assert.match(problems({ ...good, artifacts: { model: { path: "m" } } })[0] ?? "", /^artifacts\.model\.parameter: /);
    assert.match(problems({ ...good, tempalte: "x" })[0] ?? "", /tempalte/);
    assert.match(problems([])[0] ?? "", /^\(the whole file\): /);
    assert.equal(problems({}).length, 3);
  });
  it("the contributed JSON schema says the same", () => {
    const schema = projectJsonSchema() as { required: string[]; properties: object; additionalProperties: boolean };
    assert.deepEqual([...schema.required].sort(), ["stackName", "template", "version"]);
    assert.ok("artifacts" in schema.properties);
    assert.equal(schema.additionalProperties, false);
  });
  it("a features file needs a feature, and steps above zero", () => {
    assert.ok("problems" in parseFeatureFile({ features: [] }));
    const feature = { name: "a", label: "A", min: 0, max: 1, step: 0, default: 0 };
    assert.ok("problems" in parseFeatureFile({ features: [feature] }));
    assert.ok("file" in parseFeatureFile({ features: [{ ...feature, step: 0.1 }] }));
  });
});

describe("endpoints and what they cost", () => {
  const endpoint = (...variants: [type: string | undefined, current: number, desired: number][]) =>
    ({
      arn: "arn:aws:sagemaker:us-east-1:123456789012:endpoint/wine",
      status: "InService",
      variants: variants.map(([instanceType, currentInstances, desiredInstances], i) => ({
        name: `v${i}`,
        instanceType,
        currentInstances,
        desiredInstances,
        currentWeight: 1,
        desiredWeight: 1,
      })),
    }) as Endpoint;

  it("instances are summed over the variants", () =>
    assert.deepEqual(instanceTotals(endpoint(["ml.m5.large", 1, 4], ["ml.m5.large", 2, 2])), {
      current: 3,
      desired: 6,
    }));
  it("the price is that of the current instances, unknown types have none", () => {
    assert.equal(endpointHourlyCost(endpoint(["ml.m5.large", 2, 4])), 2 * (hourlyPrice("ml.m5.large") ?? 0));
    assert.equal(endpointHourlyCost(endpoint(["ml.m5.large", 2, 4], ["ml.new.type", 1, 1])), undefined);
    assert.equal(endpointHourlyCost(endpoint([undefined, 0, 0])), undefined);
    const far = { ...endpoint(["ml.m5.large", 2, 4]), arn: "arn:aws:sagemaker:eu-south-1:123456789012:endpoint/wine" };
    assert.equal(endpointHourlyCost(far), undefined, "another region's price is not taken");
    assert.equal(formatHourly(0.23), "$0.23/h");
  });
  it("states that pass, and states that answer", () => {
    assert.deepEqual((["Creating", "Deleting", "InService", "Failed"] as const).map(isInTransition), [
      true,
      true,
      false,
      false,
    ]);
    assert.deepEqual((["Creating", "Updating", "InService", "Failed"] as const).map(takesTraffic), [
      false,
      true,
      true,
      false,
    ]);
  });
});

describe("predictions", () => {
  it("figures are found in what the usual containers answer, with the names that they give", () => {
    const cases: [string, ReturnType<typeof figuresOf>][] = [
      ["0.9,0.1\n", { probabilities: [0.9, 0.1] }],
      ["[[0.1, 0.9], [1, 0]]", { probabilities: [0.1, 0.9] }],
      ['{"predictions": [[0.2, 0.8]]}', { probabilities: [0.2, 0.8] }],
      ['{"predictions": [{"score": 0.7, "predicted_label": 1}]}', { probabilities: [0.7] }],
      ['{"probabilities": [0.5, 0.5], "label": "a"}\n{"probabilities": [1, 0]}', { probabilities: [0.5, 0.5] }],
      [
        '[[{"label": "good", "score": 0.6}, {"label": "bad", "score": 0.4}]]',
        { probabilities: [0.6, 0.4], labels: ["good", "bad"] },
      ],
      ['[{"generated_text": "12"}]', {}],
      ['{"predictions": []}', {}],
      ["{broken", {}],
      ["", {}],
    ];
    for (const [body, figures] of cases) assert.deepEqual(figuresOf(body), figures, body);
  });
  it("probabilities are the numbers of the first line, or nothing", () => {
    assert.deepEqual(parseProbabilities("0.9,0.05,0.05\n1,0,0\n"), [0.9, 0.05, 0.05]);
    assert.deepEqual(parseProbabilities("\n1.0\n"), [1]);
    assert.equal(parseProbabilities(""), undefined);
    assert.equal(parseProbabilities('{"predictions":[]}'), undefined);
    assert.equal(parseProbabilities("0.9,,0.1"), undefined, "an empty cell is no zero");
  });
  it("a missing value is an empty cell", () => assert.equal(toCsvLine([1, null, 0.5]), "1,,0.5"));
});

describe("words", () => {
  it("an error is its message and what to do next, as sentences", () => {
    assert.equal(describeOpsError(new OpsError("failed", "It broke", { hint: "Repeat." })), "It broke. Repeat.");
    assert.equal(describeOpsError(new OpsError("failed", "It broke!", { hint: "Repeat." })), "It broke! Repeat.");
    assert.equal(describeOpsError(new OpsError("failed", "It broke")), "It broke");
  });
  it("anything thrown becomes one of ours, and what is one stays it", () => {
    const ours = new OpsError("badInput", "x");
    assert.equal(toOpsError(ours), ours);
    assert.equal(toOpsError("text").message, "text");
    assert.equal(toOpsError(new Error("e")).code, "failed");
  });
  it("a connection on one line never shows the whole account", () => {
    const base = { accountId: "123456789012", region: "eu-central-1", timeScale: 1 };
    assert.equal(describeConnection({ ...base, kind: "sandbox" }), "sandbox · eu-central-1");
    assert.equal(
      describeConnection({ ...base, kind: "aws", profile: "dev" }),
      "profile dev · 1234…9012 · eu-central-1",
    );
    assert.equal(shortAccount("short"), "short");
  });
});
