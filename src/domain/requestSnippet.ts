import { givenHeaders, headerNames, type InvocationHeaders, type InvocationMode } from "./invocation.ts";

/** A request that is to be sent again from elsewhere. */
export type SnippetRequest =
  | {
      via: "endpoint";
      /** Absent: at once. */
      mode?: InvocationMode;
      endpointName: string;
      region: string;
      /** Of the sandbox, or another address than AWS's own. */
      endpointUrl?: string;
      profile?: string;
      contentType: string;
      body: string;
      /** A file's path, instead of a body. */
      bodyPath?: string;
      /** Of an asynchronous request: where its input is in S3. */
      inputLocation?: string;
      targetVariant?: string;
      headers?: InvocationHeaders;
    }
  | {
      via: "api";
      url: string;
      features: Record<string, number | null>;
      /** The API asks for a key, which the copy takes from the variable API_KEY. */
      needsKey?: boolean;
    };

/** What a request can be copied as, in the order of the buttons. */
export const snippetKinds = ["AWS CLI", "boto3", "JavaScript", "curl"] as const;
export type SnippetKind = (typeof snippetKinds)[number];

/** Kinds that make sense: the AWS CLI knows no APIs behind API Gateway, and neither it nor curl reads event streams. */
export function kindsFor(via: SnippetRequest["via"], mode: InvocationMode = "now"): SnippetKind[] {
  if (via === "api") return ["boto3", "JavaScript", "curl"];
  return mode === "stream" ? ["boto3", "JavaScript"] : [...snippetKinds];
}

/** In single quotes for a POSIX shell. */
const shell = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
/** A string literal that JavaScript and Python both read. */
const quoted = (text: string) => JSON.stringify(text).replace(/[\u2028\u2029\u007f]/g, escapeUnit);
const escapeUnit = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Code that sends the request again. It names no keys: each tool finds the caller's own. */
export function requestSnippet(kind: SnippetKind, request: SnippetRequest): string {
  if (request.via === "api") return apiSnippet(kind, request);
  if (kind === "AWS CLI") return cli(request);
  if (kind === "boto3") return boto3(request);
  return kind === "JavaScript" ? javaScript(request) : curl(request);
}

type EndpointRequest = Extract<SnippetRequest, { via: "endpoint" }>;

/** Where an asynchronous request has no input yet. */
const INPUT_PLACEHOLDER = "s3://BUCKET/INPUT";
const inputOf = ({ inputLocation }: EndpointRequest) => inputLocation || INPUT_PLACEHOLDER;

/** The optional headers that a request has, by one of their names. */
function optionalHeaders(request: EndpointRequest, form: "sdk" | "cli" | "wire"): [string, string][] {
  const given = { ...request.headers, targetVariant: request.targetVariant };
  return givenHeaders(request.mode ?? "now", given).map(({ key, value }) => {
    // The asynchronous operation calls them otherwise on the wire (API reference, InvokeEndpointAsync).
    const isAccept = request.mode === "async" && form === "wire" && key === "accept";
    return [isAccept ? "x-amzn-sagemaker-accept" : headerNames[key][form], value];
  });
}

function cli(request: EndpointRequest): string {
  const { endpointName, region, endpointUrl, profile, contentType, body, bodyPath, mode } = request;
  const options: [string, string | undefined][] = [
    ["--endpoint-name", endpointName],
    ["--region", region],
    ["--profile", profile],
    ["--endpoint-url", endpointUrl],
    ...optionalHeaders(request, "cli"),
    ["--content-type", contentType],
    ["--input-location", mode === "async" ? inputOf(request) : undefined],
  ];
  const lines = options.flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${shell(value)}`]));
  if (mode === "async") return ["aws sagemaker-runtime invoke-endpoint-async", ...lines].join(" \\\n  ");
  const read = bodyPath === undefined ? "fileb:///dev/stdin" : `fileb://${bodyPath}`;
  const command = ["aws sagemaker-runtime invoke-endpoint", ...lines, `--body ${shell(read)}`, "/dev/stdout"];
  // Through stdin: version 1 of the CLI lacks --cli-binary-format, and a long body is too long for an argument.
  return `${bodyPath === undefined ? piped(body) : ""}${command.join(" \\\n  ")}`;
}

/** The shell's own printf takes any length. */
const piped = (body: string) => `printf %s ${shell(body)} | `;
/** Linux takes arguments up to 128 KiB. */
const MOST_ARGUMENT = 100_000;

function boto3(request: EndpointRequest): string {
  const { endpointName, region, endpointUrl, profile, contentType, body, bodyPath, mode } = request;
  const session = [`region_name=${quoted(region)}`, profile && `profile_name=${quoted(profile)}`].filter(Boolean);
  const client = ['"sagemaker-runtime"', endpointUrl && `endpoint_url=${quoted(endpointUrl)}`].filter(Boolean);
  const optional = optionalHeaders(request, "sdk").map(([name, value]) => `    ${name}=${quoted(value)},\n`);
  const text = bodyPath === undefined ? quoted(body) : `open(${quoted(bodyPath)}, "rb").read()`;
  const input = mode === "async" ? `InputLocation=${quoted(inputOf(request))}` : `Body=${text}`;
  // Bytes as they are: a part may end within a character, and an answer may be a picture.
  const imports = mode === "async" ? "import boto3" : "import sys\n\nimport boto3";
  return `${imports}

runtime = boto3.Session(${session.join(", ")}).client(${client.join(", ")})
response = runtime.${PYTHON_CALLS[mode ?? "now"]}(
    EndpointName=${quoted(endpointName)},
    ContentType=${quoted(contentType)},
${optional.join("")}    ${input},
)
${PYTHON_ANSWERS[mode ?? "now"]}`;
}

