import { toUtf8 } from "@smithy/core/serde";
import { httpTraitOf, inputOf, membersOf, requiredCount } from "./schema.ts";
import type { BoundOperation, ServiceBuilder } from "./serviceBuilder.ts";
import { type ProtocolId, WireError, type WireRequest } from "./types.ts";

/** The operation that a request means, with the URI labels that its path carried. */
export interface Match {
  readonly service: ServiceBuilder;
  readonly operation: BoundOperation;
  readonly protocol: ProtocolId;
  readonly labels: Record<string, string>;
}

interface RestRoute {
  method: string;
  pattern: RegExp;
  names: string[];
  query: [string, string][];
  requiredQuery: string[];
  requiredHeaders: string[];
  weight: number;
  operation: BoundOperation;
}

const escapeRegex = (s: string) => s.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function compile(operation: BoundOperation, isS3: boolean): RestRoute[] {
  const http = httpTraitOf(operation.schema);
  if (!http) return [];
  const input = inputOf(operation.schema);
  const [path = "", search = ""] = http[1].split("?");
  const names: string[] = [];
  let literals = 0;
  let greedy = false;
  let pattern = path
    .split("/")
    .slice(1)
    .map((segment) => {
      const label = /^\{(\w+)(\+?)\}$/.exec(segment);
      if (!label?.[1]) {
        if (segment) literals++;
        return escapeRegex(segment);
      }
      names.push(label[1]);
      greedy ||= label[2] === "+";
      return label[2] ? "(.+)" : "([^/]+)";
    })
    .join("/");
  // The S3 schemas say "/{Key+}": the endpoint rules put the bucket in front (path style here).
  if (isS3 && membersOf(input).some(([name, , t]) => name === "Bucket" && t.httpLabel)) {
    names.unshift("Bucket");
    pattern = pattern ? `([^/]+)/${pattern}` : "([^/]+)/?";
  }
  // Only S3 tells operations apart by what they need; elsewhere what is missing is told by name.
  const needed = isS3 ? membersOf(input).slice(0, requiredCount(input)) : [];
  const requiredQuery = needed.flatMap(([, , t]) => (t.httpQuery ? [t.httpQuery] : []));
  const requiredHeaders = needed.flatMap(([, , t]) => (t.httpHeader ? [t.httpHeader.toLowerCase()] : []));
  // x-id is only a hint of the JavaScript SDK; the CLI does not send it.
  const query = [...new URLSearchParams(search)].filter(([key]) => key !== "x-id");
  const weight =
    literals * 16 +
    query.length * 8 +
    requiredQuery.length * 4 +
    requiredHeaders.length * 2 +
    (greedy ? 0 : 1) +
    names.length;
  return [
    {
      method: http[0],
      pattern: new RegExp(`^/${pattern}$`, "s"),
      names,
      query,
      requiredQuery,
      requiredHeaders,
      weight,
      operation,
    },
  ];
}

/**
 * Sub-resources of buckets and objects. A request for one that the sandbox does not have must not fall through to the
 * operation on the whole: `PUT /bucket?inventory` is no CreateBucket. A unit test compares the list with the SDK's.
 */
export const S3_SUB_RESOURCES = new Set(
  (
    "abac accelerate acl analytics annotation attributes cors delete encryption intelligent-tiering inventory " +
    "legal-hold lifecycle list-type location logging metadataAnnotationTable metadataConfiguration " +
    "metadataInventoryTable metadataJournalTable metadataTable metrics notification object-lock ownershipControls " +
    "policy policyStatus publicAccessBlock renameObject replication requestPayment restore retention select " +
    "select-type session tagging torrent uploads versioning versions website"
  ).split(" "),
);

const routesOf = new WeakMap<ServiceBuilder, RestRoute[]>();

/** Routes of a service, the most specific one first. */
function restRoutes(service: ServiceBuilder): RestRoute[] {
  let routes = routesOf.get(service);
  if (!routes) {
    const isS3 = service.info.signingName === "s3";
    routes = [...service.operations.values()].flatMap((o) => compile(o, isS3)).sort((a, b) => b.weight - a.weight);
    routesOf.set(service, routes);
  }
  return routes;
}

