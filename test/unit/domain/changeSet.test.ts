import assert from "node:assert/strict";
import { test } from "node:test";
import { byWeight, changeSetCost, consequence } from "../../../src/domain/changeSet.ts";
import type { ResourceChange } from "../../../src/domain/stack.ts";

const change = (more: Partial<ResourceChange>): ResourceChange => ({
  action: "Modify",
  logicalId: "X",
  type: "AWS::SageMaker::EndpointConfig",
  properties: [],
  details: [],
  ...more,
});
const variants = (InstanceType: string, InitialInstanceCount: number) => ({
  ProductionVariants: [{ InstanceType, InitialInstanceCount }],
});
const near = (actual: number | undefined, expected: number) =>
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

test("what takes something away comes first", () => {
  const order = [
    change({ logicalId: "added", action: "Add" }),
    change({ logicalId: "changed" }),
    change({ logicalId: "maybe", replacement: "Conditional" }),
    change({ logicalId: "replaced", replacement: "True" }),
    change({ logicalId: "removed", action: "Remove" }),
  ].sort(byWeight);
  assert.deepEqual(
    order.map(({ logicalId }) => logicalId),
    ["removed", "replaced", "maybe", "changed", "added"],
  );
});

test("a replaced endpoint is told as a loss, a retained resource as staying", () => {
  assert.match(
    consequence(change({ type: "AWS::SageMaker::Endpoint", replacement: "True" })) ?? "",
    /scaling has added is lost/,
  );
  assert.match(
    consequence(change({ type: "AWS::X::Y", replacement: "Conditional" })) ?? "",
    /^It may be replaced: a new one/,
  );
  assert.match(consequence(change({ action: "Remove", policyAction: "Retain" })) ?? "", /stays in the account/);
  assert.equal(consequence(change({ replacement: "False" })), undefined);
});

test("cost is told before and after, and at most; nothing is told where no configuration changes", () => {
  const cost = changeSetCost([
    change({ beforeProperties: variants("ml.m5.large", 1), afterProperties: variants("ml.m5.large", 2) }),
    change({ type: "AWS::ApplicationAutoScaling::ScalableTarget", afterProperties: { MaxCapacity: "4" } }),
  ]);
  near(cost?.beforeUsd, 0.115);
  near(cost?.afterUsd, 0.23);
  near(cost?.afterMostUsd, 0.46);
  assert.equal(changeSetCost([change({ type: "AWS::Logs::LogGroup" })]), undefined);
});

test("a type without a price makes the sum unknown, not smaller", () => {
  const cost = changeSetCost([
    change({ action: "Add", afterProperties: variants("ml.unknown.large", 1) }),
    change({ action: "Add", afterProperties: variants("ml.m5.large", 1) }),
  ]);
  assert.equal(cost?.afterUsd, undefined);
  assert.equal(cost?.beforeUsd, 0);
  assert.equal(cost?.unpriced, "ml.unknown.large");
  const added = change({ action: "Add", afterProperties: variants("ml.m5.large", 1) });
  assert.deepEqual(changeSetCost([added], "eu-south-1")?.afterUsd, undefined);
  assert.equal(changeSetCost([added], "eu-south-1")?.unpriced, "ml.m5.large");
});
