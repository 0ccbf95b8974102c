import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { changeSetCostText, mostCostText, priceNote } from "../../../src/domain/changeSetCostText.ts";
import { hourlyPrice, hourlyText, noPriceText, pricedInstanceTypes, regionOfArn } from "../../../src/domain/cost.ts";
import { quotedPrice } from "../../../src/domain/prices.ts";

describe("prices of instances", () => {
  it("are quoted with a month and a source, each", () => {
    for (const region of ["us-east-1", "us-east-2", "eu-west-1"])
      for (const type of pricedInstanceTypes(region)) {
        const { usd, asOf, source } = quotedPrice(type, region) ?? {};
        assert.match(type, /^ml\.[a-z0-9]+\.[a-z0-9]+$/);
        assert.ok((usd ?? 0) > 0.01 && (usd ?? 0) < 200, `${type} in ${region}: ${usd}`);
        assert.match(asOf ?? "", /^20\d\d-\d\d$/);
        assert.ok((source ?? "").length > 10);
      }
  });
  it("grow with the size of a family", () => {
    const families = new Map<string, [number, number][]>();
    for (const type of pricedInstanceTypes()) {
      const [, family = "", size = ""] = type.split(".");
      const scale = size === "medium" ? 0.25 : size === "large" ? 0.5 : Number(/^\d*/.exec(size)?.[0] || 1);
      families.set(family, [...(families.get(family) ?? []), [scale, hourlyPrice(type) ?? 0]]);
    }
    assert.ok(families.size >= 10);
    // Of g5 and g6 the 12xlarge has more GPUs than the 16xlarge and costs more.
    for (const [family, sizes] of families) {
      const sorted = sizes.filter(([scale]) => !/^g[56]$/.test(family) || scale !== 12).sort(([a], [b]) => a - b);
      for (const [index, [, usd]] of sorted.entries()) assert.ok(usd > (sorted[index - 1]?.[1] ?? 0), family);
    }
  });
  it("of one region are not taken for another's; what is not known says so, with what is known elsewhere", () => {
    assert.equal(hourlyPrice("ml.m5.xlarge"), 0.23);
    assert.equal(hourlyPrice("ml.m5.xlarge", "eu-west-1"), 0.257);
    assert.equal(hourlyPrice("ml.m5.xlarge", "eu-central-1"), undefined);
    assert.equal(
      noPriceText("ml.m5.xlarge", "eu-central-1"),
      "no price for ml.m5.xlarge in eu-central-1 is known ($0.23/h in us-east-1)",
    );
    assert.equal(noPriceText("ml.c7i.large", "us-east-1"), "no price for ml.c7i.large in us-east-1 is known");
    assert.equal(hourlyText("ml.m5.xlarge", "us-east-1", 2), "$0.46/h");
    assert.equal(hourlyText(undefined, "us-east-1"), "cost unknown");
    assert.equal(regionOfArn("arn:aws:sagemaker:eu-west-1:123456789012:endpoint/x"), "eu-west-1");
    assert.equal(regionOfArn(""), "us-east-1");
  });
  it("of a change set are told in one way for editor and command line", () => {
    const cost = { region: "us-east-1", beforeUsd: 0.115, afterUsd: 0.23, afterMostUsd: 0.92 };
    assert.equal(changeSetCostText(cost), "$0.12/h, $84/month → $0.23/h, $168/month");
    assert.equal(mostCostText(cost), "at most $0.92/h, $672/month when scaled out");
    assert.equal(changeSetCostText({ ...cost, beforeUsd: 0 }), "$0.23/h, $168/month");
    assert.equal(changeSetCostText(undefined), "costs what it did");
    assert.equal(
      changeSetCostText({ region: "eu-south-1", beforeUsd: 0, unpriced: "ml.m5.large" }),
      "unknown: no price for ml.m5.large in eu-south-1 is known ($0.12/h in us-east-1)",
    );
    assert.match(priceNote("eu-west-1"), /^on-demand prices of eu-west-1, 20\d\d-\d\d, an estimate: https:/);
  });
});
