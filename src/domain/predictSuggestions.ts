import { headerKeys, headerNames, invocationModes, rawContentTypes, takesHeader } from "./invocation.ts";

/** What can stand next in a file of saved requests. */
export interface PredictSuggestion {
  /** As it is listed, and written where `insert` is absent. */
  label: string;
  /** With `‹…›` around what is to be filled in: a value, or several to choose from, as `‹>|<›`. */
  insert?: string;
  kind: "keyword" | "header" | "value";
}

const EXPECTATIONS: readonly [string, string][] = [
  ["status", "status ‹200›"],
  ["argmax", "argmax ‹0›"],
  ["value", "value ‹0› ‹>|<|≈› ‹0.9›"],
  ["body contains", "body contains ‹text›"],
  ["json", "json ‹predictions[0].score› ‹=|>|<|≈› ‹0.9›"],
  ["latency", "latency < ‹500› ms"],
];

/**
 * What fits at the end of a text: expectations, the request line, headers that the way of invoking has and that are not
 * there yet, and their values. Nothing in a body, which is data.
 * @param before the file up to where one types
 */
export function predictSuggestions(before: string): PredictSuggestion[] {
  const lines = before.split(/\r?\n/);
  const line = lines.at(-1) ?? "";
  const begin = lines.findLastIndex((each) => each.startsWith("###"));
  const request = lines.slice(begin + 1, -1).filter((each) => !/^(#|\/\/)/.test(each));
  const posted = request.findIndex((each) => each.startsWith("POST"));
  if (posted >= 0 && request.slice(posted + 1).some((each) => each.trim() === "")) return [];
  if (/^#\s*expect\s+\S*$/i.test(line))
    return EXPECTATIONS.map(([label, insert]) => ({ label, insert, kind: "keyword" }));
  if (/^#?\s*[a-z]*$/i.test(line) && posted < 0) {
    const start: PredictSuggestion[] = [
      { label: "# expect", insert: "# expect ", kind: "keyword" },
      { label: "POST endpoint", kind: "keyword" },
    ];
    return begin < 0 ? [{ label: "###", insert: "### ‹name›", kind: "keyword" }, ...start] : start;
  }
  if (posted < 0) return [];
  return headerSuggestions(line, request.slice(posted + 1));
}

function headerSuggestions(line: string, above: readonly string[]): PredictSuggestion[] {
  const given = new Map(above.map((each) => [/^[^:]*/.exec(each)?.[0]?.trim().toLowerCase(), each]));
  const value = (label: string): PredictSuggestion => ({ label, kind: "value" });
  if (/^content-type:\s*\S*$/i.test(line)) return rawContentTypes.map(value);
  if (/^accept:\s*\S*$/i.test(line)) return rawContentTypes.map(value);
  if (/^invocation:\s*\S*$/i.test(line)) return invocationModes.filter((mode) => mode !== "now").map(value);
  if (!/^[A-Za-z-]*$/.test(line)) return [];
  const asked = given.get("invocation")?.split(":")[1]?.trim().toLowerCase();
  const mode = invocationModes.find((each) => each === asked) ?? "now";
  const names = [
    "Content-Type",
    "Invocation",
    ...headerKeys.filter((key) => takesHeader(mode, key)).map((key) => headerNames[key].file),
    ...(mode === "async" ? ["Upload-To"] : []),
  ];
  return names
    .filter((name) => !given.has(name.toLowerCase()))
    .map((label) => ({ label, insert: `${label}: `, kind: "header" }));
}
