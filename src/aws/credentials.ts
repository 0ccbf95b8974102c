import { OpsError } from "../domain/errors.ts";
import type { AwsCredentials } from "./clients.ts";

/** A profile of the shared AWS files. */
export interface AwsProfile {
  name: string;
  region?: string;
  endpointUrl?: string;
}

/** Profiles of `~/.aws/config` and `~/.aws/credentials`, read anew each time. */
export async function listProfiles(): Promise<AwsProfile[]> {
  const { loadSharedConfigFiles } = await import("@smithy/shared-ini-file-loader");
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ ignoreCache: true });
  const names = new Set([...Object.keys(configFile), ...Object.keys(credentialsFile)]);
  return [...names].sort().map((name) => ({
    name,
    region: configFile[name]?.region ?? credentialsFile[name]?.region,
    endpointUrl: configFile[name]?.endpoint_url,
  }));
}

/**
 * Credentials by the ordinary AWS rules: the profile when one is named, otherwise environment, shared files, SSO,
 * process, container and instance roles. They are kept in memory by the SDK and fetched again before they expire.
 * @throws OpsError badInput for a profile that does not exist
 */
export async function credentialProvider(profile: string | undefined): Promise<() => Promise<AwsCredentials>> {
  const { fromIni, fromNodeProviderChain } = await import("@aws-sdk/credential-providers");
  if (profile !== undefined) {
    const known = await listProfiles();
    if (!known.some((p) => p.name === profile))
      throw new OpsError("badInput", `There is no AWS profile named "${profile}".`, {
        hint: known.length
          ? `Known profiles: ${known.map((p) => p.name).join(", ")}.`
          : "The shared AWS files have none: run `aws configure`, or start the sandbox.",
      });
  }
  // The chain would hide why a profile gives no credentials; a profile says itself where they come from.
  return profile === undefined ? fromNodeProviderChain({ ignoreCache: true }) : fromIni({ profile, ignoreCache: true });
}
