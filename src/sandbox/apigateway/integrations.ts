import type { Integration, IntegrationResponse, Method } from "@aws-sdk/client-api-gateway";
import { parseTarget } from "../wire/httpServer.ts";
import type { WireResponse } from "../wire/types.ts";
import type { World } from "../world.ts";
import type { RestApi } from "./apiStore.ts";
import { functionArnOf, mayInvoke, runFunction, within, withStageVariables } from "./functionCall.ts";
import { integrationUrl, sendHttp } from "./httpIntegration.ts";
import { renderAnswer, renderMapping, responseOverride } from "./mapping.ts";
import { mappedRequest, responseHeaders } from "./parameterMapping.ts";
import { type GatewayCall, proxyAnswer, proxyEvent } from "./proxyEvent.ts";
import { FAILED, MALFORMED, MISCONFIGURED, type Refusal, TIMED_OUT, UNSUPPORTED_MEDIA } from "./refusals.ts";

const LONGEST_MS = 29_000;

/** What an integration answered, before it is mapped. */
interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** What selection patterns are held against: the status, or the message of a failed function. */
  selector: string;
}

/** Asks the integration of a method and maps its answer. */
export async function integrate(
  world: World,
  api: RestApi,
  method: Method,
  call: GatewayCall,
): Promise<WireResponse | Refusal> {
  const integration = method.methodIntegration;
  if (!integration) return MISCONFIGURED;
  const timeout = integration.timeoutInMillis ?? LONGEST_MS;
  try {
    if (integration.type === "AWS_PROXY") return await lambdaProxy(world, api, integration, call, timeout);
    if (integration.type === "HTTP_PROXY") return await httpProxy(world, integration, call, timeout);
    const body = requestBody(integration, call);
    if (typeof body !== "string") return body;
    if (integration.type === "MOCK") {
      const status: unknown = JSON.parse(body || "{}").statusCode;
      if (status === undefined) return MISCONFIGURED;
      return mapAnswer(method, integration, call, { status: 200, headers: {}, body: "", selector: String(status) });
    }
    const answer =
      integration.type === "HTTP"
        ? await within(http(world, integration, call, body), timeout)
        : await within(awsService(world, api, integration, call, body, timeout), timeout);
    if (!answer) {
      call.integrationMs = timeout;
      return TIMED_OUT;
    }
    return "type" in answer ? answer : mapAnswer(method, integration, call, answer);
  } catch {
    return MISCONFIGURED; // the function is gone or cannot run, or a template is broken
  }
}

/** Waits for what the integration answers, and notes how long that took. */
async function relayed<T>(call: GatewayCall, work: Promise<T>): Promise<T> {
  const from = performance.now();
  try {
    return await work;
  } finally {
    call.integrationMs = performance.now() - from;
  }
}

const sourceArn = (world: World, api: RestApi, call: GatewayCall) =>
  `arn:aws:execute-api:${api.region}:${world.accountId}:${api.id}/${call.stage.name}/${call.req.method}${call.resourcePath}`;

async function lambdaProxy(
  world: World,
  api: RestApi,
  integration: Integration,
  call: GatewayCall,
  timeout: number,
): Promise<WireResponse | Refusal> {
  const arn = functionArnOf(withStageVariables(integration.uri ?? "", call.stage.variables));
  if (!arn || !(await permitted(world, api, integration, arn, call))) return MISCONFIGURED;
  const result = await relayed(call, runFunction(world, arn, proxyEvent(call), timeout));
  if (!result) return TIMED_OUT;
  if (result.FunctionError) return MALFORMED;
  return proxyAnswer(JSON.parse(Buffer.from(result.Payload as Uint8Array).toString()), call) ?? MALFORMED;
}

/** A role of the integration invokes by its own rights; without one the function's policy must let the gateway in. */
async function permitted(world: World, api: RestApi, integration: Integration, arn: string, call: GatewayCall) {
  return integration.credentials !== undefined || (await mayInvoke(world, arn, sourceArn(world, api, call)));
}

/** The body for the integration, by the template of the request's type or as it is (AWS: passthrough behaviors). */
function requestBody(integration: Integration, call: GatewayCall): string | Refusal {
  const sent = Buffer.from(call.req.body).toString();
  const templates = integration.requestTemplates;
  const type = call.req.headers["content-type"]?.split(";")[0]?.trim() || "application/json";
  const template = templates?.[type] ?? templates?.$default;
  if (template !== undefined) return renderMapping(template, call, sent);
  const behavior = integration.passthroughBehavior ?? "WHEN_NO_MATCH";
  if (behavior === "NEVER" || (behavior === "WHEN_NO_TEMPLATES" && templates)) return UNSUPPORTED_MEDIA;
  // A mock without a template for this type is asked with the one for JSON.
  return integration.type === "MOCK" && templates?.["application/json"] !== undefined
    ? renderMapping(templates["application/json"], call, sent)
    : sent;
}

