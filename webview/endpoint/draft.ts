import * as l10n from "@vscode/l10n";
import { type CsvRecord, readCsv } from "../../src/domain/csv.ts";
import { type InvocationHeaders, type InvocationMode, takesHeader } from "../../src/domain/invocation.ts";
import { type FeatureFile, toCsvLine } from "../../src/domain/prediction.ts";
import type { ChosenFile, PredictParams, SentRequest } from "../../src/protocol/endpointPage.ts";

/** Where the body comes from; an object of S3 is the input of asynchronous requests only. */
export type BodySource = "form" | "raw" | "file" | "s3";

/** What the user has entered; it outlives the page's being hidden. Values by feature, null for a missing one. */
export interface Draft {
  mode: BodySource;
  /** Straight to the endpoint, or through the project's API, which takes the form's features only. */
  via: "endpoint" | "api";
  values: Record<string, number | null>;
  rawBody: string;
  contentType: string;
  /** Empty: SageMaker chooses by weight. */
  variant: string;
  /** Absent in what an older version of the page kept. */
  headers?: InvocationHeaders;
  /** How the endpoint is asked; absent: at once. An asynchronous endpoint is asked asynchronously all the same. */
  invocation?: InvocationMode;
  file?: ChosenFile;
  /** `s3://bucket/key` of the input. */
  inputLocation?: string;
}

/** Formats that the form can write. */
export const formContentTypes = ["text/csv", "text/libsvm"];

/** How the draft's request is sent to an endpoint of this kind. */
export function invocationOf({ invocation }: Draft, isAsync: boolean): InvocationMode {
  if (isAsync) return "async";
  return invocation === "stream" ? "stream" : "now";
}

export function newDraft(features: FeatureFile | undefined): Draft {
  return {
    mode: features ? "form" : "raw",
    via: "endpoint",
    values: Object.fromEntries((features?.features ?? []).map((feature) => [feature.name, feature.default])),
    rawBody: "",
    contentType: "text/csv",
    variant: "",
  };
}

/** The body that is sent. A missing value is an empty cell in CSV, and is left out in LIBSVM. */
export function bodyOf(draft: Draft, features: FeatureFile | undefined): string {
  if (draft.mode === "file" || draft.mode === "s3") return "";
  if (draft.mode === "raw" || !features) return draft.rawBody;
  const values = features.features.map(({ name }) => draft.values[name] ?? null);
  if (draft.contentType !== "text/libsvm") return toCsvLine(values);
  return ["0", ...values.flatMap((value, i) => (value === null ? [] : [`${i}:${value}`]))].join(" ");
}

/**
 * The request that the draft stands for.
 * @param isAsync the endpoint is asked by way of S3
 */
export function paramsOf(draft: Draft, features: FeatureFile | undefined, isAsync: boolean): PredictParams {
  if (draft.via === "api" && draft.mode === "form" && features) {
    const values = features.features.map(({ name }) => [name, draft.values[name] ?? null]);
    return { via: "api", features: Object.fromEntries(values) };
  }
  const { contentType, variant, file, inputLocation } = draft;
  const mode = invocationOf(draft, isAsync);
  const body = bodyOf(draft, features);
  const headers = Object.fromEntries(
    Object.entries(draft.headers ?? {}).filter(([key, value]) => value && takesHeader(mode, key as never)),
  );
  return {
    via: "endpoint",
    contentType,
    body,
    ...(mode === "now" ? {} : { mode }),
    ...(draft.mode === "file" && file ? { fileId: file.id } : {}),
    ...(draft.mode === "s3" && inputLocation ? { inputLocation } : {}),
    ...(variant && takesHeader(mode, "targetVariant") ? { targetVariant: variant } : {}),
    ...(Object.keys(headers).length ? { headers } : {}),
    ...(draft.mode === "form" ? { fromForm: true } : {}),
  };
}

