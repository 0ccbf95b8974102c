import * as l10n from "@vscode/l10n";
/** One request of a load plan as it was sent, and what came back. Headers carry no secrets: those are named, not shown. */
export interface ProbedRequest {
  method: string;
  url: string;
  requestHeaders: [string, string][];
  body: ProbedBody;
  /** Which of the plan's bodies it was, from 1, and how many there are. */
  row: number;
  rows: number;
  sentAtMs: number;
  /** Until the connection stood (name resolution, TCP, TLS), until the first byte of the answer, until its end; ms. */
  connectMs: number;
  firstByteMs: number;
  totalMs: number;
  answer?: { status: number; statusText: string; headers: [string, string][]; body: ProbedBody };
  /** Why there was no answer. */
  failure?: string;
}

/** The beginning of a body. Bytes that are no text are told by their size only. */
export interface ProbedBody {
  bytes: number;
  text?: string;
  cut: boolean;
}

/** Headers that are, or prove the knowledge of, a secret. */
const SECRET = /^(authorization|x-amz-security-token|x-api-key|cookie|set-cookie|proxy-authorization)$/i;

/** Headers as they can be shown: what is secret is named only. */
export function withoutSecrets(headers: Iterable<readonly [string, string]>): [string, string][] {
  return [...headers].map(([name, value]) => [name, SECRET.test(name) ? l10n.t("(not shown)") : value]);
}
