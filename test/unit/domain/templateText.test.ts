import assert from "node:assert/strict";
import { test } from "node:test";
import { findResource } from "../../../src/domain/templateText.ts";

const yaml = `Parameters:
  Endpoint:
    Type: String
Resources:
  # the endpoint
  Model:
    Type: AWS::SageMaker::Model
  Endpoint:
    Type: AWS::SageMaker::Endpoint
Outputs:
  Url:
    Value: !Ref Endpoint
`;

test("a resource is found below Resources, not a parameter or an output of its name", () => {
  assert.equal(findResource(yaml, "Endpoint"), 8);
  assert.equal(findResource(yaml, "Model"), 6);
  assert.equal(findResource(yaml, "Url"), undefined);
});

test("in JSON too", () => {
  const json = JSON.stringify({ Outputs: { A: {} }, Resources: { A: { Type: "AWS::S3::Bucket" } } }, null, 2);
  assert.equal(findResource(json, "A"), 6);
  assert.equal(findResource(json, "B"), undefined);
});
