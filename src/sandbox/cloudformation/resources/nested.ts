import {
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  type Stack,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { isMap, isScalar, type ValueMap } from "../template/value.ts";
import { type HandlerTable, type ResourceContext, unlessMissing } from "./handler.ts";
import { optionalText, PropertyError, text, texts } from "./properties.ts";

const Capabilities: ("CAPABILITY_NAMED_IAM" | "CAPABILITY_AUTO_EXPAND")[] = [
  "CAPABILITY_NAMED_IAM",
  "CAPABILITY_AUTO_EXPAND",
];
const isMissing = (error: Error) => /does not exist/.test(error.message);

/** AWS::CloudFormation::Stack: a template in S3 as a stack of its own. What the parent's caller has acknowledged holds. */
export const nestedHandlers: HandlerTable = {
  "AWS::CloudFormation::Stack": {
    attributes: [],
    anyAttribute: true,
    replaceOn: [],
    async create(properties, ctx) {
      const minutes = optionalText(properties, "TimeoutInMinutes");
      const { StackId } = await ctx.call(CreateStackCommand, {
        StackName: ctx.generatedName(128),
        TemplateURL: text(properties, "TemplateURL"),
        Parameters: parametersOf(properties),
        Tags: ctx.tags(properties).filter(({ Key }) => !Key.startsWith("aws:")),
        TimeoutInMinutes: minutes === undefined ? undefined : Number(minutes),
        NotificationARNs: texts(properties, "NotificationARNs"),
        Capabilities,
      });
      ctx.exists(StackId!);
      return { id: StackId!, attributes: await settled(StackId!, "created", ctx) };
    },
    async update(id, properties, _previous, ctx) {
      try {
        await ctx.call(UpdateStackCommand, {
          StackName: id,
          TemplateURL: text(properties, "TemplateURL"),
          Parameters: parametersOf(properties),
          Tags: ctx.tags(properties).filter(({ Key }) => !Key.startsWith("aws:")),
          Capabilities,
        });
      } catch (error) {
        if (!/No updates are to be performed/.test((error as Error).message)) throw error;
      }
      return settled(id, "updated", ctx);
    },
    async remove(id, _properties, ctx) {
      await unlessMissing(ctx.call(DeleteStackCommand, { StackName: id }), isMissing);
      const status = await ctx.poll(async () => {
        const stack = await describe(id, ctx);
        return stack?.StackStatus?.endsWith("_IN_PROGRESS") ? undefined : (stack?.StackStatus ?? "DELETE_COMPLETE");
      });
      if (status !== "DELETE_COMPLETE") throw new Error(`Embedded stack ${id} could not be deleted: it is ${status}.`);
    },
  },
};

function parametersOf(properties: ValueMap) {
  const given = properties.Parameters ?? {};
  if (!isMap(given)) throw new PropertyError("#/Parameters: expected type: JSONObject");
  return Object.entries(given).map(([ParameterKey, value]) => ({
    ParameterKey,
    ParameterValue: isScalar(value) ? String(value) : [value].flat().join(","),
  }));
}

async function describe(id: string, ctx: ResourceContext): Promise<Stack | undefined> {
  try {
    return (await ctx.call(DescribeStacksCommand, { StackName: id })).Stacks?.[0];
  } catch (error) {
    if (isMissing(error as Error)) return undefined;
    throw error;
  }
}

/** Waits for the end of an operation. @returns the outputs as attributes @throws Error with CloudFormation's words */
async function settled(id: string, what: string, ctx: ResourceContext): Promise<Record<string, string>> {
  const stack = await ctx.poll(async () => {
    const found = await describe(id, ctx);
    return found?.StackStatus?.endsWith("_IN_PROGRESS") ? undefined : found;
  });
  if (!/^(CREATE|UPDATE)_COMPLETE$/.test(stack.StackStatus ?? ""))
    throw new Error(`Embedded stack ${id} was not successfully ${what}: ${await failureOf(id, stack, ctx)}`);
  return Object.fromEntries((stack.Outputs ?? []).map((o) => [`Outputs.${o.OutputKey}`, o.OutputValue ?? ""]));
}

/** What the stack said when it began to roll back. */
async function failureOf(id: string, stack: Stack, ctx: ResourceContext): Promise<string> {
  const { StackEvents = [] } = await ctx.call(DescribeStackEventsCommand, { StackName: id });
  const began = StackEvents.find(
    (e) =>
      e.PhysicalResourceId === id && /ROLLBACK_IN_PROGRESS$/.test(e.ResourceStatus ?? "") && e.ResourceStatusReason,
  );
  return began?.ResourceStatusReason ?? stack.StackStatusReason ?? `it is ${stack.StackStatus}`;
}
