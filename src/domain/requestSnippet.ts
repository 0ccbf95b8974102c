/** Further headers of InvokeEndpoint; what is absent is not sent. */
export interface SnippetHeaders {
  accept?: string;
  targetModel?: string;
  inferenceComponent?: string;
  customAttributes?: string;
  sessionId?: string;
}

/** Each optional header by its names: as a parameter of the SDKs, an option of the AWS CLI, and on the wire. */
const HEADER_NAMES: Record<keyof SnippetHeaders | "targetVariant", { sdk: string; cli: string; wire: string }> = {
  targetVariant: { sdk: "TargetVariant", cli: "--target-variant", wire: "x-amzn-sagemaker-target-variant" },
  accept: { sdk: "Accept", cli: "--accept", wire: "accept" },
  targetModel: { sdk: "TargetModel", cli: "--target-model", wire: "x-amzn-sagemaker-target-model" },
  inferenceComponent: {
    sdk: "InferenceComponentName",
    cli: "--inference-component-name",
    wire: "x-amzn-sagemaker-inference-component",
  },
  customAttributes: { sdk: "CustomAttributes", cli: "--custom-attributes", wire: "x-amzn-sagemaker-custom-attributes" },
  sessionId: { sdk: "SessionId", cli: "--session-id", wire: "x-amzn-sagemaker-session-id" },
};

/** The optional headers that a request has, by one of their names. */
function optionalHeaders(request: EndpointRequest, form: "sdk" | "cli" | "wire"): [string, string][] {
  const given = { targetVariant: request.targetVariant, ...request.headers };
  return (Object.keys(HEADER_NAMES) as (keyof typeof HEADER_NAMES)[]).flatMap((key): [string, string][] => {
    const value = given[key];
    return value ? [[HEADER_NAMES[key][form], value]] : [];
  });
}

/** A request that is to be sent again from elsewhere. */
export type SnippetRequest =
  | {
      via: "endpoint";
      endpointName: string;
      region: string;
      /** Of the sandbox, or another address than AWS's own. */
      endpointUrl?: string;
      profile?: string;
      contentType: string;
      body: string;
      targetVariant?: string;
      headers?: SnippetHeaders;
    }
  | { via: "api"; url: string; features: Record<string, number | null> };

/** What a request can be copied as, in the order of the buttons. */
export const snippetKinds = ["AWS CLI", "boto3", "JavaScript", "curl"] as const;
export type SnippetKind = (typeof snippetKinds)[number];

/** Kinds that make sense: the AWS CLI knows no APIs behind API Gateway. */
export function kindsFor(via: SnippetRequest["via"]): SnippetKind[] {
  return snippetKinds.filter((kind) => via === "endpoint" || kind !== "AWS CLI");
}

/** In single quotes for a POSIX shell. */
const shell = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
/** A string literal that JavaScript and Python both read. */
const quoted = (text: string) => JSON.stringify(text).replace(/[\u2028\u2029\u007f]/g, escapeUnit);
const escapeUnit = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Code that sends the request again. It names no keys: each tool finds the caller's own. */
export function requestSnippet(kind: SnippetKind, request: SnippetRequest): string {
  if (request.via === "api") return apiSnippet(kind, request.url, JSON.stringify({ features: request.features }));
  if (kind === "AWS CLI") return cli(request);
  if (kind === "boto3") return boto3(request);
  return kind === "JavaScript" ? javaScript(request) : curl(request);
}

type EndpointRequest = Extract<SnippetRequest, { via: "endpoint" }>;

