import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { CloudWatchClient, DescribeAlarmsCommand, PutMetricAlarmCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, CreateLogGroupCommand, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateRoleCommand, IAMClient, ListRolesCommand } from "@aws-sdk/client-iam";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";

/** The built command line starts three times faster than the sources; `npm test` has built it. */
const BUILT = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const PROGRAM = existsSync(BUILT)
  ? [BUILT]
  : ["--import", "tsx", fileURLToPath(new URL("../../src/cli.ts", import.meta.url))];
const KILLS = 50;
const BUCKET = "kept";

interface Running {
  child: ChildProcess;
  config: { region: string; endpoint: string; maxAttempts: number; credentials: Record<string, string> };
}

let folder: string;
/** Killed at the end also when the test has failed: a child would keep the runner waiting. */
let newest: ChildProcess | undefined;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "sagemaker-ops-data-"));
});
after(async () => {
  newest?.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<Running> {
  const args = [...PROGRAM, "sandbox", "--port", "0", "--time-scale", "0", "--data-dir", folder, "--json"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  newest = child;
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`the sandbox ended with code ${code} before it was ready`);
  });
  const [line] = (await Promise.race([once(createInterface({ input: child.stdout }), "line"), ended])) as [string];
  ended.catch(() => {}); // later it is killed on purpose
  const { endpoint, region, accessKeyId, secretAccessKey } = JSON.parse(line);
  return { child, config: { region, endpoint, maxAttempts: 1, credentials: { accessKeyId, secretAccessKey } } };
}

async function kill({ child }: Running): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

/** What the sandbox has said yes to. */
const acknowledged = {
  objects: new Map<string, Buffer>(),
  roles: new Set<string>(),
  groups: new Set<string>(),
  alarms: new Set<string>(),
};

/** Creates things until the connection breaks. */
async function createUntilKilled({ config }: Running, round: number): Promise<void> {
  const s3 = new S3Client({ ...config, forcePathStyle: true } as never);
  const iam = new IAMClient(config as never);
  const logs = new CloudWatchLogsClient(config as never);
  const cloudwatch = new CloudWatchClient(config as never);
  const repeat = async (create: (name: string) => Promise<void>) => {
    for (let i = 0; ; i++)
      try {
        await create(`r${round}-${i}`);
      } catch {
        return; // killed
      }
  };
  await Promise.all([
    repeat(async (name) => {
      const body = randomBytes(6000);
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: name, Body: body }));
      acknowledged.objects.set(name, body);
    }),
    repeat(async (name) => {
      await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: '{"Statement":[]}' }));
      acknowledged.roles.add(name);
    }),
    repeat(async (name) => {
      await logs.send(new CreateLogGroupCommand({ logGroupName: name }));
      acknowledged.groups.add(name);
    }),
    repeat(async (name) => {
      await cloudwatch.send(
        new PutMetricAlarmCommand({
          AlarmName: name,
          Namespace: "N",
          MetricName: "M",
          Statistic: "Sum",
          Period: 60,
          EvaluationPeriods: 1,
          Threshold: 1,
          ComparisonOperator: "GreaterThanThreshold",
        }),
      );
      acknowledged.alarms.add(name);
    }),
  ]);
}

async function listAll(page: (token?: string) => Promise<{ names: (string | undefined)[]; next?: string }>) {
  const found = new Set<string>();
  let token: string | undefined;
  do {
    const { names, next } = await page(token);
    for (const name of names) if (name !== undefined) found.add(name);
    token = next;
  } while (token);
  return found;
}

async function assertNothingLost({ config }: Running): Promise<void> {
  const iam = new IAMClient(config as never);
  const roles = await listAll(async (Marker) => {
    const page = await iam.send(new ListRolesCommand({ Marker, MaxItems: 1000 }));
    return { names: (page.Roles ?? []).map((r) => r.RoleName), next: page.IsTruncated ? page.Marker : undefined };
  });
  const logs = new CloudWatchLogsClient(config as never);
  const groups = await listAll(async (nextToken) => {
    const page = await logs.send(new DescribeLogGroupsCommand({ nextToken }));
    return { names: (page.logGroups ?? []).map((g) => g.logGroupName), next: page.nextToken };
  });
  const cloudwatch = new CloudWatchClient(config as never);
  const alarms = await listAll(async (NextToken) => {
    const page = await cloudwatch.send(new DescribeAlarmsCommand({ NextToken, MaxRecords: 100 }));
    return { names: (page.MetricAlarms ?? []).map((a) => a.AlarmName), next: page.NextToken };
  });
  for (const name of acknowledged.roles) assert.ok(roles.has(name), `role ${name} is lost`);
  for (const name of acknowledged.groups) assert.ok(groups.has(name), `log group ${name} is lost`);
  for (const name of acknowledged.alarms) assert.ok(alarms.has(name), `alarm ${name} is lost`);
}

async function assertObjectsWhole({ config }: Running): Promise<void> {
  const s3 = new S3Client({ ...config, forcePathStyle: true } as never);
  for (const [key, body] of acknowledged.objects) {
    const object = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
    assert.ok(body.equals((await object.Body?.transformToByteArray()) ?? new Uint8Array()), `object ${key} differs`);
  }
}

test(`nothing acknowledged is lost by ${KILLS} kills at random moments`, { timeout: 300_000 }, async () => {
  let sandbox = await start();
  await new S3Client({ ...sandbox.config, forcePathStyle: true } as never).send(
    new CreateBucketCommand({ Bucket: BUCKET }),
  );
  for (let round = 0; round < KILLS; round++) {
    const creating = createUntilKilled(sandbox, round);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 150)); // the random moment
    await kill(sandbox);
    await creating;
    sandbox = await start();
    await assertNothingLost(sandbox);
  }
  assert.ok(acknowledged.roles.size > KILLS, `only ${acknowledged.roles.size} roles were created`);
  await assertObjectsWhole(sandbox);
  await kill(sandbox);
});
