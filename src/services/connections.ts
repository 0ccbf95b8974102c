import { AwsClients, type AwsCredentials } from "../aws/clients.ts";
import { type AwsProfile, credentialProvider, listProfiles as readProfiles } from "../aws/credentials.ts";
import { callerIdentity } from "../aws/sts.ts";
import type { Connection } from "../domain/connection.ts";
import { OpsError } from "../domain/errors.ts";
import { Emitter } from "./emitter.ts";
import type { SandboxInfo } from "./sandboxProcess.ts";

/** What to connect to. Without a profile the ordinary AWS rules apply. */
export type ConnectRequest =
  | { kind: "aws"; profile?: string; region?: string; endpointUrl?: string }
  | { kind: "sandbox"; sandbox: SandboxInfo };

/** Profiles of the shared AWS files. */
export const listProfiles = (): Promise<AwsProfile[]> => readProfiles();

/** The current connection and its clients; a change is told to everyone who shows something of the account. */
export class Connections {
  readonly onDidChange = new Emitter<Connection | undefined>();
  private connection: Connection | undefined;
  private awsClients: AwsClients | undefined;

  get current(): Connection | undefined {
    return this.connection;
  }

  /**
   * Signs in and switches over; the old connection stays when that fails.
   * @throws OpsError credentials, unreachable, or badInput for an unknown profile or a missing region
   */
  async connect(request: ConnectRequest): Promise<Connection> {
    const clients = request.kind === "aws" ? await awsClientsFor(request) : sandboxClients(request.sandbox);
    try {
      const identity = await callerIdentity(clients);
      const connection: Connection = {
        kind: request.kind,
        accountId: identity.accountId,
        principalArn: identity.arn,
        region: clients.region,
        profile: request.kind === "aws" ? request.profile : undefined,
        endpointUrl: clients.settings.endpointUrl,
        timeScale: request.kind === "sandbox" ? request.sandbox.timeScale : 1,
      };
      this.switchTo(connection, clients);
      return connection;
    } catch (e) {
      clients.destroy();
      throw e;
    }
  }

  disconnect(): void {
    this.switchTo(undefined, undefined);
  }

  /** @throws OpsError notConnected */
  clients(): AwsClients {
    if (!this.awsClients)
      throw new OpsError("notConnected", "Not connected to an AWS account or the sandbox.", {
        hint: "Start the sandbox (no account needed), or connect to AWS.",
      });
    return this.awsClients;
  }

  /** @throws OpsError notConnected */
  required(): Connection {
    this.clients();
    return this.connection as Connection;
  }

  private switchTo(connection: Connection | undefined, clients: AwsClients | undefined): void {
    const old = this.awsClients;
    this.connection = connection;
    this.awsClients = clients;
    this.onDidChange.fire(connection);
    old?.destroy();
  }
}

async function awsClientsFor(request: Extract<ConnectRequest, { kind: "aws" }>): Promise<AwsClients> {
  const profileName = request.profile ?? process.env.AWS_PROFILE;
  const profile = (await readProfiles()).find((p) => p.name === (profileName ?? "default"));
  const region = request.region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? profile?.region;
  if (!region)
    throw new OpsError("badInput", `No region is set${profileName ? ` for profile "${profileName}"` : ""}.`, {
      hint: "Give one with --region, AWS_REGION, or `region` in the profile.",
    });
  if (!/^[a-z]{2}(-[a-z]+)+-\d+$/.test(region))
    throw new OpsError("badInput", `"${region}" is not the name of an AWS region.`, {
      hint: "A region looks like us-east-1 or eu-central-1.",
    });
  const endpointUrl = request.endpointUrl ?? process.env.AWS_ENDPOINT_URL ?? profile?.endpointUrl;
  if (endpointUrl !== undefined) assertUrl(endpointUrl);
  return new AwsClients({ region, endpointUrl, credentials: await credentialProvider(profileName) });
}

function assertUrl(text: string): void {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new OpsError("badInput", `The endpoint URL "${text}" is not an http or https URL.`, {
      hint: "An example: http://127.0.0.1:4599.",
    });
}

function sandboxClients(sandbox: SandboxInfo): AwsClients {
  const keys: AwsCredentials = { accessKeyId: sandbox.accessKeyId, secretAccessKey: sandbox.secretAccessKey };
  return new AwsClients({ region: sandbox.region, endpointUrl: sandbox.endpoint, credentials: async () => keys });
}
