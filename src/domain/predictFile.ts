import * as l10n from "@vscode/l10n";
import {
  type HeaderKey,
  headerKeys,
  headerNames,
  type InvocationHeaders,
  type InvocationMode,
  invocationModes,
  parseS3Uri,
  takesHeader,
} from "./invocation.ts";
import { fixedText } from "./numberText.ts";

/** What a number is held against. */
interface Comparison {
  comparison: "<" | ">" | "≈";
  value: number;
  tolerance: number;
}

/** An assertion of a saved request: `# expect status 200`, `# expect body contains class_0`, `# expect latency < 200 ms`. */
export type PredictAssertion = { line: number; text: string } & (
  | { kind: "status"; status: number }
  | { kind: "contains"; part: string }
  | { kind: "argmax"; index: number }
  | ({ kind: "value"; index: number } & Comparison)
  | ({ kind: "json"; path: string } & (Comparison | { comparison: "="; wanted: unknown }))
  | { kind: "latency"; belowMs: number }
);

/** What the names of files with saved requests end with. */
export const PREDICT_FILE_ENDING = ".predict.http";

/** A request of a `*.predict.http` file. Lines count from 1. */
export interface SavedRequest extends InvocationHeaders {
  name: string;
  /** Of the `###` line, or the first one. */
  line: number;
  /** Absent: the endpoint of the project's stack. */
  endpointName?: string;
  /** Absent: at once. */
  mode?: InvocationMode;
  contentType: string;
  targetVariant?: string;
  body: string;
  /** Instead of a body: `< file`, relative to the request's file; `< s3://…` of an asynchronous request. */
  bodyFile?: string;
  /** Of an asynchronous request with a body: where that is put, `s3://bucket/folder`; absent: the artifacts' bucket. */
  uploadTo?: string;
  assertions: PredictAssertion[];
}

/** What is wrong in a file, and where. */
export interface PredictFileProblem {
  line: number;
  message: string;
}

export interface PredictFile {
  requests: SavedRequest[];
  problems: PredictFileProblem[];
}

/** Headers by their name in InvokeEndpoint's REST form and by their short one (API reference, InvokeEndpoint). */
const HEADERS: Record<string, keyof SavedRequest> = {
  "content-type": "contentType",
  "upload-to": "uploadTo",
  ...Object.fromEntries(
    headerKeys.flatMap((key) => {
      const { wire, file } = headerNames[key];
      return [
        [wire, key],
        [file.toLowerCase(), key],
      ];
    }),
  ),
};
const KNOWN_HEADERS = ["Invocation", "Content-Type", ...headerKeys.map((key) => headerNames[key].file), "Upload-To"];

/**
 * Reads a file of saved requests, in the form that HTTP files have in editors: requests are parted by `###`, then come
 * `POST endpoint/NAME` (or `POST endpoint` for the project's own), headers, an empty line and the body. The header
 * `Invocation: stream` or `Invocation: async` says how it is asked. Never throws.
 */
export function parsePredictFile(text: string): PredictFile {
  const file: PredictFile = { requests: [], problems: [] };
  const lines = text.split(/\r?\n/);
  let begin = 0;
  for (let at = 0; at <= lines.length; at++) {
    if (at < lines.length && !(lines[at] ?? "").startsWith("###")) continue;
    readRequest(lines, begin, at, file);
    begin = at;
  }
  return file;
}

