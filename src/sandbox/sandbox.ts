import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { answerControl, type ControlState } from "./control.ts";
import { createClock, isStepped } from "./engine/clock.ts";
import { DataDir } from "./engine/dataDir.ts";
import { Faults } from "./faults.ts";
import { Modules } from "./modules.ts";
import { Persistence } from "./persistence.ts";
import constraints from "./wire/constraints.json" with { type: "json" };
import { type AuthMode, Dispatcher } from "./wire/dispatcher.ts";
import { listen } from "./wire/httpServer.ts";
import type { ServiceBuilder } from "./wire/serviceBuilder.ts";
import { assertScope, parseScope, verifySignature } from "./wire/sigv4.ts";
import type { WireRequest, WireResponse } from "./wire/types.ts";
import type { Constraints } from "./wire/validation.ts";
import { SandboxWorld } from "./world.ts";

/** How to start a sandbox; every field has a default. */
export interface SandboxOptions {
  /** 0 takes a free port. */
  port?: number;
  /** Simulated durations pass this many times faster; 0 is instant. Default 30. */
  timeScale?: number;
  auth?: AuthMode;
  accountId?: string;
  region?: string;
  accessKeyId?: string;
  secretAccessKey?: string;
  /** Of everything that is simulated by chance; default 1. */
  seed?: number;
  /** Everything that was created is kept there and is there again after a restart; in memory only when absent. */
  dataDir?: string;
}

/** A running sandbox and what a client needs to reach it. */
export interface Sandbox {
  endpoint: string;
  region: string;
  accountId: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Bearer token of the control API under `/_sandbox/`. */
  controlToken: string;
  close(): Promise<void>;
}

const DEFAULT_ACCOUNT = "123456789012";

/**
 * Starts the local AWS in this process.
 * @throws the error of `listen`, e.g. EADDRINUSE; DataDirError when another sandbox uses the data directory
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const clock = createClock(options.timeScale ?? 30);
  const region = options.region ?? "us-east-1";
  const accountId = options.accountId ?? DEFAULT_ACCOUNT;
  const accessKeyId = options.accessKeyId ?? "AKIASANDBOX000000000";
  const dataDir = options.dataDir === undefined ? undefined : DataDir.open(options.dataDir);
  const secretAccessKey = options.secretAccessKey ?? ownSecret(dataDir);
  const auth = options.auth ?? "sigv4";
  const controlToken = randomBytes(24).toString("base64url");
  const faults = new Faults();
  let world: SandboxWorld;
  let modules: Modules;
  let dispatcher: Dispatcher;
  let persistence: Persistence | undefined;
  let url = "";

  const build = async () => {
    world = new SandboxWorld(accountId, clock, constraints as unknown as Record<string, Constraints>, options.seed);
    world.setBaseUrl(url);
    world.addCredential(accessKeyId, { secretAccessKey, principalArn: world.rootArn });
    const commit = (service: ServiceBuilder) => {
      if (!persistence) return;
      world.touch(service);
      persistence.commitTouched();
    };
    const loading = new Modules(world, (module) => dispatcher.register(module.services));
    modules = loading;
    dispatcher = new Dispatcher(world, auth, faults, commit, () => loading);
    world.request = (req, signingName, caller) =>
      dispatcher.handleFor(req, signingName, caller.region, caller.principalArn ?? world.rootArn);
    world.authenticate = (req, signingName) => signerOf(world, auth, req, signingName);
    // What was kept is at work from the start: endpoints, alarms, schedules.
    persistence = dataDir && new Persistence(dataDir, world, await modules.all());
  };
  const closeModules = () => {
    persistence?.close();
    return Promise.all(modules.loaded.map((m) => m.close?.()));
  };

  const state: ControlState = {
    token: controlToken,
    faults,
    calls: () => world.calls,
    step: isStepped(clock) ? (seconds) => clock.step(seconds * 1000) : undefined,
    describe: () => ({ endpoint: url, region, accountId, timeScale: clock.timeScale, now: clock.now() }),
    reset: async () => {
      await closeModules();
      faults.clear();
      await build();
      persistence?.commitAll();
    },
  };

  const handle = async (req: WireRequest): Promise<WireResponse> => {
    if (req.rawPath.startsWith("/_sandbox/")) return answerControl(state, req);
    const prefix = modules.prefixes.find((item) => ownsRequest(item, req));
    if (prefix !== undefined) {
      await modules.ofPrefix(prefix);
      const http = modules.loaded.find((module) => module.http?.prefix === prefix)?.http;
      if (http) return http.handle(req);
    }
    return dispatcher.handle(req);
  };

  await build();
  await (persistence as Persistence | undefined)?.load();
  const server = await listen(handle, options.port ?? 0).catch((e: unknown) => {
    dataDir?.close();
    throw e;
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  world!.setBaseUrl(url);
  return {
    endpoint: url,
    region,
    accountId,
    accessKeyId,
    secretAccessKey,
    controlToken,
    async close() {
      server.close();
      server.closeAllConnections();
      await closeModules();
      dataDir?.close();
    },
  };
}

/** Who signed a request of a deployed API or a function's URL. @throws WireError */
function signerOf(world: SandboxWorld, auth: AuthMode, req: WireRequest, signingName: string) {
  const scope = parseScope(req);
  const accessKeyId = scope?.accessKeyId ?? "";
  if (auth === "none") return { accessKeyId, principalArn: world.secretOf(accessKeyId)?.principalArn ?? world.rootArn };
  assertScope(req, scope, signingName);
  return { accessKeyId, principalArn: verifySignature(req, scope, world.secretOf, Date.now()).principalArn };
}

/** The sandbox's own secret: a new one each time, but with a data directory the one that clients already know. */
function ownSecret(dataDir: DataDir | undefined): string {
  const known = dataDir?.stateOf("secret");
  if (typeof known === "string") return known;
  const secret = randomBytes(30).toString("base64url");
  dataDir?.commit([["secret", secret]]);
  return secret;
}

const PREFIX_OF_HOST: Record<string, string> = {
  "execute-api": "/_aws/execute-api/",
  amplifyapp: "/_aws/amplify/",
  "lambda-url": "/_aws/lambda/",
};

/** Hosts of the AWS form (`{api}.execute-api.localhost`) are served like their path form. */
function ownsRequest(prefix: string, req: WireRequest): boolean {
  if (req.rawPath.startsWith(prefix)) return true;
  const family = /\.(execute-api|amplifyapp|lambda-url)(?:\.[\w-]+)?\.localhost(:\d+)?$/i.exec(
    req.headers.host ?? "",
  )?.[1];
  return family !== undefined && prefix === PREFIX_OF_HOST[family.toLowerCase()];
}
