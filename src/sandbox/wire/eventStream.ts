import { EventStreamCodec } from "@smithy/core/event-streams";
import type { NormalizedSchema } from "@smithy/core/schema";
import { fromUtf8, toUtf8 } from "@smithy/core/serde";
import { membersOf, schemaOf, type Traits } from "./schema.ts";

/** Schema number of Smithy's `document`. */
const DOCUMENT = 15;

type WriteBody = (schema: NormalizedSchema, value: unknown) => Uint8Array | string;
type Headers = Record<string, { type: "string"; value: string } | { type: string; value: unknown }>;

const text = (value: string) => ({ type: "string" as const, value });

/**
 * Encodes events as `application/vnd.amazon.eventstream`. The SDK's own EventStreamSerde always writes
 * `:message-type: event`; a service sends a modelled error as an exception, or the client would not throw.
 * @param initial what an RPC protocol tells before the events; the REST protocols have it in headers
 */
export async function* encodeEventStream(
  union: NormalizedSchema,
  events: AsyncIterable<Record<string, unknown>>,
  write: WriteBody,
  contentType: string,
  initial?: Record<string, unknown>,
): AsyncIterable<Uint8Array> {
  const codec = new EventStreamCodec(toUtf8, fromUtf8);
  if (initial) {
    const headers = { ":message-type": text("event"), ":event-type": text("initial-response") };
    const body = write(schemaOf(DOCUMENT), initial);
    const bytes = typeof body === "string" ? fromUtf8(body) : body;
    yield codec.encode({ headers: { ...headers, ":content-type": text(contentType) }, body: bytes } as never);
  }
  const frame = (name: string, value: Record<string, unknown>) =>
    codec.encode(eventFrame(union, name, value, write, contentType) as never);
  try {
    for await (const event of events) {
      const [name, value] = Object.entries(event)[0] ?? [];
      if (name) yield frame(name, value as Record<string, unknown>);
    }
  } catch (e) {
    const modelled = [...union.structIterator()].map(([name]) => name).find((name) => name === (e as Error).name);
    if (!modelled) throw e;
    const { message } = e as Error;
    yield frame(modelled, { ...(e as object), Message: message, message });
  }
}

function eventFrame(
  union: NormalizedSchema,
  name: string,
  value: Record<string, unknown>,
  write: WriteBody,
  contentType: string,
): { headers: Headers; body: Uint8Array } {
  const member = union.getMemberSchema(name);
  const isError = (member.getMergedTraits() as Traits).error !== undefined;
  const headers: Headers = isError
    ? { ":message-type": text("exception"), ":exception-type": text(name) }
    : { ":message-type": text("event"), ":event-type": text(name) };
  let payload: readonly [Uint8Array | string, string] | undefined;
  for (const [key, field, traits] of membersOf(member)) {
    if (traits.eventHeader && value[key] != null) headers[key] = headerValue(field, value[key]);
    if (traits.eventPayload) payload = payloadValue(field, value[key], write, contentType);
  }
  const [body, type] = payload ?? [write(member, value), contentType];
  headers[":content-type"] = text(type);
  return { headers, body: typeof body === "string" ? fromUtf8(body) : body };
}

function headerValue(field: NormalizedSchema, value: unknown): Headers[string] {
  if (field.isStringSchema()) return text(String(value));
  if (field.isBooleanSchema()) return { type: "boolean", value };
  if (field.isTimestampSchema()) return { type: "timestamp", value };
  return { type: field.isBlobSchema() ? "binary" : "integer", value };
}

function payloadValue(
  field: NormalizedSchema,
  value: unknown,
  write: WriteBody,
  contentType: string,
): readonly [Uint8Array | string, string] {
  if (field.isBlobSchema()) return [value as Uint8Array, "application/octet-stream"];
  if (field.isStringSchema()) return [value as string, "text/plain"];
  return [write(field, value ?? {}), contentType];
}
