import { CreateEndpointCommand, paginateListEndpoints, SageMakerClient } from "@aws-sdk/client-sagemaker";
import { deployWine } from "../wire/endpoints.ts";
import { startTestSandbox, type TestSandbox } from "../wire/sandbox.ts";
import type { Row } from "./loadtest.ts";

export const ENDPOINTS = 10_000;
const AT_ONCE = 50;

/** Makes an account as large as they come, out of one configuration. */
export async function addEndpoints(sandbox: TestSandbox, EndpointConfigName: string): Promise<void> {
  const client = new SageMakerClient(sandbox.clientConfig());
  for (let i = 1; i < ENDPOINTS; i += AT_ONCE)
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, ENDPOINTS - i) }, (_, j) =>
        client.send(new CreateEndpointCommand({ EndpointName: `endpoint-${i + j}`, EndpointConfigName })),
      ),
    );
  client.destroy();
}

/** CPU of one page of ListEndpoints in an account of 10,000 endpoints; client and server share the process. */
export async function run(): Promise<Row[]> {
  const sandbox = await startTestSandbox();
  try {
    await deployWine(sandbox, "first");
    await addEndpoints(sandbox, "first");
    const client = new SageMakerClient(sandbox.clientConfig());
    const before = process.cpuUsage();
    let pages = 0;
    let seen = 0;
    for await (const page of paginateListEndpoints({ client, pageSize: 100 }, {})) {
      pages++;
      seen += page.Endpoints?.length ?? 0;
    }
    const { user, system } = process.cpuUsage(before);
    if (seen !== ENDPOINTS) throw new Error(`${seen} of ${ENDPOINTS} endpoints were listed`);
    return [
      {
        figure: `sandbox: CPU of a page of ListEndpoints, ${ENDPOINTS.toLocaleString("en")} endpoints`,
        value: `${((user + system) / 1000 / pages).toFixed(1)} ms`,
        aim: "< 20 ms",
        note: `${pages} pages of 100; the client's share included`,
      },
    ];
  } finally {
    await sandbox.close();
  }
}
