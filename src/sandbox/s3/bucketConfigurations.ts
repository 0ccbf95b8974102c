import {
  type AnalyticsConfiguration,
  DeleteBucketAnalyticsConfigurationCommand,
  DeleteBucketIntelligentTieringConfigurationCommand,
  DeleteBucketInventoryConfigurationCommand,
  DeleteBucketMetricsConfigurationCommand,
  GetBucketAnalyticsConfigurationCommand,
  GetBucketIntelligentTieringConfigurationCommand,
  GetBucketInventoryConfigurationCommand,
  GetBucketMetricsConfigurationCommand,
  type IntelligentTieringConfiguration,
  type InventoryConfiguration,
  ListBucketAnalyticsConfigurationsCommand,
  ListBucketIntelligentTieringConfigurationsCommand,
  ListBucketInventoryConfigurationsCommand,
  ListBucketMetricsConfigurationsCommand,
  type MetricsConfiguration,
  PutBucketAnalyticsConfigurationCommand,
  PutBucketIntelligentTieringConfigurationCommand,
  PutBucketInventoryConfigurationCommand,
  PutBucketMetricsConfigurationCommand,
} from "@aws-sdk/client-s3";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { type CallContext, WireError } from "../wire/types.ts";
import type { BucketStore } from "./bucketStore.ts";

/** Configurations on one page of a list (AWS: ListBucketMetricsConfigurations). */
const PAGE = 100;
/** Configurations of one kind that a bucket may have. */
const MOST = 1000;

/**
 * What a bucket may have several of, each with an id: metrics, analytics, inventories and intelligent tiering. They are
 * kept and told; nothing is measured, listed or moved by them.
 */
export function addBucketConfigurations(service: ServiceBuilder, store: BucketStore): void {
  const metrics = configurations<MetricsConfiguration>(store, "metricsConfigurations");
  const analytics = configurations<AnalyticsConfiguration>(store, "analyticsConfigurations");
  const inventory = configurations<InventoryConfiguration>(store, "inventoryConfigurations");
  const tiering = configurations<IntelligentTieringConfiguration>(store, "tieringConfigurations");

  service
    .on(PutBucketMetricsConfigurationCommand)((i, ctx) => metrics.put(i, ctx, i.MetricsConfiguration))
    .on(GetBucketMetricsConfigurationCommand)((i, ctx) => ({ MetricsConfiguration: metrics.get(i, ctx) }))
    .on(DeleteBucketMetricsConfigurationCommand)((i, ctx) => metrics.remove(i, ctx))
    .on(ListBucketMetricsConfigurationsCommand)((i, ctx) => {
      const { items, ...page } = metrics.list(i, ctx);
      return { MetricsConfigurationList: items, ...page };
    })
    .on(PutBucketAnalyticsConfigurationCommand)((i, ctx) => analytics.put(i, ctx, i.AnalyticsConfiguration))
    .on(GetBucketAnalyticsConfigurationCommand)((i, ctx) => ({ AnalyticsConfiguration: analytics.get(i, ctx) }))
    .on(DeleteBucketAnalyticsConfigurationCommand)((i, ctx) => analytics.remove(i, ctx))
    .on(ListBucketAnalyticsConfigurationsCommand)((i, ctx) => {
      const { items, ...page } = analytics.list(i, ctx);
      return { AnalyticsConfigurationList: items, ...page };
    })
    .on(PutBucketInventoryConfigurationCommand)((i, ctx) => inventory.put(i, ctx, i.InventoryConfiguration))
    .on(GetBucketInventoryConfigurationCommand)((i, ctx) => ({ InventoryConfiguration: inventory.get(i, ctx) }))
    .on(DeleteBucketInventoryConfigurationCommand)((i, ctx) => inventory.remove(i, ctx))
    .on(ListBucketInventoryConfigurationsCommand)((i, ctx) => {
      const { items, ...page } = inventory.list(i, ctx);
      return { InventoryConfigurationList: items, ...page };
    })
    .on(PutBucketIntelligentTieringConfigurationCommand)((i, ctx) =>
      tiering.put(i, ctx, i.IntelligentTieringConfiguration),
    )
    .on(GetBucketIntelligentTieringConfigurationCommand)((i, ctx) => ({
      IntelligentTieringConfiguration: tiering.get(i, ctx),
    }))
    .on(DeleteBucketIntelligentTieringConfigurationCommand)((i, ctx) => tiering.remove(i, ctx))
    .on(ListBucketIntelligentTieringConfigurationsCommand)((i, ctx) => {
    const { items, ...page } = tiering.list(i, ctx);
    return { IntelligentTieringConfigurationList: items, ...page };
  });
}

interface Named {
  Bucket?: string;
  Id?: string;
}

/** The configurations of one kind, by id. */
function configurations<T extends { Id: string | undefined }>(store: BucketStore, kind: string) {
  const of = (name: string | undefined, ctx: CallContext): Map<string, T> => {
    const { settings } = store.get(name, ctx);
    let known = settings.get(kind) as Map<string, T> | undefined;
    if (!known) {
      known = new Map();
      settings.set(kind, known);
    }
    return known;
  };
  const missing = () => new WireError("NoSuchConfiguration", "The specified configuration does not exist.", 404);
  return {
    put({ Bucket, Id = "" }: Named, ctx: CallContext, configuration: T | undefined) {
      const known = of(Bucket, ctx);
      if (configuration?.Id !== Id)
        throw new WireError("InvalidArgument", "The id in the URL and in the configuration must be the same.", 400);
      if (!known.has(Id) && known.size >= MOST)
        throw new WireError("TooManyConfigurations", "You have reached the 1,000-configuration limit.", 400);
      known.set(Id, configuration);
      return {};
    },
    get({ Bucket, Id = "" }: Named, ctx: CallContext): T {
      const found = of(Bucket, ctx).get(Id);
      if (!found) throw missing();
      return found;
    },
    remove({ Bucket, Id = "" }: Named, ctx: CallContext) {
      if (!of(Bucket, ctx).delete(Id)) throw missing();
      ctx.status = 204;
      return {};
    },
    list({ Bucket, ContinuationToken }: { Bucket?: string; ContinuationToken?: string }, ctx: CallContext) {
      const all = [...of(Bucket, ctx).values()].sort((a, b) => ((a.Id ?? "") < (b.Id ?? "") ? -1 : 1));
      const page = pageOf(
        all,
        PAGE,
        ContinuationToken,
        () => new WireError("InvalidArgument", "The continuation token provided is incorrect", 400),
      );
      return {
        items: page.items.length ? page.items : undefined,
        IsTruncated: page.nextToken !== undefined,
        ContinuationToken,
        NextContinuationToken: page.nextToken,
      };
    },
  };
}
