import { homedir } from "node:os";
import path from "node:path";
import * as l10n from "@vscode/l10n";
import { OpsError } from "../domain/errors.ts";
import type { AwsCredentials } from "./clients.ts";
import { SharedCredentials } from "./sharedCredentials.ts";
import { ssoSettings } from "./ssoSignIn.ts";

/** A profile of the shared AWS files. */
export interface AwsProfile {
  name: string;
  region?: string;
  endpointUrl?: string;
}

/** Where the shared AWS files are, whether or not they exist. */
export function sharedFiles(): string[] {
  const home = path.join(homedir(), ".aws");
  return [
    process.env.AWS_CONFIG_FILE ?? path.join(home, "config"),
    process.env.AWS_SHARED_CREDENTIALS_FILE ?? path.join(home, "credentials"),
  ];
}

/** Profiles of `~/.aws/config` and `~/.aws/credentials`, read anew each time. */
export async function listProfiles(): Promise<AwsProfile[]> {
  const { loadSharedConfigFiles } = await import("@smithy/shared-ini-file-loader");
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ ignoreCache: true });
  const names = new Set([...Object.keys(configFile), ...Object.keys(credentialsFile)]);
  // Other sections of the config file are listed, too, by their kind and name.
  const isProfile = (name: string) => !/^(sso-session|services)\./.test(name);
  return [...names]
    .filter(isProfile)
    .sort()
    .map((name) => ({
      name,
      region: configFile[name]?.region ?? credentialsFile[name]?.region,
      endpointUrl: configFile[name]?.endpoint_url,
    }));
}

/** What a sign-in may have to ask a person. */
export interface CredentialPrompts {
  /** The code of the MFA device with this serial number or ARN, which a profile asks for. */
  mfaCode?(serial: string, profile: string): Promise<string>;
}

/** Where credentials come from. */
export interface CredentialSource extends CredentialPrompts {
  /** Undefined: the default chain (environment, shared files, SSO, process, container and instance roles). */
  profile?: string;
  region: string;
  /** Endpoint of all services when it is not AWS's own; roles are then assumed there. */
  endpointUrl?: string;
}

/**
 * Credentials by the ordinary AWS rules: the profile when one is named (static keys, assumed roles with any source
 * profile, MFA, SSO, process, console login, web identity), otherwise the default chain. One set serves all clients
 * and is fetched again before it expires; shared files are read anew each time.
 * @throws OpsError badInput for a profile that does not exist
 */
export async function credentialProvider(source: CredentialSource): Promise<() => Promise<AwsCredentials>> {
  const { fromIni, fromNodeProviderChain } = await import("@aws-sdk/credential-providers");
  const { profile, region, endpointUrl, mfaCode } = source;
  if (profile !== undefined) {
    const known = await listProfiles();
    if (!known.some((p) => p.name === profile))
      throw new OpsError("badInput", l10n.t('There is no AWS profile named "{0}".', profile), {
        hint: known.length
          ? l10n.t("Known profiles: {0}.", known.map((p) => p.name).join(", "))
          : l10n.t("The shared AWS files have none: run `aws configure`, or start the sandbox."),
      });
  }
  const usesSso = profile !== undefined && (await ssoSettings(profile)) !== undefined;
  const options = {
    ignoreCache: true,
    mfaCodeProvider: mfaCode && ((serial: string) => mfaCode(serial, profile ?? "default")),
    // For the roles that are assumed; SSO has a region of its own, and its portal is AWS's even where others are not.
    parentClientConfig: { region },
    clientConfig: endpointUrl === undefined || usesSso ? undefined : { region, endpoint: endpointUrl },
  };
  // The chain would hide why a profile gives no credentials; a profile says itself where they come from.
  return new SharedCredentials(
    profile === undefined ? fromNodeProviderChain(options) : fromIni({ ...options, profile }),
  ).get;
}
