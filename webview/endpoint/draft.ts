import { type FeatureFile, toCsvLine } from "../../src/domain/prediction.ts";
import type { InvocationHeaders, PredictParams } from "../../src/protocol/endpointPage.ts";

/** What the user has entered; it outlives the page's being hidden. Values by feature, null for a missing one. */
export interface Draft {
  mode: "form" | "raw";
  /** Straight to the endpoint, or through the project's API, which takes the form's features only. */
  via: "endpoint" | "api";
  values: Record<string, number | null>;
  rawBody: string;
  contentType: string;
  /** Empty: SageMaker chooses by weight. */
  variant: string;
  /** Absent in what an older version of the page kept. */
  headers?: InvocationHeaders;
}

/** Formats that the form can write. */
export const formContentTypes = ["text/csv", "text/libsvm"];
/** Formats offered for raw bodies. */
export const rawContentTypes = ["text/csv", "text/libsvm", "application/json", "text/plain"];

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
  if (draft.mode === "raw" || !features) return draft.rawBody;
  const values = features.features.map(({ name }) => draft.values[name] ?? null);
  if (draft.contentType !== "text/libsvm") return toCsvLine(values);
  return ["0", ...values.flatMap((value, i) => (value === null ? [] : [`${i}:${value}`]))].join(" ");
}

/** The request that the draft stands for. */
export function paramsOf(draft: Draft, features: FeatureFile | undefined): PredictParams {
  if (draft.via === "api" && draft.mode === "form" && features) {
    const values = features.features.map(({ name }) => [name, draft.values[name] ?? null]);
    return { via: "api", features: Object.fromEntries(values) };
  }
  const { contentType, variant } = draft;
  const body = bodyOf(draft, features);
  const headers = Object.fromEntries(Object.entries(draft.headers ?? {}).filter(([, value]) => value));
  return {
    via: "endpoint",
    contentType,
    body,
    ...(variant ? { targetVariant: variant } : {}),
    ...(Object.keys(headers).length ? { headers } : {}),
  };
}

/**
 * What is likely wrong with a raw CSV body, before it is sent: the container takes too few values for missing ones and
 * answers all the same.
 */
export function rawBodyNote({ rawBody, contentType }: Draft, features: FeatureFile | undefined): string | undefined {
  if (!features || contentType !== "text/csv" || rawBody.trim() === "") return undefined;
  const wanted = features.features.length;
  const rows = rawBody.trim().split(/\r?\n/);
  for (const [i, row] of rows.entries()) {
    const cells = row.split(",");
    const where = rows.length === 1 ? "" : `Row ${i + 1}: `;
    if (cells.length < wanted) {
      return `${where}${cells.length} of ${wanted} values: those that lack at the end count as missing.`;
    }
    if (cells.length > wanted) return `${where}${cells.length} values, but the model has ${wanted} features.`;
    const text = cells.find((cell) => cell.trim() !== "" && !Number.isFinite(Number(cell)));
    if (text !== undefined) return `${where}“${text.trim().slice(0, 40)}” is not a number.`;
  }
  return undefined;
}
