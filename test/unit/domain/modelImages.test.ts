import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { imageOf, imageUri, parseImageUri } from "../../../src/domain/modelImages.ts";

test("URIs are those that AWS documents", () => {
  assert.equal(
    imageUri(imageOf("xgboost"), "eu-central-1"),
    "492215442770.dkr.ecr.eu-central-1.amazonaws.com/sagemaker-xgboost:1.7-1",
  );
  assert.equal(
    imageUri(imageOf("sklearn"), "us-west-2"),
    "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3",
  );
  assert.equal(
    imageUri(imageOf("pytorch"), "us-east-1"),
    "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312",
  );
});

test("the wine template and the table name the same accounts", () => {
  const template = readFileSync(new URL("../../../infra/template.yaml", import.meta.url), "utf8");
  const mapped = [...template.matchAll(/^ {4}([a-z0-9-]+):\n {6}Account: "(\d{12})"/gm)];
  assert.deepEqual(
    Object.fromEntries(mapped.map(([, region, account]) => [region, account])),
    imageOf("xgboost").registries,
  );
});

test("a region without the image is refused with those that have it", () => {
  assert.throws(() => imageUri(imageOf("huggingface"), "mx-central-1"), /no Hugging Face .* in mx-central-1/);
  assert.throws(() => imageUri(imageOf("xgboost"), "constructor"), /in constructor/);
});

test("an own image's URI is taken apart, and one that SageMaker cannot pull is refused", () => {
  assert.deepEqual(parseImageUri("123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/churn:3"), {
    account: "123456789012",
    region: "eu-west-1",
    repository: "team/churn",
  });
  for (const uri of ["churn:3", "docker.io/library/churn:3", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/churn"])
    assert.throws(() => parseImageUri(uri), /not the URI of an image in ECR/, uri);
});
