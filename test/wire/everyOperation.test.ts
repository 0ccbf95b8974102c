import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { after, describe, it } from "node:test";
import { HttpResponse } from "@smithy/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";
import { createClock } from "../../src/sandbox/engine/clock.ts";
import { createRandom } from "../../src/sandbox/engine/random.ts";
import { Faults } from "../../src/sandbox/faults.ts";
import { Modules } from "../../src/sandbox/modules.ts";
import constraints from "../../src/sandbox/wire/constraints.json" with { type: "json" };
import { Dispatcher } from "../../src/sandbox/wire/dispatcher.ts";
import { inputOf, isRequestBody, membersOf, requiredCount } from "../../src/sandbox/wire/schema.ts";
import type { BoundOperation, ServiceBuilder } from "../../src/sandbox/wire/serviceBuilder.ts";
import type { WireResponse } from "../../src/sandbox/wire/types.ts";
import type { Constraints } from "../../src/sandbox/wire/validation.ts";
import { SandboxWorld } from "../../src/sandbox/world.ts";
import { PACKAGES } from "./clientPackages.ts";
import { InputGenerator } from "./generate.ts";

const TABLES = constraints as unknown as Record<string, Constraints>;
const FEWEST_OPERATIONS = 380;
/** What a refused input is called, by service; S3 says where it stood instead. */
const CODES: Record<string, RegExp> = {
  s3: /^(MalformedXML|InvalidArgument|MissingRequestBodyError|InvalidRequest|MalformedPolicy)$/,
  logs: /^InvalidParameterException$/,
};
const CODE = /^(ValidationException|ValidationError)$/;

interface AnyClient {
  send(command: unknown): Promise<Record<string, unknown>>;
  destroy(): void;
}
interface Sent {
  method: string;
  path: string;
  query?: Record<string, string | string[] | null>;
  headers: Record<string, string>;
  body?: unknown;
}
/** What a call came to: the error's name and text, or nothing. */
type Outcome = { name: string; message: string; status: number | undefined } | undefined;
/** Changes a body on its way; undefined leaves it. */
type Change = (body: string, sent: Sent) => string | undefined;

/** A sandbox without sockets that takes any signature, so that requests may be altered after they were signed. */
async function createBench() {
  const world = new SandboxWorld("123456789012", createClock(0), TABLES);
  world.setBaseUrl("http://127.0.0.1:9");
  const dispatcher = new Dispatcher(world, "none", new Faults());
  const modules = await new Modules(world, (module) => dispatcher.register(module.services)).all();
  return { modules, dispatcher, close: () => Promise.all(modules.map((m) => m.close?.())) };
}
type Bench = Awaited<ReturnType<typeof createBench>>;

