import { rmSync } from "node:fs";
import type { Persistent } from "../engine/dataDir.ts";
import { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { serviceInfo } from "../wire/serviceInfo.ts";
import type { WireRequest, WireResponse } from "../wire/types.ts";
import type { ServiceModule, World } from "../world.ts";
import { addAliasOperations } from "./aliases.ts";
import { addEventInvokeOperations } from "./eventInvoke.ts";
import { type FunctionFamily, FunctionStore, type LambdaFunction } from "./functionStore.ts";
import { addFunctionOperations } from "./functions.ts";
import { addUrlOperations, URL_PREFIX } from "./functionUrls.ts";
import { addInvokeOperation } from "./invoke.ts";
import { createCodeRoot, createPool } from "./launch.ts";
import { addLayerOperations, type LayerVersion } from "./layers.ts";
import { addPermissionOperations } from "./permissions.ts";
import { addSettingOperations } from "./settings.ts";
import { serveUrl } from "./urlServer.ts";
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
  addEventInvokeOperations(service, world, store);
  addLayerOperations(service, world, store);
  addSettingOperations(service, store);
  addInvokeOperation(service, world, store);
  addUrlOperations(service, world, store);
  addPermissionOperations(service, store);
  return {
    services: [service],
    persist: persistFunctions(world, store),
    http: { prefix: PREFIX, handle: async (req) => (isCode(req) ? download(store, req) : serveUrl(world, store, req)) },
    async close() {
      const versions = store.all().flatMap((fn) => [fn, ...fn.family.versions.values()]);
      await Promise.all(versions.map(({ pool }) => pool.close()));
      process.off("exit", removeRoot);
      removeRoot();
    },
  };
}

/** Functions with their versions and archives; the code is unpacked anew, and processes start when they are needed. */
function persistFunctions(world: World, store: FunctionStore): Persistent {
  type SavedVersion = Omit<LambdaFunction, "pool" | "code" | "family"> & { zip: Uint8Array };
  type Saved = { head: SavedVersion; versions: SavedVersion[]; family: Omit<FunctionFamily, "versions" | "running"> };
  interface SavedState {
    functions: Saved[];
    layers: (Omit<LayerVersion, "code"> & { zip: Uint8Array })[];
  }
  const plain = ({ pool: _pool, family: _family, code, ...rest }: LambdaFunction): SavedVersion => ({
    ...rest,
    zip: code.zip,
  });
  return {
    name: "lambda",
    save: (): SavedState => ({
      layers: [...store.layers.versions.values()].map(({ code, ...rest }) => ({ ...rest, zip: code.zip })),
      functions: store.all().map((fn): Saved => {
        const { versions, running: _, ...family } = fn.family;
        return { head: plain(fn), versions: [...versions.values()].map(plain), family };
      }),
    }),
    load(saved) {
      // A list of functions alone was saved before there were layers.
      const { functions, layers } = Array.isArray(saved)
        ? { functions: saved as Saved[], layers: [] }
        : (saved as SavedState);
      for (const { zip, ...rest } of layers) store.layers.versions.set(rest.arn, { ...rest, code: store.unpack(zip) });
      for (const { head, versions, family: shared } of functions) {
        const family: FunctionFamily = { ...shared, versions: new Map(), running: 0 };
        const alive = ({ zip, ...rest }: SavedVersion): LambdaFunction => {
          const fn: LambdaFunction = {
            ...rest,
            layers: store.layers.restore(rest.layers),
            family,
            code: store.unpack(zip),
            pool: createPool(world, () => fn),
          };
          return fn;
        };
        store.add(alive(head));
        for (const version of versions) family.versions.set(version.version, alive(version));
      }
    },
  };
}

/** Archives have paths of their own; everything else is a function's URL. */
const isCode = ({ rawPath }: WireRequest) => rawPath.startsWith(PREFIX) && !rawPath.startsWith(URL_PREFIX);

/** The archive behind GetFunction's Code.Location; its digest in the link stands for AWS's signature. */
function download(store: FunctionStore, req: WireRequest): WireResponse {
  const [, region = "", name = ""] = /^\/_aws\/lambda\/code\/([\w-]+)\/([\w-]+)$/.exec(req.rawPath) ?? [];
  const layer = name === "layer" ? store.layers.download(req) : undefined;
  if (layer) return layer;
  const fn = store.find(region, name);
  const digest = req.query.get("sha256")?.[0];
  const found = fn && [fn, ...fn.family.versions.values()].find(({ code }) => code.sha256 === digest);
  if (!found) return { status: 403, headers: { "content-type": "text/plain" }, body: "The link is not valid.\n" };
  return { status: 200, headers: { "content-type": "application/zip" }, body: found.code.zip };
}