/** What a request that was sent changes of the draft when it is entered again. */
export function draftOf({ params, file }: SentRequest, features: FeatureFile | undefined): Partial<Draft> {
  if (params.via === "api") return { mode: "form", via: "api", values: params.features };
  const { contentType, body, headers, inputLocation, fromForm } = params;
  const { targetVariant: variant = "", mode: invocation = "now" } = params;
  const sent = { via: "endpoint" as const, contentType, variant, headers, invocation };
  if (params.fileId !== undefined) return { ...sent, mode: "file", file };
  if (inputLocation !== undefined) return { ...sent, mode: "s3", inputLocation };
  if (!fromForm || !features) return { ...sent, mode: "raw", rawBody: body };
  return { ...sent, mode: "form", values: valuesOf(body, contentType, features) };
}

/** The form's values out of what `bodyOf` made of them. */
function valuesOf(body: string, contentType: string, { features }: FeatureFile): Draft["values"] {
  const pairs = body.split(" ").map((pair) => pair.split(":"));
  const cells =
    contentType === "text/libsvm"
      ? new Map(pairs.map(([at, value]) => [Number(at), value]))
      : new Map(body.split(",").map((cell, at) => [at, cell]));
  return Object.fromEntries(features.map(({ name }, at) => [name, cells.get(at) ? Number(cells.get(at)) : null]));
}

/** Why the draft cannot be sent yet. */
export function draftLacks({ mode, file, inputLocation }: Draft): string | undefined {
  if (mode === "file" && !file) return l10n.t("Choose a file to send.");
  if (mode === "s3" && !/^s3:\/\/[^/]+\/.+/.test(inputLocation ?? ""))
    return l10n.t("Enter the input as s3://bucket/key.");
  return undefined;
}

/**
 * The draft for what is now known of the page: what is no choice any more is none. An object of S3 is the input of
 * asynchronous endpoints only, the form needs the project's features.
 */
export function fitting(draft: Draft, features: FeatureFile | undefined, isAsync: boolean): Draft {
  const isForm = draft.mode === "form" && !features;
  const isObject = draft.mode === "s3" && !isAsync;
  return isForm || isObject ? { ...draft, mode: "raw" } : draft;
}

/** The draft for an endpoint that hosts inference components: one of them is named. */
export function withComponent(draft: Draft, components: readonly string[]): Draft {
  const [first] = components;
  if (first === undefined || draft.headers?.inferenceComponent) return draft;
  return { ...draft, headers: { ...draft.headers, inferenceComponent: first } };
}

/**
 * What is likely wrong with a raw CSV body, before it is sent: the container takes too few values for missing ones and
 * answers all the same.
 */
export function rawBodyNote({ rawBody, contentType }: Draft, features: FeatureFile | undefined): string | undefined {
  if (/json/.test(contentType) && rawBody.trim() !== "")
    return jsonNote(rawBody, /lines|ndjson|jsonl/.test(contentType));
  if (!features || contentType !== "text/csv" || rawBody.trim() === "") return undefined;
  try {
    return rowsNote(readCsv(rawBody), features.features.length);
  } catch (error) {
    return l10n.t("Not CSV: {0}.", (error as Error).message);
  }
}

function rowsNote(rows: readonly CsvRecord[], wanted: number): string | undefined {
  for (const [i, { cells }] of rows.entries()) {
    const where = rows.length === 1 ? "" : l10n.t("Row {0}: ", i + 1);
    if (cells.length < wanted) {
      return l10n.t("{0}{1} of {2} values: those that lack at the end count as missing.", where, cells.length, wanted);
    }
    if (cells.length > wanted)
      return l10n.t("{0}{1} values, but the model has {2} features.", where, cells.length, wanted);
    const text = cells.find((cell) => cell.trim() !== "" && !Number.isFinite(Number(cell)));
    if (text !== undefined) return l10n.t("{0}“{1}” is not a number.", where, text.trim().slice(0, 40));
  }
  return undefined;
}

function jsonNote(text: string, isLines: boolean): string | undefined {
  const rows = isLines ? text.trim().split(/\r?\n/) : [text];
  for (const [i, row] of rows.entries()) {
    try {
      if (row.trim()) JSON.parse(row);
    } catch (error) {
      return l10n.t(
        "{0} not JSON: {1}",
        isLines ? l10n.t("Line {0} is", i + 1) : l10n.t("It is"),
        (error as Error).message,
      );
    }
  }
  return undefined;
}
