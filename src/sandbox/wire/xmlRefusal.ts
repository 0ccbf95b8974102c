import type { NormalizedSchema } from "@smithy/core/schema";
import { isRequestBody, membersOf } from "./schema.ts";
import { WireError } from "./types.ts";
import type { Violation } from "./validation.ts";

const MALFORMED = "The XML you provided was not well-formed or did not validate against our published schema";

/**
 * How a REST-XML service refuses an input: by where the wrong thing stood, not by the constraint it failed (Amazon S3 API
 * reference, "Error responses").
 */
export function xmlRefusal(
  schema: NormalizedSchema,
  [first]: readonly [Violation, ...Violation[]],
  region: string,
): WireError {
  const at = first.path.toLowerCase();
  const top = at.split(".")[0] ?? "";
  const member = membersOf(schema).find(([name]) => name.toLowerCase() === top);
  const traits = member?.[2] ?? {};
  if (at.endsWith(".locationconstraint") && region !== "us-east-1")
    return new WireError(
      "IllegalLocationConstraintException",
      `The ${first.value} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    );
  if (at.endsWith(".locationconstraint"))
    return new WireError("InvalidLocationConstraint", "The specified location-constraint is not valid", 400, {
      LocationConstraint: first.value,
    });
  const inBody = traits.httpPayload !== undefined || isRequestBody(traits);
  if (inBody && first.kind === "required" && at === top)
    return new WireError("MissingRequestBodyError", "Request Body is empty");
  if (inBody) return new WireError("MalformedXML", MALFORMED);
  const name = traits.httpHeader ?? traits.httpQuery ?? member?.[0] ?? first.path;
  if (name === "encoding-type")
    return new WireError("InvalidArgument", "Invalid Encoding Method specified in Request", 400, {
      ArgumentName: name,
      ArgumentValue: first.value,
    });
  if (name.toLowerCase() === "x-amz-storage-class")
    return new WireError("InvalidStorageClass", "The storage class you specified is not valid", 400, {
      StorageClassRequested: first.value,
    });
  return new WireError("InvalidArgument", first.message, 400, { ArgumentName: name, ArgumentValue: first.value });
}
