/** Optional headers of an invocation beside content type and variant; what is absent or empty is not sent. */
export interface InvocationHeaders {
  accept?: string;
  /** Model of a multi-model endpoint. */
  targetModel?: string;
  /** Container of a multi-container endpoint. */
  targetContainer?: string;
  inferenceComponent?: string;
  /** Passed on to the container as it is; at most 1,024 visible ASCII characters. */
  customAttributes?: string;
  /** Of a stateful model; NEW_SESSION begins one. */
  sessionId?: string;
  /** Names the request in captured data. */
  inferenceId?: string;
}

/**
 * How an endpoint is asked: at once (InvokeEndpoint), with an answer that comes in parts
 * (InvokeEndpointWithResponseStream), or by way of S3 (InvokeEndpointAsync).
 */
export type InvocationMode = "now" | "stream" | "async";
export const invocationModes: readonly InvocationMode[] = ["now", "stream", "async"];

export type HeaderKey = keyof InvocationHeaders | "targetVariant";

/** A header by its names: as a parameter of the SDKs, an option of the AWS CLI, on the wire and in a file. */
interface HeaderNames {
  sdk: string;
  cli: string;
  wire: string;
  file: string;
}

const names = (sdk: string, cli: string, wire: string, file: string): HeaderNames => ({
  sdk,
  cli: `--${cli}`,
  wire,
  file,
});
const own = (name: string) => `x-amzn-sagemaker-${name}`;

/** All optional headers, in the order in which they are shown (API reference, InvokeEndpoint). */
export const headerNames: Record<HeaderKey, HeaderNames> = {
  accept: names("Accept", "accept", "accept", "Accept"),
  targetVariant: names("TargetVariant", "target-variant", own("target-variant"), "Target-Variant"),
  targetModel: names("TargetModel", "target-model", own("target-model"), "Target-Model"),
  targetContainer: names(
    "TargetContainerHostname",
    "target-container-hostname",
    own("target-container-hostname"),
    "Target-Container-Hostname",
  ),
  inferenceComponent: names(
    "InferenceComponentName",
    "inference-component-name",
    own("inference-component"),
    "Inference-Component",
  ),
  customAttributes: names("CustomAttributes", "custom-attributes", own("custom-attributes"), "Custom-Attributes"),
  sessionId: names("SessionId", "session-id", own("session-id"), "Session-Id"),
  inferenceId: names("InferenceId", "inference-id", own("inference-id"), "Inference-Id"),
};
export const headerKeys = Object.keys(headerNames) as HeaderKey[];

/** What an operation takes (API reference: InvokeEndpointWithResponseStream knows no models, InvokeEndpointAsync no targets). */
const TAKEN: Record<InvocationMode, readonly HeaderKey[]> = {
  now: headerKeys,
  stream: headerKeys.filter((key) => key !== "targetModel"),
  async: ["accept", "customAttributes", "inferenceId"],
};

/** Does the operation of this mode have the header? */
export function takesHeader(mode: InvocationMode, key: HeaderKey): boolean {
  return TAKEN[mode].includes(key);
}

/** The headers that are given and that the mode takes. */
export function givenHeaders(
  mode: InvocationMode,
  given: Partial<Record<HeaderKey, string>>,
): { key: HeaderKey; value: string }[] {
  return TAKEN[mode].flatMap((key) => {
    const value = given[key];
    return value ? [{ key, value }] : [];
  });
}

/** SageMaker's limit on the body of InvokeEndpoint is 6 MB (API reference, InvokeEndpoint). */
export const MOST_BODY_BYTES = 6 * 1024 * 1024;

/** Content types offered for raw bodies; any other can be entered. */
export const rawContentTypes = [
  "text/csv",
  "application/json",
  "application/jsonlines",
  "text/libsvm",
  "text/plain",
] as const;

const TYPES_BY_ENDING: Record<string, string> = {
  csv: "text/csv",
  json: "application/json",
  jsonl: "application/jsonlines",
  ndjson: "application/jsonlines",
  libsvm: "text/libsvm",
  svm: "text/libsvm",
  txt: "text/plain",
  npy: "application/x-npy",
  recordio: "application/x-recordio-protobuf",
  parquet: "application/x-parquet",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  gif: "image/gif",
  webp: "image/webp",
  bmp: "image/bmp",
  tif: "image/tiff",
  tiff: "image/tiff",
  wav: "audio/wav",
  mp3: "audio/mpeg",
  pdf: "application/pdf",
};

/** Content type of a file by its name, as containers expect it; `application/octet-stream` when the ending says nothing. */
export function contentTypeOf(fileName: string): string {
  const ending = /\.([a-z0-9]+)$/i.exec(fileName)?.[1]?.toLowerCase() ?? "";
  return TYPES_BY_ENDING[ending] ?? "application/octet-stream";
}

/** A file ending for an answer of this content type. */
export function endingOf(contentType: string | undefined): string {
  const plain = contentType?.split(";")[0]?.trim().toLowerCase();
  return Object.entries(TYPES_BY_ENDING).find(([, type]) => type === plain)?.[0] ?? "bin";
}

/** Splits `s3://bucket/key`; undefined for anything else. The key may be empty. */
export function parseS3Uri(uri: string): { bucket: string; key: string } | undefined {
  const [, bucket, key = ""] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(uri.trim()) ?? [];
  return bucket === undefined ? undefined : { bucket, key };
}
