import { GetRoleCommand } from "@aws-sdk/client-iam";
import { AssumeRoleCommand, GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { serviceInfo } from "../wire/serviceInfo.ts";
import { WireError } from "../wire/types.ts";
import type { ServiceModule, World } from "../world.ts";

const DEFAULT_SESSION_SECONDS = 3600;

/** Security Token Service: who calls, and sessions of roles. */
export function createSts(world: World): ServiceModule {
  const service = new ServiceBuilder(serviceInfo.sts)
    .on(GetCallerIdentityCommand)((_input, ctx) => ({
      Account: world.accountId,
      UserId: userIdOf(ctx.principalArn, world.accountId),
      Arn: ctx.principalArn,
    }))
    .on(AssumeRoleCommand)(async (input, ctx) => {
    const roleArn = input.RoleArn!;
    const name = /^arn:aws[\w-]*:iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/.exec(roleArn);
    if (!name) throw new WireError("ValidationError", `${roleArn} is invalid`, 400);
    // AWS tells a stranger nothing about the roles that exist: a missing role is an AccessDenied too.
    const denied = () =>
      new WireError(
        "AccessDenied",
        `User: ${ctx.principalArn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
        403,
      );
    if (name[1] !== world.accountId) throw denied();
    const role = await world.call(GetRoleCommand, { RoleName: name[2]! }, { region: ctx.region }).catch(() => {
      throw denied();
    });
    const limit = role.Role?.MaxSessionDuration ?? DEFAULT_SESSION_SECONDS;
    const seconds = input.DurationSeconds ?? DEFAULT_SESSION_SECONDS;
    if (seconds > limit)
      throw new WireError(
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        400,
      );
    const arn = `arn:aws:sts::${world.accountId}:assumed-role/${name[2]}/${input.RoleSessionName}`;
    const keys = world.issueCredentials(arn, seconds);
    return {
      Credentials: {
        AccessKeyId: keys.accessKeyId,
        SecretAccessKey: keys.secretAccessKey,
        SessionToken: keys.sessionToken,
        Expiration: new Date(keys.expiresAt),
      },
      AssumedRoleUser: { AssumedRoleId: `${role.Role?.RoleId}:${input.RoleSessionName}`, Arn: arn },
    };
  });
  return { services: [service] };
}

/** The root user's id is the account's; others have a unique id, of which the sandbox knows the name only. */
function userIdOf(principalArn: string, accountId: string): string {
  if (principalArn.endsWith(":root")) return accountId;
  const [, kind = "", name = "", session] = /:(user|assumed-role)\/([^/]+)(?:\/(.+))?$/.exec(principalArn) ?? [];
  if (kind === "assumed-role") return `AROA${name.toUpperCase()}:${session}`;
  return kind === "user" ? `AIDA${name.toUpperCase()}` : accountId;
}
