import {
  CreateDomainCommand,
  CreateUserProfileCommand,
  DeleteDomainCommand,
  DeleteUserProfileCommand,
  DescribeDomainCommand,
  DescribeUserProfileCommand,
  UpdateDomainCommand,
  UpdateUserProfileCommand,
} from "@aws-sdk/client-sagemaker";
import type { ValueMap } from "../template/value.ts";
import { type HandlerTable, isNotFound, unlessMissing } from "./handler.ts";
import { only, text, toInput } from "./properties.ts";

/** Properties of a domain that are changed in place, by UpdateDomain. */
const DOMAIN_UPDATES = ["AppNetworkAccessType", "DefaultSpaceSettings", "DefaultUserSettings", "SubnetIds"];

/** AWS::SageMaker::Domain and UserProfile; their settings change in place. */
export const sageMakerDomainHandlers: HandlerTable = {
  "AWS::SageMaker::Domain": {
    attributes: ["DomainArn", "DomainId", "Url"],
    replaceOn: ["AuthMode", "DomainName", "KmsKeyId", "VpcId"],
    async create(properties, ctx) {
      const input = toInput(CreateDomainCommand, { ...properties, Tags: ctx.tags(properties) });
      const { DomainId = "", DomainArn = "", Url = "" } = await ctx.call(CreateDomainCommand, input);
      ctx.exists(DomainId);
      await ctx.poll(
        async () => (await ctx.call(DescribeDomainCommand, { DomainId })).Status === "InService" || undefined,
      );
      return { id: DomainId, attributes: { DomainArn, DomainId, Url } };
    },
    async update(DomainId, properties, _previous, ctx) {
      const settings: ValueMap =
        properties.DomainSettings === undefined ? {} : { DomainSettingsForUpdate: properties.DomainSettings };
      const input = { ...only(properties, ...DOMAIN_UPDATES), ...settings, DomainId };
      await ctx.call(UpdateDomainCommand, toInput(UpdateDomainCommand, input));
      await ctx.poll(
        async () => (await ctx.call(DescribeDomainCommand, { DomainId })).Status === "InService" || undefined,
      );
      return undefined;
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
    replaceOn: ["DomainId", "SingleSignOnUserIdentifier", "SingleSignOnUserValue", "UserProfileName"],
    async create(properties, ctx) {
      const input = toInput(CreateUserProfileCommand, { ...properties, Tags: ctx.tags(properties) });
      const { UserProfileArn = "" } = await ctx.call(CreateUserProfileCommand, input);
      const UserProfileName = text(properties, "UserProfileName");
      ctx.exists(UserProfileName);
      const key = { DomainId: text(properties, "DomainId"), UserProfileName };
      await ctx.poll(async () => (await ctx.call(DescribeUserProfileCommand, key)).Status === "InService" || undefined);
      return { id: UserProfileName, attributes: { UserProfileArn } };
    },
    async update(UserProfileName, properties, _previous, ctx) {
      const key = { DomainId: text(properties, "DomainId"), UserProfileName };
      const input = toInput(UpdateUserProfileCommand, { ...only(properties, "UserSettings"), ...key });
      await ctx.call(UpdateUserProfileCommand, input);
      await ctx.poll(async () => (await ctx.call(DescribeUserProfileCommand, key)).Status === "InService" || undefined);
      return undefined;
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
