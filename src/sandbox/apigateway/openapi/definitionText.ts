import { parseDocument } from "yaml";
import { badRequest } from "../apiStore.ts";

/** A JSON object of a definition. */
export type Json = Record<string, unknown>;

/** An OpenAPI definition as it was sent. */
export interface Definition {
  /** Swagger 2.0, or OpenAPI 3.0. */
  version: 2 | 3;
  root: Json;
}

const INVALID = "Invalid OpenAPI input.";
const MAX_REFERENCES = 50;

/**
 * Reads a definition, JSON or YAML, of Swagger 2.0 or OpenAPI 3.0 (AWS: "API Gateway important notes", OpenAPI).
 * @throws BadRequestException
 */
export function parseDefinition(body: Uint8Array): Definition {
  const text = Buffer.from(body).toString("utf8");
  const root = asObject(text.trimStart().startsWith("{") ? (readJson(text) ?? readYaml(text)) : readYaml(text));
  const version = String(root.swagger ?? root.openapi ?? "");
  if (root.swagger !== undefined && /^2(\.0)?$/.test(version)) return { version: 2, root };
  if (root.openapi !== undefined && /^3\.0(\.\d+)?$/.test(version)) return { version: 3, root };
  throw badRequest(
    version
      ? `${INVALID} The version '${version}' is not supported; API Gateway reads Swagger 2.0 and OpenAPI 3.0.`
      : `${INVALID} It has neither 'swagger: "2.0"' nor 'openapi: 3.0.x'.`,
  );
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a YAML flow mapping begins with a brace too
  }
}

function readYaml(text: string): unknown {
  const document = parseDocument(text, { version: "1.2", schema: "core", uniqueKeys: true });
  const [error] = document.errors;
  if (error) throw badRequest(`${INVALID} ${error.message.split("\n")[0]}`);
  try {
    // Aliases are counted: a few lines may stand for millions.
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw badRequest(`${INVALID} ${(cause as Error).message}`);
  }
}

/** The value when it is an object, else an empty one. */
export function asObject(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** The objects of a list; anything else counts as none. */
export function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A scalar as text; undefined for anything else. Templates write numbers as text and text as numbers. */
export function asText(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;
}

/** A flag, also as text. */
export function asFlag(value: unknown): boolean {
  return value === true || value === "true";
}

/** A number, also as text; undefined when it is none. */
export function asNumber(value: unknown): number | undefined {
  const text = asText(value);
  const number = text === undefined || text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/** The scalars of an object as texts. */
export function asTexts(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(asObject(value)).flatMap(([name, item]) => {
      const text = asText(item);
      return text === undefined ? [] : [[name, text]];
    }),
  );
}

/** What stands at a place of the definition, after its `$ref`s, which lead within it (`#/components/parameters/Id`). */
export function resolve({ root }: Definition, value: unknown): Json {
  let at = asObject(value);
  for (let count = 0; typeof at.$ref === "string"; count++) {
    if (count > MAX_REFERENCES || !at.$ref.startsWith("#/"))
      throw badRequest(`${INVALID} The reference '${at.$ref}' leads nowhere.`);
    const found = at.$ref
      .slice(2)
      .split("/")
      .map((part) => decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~"))
      .reduce<unknown>((place, key) => (Object.hasOwn(asObject(place), key) ? asObject(place)[key] : undefined), root);
    if (found === undefined) throw badRequest(`${INVALID} The reference '${at.$ref}' leads nowhere.`);
    at = asObject(found);
  }
  return at;
}
