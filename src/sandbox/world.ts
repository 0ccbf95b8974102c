import { randomBytes, randomUUID } from "node:crypto";
import { CallLog } from "./callLog.ts";
import { Callbacks } from "./engine/callbacks.ts";
import type { Clock } from "./engine/clock.ts";
import type { Persistent } from "./engine/dataDir.ts";
import { Metrics } from "./engine/metricStore.ts";
import { createRandom } from "./engine/random.ts";
import { inputOf, outputOf } from "./wire/schema.ts";
import { type ServiceBuilder, schemaOfCommand } from "./wire/serviceBuilder.ts";
import type { IssuedCredential } from "./wire/sigv4.ts";
import {
  type CallContext,
  type CommandClass,
  type Handler,
  type OperationSchema,
  type Out,
  WireError,
  type WireRequest,
  type WireResponse,
} from "./wire/types.ts";
import { assertValid, type Constraints } from "./wire/validation.ts";

/** Who calls, and where. */
export interface Caller {
  region: string;
  /** The account's root user when absent. */
  principalArn?: string;
}

/** A key pair with its session token, as STS hands them out. */
export interface SessionCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  /** Epoch ms. */
  expiresAt: number;
}

/** What one AWS service contributes to the sandbox. */
export interface ServiceModule {
  services: readonly ServiceBuilder[];
  /** Unsigned paths of its own, e.g. deployed stages; `prefix` ends in a slash. */
  http?: { prefix: string; handle(req: WireRequest): Promise<WireResponse> };
  /** What survives a restart when the sandbox has a data directory. */
  persist?: Persistent;
  close?(): Promise<void>;
}

/** A line of output that ends in CloudWatch Logs. */
export type AppendLog = (region: string, group: string, stream: string, message: string) => void;

/** Everything the services of the sandbox share: the account, the clock, the keys, and one another's operations. */
export interface World {
  readonly accountId: string;
  readonly clock: Clock;
  readonly timeScale: number;
  /** Numbers in [0, 1) for everything that is simulated by chance; the same seed gives the same ones. */
  readonly random: () => number;
  /** `http://127.0.0.1:PORT`, for URLs that clients get. */
  baseUrl(): string;
  /** Calls an operation in-process, as AWS services call one another: same validation, same errors (thrown). */
  call<I extends object, O>(command: CommandClass<I, O>, input: I, caller: Caller): Promise<Out<O>>;
  /**
   * An operation by the name of its service (as the SDK calls it) and its own: for those who learn only at run time
   * which one they want. @throws WireError UnknownOperationException
   */
  callNamed(service: string, operation: string, input: object, caller: Caller): Promise<unknown>;
  /** Answers a request that a service sends on somebody's behalf, as if that somebody had signed it. */
  request(req: WireRequest, signingName: string, caller: Caller): Promise<WireResponse>;
  /**
   * Who signed a request that is not sent to a service's own operations, and for `signingName`.
   * @throws WireError as AWS words it
   */
  authenticate(req: WireRequest, signingName: string): { accessKeyId: string; principalArn: string };
  /** Keys for a role's session; `seconds` are real ones. */
  issueCredentials(principalArn: string, seconds?: number): SessionCredentials;
  log: AppendLog;
  /** What the services measure; CloudWatch answers from it, and need not be loaded for that. */
  readonly metrics: Metrics;
  /** Where what works outside answers. */
  readonly callbacks: Callbacks;
}

/** Path of the addresses at which custom resources and wait conditions are answered. */
export const CALLBACK_PREFIX = "/_aws/cloudformation/answer/";

/** Message and code of the two families that word a constraint violation differently. */
export function validationCode(service: ServiceBuilder["info"]): string {
  if (service.validationCode !== undefined) return service.validationCode;
  return service.protocols.includes("query") ? "ValidationError" : "ValidationException";
}

const SESSION_SECONDS = 3600;

interface Registered {
  service: ServiceBuilder;
  schema: OperationSchema;
  handler: Handler;
}

const notCovered = (what: string) =>
  new WireError("UnknownOperationException", `The sandbox does not implement ${what}.`, 404);

/** The world with the registry behind it; the server fills in modules and the base URL. */
export class SandboxWorld implements World {
  readonly timeScale: number;
  readonly random: () => number;
  private readonly bySchema = new Map<string, Registered>();
  private readonly credentials = new Map<string, IssuedCredential>();
  private touched = new Set<ServiceBuilder>();
  private url = "";
  log: AppendLog = () => {};
  request: World["request"] = async () => {
    throw notCovered("requests on behalf of others");
  };
  authenticate: World["authenticate"] = () => {
    throw notCovered("signed requests");
  };
  /** Loads what answers the operations of a Smithy namespace. */
  require: (namespace: string) => Promise<void> = async () => {};
  readonly metrics: Metrics;
  readonly callbacks = new Callbacks(CALLBACK_PREFIX);
  readonly calls = new CallLog();

