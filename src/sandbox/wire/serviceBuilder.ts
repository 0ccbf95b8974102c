import type { IssuedCredential } from "./sigv4.ts";
import type {
  CallContext,
  CommandClass,
  Handler,
  OperationSchema,
  Out,
  ServiceInfo,
  WireRequest,
  WireResponse,
} from "./types.ts";

/** An operation's schema beside the function that answers it. */
export interface BoundOperation {
  readonly schema: OperationSchema;
  readonly handler: Handler;
}

/** Collects the operations of one service. The schema and both types of a handler come from the SDK's Command class. */
export class ServiceBuilder {
  readonly operations = new Map<string, BoundOperation>();
  /** The region in which a request without a signature is answered; undefined for one that needs it. */
  unsignedRegion?: (req: WireRequest) => string | undefined;
  /** Answers a browser's form, which carries its signature in its fields; undefined for anything else. */
  form?: (
    req: WireRequest,
    secretOf: ((accessKeyId: string) => IssuedCredential | undefined) | undefined,
  ) => Promise<WireResponse> | undefined;

  /** Headers that answer a browser's unsigned preflight. @throws WireError where it is refused */
  preflight?: (req: WireRequest) => Record<string, string>;
  /** Headers of answers to pages of other origins. */
  sharing?: (req: WireRequest) => Record<string, string> | undefined;

  constructor(readonly info: ServiceInfo) {}

  /** Curried: in one call TypeScript would widen the enum literals of the handler's result to `string`. */
  on<I, O>(command: CommandClass<I, O>) {
    const schema = schemaOfCommand(command);
    return (handler: (input: I, ctx: CallContext) => Out<O> | Promise<Out<O>>): this => {
      this.operations.set(schema[2], { schema, handler });
      return this;
    };
  }
}

/** The operation schema that a Command class carries. */
export function schemaOfCommand<I, O>(command: CommandClass<I, O>): OperationSchema {
  const instance = new command({} as I) as unknown as { schema?: OperationSchema };
  if (!instance.schema) throw new Error(`${command.name} carries no operation schema; the SDK's form has changed`);
  return instance.schema;
}
