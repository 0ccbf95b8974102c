import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DeleteEndpointCommand,
  DeleteEndpointConfigCommand,
  DeleteModelCommand,
  DescribeEndpointCommand,
  UpdateEndpointCommand,
} from "@aws-sdk/client-sagemaker";
import type { ValueMap } from "../template/value.ts";
import { type HandlerTable, type ResourceContext, unlessMissing } from "./handler.ts";
import { optionalText, text, toInput, without } from "./properties.ts";

/** Name of a model, endpoint config or endpoint in its ARN. */
export const nameOf = (arn: string) => arn.slice(arn.indexOf("/") + 1);
const IN_TRANSITION = /^(Creating|Updating|SystemUpdating|RollingBack|Deleting)$/;
/** SageMaker answers a ValidationException for what does not exist. */
const isMissing = (error: Error) => /^Could not find/.test(error.message);
const tagged = (properties: ValueMap, ctx: ResourceContext): ValueMap => ({
  ...properties,
  Tags: ctx.tags(properties),
});

/** AWS::SageMaker::Model, EndpointConfig and Endpoint; Ref of each is its ARN. */
export const sageMakerHandlers: HandlerTable = {
  "AWS::SageMaker::Model": {
    attributes: ["ModelName"],
    replaceOn: [],
    async create(properties, ctx) {
      const ModelName = optionalText(properties, "ModelName") ?? ctx.generatedName(63);
      const { ModelArn } = await ctx.call(
        CreateModelCommand,
        toInput(CreateModelCommand, { ...tagged(properties, ctx), ModelName }),
      );
      return { id: ModelArn!, attributes: { ModelName } };
    },
    async remove(arn, properties, ctx) {
      const ModelName = optionalText(properties, "ModelName") ?? ctx.attributes.ModelName ?? nameOf(arn);
      await unlessMissing(ctx.call(DeleteModelCommand, { ModelName }), isMissing);
    },
  },

  "AWS::SageMaker::EndpointConfig": {
    attributes: ["EndpointConfigName"],
    replaceOn: [],
    async create(properties, ctx) {
      const EndpointConfigName = optionalText(properties, "EndpointConfigName") ?? ctx.generatedName(63);
      const input = toInput(CreateEndpointConfigCommand, { ...tagged(properties, ctx), EndpointConfigName });
      const { EndpointConfigArn } = await ctx.call(CreateEndpointConfigCommand, input);
      return { id: EndpointConfigArn!, attributes: { EndpointConfigName } };
    },
    async remove(arn, properties, ctx) {
      const EndpointConfigName =
        optionalText(properties, "EndpointConfigName") ?? ctx.attributes.EndpointConfigName ?? nameOf(arn);
      await unlessMissing(ctx.call(DeleteEndpointConfigCommand, { EndpointConfigName }), isMissing);
    },
  },

  "AWS::SageMaker::Endpoint": {
    attributes: ["EndpointName"],
    replaceOn: ["EndpointName"],
    async create(properties, ctx) {
      const EndpointName = optionalText(properties, "EndpointName") ?? ctx.generatedName(63);
      // How to treat variants matters to updates only.
      const own = without(
        properties,
        "RetainAllVariantProperties",
        "ExcludeRetainedVariantProperties",
        "RetainDeploymentConfig",
      );
      const { EndpointArn } = await ctx.call(
        CreateEndpointCommand,
        toInput(CreateEndpointCommand, { ...tagged(own, ctx), EndpointName }),
      );
      ctx.exists(EndpointArn!);
      await untilInService(EndpointName, ctx);
      return { id: EndpointArn!, attributes: { EndpointName } };
    },
    async update(arn, properties, previous, ctx) {
      const EndpointName = ctx.attributes.EndpointName ?? nameOf(arn);
      if (text(properties, "EndpointConfigName") === text(previous, "EndpointConfigName")) return undefined;
      await untilSettled(EndpointName, ctx);
      await ctx.call(
        UpdateEndpointCommand,
        toInput(UpdateEndpointCommand, { ...without(properties, "Tags"), EndpointName }),
      );
      await untilInService(EndpointName, ctx);
      return undefined;
    },
    async remove(arn, _properties, ctx) {
      const EndpointName = ctx.attributes.EndpointName ?? nameOf(arn);
      // An endpoint in transition refuses to be deleted; one that is being deleted is waited for.
      await ctx.poll(async () => {
        const status = await statusOf(EndpointName, ctx);
        if (status === undefined) return "gone";
        if (IN_TRANSITION.test(status)) return undefined;
        await unlessMissing(ctx.call(DeleteEndpointCommand, { EndpointName }), isMissing);
        return undefined;
      });
    },
  },
};

async function statusOf(EndpointName: string, ctx: ResourceContext): Promise<string | undefined> {
  try {
    return (await ctx.call(DescribeEndpointCommand, { EndpointName })).EndpointStatus;
  } catch (error) {
    if (isMissing(error as Error)) return undefined;
    throw error;
  }
}

/** An endpoint that scaling or a cancelled update is changing refuses another update. */
async function untilSettled(EndpointName: string, ctx: ResourceContext): Promise<void> {
  await ctx.poll(async () => (IN_TRANSITION.test((await statusOf(EndpointName, ctx)) ?? "") ? undefined : true));
}

/** Waits for the end of a creation or an update; what SageMaker says about a failure becomes the resource's reason. */
async function untilInService(EndpointName: string, ctx: ResourceContext): Promise<void> {
  const failure = await ctx.poll(async () => {
    const endpoint = await ctx.call(DescribeEndpointCommand, { EndpointName });
    if (endpoint.EndpointStatus === "InService") return endpoint.FailureReason ?? "";
    if (endpoint.EndpointStatus === "Failed" || endpoint.EndpointStatus === "UpdateRollbackFailed")
      return endpoint.FailureReason ?? `The endpoint ${EndpointName} is ${endpoint.EndpointStatus}.`;
    return undefined;
  });
  if (failure) throw new Error(failure);
}
