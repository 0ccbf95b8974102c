import type { PutMode } from "@aws-sdk/client-api-gateway";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { isMap, type Value, type ValueMap } from "../template/value.ts";
import type { ResourceContext } from "./handler.ts";
import { optionalText, PropertyError, text } from "./properties.ts";

/** Properties of AWS::ApiGateway::RestApi that are about its definition and no setting of the API. */
export const DEFINITION_PROPERTIES = ["Body", "BodyS3Location", "FailOnWarnings", "Mode", "Parameters"];

/** The OpenAPI definition of an API in a template. */
export interface ApiDefinition {
  /** `info.title`, where the template holds the definition itself. */
  title?: string;
  /** For PutRestApi. */
  input: { body: Uint8Array; mode: PutMode; failOnWarnings: boolean; parameters?: Record<string, string> };
}

/**
 * `Body`, or what lies at `BodyS3Location`; undefined when a template declares its resources one by one.
 * @throws PropertyError, and the error of S3
 */
export async function definitionOf(properties: ValueMap, ctx: ResourceContext): Promise<ApiDefinition | undefined> {
  const { Body, BodyS3Location, CloneFrom, Parameters = {} } = properties;
  if (CloneFrom !== undefined)
    throw new PropertyError(
      "#/CloneFrom: this sandbox does not clone APIs; declare the API with Body or its resources",
    );
  if (Body === undefined && BodyS3Location === undefined) return undefined;
  if (Body !== undefined && BodyS3Location !== undefined)
    throw new PropertyError("#: only one of Body and BodyS3Location may be specified");
  const mode = optionalText(properties, "Mode") ?? "overwrite";
  if (mode !== "overwrite" && mode !== "merge") throw new PropertyError(`#/Mode: ${mode} is not a valid enum value`);
  const info = isMap(Body) && isMap(Body.info) ? Body.info : {};
  return {
    title: optionalText(info, "title"),
    input: {
      body: Buffer.from(Body === undefined ? await fromS3(BodyS3Location, ctx) : JSON.stringify(Body)),
      mode,
      failOnWarnings: optionalText(properties, "FailOnWarnings") === "true",
      ...(isMap(Parameters) && {
        parameters: Object.fromEntries(Object.entries(Parameters).map(([name, value]) => [name, String(value)])),
      }),
    },
  };
}

async function fromS3(location: Value | undefined, ctx: ResourceContext): Promise<Uint8Array> {
  if (location === undefined || !isMap(location))
    throw new PropertyError("#/BodyS3Location: expected type: JSONObject");
  const { Body } = await ctx.call(GetObjectCommand, {
    Bucket: text(location, "Bucket"),
    Key: text(location, "Key"),
    VersionId: optionalText(location, "Version"),
    IfMatch: optionalText(location, "ETag"),
  });
  return Body as Uint8Array;
}
