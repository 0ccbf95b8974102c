import { GetBucketLocationCommand, GetObjectCommand } from "@aws-sdk/client-s3";
import type { World } from "../../world.ts";
import { includeLocations } from "../template/includes.ts";
import { knownParameters, type ParameterInput } from "../template/parameters.ts";
import { MAX_TEMPLATE_OBJECT_BYTES, parseTemplateText } from "../template/templateText.ts";
import { invalid, type ValueMap } from "../template/value.ts";

/**
 * What a template takes in by AWS::Include, read from S3, by location (CloudFormation user guide, "AWS::Include transform").
 * @param previous values of the stack's parameters as it is
 * @throws WireError ValidationError `Transform AWS::Include failed with: …`
 */
export async function fetchIncludes(
  world: World,
  region: string,
  text: string,
  parameters: readonly ParameterInput[] | undefined,
  previous?: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, ValueMap>> {
  const root = parseTemplateText(text);
  const found = new Map<string, ValueMap>();
  for (const location of includeLocations(root, knownParameters(root, parameters ?? [], previous)))
    if (!found.has(location)) found.set(location, await fetchSnippet(world, region, location));
  return found;
}

async function fetchSnippet(world: World, region: string, location: string): Promise<ValueMap> {
  const failed = (why: string) => invalid(`Transform AWS::Include failed with: ${why}`);
  const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(location) ?? [];
  if (!Bucket || !Key) return failed(`The location parameter is not a valid S3 uri: ${location}`);
  let body: Uint8Array;
  try {
    const { LocationConstraint } = await world.call(GetBucketLocationCommand, { Bucket }, { region });
    const at = { region: LocationConstraint ?? "us-east-1" };
    body = (await world.call(GetObjectCommand, { Bucket, Key }, at)).Body as Uint8Array;
  } catch (error) {
    return failed(`${(error as Error).message} (${location})`);
  }
  if (body.byteLength > MAX_TEMPLATE_OBJECT_BYTES)
    return failed(`${location} exceeds ${MAX_TEMPLATE_OBJECT_BYTES} bytes.`);
  return parseTemplateText(Buffer.from(body).toString("utf8"));
}
