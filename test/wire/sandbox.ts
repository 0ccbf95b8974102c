import { type Sandbox, type SandboxOptions, startSandbox } from "../../src/sandbox/sandbox.ts";

/** A sandbox in this process, with the configuration that every SDK client takes. */
export interface TestSandbox extends Sandbox {
  clientConfig(region?: string): {
    region: string;
    endpoint: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
    maxAttempts: number;
  };
}

/** Starts a sandbox on a free port; time scale 0 unless told otherwise. Close it in `after`. */
export async function startTestSandbox(options: SandboxOptions = {}): Promise<TestSandbox> {
  const sandbox = await startSandbox({ timeScale: 0, ...options });
  const { accessKeyId, secretAccessKey } = sandbox;
  return {
    ...sandbox,
    clientConfig: (region = "us-east-1") => ({
      region,
      endpoint: sandbox.endpoint,
      credentials: { accessKeyId, secretAccessKey },
      maxAttempts: 1,
    }),
  };
}
