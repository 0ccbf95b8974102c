import type { CommandClass, Out } from "../../wire/types.ts";
import type { ValueMap } from "../template/value.ts";

/** What a physical resource is known by once it exists. */
interface Made {
  /** Physical id; `Ref` yields it. */
  id: string;
  /** What `Fn::GetAtt` yields, by attribute name. */
  attributes: Record<string, string>;
}

/** What a handler may use while it works on one resource of one stack. */
export interface ResourceContext {
  readonly stackId: string;
  readonly stackName: string;
  readonly logicalId: string;
  /** As the template names it: `Custom::Whatever` too. */
  readonly resourceType: string;
  readonly region: string;
  readonly accountId: string;
  /** What `Fn::GetAtt` yields of the resource as it is; empty before it is made. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Calls a service with the rights of the stack. */
  call<I extends object, O>(command: CommandClass<I, O>, input: I): Promise<Out<O>>;
  /**
   * A name for a resource that the template does not name: stack, logical id and a random end.
   * @param maxLength characters
   */
  generatedName(maxLength: number): string;
  /** Says that the resource exists from now on, before it is ready; a rollback has to delete it. */
  exists(id: string): void;
  /** The resource is known by another physical id from now on. */
  renamed(id: string): void;
  /** Addresses at which what works outside of the sandbox answers. */
  readonly callbacks: {
    open(): string;
    /** Bodies that have been sent there, oldest first. */
    received(url: string): readonly string[];
    close(url: string): void;
  };
  /** Real ms that a simulated duration takes; 0 where the clock stands. */
  toReal(simulatedMs: number): number;
  /** The resource's own tags and those of the stack. */
  tags(properties: ValueMap): { Key: string; Value: string }[];
  /**
   * Asks until the answer is something other than undefined.
   * @throws the reason when the operation on the stack is cancelled meanwhile
   */
  poll<T>(ask: () => Promise<T | undefined>): Promise<T>;
}

/** How one resource type is created, changed and deleted through the services' own operations. */
export interface ResourceHandler {
  /** Attribute names that Fn::GetAtt knows. */
  readonly attributes: readonly string[];
  /** The attributes are not known beforehand: outputs of a stack, data of a custom resource. */
  readonly anyAttribute?: boolean;
  /** Properties whose change needs a new physical resource (AWS: "Update requires: Replacement"). */
  readonly replaceOn: readonly string[];
  create(properties: ValueMap, ctx: ResourceContext): Promise<Made>;
  /** Absent when every change needs a new resource. Returns attributes that have changed. */
  update?(
    id: string,
    properties: ValueMap,
    previous: ValueMap,
    ctx: ResourceContext,
  ): Promise<Record<string, string> | undefined>;
  /** Succeeds when the resource is gone already. */
  remove(id: string, properties: ValueMap, ctx: ResourceContext): Promise<void>;
}

/** Handlers by resource type. */
export type HandlerTable = Readonly<Record<string, ResourceHandler>>;

/** Runs a deletion; what is not there any more counts as deleted. */
export async function unlessMissing(work: Promise<unknown>, isMissing: (error: Error) => boolean): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isMissing(error as Error)) throw error;
  }
}

/** True for the names that services give to what does not exist. */
export function isNotFound(error: Error): boolean {
  return /^(NoSuch|NotFound|ResourceNotFound|ObjectNotFound)/.test(error.name);
}
