import { JsonCodec2, XmlShapeDeserializer } from "@aws-sdk/core/protocols";
import { FromStringShapeDeserializer, ToStringShapeSerializer } from "@smithy/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";
import { splitHeader, toUtf8 } from "@smithy/core/serde";
import type { ErrorInfo } from "./errors.ts";
import { encodeEventStream } from "./eventStream.ts";
import { textXml, toXml } from "./protocolQuery.ts";
import { plainBytes } from "./protocolRpc.ts";
import type { ServerProtocol } from "./protocols.ts";
import {
  httpTraitOf,
  inputOf,
  isRequestBody,
  isResponseBody,
  type Member,
  membersOf,
  outputOf,
  schemaOf,
} from "./schema.ts";
import type { OperationSchema, ServiceInfo, WireRequest, WireResponse } from "./types.ts";

/** Smithy timestamp formats: 5 = date-time, 7 = epoch seconds. */
type TimestampFormat = 5 | 7;
type Values = Record<string, unknown>;

const codecSettings = (format: TimestampFormat) =>
  ({ timestampFormat: { useTrait: true, default: format }, jsonName: true, httpBindings: true }) as const;

interface Bound {
  status?: number;
  body: Values;
  hasBody: boolean;
  payload?: readonly [NormalizedSchema, unknown];
}

/** HTTP bindings shared by restJson1 and restXml: labels, query, headers, payload, body. */
abstract class RestProtocol implements ServerProtocol {
  private readonly reader: FromStringShapeDeserializer;
  private readonly writer: ToStringShapeSerializer;

  constructor(format: TimestampFormat) {
    this.reader = new FromStringShapeDeserializer(codecSettings(format) as never);
    this.writer = new ToStringShapeSerializer(codecSettings(format) as never);
  }

  protected abstract readonly contentType: string;
  protected abstract readBody(schema: NormalizedSchema, bytes: Uint8Array): Promise<unknown> | unknown;
  protected abstract writeBody(schema: NormalizedSchema, value: unknown, service?: ServiceInfo): Uint8Array | string;
  protected abstract idHeaders(id: string): Record<string, string>;
  abstract encodeError(err: ErrorInfo, service: ServiceInfo | undefined, id: string, req: WireRequest): WireResponse;

  async decode(op: OperationSchema, req: WireRequest, labels: Record<string, string>): Promise<Values> {
    const schema = inputOf(op);
    const out: Values = {};
    const members = membersOf(schema);
    // Only a payload is read asynchronously; a wait for every member would cost more than the members.
    for (const member of members)
      if (member[2].httpPayload) await this.readPayload(member[0], member[1], req, out);
      else this.readMember(member, req, labels, out);
    this.readRemainingQuery(op, members, req, out);
    const hasBodyMembers = members.some(([, , t]) => isRequestBody(t) && !t.httpPayload);
    if (hasBodyMembers && req.body.byteLength) {
      const body = (await this.readBody(schema, req.body)) as Values | undefined;
      for (const [name, , t] of members) if (isRequestBody(t) && body?.[name] != null) out[name] = body[name];
    }
    return out;
  }

  private readMember([name, schema, t]: Member, req: WireRequest, labels: Record<string, string>, out: Values): void {
    if (t.httpLabel) {
      if (labels[name] !== undefined) out[name] = this.reader.read(schema, labels[name]);
    } else if (t.httpQuery) {
      const sent = req.query.get(t.httpQuery);
      if (sent) out[name] = this.readValues(schema, sent, { httpQuery: t.httpQuery });
    } else if (t.httpHeader) {
      const sent = req.headers[t.httpHeader.toLowerCase()];
      if (sent !== undefined)
        out[name] = this.readValues(schema, schema.isListSchema() ? splitHeader(sent) : [sent], {
          httpHeader: t.httpHeader,
        });
    } else if (t.httpPrefixHeaders !== undefined) {
      const prefix = t.httpPrefixHeaders.toLowerCase();
      const found = Object.entries(req.headers).filter(([h]) => h.startsWith(prefix));
      if (found.length) out[name] = Object.fromEntries(found.map(([h, v]) => [h.slice(prefix.length), v]));
    }
  }

