/** An error in the shape in which Lambda's Node.js runtime reports it. */
export interface LambdaError {
  errorType: string;
  errorMessage: string;
  trace?: string[];
  /** In place of `trace`, as Lambda's Python runtime reports it. */
  stackTrace?: string[];
  requestId?: string;
}

/** From the sandbox to a function's process. */
export interface InvokeMessage {
  type: "invoke";
  requestId: string;
  /** The event as JSON text. */
  event: string;
  functionArn: string;
  /** Epoch ms at which the process will be killed. */
  deadline: number;
  /** JSON text of the caller's client context. */
  clientContext?: string;
}

/** From a function's process to the sandbox. */
export type RuntimeMessage =
  | { type: "ready" }
  | { type: "initError"; error: LambdaError }
  | { type: "log"; text: string }
  | { type: "result"; requestId: string; payload: string; memoryMb: number }
  | { type: "failure"; requestId: string; error: LambdaError; memoryMb: number; dies?: boolean };
