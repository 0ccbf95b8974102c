import { randomUUID } from "node:crypto";
import {
  InvalidRequestContentException,
  InvokeCommand,
  type InvokeCommandInput,
  RequestTooLargeException,
  ResourceConflictException,
  type ThrottleReason,
  TooManyRequestsException,
} from "@aws-sdk/client-lambda";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import type { World } from "../world.ts";
import { tellDestination } from "./eventInvoke.ts";
import { type CallMetrics, FunctionMetrics } from "./functionMetrics.ts";
import type { Outcome } from "./functionProcess.ts";
import {
  badParameter,
  type FunctionAlias,
  type FunctionStore,
  type LambdaFunction,
  notFound,
} from "./functionStore.ts";
import { logGroupOf } from "./launch.ts";
import { findPython } from "./pythonRuntime.ts";

/** Request and response of a synchronous invocation (AWS: Lambda quotas, "Invocation payload"). */
const MAX_PAYLOAD_BYTES = 6_291_456;
const MAX_RESPONSE_BYTES = 6_291_556;
/** Bytes of the log that LogType Tail returns. */
const TAIL_BYTES = 4096;
/** Asynchronous invocations are tried again after one and two minutes (AWS: "Asynchronous invocation"). */
const RETRY_MS = [60_000, 120_000];

/** Invoke: runs the function's own code in a process. */
export function addInvokeOperation(service: ServiceBuilder, world: World, store: FunctionStore): void {
  const functionMetrics = new FunctionMetrics(world);
  service.on(InvokeCommand)(async (input, ctx) => {
    const { qualifier, ...resolved } = store.resolve(
      input.FunctionName,
      input.Qualifier,
      ctx.region,
      (arn, wanted = "$LATEST") => notFound(`Function not found: ${arn}:${wanted}`),
    );
    const fn = routed(resolved.fn, resolved.alias);
    const functionArn = qualifier === undefined ? fn.arn : `${fn.arn}:${qualifier}`;
    const call = { fn, functionArn, metrics: functionMetrics.of(fn, qualifier) };
    const event = eventText(input.Payload);
    if (world.clock.now() < fn.activeAt)
      throw new ResourceConflictException({
        message:
          "The operation cannot be performed at this time. The function is currently in the following state: Pending",
        Type: "User",
        $metadata: {},
      });
    if (input.InvocationType === "DryRun") {
      ctx.status = 204;
      return { StatusCode: 204 };
    }
    assertRuns(fn);
    const clientContext = input.ClientContext && Buffer.from(input.ClientContext, "base64").toString();
    if (input.InvocationType === "Event") {
      void runWithRetries(world, call, event, clientContext);
      ctx.status = 202;
      return { StatusCode: 202 };
    }
    const { outcome, log } = await runOnce(world, call, ctx.requestId, event, clientContext);
    return {
      StatusCode: 200,
      ExecutedVersion: fn.version,
      FunctionError: outcome.error ? "Unhandled" : undefined,
      Payload: Buffer.from(outcome.error ? JSON.stringify(outcome.error) : (outcome.payload ?? "null")),
      LogResult: input.LogType === "Tail" ? Buffer.from(log).subarray(-TAIL_BYTES).toString("base64") : undefined,
    };
  });
}

/** @throws InvalidParameterValueException for a runtime that this machine cannot run */
function assertRuns(fn: LambdaFunction): void {
  const { name } = fn;
  const runtime: string = fn.runtime ?? "";
  if (/^nodejs\d+\.x$/.test(runtime)) return;
  if (!runtime.startsWith("python"))
    throw badParameter(
      `The function ${name} has the runtime ${runtime}; this sandbox runs Node.js (nodejs20.x, nodejs22.x, …) and, where python3 is installed, Python (python3.12, …).`,
    );
  if (findPython() === undefined)
    throw badParameter(
      `The function ${name} has the runtime ${runtime}, and this machine has no python3 that the sandbox can run. Install Python 3 and start the sandbox again.`,
    );
}

/** A version to run, the ARN by which it was called, and what measures that. */
interface Call {
  fn: LambdaFunction;
  functionArn: string;
  metrics: CallMetrics;
}

const throttled = (Reason: ThrottleReason) =>
  new TooManyRequestsException({ message: "Rate Exceeded.", Reason, Type: "User", $metadata: {} });

/** The version that an alias sends this invocation to (AWS: "Implement Lambda canary deployments"). */
function routed(fn: LambdaFunction, alias: FunctionAlias | undefined): LambdaFunction {
  let at = Math.random();
  for (const [version, weight] of Object.entries(alias?.weights ?? {})) {
    at -= weight;
    if (at < 0) return fn.family.versions.get(version) ?? fn;
  }
  return fn;
}

