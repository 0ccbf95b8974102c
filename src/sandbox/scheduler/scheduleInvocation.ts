import { InvokeCommand } from "@aws-sdk/client-lambda";
import type { CreateScheduleInput } from "@aws-sdk/client-scheduler";
import type { World } from "../world.ts";

/** A universal target: any operation of a service. */
export const UNIVERSAL = /^arn:aws[\w-]*:scheduler:::aws-sdk:(\w+):(\w+)$/;
export const FUNCTION = /^arn:aws[\w-]*:lambda:([\w-]+):\d{12}:function:/;

/** Defaults of a retry policy (AWS: RetryPolicy). */
export const DEFAULT_RETRIES = { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 };
const RETRY_MS = 60_000;

/** The input of a universal target. @throws Error when it is no JSON object */
export function parseInput(text: string | undefined): object {
  const input: unknown = JSON.parse(text ?? "{}");
  if (typeof input !== "object" || input === null || Array.isArray(input)) throw new Error("no JSON object");
  return input;
}

/**
 * Invokes the target; a failure is tried again, a minute apart, as often and as long as the retry policy allows. Then
 * it is dropped: a dead-letter queue is a queue of SQS, of which the sandbox has none.
 */
export async function invokeTarget(
  world: World,
  { region, name, input }: { region: string; name: string; input: CreateScheduleInput },
): Promise<void> {
  const { Arn = "", RoleArn = "", Input, RetryPolicy } = input.Target ?? {};
  const policy = { ...DEFAULT_RETRIES, ...RetryPolicy };
  const principalArn = `arn:aws:sts::${world.accountId}:assumed-role/${RoleArn.split("/").at(-1)}/${name}`;
  const attempts = world.timeScale === 0 ? 0 : policy.MaximumRetryAttempts;
  const since = world.clock.now();
  for (let attempt = 0; attempt <= attempts; attempt++) {
    try {
      const [, service = "", action = ""] = UNIVERSAL.exec(Arn) ?? [];
      if (service) {
        const operation = action.charAt(0).toUpperCase() + action.slice(1);
        await world.callNamed(service, operation, parseInput(Input), { region, principalArn });
      } else {
        const Payload = Buffer.from(Input ?? "{}");
        const at = FUNCTION.exec(Arn)?.[1] ?? region;
        const invocation = { FunctionName: Arn, InvocationType: "Event" as const, Payload };
        await world.call(InvokeCommand, invocation, { region: at, principalArn });
      }
      return;
    } catch (error) {
      // What the target refuses for good is not asked again.
      if (/Validation|NotFound|Unknown|AccessDenied/.test((error as Error).name)) return;
      if (world.clock.toSimulated(world.clock.now() - since) + RETRY_MS > policy.MaximumEventAgeInSeconds * 1000)
        return;
      await world.clock.sleep(RETRY_MS);
    }
  }
}
