import { type FeatureFile, toCsvLine } from "../../src/domain/prediction.ts";

/** What the user has entered; it outlives the page's being hidden. Values by feature, null for a missing one. */
export interface Draft {
  mode: "form" | "raw";
  values: Record<string, number | null>;
  rawBody: string;
  contentType: string;
  /** Empty: SageMaker chooses by weight. */
  variant: string;
}

/** Formats that the form can write. */
export const formContentTypes = ["text/csv", "text/libsvm"];
/** Formats offered for raw bodies. */
export const rawContentTypes = ["text/csv", "text/libsvm", "application/json", "text/plain"];

export function newDraft(features: FeatureFile | undefined): Draft {
  return {
    mode: features ? "form" : "raw",
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
