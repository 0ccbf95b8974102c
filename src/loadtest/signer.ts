import { createHash, createHmac } from "node:crypto";

/** Credentials of a run; they live in memory only and travel by IPC only. */
export type SigningCredentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

/** What is the same in every request of a run. */
export type SigningScope = {
  region: string;
  service: string;
  method: string;
  url: URL;
  headers: Record<string, string>;
};

/** Signs one request: gives the headers to add. `bodyHash` is the lower-case hex SHA-256 of the body. */
export type Signer = {
  sign(amzDate: string, bodyHash: string): Record<string, string>;
  setCredentials(credentials: SigningCredentials): void;
};

const sha256 = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Uint8Array, data: string) => createHmac("sha256", key).update(data).digest();

/** Hash of a body as the signature wants it. */
export function bodyHash(body: Uint8Array): string {
  return sha256(body);
}

/** `x-amz-date` of a moment: 20260101T000000Z, one-second resolution. */
export function amzDate(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/[-:]|\.\d+/g, "");
}

const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

function canonicalQuery(url: URL): string {
  const pairs = [...url.searchParams].map(([key, value]) => `${encode(key)}=${encode(value)}`);
  return pairs.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).join("&");
}

/**
 * Synchronous SigV4 by headers (AWS General Reference, "Create a signed AWS API request"): the key is derived once a
 * day and what does not change from request to request is put together once, which leaves two hashes per signature.
 * Not for S3, whose paths are encoded once only.
 */
export function createSigner(scope: SigningScope, credentials: SigningCredentials): Signer {
  let current = credentials;
  let keyDay = "";
  let key: Uint8Array = new Uint8Array();
  const path = scope.url.pathname.split("/").map(encode).join("/");
  const query = canonicalQuery(scope.url);
  const fixed = Object.entries({ ...scope.headers, host: scope.url.host }).map(([name, value]): [string, string] => [
    name.toLowerCase(),
    value.trim().replace(/\s+/g, " "),
  ]);

  function signingKey(day: string): Uint8Array {
    if (day !== keyDay) {
      const dated = hmac(hmac(hmac(`AWS4${current.secretAccessKey}`, day), scope.region), scope.service);
      key = hmac(dated, "aws4_request");
      keyDay = day;
    }
    return key;
  }

  /** What is the same for all bodies of a second: put together when the second, or the credentials, change. */
  type Second = { date: string; head: string; text: string; credential: string };
  let second: Second | undefined;

  function secondOf(date: string): Second {
    if (second?.date === date) return second;
    const day = date.slice(0, 8);
    const { sessionToken } = current;
    const added: [string, string][] = [["x-amz-date", date]];
    if (sessionToken) added.push(["x-amz-security-token", sessionToken]);
    const headers = [...fixed, ...added].sort(([one], [other]) => (one < other ? -1 : 1));
    const names = headers.map(([name]) => name).join(";");
    const lines = headers.map(([name, value]) => `${name}:${value}\n`).join("");
    const credentialScope = `${day}/${scope.region}/${scope.service}/aws4_request`;
    second = {
      date,
      head: `${scope.method}\n${path}\n${query}\n${lines}\n${names}\n`,
      text: `AWS4-HMAC-SHA256\n${date}\n${credentialScope}\n`,
      credential: `AWS4-HMAC-SHA256 Credential=${current.accessKeyId}/${credentialScope}, SignedHeaders=${names}, Signature=`,
    };
    return second;
  }

  return {
    sign(date, hash) {
      const { head, text, credential } = secondOf(date);
      const signature = createHmac("sha256", signingKey(date.slice(0, 8)))
        .update(text + sha256(head + hash))
        .digest("hex");
      const added: Record<string, string> = { "x-amz-date": date, authorization: credential + signature };
      if (current.sessionToken) added["x-amz-security-token"] = current.sessionToken;
      return added;
    },
    setCredentials(next) {
      current = next;
      keyDay = "";
      second = undefined;
    },
  };
}
