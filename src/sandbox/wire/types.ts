import type { MetadataBearer, StaticOperationSchema } from "@smithy/types";

/** The schema of one operation as the AWS SDK ships it: `[9, namespace, name, traits, input, output]`. */
export type OperationSchema = StaticOperationSchema;

/** Wire protocols that AWS services speak (Smithy's names, shortened). */
export type ProtocolId = "json" | "cbor" | "query" | "restJson" | "restXml";

/** What the wire layer must know about a service; a unit test compares it with the SDK client's own settings. */
export interface ServiceInfo {
  readonly name: string;
  /** Service part of the SigV4 credential scope: the first routing key. */
  readonly signingName: string;
  /** Smithy namespace, e.g. `com.amazonaws.sagemaker`. */
  readonly namespace: string;
  /** The `Version=` of the Query protocol. */
  readonly apiVersion: string;
  /** Prefix of `X-Amz-Target`, and the service of an RPC v2 path. */
  readonly target: string;
  readonly protocols: readonly ProtocolId[];
  readonly xmlNamespace?: string;
  /** Answers whose only member is the root of the XML (Smithy's s3UnwrappedXmlOutput, which the SDK's schemas leave out). */
  readonly unwrappedXml?: readonly string[];
  /** Code of a refused input where it is neither ValidationException nor ValidationError. */
  readonly validationCode?: string;
  /** Smithy's awsQueryCompatible trait: errors carry the `x-amzn-query-error` header. */
  readonly queryCompatible?: boolean;
  /** Key of the service in the extracted constraint tables (botocore's name). */
  readonly constraints: string;
}

/** One HTTP request as received; header names are lower-case. */
export interface WireRequest {
  readonly method: string;
  /** Path as sent, percent-encoded, without the query. */
  readonly rawPath: string;
  readonly rawQuery: string;
  /** Decoded query parameters in order of arrival. */
  readonly query: Map<string, string[]>;
  headers: Record<string, string | undefined>;
  /** As sent until `normalizeBody` has decoded aws-chunked and gzip. */
  body: Uint8Array;
}

/** One HTTP response; an async iterable body is streamed. */
export interface WireResponse {
  status: number;
  headers: Record<string, string>;
  /** One `set-cookie` line each: the one header that must not be joined by commas (RFC 6265). */
  cookies?: string[];
  body?: Uint8Array | string | AsyncIterable<Uint8Array>;
}

/** What a handler knows about the call beside its input. */
export interface CallContext {
  readonly service: ServiceInfo;
  readonly operation: string;
  readonly requestId: string;
  readonly request: WireRequest;
  readonly accountId: string;
  readonly region: string;
  readonly principalArn: string;
  /** Overrides the modelled HTTP status (206 for a range, 304). */
  status?: number;
  /** Headers of the answer that its model does not have. */
  headers?: Record<string, string>;
}

/** A handler after registration: the wire layer has decoded and validated its input. */
export type Handler = (input: never, ctx: CallContext) => unknown;

/** An AWS error without a modelled class in the SDK (ValidationException of SageMaker, Throttling, …). */
export class WireError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
    readonly extra: Record<string, unknown> = {},
    /** Headers of the answer. */
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
    this.name = code;
  }
}

/** The part of an SDK Command instance that the sandbox uses: its types and its schema. */
interface CommandLike<I, O> {
  readonly input: I;
  resolveMiddleware(
    stack: never,
    configuration: never,
    options: never,
  ): (args: never) => Promise<{ output: O; response: unknown }>;
}

/** An SDK Command class; input and output types of a handler follow from it. */
export type CommandClass<I, O> = new (input: I) => CommandLike<I, O>;

type BlobLike = Uint8Array | string;
type Relax<T> = {
  [K in keyof T]: NonNullable<T[K]> extends { transformToString(encoding?: string): unknown }
    ? BlobLike | AsyncIterable<Uint8Array> | undefined
    : T[K];
};

/** A handler's result: the Command's output without `$metadata`; streams may be given as bytes or text. */
export type Out<O> = Relax<Omit<O, keyof MetadataBearer>>;
