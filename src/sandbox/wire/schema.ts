import { NormalizedSchema } from "@smithy/core/schema";
import type { OperationSchema } from "./types.ts";

/** Traits of a schema member, flattened (`httpLabel`, `xmlName`, …). */
export interface Traits {
  [name: string]: unknown;
  httpLabel?: number;
  httpQuery?: string;
  httpQueryParams?: number;
  httpHeader?: string;
  httpPrefixHeaders?: string;
  httpPayload?: number;
  httpResponseCode?: number;
  xmlName?: string;
  xmlFlattened?: number;
  eventHeader?: number;
  eventPayload?: number;
  error?: "client" | "server";
  httpError?: number;
  awsQueryError?: [string, number];
}

/** Wraps whatever form the SDK holds a schema in. */
export const schemaOf = (schema: unknown): NormalizedSchema => NormalizedSchema.of(schema as never);

export const inputOf = (op: OperationSchema): NormalizedSchema => schemaOf(op[4]);
export const outputOf = (op: OperationSchema): NormalizedSchema => schemaOf(op[5]);

/** `http` trait of an operation: method, URI template, success status. */
export function httpTraitOf(op: OperationSchema): [method: string, uri: string, status: number] | undefined {
  const traits = schemaOf([3, op[1], op[2], op[3], [], []]).getOwnTraits() as Record<string, unknown>;
  return traits.http as [string, string, number] | undefined;
}

export type Member = readonly [name: string, schema: NormalizedSchema, traits: Traits];

const cache = new WeakMap<object, Member[]>();

/** Members of a structure with their traits; cached, because walking them is the slow part of the SDK's schemas. */
export function membersOf(schema: NormalizedSchema): Member[] {
  if (!schema.isStructSchema()) return [];
  const key = schema.getSchema() as object;
  let members = cache.get(key);
  if (!members) {
    members = [...schema.structIterator()].map(([name, member]) => [name, member, member.getMergedTraits() as Traits]);
    cache.set(key, members);
  }
  return members;
}

/** How many leading members of a structure are required (slot 6 of the SDK's structure tuple). */
export function requiredCount(schema: NormalizedSchema): number {
  const slot = (schema.getSchema() as unknown[])[6];
  return typeof slot === "number" ? slot : 0;
}

/** Name of a structure as AWS models it (the key of the constraint tables). */
export const shapeName = (schema: NormalizedSchema): string => String((schema.getSchema() as unknown[])[2]);

/**
 * Outputs of API Gateway carry `httpQuery` on members (`RestApis.position`); in a response only these four
 * bindings count, everything else is in the body.
 */
export const isResponseBody = (t: Traits): boolean =>
  !t.httpHeader && t.httpPrefixHeaders === undefined && !t.httpPayload && !t.httpResponseCode;

export const isRequestBody = (t: Traits): boolean =>
  isResponseBody(t) && !t.httpLabel && !t.httpQuery && !t.httpQueryParams;
