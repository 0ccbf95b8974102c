import * as l10n from "@vscode/l10n";
import { seededRandom } from "../domain/seededRandom.ts";
import { LoadInputError } from "./loadInputError.ts";
import type { RequestShare } from "./pacer.ts";
import { amzDate, bodyHash, createSigner, type SigningCredentials } from "./signer.ts";

/** The request that is sent again and again; `url` absolute, headers without host and content-length. */
export type RequestTemplate = { url: string; method: "POST"; headers: Record<string, string> };

/** How requests are signed. `everyRequest` makes a fresh signature each time instead of one per row and second. */
export type RequestSigning = {
  region: string;
  service: string;
  credentials: SigningCredentials;
  everyRequest?: boolean;
};

/** Gives the bytes of the next request: head and body in one buffer. */
export type RequestEncoder = { next(nowMs: number): Buffer; setCredentials(credentials: SigningCredentials): void };

type Row = { body: Buffer; hash: string; second: number; bytes: Buffer };

/** The URL of a template; errors name it when it is not http or https, or carries credentials. */
export function requestUrl(text: string): URL {
  const hint = l10n.t("Give an absolute http:// or https:// URL without user name and password.");
  if (!URL.canParse(text)) throw new LoadInputError(l10n.t('The load target "{0}" is not a URL.', text), hint);
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new LoadInputError(
      l10n.t("The load target {0}//… cannot be loaded: only http and https can.", url.protocol),
      hint,
    );
  }
  if (url.username || url.password)
    throw new LoadInputError(l10n.t("The load target carries credentials in its URL."), hint);
  return url;
}

/** Signatures made before the first request is due; some 20 ms. */
const WARM_UPS = 2000;

/**
 * Encodes the rows once and signs them as time goes by: `x-amz-date` has a resolution of one second, so one signature
 * per row and second is all that a service can tell apart. With a seed rows come in a repeatable random order, else
 * in the order given. Of several processes each leaves out what the others send.
 */
export function createRequestEncoder(
  template: RequestTemplate,
  payloads: readonly Uint8Array[],
  signing?: RequestSigning,
  seed?: number,
  share: RequestShare = { index: 0, count: 1 },
): RequestEncoder {
  const url = requestUrl(template.url);
  if (payloads.length === 0)
    throw new LoadInputError(l10n.t("There is no payload row to send."), l10n.t("Give the plan at least one."));
  const head =
    `${template.method} ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\nconnection: keep-alive\r\n` +
    headerLines(template.headers);
  const { method, headers } = template;
  const signer = signing && createSigner({ ...signing, method, url, headers }, signing.credentials);
  const rows = payloads.map((payload): Row => {
    const body = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    const row = { body, hash: bodyHash(body), second: -1, bytes: body };
    if (!signer) row.bytes = encode(row, {});
    return row;
  });
  const random = seed === undefined ? undefined : seededRandom(seed);
  let index = share.index - share.count;
  for (let skipped = 0; random && skipped < share.index; skipped++) random();

  function encode(row: Row, signature: Record<string, string>): Buffer {
    const text = `${head}${headerLines(signature)}content-length: ${row.body.length}\r\n\r\n`;
    return Buffer.concat([Buffer.from(text, "latin1"), row.body]);
  }

  const empty = Buffer.alloc(0);
  const any: Row = { body: empty, hash: bodyHash(empty), second: -1, bytes: empty };
  // Signing is done a few hundred times a second, too seldom to be compiled soon: the first minutes would pay for it.
  for (let i = 0; signer && i < WARM_UPS; i++) encode(any, signer.sign(amzDate(i * 1000), any.hash));

  return {
    next(nowMs) {
      index = random ? Math.floor(random() * rows.length) : (index + share.count) % rows.length;
      const row = rows[index] as Row;
      for (let skipped = 1; random && skipped < share.count; skipped++) random();
      const second = Math.floor(nowMs / 1000);
      if (signer && (row.second !== second || signing?.everyRequest)) {
        row.bytes = encode(row, signer.sign(amzDate(nowMs), row.hash));
        row.second = second;
      }
      return row.bytes;
    },
    setCredentials(credentials) {
      signer?.setCredentials(credentials);
      for (const row of rows) row.second = -1;
    },
  };
}

function headerLines(headers: Record<string, string>): string {
  return Object.entries(headers)
    .map(([name, value]) => {
      if (/[\r\n]/.test(name + value)) {
        throw new LoadInputError(
          l10n.t("The header {0} has a line break.", JSON.stringify(name)),
          l10n.t("Remove it from the header."),
        );
      }
      return `${name}: ${value}\r\n`;
    })
    .join("");
}