  private readValues(schema: NormalizedSchema, sent: string[], traits: Record<string, string>): unknown {
    if (!schema.isListSchema()) return this.reader.read(schema, sent[0] ?? "");
    const item = schemaOf([schema.getValueSchema(), traits]);
    return sent.map((text) => this.reader.read(item, text.trim()));
  }

  private async readPayload(name: string, schema: NormalizedSchema, req: WireRequest, out: Values): Promise<void> {
    if (!req.body.byteLength && !schema.isStreaming() && !("content-type" in req.headers)) return;
    if (schema.isBlobSchema() || schema.isStreaming()) out[name] = req.body;
    else if (schema.isStringSchema()) out[name] = toUtf8(req.body);
    else if (req.body.byteLength) out[name] = await this.readBody(schema, req.body);
  }

  /** `httpQueryParams` takes every parameter that neither a member nor the URI template has used. */
  private readRemainingQuery(op: OperationSchema, members: Member[], req: WireRequest, out: Values): void {
    for (const [name, schema, t] of members) {
      if (!t.httpQueryParams) continue;
      const used = new Set(new URLSearchParams(httpTraitOf(op)?.[1].split("?")[1] ?? "").keys());
      for (const [, , other] of members) if (other.httpQuery) used.add(other.httpQuery);
      const isList = schema.getValueSchema().isListSchema();
      const rest = [...req.query].filter(([key]) => !used.has(key)).map(([key, v]) => [key, isList ? v : v[0]]);
      if (rest.length) out[name] = Object.fromEntries(rest);
    }
  }

  private bind(schema: NormalizedSchema, value: Values | undefined, headers: Record<string, string>): Bound {
    const bound: Bound = { body: {}, hasBody: false };
    for (const [name, member, t] of membersOf(schema)) {
      const v = value?.[name];
      if (isResponseBody(t)) bound.hasBody = true;
      if (t.httpPayload) bound.payload = [member, v];
      if (v == null) continue;
      if (t.httpHeader) {
        this.writer.write(member, v);
        headers[t.httpHeader.toLowerCase()] = this.writer.flush();
      } else if (t.httpPrefixHeaders !== undefined) {
        for (const [k, text] of Object.entries(v as object))
          headers[(t.httpPrefixHeaders + k).toLowerCase()] = String(text);
      } else if (t.httpResponseCode) bound.status = v as number;
      else if (isResponseBody(t)) bound.body[name] = v;
    }
    return bound;
  }

  async encode(op: OperationSchema, output: unknown, service: ServiceInfo, id: string): Promise<WireResponse> {
    const schema = outputOf(op);
    const headers = this.idHeaders(id);
    const bound = this.bind(schema, output as Values | undefined, headers);
    const status = bound.status ?? httpTraitOf(op)?.[2] ?? 200;
    if (bound.payload) return { status, headers, body: this.writePayload(bound.payload, headers, service) };
    if (!bound.hasBody) return { status, headers };
    headers["content-type"] ??= this.contentType;
    if (service.unwrappedXml?.includes(op[2])) {
      const name = membersOf(schema)[0]?.[0] ?? op[2];
      return { status, headers, body: textXml(name, String(bound.body[name] ?? ""), service.xmlNamespace ?? "") };
    }
    return { status, headers, body: this.writeBody(schema, bound.body, service) };
  }

