import { GetPolicyCommand, InvokeCommand } from "@aws-sdk/client-lambda";
import type { World } from "../world.ts";

/** The function that a Lambda URI of an integration or an authorizer names. */
export function functionArnOf(uri: string | undefined): string | undefined {
  return /functions\/(arn:[^/]+)\/invocations$/.exec(uri ?? "")?.[1];
}

/** The URI with the values of the stage's variables in it. */
export function withStageVariables(uri: string, variables: Readonly<Record<string, string>>): string {
  return uri.replace(/\$\{stageVariables\.(\w+)\}/g, (_, name: string) => variables[name] ?? "");
}

/** Runs a function; undefined when it takes longer than `timeoutMs` (real ms). @throws the error of Lambda */
export async function runFunction(world: World, arn: string, event: unknown, timeoutMs: number, async = false) {
  const work = world.call(
    InvokeCommand,
    {
      FunctionName: arn,
      Payload: Buffer.from(JSON.stringify(event)),
      InvocationType: async ? "Event" : "RequestResponse",
    },
    { region: arn.split(":")[3]! },
  );
  return within(work, timeoutMs);
}

/** The result, or undefined after `ms` real milliseconds. */
export async function within<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {}); // a late failure has nobody to answer
  }
}

/** Whether the function's resource policy lets API Gateway invoke it from `sourceArn`. */
export async function mayInvoke(world: World, functionArn: string, sourceArn: string): Promise<boolean> {
  const region = functionArn.split(":")[3]!;
  let statements: { Principal?: { Service?: string } | string; Condition?: Record<string, Record<string, string>> }[];
  try {
    const { Policy } = await world.call(GetPolicyCommand, { FunctionName: functionArn }, { region });
    statements = JSON.parse(Policy ?? "{}").Statement ?? [];
  } catch {
    return false;
  }
  return statements.some(({ Principal, Condition }) => {
    if (Principal !== "*" && (typeof Principal !== "object" || Principal.Service !== "apigateway.amazonaws.com"))
      return false;
    const arn = Condition?.ArnLike?.["AWS:SourceArn"];
    const account = Condition?.StringEquals?.["AWS:SourceAccount"];
    return (arn === undefined || arnLike(arn, sourceArn)) && (account === undefined || account === world.accountId);
  });
}

/** Whether an ARN fits a pattern with `*` and `?`. */
export function arnLike(pattern: string, arn: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${expression}$`).test(arn);
}
