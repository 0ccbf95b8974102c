import { watch } from "node:fs";
import path from "node:path";
import * as l10n from "@vscode/l10n";
import { AwsClients, type AwsCredentials } from "../aws/clients.ts";
import {
  type AwsProfile,
  type CredentialPrompts,
  credentialProvider,
  listProfiles as readProfiles,
  sharedFiles,
} from "../aws/credentials.ts";
import { type SsoSettings, signInWithSso, ssoSettings } from "../aws/ssoSignIn.ts";
import { callerIdentity } from "../aws/sts.ts";
import type { Connection, SsoPrompt } from "../domain/connection.ts";
import { OpsError } from "../domain/errors.ts";
import { Emitter } from "./emitter.ts";
import type { SandboxInfo } from "./sandboxProcess.ts";

/** What to connect to. Without a profile the ordinary AWS rules apply. */
export type ConnectRequest =
  | { kind: "aws"; profile?: string; region?: string; endpointUrl?: string }
  | { kind: "sandbox"; sandbox: SandboxInfo };

/** Profiles of the shared AWS files. */
export const listProfiles = (): Promise<AwsProfile[]> => readProfiles();

/** Calls that are under way with clients that were replaced have this long to end. */
const OLD_CLIENTS_MS = 60_000;
/** Editors and `aws configure` write a file in several steps. */
const SETTLED_MS = 300;

/** The current connection and its clients; a change is told to everyone who shows something of the account. */
export class Connections {
  readonly onDidChange = new Emitter<Connection | undefined>();
  private connection: Connection | undefined;
  private awsClients: AwsClients | undefined;
  private request: ConnectRequest | undefined;
  /** Profile of the last attempt to connect, also of one that failed. */
  lastProfile: string | undefined;

  constructor(private readonly prompts: CredentialPrompts = {}) {}

  get current(): Connection | undefined {
    return this.connection;
  }

  /**
   * Signs in and switches over; the old connection stays when that fails.
   * @param prompts how to ask for what is needed, where that is another way than usual
   * @throws OpsError credentials, unreachable, or badInput for an unknown profile or a missing region
   */
  async connect(request: ConnectRequest, prompts = this.prompts): Promise<Connection> {
    this.lastProfile = request.kind === "aws" ? (request.profile ?? process.env.AWS_PROFILE) : undefined;
    const { connection, clients } = await this.signIn(request, prompts);
    this.request = request;
    this.switchTo(connection, clients);
    return connection;
  }

  disconnect(): void {
    this.request = undefined;
    this.switchTo(undefined, undefined);
  }

  /**
   * Follows the shared AWS files: what `aws configure`, an editor or a sign-in elsewhere changes is taken up without a
   * reload. The same principal goes on undisturbed; another one is a change of the connection. While the files give no
   * credentials the old ones stay.
   * @returns a function that ends it
   */
  followSharedFiles(onError: (error: Error) => void = () => {}): () => void {
    let settled: NodeJS.Timeout | undefined;
    const changed = () => {
      clearTimeout(settled);
      settled = setTimeout(() => void this.renew().catch(onError), SETTLED_MS);
    };
    const files = sharedFiles();
    const watchers = [...new Set(files.map((file) => path.dirname(file)))].flatMap((folder) => {
      const isShared = (name: string | null) => name === null || files.includes(path.join(folder, name));
      try {
        return [watch(folder, { persistent: false }, (_, name) => isShared(name) && changed())];
      } catch {
        // Without the folder there is nothing to follow.
        return [];
      }
    });
    return () => {
      clearTimeout(settled);
      for (const watcher of watchers) watcher.close();
    };
  }

  /** How the profile in use signs in with IAM Identity Center; undefined when it does not. */
  async ssoSettings(profile = this.connection?.profile): Promise<SsoSettings | undefined> {
    return profile === undefined ? undefined : ssoSettings(profile);
  }

  /**
   * Signs in with IAM Identity Center; afterwards a call that failed for an expired session can be repeated.
   * @throws OpsError badInput for a profile without SSO, credentials, cancelled
   */
  async signInAgain(profile: string, show: (prompt: SsoPrompt) => void, signal?: AbortSignal): Promise<void> {
    const settings = await ssoSettings(profile);
    if (!settings)
      throw new OpsError("badInput", l10n.t('Profile "{0}" does not sign in with IAM Identity Center.', profile), {
        hint: l10n.t("Renew its credentials where they come from."),
      });
    await signInWithSso(settings, show, { signal });
    if (this.connection?.profile === profile) await this.renew();
  }

