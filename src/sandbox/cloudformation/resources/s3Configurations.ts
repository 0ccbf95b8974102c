import {
  DeleteBucketAnalyticsConfigurationCommand,
  DeleteBucketIntelligentTieringConfigurationCommand,
  DeleteBucketInventoryConfigurationCommand,
  DeleteBucketMetricsConfigurationCommand,
  PutBucketAnalyticsConfigurationCommand,
  PutBucketIntelligentTieringConfigurationCommand,
  PutBucketInventoryConfigurationCommand,
  PutBucketMetricsConfigurationCommand,
} from "@aws-sdk/client-s3";
import { isMap, sameValue, type Value, type ValueMap } from "../template/value.ts";
import type { ResourceContext } from "./handler.ts";
import { maps, text, toInput, without } from "./properties.ts";

/** How one kind of a bucket's configurations is put and taken away. */
interface Kind {
  put(Bucket: string, configuration: ValueMap, ctx: ResourceContext): Promise<unknown>;
  remove(Bucket: string, Id: string, ctx: ResourceContext): Promise<unknown>;
}

/** Lists of AWS::S3::Bucket whose entries have an id each. */
const KINDS: Readonly<Record<string, Kind>> = {
  AnalyticsConfigurations: {
    put: (Bucket, configuration, ctx) =>
      ctx.call(
        PutBucketAnalyticsConfigurationCommand,
        toInput(PutBucketAnalyticsConfigurationCommand, {
          Bucket,
          Id: text(configuration, "Id"),
          AnalyticsConfiguration: analytics(filtered(configuration)),
        }),
      ),
    remove: (Bucket, Id, ctx) => ctx.call(DeleteBucketAnalyticsConfigurationCommand, { Bucket, Id }),
  },
  IntelligentTieringConfigurations: {
    put: (Bucket, configuration, ctx) =>
      ctx.call(
        PutBucketIntelligentTieringConfigurationCommand,
        toInput(PutBucketIntelligentTieringConfigurationCommand, {
          Bucket,
          Id: text(configuration, "Id"),
          IntelligentTieringConfiguration: filtered(configuration),
        }),
      ),
    remove: (Bucket, Id, ctx) => ctx.call(DeleteBucketIntelligentTieringConfigurationCommand, { Bucket, Id }),
  },
  InventoryConfigurations: {
    put: (Bucket, configuration, ctx) =>
      ctx.call(
        PutBucketInventoryConfigurationCommand,
        toInput(PutBucketInventoryConfigurationCommand, {
          Bucket,
          Id: text(configuration, "Id"),
          InventoryConfiguration: inventory(configuration),
        }),
      ),
    remove: (Bucket, Id, ctx) => ctx.call(DeleteBucketInventoryConfigurationCommand, { Bucket, Id }),
  },
  MetricsConfigurations: {
    put: (Bucket, configuration, ctx) =>
      ctx.call(
        PutBucketMetricsConfigurationCommand,
        toInput(PutBucketMetricsConfigurationCommand, {
          Bucket,
          Id: text(configuration, "Id"),
          MetricsConfiguration: filtered(configuration),
        }),
      ),
    remove: (Bucket, Id, ctx) => ctx.call(DeleteBucketMetricsConfigurationCommand, { Bucket, Id }),
  },
};

/** Names of the properties that these are. */
export const CONFIGURATION_LISTS: readonly string[] = Object.keys(KINDS);

/** Puts what is new or changed, and takes away what the template no longer has. */
export async function putConfigurations(
  Bucket: string,
  properties: ValueMap,
  previous: ValueMap,
  ctx: ResourceContext,
): Promise<void> {
  for (const [name, kind] of Object.entries(KINDS)) {
    const before = new Map(maps(previous, name).map((one) => [text(one, "Id"), one]));
    for (const one of maps(properties, name)) {
      const id = text(one, "Id");
      if (!sameValue(before.get(id), one)) await kind.put(Bucket, one, ctx);
      before.delete(id);
    }
    for (const id of before.keys()) await kind.remove(Bucket, id, ctx);
  }
}

/** Templates write the filter flat: a prefix and tags. */
function filtered(configuration: ValueMap): ValueMap {
  const { Prefix, TagFilters, AccessPointArn, ...rest } = configuration;
  const tags = maps({ TagFilters: TagFilters ?? [] }, "TagFilters");
  const parts: Value[] = [
    ...(Prefix === undefined ? [] : [{ Prefix }]),
    ...(AccessPointArn === undefined ? [] : [{ AccessPointArn }]),
    ...tags.map((Tag) => ({ Tag })),
  ];
  if (parts.length === 0) return rest;
  const and = {
    ...(Prefix !== undefined && { Prefix }),
    ...(AccessPointArn !== undefined && { AccessPointArn }),
    Tags: tags,
  };
  return { ...rest, Filter: parts.length === 1 ? parts[0]! : { And: and } };
}

/** A destination's bucket is named by its ARN in both, under another name. */
function destination(value: Value | undefined): ValueMap {
  if (!isMap(value)) return {};
  const { BucketArn, BucketAccountId, ...rest } = value;
  return { ...rest, Bucket: BucketArn ?? "", ...(BucketAccountId !== undefined && { AccountId: BucketAccountId }) };
}

function analytics(configuration: ValueMap): ValueMap {
  const { StorageClassAnalysis, ...rest } = configuration;
  const exported = isMap(StorageClassAnalysis) ? StorageClassAnalysis.DataExport : undefined;
  if (!isMap(exported)) return { ...rest, StorageClassAnalysis: {} };
  const { AccountId: BucketAccountId, ...bucket } = destination(exported.Destination);
  const S3BucketDestination = { ...bucket, ...(BucketAccountId !== undefined && { BucketAccountId }) };
  return {
    ...rest,
    StorageClassAnalysis: { DataExport: { ...exported, Destination: { S3BucketDestination } } },
  };
}

function inventory(configuration: ValueMap): ValueMap {
  const { Enabled, Prefix, ScheduleFrequency, Destination, ...rest } = configuration;
  return {
    ...without(rest, "TagFilters"),
    IsEnabled: Enabled ?? false,
    Schedule: { Frequency: ScheduleFrequency ?? "" },
    Destination: { S3BucketDestination: destination(Destination) },
    ...(Prefix !== undefined && { Filter: { Prefix } }),
  };
}
