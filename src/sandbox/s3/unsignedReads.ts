import { BlockList, isIP } from "node:net";
import type { PublicAccessBlockConfiguration } from "@aws-sdk/client-s3";
import { WireError, type WireRequest } from "../wire/types.ts";
import type { Bucket, BucketStore } from "./bucketStore.ts";

interface Statement {
  Effect?: string;
  Principal?: unknown;
  Action?: string | string[];
  Resource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/**
 * The bucket of an object that its policy lets everybody read, as a browser does that signs nothing (AWS: "Policies and
 * permissions in Amazon S3"). An explicit Deny goes first; RestrictPublicBuckets keeps public policies without effect
 * (AWS: "Blocking public access to your Amazon S3 storage"). Other requests than reading an object that is there need a
 * signature. The sandbox's address stands for S3's HTTPS, so that `aws:SecureTransport` is true.
 * @param sourceIp where the request comes from
 */
export function openBucket(
  store: BucketStore,
  { method, rawPath, query }: WireRequest,
  sourceIp: string,
): Bucket | undefined {
  if ((method !== "GET" && method !== "HEAD") || query.size > 0) return undefined;
  const [, name = "", escaped = ""] = /^\/([^/]+)\/(.+)$/.exec(rawPath) ?? [];
  const bucket = store.buckets.get(name);
  const key = decoded(escaped);
  const policy = bucket?.settings.get("policy");
  // Who may not list a bucket is not told that a key is missing either (AWS: GetObject, "Permissions").
  const newest = bucket?.objects.get(key)?.at(-1);
  if (!bucket || typeof policy !== "string" || !newest || newest.deleteMarker) return undefined;
  const asked = statementsOf(policy).filter(
    (statement) =>
      isEverybody(statement.Principal) &&
      [statement.Action ?? []].flat().some((action) => isLike(action, "s3:GetObject")) &&
      [statement.Resource ?? []].flat().some((pattern) => isLike(pattern, `arn:aws:s3:::${name}/${key}`)) &&
      holds(statement, sourceIp),
  );
  if (asked.some(({ Effect }) => Effect === "Deny")) return undefined;
  const restricts = blocks(bucket, "RestrictPublicBuckets");
  return asked.some(({ Effect, ...statement }) => Effect === "Allow" && !(restricts && isPublic(statement)))
    ? bucket
    : undefined;
}

/** Whether a bucket's public policies are kept off. New buckets are closed (AWS: since April 2023). */
function blocks({ settings }: Bucket, what: "RestrictPublicBuckets" | "BlockPublicPolicy"): boolean {
  if (!settings.has("publicAccess")) return true;
  return (settings.get("publicAccess") as PublicAccessBlockConfiguration | undefined)?.[what] === true;
}

/** Whether a policy lets everybody in (AWS: GetBucketPolicyStatus). */
export function isPublicPolicy(policy: string): boolean {
  return statementsOf(policy).some(
    (statement) => statement.Effect === "Allow" && isEverybody(statement.Principal) && isPublic(statement),
  );
}

/** @throws WireError AccessDenied for a public policy on a bucket that blocks them */
export function assertPolicyAllowed(bucket: Bucket, policy: string, principalArn: string): void {
  if (!blocks(bucket, "BlockPublicPolicy") || !isPublicPolicy(policy)) return;
  throw new WireError(
    "AccessDenied",
    `User: ${principalArn} is not authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::${bucket.name}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`,
    403,
  );
}

const statementsOf = (policy: string): Statement[] => {
  const { Statement } = JSON.parse(policy) as { Statement?: Statement | Statement[] };
  return [Statement ?? []].flat();
};

/** A key whose escapes are none is asked for as it stands. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

const isEverybody = (principal: unknown): boolean =>
  principal === "*" ||
  (typeof principal === "object" &&
    principal !== null &&
    "AWS" in principal &&
    [principal.AWS].flat().some((one) => one === "*"));

/** A statement for everybody is public unless it is bound to addresses that are not all (AWS: "The meaning of public"). */
function isPublic({ Condition }: Pick<Statement, "Condition">): boolean {
  const ranges = Condition?.IpAddress?.["aws:SourceIp"];
  if (ranges === undefined) return Condition === undefined;
  return [ranges].flat().some((range) => /\/0$/.test(range));
}

/** Conditions that reading without a signature can be told by; any other one does not hold. */
function holds({ Condition = {} }: Statement, sourceIp: string): boolean {
  return Object.entries(Condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) => {
      const wanted = [values].flat().map(String);
      if (key === "aws:SourceIp" && operator === "IpAddress") return isWithin(sourceIp, wanted);
      if (key === "aws:SourceIp" && operator === "NotIpAddress") return !isWithin(sourceIp, wanted);
      return key === "aws:SecureTransport" && operator === "Bool" && wanted.includes("true");
    }),
  );
}

function isWithin(address: string, ranges: string[]): boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [net = "", bits] = range.split("/");
    const family = isIP(net) === 6 ? "ipv6" : "ipv4";
    if (isIP(net) === 0) continue;
    if (bits === undefined) list.addAddress(net, family);
    else list.addSubnet(net, Number(bits), family);
  }
  const version = isIP(address);
  return version !== 0 && list.check(address, version === 6 ? "ipv6" : "ipv4");
}

/** Policies' `*` and `?`. */
function isLike(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(text);
}