const PYTHON_CALLS: Record<InvocationMode, string> = {
  now: "invoke_endpoint",
  stream: "invoke_endpoint_with_response_stream",
  async: "invoke_endpoint_async",
};
const PYTHON_ANSWERS: Record<InvocationMode, string> = {
  now: 'sys.stdout.buffer.write(response["Body"].read())',
  stream: `for event in response["Body"]:
    if "PayloadPart" in event:
        sys.stdout.buffer.write(event["PayloadPart"]["Bytes"])
        sys.stdout.flush()`,
  async: 'print(response["OutputLocation"], response.get("FailureLocation"))',
};

const JS_CALLS: Record<InvocationMode, string> = {
  now: "InvokeEndpointCommand",
  stream: "InvokeEndpointWithResponseStreamCommand",
  async: "InvokeEndpointAsyncCommand",
};
const JS_ANSWERS: Record<InvocationMode, string> = {
  now: "process.stdout.write(response.Body);",
  stream: `for await (const { PayloadPart } of response.Body) {
  if (PayloadPart) process.stdout.write(PayloadPart.Bytes);
}`,
  async: "console.log(response.OutputLocation, response.FailureLocation);",
};

function javaScript(request: EndpointRequest): string {
  const { endpointName, region, endpointUrl, profile, contentType, body, bodyPath, mode = "now" } = request;
  const client = [
    `region: ${quoted(region)}`,
    profile && `profile: ${quoted(profile)}`,
    endpointUrl && `endpoint: ${quoted(endpointUrl)}`,
  ].filter(Boolean);
  const optional = optionalHeaders(request, "sdk").map(([name, value]) => `    ${name}: ${quoted(value)},\n`);
  const text = bodyPath === undefined ? quoted(body) : `await readFile(${quoted(bodyPath)})`;
  const input = mode === "async" ? `InputLocation: ${quoted(inputOf(request))}` : `Body: ${text}`;
  const readsFile = mode !== "async" && bodyPath !== undefined;
  return `${readsFile ? 'import { readFile } from "node:fs/promises";\n' : ""}import { ${JS_CALLS[mode]}, SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";

const runtime = new SageMakerRuntimeClient({ ${client.join(", ")} });
const response = await runtime.send(
  new ${JS_CALLS[mode]}({
    EndpointName: ${quoted(endpointName)},
    ContentType: ${quoted(contentType)},
${optional.join("")}    ${input},
  }),
);
${JS_ANSWERS[mode]}`;
}

/** curl signs by itself since 7.75; the keys come from the environment, as the AWS CLI exports them. */
function curl(request: EndpointRequest): string {
  const { endpointName, region, endpointUrl, contentType, body, bodyPath, mode } = request;
  const base = endpointUrl?.replace(/\/$/, "") ?? `https://runtime.sagemaker.${region}.${dnsSuffix(region)}`;
  const isAsync = mode === "async";
  const headers = [
    `-H ${shell(`${isAsync ? "x-amzn-sagemaker-content-type" : "content-type"}: ${contentType}`)}`,
    ...optionalHeaders(request, "wire").map(([name, value]) => `-H ${shell(`${name}: ${value}`)}`),
    ...(isAsync ? [`-H ${shell(`x-amzn-sagemaker-inputlocation: ${inputOf(request)}`)}`] : []),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: for the shell
    '${AWS_SESSION_TOKEN:+-H "x-amz-security-token: $AWS_SESSION_TOKEN"}',
  ];
  const path = `${base}/endpoints/${encodeURIComponent(endpointName)}/${isAsync ? "async-invocations" : "invocations"}`;
  const isPiped = bodyPath === undefined && new TextEncoder().encode(body).length > MOST_ARGUMENT;
  // --data-binary would take a body that begins with @ for a file's name.
  const data = bodyPath === undefined ? `--data-raw ${shell(body)}` : `--data-binary ${shell(`@${bodyPath}`)}`;
  const command = [
    `curl -sS ${isAsync ? "-X POST " : ""}${shell(path)}`,
    `--aws-sigv4 ${shell(`aws:amz:${region}:sagemaker`)} --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"`,
    ...headers,
    ...(isAsync ? [] : [isPiped ? "--data-binary @-" : data]),
  ].join(" \\\n  ");
  return isPiped && !isAsync ? `${piped(body)}${command}` : command;
}

const dnsSuffix = (region: string) => (region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com");

function apiSnippet(kind: SnippetKind, { url, features, needsKey }: Extract<SnippetRequest, { via: "api" }>): string {
  const json = JSON.stringify({ features });
  if (kind === "boto3") {
    const key = needsKey ? ', "x-api-key": os.environ["API_KEY"]' : "";
    return `${needsKey ? "import os\n" : ""}import urllib.request

request = urllib.request.Request(${quoted(url)}, ${quoted(json)}.encode(), {"content-type": "application/json"${key}})
print(urllib.request.urlopen(request).read().decode())`;
  }
  if (kind === "JavaScript") {
    const key = needsKey ? ', "x-api-key": process.env.API_KEY' : "";
    return `const response = await fetch(${quoted(url)}, {
  method: "POST",
  headers: { "content-type": "application/json"${key} },
  body: ${quoted(json)},
});
console.log(await response.text());`;
  }
  return [
    `curl -sS ${shell(url)}`,
    `-H ${shell("content-type: application/json")}`,
    ...(needsKey ? ['-H "x-api-key: $API_KEY"'] : []),
    `--data-binary ${shell(json)}`,
  ].join(" \\\n  ");
}
