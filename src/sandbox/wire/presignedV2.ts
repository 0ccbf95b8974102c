import { createHmac, timingSafeEqual } from "node:crypto";
import type { IssuedCredential } from "./sigv4.ts";
import { WireError, type WireRequest } from "./types.ts";

/** Query parameters that are part of what is signed (AWS: "Signing and authenticating REST requests", version 2). */
const SIGNED = new Set(
  (
    "accelerate acl analytics cors delete encryption intelligent-tiering inventory legal-hold lifecycle location logging " +
    "metrics notification object-lock ownershipControls partNumber policy policyStatus publicAccessBlock replication " +
    "requestPayment restore retention select select-type tagging torrent uploadId uploads versionId versioning versions " +
    "website response-cache-control response-content-disposition response-content-encoding response-content-language " +
    "response-content-type response-expires"
  ).split(" "),
);

/** The access key of a URL that was presigned with version 2, as boto3 and `aws s3 presign` do by default for S3. */
export function presignedV2Key(req: WireRequest): string | undefined {
  return req.query.has("Signature") && req.query.has("Expires") ? req.query.get("AWSAccessKeyId")?.[0] : undefined;
}

/**
 * Verifies a URL that was presigned with version 2 (S3 only).
 * @param now epoch ms
 * @throws WireError InvalidAccessKeyId, AccessDenied (expired) or SignatureDoesNotMatch
 */
export function verifyPresignedV2(
  req: WireRequest,
  secretOf: (accessKeyId: string) => IssuedCredential | undefined,
  now: number,
): { principalArn: string } {
  const query = (name: string) => req.query.get(name)?.[0] ?? "";
  const credential = secretOf(query("AWSAccessKeyId"));
  if (!credential)
    throw new WireError("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403);
  const expires = query("Expires");
  if (!/^\d+$/.test(expires) || Number(expires) * 1000 < now)
    throw new WireError("AccessDenied", "Request has expired", 403);
  if (credential.sessionToken !== undefined && query("x-amz-security-token") !== credential.sessionToken)
    throw new WireError("InvalidToken", "The provided token is malformed or otherwise invalid.", 400);
  const text = stringToSign(req, expires);
  const wanted = createHmac("sha1", credential.secretAccessKey).update(text).digest();
  const given = Buffer.from(query("Signature"), "base64");
  if (given.byteLength !== wanted.byteLength || !timingSafeEqual(given, wanted))
    throw new WireError(
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
      403,
    );
  return { principalArn: credential.principalArn };
}

function stringToSign(req: WireRequest, expires: string): string {
  // Headers that begin with x-amz- may have been moved into the query.
  const amz = new Map<string, string>();
  for (const [name, value] of Object.entries(req.headers))
    if (name.startsWith("x-amz-") && value !== undefined) amz.set(name, value.trim());
  for (const [name, values] of req.query)
    if (name.toLowerCase().startsWith("x-amz-")) amz.set(name.toLowerCase(), values.join(","));
  const lines = [...amz].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}:${value}\n`);
  const parameters = [...req.query]
    .filter(([name]) => SIGNED.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, [value = ""]]) => (value === "" ? name : `${name}=${value}`));
  const resource = req.rawPath + (parameters.length ? `?${parameters.join("&")}` : "");
  return [
    req.method,
    req.headers["content-md5"] ?? "",
    req.headers["content-type"] ?? "",
    expires,
    lines.join("") + resource,
  ].join("\n");
}
