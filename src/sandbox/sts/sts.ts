import { GetRoleCommand, GetUserCommand } from "@aws-sdk/client-iam";
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  GetAccessKeyInfoCommand,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
} from "@aws-sdk/client-sts";
import type { Persistent } from "../engine/dataDir.ts";
import { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { serviceInfo } from "../wire/serviceInfo.ts";
import { WireError } from "../wire/types.ts";
import type { SandboxWorld, ServiceModule, World } from "../world.ts";

const DEFAULT_SESSION_SECONDS = 3600;
/** AWS: GetSessionToken, DurationSeconds: 12 hours. */
const DEFAULT_TOKEN_SECONDS = 43_200;

/** Security Token Service: who calls, and sessions of roles. */
export function createSts(world: SandboxWorld): ServiceModule {
  const service = new ServiceBuilder(serviceInfo.sts)
    .on(GetCallerIdentityCommand)(async (_input, ctx) => ({
      Account: world.accountId,
      UserId: await userIdOf(world, ctx.principalArn, ctx.region),
      Arn: ctx.principalArn,
    }))
    .on(GetAccessKeyInfoCommand)(() => ({ Account: world.accountId }))
    .on(GetSessionTokenCommand)((input, ctx) => {
      if (ctx.principalArn.includes(":assumed-role/"))
        throw new WireError("AccessDenied", "Cannot call GetSessionToken with session credentials", 403);
      const keys = world.issueCredentials(ctx.principalArn, input.DurationSeconds ?? DEFAULT_TOKEN_SECONDS);
      return {
        Credentials: {
          AccessKeyId: keys.accessKeyId,
          SecretAccessKey: keys.secretAccessKey,
          SessionToken: keys.sessionToken,
          Expiration: new Date(keys.expiresAt),
        },
      };
    })
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
    checkSessionTags(input);
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
  const persist: Persistent = {
    name: "sts",
    save: () => world.sessions(),
    load(saved) {
      for (const [id, credential] of saved as ReturnType<typeof world.sessions>) world.addCredential(id, credential);
    },
  };
  return { services: [service], persist };
}

/** Tags of a session, whose keys know no case (AWS: "Passing session tags in AWS STS"). @throws WireError InvalidParameterValue */
function checkSessionTags({ Tags = [], TransitiveTagKeys = [] }: AssumeRoleCommandInput): void {
  const keys = new Set(Tags.map(({ Key }) => Key?.toLowerCase()));
  const refuse = (message: string) => new WireError("InvalidParameterValue", message);
  if (keys.size < Tags.length)
    throw refuse("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
  if (TransitiveTagKeys.some((key) => !keys.has(key.toLowerCase())))
    throw refuse("The specified transitive tag key must be included in the requested tags.");
}

/** The unique id of who calls: the root user's is the account's, a session's is that of its role and its name. */
async function userIdOf(world: World, principalArn: string, region: string): Promise<string> {
  const [, kind = "", rest = ""] = /:(user|assumed-role)\/(.+)$/.exec(principalArn) ?? [];
  const parts = rest.split("/");
  const [name = "", session] = kind === "user" ? [parts.at(-1)] : parts;
  try {
    if (kind === "assumed-role") {
      const { Role } = await world.call(GetRoleCommand, { RoleName: name }, { region });
      return `${Role?.RoleId}:${session}`;
    }
    if (kind === "user") return (await world.call(GetUserCommand, { UserName: name }, { region })).User!.UserId!;
  } catch {
    // The role or the user has been deleted while its keys live on.
    return `${kind === "user" ? "AIDA" : "AROA"}DELETED${session === undefined ? "" : `:${session}`}`;
  }
  return world.accountId;
}
