import assert from "node:assert/strict";
import { test } from "node:test";
import { config } from "@vscode/l10n";
import type { EndpointDetail, Endpoints } from "../../../src/services/endpoints.ts";
import { detailNodes } from "../../../src/tree/endpointNodes.ts";
import { withTemplatePlaces } from "../../../src/tree/templateNodes.ts";
import { bundle } from "../../rig/translatable.ts";

const arn = (kind: string) => `arn:aws:sagemaker:us-east-1:123456789012:${kind}/wine`;
const artifact = "s3://models/model.tar.gz";
const detail: EndpointDetail = {
  endpoint: {
    ...{ name: "wine", arn: arn("endpoint"), status: "InService", createdAtMs: 0, modifiedAtMs: 0 },
    ...{ configName: "wine", variants: [] },
  },
  models: [{ name: "wine", arn: arn("model"), createdAtMs: 0, artifact, environment: {} }],
  targets: [],
  activities: [],
};
const model = async () => {
  const [node] = detailNodes(detail, {} as Endpoints);
  assert.ok(node);
  return { node, parts: (await node.children?.()) ?? [] };
};

test("a model's artifact can be downloaded from its own row too, in every language", async (t) => {
  t.after(() => config({ contents: {} }));
  config({ contents: bundle("de") });
  const row = (await model()).parts.find(({ value }) => value === artifact);
  assert.equal(row?.presentation.label, "Artefakt");
  assert.equal(row?.artifact, artifact);
});

test("what the project's stack has made is found in its template, and nothing else", async () => {
  const { node } = await model();
  const made = { logicalId: "Model", type: "AWS::SageMaker::Model", status: "CREATE_COMPLETE" };
  const place = (physicalId: string) => withTemplatePlaces(node, [{ ...made, physicalId }]);
  assert.equal(place(arn("model")).logicalId, "Model");
  assert.match(place(arn("model")).presentation.contextValue ?? "", /^model\+artifact\+inTemplate$/);
  assert.equal(place(arn("endpoint")).logicalId, undefined);
});

test("an endpoint whose variant names no model shows the inference components that it hosts", async () => {
  const shared = { ...detail.endpoint, name: "shared" };
  const variants = [{ name: "AllTraffic", instanceType: "ml.m5.large", initialInstances: 1 }];
  const config = { name: "shared", arn: arn("config"), createdAtMs: 0, variants, dataCapture: false };
  const component = { name: "part", arn: arn("component"), status: "InService", variantName: "AllTraffic" };
  const endpoints = { components: async () => [component] } as unknown as Endpoints;
  const rows = detailNodes({ ...detail, endpoint: shared, config }, endpoints);
  const row = rows.find(({ presentation }) => presentation.label === "Inference components");
  const [part] = (await row?.children?.()) ?? [];
  assert.deepEqual([part?.presentation.label, part?.presentation.description], ["part", "InService · AllTraffic"]);
  assert.ok(!detailNodes(detail, endpoints).some(({ id }) => id.endsWith("/components")));
});
