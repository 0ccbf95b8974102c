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
    http: {
      prefix: HOSTING_PREFIX,
      handle: async (req) => (req.rawPath.startsWith(UPLOAD_PREFIX) ? deployments.upload(req) : host(req)),
    },
  };
}