function matchRest(service: ServiceBuilder, protocol: ProtocolId, req: WireRequest): Match | undefined {
  const path = req.rawPath || "/";
  const subResources = protocol === "restXml" ? [...req.query.keys()].filter((k) => S3_SUB_RESOURCES.has(k)) : [];
  for (const route of restRoutes(service)) {
    if (route.method !== req.method) continue;
    const m = route.pattern.exec(path);
    if (!m) continue;
    if (!route.query.every(([k, v]) => req.query.has(k) && (v === "" || req.query.get(k)?.[0] === v))) continue;
    if (!subResources.every((k) => route.query.some(([known]) => known === k))) continue;
    if (!route.requiredQuery.every((k) => req.query.has(k))) continue;
    if (!route.requiredHeaders.every((h) => h in req.headers)) continue;
    const labels: Record<string, string> = Object.create(null);
    route.names.forEach((name, i) => {
      labels[name] = decodeLabel(m[i + 1] ?? "");
    });
    return { service, operation: route.operation, protocol, labels };
  }
  return undefined;
}

function decodeLabel(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new WireError("InvalidURI", "Couldn't parse the specified URI.");
  }
}

/** Parameters of the Query protocol: in the body of a POST, in the URL of a GET (a presigned GetCallerIdentity). */
export function formOf(req: WireRequest): URLSearchParams | undefined {
  if (req.method === "GET") return new URLSearchParams(req.rawQuery);
  const isForm = req.headers["content-type"]?.startsWith("application/x-www-form-urlencoded");
  return req.method === "POST" && isForm ? new URLSearchParams(toUtf8(req.body)) : undefined;
}

const notCovered = (what: string) =>
  new WireError("UnknownOperationException", `The sandbox does not implement ${what}.`, 404);

/**
 * Which operation is this?
 * @param services those of the credential scope's service name; SageMaker and its runtime share one
 * @throws WireError UnknownOperationException (404) when the sandbox does not cover it
 */
export function route(services: readonly ServiceBuilder[], signingName: string, req: WireRequest): Match {
  const rpc = (service: ServiceBuilder | undefined, name: string, protocol: ProtocolId): Match => {
    const operation = service?.info.protocols.includes(protocol) ? service.operations.get(name) : undefined;
    if (!service || !operation) throw notCovered(`${signingName}:${name}`);
    return { service, operation, protocol, labels: {} };
  };
  const target = req.headers["x-amz-target"];
  if (target) {
    const dot = target.lastIndexOf(".");
    return rpc(
      services.find((s) => s.info.target === target.slice(0, dot)),
      target.slice(dot + 1),
      "json",
    );
  }
  if (req.headers["smithy-protocol"] === "rpc-v2-cbor") {
    const m = /\/service\/([^/]+)\/operation\/([^/]+)$/.exec(req.rawPath);
    if (m)
      return rpc(
        services.find((s) => s.info.target === m[1]),
        m[2] ?? "",
        "cbor",
      );
  }
  const queryService = services.find((s) => s.info.protocols.includes("query"));
  const action = queryService && formOf(req)?.get("Action");
  if (action) return rpc(queryService, action, "query");
  for (const service of services)
    for (const protocol of service.info.protocols)
      if (protocol === "restJson" || protocol === "restXml") {
        const found = matchRest(service, protocol, req);
        if (found) return found;
      }
  throw notCovered(`${signingName} ${req.method} ${req.rawPath}${req.rawQuery && `?${req.rawQuery}`}`);
}

/** Whether a request is one of the service's REST operations. */
export function hasRoute(service: ServiceBuilder, req: WireRequest): boolean {
  try {
    return service.info.protocols.includes("restJson") && matchRest(service, "restJson", req) !== undefined;
  } catch {
    return false;
  }
}

/** How to word an error before, or without, a match. */
export function guessProtocol(req: WireRequest, signingName: string | undefined): ProtocolId {
  if (req.headers["smithy-protocol"] === "rpc-v2-cbor") return "cbor";
  if (req.headers["x-amz-target"]) return "json";
  if (req.headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) return "query";
  return signingName === "s3" ? "restXml" : "restJson";
}
