/**
 * Runs in a function's own process: loads the handler and answers one invocation at a time, as Lambda's Node.js
 * runtime does. It knows nothing but Lambda's environment variables and the channel to its parent.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { format } from "node:util";
import type { InvokeMessage, LambdaError, RuntimeMessage } from "./runtimeMessages.ts";

type Callback = (error: unknown, result?: unknown) => void;
type UserHandler = (event: unknown, context: object, callback: Callback) => unknown;

const toParent = process.send?.bind(process);
const send = (message: RuntimeMessage) => toParent?.(message);
// User code must not speak on the channel; on AWS there is none.
process.send = undefined;
process.on("disconnect", () => process.exit(0));

let requestId = "";

/** `console` writes time, request id and level, as Lambda's runtime does in its text format. */
function patchConsole(): void {
  const levels = { log: "INFO", info: "INFO", warn: "WARN", error: "ERROR", debug: "DEBUG", trace: "TRACE" } as const;
  for (const [method, level] of Object.entries(levels))
    console[method as keyof typeof levels] = (...args: unknown[]) =>
      send({ type: "log", text: `${new Date().toISOString()}\t${requestId}\t${level}\t${format(...args)}` });
}

function describe(error: unknown): LambdaError {
  if (error instanceof Error)
    return {
      errorType: error.name,
      errorMessage: error.message,
      trace: (error.stack ?? `${error.name}: ${error.message}`).split("\n").map((line) => line.trim()),
    };
  return { errorType: typeof error, errorMessage: typeof error === "string" ? error : format(error), trace: [] };
}

function runtimeError(errorType: string, errorMessage: string): LambdaError {
  return { errorType, errorMessage, trace: [`${errorType}: ${errorMessage}`] };
}

async function loadHandler(root: string, handler: string): Promise<UserHandler | LambdaError> {
  const parts = /^(.*\/)?([^/.][^/]*?)\.(.+)$/.exec(handler);
  if (!parts) return runtimeError("Runtime.MalformedHandlerName", "Bad handler");
  const [, folder = "", name = "", path = ""] = parts;
  const file = [".js", ".mjs", ".cjs"].map((extension) => join(root, folder, name + extension)).find(existsSync);
  if (!file) return runtimeError("Runtime.ImportModuleError", `Error: Cannot find module '${name}'`);
  let loaded: Record<string, unknown>;
  try {
    loaded = await import(pathToFileURL(file).href);
  } catch (error) {
    const kind =
      error instanceof SyntaxError
        ? "Runtime.UserCodeSyntaxError"
        : isMissing(error)
          ? "Runtime.ImportModuleError"
          : undefined;
    return kind ? { ...describe(error), errorType: kind, errorMessage: String(error) } : describe(error);
  }
  const find = (from: unknown) =>
    path.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], from);
  const found = find(loaded) ?? find(loaded.default);
  if (found === undefined) return runtimeError("Runtime.HandlerNotFound", `${handler} is undefined or not exported`);
  if (typeof found !== "function") return runtimeError("Runtime.HandlerNotFound", `${handler} is not a function`);
  return found as UserHandler;
}

function isMissing(error: unknown): boolean {
  const code = (error as { code?: string }).code;
  return code === "MODULE_NOT_FOUND" || code === "ERR_MODULE_NOT_FOUND";
}

function contextOf(message: InvokeMessage, callback: Callback): object {
  const { env } = process;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    awsRequestId: message.requestId,
    invokedFunctionArn: message.functionArn,
    clientContext: message.clientContext === undefined ? undefined : JSON.parse(message.clientContext),
    getRemainingTimeInMillis: () => Math.max(0, message.deadline - Date.now()),
    done: callback,
    succeed: (result: unknown) => callback(null, result),
    fail: (error: unknown) => callback(error ?? new Error("handled")),
  };
}

/** Runs the handler; it may return a value, a promise, or call back. */
function run(handler: UserHandler, message: InvokeMessage): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const callback: Callback = (error, result) => (error != null ? reject(error) : resolve(result));
    const returned = handler(JSON.parse(message.event), contextOf(message, callback), callback);
    if (typeof (returned as Promise<unknown> | undefined)?.then === "function")
      (returned as Promise<unknown>).then(resolve, reject);
    else if (returned !== undefined || handler.length < 3) resolve(returned);
  });
}

async function answer(handler: UserHandler, message: InvokeMessage): Promise<void> {
  requestId = message.requestId;
  const memoryMb = () => Math.ceil(process.memoryUsage().rss / 1_048_576);
  try {
    const result = await run(handler, message);
    let payload: string;
    try {
      payload = JSON.stringify(result === undefined ? null : result);
    } catch (error) {
      throw Object.assign(new Error(`Unable to stringify response body: ${(error as Error).message}`), {
        name: "Runtime.MarshalError",
      });
    }
    send({ type: "result", requestId, payload, memoryMb: memoryMb() });
  } catch (error) {
    const described = describe(error);
    console.error("Invoke Error", JSON.stringify(described));
    send({ type: "failure", requestId, error: described, memoryMb: memoryMb() });
  }
}

/** What nobody caught ends the process after it has been told (AWS: Runtime.UnhandledPromiseRejection). */
function dieOf(kind: "Runtime.UnhandledPromiseRejection" | undefined, error: unknown): void {
  const described = describe(error);
  if (kind) Object.assign(described, { errorType: kind, errorMessage: String(error) });
  const message: RuntimeMessage = { type: "failure", requestId, error: described, memoryMb: 0, dies: true };
  console.error(kind ? "Unhandled Promise Rejection" : "Uncaught Exception", JSON.stringify(described));
  if (toParent) toParent(message, undefined, undefined, () => process.exit(128));
  else process.exit(128);
}

patchConsole();
process.on("uncaughtException", (error) => dieOf(undefined, error));
process.on("unhandledRejection", (error) => dieOf("Runtime.UnhandledPromiseRejection", error));

const handler = await loadHandler(process.env.LAMBDA_TASK_ROOT ?? process.cwd(), process.env._HANDLER ?? "");
if (typeof handler === "function") {
  process.on("message", (message: InvokeMessage) => void answer(handler, message));
  send({ type: "ready" });
} else send({ type: "initError", error: handler });
