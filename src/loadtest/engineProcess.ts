import { createAutocannonGenerator } from "./autocannonGenerator.ts";
import { createCollector } from "./collector.ts";
import type { EngineJob, FromEngine, ToEngine } from "./engineMessages.ts";
import { LoadInputError } from "./loadInputError.ts";
import { createPacer } from "./pacer.ts";
import { type RampLoop, startRampLoop } from "./rampLoop.ts";
import { createRequestEncoder, type RequestEncoder } from "./requestEncoder.ts";

/**
 * Entry of the engine's process: it runs one job and ends. autocannon throws out of its own timers, so it never runs
 * where the user's editor does. Credentials come by IPC and are neither logged nor written.
 */
let encoder: RequestEncoder | undefined;
let loop: RampLoop | undefined;
let stopAsked = false;

function send(message: FromEngine, then?: () => void): void {
  if (process.connected) process.send?.(message, undefined, undefined, then);
}

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  send({ type: "failed", message, hint: error instanceof LoadInputError ? error.hint : undefined }, () =>
    process.exit(1),
  );
}

async function run(job: EngineJob): Promise<void> {
  const requests = createRequestEncoder(job.request, job.payloads, job.signing, job.seed);
  encoder = requests;
  const collector = createCollector(job.stageCount);
  const generator = createAutocannonGenerator({
    url: job.request.url,
    maxConnections: job.maxConnections,
    timeoutMs: job.timeoutMs,
    ca: job.ca,
    nextRequest: () => requests.next(Date.now()),
    events: collector,
  });
  await generator.start();
  loop = startRampLoop({
    pacer: createPacer(job.pieces),
    generator,
    collector,
    drainMs: job.drainMs,
    onSecond: (points, measured) => send({ type: "second", points, measured }),
  });
  if (stopAsked) loop.stop();
  const { measured, stopped } = await loop.done;
  generator.close();
  send({ type: "finished", measured, stopped }, () => process.exit(0));
}

process.on("message", (message: ToEngine) => {
  if (message.type === "start") run(message.job).catch(fail);
  else if (message.type === "credentials") encoder?.setCredentials(message.credentials);
  else {
    stopAsked = true;
    loop?.stop();
  }
});
process.on("uncaughtException", fail);
// Without its parent nobody could stop the load.
process.on("disconnect", () => process.exit(0));
// Ctrl-C reaches the whole group of the terminal; the parent decides and lets the run end in order.
process.on("SIGINT", () => {});