async function textOf(body: unknown): Promise<Buffer> {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (typeof body === "string" || body instanceof Uint8Array) return Buffer.from(body as string);
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

async function caller({ dispatcher }: Bench, service: ServiceBuilder) {
  const exported = Object.entries((await PACKAGES[service.info.constraints]?.()) ?? {});
  const Client = exported.find(([k]) => /^[A-Z].*Client$/.test(k))?.[1] as new (config: object) => AnyClient;
  let change: Change | undefined;
  let answer: WireResponse | undefined;
  const requestHandler = {
    metadata: { handlerProtocol: "h1" },
    async handle(r: Sent) {
      const query = new Map<string, string[]>();
      for (const [k, v] of Object.entries(r.query ?? {})) query.set(k, v === null ? [""] : Array.isArray(v) ? v : [v]);
      const headers = Object.fromEntries(Object.entries(r.headers).map(([k, v]) => [k.toLowerCase(), v]));
      const sent = await textOf(r.body);
      const changed = change?.(sent.toString("utf8"), r);
      const body = changed === undefined ? sent : Buffer.from(changed);
      answer = await dispatcher.handle({ method: r.method, rawPath: r.path, rawQuery: "", query, headers, body });
      const bytes = await textOf(answer.body);
      const response = { statusCode: answer.status, headers: answer.headers, body: Readable.from([bytes]) };
      return { response: new HttpResponse(response) };
    },
  };
  const client = new Client({
    region: "us-east-1",
    credentials: { accessKeyId: "A", secretAccessKey: "B" },
    endpoint: "http://127.0.0.1:9",
    maxAttempts: 1,
    forcePathStyle: true,
    disableHostPrefix: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
    requestHandler,
  });
  return {
    close: () => client.destroy(),
    async call(operation: string, input: object, changeBody?: Change): Promise<Outcome> {
      const Command = exported.find(([k]) => k === `${operation}Command`)?.[1] as new (input: object) => object;
      change = changeBody;
      answer = undefined;
      try {
        await client.send(new Command(input));
        return undefined;
      } catch (e) {
        const { name, message } = e as Error;
        assert.ok(answer, `${operation}: nothing was sent: ${name}: ${message}`);
        return { name, message, status: (answer as WireResponse).status };
      }
    },
  };
}

const isStream = (schema: NormalizedSchema) => schema.isStreaming() && schema.isStructSchema();
const hasStream = ({ schema }: BoundOperation) => membersOf(inputOf(schema)).some(([, m]) => isStream(m));

/** Required members that a client can leave out: those in the path make its URL. */
function omissible(operation: BoundOperation, isXml: boolean): string[] {
  const schema = inputOf(operation.schema);
  return (
    membersOf(schema)
      .slice(0, requiredCount(schema))
      .filter(([, m, t]) => !t.httpLabel && !m.isIdempotencyToken() && !(t.httpPayload && m.isBlobSchema()))
      // S3's parameters and headers say which operation it is.
      .filter(([, , t]) => !isXml || isRequestBody(t))
      .map(([name]) => name)
  );
}

/** An input with nothing but what is required. */
function minimal(service: ServiceBuilder, operation: BoundOperation): Record<string, unknown> {
  const schema = inputOf(operation.schema);
  const required = new Set(
    membersOf(schema)
      .slice(0, requiredCount(schema))
      .map(([name]) => name),
  );
  const made = new InputGenerator(createRandom(7), TABLES[service.info.constraints]).input(schema);
  return Object.fromEntries(Object.entries(made).filter(([name]) => required.has(name)));
}

const bench = await createBench();
const twin = await createBench();
after(() => Promise.all([bench.close(), twin.close()]));
const services = bench.modules.flatMap((m) => m.services);

describe("every operation, by its schema", () => {
  it("there are operations", () => {
    const count = services.reduce((sum, s) => sum + s.operations.size, 0);
    assert.ok(count >= FEWEST_OPERATIONS, `only ${count} operations`);
  });

  for (const service of services) {
    const name = service.info.constraints;
    it(`validation: ${name} refuses what lacks a required member, in AWS's words`, async (t) => {
      const { call, close } = await caller(bench, service);
      let checked = 0;
      const failures: string[] = [];
      for (const [operation, bound] of service.operations) {
        if (hasStream(bound)) continue;
        const input = minimal(service, bound);
        for (const member of omissible(bound, name === "s3")) {
          const { [member]: _, ...rest } = input;
          const outcome = await call(operation, rest);
          checked++;
          const code = CODES[name] ?? CODE;
          const at = member.charAt(0).toLowerCase() + member.slice(1);
          const text = `Value null at '${at}' failed to satisfy constraint: Member must not be null`;
          const isRefused = outcome?.status === 400 && code.test(outcome.name);
          if (isRefused && (name === "s3" || outcome.message.includes(text))) continue;
          failures.push(
            `${operation} without ${member}: ${outcome ? `${outcome.status} ${outcome.name}: ${outcome.message}` : "accepted"}`,
          );
        }
      }
      close();
      t.diagnostic(`${checked} members left out`);
      assert.deepEqual(failures, []);
    });

    if (service.info.protocols.some((p) => p === "json" || p === "restJson"))
      it(`serialization: ${name} refuses a value of the wrong JSON type`, async (t) => {
        const { call, close } = await caller(bench, service);
        let checked = 0;
        const failures: string[] = [];
        for (const [operation, bound] of service.operations) {
          const member = membersOf(inputOf(bound.schema)).find(
            ([, m, traits]) =>
              isRequestBody(traits) && !traits.httpPayload && (m.isStringSchema() || m.isNumericSchema()),
          );
          if (!member || hasStream(bound)) continue;
          let isJson = false;
          const outcome = await call(operation, minimal(service, bound), (body, sent) => {
            isJson = !String(sent.headers["content-type"] ?? sent.headers["Content-Type"]).includes("cbor");
            if (!isJson) return undefined;
            const key = String(member[1].getMergedTraits().jsonName ?? member[0]);
            return JSON.stringify({ ...JSON.parse(body || "{}"), [key]: [{ not: "a scalar" }] });
          });
          if (!isJson) continue;
          checked++;
          if (outcome?.status === 400 && outcome.name === "SerializationException") continue;
          failures.push(
            `${operation}.${member[0]}: ${outcome ? `${outcome.status} ${outcome.name}: ${outcome.message}` : "accepted"}`,
          );
        }
        close();
        t.diagnostic(`${checked} members`);
        assert.deepEqual(failures, []);
      });

    it(`serialization: ${name} does not mind members that it does not know`, async () => {
      const plain = await caller(bench, service);
      const other = await caller(twin, service);
      const failures: string[] = [];
      for (const [operation, bound] of service.operations) {
        if (hasStream(bound) || operation === "StartLiveTail") continue;
        const input = minimal(service, bound);
        const expected = await plain.call(operation, input);
        const outcome = await other.call(operation, input, addUnknown);
        if (outcome?.name === expected?.name && outcome?.status === expected?.status) continue;
        failures.push(
          `${operation}: ${expected?.name ?? "accepted"}, with an unknown member ${outcome?.name ?? "accepted"}: ${outcome?.message}`,
        );
      }
      plain.close();
      other.close();
      assert.deepEqual(failures, []);
    });
  }
});

/** Adds to a JSON or form body what no model has. */
function addUnknown(body: string, sent: Sent): string | undefined {
  const type = String(sent.headers["content-type"] ?? sent.headers["Content-Type"] ?? "");
  if (type.includes("form-urlencoded")) return `${body}&NoSuchMember.member.1.A=x&AnotherOne=1`;
  if (!type.includes("json") || !body.startsWith("{")) return undefined;
  return JSON.stringify({ ...JSON.parse(body), NoSuchMember: { a: [1, null, "x"] }, AnotherOne: 1 });
}
