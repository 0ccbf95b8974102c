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

  return {
    sign(date, hash) {
      const added: Record<string, string> = { "x-amz-date": date };
      if (current.sessionToken) added["x-amz-security-token"] = current.sessionToken;
      const headers = [...fixed, ...Object.entries(added)].sort(([a], [b]) => (a < b ? -1 : 1));
      const names = headers.map(([name]) => name).join(";");
      const lines = headers.map(([name, value]) => `${name}:${value}\n`).join("");
      const canonical = `${scope.method}\n${path}\n${query}\n${lines}\n${names}\n${hash}`;
      const credentialScope = `${date.slice(0, 8)}/${scope.region}/${scope.service}/aws4_request`;
      const text = `AWS4-HMAC-SHA256\n${date}\n${credentialScope}\n${sha256(canonical)}`;
      const signature = createHmac("sha256", signingKey(date.slice(0, 8)))
        .update(text)
        .digest("hex");
      added.authorization = `AWS4-HMAC-SHA256 Credential=${current.accessKeyId}/${credentialScope}, SignedHeaders=${names}, Signature=${signature}`;
      return added;
    },
    setCredentials(next) {
      current = next;
      keyDay = "";
    },
  };
}
