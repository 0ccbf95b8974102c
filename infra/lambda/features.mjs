import { readFileSync } from "node:fs";
import { RequestError } from "./answer.mjs";

// Written beside this file together with the model, so that names and order are those that it was trained on.
const description = JSON.parse(readFileSync(new URL("./features.json", import.meta.url), "utf8"));

/** The features' names in the model's column order. */
export const featureNames = description.features.map((feature) => feature.name);

/** The classes' names in the order of the model's probabilities. */
export const classes = description.classes;

/** Reads the features of a proxy event in the model's column order; null is a missing value. */
export function readFeatures(event) {
  const features = parseBody(event)?.features;
  if (Array.isArray(features)) {
    if (features.length !== featureNames.length) {
      throw invalid(
        `features has ${features.length} values; it needs ${featureNames.length}: ${featureNames.join(", ")}.`,
      );
    }
    return features.map((value, index) => numberOf(value, `features[${index}] (${featureNames[index]})`));
  }
  if (typeof features !== "object" || features === null) {
    throw invalid(
      `The body needs "features": an object of ${featureNames.length} numbers by name, or an array of them.`,
    );
  }
  const unknown = Object.keys(features).filter((name) => !featureNames.includes(name));
  if (unknown.length > 0)
    throw invalid(`Unknown features: ${unknown.slice(0, 5).join(", ")}. Known are: ${featureNames.join(", ")}.`);
  // A feature left out by mistake would be predicted as missing without a word, so that has to be said by null.
  const absent = featureNames.filter((name) => !Object.hasOwn(features, name));
  if (absent.length > 0)
    throw invalid(`Features are absent: ${absent.join(", ")}. Send null for a value that is not known.`);
  return featureNames.map((name) => numberOf(features[name], `features.${name}`));
}

function parseBody(event) {
  if (!event?.body) throw invalid('The body is empty. Send JSON such as {"features": {"alcohol": 13.2, …}}.');
  const text = event.isBase64Encoded ? Buffer.from(event.body, "base64").toString("utf8") : event.body;
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestError(400, "InvalidJson", "The body is not valid JSON.");
  }
}

function numberOf(value, where) {
  if (value === null) return null;
  if (typeof value !== "number") throw invalid(`${where} must be a number or null, not ${kindOf(value)}.`);
  // Beyond float32 the model would refuse the value as infinite.
  if (!Number.isFinite(Math.fround(value))) throw invalid(`${where} is too large.`);
  return value;
}

function kindOf(value) {
  if (Array.isArray(value)) return "an array";
  return { string: "a text", boolean: "a truth value", object: "an object" }[typeof value];
}

function invalid(message) {
  return new RequestError(400, "InvalidFeatures", message);
}
