import { GetBucketLocationCommand, GetObjectCommand } from "@aws-sdk/client-s3";
import type { World } from "../../world.ts";
import { MAX_TEMPLATE_BODY_BYTES, MAX_TEMPLATE_OBJECT_BYTES } from "../template/templateText.ts";
import { invalid, isMap } from "../template/value.ts";

/** Where a request's template comes from. */
export interface TemplateSource {
  TemplateBody?: string;
  TemplateURL?: string;
  UsePreviousTemplate?: boolean;
}

/**
 * The text of a request's template.
 * @param previous text of the stack's present template, for UsePreviousTemplate
 * @throws WireError ValidationError
 */
export async function templateText(
  world: World,
  region: string,
  source: TemplateSource,
  previous?: string,
): Promise<string> {
  const { TemplateBody, TemplateURL, UsePreviousTemplate } = source;
  if (UsePreviousTemplate) {
    if (TemplateBody !== undefined || TemplateURL !== undefined)
      invalid("You cannot specify both usePreviousTemplate and Template Body/Template URL.");
    return previous ?? invalid("There is no previous template to use.");
  }
  if ((TemplateBody === undefined) === (TemplateURL === undefined))
    invalid("Either Template URL or Template Body must be specified.");
  if (TemplateBody !== undefined) {
    if (Buffer.byteLength(TemplateBody) > MAX_TEMPLATE_BODY_BYTES)
      invalid(
        `1 validation error detected: Value '${TemplateBody.slice(0, 100)}…' at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${MAX_TEMPLATE_BODY_BYTES}`,
      );
    return TemplateBody;
  }
  return fromS3(world, region, TemplateURL!);
}

/**
 * The text of a request's stack policy, if it has one. The sandbox keeps it and answers GetStackPolicy with it; updates
 * are not held to it.
 * @throws WireError ValidationError
 */
export async function policyText(
  world: World,
  region: string,
  { StackPolicyBody, StackPolicyURL }: { StackPolicyBody?: string; StackPolicyURL?: string },
): Promise<string | undefined> {
  if (StackPolicyBody !== undefined && StackPolicyURL !== undefined)
    invalid("You cannot specify both StackPolicyURL and StackPolicyBody");
  const text = StackPolicyURL === undefined ? StackPolicyBody : await fromS3(world, region, StackPolicyURL);
  if (text === undefined) return undefined;
  try {
    if (isMap(JSON.parse(text))) return text;
  } catch {
    // said below
  }
  return invalid("Error validating stack policy: Invalid stack policy");
}

async function fromS3(world: World, region: string, url: string): Promise<string> {
  const { Bucket, Key } = locate(world, url);
  let body: Uint8Array;
  try {
    // The template may lie in another region than the stack.
    const { LocationConstraint } = await world.call(GetBucketLocationCommand, { Bucket }, { region });
    const own = { region: LocationConstraint ?? "us-east-1" };
    body = (await world.call(GetObjectCommand, { Bucket, Key }, own)).Body as Uint8Array;
  } catch (error) {
    invalid(
      `S3 error: ${(error as Error).message}\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html`,
    );
  }
  if (body.byteLength > MAX_TEMPLATE_OBJECT_BYTES)
    invalid(`Template may not exceed ${MAX_TEMPLATE_OBJECT_BYTES} bytes in size.`);
  return Buffer.from(body).toString("utf8");
}

/** Bucket and key of S3's forms of a URL, and of this sandbox's own. */
function locate(world: World, url: string): { Bucket: string; Key: string } {
  const own = `${world.baseUrl()}/`;
  const [, bucket, key] =
    (url.startsWith(own) ? /^([^/]+)\/([^?]+)/.exec(url.slice(own.length)) : null)?.map((part, index) =>
      index === 0 ? "" : part,
    ) ??
    /^https:\/\/s3[.\w-]*\.amazonaws\.com(?:\.cn)?\/([^/]+)\/([^?]+)/.exec(url) ??
    /^https:\/\/([^/]+?)\.s3[.\w-]*\.amazonaws\.com(?:\.cn)?\/([^?]+)/.exec(url) ??
    [];
  if (!bucket || !key) invalid("TemplateURL must be a supported URL.");
  return { Bucket: bucket, Key: decodeURIComponent(key) };
}
