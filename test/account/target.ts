import { randomBytes } from "node:crypto";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { startSandbox } from "../../src/sandbox/sandbox.ts";

/** What the tests of this folder run against: a sandbox, or the real account of whoever asks for it. */
export interface Target {
  /** For any client; an account is reached by the default credential chain. */
  config: object;
  accountId: string;
  region: string;
  /** Begins the name of everything that a test makes. */
  prefix: string;
  /** On everything that can bear tags. */
  tags: { Key: string; Value: string }[];
  close(): Promise<void>;
}

export const TEST_TAG = "sagemaker-endpoint-ops:test";

/**
 * Connects to the account that SAGEMAKER_OPS_AWS_TEST_ACCOUNT names, else starts a sandbox.
 * @throws Error when the credentials are of another account than the one named
 */
export async function connect(): Promise<Target> {
  const run = randomBytes(4).toString("hex");
  const named = { prefix: `ops-test-${run}`, tags: [{ Key: TEST_TAG, Value: run }] };
  const expected = process.env.SAGEMAKER_OPS_AWS_TEST_ACCOUNT;
  if (!expected) {
    const sandbox = await startSandbox({ timeScale: 1_000 });
    const { accessKeyId, secretAccessKey, region, endpoint, accountId } = sandbox;
    const config = { region, endpoint, credentials: { accessKeyId, secretAccessKey } };
    return { ...named, config, accountId, region, close: () => sandbox.close() };
  }
  const sts = new STSClient({});
  try {
    const { Account = "", Arn } = await sts.send(new GetCallerIdentityCommand({}));
    if (Account !== expected)
      throw new Error(
        `The credentials are of account ${Account} (${Arn}), but SAGEMAKER_OPS_AWS_TEST_ACCOUNT names ${expected}. Choose the right AWS_PROFILE; nothing was created.`,
      );
    return { ...named, config: {}, accountId: Account, region: await sts.config.region(), close: async () => {} };
  } finally {
    sts.destroy();
  }
}

/** Polls until `found` gives something. AWS takes its time: five minutes at most. */
export async function eventually<T>(what: string, found: () => Promise<T | undefined | false>): Promise<T> {
  const end = Date.now() + 300_000;
  const pauseMs = process.env.SAGEMAKER_OPS_AWS_TEST_ACCOUNT ? 2_000 : 25;
  for (;;) {
    const value = await found();
    if (value) return value;
    if (Date.now() > end) throw new Error(`Waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
