import {
  CreateInferenceComponentCommand,
  DeleteInferenceComponentCommand,
  DescribeInferenceComponentCommand,
  UpdateInferenceComponentCommand,
} from "@aws-sdk/client-sagemaker";
import { type HandlerTable, type ResourceContext, unlessMissing } from "./handler.ts";
import { optionalText, toInput, without } from "./properties.ts";

const isMissing = (error: Error) => /^Could not find/.test(error.message);
/** The name as it was given: its ARN has it in lower case. */
const nameOf = (arn: string, { attributes }: ResourceContext) =>
  attributes.InferenceComponentName ?? arn.slice(arn.indexOf("/") + 1);

/** AWS::SageMaker::InferenceComponent; its Ref is its ARN. */
export const inferenceComponentHandlers: HandlerTable = {
  "AWS::SageMaker::InferenceComponent": {
    attributes: ["InferenceComponentArn", "InferenceComponentName", "InferenceComponentStatus"],
    replaceOn: ["InferenceComponentName", "EndpointName", "VariantName"],
    async create(properties, ctx) {
      const InferenceComponentName = optionalText(properties, "InferenceComponentName") ?? ctx.generatedName(63);
      const { InferenceComponentArn } = await ctx.call(
        CreateInferenceComponentCommand,
        toInput(CreateInferenceComponentCommand, {
          ...without(properties, "EndpointArn", "DeploymentConfig"),
          InferenceComponentName,
          Tags: ctx.tags(properties),
        }),
      );
      ctx.exists(InferenceComponentArn!);
      const InferenceComponentStatus = await untilInService(InferenceComponentName, ctx);
      const attributes = {
        InferenceComponentArn: InferenceComponentArn!,
        InferenceComponentName,
        InferenceComponentStatus,
      };
      return { id: InferenceComponentArn!, attributes };
    },
    async update(arn, properties, _previous, ctx) {
      const InferenceComponentName = nameOf(arn, ctx);
      const changed = without(properties, "EndpointArn", "EndpointName", "VariantName", "Tags");
      await ctx.call(
        UpdateInferenceComponentCommand,
        toInput(UpdateInferenceComponentCommand, { ...changed, InferenceComponentName }),
      );
      return { InferenceComponentStatus: await untilInService(InferenceComponentName, ctx) };
    },
    async remove(arn, _properties, ctx) {
      const InferenceComponentName = nameOf(arn, ctx);
      await unlessMissing(ctx.call(DeleteInferenceComponentCommand, { InferenceComponentName }), isMissing);
      await ctx.poll(async () => ((await statusOf(InferenceComponentName, ctx)) === undefined ? true : undefined));
    },
  },
};

async function statusOf(InferenceComponentName: string, ctx: ResourceContext): Promise<string | undefined> {
  try {
    return (await ctx.call(DescribeInferenceComponentCommand, { InferenceComponentName })).InferenceComponentStatus;
  } catch (error) {
    if (isMissing(error as Error)) return undefined;
    throw error;
  }
}

/** @throws Error with SageMaker's reason when the component has failed */
async function untilInService(InferenceComponentName: string, ctx: ResourceContext): Promise<string> {
  return ctx.poll(async () => {
    const found = await ctx.call(DescribeInferenceComponentCommand, { InferenceComponentName });
    if (found.InferenceComponentStatus === "Failed")
      throw new Error(found.FailureReason ?? `The inference component ${InferenceComponentName} is Failed.`);
    return found.InferenceComponentStatus === "InService" ? found.InferenceComponentStatus : undefined;
  });
}
