import * as l10n from "@vscode/l10n";
import { z } from "zod";
import { numberText } from "./numberText.ts";

type Issue = z.core.$ZodRawIssue;

/** What a schema complains of, in the editor's language and in words of a file's author: for `safeParse(…, { error })`. */
export function schemaMessage(issue: Issue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return l10n.t("is missing");
      if (issue.expected === "int" && typeof issue.input === "number") return l10n.t("expected a whole number");
      return l10n.t("expected {0}, not {1}", typeText(issue.expected), typeText(z.util.parsedType(issue.input)));
    case "invalid_value":
      if (issue.input === undefined) return l10n.t("is missing");
      return l10n.t("expected {0}", z.util.joinValues(issue.values, l10n.t(" or ")));
    case "too_small":
      if (issue.origin !== "number" && issue.minimum === 1) return l10n.t("is empty");
      return limitText(issue.origin, issue.minimum, issue.inclusive, LEAST);
    case "too_big":
      return limitText(issue.origin, issue.maximum, issue.inclusive, MOST);
    case "not_multiple_of":
      return l10n.t("expected a multiple of {0}", issue.divisor);
    case "invalid_format":
      return issue.pattern
        ? l10n.t("does not match {0}", issue.pattern)
        : l10n.t("is not of the form {0}", issue.format);
    case "unrecognized_keys":
      return l10n.t("unknown {0}", z.util.joinValues(issue.keys, ", "));
    case "invalid_key":
      return l10n.t("has a name that is not allowed: {0}", issue.issues[0]?.message ?? "");
    case "invalid_union":
      return l10n.t("fits none of the forms");
  }
  return undefined;
}

function typeText(type: string): string {
  switch (type) {
    case "number":
      return l10n.t("a number");
    case "int":
      return l10n.t("a whole number");
    case "string":
      return l10n.t("text");
    case "boolean":
      return l10n.t("true or false");
    case "array":
      return l10n.t("a list");
    case "object":
    case "record":
      return l10n.t("an object");
  }
  return type;
}

const LEAST = {
  number: (limit: string, inclusive: boolean) =>
    inclusive ? l10n.t("too small: expected at least {0}", limit) : l10n.t("too small: expected more than {0}", limit),
  string: (limit: string) => l10n.t("too short: expected at least {0} characters", limit),
  items: (limit: string) => l10n.t("too few entries: expected at least {0}", limit),
};
const MOST: typeof LEAST = {
  number: (limit, inclusive) =>
    inclusive ? l10n.t("too large: expected at most {0}", limit) : l10n.t("too large: expected less than {0}", limit),
  string: (limit) => l10n.t("too long: expected at most {0} characters", limit),
  items: (limit) => l10n.t("too many entries: expected at most {0}", limit),
};

function limitText(
  origin: string,
  limit: number | bigint,
  inclusive: boolean | undefined,
  texts: typeof LEAST,
): string {
  const shown = numberText(Number(limit), 6);
  if (origin === "string") return texts.string(shown);
  const isCounted = origin === "array" || origin === "set" || origin === "map" || origin === "object";
  return isCounted ? texts.items(shown) : texts.number(shown, inclusive ?? true);
}