  private async signIn(
    request: ConnectRequest,
    prompts = this.prompts,
  ): Promise<{ connection: Connection; clients: AwsClients }> {
    const clients = request.kind === "aws" ? await awsClientsFor(request, prompts) : sandboxClients(request.sandbox);
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
      return { connection, clients };
    } catch (e) {
      clients.destroy();
      throw request.kind === "aws" ? await withoutSession(e, request.profile) : e;
    }
  }

  private async renew(): Promise<void> {
    const { request, connection: before } = this;
    if (request?.kind !== "aws" || !before) return;
    const { connection, clients } = await this.signIn(request);
    if (this.connection !== before) return clients.destroy();
    const isSame = connection.accountId === before.accountId && connection.region === before.region;
    if (!isSame || connection.endpointUrl !== before.endpointUrl) return this.switchTo(connection, clients);
    const old = this.awsClients;
    this.awsClients = clients;
    setTimeout(() => old?.destroy(), OLD_CLIENTS_MS).unref();
  }

  /** @throws OpsError notConnected */
  clients(): AwsClients {
    if (!this.awsClients)
      throw new OpsError("notConnected", l10n.t("Not connected to an AWS account or the sandbox."), {
        hint: l10n.t("Start the sandbox (no account needed), or connect to AWS."),
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

/** What the SDK says of a session that is missing names commands of other programs; here one signs in by a button. */
async function withoutSession(e: unknown, profile: string | undefined): Promise<unknown> {
  if (!(e instanceof OpsError) || e.code !== "credentials" || profile === undefined) return e;
  if (!(e.cause instanceof Error) || !NO_SESSION.has(e.cause.name)) return e;
  const settings = await ssoSettings(profile).catch(() => undefined);
  if (!settings) return e;
  const text = l10n.t('Profile "{0}" has no valid session of IAM Identity Center ({1}).', profile, settings.startUrl);
  return new OpsError("credentials", text, { hint: l10n.t("Sign in, or choose another profile."), cause: e });
}

const NO_SESSION = new Set(["CredentialsProviderError", "TokenProviderError", "UnauthorizedException"]);

async function awsClientsFor(
  request: Extract<ConnectRequest, { kind: "aws" }>,
  prompts: CredentialPrompts,
): Promise<AwsClients> {
  const profileName = request.profile ?? process.env.AWS_PROFILE;
  const profile = (await readProfiles()).find((p) => p.name === (profileName ?? "default"));
  const region = request.region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? profile?.region;
  if (!region)
    throw new OpsError(
      "badInput",
      l10n.t("No region is set{0}.", profileName ? l10n.t(' for profile "{0}"', profileName) : ""),
      {
        hint: l10n.t("Give one with --region, AWS_REGION, or `region` in the profile."),
      },
    );
  if (!/^[a-z]{2}(-[a-z]+)+-\d+$/.test(region))
    throw new OpsError("badInput", l10n.t('"{0}" is not the name of an AWS region.', region), {
      hint: l10n.t("A region looks like us-east-1 or eu-central-1."),
    });
  const endpointUrl = request.endpointUrl ?? process.env.AWS_ENDPOINT_URL ?? profile?.endpointUrl;
  if (endpointUrl !== undefined) assertUrl(endpointUrl);
  const credentials = await credentialProvider({ profile: profileName, region, endpointUrl, ...prompts });
  return new AwsClients({ region, endpointUrl, credentials });
}

function assertUrl(text: string): void {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new OpsError("badInput", l10n.t('The endpoint URL "{0}" is not an http or https URL.', text), {
      hint: l10n.t("An example: http://127.0.0.1:4599."),
    });
}

function sandboxClients(sandbox: SandboxInfo): AwsClients {
  const keys: AwsCredentials = { accessKeyId: sandbox.accessKeyId, secretAccessKey: sandbox.secretAccessKey };
  return new AwsClients({ region: sandbox.region, endpointUrl: sandbox.endpoint, credentials: async () => keys });
}
