import type { CreateFunctionCommandInput } from "@aws-sdk/client-lambda";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import type { World } from "../world.ts";
import { badParameter } from "./functionStore.ts";

/** The archive of a function or a layer: sent along, or in S3. @throws InvalidParameterValueException */
export async function codeOf(
  world: World,
  code: Pick<NonNullable<CreateFunctionCommandInput["Code"]>, "ZipFile" | "S3Bucket" | "S3Key" | "S3ObjectVersion">,
  region: string,
): Promise<Uint8Array> {
  if (code.ZipFile) return code.ZipFile;
  if (!code.S3Bucket || !code.S3Key) throw badParameter("Please provide a source for function code.");
  try {
    const object = { Bucket: code.S3Bucket, Key: code.S3Key, VersionId: code.S3ObjectVersion };
    const { Body } = await world.call(GetObjectCommand, object, { region });
    return Body as Uint8Array;
  } catch (error) {
    const { name, message } = error as Error;
    throw badParameter(`Error occurred while GetObject. S3 Error Code: ${name}. S3 Error Message: ${message}`);
  }
}