  private writePayload(
    [schema, value]: readonly [NormalizedSchema, unknown],
    headers: Record<string, string>,
    service: ServiceInfo,
  ): WireResponse["body"] {
    if (schema.isStreaming() && schema.isStructSchema()) {
      headers["content-type"] ??= "application/vnd.amazon.eventstream";
      const write = (s: NormalizedSchema, v: unknown) => this.writeBody(s, v, service);
      return encodeEventStream(schema, value as AsyncIterable<Values>, write, this.contentType);
    }
    if (value == null) return "";
    if (schema.isBlobSchema() || schema.isStringSchema() || schema.isStreaming()) {
      headers["content-type"] ??= schema.isStringSchema() ? "text/plain" : "application/octet-stream";
      return value as Uint8Array | string;
    }
    headers["content-type"] ??= this.contentType;
    return this.writeBody(schema, value, service);
  }

  protected errorBody(err: ErrorInfo, headers: Record<string, string>): Values {
    if (!err.schema) return err.value;
    const { message } = err.value;
    return { ...this.bind(err.schema, err.value, headers).body, ...(message ? { message } : {}) };
  }
}

class RestJsonProtocol extends RestProtocol {
  protected readonly contentType = "application/json";
  private readonly serializer;
  private readonly deserializer;

  constructor() {
    super(7);
    const codec = new JsonCodec2(codecSettings(7));
    this.serializer = codec.createSerializer();
    this.deserializer = codec.createDeserializer();
  }

  protected readBody(schema: NormalizedSchema, bytes: Uint8Array): unknown {
    return this.deserializer.read(schema, bytes as never);
  }

  protected writeBody(schema: NormalizedSchema, value: unknown): Uint8Array | string {
    this.serializer.write(schema, value);
    return plainBytes(this.serializer.flush());
  }

  protected idHeaders(id: string): Record<string, string> {
    return { "x-amzn-requestid": id };
  }

  encodeError(err: ErrorInfo, _service: ServiceInfo | undefined, id: string): WireResponse {
    const headers: Record<string, string> = {
      ...this.idHeaders(id),
      "content-type": this.contentType,
      "x-amzn-errortype": err.name,
    };
    this.serializer.write(15 as never, this.errorBody(err, headers));
    return { status: err.status, headers, body: plainBytes(this.serializer.flush()) };
  }
}

class RestXmlProtocol extends RestProtocol {
  protected readonly contentType = "application/xml";
  private readonly deserializer = new XmlShapeDeserializer({
    ...codecSettings(5),
    xmlNamespace: "",
    serviceNamespace: "",
  } as never);

  constructor() {
    super(5);
  }

  protected readBody(schema: NormalizedSchema, bytes: Uint8Array): unknown {
    return this.deserializer.read(schema as never, bytes as never);
  }

  protected writeBody(schema: NormalizedSchema, value: unknown, service?: ServiceInfo): string {
    return toXml(schema, value, service?.xmlNamespace);
  }

  protected idHeaders(id: string): Record<string, string> {
    return { "x-amz-request-id": id, "x-amz-id-2": "sandbox" };
  }

  encodeError(err: ErrorInfo, _service: ServiceInfo | undefined, id: string, req: WireRequest): WireResponse {
    const headers: Record<string, string> = {
      ...this.idHeaders(id),
      "content-type": this.contentType,
      ...err.headers,
    };
    if (req.method === "HEAD" || err.status === 304) return { status: err.status, headers };
    const value: Record<string, string> = { Code: err.code, Message: err.message };
    for (const [k, v] of Object.entries({ ...err.value, ...this.errorBody(err, headers) }))
      if (k.toLowerCase() !== "message" && typeof v !== "object") value[k] = String(v);
    value.RequestId = id;
    value.HostId = headers["x-amz-id-2"] ?? "";
    const names = Object.keys(value);
    const schema = [3, "local", "Error", 0, names, names.map(() => 0)];
    return { status: err.status, headers, body: toXml(schema, value) };
  }
}

export const restJsonProtocol: ServerProtocol = new RestJsonProtocol();
export const restXmlProtocol: ServerProtocol = new RestXmlProtocol();
