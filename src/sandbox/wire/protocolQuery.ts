import { XmlShapeSerializer } from "@aws-sdk/core/protocols";
import { FromStringShapeDeserializer } from "@smithy/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";
import type { ErrorInfo } from "./errors.ts";
import type { ServerProtocol } from "./protocols.ts";
import { formOf } from "./router.ts";
import { inputOf, membersOf, outputOf } from "./schema.ts";
import { type OperationSchema, type ServiceInfo, WireError, type WireRequest, type WireResponse } from "./types.ts";

interface FormTree {
  [key: string]: FormTree | string;
}

const XML_SETTINGS = { timestampFormat: { useTrait: true, default: 5 }, httpBindings: true } as const;
const leaf = new FromStringShapeDeserializer({
  timestampFormat: { useTrait: true, default: 5 },
  httpBindings: false,
} as never);

/** Serializes a value by its schema; the SDK writes the XML that its own clients read. */
export function toXml(schema: unknown, value: unknown, xmlNamespace?: string): string {
  const serializer = new XmlShapeSerializer({ ...XML_SETTINGS, xmlNamespace, serviceNamespace: "" } as never);
  serializer.write(schema as never, value as never);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${serializer.flush()}`;
}

/** A document of one element that holds a text. */
export function textXml(name: string, text: string, xmlNamespace: string): string {
  const escaped = text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="${xmlNamespace}">${escaped}</${name}>`;
}

/** `A.member.1.B=x` → nested objects without prototype, so that a key like `__proto__` is only a key. */
function parseForm(form: Iterable<[string, string]>): FormTree {
  const root: FormTree = Object.create(null);
  for (const [key, value] of form) {
    const parts = key.split(".");
    const last = parts.pop() ?? key;
    let node = root;
    for (const part of parts) {
      const next = node[part];
      if (typeof next === "object") node = next;
      else {
        const child: FormTree = Object.create(null);
        node[part] = child;
        node = child;
      }
    }
    node[last] = value;
  }
  return root;
}

const numericKeys = (tree: FormTree) =>
  Object.keys(tree)
    .filter((k) => /^\d+$/.test(k))
    .sort((a, b) => Number(a) - Number(b));

function readForm(schema: NormalizedSchema, node: FormTree | string): unknown {
  if (schema.isStructSchema()) return readStructure(schema, node);
  if (schema.isListSchema()) {
    if (typeof node === "string") return []; // `Tags=` is how an empty list is sent
    const item = schema.getValueSchema();
    const box = schema.getMergedTraits().xmlFlattened ? node : node[String(item.getMergedTraits().xmlName ?? "member")];
    if (typeof box !== "object") return [];
    return numericKeys(box).map((k) => readForm(item, box[k] ?? ""));
  }
  if (schema.isMapSchema()) return readMap(schema, node);
  if (typeof node !== "string")
    throw new WireError("MalformedQueryString", "A scalar parameter was given as a structure.");
  return leaf.read(schema, node);
}

function readStructure(schema: NormalizedSchema, node: FormTree | string): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  if (typeof node === "string") return out;
  for (const [name, member, traits] of membersOf(schema)) {
    const child = node[traits.xmlName ?? name];
    if (child !== undefined) out[name] = readForm(member, child);
  }
  return out;
}

function readMap(schema: NormalizedSchema, node: FormTree | string): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  if (typeof node === "string") return out;
  const box = schema.getMergedTraits().xmlFlattened ? node : node.entry;
  if (typeof box !== "object") return out;
  const keyName = String(schema.getKeySchema().getMergedTraits().xmlName ?? "key");
  const valueName = String(schema.getValueSchema().getMergedTraits().xmlName ?? "value");
  for (const i of numericKeys(box)) {
    const entry = box[i];
    if (typeof entry !== "object") continue;
    const key = entry[keyName];
    if (typeof key === "string") out[key] = readForm(schema.getValueSchema(), entry[valueName] ?? "");
  }
  return out;
}

const RESPONSE_METADATA = [3, "local", "ResponseMetadata", 0, ["RequestId"], [0]];
const wrappers = new WeakMap<object, unknown>();

/** `<OpResponse><OpResult>…</OpResult><ResponseMetadata/></OpResponse>` as a schema of its own. */
function wrapperOf(op: OperationSchema, service: ServiceInfo): unknown {
  let wrapper = wrappers.get(op);
  if (!wrapper) {
    const unit = outputOf(op).isUnitSchema();
    const names = unit ? ["ResponseMetadata"] : [`${op[2]}Result`, "ResponseMetadata"];
    const schemas = unit ? [() => RESPONSE_METADATA] : [op[5], () => RESPONSE_METADATA];
    wrapper = [3, service.namespace, `${op[2]}Response`, 0, names, schemas];
    wrappers.set(op, wrapper);
  }
  return wrapper;
}

/** The AWS Query protocol: form in, XML out. */
export const queryProtocol: ServerProtocol = {
  decode(op, req: WireRequest) {
    const schema = inputOf(op);
    return schema.isUnitSchema() ? {} : readForm(schema, parseForm(formOf(req) ?? []));
  },
  encode(op, output, service, id): WireResponse {
    const value = { [`${op[2]}Result`]: output ?? {}, ResponseMetadata: { RequestId: id } };
    const body = toXml(wrapperOf(op, service), value, service.xmlNamespace);
    return { status: 200, headers: { "content-type": "text/xml", "x-amzn-requestid": id }, body };
  },
  encodeError(err: ErrorInfo, service, id): WireResponse {
    const names = ["Type", "Code", "Message"];
    const schemas: unknown[] = [0, 0, 0];
    const value: Record<string, unknown> = {
      Type: err.fault === "client" ? "Sender" : "Receiver",
      Code: err.code,
      Message: err.message,
    };
    for (const [name, member] of err.schema ? membersOf(err.schema) : [])
      if (name.toLowerCase() !== "message" && err.value[name] != null) {
        names.push(name);
        schemas.push(member);
        value[name] = err.value[name];
      }
    const error = [3, "local", "Error", 0, names, schemas];
    const response = [3, "local", "ErrorResponse", 0, ["Error", "RequestId"], [() => error, 0]];
    return {
      status: err.status,
      headers: { "content-type": "text/xml", "x-amzn-requestid": id },
      body: toXml(response, { Error: value, RequestId: id }, service?.xmlNamespace),
    };
  },
};
