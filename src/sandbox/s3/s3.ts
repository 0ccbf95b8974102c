import { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { serviceInfo } from "../wire/serviceInfo.ts";
import type { ServiceModule, World } from "../world.ts";
import { addBucketSettings } from "./bucketSettings.ts";
import { BucketStore } from "./bucketStore.ts";
import { addBucketOperations } from "./buckets.ts";
import { addListOperations } from "./listing.ts";
import { addMultipartOperations } from "./multipart.ts";
import { addObjectOperations } from "./objects.ts";

/** Simple Storage Service: buckets and objects in memory. */
export function createS3(world: World): ServiceModule {
  const store = new BucketStore();
  const service = new ServiceBuilder(serviceInfo.s3);
  addBucketOperations(service, world, store);
  addBucketSettings(service, store);
  addObjectOperations(service, world, store);
  addListOperations(service, world, store);
  addMultipartOperations(service, world, store);
  return { services: [service] };
}
