import { type JsonPath, positionOfPath, type TextPosition } from "../domain/jsonText.ts";
import type { ExpectationResult } from "../domain/loadRun.ts";

/** `stages[1].rate`, as problems of a plan name their place, as a path of keys. */
export function jsonPathOf(place: string): JsonPath {
  return [...place.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, key]) =>
    index === undefined ? (key ?? "") : Number(index),
  );
}

/** Where in a plan an expectation stands. */
export function expectationPath({ name, unit }: Pick<ExpectationResult, "name" | "unit">): JsonPath {
  const percentile = /^p\d+|^max/.exec(name)?.[0];
  if (unit === "ms" && percentile) return ["expect", `${percentile}Ms`];
  if (unit === "ratio") return ["expect", name.startsWith("achieved") ? "achievedRatio" : "errorRate"];
  if (unit === "usd") return ["expect", "costUsd"];
  if (/scale.?in/i.test(name)) return ["expect", "scaleIn"];
  return ["expect", unit === "seconds" ? "firstCapacitySeconds" : "instances"];
}

/** The lines and columns of what a place names: from its beginning to the end of its line, from 1. */
export function placeInText(text: string, path: JsonPath): { start: TextPosition; end: TextPosition } {
  const start = positionOfPath(text, path);
  const line = (text.split("\n")[start.line - 1] ?? "").trimEnd();
  const end = Math.max(start.column + 1, line.replace(/[,:\s{[]+$/, "").length + 1);
  return { start, end: { line: start.line, column: end } };
}
