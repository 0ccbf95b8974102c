import { createHmac, timingSafeEqual } from "node:crypto";
import type { IssuedCredential } from "../wire/sigv4.ts";
import { WireError } from "../wire/types.ts";
import type { PostForm } from "./postForm.ts";

/** Fields that a policy need not name (AWS: "POST policy", conditions). */
const FREE = /^(x-amz-signature|signature|awsaccesskeyid|policy|file|x-ignore-.*)$/;

/** The secret of a key that the sandbox has issued. */
export type SecretOf = (accessKeyId: string) => IssuedCredential | undefined;

const denied = (message: string) => new WireError("AccessDenied", message, 403);
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();

/**
 * Who signed a form: by version 4, or by version 2, which boto3 still takes for S3.
 * @throws WireError AccessDenied, InvalidAccessKeyId, InvalidToken, SignatureDoesNotMatch
 */
export function verifyForm({ fields }: PostForm, secretOf: SecretOf): IssuedCredential {
  const policy = fields.get("policy");
  const scope = fields.get("x-amz-credential")?.split("/");
  const accessKeyId = scope?.[0] ?? fields.get("awsaccesskeyid");
  if (policy === undefined || accessKeyId === undefined) throw denied("Access Denied");
  const credential = secretOf(accessKeyId);
  if (!credential)
    throw new WireError("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403);
  if (credential.sessionToken !== undefined && fields.get("x-amz-security-token") !== credential.sessionToken)
    throw new WireError("InvalidToken", "The provided token is malformed or otherwise invalid.");
  if (credential.expiresAt !== undefined && credential.expiresAt < Date.now())
    throw new WireError("ExpiredToken", "The provided token has expired.");
  const secret = credential.secretAccessKey;
  const [, date = "", region = "", service = ""] = scope ?? [];
  const expected = scope
    ? hmac(hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), service), "aws4_request"), policy)
    : createHmac("sha1", secret).update(policy).digest();
  const given = scope
    ? Buffer.from(fields.get("x-amz-signature") ?? "", "hex")
    : Buffer.from(fields.get("signature") ?? "", "base64");
  if (given.byteLength !== expected.byteLength || !timingSafeEqual(given, expected))
    throw new WireError(
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
      403,
    );
  return credential;
}

/**
 * Holds a form to its policy (AWS: "Creating a POST policy").
 * @param now epoch ms
 * @throws WireError AccessDenied, EntityTooLarge, EntityTooSmall, InvalidPolicyDocument
 */
export function checkPolicy({ fields, file }: PostForm, bucket: string, now: number): void {
  const { expiration, conditions } = readPolicy(fields.get("policy") ?? "");
  if (!(Date.parse(expiration) > now)) throw denied("Invalid according to Policy: Policy expired.");
  const values = new Map([...fields, ["bucket", bucket]]);
  const named = new Set<string>(["bucket"]);
  for (const condition of conditions) {
    const [operator, name, wanted, most] = Array.isArray(condition)
      ? (condition as unknown[])
      : ["eq", `$${Object.keys(condition)[0]}`, Object.values(condition)[0]];
    const kind = String(operator).toLowerCase();
    if (kind === "content-length-range") {
      checkSize(file.body.byteLength, Number(name), Number(wanted));
      continue;
    }
    const field = String(name).replace(/^\$/, "").toLowerCase();
    named.add(field);
    const value = values.get(field) ?? "";
    const holds =
      kind === "eq"
        ? value === String(wanted)
        : kind === "starts-with"
          ? startsWith(field, value, String(wanted))
          : false;
    if (!holds || most !== undefined)
      throw denied(`Invalid according to Policy: Policy Condition failed: [${quoted(kind, name, wanted)}]`);
  }
  const extra = [...fields.keys()].filter((name) => !named.has(name) && !FREE.test(name));
  if (extra.length) throw denied(`Invalid according to Policy: Extra input fields: ${extra[0]}`);
}

const quoted = (...parts: unknown[]) => parts.map((part) => JSON.stringify(String(part))).join(", ");

/** Of a list of content types each one must begin so. */
function startsWith(field: string, value: string, prefix: string): boolean {
  const values = field === "content-type" ? value.split(",") : [value];
  return values.every((one) => one.startsWith(prefix));
}

function checkSize(bytes: number, least: number, most: number): void {
  if (bytes > most)
    throw new WireError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", 400, {
      ProposedSize: bytes,
      MaxSizeAllowed: most,
    });
  if (bytes < least)
    throw new WireError("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", 400, {
      ProposedSize: bytes,
      MinSizeAllowed: least,
    });
}

function readPolicy(text: string): { expiration: string; conditions: (Record<string, unknown> | unknown[])[] } {
  const refused = (why: string) => new WireError("InvalidPolicyDocument", `Invalid Policy: ${why}`);
  let policy: unknown;
  try {
    policy = JSON.parse(Buffer.from(text, "base64").toString("utf8"));
  } catch {
    throw refused("Invalid JSON.");
  }
  const { expiration, conditions } = (policy ?? {}) as Record<string, unknown>;
  if (typeof expiration !== "string") throw refused("Policy missing expiration.");
  if (!Array.isArray(conditions)) throw refused("Policy missing conditions.");
  if (!conditions.every((item) => typeof item === "object" && item !== null))
    throw refused("Invalid Simple-Condition: value must be a map or a list.");
  return { expiration, conditions };
}
