import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { after, describe, it } from "node:test";
import { HttpResponse } from "@smithy/core/protocols";
import { createClock } from "../../src/sandbox/engine/clock.ts";
import { createRandom } from "../../src/sandbox/engine/random.ts";
import { Faults } from "../../src/sandbox/faults.ts";
import { Modules } from "../../src/sandbox/modules.ts";
import constraints from "../../src/sandbox/wire/constraints.json" with { type: "json" };
import { Dispatcher } from "../../src/sandbox/wire/dispatcher.ts";
import { inputOf, membersOf } from "../../src/sandbox/wire/schema.ts";
import type { ServiceBuilder } from "../../src/sandbox/wire/serviceBuilder.ts";
import type { WireResponse } from "../../src/sandbox/wire/types.ts";
import type { Constraints } from "../../src/sandbox/wire/validation.ts";
import { SandboxWorld } from "../../src/sandbox/world.ts";
import { PACKAGES } from "./clientPackages.ts";
import { InputGenerator } from "./generate.ts";

/** More rounds by FUZZ_ROUNDS, another stream of inputs by FUZZ_SEED. */
const ROUNDS = Number(process.env.FUZZ_ROUNDS ?? 8);
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_122);
const KEYS = { accessKeyId: "AKIAFUZZ", secretAccessKey: "fuzzSecret/+=abc" };
const FEWEST_OPERATIONS = 120;
/** Answers that go on for hours; they have a test of their own. */
const ENDLESS = new Set(["StartLiveTail"]);

/** What is used of a client and of a command, whichever service they are of. */
interface AnyClient {
  send(command: unknown): Promise<Record<string, unknown>>;
  destroy(): void;
}
interface HttpRequestLike {
  method: string;
  path: string;
  query?: Record<string, string | string[] | null>;
  headers: Record<string, string>;
  body?: unknown;
}

const world = new SandboxWorld("123456789012", createClock(0), constraints as unknown as Record<string, Constraints>);
world.setBaseUrl("http://127.0.0.1:9");
world.addCredential(KEYS.accessKeyId, { secretAccessKey: KEYS.secretAccessKey, principalArn: world.rootArn });
const dispatcher = new Dispatcher(world, "sigv4", new Faults());
const modules = await new Modules(world, (module) => dispatcher.register(module.services)).all();
after(() => Promise.all(modules.map((m) => m.close?.())));

