import {
  DeleteFunctionEventInvokeConfigCommand,
  type DestinationConfig,
  GetFunctionEventInvokeConfigCommand,
  InvokeCommand,
  ListFunctionEventInvokeConfigsCommand,
  PutFunctionEventInvokeConfigCommand,
  UpdateFunctionEventInvokeConfigCommand,
} from "@aws-sdk/client-lambda";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import type { World } from "../world.ts";
import { badParameter, type FunctionStore, type LambdaFunction, notFound } from "./functionStore.ts";

/** How asynchronous invocations of a function, version or alias are treated. */
export interface EventInvoke {
  retries?: number;
  maxAgeSeconds?: number;
  destinations?: DestinationConfig;
  modifiedAt: number;
}

const FUNCTION = /^arn:aws[\w-]*:lambda:([\w-]+):\d{12}:function:/;
const DESTINATION = /^arn:aws[\w-]*:(lambda|sqs|sns|events|s3):/;

/** Put-, Update-, Get-, List- and DeleteFunctionEventInvokeConfig. */
export function addEventInvokeOperations(service: ServiceBuilder, world: World, store: FunctionStore): void {
  const describe = (fn: LambdaFunction, qualifier: string, config: EventInvoke) => ({
    FunctionArn: `${fn.arn}:${qualifier}`,
    LastModified: new Date(config.modifiedAt),
    MaximumRetryAttempts: config.retries,
    MaximumEventAgeInSeconds: config.maxAgeSeconds,
    DestinationConfig: { OnSuccess: {}, OnFailure: {}, ...config.destinations },
  });
  const at = (name: string | undefined, qualifier: string | undefined, region: string) => {
    const found = store.resolve(name, qualifier, region, () => notFound("The function doesn't exist."));
    return { fn: found.fn, family: found.fn.family, qualifier: found.qualifier ?? "$LATEST" };
  };
  const existing = (name: string | undefined, wanted: string | undefined, region: string) => {
    const none = (arn: string, at = "$LATEST") =>
      notFound(`The function ${arn}:${at} doesn't have an EventInvokeConfig`);
    const { fn, qualifier = "$LATEST" } = store.resolve(name, wanted, region, none);
    const config = fn.family.eventInvoke?.get(qualifier);
    if (!config) throw none(fn.arn, qualifier);
    return { fn, family: fn.family, qualifier, config };
  };
  const check = (destinations: DestinationConfig | undefined) => {
    for (const item of [destinations?.OnSuccess, destinations?.OnFailure])
      if (item?.Destination && !DESTINATION.test(item.Destination))
        throw badParameter(`The destination ARN ${item.Destination} is invalid.`);
  };

  service
    .on(PutFunctionEventInvokeConfigCommand)((input, ctx) => {
      const { fn, family, qualifier } = at(input.FunctionName, input.Qualifier, ctx.region);
      if (
        input.MaximumRetryAttempts === undefined &&
        input.MaximumEventAgeInSeconds === undefined &&
        !input.DestinationConfig
      )
        throw badParameter("You must specify at least one of error handling or destination setting.");
      check(input.DestinationConfig);
      const config: EventInvoke = {
        retries: input.MaximumRetryAttempts,
        maxAgeSeconds: input.MaximumEventAgeInSeconds,
        destinations: input.DestinationConfig,
        modifiedAt: world.clock.now(),
      };
      family.eventInvoke ??= new Map();
      family.eventInvoke.set(qualifier, config);
      return describe(fn, qualifier, config);
    })
    .on(UpdateFunctionEventInvokeConfigCommand)((input, ctx) => {
      const { fn, qualifier, config } = existing(input.FunctionName, input.Qualifier, ctx.region);
      check(input.DestinationConfig);
      config.retries = input.MaximumRetryAttempts ?? config.retries;
      config.maxAgeSeconds = input.MaximumEventAgeInSeconds ?? config.maxAgeSeconds;
      config.destinations = input.DestinationConfig ?? config.destinations;
      config.modifiedAt = world.clock.now();
      return describe(fn, qualifier, config);
    })
    .on(GetFunctionEventInvokeConfigCommand)((input, ctx) => {
      const { fn, qualifier, config } = existing(input.FunctionName, input.Qualifier, ctx.region);
      return describe(fn, qualifier, config);
    })
    .on(ListFunctionEventInvokeConfigsCommand)((input, ctx) => {
      const { fn } = at(input.FunctionName, undefined, ctx.region);
      const all = [...(fn.family.eventInvoke ?? [])];
      const page = pageOf(all, input.MaxItems ?? 50, input.Marker, () => badParameter("Invalid marker."));
      return {
        FunctionEventInvokeConfigs: page.items.map(([qualifier, config]) => describe(fn, qualifier, config)),
        NextMarker: page.nextToken,
      };
    })
    .on(DeleteFunctionEventInvokeConfigCommand)((input, ctx) => {
    const { family, qualifier } = existing(input.FunctionName, input.Qualifier, ctx.region);
    family.eventInvoke?.delete(qualifier);
    ctx.status = 204;
    return {};
  });
}

/** Tells a function that is a destination how an asynchronous invocation ended (AWS: "Capturing records of Lambda asynchronous invocations"). */
export async function tellDestination(
  world: World,
  config: EventInvoke | undefined,
  call: { functionArn: string; requestId: string; event: string; attempts: number },
  outcome: { payload?: string; error?: unknown },
): Promise<void> {
  const failed = outcome.error !== undefined;
  const target = (failed ? config?.destinations?.OnFailure : config?.destinations?.OnSuccess)?.Destination;
  const region = FUNCTION.exec(target ?? "")?.[1];
  if (!target || !region) return;
  const record = {
    version: "1.0",
    timestamp: new Date(world.clock.now()).toISOString(),
    requestContext: {
      requestId: call.requestId,
      functionArn: call.functionArn,
      condition: failed ? "RetriesExhausted" : "Success",
      approximateInvokeCount: call.attempts,
    },
    requestPayload: JSON.parse(call.event || "{}") as unknown,
    responseContext: { statusCode: 200, executedVersion: "$LATEST", ...(failed && { functionError: "Unhandled" }) },
    responsePayload: failed ? outcome.error : (JSON.parse(outcome.payload ?? "null") as unknown),
  };
  const Payload = Buffer.from(JSON.stringify(record));
  await world.call(InvokeCommand, { FunctionName: target, InvocationType: "Event", Payload }, { region });
}
