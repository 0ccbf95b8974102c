/** Kinds of failure that the product tells apart; views and exit codes go by them. */
export type OpsErrorCode =
  /** A file, argument or setting is wrong: exit code 2. */
  | "badInput"
  | "notFound"
  | "notConnected"
  | "credentials"
  | "accessDenied"
  | "throttled"
  | "conflict"
  | "unreachable"
  | "deploymentFailed"
  | "modelFailed"
  | "cancelled"
  | "failed";

/** Where something is wrong: a file, with line and column from 1 where they are known. */
export interface FilePlace {
  file: string;
  line?: number;
  column?: number;
}

/** The one error of the product: what happened, to which resource, and what to do next. */
export class OpsError extends Error {
  /** What to do next, as a sentence. */
  readonly hint?: string;
  /** The file to correct. */
  readonly place?: FilePlace;

  constructor(
    readonly code: OpsErrorCode,
    message: string,
    options: { hint?: string; cause?: unknown; place?: FilePlace } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "OpsError";
    this.hint = options.hint;
    this.place = options.place;
  }
}

/** Any thrown thing as an OpsError; what is one already stays as it is. */
export function toOpsError(e: unknown): OpsError {
  if (e instanceof OpsError) return e;
  return new OpsError("failed", e instanceof Error ? e.message : String(e), { cause: e });
}

/** Message and hint on one line. */
export function describeOpsError(e: OpsError): string {
  if (!e.hint) return e.message;
  // AWS's own texts end with or without a full stop.
  return `${e.message}${/[.!?]$/.test(e.message) ? "" : "."} ${e.hint}`;
}