/** The answer of the first integration response whose pattern fits, else of the default one. */
function mapAnswer(
  method: Method,
  integration: Integration,
  call: GatewayCall,
  answer: Answer,
): WireResponse | Refusal {
  const responses = Object.values(integration.integrationResponses ?? {});
  const fits = ({ selectionPattern }: IntegrationResponse) =>
    selectionPattern ? new RegExp(`^(?:${selectionPattern})$`, "s").test(answer.selector) : false;
  const response = responses.find(fits) ?? responses.find((item) => !item.selectionPattern);
  if (!response?.statusCode) return MISCONFIGURED;
  const declared = method.methodResponses?.[response.statusCode];
  // "Output mapping refers to an invalid method response", says the execution log.
  if (!declared) return MISCONFIGURED;
  const headers = responseHeaders(response.responseParameters, answer, call);
  const templates = Object.entries(response.responseTemplates ?? {});
  const asked = templates.find(([type]) => type === answer.headers["content-type"]?.split(";")[0]) ?? templates[0];
  const fallback = Object.keys(declared?.responseModels ?? {})[0] ?? "application/json";
  headers["content-type"] ??= asked?.[0] ?? answer.headers["content-type"] ?? fallback;
  const status = Number(response.statusCode);
  const body = asked ? renderAnswer(asked[1], call, answer.body, status) : answer.body;
  const override = responseOverride(call);
  return { status: override.status ?? status, headers: { ...headers, ...override.headers }, body };
}

async function http(
  world: World,
  integration: Integration,
  call: GatewayCall,
  body: string,
): Promise<Answer | Refusal> {
  const request = mappedRequest(integration, call);
  const url = integrationUrl(world, integration, call, request);
  if (!url) return FAILED;
  const verb = integration.httpMethod ?? call.req.method;
  const headers = { "content-type": call.req.headers["content-type"] ?? "application/json", ...request.headers };
  const answer = await relayed(call, sendHttp(url, verb, headers, Buffer.from(body)));
  if (!answer) return FAILED;
  return { ...answer, body: answer.body.toString(), selector: String(answer.status) };
}

async function httpProxy(
  world: World,
  integration: Integration,
  call: GatewayCall,
  timeout: number,
): Promise<WireResponse | Refusal> {
  const request = mappedRequest(integration, call);
  // A proxy hands on the query and the headers of the request, and adds what is mapped.
  const query = [...call.req.query].flatMap(([name, values]) => values.map((value): [string, string] => [name, value]));
  const url = integrationUrl(world, integration, call, { ...request, query: [...query, ...request.query] });
  if (!url) return FAILED;
  const own = Object.entries(call.req.headers).filter(
    ([name]) => !/^(host|connection|content-length|te|transfer-encoding|upgrade|keep-alive|expect)$/.test(name),
  );
  const headers = { ...(Object.fromEntries(own) as Record<string, string>), ...request.headers };
  const verb = !integration.httpMethod || integration.httpMethod === "ANY" ? call.req.method : integration.httpMethod;
  const answer = await relayed(call, within(sendHttp(url, verb, headers, call.req.body), timeout));
  if (!answer) return answer === undefined ? TIMED_OUT : FAILED;
  return answer;
}

/**
 * A service of AWS asked directly: a Lambda function without proxy, or any other by path or action
 * (AWS: PutIntegration, `arn:aws:apigateway:{region}:{subdomain.service|service}:path|action/{service_api}`).
 */
async function awsService(
  world: World,
  api: RestApi,
  integration: Integration,
  call: GatewayCall,
  body: string,
  timeout: number,
): Promise<Answer | Refusal> {
  const uri = withStageVariables(integration.uri ?? "", call.stage.variables);
  const request = mappedRequest(integration, call);
  const functionArn = functionArnOf(uri);
  if (functionArn) {
    if (!(await permitted(world, api, integration, functionArn, call))) return MISCONFIGURED;
    const event: unknown = body === "" ? {} : JSON.parse(body);
    const isAsync = request.headers["x-amz-invocation-type"] === "Event";
    const result = await relayed(call, runFunction(world, functionArn, event, timeout, isAsync));
    if (!result) return TIMED_OUT;
    const payload = Buffer.from((result.Payload as Uint8Array | undefined) ?? []).toString();
    const message = result.FunctionError ? String(JSON.parse(payload).errorMessage ?? "") : "";
    return { status: 200, headers: { "content-type": "application/json" }, body: payload, selector: message };
  }
  const [, region, service, kind, rest] =
    /^arn:aws[\w-]*:apigateway:([\w-]+):(?:[\w-]+\.)?([\w-]+):(path|action)\/(.*)$/.exec(uri) ?? [];
  if (!region || !service || rest === undefined || !integration.credentials) return MISCONFIGURED;
  const path = `/${(kind === "path" ? rest : "").replace(/^\//, "").replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(request.path[name] ?? ""))}`;
  const query = new URLSearchParams(request.query);
  if (kind === "action") for (const [name, value] of new URLSearchParams(`Action=${rest}`)) query.append(name, value);
  const target = parseTarget(query.size ? `${path}?${query}` : path);
  if (!target) return MISCONFIGURED;
  const asked = {
    method: integration.httpMethod ?? "POST",
    ...target,
    headers: { "content-type": call.req.headers["content-type"] ?? "application/json", ...request.headers },
    body: Buffer.from(body),
  };
  const caller = { region, principalArn: integration.credentials };
  const answer = await relayed(call, world.request(asked, service, caller));
  return {
    status: answer.status,
    headers: answer.headers,
    body: await textOf(answer),
    selector: String(answer.status),
  };
}

async function textOf({ body = "" }: WireResponse): Promise<string> {
  if (typeof body === "string") return body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString();
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
