import type { ZodType } from "zod";
import { OpsError, type OpsErrorCode, toOpsError } from "../domain/errors.ts";

/** A question that a page asks its host: a name with the types of what is sent and what comes back. */
export interface RequestType<Params, Result> {
  readonly method: string;
  /** Only for the compiler. */
  readonly types?: (params: Params) => Result;
}
/** Something that the host tells its page, always as a complete picture. */
export interface NotificationType<Value> {
  readonly method: string;
  readonly types?: Value;
}

export function request<Params, Result>(method: string): RequestType<Params, Result> {
  return { method };
}
export function notification<Value>(method: string): NotificationType<Value> {
  return { method };
}

/** An error as it travels. */
export interface WireError {
  code: OpsErrorCode;
  message: string;
  hint?: string;
}
export function toWireError(error: unknown): WireError {
  const { code, message, hint } = toOpsError(error);
  return { code, message, hint };
}

type Question = { id: number; method: string; params: unknown };
type Answer = { id: number; ok: true; result: unknown } | { id: number; ok: false; error: WireError };
type Notice = { method: string; params: unknown };

/** One end of a channel: VS Code's webview API on either side, or a test's. */
export interface Port {
  post(message: unknown): void;
  listen(listener: (message: unknown) => void): void;
}

/** The page's end. */
export class PageTransport {
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: OpsError): void }>();
  private readonly listeners = new Map<string, (value: unknown) => void>();
  private lastId = 0;

  constructor(private readonly port: Port) {
    port.listen((message) => this.receive(message as Answer | Notice));
  }

  /** Rejects with an OpsError, as the host's services throw it. */
  call<Params, Result>({ method }: RequestType<Params, Result>, params: Params): Promise<Result> {
    const id = ++this.lastId;
    const question: Question = { id, method, params };
    return new Promise<Result>((resolve, reject) => {
      this.waiting.set(id, { resolve: (value) => resolve(value as Result), reject });
      this.port.post(question);
    });
  }

  on<Value>({ method }: NotificationType<Value>, listener: (value: Value) => void): void {
    this.listeners.set(method, (value) => listener(value as Value));
  }

  private receive(message: Answer | Notice): void {
    if ("method" in message) {
      this.listeners.get(message.method)?.(message.params);
      return;
    }
    const asked = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.ok) asked?.resolve(message.result);
    else asked?.reject(new OpsError(message.error.code, message.error.message, { hint: message.error.hint }));
  }
}

type RequestTable = Record<string, RequestType<never, unknown>>;
/** For every request of a page what its parameters must look like, and the answer. One that is missing does not compile. */
export type HostHandlers<Table extends RequestTable> = {
  [K in keyof Table]: Table[K] extends RequestType<infer Params, infer Result>
    ? { params: ZodType<Params>; handle(params: Params): Result | Promise<Result> }
    : never;
};

type AnyHandler = { params: ZodType; handle(params: unknown): unknown };

/** The host's end: answers a page's requests. Nothing that a page sends is believed before its schema has passed it. */
export function serveRequests<Table extends RequestTable>(
  port: Port,
  table: Table,
  handlers: HostHandlers<Table>,
): { notify<Value>(type: NotificationType<Value>, value: Value): void } {
  const byMethod = new Map<string, AnyHandler>();
  for (const key of Object.keys(table)) {
    const type = table[key];
    if (type) byMethod.set(type.method, handlers[key as keyof Table] as unknown as AnyHandler);
  }
  port.listen((message) => {
    if (isQuestion(message)) void answer(message, byMethod.get(message.method)).then((reply) => port.post(reply));
  });
  return {
    notify: ({ method }, value) => {
      const notice: Notice = { method, params: value };
      port.post(notice);
    },
  };
}

function isQuestion(message: unknown): message is Question {
  if (typeof message !== "object" || message === null) return false;
  const { id, method } = message as Partial<Question>;
  return Number.isSafeInteger(id) && typeof method === "string";
}

async function answer({ id, method, params }: Question, handler: AnyHandler | undefined): Promise<Answer> {
  try {
    if (!handler) throw new OpsError("badInput", `The page asked for ${method.slice(0, 100)}, which nobody answers.`);
    const parsed = handler.params.safeParse(params);
    if (!parsed.success) {
      const what = parsed.error.issues.map((i) => `${i.path.join(".") || "value"}: ${i.message}`).join("; ");
      throw new OpsError("badInput", `${method} was asked with something unusable: ${what}.`);
    }
    return { id, ok: true, result: await handler.handle(parsed.data) };
  } catch (error) {
    return { id, ok: false, error: toWireError(error) };
  }
}
