import { RequestError } from "./answer.mjs";

/**
 * What an endpoint's answer to one row means: `{predictedClass, probabilities, classes}` for a classifier, without
 * `probabilities` where the model names the class only, and `{prediction}` for a regression.
 * Throws RequestError when the answer does not fit the classes.
 */
export function readPrediction(text, classes, endpointName) {
  const cells = cellsOf(text);
  const values = cells.map(Number);
  const areNumbers = cells.length > 0 && values.every(Number.isFinite);
  if (classes.length === 0 && areNumbers) return { prediction: values.length === 1 ? values[0] : values };
  const probabilities = areNumbers ? probabilitiesOf(values, classes.length) : undefined;
  if (probabilities) {
    const best = probabilities.indexOf(Math.max(...probabilities));
    return { predictedClass: classes[best], probabilities, classes };
  }
  const named =
    cells.length === 1 ? (areNumbers ? classes[values[0]] : classes.find((name) => name === cells[0])) : undefined;
  if (named !== undefined) return { predictedClass: named, classes };
  console.error("unexpected answer of the endpoint", endpointName, text.slice(0, 300));
  throw new RequestError(
    502,
    "UnexpectedAnswer",
    classes.length === 0
      ? `The endpoint ${endpointName} did not answer with numbers.`
      : `The endpoint ${endpointName} did not answer with ${classes.length} probabilities.`,
  );
}

/** One number for two classes is the probability of the second: XGBoost's binary:logistic. */
function probabilitiesOf(values, count) {
  if (count > 1 && values.length === count) return values;
  const [value] = values;
  return count === 2 && values.length === 1 && value >= 0 && value <= 1 ? [1 - value, value] : undefined;
}

/** The first row, of CSV or of JSON: {"predictions": [[…]]}, [[…]], […]. */
function cellsOf(text) {
  let first = text;
  if (/^\s*[[{]/.test(text)) {
    try {
      first = JSON.parse(text);
      first = first.predictions ?? first;
      while (Array.isArray(first) && first.length > 0 && Array.isArray(first[0])) [first] = first;
      if (!Array.isArray(first)) first = first.score ?? first;
    } catch {
      return [];
    }
    return [first]
      .flat()
      .map((value) => (value !== null && typeof value === "object" ? (value.score ?? "") : value))
      .map(String)
      .filter((cell) => cell !== "");
  }
  const [line = ""] = first.trim().split("\n");
  return line
    .split(",")
    .map((cell) => cell.trim())
    .filter((cell) => cell !== "");
}
