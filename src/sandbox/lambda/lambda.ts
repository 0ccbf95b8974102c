import { rmSync } from "node:fs";
import type { Persistent } from "../engine/dataDir.ts";
import { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { serviceInfo } from "../wire/serviceInfo.ts";
import type { WireRequest, WireResponse } from "../wire/types.ts";
import type { ServiceModule, World } from "../world.ts";
import { addAliasOperations } from "./aliases.ts";
import { FunctionStore, type LambdaFunction } from "./functionStore.ts";
import { addFunctionOperations } from "./functions.ts";
import { addInvokeOperation } from "./invoke.ts";
import { createCodeRoot, createPool } from "./launch.ts";
import { addPermissionOperations } from "./permissions.ts";
import { addSettingOperations } from "./settings.ts";
import { addVersionOperations } from "./versions.ts";

const PREFIX = "/_aws/lambda/";

/** Lambda: functions whose uploaded code runs in processes of this machine. */
export function createLambda(world: World): ServiceModule {
  let root: string | undefined;
  const store = new FunctionStore(world, () => {
    if (root === undefined) {
      root = createCodeRoot();
      // An end without close() must not leave users' code behind either.
      process.once("exit", removeRoot);
    }
    return root;
  });
  const removeRoot = () => {
    if (root !== undefined) rmSync(root, { recursive: true, force: true });
  };
  const service = new ServiceBuilder(serviceInfo.lambda);
  addFunctionOperations(service, world, store);
  addVersionOperations(service, world, store);
  addAliasOperations(service, store);
  addSettingOperations(service, store);
  addInvokeOperation(service, world, store);
  addPermissionOperations(service, store);
  return {
    services: [service],
    persist: persistFunctions(world, store),
    http: { prefix: PREFIX, handle: async (req) => download(store, req) },
    async close() {
      const versions = store.all().flatMap((fn) => [fn, ...fn.family.versions.values()]);
      await Promise.all(versions.map(({ pool }) => pool.close()));
      process.off("exit", removeRoot);
      removeRoot();
    },
  };
}

/** Functions with their archives; the code is unpacked anew, and processes start when they are needed. */
function persistFunctions(world: World, store: FunctionStore): Persistent {
  type Saved = Omit<LambdaFunction, "pool" | "code"> & { zip: Uint8Array };
  return {
    name: "lambda",
    save: () => store.all().map(({ pool: _, code, ...rest }): Saved => ({ ...rest, zip: code.zip })),
    load(saved) {
      for (const { zip, ...rest } of saved as Saved[]) {
        const fn: LambdaFunction = { ...rest, code: store.unpack(zip), pool: createPool(world, () => fn) };
        store.add(fn);
      }
    },
  };
}

/** The archive behind GetFunction's Code.Location; its digest in the link stands for AWS's signature. */
function download(store: FunctionStore, req: WireRequest): WireResponse {
  const [, region = "", name = ""] = /^\/_aws\/lambda\/code\/([\w-]+)\/([\w-]+)$/.exec(req.rawPath) ?? [];
  const fn = store.find(region, name);
  const digest = req.query.get("sha256")?.[0];
  const found = fn && [fn, ...fn.family.versions.values()].find(({ code }) => code.sha256 === digest);
  if (!found) return { status: 403, headers: { "content-type": "text/plain" }, body: "The link is not valid.\n" };
  return { status: 200, headers: { "content-type": "application/zip" }, body: found.code.zip };
}