function readRequest(lines: readonly string[], begin: number, end: number, file: PredictFile): void {
  const title = /^###\s*(.*)$/.exec(lines[begin] ?? "")?.[1]?.trim();
  const request: SavedRequest = {
    name: title || l10n.t("request {0}", file.requests.length + 1),
    line: begin + 1,
    contentType: "text/csv",
    body: "",
    assertions: [],
  };
  const problem = (at: number, message: string) => file.problems.push({ line: at + 1, message });
  let part: "start" | "headers" | "body" = "start";
  const body: string[] = [];
  for (let at = title === undefined ? begin : begin + 1; at < end; at++) {
    const line = lines[at] ?? "";
    const expected = /^#\s*expect\s+(.+)$/i.exec(line)?.[1];
    if (expected !== undefined) {
      const assertion = parseAssertion(expected.trim(), at + 1);
      if (assertion) request.assertions.push(assertion);
      else problem(at, l10n.t('"{0}" is no expectation. {1}', expected.trim(), assertionHint()));
    } else if (part !== "body" && /^(#|\/\/)/.test(line)) {
      // A comment.
    } else if (part === "start") {
      if (!line.trim()) continue;
      const target = /^POST\s+endpoint(?:\/([A-Za-z0-9](?:-*[A-Za-z0-9]){0,62}))?\s*$/.exec(line);
      if (!target)
        problem(at, l10n.t('"{0}" is no request line. Use POST endpoint/NAME, or POST endpoint.', line.trim()));
      request.endpointName = target?.[1];
      part = "headers";
    } else if (part === "headers") {
      if (!line.trim()) part = "body";
      else readHeader(line, request, (message) => problem(at, message));
    } else body.push(line);
  }
  if (part === "start") return;
  const text = body.join("\n").trim();
  const fromFile = /^<\s*(\S.*)$/.exec(text)?.[1];
  if (fromFile !== undefined && !text.includes("\n")) request.bodyFile = fromFile.trim();
  else request.body = text;
  checkMode(request, (message) => problem(begin, message));
  if (!text)
    problem(
      begin,
      l10n.t("Request {0} has no body. Put it after an empty line, or name a file: < row.csv", request.name),
    );
  file.requests.push(request);
}

function readHeader(line: string, request: SavedRequest, problem: (message: string) => void): void {
  const [, name = "", value = ""] = /^([^:\s]+)\s*:\s*(.*)$/.exec(line) ?? [];
  if (name.toLowerCase() === "invocation") {
    const mode = invocationModes.find((known) => known === value.trim().toLowerCase());
    if (mode) request.mode = mode;
    else problem(l10n.t('"{0}" is no way to invoke. Use {1}.', value.trim(), invocationModes.join(", ")));
    return;
  }
  const key = HEADERS[name.toLowerCase()];
  if (key) Object.assign(request, { [key]: value.trim() });
  else
    problem(l10n.t('"{0}" is no header of an invocation. Known: {1}.', name || line.trim(), KNOWN_HEADERS.join(", ")));
}

/** What the way of invoking does not have would be left out silently. */
function checkMode(request: SavedRequest, problem: (message: string) => void): void {
  const { mode = "now", bodyFile, uploadTo } = request;
  for (const key of headerKeys)
    if (request[key as HeaderKey] && !takesHeader(mode, key))
      problem(
        l10n.t('An invocation with "{0}" has no {1}. Take it away, or change Invocation.', mode, headerNames[key].file),
      );
  if (mode !== "async" && (uploadTo !== undefined || bodyFile?.startsWith("s3://")))
    problem(l10n.t("Only an asynchronous invocation reads its input from S3. Add Invocation: async."));
  if (uploadTo !== undefined && !parseS3Uri(uploadTo))
    problem(l10n.t('"{0}" is not a place in S3. It looks like s3://bucket/folder.', uploadTo));
}

const assertionHint = () =>
  l10n.t(
    "Use status 200, body contains TEXT, argmax 0, value 1 < 0.1, value 0 ≈ 0.98 ± 0.01, {0}, {1}, or latency < 200 ms.",
    'json predictions[0].label = "a"',
    "json predictions[0].score > 0.9",
  );

function parseAssertion(text: string, line: number): PredictAssertion | undefined {
  const base = { line, text };
  const number = "(-?\\d+(?:\\.\\d+)?(?:e-?\\d+)?)";
  let found = /^status\s+(\d{3})$/i.exec(text);
  if (found) return { ...base, kind: "status", status: Number(found[1]) };
  found = /^body\s+contains\s+(.+)$/i.exec(text);
  if (found) return { ...base, kind: "contains", part: found[1] ?? "" };
  found = /^argmax\s+(\d+)$/i.exec(text);
  if (found) return { ...base, kind: "argmax", index: Number(found[1]) };
  found = new RegExp(`^latency\\s*<\\s*${number}\\s*ms$`, "i").exec(text);
  if (found) return { ...base, kind: "latency", belowMs: Number(found[1]) };
  const compared = `([<>≈]|~=)\\s*${number}(?:\\s*(?:±|\\+-)\\s*${number})?$`;
  found = new RegExp(`^value\\s+(\\d+)\\s*${compared}`, "i").exec(text);
  if (found) return { ...base, kind: "value", index: Number(found[1]), ...comparisonOf(found) };
  found = new RegExp(`^json\\s+(\\S+?)\\s*${compared}`, "i").exec(text);
  if (found) return pathKeys(found[1] ?? "") && { ...base, kind: "json", path: found[1] ?? "", ...comparisonOf(found) };
  found = /^json\s+(\S+?)\s*==?\s*(\S.*)$/i.exec(text);
  if (!found || !pathKeys(found[1] ?? "")) return undefined;
  return { ...base, kind: "json", path: found[1] ?? "", comparison: "=", wanted: literal(found[2] ?? "") };
}

function comparisonOf([, , sign, value, tolerance]: RegExpExecArray): Comparison {
  const comparison = sign === "<" || sign === ">" ? sign : "≈";
  return { comparison, value: Number(value), tolerance: tolerance === undefined ? 1e-6 : Number(tolerance) };
}

/** A value of JSON, else the text as it stands: `class_0` needs no quotes. */
function literal(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The keys of `predictions[0].label`, also as `$.predictions[0].label`; undefined for no path. */
function pathKeys(path: string): string[] | undefined {
  const rest = path.replace(/^\$\.?/, "");
  const keys = [...rest.matchAll(/(?:^|\.)([^.[\]]+)|\[(\d+)\]|\["([^"]+)"\]/gy)];
  if (keys.reduce((length, [whole]) => length + whole.length, 0) !== rest.length) return undefined;
  return keys.map(([, name, place, quoted]) => name ?? place ?? quoted ?? "");
}

/** What an answer is held against; values are the numbers of its first row. */
export interface JudgedAnswer {
  status: number;
  body: string;
  latencyMs: number;
  values?: readonly number[];
}

/** What was seen instead, in words; undefined when the assertion holds. */
export function failedAssertion(assertion: PredictAssertion, answer: JudgedAnswer): string | undefined {
  const { values } = answer;
  if (assertion.kind === "status")
    return answer.status === assertion.status ? undefined : l10n.t("status {0}", answer.status);
  if (assertion.kind === "contains")
    return answer.body.includes(assertion.part) ? undefined : answer.body.slice(0, 500) || l10n.t("an empty body");
  if (assertion.kind === "latency")
    return answer.latencyMs < assertion.belowMs ? undefined : `${fixedText(answer.latencyMs, 1)} ms`;
  if (assertion.kind === "json") return failedJson(assertion, answer.body);
  if (!values) return l10n.t("an answer that is no row of numbers");
  if (assertion.kind === "argmax") {
    const likeliest = values.indexOf(Math.max(...values));
    return likeliest === assertion.index ? undefined : `argmax ${likeliest}`;
  }
  const value = values[assertion.index];
  if (value === undefined) return l10n.t("{0} values", values.length);
  return holds(assertion, value) ? undefined : String(value);
}

function holds({ comparison, value: wanted, tolerance }: Comparison, value: number): boolean {
  if (comparison === "≈") return Math.abs(value - wanted) <= tolerance;
  return comparison === "<" ? value < wanted : value > wanted;
}

function failedJson(assertion: Extract<PredictAssertion, { kind: "json" }>, body: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return l10n.t("an answer that is no JSON");
  }
  for (const key of pathKeys(assertion.path) ?? []) {
    const inside = typeof value === "object" && value !== null && Object.hasOwn(value, key);
    if (!inside) return l10n.t("nothing at {0}", assertion.path);
    value = (value as Record<string, unknown>)[key];
  }
  const seen = JSON.stringify(value).slice(0, 500);
  if (assertion.comparison === "=") return seen === JSON.stringify(assertion.wanted) ? undefined : seen;
  return typeof value === "number" && holds(assertion, value) ? undefined : seen;
}

/** An expectation that did not hold; `line` is absent for the one that goes without saying: an answer with HTTP 2xx. */
export interface FailedExpectation {
  line?: number;
  expected: string;
  seen: string;
}

/** What an answer to a saved request fails. Without an expected status of its own a request wants HTTP 2xx. */
export function failedExpectations(
  { assertions }: Pick<SavedRequest, "assertions">,
  answer: JudgedAnswer & { error?: { message: string; originalMessage?: string } },
): FailedExpectation[] {
  const { status, error, body } = answer;
  const failed: FailedExpectation[] = assertions.flatMap((assertion) => {
    const seen = failedAssertion(assertion, answer);
    return seen === undefined ? [] : [{ line: assertion.line, expected: assertion.text, seen }];
  });
  const isAsked = assertions.some(({ kind }) => kind === "status");
  if (!isAsked && (status < 200 || status > 299)) {
    const said = error?.originalMessage ?? error?.message ?? body.slice(0, 300);
    failed.push({ expected: "HTTP 2xx", seen: `HTTP ${status}: ${said}` });
  }
  return failed;
}

/** A request as the text of a file, as it is saved from the tester. */
export function predictFileText(
  request: Omit<SavedRequest, "line" | "assertions">,
  assertions: readonly string[],
): string {
  const { mode } = request;
  const headers: [string, string | undefined][] = [
    ["Invocation", mode === "now" ? undefined : mode],
    ["Content-Type", request.contentType],
    ...headerKeys.map((key): [string, string | undefined] => [
      headerNames[key].file,
      takesHeader(mode ?? "now", key) ? request[key] : undefined,
    ]),
    ["Upload-To", request.uploadTo],
  ];
  const lines = [
    `### ${request.name}`,
    ...assertions.map((text) => `# expect ${text}`),
    `POST endpoint${request.endpointName === undefined ? "" : `/${request.endpointName}`}`,
    ...headers.flatMap(([name, value]) => (value ? [`${name}: ${value}`] : [])),
    "",
    request.bodyFile === undefined ? request.body : `< ${request.bodyFile}`,
    "",
  ];
  return lines.join("\n");
}