async function bytesOf(body: unknown): Promise<Uint8Array> {
  if (body === undefined || body === null) return new Uint8Array();
  if (typeof body === "string") return Buffer.from(body);
  if (body instanceof Uint8Array) return body;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Client → dispatcher without a socket; `seen` gets what was answered. */
function directHandler(seen: (answer: WireResponse & { text: string }) => void) {
  return {
    metadata: { handlerProtocol: "h1" },
    async handle(r: HttpRequestLike) {
      const query = new Map<string, string[]>();
      for (const [k, v] of Object.entries(r.query ?? {})) query.set(k, v === null ? [""] : Array.isArray(v) ? v : [v]);
      const headers = Object.fromEntries(Object.entries(r.headers).map(([k, v]) => [k.toLowerCase(), v]));
      const body = await bytesOf(r.body);
      const answer = await dispatcher.handle({ method: r.method, rawPath: r.path, rawQuery: "", query, headers, body });
      const sent = Buffer.from(await bytesOf(answer.body));
      seen({ ...answer, text: sent.toString("utf8") });
      return {
        response: new HttpResponse({ statusCode: answer.status, headers: answer.headers, body: Readable.from([sent]) }),
      };
    },
  };
}

const hasStreams = (operation: { schema: Parameters<typeof inputOf>[0] }) =>
  membersOf(inputOf(operation.schema)).some(([, m]) => m.isStreaming() && m.isStructSchema());

/** Why an answer is not one that a client can live with; undefined when it is. */
function complaint(error: unknown, answer: (WireResponse & { text: string }) | undefined): string | undefined {
  if (!answer) return undefined; // the client refused to send it: nothing reached the sandbox
  if (answer.status >= 500 && /InternalFailure|failed inside/.test(answer.text))
    return `InternalFailure: ${answer.text}`;
  if (error === undefined) return answer.status < 400 ? undefined : `the client took ${answer.status} for a success`;
  const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  if (answer.status < 400 && answer.status !== 304)
    return `the client could not read a success: ${name}: ${message} ${answer.text.slice(0, 200)}`;
  if ($metadata?.httpStatusCode !== answer.status)
    return `the client read ${$metadata?.httpStatusCode} from ${answer.status}`;
  const unreadable = !name || name === "Error" || name === "SyntaxError" || name === "UnknownError";
  return unreadable && answer.text
    ? `the client could not read the error ${name}: ${message} ${answer.text.slice(0, 200)}`
    : undefined;
}

async function fuzz(service: ServiceBuilder): Promise<{ sent: number; accepted: number; failures: string[] }> {
  const name = service.info.constraints;
  const load = PACKAGES[name];
  assert.ok(load, `no client package is known for ${name}: add it to PACKAGES`);
  const exported = Object.entries(await load());
  const Client = exported.find(([k]) => /^[A-Z].*Client$/.test(k))?.[1] as new (config: object) => AnyClient;
  let answer: (WireResponse & { text: string }) | undefined;
  const client = new Client({
    region: "us-east-1",
    credentials: KEYS,
    endpoint: "http://127.0.0.1:9",
    maxAttempts: 1,
    forcePathStyle: true,
    disableHostPrefix: true,
    requestHandler: directHandler((a) => {
      answer = a;
    }),
  });
  const generator = new InputGenerator(
    createRandom(SEED),
    (constraints as unknown as Record<string, Constraints>)[name],
  );
  const result = { sent: 0, accepted: 0, failures: [] as string[] };
  // Round after round over all operations, so that what one round made is there for the next.
  for (let round = 0; round < ROUNDS; round++)
    for (const [operation, bound] of service.operations) {
      const Command = exported.find(([k]) => k === `${operation}Command`)?.[1] as new (input: object) => object;
      assert.ok(Command, `${name} has no ${operation}Command`);
      if (hasStreams(bound) || ENDLESS.has(operation)) continue;
      answer = undefined;
      const input = generator.input(inputOf(bound.schema));
      let error: unknown;
      try {
        const output = await client.send(new Command(input));
        result.accepted++;
        generator.learn(output);
        await drain(output);
      } catch (e) {
        error = e;
      }
      if (answer) result.sent++;
      const found = complaint(error, answer);
      // One example of an operation says enough.
      const isFirst = !result.failures.some((f) => f.startsWith(`${operation}: `));
      if (found && isFirst) result.failures.push(`${operation}: ${found.slice(0, 400)} ← ${show(input)}`);
    }
  client.destroy();
  return result;
}

/** Reads streamed bodies and event streams to their end. */
async function drain(output: Record<string, unknown>): Promise<void> {
  for (const value of Object.values(output))
    if (value && typeof value === "object" && Symbol.asyncIterator in value)
      for await (const _ of value as AsyncIterable<unknown>);
}

function show(input: unknown): string {
  return JSON.stringify(input, (_k, v: unknown) => (typeof v === "bigint" ? String(v) : v))?.slice(0, 300) ?? "";
}

describe(`every operation with random inputs (seed ${SEED}, ${ROUNDS} rounds)`, () => {
  const services = modules.flatMap((m) => m.services);

  it("there are operations", () => {
    const count = services.reduce((sum, s) => sum + s.operations.size, 0);
    assert.ok(count >= FEWEST_OPERATIONS, `only ${count} operations`);
  });

  for (const service of services)
    it(`${service.info.name} (${service.operations.size} operations) never fails inside, and its client reads every answer`, async (t) => {
      const { sent, accepted, failures } = await fuzz(service);
      t.diagnostic(`${sent} sent, ${accepted} accepted`);
      assert.ok(sent >= service.operations.size, `only ${sent} requests reached the sandbox`);
      assert.deepEqual(failures, []);
    });
});
