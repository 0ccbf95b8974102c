import type { CORSRule } from "@aws-sdk/client-s3";
import { WireError, type WireRequest } from "../wire/types.ts";
import type { BucketStore } from "./bucketStore.ts";

const VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";
const NOT_ALLOWED =
  "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.";

/**
 * The headers that answer a browser's preflight, which is not signed (Amazon S3 user guide, "Using cross-origin resource
 * sharing"; the texts as seen on AWS).
 * @throws WireError BadRequest, AccessForbidden
 */
export function preflight(store: BucketStore, req: WireRequest): Record<string, string> {
  const { origin } = req.headers;
  if (origin === undefined)
    throw new WireError("BadRequest", "Insufficient information. Origin request header needed.", 400);
  const [, name = "", key = ""] = /^\/([^/]*)\/?(.*)$/.exec(req.rawPath) ?? [];
  const method = req.headers["access-control-request-method"] ?? "OPTIONS";
  const refuse = (message: string, ResourceType: string) =>
    new WireError("AccessForbidden", message, 403, { Method: method, ResourceType });
  const bucket = store.buckets.get(name);
  if (!bucket) throw refuse("CORSResponse: Bucket not found", "BUCKET");
  const rules = bucket.settings.get("cors") as CORSRule[] | undefined;
  if (!rules) throw refuse("CORSResponse: CORS is not enabled for this bucket.", "BUCKET");
  const asked = (req.headers["access-control-request-headers"] ?? "")
    .split(",")
    .map((header) => header.trim().toLowerCase())
    .filter(Boolean);
  const rule = rules.find((one) => allows(one, origin, method) && asked.every((header) => takes(one, header)));
  if (!rule) throw refuse(NOT_ALLOWED, key ? "OBJECT" : "BUCKET");
  const headers = headersOf(rule, origin);
  return asked.length ? { ...headers, "access-control-allow-headers": asked.join(", ") } : headers;
}

/** The headers with which a bucket answers a request from a page; undefined where no rule is for its origin. */
export function sharing(store: BucketStore, req: WireRequest): Record<string, string> | undefined {
  const { origin } = req.headers;
  const bucket = store.buckets.get(/^\/([^/]*)/.exec(req.rawPath)?.[1] ?? "");
  const rules = bucket?.settings.get("cors") as CORSRule[] | undefined;
  if (origin === undefined || !rules) return undefined;
  const rule = rules.find((one) => allows(one, origin, req.method));
  return rule && headersOf(rule, origin);
}

const allows = ({ AllowedOrigins = [], AllowedMethods = [] }: CORSRule, origin: string, method: string) =>
  AllowedMethods.includes(method) && AllowedOrigins.some((pattern) => isLike(pattern, origin));

const takes = ({ AllowedHeaders = [] }: CORSRule, header: string) =>
  AllowedHeaders.some((pattern) => isLike(pattern.toLowerCase(), header));

/** A rule's `*`, of which there is at most one. */
function isLike(pattern: string, text: string): boolean {
  const [start = "", end] = pattern.split("*");
  if (end === undefined) return pattern === text;
  return text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end);
}

function headersOf(rule: CORSRule, origin: string): Record<string, string> {
  const { AllowedOrigins = [], AllowedMethods = [], ExposeHeaders = [], MaxAgeSeconds } = rule;
  const forAll = AllowedOrigins.includes("*");
  return {
    "access-control-allow-origin": forAll ? "*" : origin,
    "access-control-allow-methods": AllowedMethods.join(", "),
    ...(!forAll && { "access-control-allow-credentials": "true" }),
    ...(ExposeHeaders.length > 0 && { "access-control-expose-headers": ExposeHeaders.join(", ") }),
    ...(MaxAgeSeconds !== undefined && { "access-control-max-age": String(MaxAgeSeconds) }),
    vary: VARY,
  };
}
