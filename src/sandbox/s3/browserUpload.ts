import { type ObjectCannedACL, PutObjectCommand, type StorageClass } from "@aws-sdk/client-s3";
import { WireError, type WireRequest, type WireResponse } from "../wire/types.ts";
import type { World } from "../world.ts";
import type { BucketStore } from "./bucketStore.ts";
import { type PostForm, readPostForm } from "./postForm.ts";
import { checkPolicy, type SecretOf, verifyForm } from "./postPolicy.ts";

/** Whether a request is the upload of a browser's form. */
export function isBrowserForm(req: WireRequest): boolean {
  return req.method === "POST" && /^multipart\/form-data\b/i.test(req.headers["content-type"] ?? "");
}

/**
 * An upload by a form with a signed policy (AWS: "POST Object").
 * @param secretOf absent where no signature is asked for
 * @throws WireError as S3 words it
 */
export async function uploadForm(
  world: World,
  store: BucketStore,
  req: WireRequest,
  secretOf: SecretOf | undefined,
): Promise<WireResponse> {
  const Bucket = decodeURIComponent(/^\/([^/]+)\/?$/.exec(req.rawPath)?.[1] ?? "");
  const bucket = store.buckets.get(Bucket);
  if (!bucket) throw new WireError("NoSuchBucket", "The specified bucket does not exist", 404, { BucketName: Bucket });
  const form = readPostForm(req.headers["content-type"] ?? "", req.body);
  const { fields, file } = form;
  const given = fields.get("key");
  if (given === undefined)
    throw new WireError(
      "InvalidArgument",
      "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
      400,
      { ArgumentName: "key", ArgumentValue: "" },
    );
  const Key = given.replace(/\$\{filename\}/g, () => file.name);
  fields.set("key", Key);
  const signer = secretOf && verifyForm(form, secretOf);
  if (secretOf || fields.has("policy")) checkPolicy(form, Bucket, Date.now());
  const { ETag = "" } = await world.call(
    PutObjectCommand,
    { Bucket, Key, Body: file.body, ...headersOf(form) },
    { region: bucket.region, principalArn: signer?.principalArn },
  );
  return answerOf(world, fields, Bucket, Key, ETag);
}

/** What the form says about the object, as the headers of a PUT would. */
function headersOf({ fields, file }: PostForm) {
  const expires = fields.get("expires");
  const metadata = [...fields].flatMap(([name, value]): [string, string][] =>
    name.startsWith("x-amz-meta-") ? [[name.slice("x-amz-meta-".length), value]] : [],
  );
  const tags = [...(fields.get("tagging") ?? "").matchAll(/<Key>([^<]*)<\/Key>\s*<Value>([^<]*)<\/Value>/g)];
  return {
    ACL: fields.get("acl") as ObjectCannedACL | undefined,
    CacheControl: fields.get("cache-control"),
    ContentType: fields.get("content-type") ?? file.type ?? "binary/octet-stream",
    ContentDisposition: fields.get("content-disposition"),
    ContentEncoding: fields.get("content-encoding"),
    Expires: expires === undefined ? undefined : new Date(expires),
    StorageClass: fields.get("x-amz-storage-class") as StorageClass | undefined,
    WebsiteRedirectLocation: fields.get("x-amz-website-redirect-location"),
    ...(metadata.length && { Metadata: Object.fromEntries(metadata) }),
    ...(tags.length && {
      Tagging: String(new URLSearchParams(tags.map(([, key = "", value = ""]): [string, string] => [key, value]))),
    }),
  };
}

/** AWS: success_action_redirect, success_action_status. */
function answerOf(world: World, fields: Map<string, string>, bucket: string, key: string, etag: string): WireResponse {
  const path = key.split("/").map(encodeURIComponent).join("/");
  const location = `${world.baseUrl()}/${bucket}/${path}`;
  const redirect = fields.get("success_action_redirect") ?? fields.get("redirect");
  if (redirect !== undefined && URL.canParse(redirect)) {
    const url = new URL(redirect);
    for (const [name, value] of Object.entries({ bucket, key, etag })) url.searchParams.append(name, value);
    return { status: 303, headers: { location: url.href, etag } };
  }
  const wanted = fields.get("success_action_status");
  const headers = { etag, location };
  if (wanted !== "201") return { status: wanted === "200" ? 200 : 204, headers };
  const xml = (text: string) =>
    text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] ?? c);
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse><Location>${xml(location)}</Location><Bucket>${xml(bucket)}</Bucket><Key>${xml(key)}</Key><ETag>${xml(etag)}</ETag></PostResponse>`;
  return { status: 201, headers: { ...headers, "content-type": "application/xml" }, body };
}
