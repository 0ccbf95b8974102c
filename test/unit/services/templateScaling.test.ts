import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { OpsError } from "../../../src/domain/errors.ts";
import { DEFAULT_STEPS } from "../../../src/domain/stepScaling.ts";
import { loadProject, type ProjectContext } from "../../../src/services/projects.ts";
import { proposeSchedulesEdit, proposeStepsEdit } from "../../../src/services/templateScaling.ts";

const infra = path.resolve(import.meta.dirname, "../../../infra");
const hasLinter = spawnSync("cfn-lint", ["--version"]).status === 0;
const actions = [
  {
    name: "workdays",
    schedule: "cron(0 8 ? * MON-FRI *)",
    timezone: "Europe/Berlin",
    minInstances: 2,
    maxInstances: 6,
  },
  { name: "nights", schedule: "cron(0 20 ? * MON-FRI *)", minInstances: 1, maxInstances: 4 },
];

describe("rules of scaling in a template", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "ops-rules-"));
  const template = path.join(folder, "template.yaml");
  let project: ProjectContext;
  before(async () => {
    cpSync(infra, folder, { recursive: true });
    project = await loadProject(folder);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  const original = readFileSync(path.join(infra, "template.yaml"), "utf8");
  const lint = () =>
    hasLinter ? spawnSync("cfn-lint", ["--region", "us-east-1", "--", template], { encoding: "utf8" }).stdout : "";
  const apply = async (proposed: ReturnType<typeof proposeStepsEdit>) => {
    const changes = await proposed;
    for (const { file, text } of changes) writeFileSync(file, text);
    return changes.map(({ label }) => label);
  };

  it("steps come behind the scalable target, as two policies with their alarms; the rest stays as it is", async () => {
    assert.deepEqual(await apply(proposeStepsEdit(project, DEFAULT_STEPS)), ["steps 15000: +1, 30000: +2"]);
    const text = readFileSync(template, "utf8");
    assert.equal(lint(), "");
    assert.match(text, / {2}StepScalingOut:\n {4}Type: AWS::ApplicationAutoScaling::ScalingPolicy/);
    assert.match(text, / {4}ScalingTargetId: !Ref ScalableTarget|ScalingTargetId: !Ref ScalableTarget/);
    assert.match(text, /Value: !Sub \$\{Endpoint\.EndpointName\}\n {8}- Name: VariantName\n {10}Value: AllTraffic/);
    assert.match(text, /MetricIntervalLowerBound: 0\n {12}MetricIntervalUpperBound: 15000\n {12}ScalingAdjustment: 1/);
    for (const line of original.split("\n")) assert.ok(text.includes(line), line);
  });
  it("set again they are replaced, not added", async () => {
    const settings = { ...DEFAULT_STEPS, steps: [{ fromPerMinute: 9000, add: 3 }], removeBelowPerMinute: 0 };
    await apply(proposeStepsEdit(project, settings));
    const text = readFileSync(template, "utf8");
    assert.equal(text.match(/StepScalingOut:/g)?.length, 1);
    assert.ok(!text.includes("StepScalingIn"));
    assert.match(text, /Threshold: 9000/);
    assert.equal(lint(), "");
    assert.deepEqual(await proposeStepsEdit(project, settings), [], "nothing is left to change");
  });
  it("scheduled actions become the target's", async () => {
    await apply(proposeSchedulesEdit(project, actions));
    assert.equal(lint(), "");
    assert.match(
      readFileSync(template, "utf8"),
      /MaxCapacity: !Ref MaxCapacity\n {6}ScheduledActions:\n {8}- ScheduledActionName: "workdays"\n {10}Schedule: "cron\(0 8 \? \* MON-FRI \*\)"\n {10}Timezone: Europe\/Berlin\n/,
    );
  });
  it("without rules the template is the one that it was", async () => {
    await apply(proposeSchedulesEdit(project, []));
    await apply(proposeStepsEdit(project, undefined));
    assert.equal(readFileSync(template, "utf8"), original);
  });
  it("a template without a target, or in JSON, is refused with its name", async () => {
    const refused = (pattern: RegExp) => (e: unknown) => {
      assert.ok(e instanceof OpsError && e.code === "badInput" && pattern.test(e.message), String(e));
      return true;
    };
    writeFileSync(template, "Resources:\n  Bucket:\n    Type: AWS::S3::Bucket\n");
    await assert.rejects(proposeStepsEdit(project, DEFAULT_STEPS), refused(/template\.yaml has no AWS::App/));
    writeFileSync(template, "{}");
    await assert.rejects(proposeSchedulesEdit(project, actions), refused(/template\.yaml is JSON/));
  });
});
