import {
  type BucketCannedACL,
  DeleteBucketCorsCommand,
  DeleteBucketEncryptionCommand,
  DeleteBucketReplicationCommand,
  DeleteBucketWebsiteCommand,
  GetBucketAclCommand,
  type Grant,
  type Permission,
  PutBucketAccelerateConfigurationCommand,
  PutBucketAclCommand,
  PutBucketCorsCommand,
  PutBucketLoggingCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketReplicationCommand,
  PutBucketWebsiteCommand,
} from "@aws-sdk/client-s3";
import { isMap, type Value, type ValueMap } from "../template/value.ts";
import type { ResourceContext } from "./handler.ts";
import { maps, optionalText, text, toInput, without } from "./properties.ts";

type Put = (Bucket: string, value: Value, ctx: ResourceContext) => Promise<unknown>;
type Drop = (Bucket: string, ctx: ResourceContext) => Promise<unknown>;

const map = (value: Value | undefined): ValueMap => (isMap(value) ? value : {});

/** Settings of AWS::S3::Bucket that are one call each: how to put them, and how to take them away. */
export const SIMPLE_SETTINGS: Record<string, { put: Put; drop: Drop }> = {
  AccelerateConfiguration: {
    put: (Bucket, value, ctx) =>
      ctx.call(
        PutBucketAccelerateConfigurationCommand,
        toInput(PutBucketAccelerateConfigurationCommand, {
          Bucket,
          AccelerateConfiguration: { Status: text(map(value), "AccelerationStatus") },
        }),
      ),
    drop: (Bucket, ctx) =>
      ctx.call(PutBucketAccelerateConfigurationCommand, { Bucket, AccelerateConfiguration: { Status: "Suspended" } }),
  },
  AccessControl: {
    put: (Bucket, value, ctx) => putAcl(Bucket, String(value), ctx),
    drop: (Bucket, ctx) => ctx.call(PutBucketAclCommand, { Bucket, ACL: "private" }),
  },
  CorsConfiguration: {
    put: (Bucket, value, ctx) => {
      const rules = maps(map(value), "CorsRules");
      return ctx.call(
        PutBucketCorsCommand,
        toInput(
          PutBucketCorsCommand,
          { Bucket, CORSConfiguration: { CORSRules: rules } },
          { MaxAge: "MaxAgeSeconds", ExposedHeaders: "ExposeHeaders" },
        ),
      );
    },
    drop: (Bucket, ctx) => ctx.call(DeleteBucketCorsCommand, { Bucket }),
  },
  LoggingConfiguration: {
    put: (Bucket, value, ctx) => {
      const logging = { TargetBucket: optionalText(map(value), "DestinationBucketName") ?? Bucket };
      const prefix = optionalText(map(value), "LogFilePrefix") ?? "";
      return ctx.call(PutBucketLoggingCommand, {
        Bucket,
        BucketLoggingStatus: { LoggingEnabled: { ...logging, TargetPrefix: prefix } },
      });
    },
    drop: (Bucket, ctx) => ctx.call(PutBucketLoggingCommand, { Bucket, BucketLoggingStatus: {} }),
  },
  NotificationConfiguration: {
    put: (Bucket, value, ctx) =>
      ctx.call(
        PutBucketNotificationConfigurationCommand,
        toInput(PutBucketNotificationConfigurationCommand, {
          Bucket,
          NotificationConfiguration: notifications(map(value)),
        }),
      ),
    drop: (Bucket, ctx) =>
      ctx.call(PutBucketNotificationConfigurationCommand, { Bucket, NotificationConfiguration: {} }),
  },
  ReplicationConfiguration: {
    put: (Bucket, value, ctx) =>
      ctx.call(
        PutBucketReplicationCommand,
        toInput(PutBucketReplicationCommand, { Bucket, ReplicationConfiguration: value }, { Id: "ID" }),
      ),
    drop: (Bucket, ctx) => ctx.call(DeleteBucketReplicationCommand, { Bucket }),
  },
  WebsiteConfiguration: {
    put: (Bucket, value, ctx) =>
      ctx.call(
        PutBucketWebsiteCommand,
        toInput(PutBucketWebsiteCommand, { Bucket, WebsiteConfiguration: website(map(value)) }),
      ),
    drop: (Bucket, ctx) => ctx.call(DeleteBucketWebsiteCommand, { Bucket }),
  },
};

/** Brings a bucket's default encryption back. */
export const dropEncryption: Drop = (Bucket, ctx) => ctx.call(DeleteBucketEncryptionCommand, { Bucket });

const LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery";

/** Two of S3's canned lists are no values of the SDK's type: they are put as the grants that they stand for. */
async function putAcl(Bucket: string, control: string, ctx: ResourceContext): Promise<void> {
  if (control !== "LogDeliveryWrite" && control !== "AwsExecRead") {
    await ctx.call(PutBucketAclCommand, { Bucket, ACL: cannedAcl(control) });
    return;
  }
  const { Owner } = await ctx.call(GetBucketAclCommand, { Bucket });
  const own: Grant = { Grantee: { ID: Owner?.ID, Type: "CanonicalUser" }, Permission: "FULL_CONTROL" };
  const delivery = (Permission: Permission): Grant => ({ Grantee: { URI: LOG_DELIVERY, Type: "Group" }, Permission });
  const Grants = control === "LogDeliveryWrite" ? [own, delivery("WRITE"), delivery("READ_ACP")] : [own];
  await ctx.call(PutBucketAclCommand, { Bucket, AccessControlPolicy: { Owner, Grants } });
}

/** `PublicRead` → `public-read`. */
function cannedAcl(control: string): BucketCannedACL {
  return control.replace(/(?<=.)[A-Z]/g, (letter) => `-${letter}`).toLowerCase() as BucketCannedACL;
}

function website(configuration: ValueMap): ValueMap {
  const { ErrorDocument, IndexDocument, RoutingRules } = configuration;
  return {
    ...without(configuration, "ErrorDocument", "IndexDocument", "RoutingRules"),
    ...(ErrorDocument !== undefined && { ErrorDocument: { Key: ErrorDocument } }),
    ...(IndexDocument !== undefined && { IndexDocument: { Suffix: IndexDocument } }),
    ...(RoutingRules !== undefined && {
      RoutingRules: maps(configuration, "RoutingRules").map(({ RedirectRule, RoutingRuleCondition }) => ({
        ...(RedirectRule !== undefined && { Redirect: RedirectRule }),
        ...(RoutingRuleCondition !== undefined && { Condition: RoutingRuleCondition }),
      })),
    }),
  };
}

/** Templates give one event to each entry, the API a list of them. */
function notifications(configuration: ValueMap): ValueMap {
  const kinds = [
    ["LambdaConfigurations", "Function", "LambdaFunctionConfigurations", "LambdaFunctionArn"],
    ["QueueConfigurations", "Queue", "QueueConfigurations", "QueueArn"],
    ["TopicConfigurations", "Topic", "TopicConfigurations", "TopicArn"],
  ] as const;
  const out: ValueMap = {};
  for (const [from, target, to, arn] of kinds)
    if (configuration[from] !== undefined)
      out[to] = maps(configuration, from).map((entry) => {
        const filter = map(map(entry.Filter).S3Key);
        return {
          Events: [text(entry, "Event")],
          [arn]: text(entry, target),
          ...(entry.Filter !== undefined && { Filter: { Key: { FilterRules: maps(filter, "Rules") } } }),
        };
      });
  const bridge = map(configuration.EventBridgeConfiguration);
  if (optionalText(bridge, "EventBridgeEnabled") === "true") out.EventBridgeConfiguration = {};
  return out;
}
