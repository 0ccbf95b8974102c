import {
  CreateDomainCommand,
  CreateUserProfileCommand,
  DeleteDomainCommand,
  DeleteUserProfileCommand,
  DescribeDomainCommand,
  DescribeUserProfileCommand,
} from "@aws-sdk/client-sagemaker";
import { type HandlerTable, isNotFound, unlessMissing } from "./handler.ts";
import { text, toInput } from "./properties.ts";

/** AWS::SageMaker::Domain and UserProfile; every change makes a new one here, though AWS changes settings in place. */
export const sageMakerDomainHandlers: HandlerTable = {
  "AWS::SageMaker::Domain": {
    attributes: ["DomainArn", "DomainId", "Url"],
    replaceOn: [],
    async create(properties, ctx) {
      const input = toInput(CreateDomainCommand, { ...properties, Tags: ctx.tags(properties) });
      const { DomainId = "", DomainArn = "", Url = "" } = await ctx.call(CreateDomainCommand, input);
      ctx.exists(DomainId);
      await ctx.poll(
        async () => (await ctx.call(DescribeDomainCommand, { DomainId })).Status === "InService" || undefined,
      );
      return { id: DomainId, attributes: { DomainArn, DomainId, Url } };
    },
    async remove(DomainId, _properties, ctx) {
      await unlessMissing(
        ctx.call(DeleteDomainCommand, { DomainId }).then(() =>
          // Gone when it is not found any more.
          ctx.poll(async () => {
            await ctx.call(DescribeDomainCommand, { DomainId });
            return undefined;
          }),
        ),
        isNotFound,
      );
    },
  },

  "AWS::SageMaker::UserProfile": {
    attributes: ["UserProfileArn"],
    replaceOn: [],
    async create(properties, ctx) {
      const input = toInput(CreateUserProfileCommand, { ...properties, Tags: ctx.tags(properties) });
      const { UserProfileArn = "" } = await ctx.call(CreateUserProfileCommand, input);
      const UserProfileName = text(properties, "UserProfileName");
      ctx.exists(UserProfileName);
      const key = { DomainId: text(properties, "DomainId"), UserProfileName };
      await ctx.poll(async () => (await ctx.call(DescribeUserProfileCommand, key)).Status === "InService" || undefined);
      return { id: UserProfileName, attributes: { UserProfileArn } };
    },
    async remove(UserProfileName, properties, ctx) {
      const key = { DomainId: text(properties, "DomainId"), UserProfileName };
      await unlessMissing(
        ctx.call(DeleteUserProfileCommand, key).then(() =>
          ctx.poll(async () => {
            await ctx.call(DescribeUserProfileCommand, key);
            return undefined;
          }),
        ),
        isNotFound,
      );
    },
  },
};
