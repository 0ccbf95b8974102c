import { createHash } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as l10n from "@vscode/l10n";
import type { SsoPrompt } from "../domain/connection.ts";
import { OpsError } from "../domain/errors.ts";
import { withAwsErrors } from "./awsError.ts";

/** What a profile says about IAM Identity Center; `session` names its `[sso-session]` section. */
export interface SsoSettings {
  startUrl: string;
  region: string;
  session?: string;
  scopes: string[];
}

const GRANT = "urn:ietf:params:oauth:grant-type:device_code";
const CLIENT_NAME = "sagemaker-endpoint-ops";

/** SSO settings of a profile, or of the profile that its roles start from; undefined when it does not use SSO. */
export async function ssoSettings(profileName: string): Promise<SsoSettings | undefined> {
  const { loadSharedConfigFiles, loadSsoSessionData } = await import("@smithy/shared-ini-file-loader");
  const [{ configFile, credentialsFile }, sessions] = await Promise.all([
    loadSharedConfigFiles({ ignoreCache: true }),
    loadSsoSessionData(),
  ]);
  const seen = new Set<string>();
  for (let name: string | undefined = profileName; name !== undefined && !seen.has(name); ) {
    seen.add(name);
    const profile: Record<string, string | undefined> = { ...credentialsFile[name], ...configFile[name] };
    const session = profile.sso_session;
    const from: Record<string, string | undefined> = (session && sessions[session]) || profile;
    if (from.sso_start_url && from.sso_region) {
      const scopes = (from.sso_registration_scopes ?? "sso:account:access").split(",").map((scope) => scope.trim());
      return { startUrl: from.sso_start_url, region: from.sso_region, session, scopes };
    }
    name = profile.source_profile;
  }
  return undefined;
}

/**
 * Signs in by the device authorization grant (RFC 8628): the browser may be on another machine than the extension, as
 * with Remote-SSH, containers and code-server, where a redirect to a loopback port would go astray. The token goes to
 * the cache that the SDK and the AWS CLI read (`~/.aws/sso/cache`), readable by its owner only.
 * @param show is given what to do in the browser; must not wait for it
 * @param endpoint of the OIDC service when it is not AWS's own
 * @throws OpsError credentials when the user refuses or the time is over; cancelled
 */
export async function signInWithSso(
  settings: SsoSettings,
  show: (prompt: SsoPrompt) => void,
  options: { signal?: AbortSignal; endpoint?: string } = {},
): Promise<void> {
  const { signal, endpoint } = options;
  const { CreateTokenCommand, RegisterClientCommand, SSOOIDCClient, StartDeviceAuthorizationCommand } = await import(
    "@aws-sdk/client-sso-oidc"
  );
  const client = new SSOOIDCClient({ region: settings.region, endpoint });
  const context = { action: l10n.t("sign in to {0}", settings.startUrl), region: settings.region };
  const abort = { abortSignal: signal };
  try {
    await withAwsErrors(context, async () => {
      const registration = await client.send(
        new RegisterClientCommand({
          clientName: CLIENT_NAME,
          clientType: "public",
          scopes: settings.session === undefined ? undefined : settings.scopes,
          grantTypes: [GRANT, "refresh_token"],
        }),
        abort,
      );
      const { clientId, clientSecret } = registration;
      const device = await client.send(
        new StartDeviceAuthorizationCommand({ clientId, clientSecret, startUrl: settings.startUrl }),
        abort,
      );
      const expiresAtMs = Date.now() + (device.expiresIn ?? 600) * 1000;
      show({
        url: device.verificationUriComplete ?? device.verificationUri ?? settings.startUrl,
        code: device.userCode ?? "",
        expiresAtMs,
      });
      let intervalMs = (device.interval ?? 5) * 1000;
      while (Date.now() < expiresAtMs) {
        await sleep(intervalMs, undefined, { signal });
        try {
          const token = await client.send(
            new CreateTokenCommand({ clientId, clientSecret, grantType: GRANT, deviceCode: device.deviceCode }),
            abort,
          );
          await writeToken(settings, { ...registration, ...token });
          return;
        } catch (e) {
          const { name } = e as Error;
          if (name === "SlowDownException") intervalMs += 5000;
          else if (name !== "AuthorizationPendingException") throw e;
        }
      }
      throw signInFailed(settings, l10n.t("the code was not confirmed in time"));
    });
  } catch (e) {
    const cause = e instanceof OpsError ? e.cause : e;
    if (cause instanceof Error && cause.name === "AccessDeniedException")
      throw signInFailed(settings, l10n.t("it was refused in the browser"), e);
    if (cause instanceof Error && cause.name === "ExpiredTokenException")
      throw signInFailed(settings, l10n.t("the code was not confirmed in time"), e);
    throw e;
  } finally {
    client.destroy();
  }
}

function signInFailed(settings: SsoSettings, why: string, cause?: unknown): OpsError {
  return new OpsError("credentials", l10n.t("The sign-in to {0} failed: {1}.", settings.startUrl, why), {
    hint: l10n.t("Sign in again."),
    cause,
  });
}

interface Token {
  accessToken?: string;
  expiresIn?: number;
  refreshToken?: string;
  clientId?: string;
  clientSecret?: string;
  clientSecretExpiresAt?: number;
}

/** The file's name and members are those of the AWS CLI (botocore's SSOTokenLoader): the SDK and the CLI read it too. */
async function writeToken(settings: SsoSettings, token: Token): Promise<void> {
  const key = createHash("sha1")
    .update(settings.session ?? settings.startUrl)
    .digest("hex");
  const folder = path.join(homedir(), ".aws", "sso", "cache");
  const file = path.join(folder, `${key}.json`);
  const text = JSON.stringify({
    startUrl: settings.startUrl,
    region: settings.region,
    accessToken: token.accessToken,
    expiresAt: new Date(Date.now() + (token.expiresIn ?? 0) * 1000).toISOString(),
    clientId: token.clientId,
    clientSecret: token.clientSecret,
    registrationExpiresAt: new Date((token.clientSecretExpiresAt ?? 0) * 1000).toISOString(),
    ...(token.refreshToken ? { refreshToken: token.refreshToken } : {}),
  });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(`${file}.part`, text, { mode: 0o600 });
  await rename(`${file}.part`, file);
}
