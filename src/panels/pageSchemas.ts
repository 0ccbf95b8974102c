import { z } from "zod";
import type { ChartRange, PredictParams } from "../protocol/endpointPage.ts";

/** SageMaker's limit on the body of InvokeEndpoint is 6 MB (API reference, InvokeEndpoint). */
const MOST_BODY = 6 * 1024 * 1024;

/** What the pages may send; in a file of its own, because the check is loaded with the first panel only. */
export const nothing = z.null();

export const chartRange: z.ZodType<ChartRange> = z.literal([15, 60, 180, 1440, 10080]);

export const predictParams: z.ZodType<PredictParams> = z.strictObject({
  contentType: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[\x20-\x7e]*$/, "a content type has no line breaks"),
  body: z.string().max(MOST_BODY),
  targetVariant: z.string().max(63).optional(),
});
