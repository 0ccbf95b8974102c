import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { predictRows, TooManyColumnsError } from "../../../../src/sandbox/model/predict.ts";
import { loadModel, matrixOf, type PredictionFixtures, readFixture, wineRows } from "./fixtureFiles.ts";

const fixtures = readFixture<PredictionFixtures>("predictions.json");
const rows = wineRows();

// Not within a tolerance: the arithmetic is XGBoost's own, so the float32 results are the same bits.
describe("predictions equal XGBoost's bit for bit", () => {
  test("the wine model on all 178 rows", async () => {
    const values = predictRows(await loadModel("wine"), matrixOf(rows));
    assert.equal(values.length, 178 * 3);
    assert.deepEqual([...values], fixtures.wine.data);
  });

  test("the wine model at thresholds and with missing values", async () => {
    assert.deepEqual([...predictRows(await loadModel("wine"), matrixOf(fixtures.oddRows))], fixtures.wine.odd);
  });

  for (const model of fixtures.models) {
    test(`the model ${model.name}`, async () => {
      const booster = await loadModel(model.name);
      assert.equal(booster.featureCount, model.columns);
      assert.deepEqual([...predictRows(booster, matrixOf(rows, model.columns))], model.data);
      assert.deepEqual([...predictRows(booster, matrixOf(model.oddRows))], model.odd);
    });
  }

  test("a booster that stopped early, cut to its best round as the container does", async () => {
    const model = fixtures.models.find(({ name }) => name === "early-stopped");
    const booster = await loadModel("early-stopped");
    assert.ok(booster.containerTrees < booster.forest.roots.length);
    assert.deepEqual([...predictRows(booster, matrixOf(rows), booster.containerTrees)], model?.limitedData);
  });
});

test("a row with too few columns is a row whose last columns are missing", async () => {
  const booster = await loadModel("wine");
  const short = rows[17]!.slice(0, 5);
  const padded = [...short, ...Array<null>(8).fill(null)];
  assert.deepEqual(predictRows(booster, matrixOf([short])), predictRows(booster, matrixOf([padded])));
});

test("rows do not influence one another", async () => {
  const booster = await loadModel("wine");
  const both = predictRows(booster, matrixOf([rows[0]!, rows[177]!]));
  assert.deepEqual(both.slice(3), predictRows(booster, matrixOf([rows[177]!])));
});

test("too many columns are refused with both numbers", async () => {
  const booster = await loadModel("wine");
  assert.throws(
    () => predictRows(booster, matrixOf([[...rows[0]!, 1]])),
    (error) => error instanceof TooManyColumnsError && error.featureCount === 13 && error.columns === 14,
  );
});
