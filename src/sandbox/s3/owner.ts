import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { WireError } from "../wire/types.ts";
import type { BucketStore } from "./bucketStore.ts";

/**
 * Holds every operation to the bucket owner that its caller expects (Amazon S3 user guide, "Verifying bucket ownership
 * with bucket owner condition"). To be called when all operations are there.
 */
export function checkExpectedOwners(service: ServiceBuilder, store: BucketStore): void {
  for (const [name, { schema, handler }] of service.operations)
    service.operations.set(name, {
      schema,
      handler: (input, ctx) => {
        const { Bucket, ExpectedBucketOwner: owner } = input as { Bucket?: string; ExpectedBucketOwner?: string };
        if (owner !== undefined && !/^\d{12}$/.test(owner))
          throw new WireError(
            "InvalidBucketOwnerAWSAccountID",
            `The value of the expected bucket owner parameter must be an AWS Account ID... [${owner}]`,
          );
        if (owner !== undefined && owner !== ctx.accountId && store.buckets.has(Bucket ?? ""))
          throw new WireError("AccessDenied", "Access Denied", 403);
        return handler(input, ctx);
      },
    });
}
