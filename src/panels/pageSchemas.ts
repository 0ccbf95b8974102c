import { z } from "zod";
import { MOST_BODY_BYTES } from "../domain/invocation.ts";
import type { WhatIfScenario } from "../domain/whatIf.ts";
import type { ChartExport, ChartRange, LogSpan, PredictParams, SentRequest } from "../protocol/endpointPage.ts";
// Nothing else of the protocol: what is imported here is loaded late, together with the schemas.
import { MOST_SCENARIOS } from "../protocol/limits.ts";

/** What the pages may send; in a file of its own, because the check is loaded with the first panel only. */
export const nothing = z.null();
export const yesOrNo = z.boolean();

/** Part of a picture: a kind, or a kind with a variant's name. */
export const partId = z.string().max(100);

/** Place of a run in a comparison. */
export const runIndex = z.int().min(0).max(99);

const cooldown = z.int().min(0).max(86_400).optional();
/** What a page may have simulated; the sandbox checks it again. */
export const whatIfScenarios: z.ZodType<WhatIfScenario[]> = z
  .array(
    z.strictObject({
      name: z.string().max(100),
      instanceType: z.string().max(60),
      minInstances: z.int().min(1).max(1000),
      maxInstances: z.int().min(1).max(1000),
      initialInstances: z.int().min(1).max(1000).optional(),
      targetPerMinute: z.number().min(1).max(1e9),
      scaleOutCooldownSeconds: cooldown,
      scaleInCooldownSeconds: cooldown,
      maxRpsPerInstance: z.number().positive().max(1e6).optional(),
    }),
  )
  .min(1)
  .max(MOST_SCENARIOS);

export const chartRange: z.ZodType<ChartRange> = z.literal([15, 60, 180, 1440, 10080, 21600]);

const contentType = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[\x20-\x7e]*$/, "a content type has no line breaks");

/** The limit of the longest, CustomAttributes (API reference, InvokeEndpoint). */
const header = z
  .string()
  .max(1024)
  .regex(/^[\x20-\x7e]*$/, "a header has visible ASCII characters only");

export const predictParams: z.ZodType<PredictParams> = z.discriminatedUnion("via", [
  z.strictObject({
    via: z.literal("endpoint"),
    mode: z.enum(["now", "stream", "async"]).optional(),
    contentType,
    body: z.string().max(MOST_BODY_BYTES),
    fileId: z.uuid().optional(),
    inputLocation: z.string().max(1100).optional(),
    targetVariant: z.string().max(63).optional(),
    headers: z
      .strictObject({
        accept: header.optional(),
        targetModel: header.optional(),
        targetContainer: header.optional(),
        inferenceComponent: header.optional(),
        customAttributes: header.optional(),
        sessionId: header.optional(),
        inferenceId: header.optional(),
      })
      .optional(),
    fromForm: z.boolean().optional(),
  }),
  z.strictObject({ via: z.literal("api"), features: z.record(z.string().max(256), z.number().nullable()) }),
]);

/** A picture of charts is far smaller. */
const MOST_PICTURE = 20 * 1024 * 1024;
const chartedPart = z.strictObject({ kind: z.enum(["variant", "component"]), name: z.string().max(63) }).optional();
export const chartExport: z.ZodType<ChartExport> = z.discriminatedUnion("format", [
  z.strictObject({ format: z.literal("csv"), part: chartedPart }),
  z.strictObject({ format: z.literal("png"), base64: z.base64().max(MOST_PICTURE), part: chartedPart }),
]);

/** A time in epoch milliseconds; the last is that of JavaScript's dates. */
const moment = z.int().min(0).max(8_640_000_000_000_000);

/** What is kept of the tester's requests from window to window. */
export const sentRequests: z.ZodType<SentRequest[]> = z.array(
  z.object({
    atMs: moment,
    params: predictParams,
    file: z
      .object({
        id: z.uuid(),
        name: z.string(),
        path: z.string(),
        bytes: z.int().min(0),
        contentType: z.string(),
      })
      .optional(),
    leftOut: z.int().min(0).optional(),
    answer: z
      .object({
        status: z.int(),
        latencyMs: z.number(),
        failed: z.boolean(),
        best: z.object({ index: z.int(), value: z.number(), label: z.string().optional() }).optional(),
      })
      .optional(),
  }),
);

export const logSpan: z.ZodType<LogSpan | null> = z.strictObject({ fromMs: moment, toMs: moment }).nullable();

/** Part of it is one body. */
export const keptText = z.string().max(5_000_000);

/** Text for the clipboard: a body with the code around it. */
export const copiedText = z.string().max(MOST_BODY_BYTES + 10_000);
