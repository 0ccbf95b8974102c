import { persistMap } from "../engine/dataDir.ts";
import { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { serviceInfo } from "../wire/serviceInfo.ts";
import type { ServiceModule, World } from "../world.ts";
import { isBrowserForm, uploadForm } from "./browserUpload.ts";
import { addAclOperations } from "./bucketAcl.ts";
import { addBucketConfigurations } from "./bucketConfigurations.ts";
import { addBucketFeatures } from "./bucketFeatures.ts";
import { addBucketSettings } from "./bucketSettings.ts";
import { BucketStore } from "./bucketStore.ts";
import { addBucketOperations } from "./buckets.ts";
import { addCopyOperations } from "./copying.ts";
import { preflight, sharing } from "./cors.ts";
import { addListOperations } from "./listing.ts";
import { addMultipartOperations } from "./multipart.ts";
import { addObjectOperations } from "./objects.ts";
import { checkExpectedOwners } from "./owner.ts";
import { addTaggingOperations } from "./tagging.ts";
import { openBucket } from "./unsignedReads.ts";
import { addVersionListing } from "./versionListing.ts";

/** Where all of the sandbox's clients are. */
const LOOPBACK = "127.0.0.1";

/** Simple Storage Service: buckets and objects. */
export function createS3(world: World): ServiceModule {
  const store = new BucketStore();
  const service = new ServiceBuilder(serviceInfo.s3);
  addBucketOperations(service, world, store);
  addBucketSettings(service, store);
  addBucketFeatures(service, store);
  addBucketConfigurations(service, store);
  addAclOperations(service, world, store);
  addObjectOperations(service, world, store);
  addTaggingOperations(service, store);
  addCopyOperations(service, world, store);
  addListOperations(service, world, store);
  addVersionListing(service, world, store);
  addMultipartOperations(service, world, store);
  checkExpectedOwners(service, store);
  service.unsignedRegion = (req) => openBucket(store, req, LOOPBACK)?.region;
  service.preflight = (req) => preflight(store, req);
  service.sharing = (req) => sharing(store, req);
  service.form = (req, secretOf) => (isBrowserForm(req) ? uploadForm(world, store, req, secretOf) : undefined);
  return { services: [service], persist: persistMap("s3", store.buckets) };
}
