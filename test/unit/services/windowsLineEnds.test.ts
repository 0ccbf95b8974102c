import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { parseLoadPlan } from "../../../src/domain/loadPlan.ts";
import { parsePredictFile } from "../../../src/domain/predictFile.ts";
import { parseFeatureFile, parseProject } from "../../../src/domain/project.ts";
import { findResource } from "../../../src/domain/templateText.ts";
import { editProperty } from "../../../src/services/templateEdit.ts";

const infra = path.resolve(import.meta.dirname, "../../../infra");
const unix = (file: string) => readFileSync(path.join(infra, file), "utf8");
const windows = (file: string) => unix(file).replaceAll("\n", "\r\n");

/** Files that people edit, as an editor on Windows or Git with autocrlf writes them. */
describe("files with Windows' line ends", () => {
  it("are read as those with others", () => {
    assert.deepEqual(
      parsePredictFile(windows("requests/wine.predict.http")),
      parsePredictFile(unix("requests/wine.predict.http")),
    );
    const plan = "loadtests/1k-rps.ramp.json";
    assert.deepEqual(parseLoadPlan(windows(plan), plan), parseLoadPlan(unix(plan), plan));
    const project = "sagemaker-ops.json";
    assert.deepEqual(parseProject(windows(project)), parseProject(unix(project)));
    const features = "model/features.json";
    assert.deepEqual(parseFeatureFile(windows(features)), parseFeatureFile(unix(features)));
    assert.equal(findResource(windows("template.yaml"), "Endpoint"), findResource(unix("template.yaml"), "Endpoint"));
  });

  it("keep them when a value of theirs is edited", () => {
    const property = { resourceType: "AWS::ApplicationAutoScaling::ScalableTarget", path: ["MaxCapacity"] };
    const edit = (read: (file: string) => string) =>
      editProperty(read("template.yaml"), read("sagemaker-ops.json"), property, 7);
    assert.equal(edit(windows).text, edit(unix).text.replaceAll("\n", "\r\n"));
    assert.notEqual(edit(unix).text, unix("template.yaml"));
  });
});
