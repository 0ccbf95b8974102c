import { JsonCodec2 } from "@aws-sdk/core/protocols";
import { CborCodec } from "@smithy/core/cbor";
import type { NormalizedSchema } from "@smithy/core/schema";
import type { ErrorInfo } from "./errors.ts";
import { encodeEventStream } from "./eventStream.ts";
import type { ServerProtocol } from "./protocols.ts";
import { inputOf, membersOf, outputOf } from "./schema.ts";
import type { OperationSchema, ServiceInfo, WireRequest, WireResponse } from "./types.ts";

/** Schema number of Smithy's `document`: error members of the covered services are plain JSON. */
const DOCUMENT = 15;

interface Codec {
  createSerializer(): { write(schema: never, value: unknown): void; flush(): unknown };
  createDeserializer(): { read(schema: never, data: never): unknown };
}

/** JsonCodec2 flushes a Uint8Array subclass whose valueOf() warns; this hands on the plain bytes. */
export const plainBytes = (b: unknown): Uint8Array | string =>
  b instanceof Uint8Array ? new Uint8Array(b.buffer, b.byteOffset, b.byteLength) : String(b);

/** awsJson 1.0 / 1.1 and Smithy RPC v2 CBOR. */
class RpcProtocol implements ServerProtocol {
  private readonly serializer: ReturnType<Codec["createSerializer"]>;
  private readonly deserializer: ReturnType<Codec["createDeserializer"]>;

  constructor(
    codec: Codec,
    private readonly kind: "json" | "cbor",
  ) {
    this.serializer = codec.createSerializer();
    this.deserializer = codec.createDeserializer();
  }

  async decode(op: OperationSchema, req: WireRequest): Promise<unknown> {
    const schema = inputOf(op);
    if (schema.isUnitSchema() || req.body.byteLength === 0) return {};
    return (await this.deserializer.read(schema as never, req.body as never)) ?? {};
  }

  encode(op: OperationSchema, output: unknown, _service: ServiceInfo, id: string, req: WireRequest): WireResponse {
    const headers = this.headers(req, id);
    const schema = outputOf(op);
    if (schema.isUnitSchema()) {
      // JSON services answer a unit output with an empty body, CBOR ones also without a content type.
      if (this.kind === "cbor") delete headers["content-type"];
      return { status: 200, headers, body: "" };
    }
    const write = (s: NormalizedSchema, value: unknown) => {
      this.serializer.write(s as never, value ?? {});
      return plainBytes(this.serializer.flush());
    };
    const stream = membersOf(schema).find(([, m]) => m.isStreaming() && m.isStructSchema());
    if (!stream) return { status: 200, headers, body: write(schema, output) };
    // The members beside the stream come in a first event of their own (Smithy, "Event streams: initial-response").
    const [name, union] = stream;
    const { [name]: events, ...initial } = output as Record<string, unknown>;
    const type = headers["content-type"] ?? "";
    headers["content-type"] = "application/vnd.amazon.eventstream";
    const body = encodeEventStream(union, events as AsyncIterable<Record<string, unknown>>, write, type, initial);
    return { status: 200, headers, body };
  }

  encodeError(err: ErrorInfo, service: ServiceInfo | undefined, id: string, req: WireRequest): WireResponse {
    const headers = this.headers(req, id);
    const qualified = this.kind === "cbor" || headers["content-type"]?.endsWith("1.0");
    const type = qualified && service ? `${service.namespace}#${err.name}` : err.name;
    if (service?.queryCompatible)
      headers["x-amzn-query-error"] = `${err.code};${err.fault === "client" ? "Sender" : "Receiver"}`;
    this.serializer.write(DOCUMENT as never, { __type: type, ...err.value });
    return { status: err.status, headers, body: plainBytes(this.serializer.flush()) };
  }

  private headers(req: WireRequest, id: string): Record<string, string> {
    if (this.kind === "cbor")
      return { "x-amzn-requestid": id, "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor" };
    const version = req.headers["content-type"]?.includes("json-1.0") ? "1.0" : "1.1";
    return { "x-amzn-requestid": id, "content-type": `application/x-amz-json-${version}` };
  }
}

const json = new JsonCodec2({ timestampFormat: { useTrait: true, default: 7 }, jsonName: false, httpBindings: false });

export const jsonProtocol: ServerProtocol = new RpcProtocol(json as unknown as Codec, "json");
export const cborProtocol: ServerProtocol = new RpcProtocol(new CborCodec() as unknown as Codec, "cbor");
