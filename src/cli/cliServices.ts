import type { Connection } from "../domain/connection.ts";
import type { EngineEntry } from "../loadtest/engine.ts";
import { Connections } from "../services/connections.ts";
import { LoadTests } from "../services/loadTests.ts";
import { Predictor } from "../services/predictor.ts";
import { sandboxFromEnvironment } from "../services/sandboxProcess.ts";
import { ScalingExplainer } from "../services/scalingExplainer.ts";
import { StackDeployer } from "../services/stackDeployer.ts";

/** Where the arguments say to connect. */
export interface ConnectionArguments {
  profile?: string;
  region?: string;
  "endpoint-url"?: string;
}

/** The same services as in the editor, constructed for one command. */
export class CliServices {
  readonly connections = new Connections();
  readonly deployer = new StackDeployer(this.connections);
  readonly predictor = new Predictor(this.connections);
  readonly scalingExplainer = new ScalingExplainer(this.connections);
  readonly loadTests: LoadTests;

  constructor(engine: EngineEntry, version: string) {
    this.loadTests = new LoadTests(this.connections, engine, version);
  }

  /** SAGEMAKER_OPS_SANDBOX names a running sandbox; arguments that say where to connect go before it. */
  connect(args: ConnectionArguments): Promise<Connection> {
    const { profile, region } = args;
    const endpointUrl = args["endpoint-url"];
    const sandbox = profile || endpointUrl ? undefined : sandboxFromEnvironment(process.env);
    if (sandbox)
      return this.connections.connect({ kind: "sandbox", sandbox: { ...sandbox, region: region ?? sandbox.region } });
    return this.connections.connect({ kind: "aws", profile, region, endpointUrl });
  }
}
