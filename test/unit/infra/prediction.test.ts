import assert from "node:assert/strict";
import { before, test } from "node:test";

type Read = (text: string, classes: string[], endpointName: string) => Record<string, unknown>;

let readPrediction: Read;
before(async () => {
  const location = new URL("../../../infra/lambda/prediction.mjs", import.meta.url).href;
  ({ readPrediction } = (await import(location)) as { readPrediction: Read });
});

const classes = ["a", "b", "c"];

test("probabilities, as CSV or as JSON, name the likeliest class", () => {
  for (const text of ["0.1,0.7,0.2\n", '{"predictions": [[0.1, 0.7, 0.2]]}', "[[0.1, 0.7, 0.2]]"]) {
    const expected = { predictedClass: "b", probabilities: [0.1, 0.7, 0.2], classes };
    assert.deepEqual(readPrediction(text, classes, "e"), expected, text);
  }
});

test("one number for two classes is the probability of the second", () => {
  const { predictedClass, probabilities } = readPrediction("0.75\n", ["no", "yes"], "e");
  assert.deepEqual([predictedClass, probabilities], ["yes", [0.25, 0.75]]);
});

test("a class by its index or its name has no probabilities", () => {
  for (const text of ["2.0\n", "c\n"])
    assert.deepEqual(readPrediction(text, classes, "e"), { predictedClass: "c", classes });
});

test("without classes it is a number, or several", () => {
  assert.deepEqual(readPrediction("3.25\n", [], "e"), { prediction: 3.25 });
  assert.deepEqual(readPrediction("1,2\n", [], "e"), { prediction: [1, 2] });
});

test("an answer that does not fit is said, with the endpoint's name", (context) => {
  context.mock.method(console, "error", () => undefined);
  for (const text of ["0.5,0.5\n", "7\n", "", "{}", "{", "d\n"])
    assert.throws(() => readPrediction(text, classes, "churn-endpoint"), /churn-endpoint did not answer with 3/, text);
  assert.throws(() => readPrediction("yes\n", [], "churn-endpoint"), /did not answer with numbers/);
});
