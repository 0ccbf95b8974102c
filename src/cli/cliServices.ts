import type { Connection } from "../domain/connection.ts";
import type { Project } from "../domain/project.ts";
import type { EngineEntry } from "../loadtest/engine.ts";
import { Connections } from "../services/connections.ts";
import { LoadTests } from "../services/loadTests.ts";
import { Predictor } from "../services/predictor.ts";
import { sandboxFromEnvironment } from "../services/sandboxProcess.ts";
import { ScalingExplainer } from "../services/scalingExplainer.ts";
import { StackDeployer } from "../services/stackDeployer.ts";
import { TargetFinder } from "../services/targetFinder.ts";
import { askForMfaCode } from "./output.ts";

/** Where the arguments say to connect. */
export interface ConnectionArguments {
  profile?: string;
  region?: string;
  "endpoint-url"?: string;
}

/** The same services as in the editor, constructed for one command. */
export class CliServices {
  readonly connections = new Connections({ mfaCode: askForMfaCode });
  readonly deployer = new StackDeployer(this.connections);
  readonly predictor = new Predictor(this.connections);
  readonly scalingExplainer = new ScalingExplainer(this.connections);
  readonly loadTests: LoadTests;
  readonly targetFinder: TargetFinder;

  constructor(engine: EngineEntry, version: string) {
    this.loadTests = new LoadTests(this.connections, engine, version);
    this.targetFinder = new TargetFinder(this.connections, engine);
  }

  /**
   * Arguments that say where to connect go first, then SAGEMAKER_OPS_SANDBOX, which names a running sandbox, then what
   * the project pins, then the ordinary AWS rules.
   */
  connect(args: ConnectionArguments, project?: Pick<Project, "profile" | "region">): Promise<Connection> {
    const { profile, region } = args;
    const endpointUrl = args["endpoint-url"];
    const sandbox = profile || endpointUrl ? undefined : sandboxFromEnvironment(process.env);
    if (sandbox)
      return this.connections.connect({
        kind: "sandbox",
        sandbox: { ...sandbox, region: region ?? project?.region ?? sandbox.region },
      });
    return this.connections.connect({
      kind: "aws",
      profile: profile ?? project?.profile,
      region: region ?? project?.region,
      endpointUrl,
    });
  }
}
