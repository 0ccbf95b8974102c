import {
  type CORSRule,
  DeleteBucketCorsCommand,
  DeleteBucketReplicationCommand,
  DeleteBucketWebsiteCommand,
  GetBucketAccelerateConfigurationCommand,
  type GetBucketAccelerateConfigurationCommandOutput,
  GetBucketCorsCommand,
  GetBucketLoggingCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketPolicyStatusCommand,
  GetBucketReplicationCommand,
  GetBucketRequestPaymentCommand,
  GetBucketWebsiteCommand,
  GetObjectLockConfigurationCommand,
  type LoggingEnabled,
  type NotificationConfiguration,
  type Payer,
  PutBucketAccelerateConfigurationCommand,
  PutBucketCorsCommand,
  PutBucketLoggingCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketReplicationCommand,
  PutBucketRequestPaymentCommand,
  PutBucketWebsiteCommand,
  type ReplicationConfiguration,
  type WebsiteConfiguration,
} from "@aws-sdk/client-s3";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { WireError } from "../wire/types.ts";
import { settingsIn } from "./bucketSettings.ts";
import type { BucketStore } from "./bucketStore.ts";
import { isPublicPolicy } from "./unsignedReads.ts";
import { versioningOf } from "./versions.ts";

/**
 * Features of buckets that the sandbox keeps and returns but, CORS apart, does not act upon: CORS, website, logging, notifications,
 * acceleration, request payment and replication. What cannot be configured answers as an unconfigured bucket does.
 */
export function addBucketFeatures(service: ServiceBuilder, store: BucketStore): void {
  const setting = settingsIn(store);
  const cors = setting<CORSRule[]>("cors", {
    code: "NoSuchCORSConfiguration",
    message: "The CORS configuration does not exist",
  });
  const website = setting<WebsiteConfiguration>("website", {
    code: "NoSuchWebsiteConfiguration",
    message: "The specified bucket does not have a website configuration",
  });
  const replication = setting<ReplicationConfiguration>("replication", {
    code: "ReplicationConfigurationNotFoundError",
    message: "The replication configuration was not found",
  });
  const logging = setting<LoggingEnabled | undefined>("logging", undefined);
  const notification = setting<NotificationConfiguration>("notification", undefined, {});
  const accelerate = setting<GetBucketAccelerateConfigurationCommandOutput["Status"]>("accelerate", undefined);
  const payer = setting<Payer>("requestPayment", undefined, "BucketOwner");

  service
    .on(PutBucketCorsCommand)((i, ctx) => cors.put(i.Bucket, ctx, i.CORSConfiguration?.CORSRules ?? []))
    .on(GetBucketCorsCommand)((i, ctx) => ({ CORSRules: cors.get(i.Bucket, ctx) }))
    .on(DeleteBucketCorsCommand)((i, ctx) => cors.remove(i.Bucket, ctx))
    .on(PutBucketWebsiteCommand)((i, ctx) => website.put(i.Bucket, ctx, i.WebsiteConfiguration!))
    .on(GetBucketWebsiteCommand)((i, ctx) => website.get(i.Bucket, ctx))
    .on(DeleteBucketWebsiteCommand)((i, ctx) => website.remove(i.Bucket, ctx))
    .on(PutBucketReplicationCommand)((i, ctx) => {
      if (versioningOf(store.get(i.Bucket, ctx)) !== "Enabled")
        throw new WireError(
          "InvalidRequest",
          "Versioning must be 'Enabled' on the bucket to apply a replication configuration",
          400,
        );
      return replication.put(i.Bucket, ctx, i.ReplicationConfiguration!);
    })
    .on(GetBucketReplicationCommand)((i, ctx) => ({ ReplicationConfiguration: replication.get(i.Bucket, ctx) }))
    .on(DeleteBucketReplicationCommand)((i, ctx) => replication.remove(i.Bucket, ctx))
    .on(PutBucketLoggingCommand)((i, ctx) => logging.put(i.Bucket, ctx, i.BucketLoggingStatus?.LoggingEnabled))
    .on(GetBucketLoggingCommand)((i, ctx) => ({ LoggingEnabled: logging.get(i.Bucket, ctx) }))
    .on(PutBucketNotificationConfigurationCommand)((i, ctx) =>
      notification.put(i.Bucket, ctx, i.NotificationConfiguration!),
    )
    .on(GetBucketNotificationConfigurationCommand)((i, ctx) => notification.get(i.Bucket, ctx))
    .on(PutBucketAccelerateConfigurationCommand)((i, ctx) => {
      if (i.Bucket?.includes("."))
        throw new WireError(
          "InvalidRequest",
          "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names",
          400,
        );
      return accelerate.put(i.Bucket, ctx, i.AccelerateConfiguration?.Status);
    })
    .on(GetBucketAccelerateConfigurationCommand)((i, ctx) => ({ Status: accelerate.get(i.Bucket, ctx) }))
    .on(PutBucketRequestPaymentCommand)((i, ctx) =>
      payer.put(i.Bucket, ctx, i.RequestPaymentConfiguration?.Payer ?? "BucketOwner"),
    )
    .on(GetBucketRequestPaymentCommand)((i, ctx) => ({ Payer: payer.get(i.Bucket, ctx) }))
    .on(GetBucketPolicyStatusCommand)((i, ctx) => {
      const policy = store.get(i.Bucket, ctx).settings.get("policy");
      if (typeof policy !== "string")
        throw new WireError("NoSuchBucketPolicy", "The bucket policy does not exist", 404, { BucketName: i.Bucket });
      return { PolicyStatus: { IsPublic: isPublicPolicy(policy) } };
    })
    .on(GetObjectLockConfigurationCommand)((i, ctx) => {
    store.get(i.Bucket, ctx);
    throw new WireError(
      "ObjectLockConfigurationNotFoundError",
      "Object Lock configuration does not exist for this bucket",
      404,
      { BucketName: i.Bucket },
    );
  });
}
