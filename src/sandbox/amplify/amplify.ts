import { persistMap } from "../engine/dataDir.ts";
import { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { serviceInfo } from "../wire/serviceInfo.ts";
import type { ServiceModule, World } from "../world.ts";
import { AppStore } from "./appStore.ts";
import { addAppOperations } from "./apps.ts";
import { addDeploymentOperations, UPLOAD_PREFIX } from "./deployments.ts";
import { createHosting, HOSTING_PREFIX } from "./hosting.ts";

/** Amplify Hosting of manually deployed sites, under `/_aws/amplify/` and `*.amplifyapp.localhost`. */
export function createAmplify(world: World): ServiceModule {
  const store = new AppStore();
  const service = new ServiceBuilder(serviceInfo.amplify);
  addAppOperations(service, world, store);
  const deployments = addDeploymentOperations(service, world, store);
  const host = createHosting(store);
  return {
    services: [service],
    persist: {
      ...persistMap("amplify", store.apps),
      load(saved) {
        persistMap("amplify", store.apps).load(saved);
        failInterruptedJobs(store);
      },
    },
    http: {
      prefix: HOSTING_PREFIX,
      handle: async (req) => (req.rawPath.startsWith(UPLOAD_PREFIX) ? deployments.upload(req) : host(req)),
    },
  };
}

/** A job that the sandbox's end interrupted has failed: it can be started anew. */
function failInterruptedJobs(store: AppStore): void {
  for (const app of store.apps.values())
    for (const branch of app.branches.values())
      for (const job of branch.jobs.values())
        if (job.status === "RUNNING" || job.status === "PROVISIONING") {
          job.status = "FAILED";
          job.statusReason = "The sandbox was stopped during the job.";
        }
}
