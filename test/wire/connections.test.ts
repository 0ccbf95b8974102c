import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { CreateAccessKeyCommand, CreateRoleCommand, CreateUserCommand, IAMClient } from "@aws-sdk/client-iam";
import { GetSessionTokenCommand, STSClient } from "@aws-sdk/client-sts";
import { listProfiles } from "../../src/aws/credentials.ts";
import type { Connection } from "../../src/domain/connection.ts";
import { Connections } from "../../src/services/connections.ts";
import { eventually } from "./endpoints.ts";
import { identityCenter } from "./identityCenter.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const START_URL = "https://wine.awsapps.com/start";

describe("connections by profile", () => {
  let sandbox: TestSandbox;
  let portal: ReturnType<typeof identityCenter>;
  let roleArn: string;
  let other: { accessKeyId: string; secretAccessKey: string };
  const home = mkdtempSync(path.join(tmpdir(), "ops-home-"));
  const saved = { ...process.env };
  const config = path.join(home, ".aws", "config");
  const calls = path.join(home, "calls");

  before(async () => {
    sandbox = await startTestSandbox();
    const iam = new IAMClient(sandbox.clientConfig());
    const Statement = [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" }];
    const role = await iam.send(
      new CreateRoleCommand({
        RoleName: "ops",
        AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }),
      }),
    );
    roleArn = role.Role?.Arn ?? "";
    await iam.send(new CreateUserCommand({ UserName: "other" }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "other" }));
    other = { accessKeyId: AccessKey?.AccessKeyId ?? "", secretAccessKey: AccessKey?.SecretAccessKey ?? "" };
    iam.destroy();
    const sts = new STSClient(sandbox.clientConfig());
    const { Credentials } = await sts.send(new GetSessionTokenCommand({}));
    sts.destroy();
    portal = identityCenter({
      accessKeyId: Credentials?.AccessKeyId,
      secretAccessKey: Credentials?.SecretAccessKey,
      sessionToken: Credentials?.SessionToken,
    });
    await new Promise<void>((resolve) => portal.server.listen(0, "127.0.0.1", resolve));
    const portalUrl = `http://127.0.0.1:${(portal.server.address() as AddressInfo).port}`;
    for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) delete process.env[name];
    Object.assign(process.env, {
      HOME: home,
      USERPROFILE: home,
      AWS_ENDPOINT_URL: sandbox.endpoint,
      AWS_ENDPOINT_URL_SSO: portalUrl,
      AWS_ENDPOINT_URL_SSO_OIDC: portalUrl,
      AWS_EC2_METADATA_DISABLED: "true",
    });
  });
  after(async () => {
    process.env = saved;
    portal.server.closeAllConnections();
    portal.server.close();
    await sandbox.close();
    rmSync(home, { recursive: true, force: true });
  });
  beforeEach(() => {
    rmSync(path.join(home, ".aws"), { recursive: true, force: true });
    rmSync(calls, { force: true });
    mkdirSync(path.join(home, ".aws"), { recursive: true });
    writeFileSync(path.join(home, ".aws", "credentials"), ini("static", keysOf(sandbox)));
  });

  const keysOf = ({ accessKeyId, secretAccessKey }: { accessKeyId: string; secretAccessKey: string }) => ({
    aws_access_key_id: accessKeyId,
    aws_secret_access_key: secretAccessKey,
  });
  const ini = (name: string, values: Record<string, string>) =>
    `[${name}]\n${Object.entries(values)
      .map(([key, value]) => `${key} = ${value}`)
      .join("\n")}\n`;
  const profile = (name: string, values: Record<string, string>) =>
    ini(`profile ${name}`, { region: "us-east-1", ...values });
  /** A credential process that counts its calls. */
  const processOf = (expiresInSeconds: number) => {
    const file = path.join(home, "process.cjs");
    const { accessKeyId, secretAccessKey } = sandbox;
    writeFileSync(
      file,
      `require("node:fs").appendFileSync(${JSON.stringify(calls)}, "x");
       console.log(JSON.stringify({ Version: 1, AccessKeyId: ${JSON.stringify(accessKeyId)}, SecretAccessKey: ${JSON.stringify(secretAccessKey)},
         Expiration: new Date(Date.now() + ${expiresInSeconds * 1000}).toISOString() }));`,
    );
    return { credential_process: `"${process.execPath}" "${file}"` };
  };
  const sso = { sso_session: "wine", sso_account_id: "123456789012", sso_role_name: "Ops" };
  const session = () =>
    ini("sso-session wine", {
      sso_start_url: START_URL,
      sso_region: "us-east-1",
      sso_registration_scopes: "sso:account:access",
    });
  const connect = async (name: string, prompts = {}): Promise<{ connections: Connections; connection: Connection }> => {
    const connections = new Connections(prompts);
    return { connections, connection: await connections.connect({ kind: "aws", profile: name }) };
  };

  test("a role whose source is static, a process, or another role", async () => {
    const role = (source: string) => ({ role_arn: roleArn, source_profile: source, role_session_name: "test" });
    writeFileSync(
      config,
      profile("by-static", role("static")) +
        profile("process", processOf(3600)) +
        profile("by-process", role("process")) +
        profile("by-role", role("by-process")),
    );
    for (const name of ["by-static", "by-process", "by-role"]) {
      const { connection, connections } = await connect(name);
      assert.match(connection.principalArn ?? "", /assumed-role\/ops\/test$/, name);
      connections.disconnect();
    }
  });

  test("MFA is asked once for all clients, and a source with MFA too", async () => {
    const serial = "arn:aws:iam::123456789012:mfa/wine";
    writeFileSync(
      config,
      profile("mfa", { role_arn: roleArn, source_profile: "static", mfa_serial: serial }) +
        profile("by-mfa", { role_arn: roleArn, source_profile: "mfa" }),
    );
    for (const name of ["mfa", "by-mfa"]) {
      const asked: string[] = [];
      const mfaCode = async (device: string) => {
        asked.push(device);
        return "123456";
      };
      const { connections } = await connect(name, { mfaCode });
      const clients = connections.clients();
      await Promise.all([
        clients.settings.credentials(),
        (await clients.s3()).config.credentials(),
        (await clients.sagemaker()).config.credentials(),
      ]);
      assert.deepEqual(asked, [serial], name);
      connections.disconnect();
    }
    await assert.rejects(connect("mfa"), { code: "credentials", message: /multi-factor/ });
  });

  test("a credential process runs once for all clients, and again when what it gave is about to expire", async () => {
    writeFileSync(config, profile("long", processOf(3600)));
    const long = await connect("long");
    await (await long.connections.clients().s3()).config.credentials();
    assert.equal(readFileSync(calls, "utf8"), "x");
    writeFileSync(config, profile("short", processOf(60)));
    rmSync(calls);
    const short = await connect("short");
    await short.connections.clients().settings.credentials();
    await short.connections.clients().settings.credentials();
    assert.ok(readFileSync(calls, "utf8").length >= 3);
  });

  test("SSO: without a session it says so; signing in makes one, and roles can start from it", async () => {
    writeFileSync(
      config,
      session() +
        profile("sso", sso) +
        profile("by-sso", { role_arn: roleArn, source_profile: "sso", role_session_name: "test" }),
    );
    await assert.rejects(connect("by-sso"), {
      code: "credentials",
      message:
        /^Profile "by-sso" has no valid session of IAM Identity Center \(https:\/\/wine\.awsapps\.com\/start\)\.$/,
      hint: "Sign in, or choose another profile.",
    });
    assert.deepEqual(
      (await listProfiles()).map(({ name }) => name),
      ["by-sso", "sso", "static"],
      "the session is no profile",
    );
    const connections = new Connections();
    assert.equal((await connections.ssoSettings("by-sso"))?.startUrl, START_URL);
    const shown: string[] = [];
    await connections.signInAgain("by-sso", ({ url, code }) => shown.push(url, code));
    assert.deepEqual(shown, ["https://device.sso.us-east-1.amazonaws.com/?user_code=ABCD-EFGH", "ABCD-EFGH"]);
    assert.match(
      (await connections.connect({ kind: "aws", profile: "by-sso" })).principalArn ?? "",
      /assumed-role\/ops\/test$/,
    );
    assert.equal((await connections.connect({ kind: "aws", profile: "sso" })).accountId, "123456789012");
  });

  test("the token of a sign-in is readable by its owner only", { skip: process.platform === "win32" }, async () => {
    writeFileSync(config, session() + profile("sso", sso));
    await new Connections().signInAgain("sso", () => {});
    const folder = path.join(home, ".aws/sso/cache");
    // The name is the SHA-1 of the session's name, as the AWS CLI has it.
    const name = createHash("sha1").update("wine").digest("hex");
    assert.equal(statSync(path.join(folder, `${name}.json`)).mode & 0o077, 0);
  });

  test("a sign-in that is refused, or cancelled, says so", async () => {
    writeFileSync(config, session() + profile("sso", sso) + profile("plain", {}));
    portal.state.refuse = true;
    await assert.rejects(
      new Connections().signInAgain("sso", () => {}),
      { code: "credentials", message: /refused in the browser/ },
    );
    portal.state.refuse = false;
    portal.state.confirmAfter = Number.POSITIVE_INFINITY;
    const stop = new AbortController();
    await assert.rejects(
      new Connections().signInAgain("sso", () => stop.abort(), stop.signal),
      { code: "cancelled" },
    );
    await assert.rejects(
      new Connections().signInAgain("plain", () => {}),
      { code: "badInput", message: /plain/ },
    );
  });

  test("changed files are followed: new keys without a reload, another principal as a change, a broken file as nothing", async () => {
    const credentials = path.join(home, ".aws", "credentials");
    const connections = new Connections();
    await connections.connect({ kind: "aws", profile: "static", region: "us-east-1" });
    const changes: (Connection | undefined)[] = [];
    connections.onDidChange.on((now) => changes.push(now));
    const errors: Error[] = [];
    const end = connections.followSharedFiles((error) => errors.push(error));
    try {
      writeFileSync(credentials, ini("static", keysOf(other)));
      await eventually("the other keys are in use", async () => {
        return (await connections.clients().settings.credentials()).accessKeyId === other.accessKeyId;
      });
      assert.equal(changes.length, 0);
      writeFileSync(credentials, ini("static", { aws_access_key_id: "AKIAWRONG", aws_secret_access_key: "x" }));
      await eventually("the failure is told", async () => errors.length > 0);
      assert.equal((await connections.clients().settings.credentials()).accessKeyId, other.accessKeyId);
    } finally {
      end();
      connections.disconnect();
    }
  });
});
