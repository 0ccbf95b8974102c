import { InvokeEndpointWithResponseStreamCommand, type ResponseStream } from "@aws-sdk/client-sagemaker-runtime";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import type { InvokeService } from "./invoke.ts";

/** Rows that make one event: the XGBoost container answers at once, so that the parts are only cut from its answer. */
const PART_BYTES = 1024;

/** Registers InvokeEndpointWithResponseStream. */
export function registerInvokeStream(service: ServiceBuilder, invoke: InvokeService): ServiceBuilder {
  return service.on(InvokeEndpointWithResponseStreamCommand)(async (input, ctx) => {
    const { response, variant } = await invoke({ ...input, Body: input.Body as Uint8Array | undefined }, ctx);
    return {
      Body: parts(Buffer.from(response.body)),
      ContentType: response.contentType,
      InvokedProductionVariant: variant,
      CustomAttributes: input.CustomAttributes,
    };
  });
}

async function* parts(body: Uint8Array): AsyncIterable<ResponseStream> {
  for (let at = 0; at < body.byteLength; at += PART_BYTES)
    yield { PayloadPart: { Bytes: body.subarray(at, at + PART_BYTES) } } as ResponseStream;
}
