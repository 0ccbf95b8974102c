import { randomUUID } from "node:crypto";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { InvokeEndpointAsyncCommand, ValidationError } from "@aws-sdk/client-sagemaker-runtime";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import type { World } from "../world.ts";
import type { AsyncQueues } from "./asyncQueue.ts";
import { bytesOf } from "./fleet.ts";
import type { InvokeService } from "./invoke.ts";
import { parseS3Uri } from "./models.ts";
import { asyncConfigOf, endpointNamed, type RegionState } from "./state.ts";

const META = { $metadata: {} };

/** Registers InvokeEndpointAsync: the input is read from S3, the answer or the error is written there. */
export function registerInvokeAsync(
  service: ServiceBuilder,
  world: World,
  invoke: InvokeService,
  stateOf: (region: string) => RegionState,
  queues: AsyncQueues,
): ServiceBuilder {
  return service.on(InvokeEndpointAsyncCommand)(async (input, ctx) => {
    const state = stateOf(ctx.region);
    const endpoint = endpointNamed(state, input.EndpointName ?? "");
    if (!endpoint)
      throw new ValidationError({
        ...META,
        message: `Endpoint ${input.EndpointName} of account ${ctx.accountId} not found.`,
      });
    const config = asyncConfigOf(state, endpoint);
    if (!config)
      throw new ValidationError({
        ...META,
        message: `Endpoint ${endpoint.name} does not support asynchronous inference: its configuration has no AsyncInferenceConfig.`,
      });
    const from = parseS3Uri(input.InputLocation ?? "");
    if (!from) throw new ValidationError({ ...META, message: `Invalid InputLocation: ${input.InputLocation}.` });
    const inferenceId = input.InferenceId ?? randomUUID();
    const file = randomUUID();
    const place = (folder: string, end: string) => `${folder.replace(/\/$/, "")}/${file}${end}`;
    const outputLocation = place(config.OutputConfig?.S3OutputPath ?? `s3://${from.bucket}`, ".out");
    const failurePath = config.OutputConfig?.S3FailurePath;
    const failureLocation = failurePath ? place(failurePath, "-error.out") : undefined;
    const caller = { region: ctx.region };
    const write = async (uri: string | undefined, body: string): Promise<void> => {
      const to = uri === undefined ? undefined : parseS3Uri(uri);
      if (to) await world.call(PutObjectCommand, { Bucket: to.bucket, Key: to.key, Body: body }, caller);
    };
    const count = (name: string) => {
      const dimensions = { EndpointName: endpoint.name, VariantName: endpoint.variants[0]?.name ?? "" };
      world.metrics.of(ctx.region).record({ namespace: "AWS/SageMaker", name, dimensions }, 1, "Count");
    };
    const work = async (): Promise<void> => {
      try {
        const object = await world.call(GetObjectCommand, { Bucket: from.bucket, Key: from.key }, caller);
        const { response } = await invoke(
          {
            EndpointName: endpoint.name,
            Body: await bytesOf(object.Body),
            ContentType: input.ContentType,
            Accept: input.Accept,
          },
          ctx,
          true,
        );
        await write(outputLocation, response.body);
      } catch (e) {
        const { message } = e as Error;
        world.log(ctx.region, `/aws/sagemaker/Endpoints/${endpoint.name}`, "AllTraffic/data-log", message);
        await write(failureLocation, message).catch(() => {});
        count("InvocationFailures");
      }
      count("InvocationsProcessed");
    };
    const working = queues.run(state, endpoint, work);
    if (world.timeScale === 0) await working;
    ctx.status = 202;
    return { InferenceId: inferenceId, OutputLocation: outputLocation, FailureLocation: failureLocation };
  });
}