async function runWithRetries(
  world: World,
  call: Call,
  event: string,
  clientContext: string | undefined,
): Promise<void> {
  const requestId = randomUUID();
  const config = call.fn.family.eventInvoke?.get(call.functionArn.split(":")[7] ?? "$LATEST");
  const delays = RETRY_MS.slice(0, config?.retries ?? RETRY_MS.length);
  for (const [attempt, delay] of [...delays, undefined].entries()) {
    const outcome = await runOnce(world, call, requestId, event, clientContext).then(
      (ended) => ended.outcome,
      (error: Error) => ({ error: { errorMessage: error.message, errorType: error.name } }),
    );
    if (outcome.error === undefined || delay === undefined) {
      const done = { functionArn: call.functionArn, requestId, event, attempts: attempt + 1 };
      // A destination that is gone has nobody to be told.
      await tellDestination(world, config, done, outcome).catch(() => {});
      return;
    }
    await world.clock.sleep(delay);
  }
}

async function runOnce(
  world: World,
  call: Call,
  requestId: string,
  event: string,
  clientContext: string | undefined,
): Promise<{ outcome: Outcome; log: string }> {
  const { fn, functionArn, metrics } = call;
  const { family } = fn;
  const lines: string[] = [];
  const invokedAt = world.clock.now();
  if (family.reservedConcurrency !== undefined && family.running >= family.reservedConcurrency) {
    metrics.throttled(invokedAt);
    throw throttled("ReservedFunctionConcurrentInvocationLimitExceeded");
  }
  family.running++;
  metrics.begin(invokedAt);
  const work = fn.pool.run(async (process) => {
    const write = (line: string) => {
      lines.push(line);
      world.log(fn.region, logGroupOf(fn), process.logStream, line);
    };
    const coldStart = process.initMs === undefined;
    write(`START RequestId: ${requestId} Version: ${fn.version}`);
    const from = performance.now();
    let result = await process.invoke(
      { type: "invoke", requestId, event, functionArn, clientContext },
      fn.timeoutSeconds * 1000,
      write,
    );
    const durationMs = Math.max(0, performance.now() - from - (coldStart ? (process.initMs ?? 0) : 0));
    if (result.payload !== undefined && Buffer.byteLength(result.payload) > MAX_RESPONSE_BYTES)
      result = { ...result, payload: undefined, error: TOO_LARGE };
    if (result.exited && result.error) write(`${requestId} ${result.error.errorMessage}`);
    write(`END RequestId: ${requestId}`);
    write(report(fn, requestId, durationMs, result.memoryMb, coldStart ? process.initMs : undefined));
    metrics.completed(invokedAt, durationMs, result.error !== undefined);
    return result;
  });
  const outcome = await work.finally(() => {
    family.running--;
    metrics.end();
  });
  if (!outcome) {
    metrics.throttled(invokedAt);
    throw throttled("ConcurrentInvocationLimitExceeded");
  }
  return { outcome, log: `${lines.join("\n")}\n` };
}

function report(
  fn: LambdaFunction,
  requestId: string,
  durationMs: number,
  memoryMb: number,
  initMs: number | undefined,
): string {
  const fields = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${durationMs.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(durationMs)} ms`,
    `Memory Size: ${fn.memoryMb} MB`,
    `Max Memory Used: ${memoryMb} MB`,
  ];
  if (initMs !== undefined) fields.push(`Init Duration: ${initMs.toFixed(2)} ms`);
  return `${fields.join("\t")}\t`;
}

const TOO_LARGE = {
  errorType: "Function.ResponseSizeTooLarge",
  errorMessage: `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`,
};

/** The event; an absent one is an empty object. */
function eventText(blob: InvokeCommandInput["Payload"]): string {
  // The wire layer has read it as bytes; services of the sandbox may hand over text.
  const payload = typeof blob === "string" ? Buffer.from(blob) : (blob as Uint8Array | undefined);
  if (!payload || payload.byteLength === 0) return "{}";
  if (payload.byteLength > MAX_PAYLOAD_BYTES)
    throw new RequestTooLargeException({
      message: `Request must be smaller than ${MAX_PAYLOAD_BYTES} bytes for the InvokeFunction operation`,
      Type: "User",
      $metadata: {},
    });
  const text = Buffer.from(payload).toString("utf8");
  try {
    JSON.parse(text);
  } catch (error) {
    throw new InvalidRequestContentException({
      message: `Could not parse request body into json: ${(error as Error).message}`,
      Type: "User",
      $metadata: {},
    });
  }
  return text;
}
