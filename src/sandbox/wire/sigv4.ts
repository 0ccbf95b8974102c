import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { WireError, type WireRequest } from "./types.ts";

/** What a signed request claims about itself. */
export interface CredentialScope {
  accessKeyId: string;
  date: string;
  region: string;
  service: string;
  signedHeaders: string[];
  signature: string;
  amzDate: string;
  presigned: boolean;
  sessionToken?: string;
}

/** A key that the sandbox has issued. */
export interface IssuedCredential {
  secretAccessKey: string;
  sessionToken?: string;
  principalArn: string;
  /** Epoch ms after which the key is refused with ExpiredTokenException. */
  expiresAt?: number;
}

/** AWS refuses a signature more than 15 minutes off. */
const MAX_SKEW_MS = 15 * 60 * 1000;
/** A presigned URL lives at most seven days. */
const MAX_PRESIGNED_SECONDS = 604_800;
const CACHED_KEYS = 500;

const sha256 = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Buffer, data: string) => createHmac("sha256", key).update(data).digest();
const uriEncode = (s: string) =>
  encodeURIComponent(s).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Reads the Authorization header, or the `X-Amz-*` query of a presigned URL; undefined when unsigned. */
export function parseScope(req: WireRequest): CredentialScope | undefined {
  const header = req.headers.authorization;
  const query = (name: string) => req.query.get(name)?.[0];
  let credential: string | undefined;
  let signedHeaders: string | undefined;
  let signature: string | undefined;
  if (header?.startsWith("AWS4-HMAC-SHA256 ")) {
    const fields = new Map(
      header
        .slice(17)
        .split(",")
        .map((part): [string, string] => {
          const eq = part.indexOf("=");
          return [part.slice(0, eq).trim(), part.slice(eq + 1).trim()];
        }),
    );
    credential = fields.get("Credential");
    signedHeaders = fields.get("SignedHeaders");
    signature = fields.get("Signature");
  } else if (query("X-Amz-Algorithm") === "AWS4-HMAC-SHA256") {
    credential = query("X-Amz-Credential");
    signedHeaders = query("X-Amz-SignedHeaders");
    signature = query("X-Amz-Signature");
  }
  const parts = credential?.split("/") ?? [];
  if (parts.length < 5 || !signedHeaders || !signature || parts.at(-1) !== "aws4_request") return undefined;
  const [date = "", region = "", service = ""] = parts.slice(-4);
  return {
    accessKeyId: parts.slice(0, -4).join("/"),
    date,
    region,
    service,
    signedHeaders: signedHeaders.split(";"),
    signature,
    presigned: !header,
    amzDate: (header ? req.headers["x-amz-date"] : query("X-Amz-Date")) ?? "",
    sessionToken: header ? req.headers["x-amz-security-token"] : query("X-Amz-Security-Token"),
  };
}

const invalidSignature = () =>
  new WireError(
    "InvalidSignatureException",
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    403,
  );

/**
 * Throws unless the request was signed, recently, with a key that the sandbox issued.
 * @param secretOf must know no key but the sandbox's own
 * @param now epoch ms
 * @returns the principal behind the key
 */
export function verifySignature(
  req: WireRequest,
  scope: CredentialScope | undefined,
  secretOf: (accessKeyId: string) => IssuedCredential | undefined,
  now: number,
): IssuedCredential {
  if (!scope) throw new WireError("MissingAuthenticationTokenException", "Missing Authentication Token", 403);
  const credential = secretOf(scope.accessKeyId);
  if (!credential)
    throw new WireError("UnrecognizedClientException", "The security token included in the request is invalid.", 403);
  if (credential.expiresAt !== undefined && now > credential.expiresAt)
    throw new WireError("ExpiredTokenException", "The security token included in the request is expired", 403);
  assertFresh(req, scope, now);
  if (credential.sessionToken !== undefined && scope.sessionToken !== credential.sessionToken)
    throw new WireError("UnrecognizedClientException", "The security token included in the request is invalid.", 403);
  const canonical = canonicalRequest(req, scope);
  const scopeText = `${scope.date}/${scope.region}/${scope.service}/aws4_request`;
  const stringToSign = `AWS4-HMAC-SHA256\n${scope.amzDate}\n${scopeText}\n${sha256(canonical)}`;
  const expected = hmac(signingKey(scope, credential.secretAccessKey), stringToSign);
  const sent = Buffer.from(scope.signature, "hex");
  if (sent.length !== expected.length || !timingSafeEqual(sent, expected)) throw invalidSignature();
  return credential;
}

/**
 * Throws when an Authorization header is none of SigV4's, or was made for another service (seen in API Gateway's answers).
 * @throws WireError IncompleteSignatureException, InvalidSignatureException
 */