  constructor(
    readonly accountId: string,
    readonly clock: Clock,
    private readonly constraints: Record<string, Constraints>,
    seed = 1,
  ) {
    this.timeScale = clock.timeScale;
    this.random = createRandom(seed);
    this.metrics = new Metrics(clock);
  }

  get rootArn(): string {
    return `arn:aws:iam::${this.accountId}:root`;
  }

  register(module: ServiceModule): void {
    for (const service of module.services)
      for (const { schema, handler } of service.operations.values())
        this.bySchema.set(`${schema[1]}#${schema[2]}`, { service, schema, handler });
  }

  baseUrl(): string {
    return this.url;
  }

  setBaseUrl(url: string): void {
    this.url = url;
  }

  constraintsOf(service: ServiceBuilder): Constraints | undefined {
    return this.constraints[service.info.constraints];
  }

  /** An operation of the service may have changed its state. */
  touch(service: ServiceBuilder): void {
    this.touched.add(service);
  }

  /** The services that were touched since the last call. */
  takeTouched(): ReadonlySet<ServiceBuilder> {
    const touched = this.touched;
    this.touched = new Set();
    return touched;
  }

  async call<I extends object, O>(command: CommandClass<I, O>, input: I, caller: Caller): Promise<Out<O>> {
    const wanted = schemaOfCommand(command);
    const id = `${wanted[1]}#${wanted[2]}`;
    if (!this.bySchema.has(id)) await this.require(wanted[1]);
    const found = this.bySchema.get(id);
    if (!found) throw notCovered(wanted[2]);
    return (await this.run(found, input, caller)) as Out<O>;
  }

  async callNamed(service: string, operation: string, input: object, caller: Caller): Promise<unknown> {
    await this.require(`com.amazonaws.${service}`);
    const found = this.bySchema.get(`com.amazonaws.${service}#${operation}`);
    if (!found) throw notCovered(`${service}:${operation}`);
    return this.run(found, input, caller);
  }

  private async run(found: Registered, input: object, caller: Caller): Promise<unknown> {
    const wanted = found.schema;
    assertValid(inputOf(wanted), input, this.constraintsOf(found.service), validationCode(found.service.info));
    const ctx: CallContext = {
      service: found.service.info,
      operation: wanted[2],
      requestId: randomUUID(),
      request: { method: "POST", rawPath: "/", rawQuery: "", query: new Map(), headers: {}, body: new Uint8Array() },
      accountId: this.accountId,
      region: caller.region,
      principalArn: caller.principalArn ?? this.rootArn,
    };
    if (caller.principalArn !== undefined)
      this.calls.note(wanted, found.service.info, caller.principalArn, caller.region, input);
    // A structured clone, so that callers cannot reach into another service's state.
    const result = await found.handler(structuredClone(input) as never, ctx);
    this.touch(found.service);
    return outputOf(wanted).isUnitSchema() ? {} : result;
  }

  addCredential(accessKeyId: string, credential: IssuedCredential): void {
    this.credentials.set(accessKeyId, credential);
  }

  /** The key is unknown from now on. */
  removeCredential(accessKeyId: string): void {
    this.credentials.delete(accessKeyId);
  }

  /** Keys of sessions that have not ended. */
  sessions(): [accessKeyId: string, credential: IssuedCredential][] {
    const now = this.clock.now();
    return [...this.credentials].filter(([, { expiresAt }]) => expiresAt !== undefined && expiresAt > now);
  }

  secretOf = (accessKeyId: string): IssuedCredential | undefined => this.credentials.get(accessKeyId);

  issueCredentials(principalArn: string, seconds = SESSION_SECONDS): SessionCredentials {
    const now = this.clock.now();
    for (const [id, c] of this.credentials)
      if (c.expiresAt !== undefined && c.expiresAt < now - SESSION_SECONDS * 1000) this.credentials.delete(id);
    const issued: SessionCredentials = {
      accessKeyId: `ASIA${randomId(16)}`,
      secretAccessKey: randomBytes(30).toString("base64"),
      sessionToken: randomBytes(96).toString("base64"),
      expiresAt: now + seconds * 1000,
    };
    this.addCredential(issued.accessKeyId, { ...issued, principalArn });
    return issued;
  }
}

/** Upper-case letters and digits, as in AWS's ids. */
export function randomId(length: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return [...randomBytes(length)].map((b) => alphabet[b % 32]).join("");
}
