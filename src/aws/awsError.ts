import * as l10n from "@vscode/l10n";
import { OpsError, type OpsErrorCode } from "../domain/errors.ts";

/** What was being done, for the message. */
export interface ErrorContext {
  /** `describe endpoint wine-endpoint` */
  action: string;
  region: string;
}

const NOT_FOUND = /^(Could not find|.* does not exist|.* not found\.?$|Unable to find|No such)/i;

interface Kind {
  code: OpsErrorCode;
  hint?: () => string;
}

const BY_NAME: Record<string, Kind> = {
  ExpiredToken: { code: "credentials", hint: () => l10n.t("The session has expired: sign in again and repeat.") },
  ExpiredTokenException: {
    code: "credentials",
    hint: () => l10n.t("The session has expired: sign in again and repeat."),
  },
  UnrecognizedClientException: {
    code: "credentials",
    hint: () => l10n.t("The access key is not known there: choose another profile."),
  },
  InvalidClientTokenId: {
    code: "credentials",
    hint: () => l10n.t("The access key is not known there: choose another profile."),
  },
  InvalidAccessKeyId: {
    code: "credentials",
    hint: () => l10n.t("The access key is not known there: choose another profile."),
  },
  SignatureDoesNotMatch: {
    code: "credentials",
    hint: () => l10n.t("The secret access key is wrong: check the profile."),
  },
  InvalidSignatureException: {
    code: "credentials",
    hint: () => l10n.t("The secret access key is wrong, or this machine's clock is."),
  },
  CredentialsProviderError: {
    code: "credentials",
    hint: () => l10n.t("Choose a profile with Connect…, or start the sandbox."),
  },
  TokenProviderError: { code: "credentials", hint: () => l10n.t("Run `aws sso login` for this profile and repeat.") },
  AccessDenied: {
    code: "accessDenied",
    hint: () => l10n.t("The signed-in principal may not do this: ask for the permission."),
  },
  AccessDeniedException: {
    code: "accessDenied",
    hint: () => l10n.t("The signed-in principal may not do this: ask for the permission."),
  },
  ThrottlingException: {
    code: "throttled",
    hint: () => l10n.t("AWS slows this account down: wait a moment and repeat."),
  },
  Throttling: { code: "throttled", hint: () => l10n.t("AWS slows this account down: wait a moment and repeat.") },
  TooManyRequestsException: {
    code: "throttled",
    hint: () => l10n.t("AWS slows this account down: wait a moment and repeat."),
  },
  ModelError: {
    code: "modelFailed",
    hint: () => l10n.t("The container refused the request: see its message and log."),
  },
  AbortError: { code: "cancelled" },
};
const UNREACHABLE = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET|EHOSTUNREACH|getaddrinfo|socket hang up/;

/** The one place where SDK errors become ours. */
export function toAwsOpsError(e: unknown, context: ErrorContext): OpsError {
  if (e instanceof OpsError) return e;
  const error = e instanceof Error ? e : new Error(String(e));
  const failed = l10n.t("Could not {0} in {1}", context.action, context.region);
  // Every provider words it in its own way ("… returned expired credentials.", "The SSO session … has expired.").
  const isExpired = error.name === "CredentialsProviderError" && /expired/i.test(error.message);
  const known = BY_NAME[isExpired ? "ExpiredToken" : error.name];
  if (known) return new OpsError(known.code, `${failed}: ${error.message}`, { hint: known.hint?.(), cause: e });
  const text = `${(error as { code?: string }).code ?? ""} ${error.message}`;
  if (UNREACHABLE.test(text))
    return new OpsError("unreachable", `${failed}: ${error.message || text.trim()}`, {
      hint: l10n.t("Check the network, the region and the endpoint URL; if this is the sandbox, start it again."),
      cause: e,
    });
  if (NOT_FOUND.test(error.message) || /NotFound|NoSuch/.test(error.name))
    return new OpsError("notFound", `${failed}: ${error.message}`, {
      hint: l10n.t("Check the name, or switch the region or the account."),
      cause: e,
    });
  return new OpsError("failed", `${failed}: ${error.message || error.name}`, { cause: e });
}

/** Runs an SDK call; what it throws is one of ours. */
export async function withAwsErrors<T>(context: ErrorContext, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (e) {
    throw toAwsOpsError(e, context);
  }
}