export function assertScope(req: WireRequest, scope: CredentialScope | undefined, service: string): void {
  const header = req.headers.authorization;
  if (!scope && header !== undefined)
    throw new WireError(
      "IncompleteSignatureException",
      `Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) Authorization=${createHash("sha256").update(header).digest("base64")}`,
      403,
    );
  if (scope && scope.service !== service)
    throw new WireError(
      "InvalidSignatureException",
      `Credential should be scoped to correct service: '${service}'. `,
      403,
    );
}

function assertFresh(req: WireRequest, scope: CredentialScope, now: number): void {
  const t = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(scope.amzDate);
  if (!t || !scope.amzDate.startsWith(scope.date) || !scope.signedHeaders.includes("host")) throw invalidSignature();
  const at = Date.UTC(Number(t[1]), Number(t[2]) - 1, Number(t[3]), Number(t[4]), Number(t[5]), Number(t[6]));
  if (scope.presigned) {
    const seconds = Math.min(Number(req.query.get("X-Amz-Expires")?.[0] ?? 0), MAX_PRESIGNED_SECONDS);
    if (now > at + seconds * 1000) throw new WireError("AccessDenied", "Request has expired", 403);
    if (now < at - MAX_SKEW_MS) throw new WireError("AccessDenied", "Request is not yet valid", 403);
    return;
  }
  if (Math.abs(now - at) > MAX_SKEW_MS) {
    if (scope.service === "s3")
      throw new WireError(
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        403,
      );
    const iso = (ms: number) => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "");
    const text =
      now > at
        ? `Signature expired: ${iso(at)} is now earlier than ${iso(now - MAX_SKEW_MS)} (${iso(now)} - 15 min.)`
        : `Signature not yet current: ${iso(at)} is still later than ${iso(now + MAX_SKEW_MS)} (${iso(now)} + 15 min.)`;
    throw new WireError("InvalidSignatureException", text, 403);
  }
}

function canonicalRequest(req: WireRequest, scope: CredentialScope): string {
  const pairs: [string, string][] = [];
  for (const [key, values] of req.query)
    if (key !== "X-Amz-Signature") for (const v of values) pairs.push([uriEncode(key), uriEncode(v)]);
  // By name, then by value: sorting "name=value" texts is wrong ("a-b=" < "a=").
  pairs.sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]));
  // Node reads header bytes as Latin-1; what was signed is their text in UTF-8.
  const textOf = (value: string) => Buffer.from(value, "latin1").toString("utf8");
  const headers = scope.signedHeaders.map(
    (n) =>
      `${n}:${textOf(req.headers[n] ?? "")
        .trim()
        .replace(/\s+/g, " ")}`,
  );
  return [
    req.method,
    canonicalPath(req.rawPath || "/", scope.service),
    pairs.map((p) => p.join("=")).join("&"),
    ...headers,
    "",
    scope.signedHeaders.join(";"),
    payloadHash(req, scope),
  ].join("\n");
}

/** S3 signs the path as sent; every other service normalizes it and encodes it once more. */
function canonicalPath(path: string, service: string): string {
  if (service === "s3") return path;
  const segments: string[] = [];
  for (const s of path.split("/")) {
    if (s === "..") segments.pop();
    else if (s && s !== ".") segments.push(uriEncode(s));
  }
  return `/${segments.join("/")}${path.length > 1 && path.endsWith("/") ? "/" : ""}`;
}

function payloadHash(req: WireRequest, scope: CredentialScope): string {
  const isS3 = scope.service === "s3";
  // Presigned URLs leave the body open on S3 only (S3 API reference, "Authenticating Requests: Using Query Parameters").
  const sent = scope.presigned ? (isS3 ? "UNSIGNED-PAYLOAD" : undefined) : req.headers["x-amz-content-sha256"];
  if (sent === undefined || /^[0-9a-f]{64}$/.test(sent)) {
    const actual = sha256(req.body);
    // Only S3 tells a wrong hash from a wrong signature; the others hash the body themselves and never read the header.
    if (isS3 && sent !== undefined && sent !== actual)
      throw new WireError(
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
      );
    return actual;
  }
  if (!isS3 || !/^(UNSIGNED-PAYLOAD|STREAMING-UNSIGNED-PAYLOAD-TRAILER)$/.test(sent)) throw invalidSignature();
  return sent;
}

const keys = new Map<string, Buffer>();

function signingKey(scope: CredentialScope, secret: string): Buffer {
  const id = `${scope.accessKeyId}/${secret}/${scope.date}/${scope.region}/${scope.service}`;
  let key = keys.get(id);
  if (!key) {
    if (keys.size >= CACHED_KEYS) keys.clear();
    key = hmac(hmac(hmac(hmac(`AWS4${secret}`, scope.date), scope.region), scope.service), "aws4_request");
    keys.set(id, key);
  }
  return key;
}
