import { createAutocannonGenerator } from "./autocannonGenerator.ts";
import { serveCalibration } from "./calibrationServer.ts";
import { createCollector } from "./collector.ts";
import type { EngineJob, FromEngine, ToEngine } from "./engineMessages.ts";
import { LoadInputError } from "./loadInputError.ts";
import { createPacer, sharePacer } from "./pacer.ts";
import { type RampLoop, startRampLoop } from "./rampLoop.ts";
import { createRequestEncoder, type RequestEncoder } from "./requestEncoder.ts";

/**
 * Entry of the engine's process: it runs one job, or its share of one, and ends. autocannon throws out of its own
 * timers, so it never runs where the user's editor does. Credentials come by IPC and are neither logged nor written.
 */
let encoder: RequestEncoder | undefined;
let loop: RampLoop | undefined;
let go: ((atMs: number) => void) | undefined;
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
  const requests = createRequestEncoder(job.request, job.payloads, job.signing, job.seed, job.share);
  encoder = requests;
  const isOneOfSeveral = job.share.count > 1;
  const collector = createCollector(job.stageCount, isOneOfSeveral);
  const generator = createAutocannonGenerator({
    url: job.request.url,
    maxConnections: job.maxConnections,
    timeoutMs: job.timeoutMs,
    ca: job.ca,
    nextRequest: () => requests.next(Date.now()),
    events: collector,
  });
  await generator.start();
  const begun = new Promise<number>((resolve) => {
    go = resolve;
  });
  send({ type: "ready" });
  const startAtMs = await begun;
  loop = startRampLoop({
    pacer: sharePacer(createPacer(job.pieces), job.share),
    generator,
    collector,
    drainMs: job.drainMs,
    startAtMs,
    onSecond(points, measured) {
      const seconds = isOneOfSeveral ? collector.takePackedSeconds() : [];
      send({
        type: "second",
        points,
        measured,
        ...(isOneOfSeveral && { packs: { seconds, run: collector.packRun() } }),
      });
    },
  });
  if (stopAsked) loop.stop();
  const { measured, stopped } = await loop.done;
  generator.close();
  const packs = isOneOfSeveral ? { seconds: [], run: collector.packRun() } : undefined;
  send({ type: "finished", measured, stopped, packs }, () => process.exit(0));
}

process.on("message", (message: ToEngine) => {
  switch (message.type) {
    case "start":
      run(message.job).catch(fail);
      break;
    case "go":
      go?.(message.atMs);
      break;
    case "serve":
      serveCalibration().then((port) => send({ type: "serving", port }), fail);
      break;
    case "credentials":
      encoder?.setCredentials(message.credentials);
      break;
    case "stop":
      stopAsked = true;
      loop?.stop();
  }
});
process.on("uncaughtException", fail);
// Without its parent nobody could stop the load.
process.on("disconnect", () => process.exit(0));
// Ctrl-C reaches the whole group of the terminal; the parent decides and lets the run end in order.
process.on("SIGINT", () => {});
