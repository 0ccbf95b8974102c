import { type NormalizedSchema, TypeRegistry } from "@smithy/core/schema";
import { membersOf, schemaOf, type Traits } from "./schema.ts";
import { type ProtocolId, type ServiceInfo, WireError } from "./types.ts";

/** Everything a protocol must know to word an error. */
export interface ErrorInfo {
  /** Shape name, for JSON, CBOR and REST-JSON. */
  name: string;
  /** awsQueryError code or shape name, for Query and XML and the `x-amzn-query-error` header. */
  code: string;
  status: number;
  message: string;
  fault: "client" | "server";
  schema?: NormalizedSchema;
  /** Modelled members, the message under its modelled name. */
  value: Record<string, unknown>;
  /** Headers that the error brings along. */
  headers?: Record<string, string>;
}

interface ServiceExceptionLike extends Error {
  $fault: "client" | "server";
  constructor: { shapeId?: string } & NewableFunction;
  [member: string]: unknown;
}

const isServiceException = (e: unknown): e is ServiceExceptionLike =>
  e instanceof Error && (e as Partial<ServiceExceptionLike>).$fault !== undefined;

const EXTRA = new Set(["BucketName", "Key", "UploadId"]);

/** The authentication errors have other names in the Query and the S3 families. */
const FAMILY_NAMES: Record<string, { query: string; restXml: string }> = {
  MissingAuthenticationTokenException: { query: "MissingAuthenticationToken", restXml: "AccessDenied" },
  UnrecognizedClientException: { query: "InvalidClientTokenId", restXml: "InvalidAccessKeyId" },
  InvalidSignatureException: { query: "SignatureDoesNotMatch", restXml: "SignatureDoesNotMatch" },
  UnknownOperationException: { query: "InvalidAction", restXml: "NotImplemented" },
  ExpiredTokenException: { query: "ExpiredToken", restXml: "ExpiredToken" },
};

/** A handler throws the SDK's own exception class or a WireError; everything the wire needs is found through it. */
export function describeError(e: unknown, service: ServiceInfo | undefined, protocol: ProtocolId): ErrorInfo {
  if (!isServiceException(e)) {
    const wire =
      e instanceof WireError
        ? e
        : new WireError(
            "InternalFailure",
            `The sandbox failed inside: ${e instanceof Error ? e.message : String(e)}`,
            500,
          );
    const family = protocol === "query" || protocol === "restXml" ? FAMILY_NAMES[wire.code]?.[protocol] : undefined;
    const code = family ?? wire.code;
    const isAnonymous = protocol === "restXml" && wire.code === "MissingAuthenticationTokenException";
    const message = isAnonymous ? "Access Denied" : wire.message;
    // Services that once spoke Query name a refused input in two ways at once (seen in CloudWatch's JSON and CBOR).
    const isJson = protocol === "json" || protocol === "cbor";
    return {
      name: service?.queryCompatible && isJson && code === "ValidationError" ? "ValidationException" : code,
      code,
      status: wire.status,
      message,
      fault: wire.status < 500 ? "client" : "server",
      value: { message, ...wire.extra },
      headers: wire.headers,
    };
  }
  const schema = modelledSchema(e, service);
  const traits = (schema?.getMergedTraits() ?? {}) as Traits;
  const fault = traits.error ?? e.$fault;
  const value: Record<string, unknown> = {};
  let hasMessage = false;
  for (const [name] of schema ? membersOf(schema) : []) {
    const isMessage = name.toLowerCase() === "message";
    hasMessage ||= isMessage;
    const v = isMessage ? (e[name] ?? e.message) : e[name];
    if (v != null) value[name] = v;
  }
  if (!hasMessage && e.message) value.message = e.message;
  // S3's errors say more than is modelled: the bucket, the key, the upload.
  if (protocol === "restXml") for (const [name, v] of Object.entries(e)) if (EXTRA.has(name)) value[name] = v;
  return {
    name: e.name,
    code: traits.awsQueryError?.[0] ?? e.name,
    status: traits.httpError ?? traits.awsQueryError?.[1] ?? (fault === "server" ? 500 : 400),
    message: e.message,
    fault,
    schema,
    value,
  };
}

function modelledSchema(e: ServiceExceptionLike, service: ServiceInfo | undefined): NormalizedSchema | undefined {
  const id = e.constructor.shapeId ?? `${service?.namespace}#${e.name}`;
  try {
    return schemaOf(TypeRegistry.for(id.split("#")[0] ?? "").getSchema(id));
  } catch {
    return undefined; // an error that the model does not know
  }
}
