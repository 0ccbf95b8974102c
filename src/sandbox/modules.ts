import { CALLBACK_PREFIX, type SandboxWorld, type ServiceModule } from "./world.ts";

/** A part of the sandbox that is loaded when something first asks for one of its services. */
interface Part {
  /** Names in the credential scope of requests. */
  signingNames: readonly string[];
  /** Smithy namespaces of the operations that other services call, without `com.amazonaws.`. */
  namespaces: readonly string[];
  /** Unsigned paths that it answers. */
  prefix?: string;
  load(): Promise<ServiceModule[]>;
}

/**
 * Every service of the sandbox, each loaded with its SDK schemas at the first request for it: most sandboxes are asked
 * for a few services only, and one that loads nothing is ready at once.
 */
export class Modules {
  /** Prefixes of unsigned paths. */
  readonly prefixes: readonly string[];
  /** In the order in which saved states are loaded. */
  private readonly parts: readonly Part[];
  private readonly started = new Map<Part, Promise<ServiceModule[]>>();
  private readonly ready = new Set<string>();
  private readonly present: ServiceModule[] = [];

  constructor(
    private readonly world: SandboxWorld,
    private readonly onLoaded: (module: ServiceModule) => void = () => {},
  ) {
    this.parts = partsOf(world);
    this.prefixes = this.parts.flatMap(({ prefix }) => prefix ?? []);
    world.require = (namespace) => this.need((part) => part.namespaces.some((n) => `com.amazonaws.${n}` === namespace));
    // What is logged before anybody has read a log is kept in order behind the loading of the service.
    world.log = (...line) => void this.ofService("logs").then(() => world.log(...line));
  }

  /** What has been loaded so far. */
  get loaded(): readonly ServiceModule[] {
    return this.present;
  }

  /** Whether the requests of a signing name can be answered without waiting. */
  isReady(signingName: string): boolean {
    return this.ready.has(signingName);
  }

  /** Loads the services of a signing name; an unknown one loads nothing. */
  ofService(signingName: string): Promise<void> {
    return this.need((part) => part.signingNames.includes(signingName));
  }

  /** Loads the part that answers an unsigned path. */
  ofPrefix(prefix: string): Promise<void> {
    return this.need((part) => part.prefix === prefix);
  }

  /** Loads everything, in order. */
  async all(): Promise<readonly ServiceModule[]> {
    for (const part of this.parts) await this.start(part);
    return this.present;
  }

  private async need(wanted: (part: Part) => boolean): Promise<void> {
    for (const part of this.parts) if (wanted(part)) await this.start(part);
  }

  private start(part: Part): Promise<ServiceModule[]> {
    let work = this.started.get(part);
    if (!work) {
      work = part.load().then((modules) => {
        for (const module of modules) {
          this.present.push(module);
          this.world.register(module);
          this.onLoaded(module);
        }
        for (const name of part.signingNames) this.ready.add(name);
        return modules;
      });
      this.started.set(part, work);
    }
    return work;
  }
}

function partsOf(world: SandboxWorld): Part[] {
  const one = (signingName: string, namespace: string, load: () => Promise<ServiceModule>, prefix?: string): Part => ({
    signingNames: [signingName],
    namespaces: [namespace],
    prefix,
    load: async () => [await load()],
  });
  return [
    one("sts", "sts", async () => (await import("./sts/sts.ts")).createSts(world)),
    one("iam", "iam", async () => (await import("./iam/iam.ts")).createIam(world)),
    one("s3", "s3", async () => (await import("./s3/s3.ts")).createS3(world)),
    one("logs", "cloudwatchlogs", async () => {
      const logs = (await import("./logs/logs.ts")).createLogs(world);
      world.log = logs.append;
      return logs;
    }),
    {
      // These three know one another: alarms scale, scaling changes endpoints, endpoints are measured.
      signingNames: ["monitoring", "sagemaker", "application-autoscaling"],
      namespaces: ["cloudwatch", "sagemaker", "sagemakerruntime", "applicationautoscaling"],
      async load() {
        const { createCloudWatch } = await import("./cloudwatch/cloudwatch.ts");
        const { createAutoScaling } = await import("./autoscaling/autoscaling.ts");
        const { createSageMaker } = await import("./sagemaker/sagemaker.ts");
        const cloudwatch = createCloudWatch(world);
        const autoscaling = createAutoScaling(world, cloudwatch.alarms);
        const sagemaker = createSageMaker(world, autoscaling.forgetEndpoint);
        return [cloudwatch, cloudwatch.measured, sagemaker, autoscaling];
      },
    },
    one("lambda", "lambda", async () => (await import("./lambda/lambda.ts")).createLambda(world), "/_aws/lambda/"),
    one(
      "apigateway",
      "apigateway",
      async () => (await import("./apigateway/apiGateway.ts")).createApiGateway(world),
      "/_aws/execute-api/",
    ),
    one(
      "amplify",
      "amplify",
      async () => (await import("./amplify/amplify.ts")).createAmplify(world),
      "/_aws/amplify/",
    ),
    one("scheduler", "scheduler", async () => (await import("./scheduler/scheduler.ts")).createScheduler(world)),
    one(
      "cloudformation",
      "cloudformation",
      async () => (await import("./cloudformation/cloudFormation.ts")).createCloudFormation(world),
      CALLBACK_PREFIX,
    ),
  ];
}