function cli(request: EndpointRequest): string {
  const { endpointName, region, endpointUrl, profile, contentType, body } = request;
  const options: [string, string | undefined][] = [
    ["--endpoint-name", endpointName],
    ["--region", region],
    ["--profile", profile],
    ["--endpoint-url", endpointUrl],
    ...optionalHeaders(request, "cli"),
    ["--content-type", contentType],
  ];
  const lines = options.flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${shell(value)}`]));
  // With an equals sign, because a row may begin with a minus.
  const last = [`--body=${shell(body)}`, "--cli-binary-format raw-in-base64-out /dev/stdout"];
  return ["aws sagemaker-runtime invoke-endpoint", ...lines, ...last].join(" \\\n  ");
}

function boto3(request: EndpointRequest): string {
  const { endpointName, region, endpointUrl, profile, contentType, body } = request;
  const session = [`region_name=${quoted(region)}`, profile && `profile_name=${quoted(profile)}`].filter(Boolean);
  const client = ['"sagemaker-runtime"', endpointUrl && `endpoint_url=${quoted(endpointUrl)}`].filter(Boolean);
  const optional = optionalHeaders(request, "sdk").map(([name, value]) => `    ${name}=${quoted(value)},\n`);
  return `import boto3

runtime = boto3.Session(${session.join(", ")}).client(${client.join(", ")})
response = runtime.invoke_endpoint(
    EndpointName=${quoted(endpointName)},
    ContentType=${quoted(contentType)},
${optional.join("")}    Body=${quoted(body)},
)
print(response["Body"].read().decode())`;
}

function javaScript(request: EndpointRequest): string {
  const { endpointName, region, endpointUrl, profile, contentType, body } = request;
  const client = [
    `region: ${quoted(region)}`,
    profile && `profile: ${quoted(profile)}`,
    endpointUrl && `endpoint: ${quoted(endpointUrl)}`,
  ].filter(Boolean);
  const optional = optionalHeaders(request, "sdk").map(([name, value]) => `    ${name}: ${quoted(value)},\n`);
  return `import { InvokeEndpointCommand, SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";

const runtime = new SageMakerRuntimeClient({ ${client.join(", ")} });
const response = await runtime.send(
  new InvokeEndpointCommand({
    EndpointName: ${quoted(endpointName)},
    ContentType: ${quoted(contentType)},
${optional.join("")}    Body: ${quoted(body)},
  }),
);
console.log(new TextDecoder().decode(response.Body));`;
}

/** curl signs by itself since 7.75; the keys come from the environment, as the AWS CLI exports them. */
function curl(request: EndpointRequest): string {
  const { endpointName, region, endpointUrl, contentType, body } = request;
  const base = endpointUrl?.replace(/\/$/, "") ?? `https://runtime.sagemaker.${region}.${dnsSuffix(region)}`;
  const headers = [
    `-H ${shell(`content-type: ${contentType}`)}`,
    ...optionalHeaders(request, "wire").map(([name, value]) => `-H ${shell(`${name}: ${value}`)}`),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: for the shell
    '${AWS_SESSION_TOKEN:+-H "x-amz-security-token: $AWS_SESSION_TOKEN"}',
  ];
  return [
    `curl -sS ${shell(`${base}/endpoints/${encodeURIComponent(endpointName)}/invocations`)}`,
    `--aws-sigv4 ${shell(`aws:amz:${region}:sagemaker`)} --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"`,
    ...headers,
    `--data-binary ${shell(body)}`,
  ].join(" \\\n  ");
}

const dnsSuffix = (region: string) => (region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com");

function apiSnippet(kind: SnippetKind, url: string, json: string): string {
  if (kind === "boto3") {
    return `import urllib.request

request = urllib.request.Request(${quoted(url)}, ${quoted(json)}.encode(), {"content-type": "application/json"})
print(urllib.request.urlopen(request).read().decode())`;
  }
  if (kind === "JavaScript") {
    return `const response = await fetch(${quoted(url)}, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: ${quoted(json)},
});
console.log(await response.text());`;
  }
  return [
    `curl -sS ${shell(url)}`,
    `-H ${shell("content-type: application/json")}`,
    `--data-binary ${shell(json)}`,
  ].join(" \\\n  ");
}
