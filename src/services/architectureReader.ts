import { apiNameOfMetrics } from "../aws/apiGateway.ts";
import type { AwsClients } from "../aws/clients.ts";
import { readMetrics } from "../aws/cloudwatch.ts";
import { type Architecture, describeArchitecture, restApiOf, trafficQueries } from "../domain/architecture.ts";
import { toOpsError } from "../domain/errors.ts";
import type { Stack } from "../domain/stack.ts";
import type { Connections } from "./connections.ts";
import type { Endpoints } from "./endpoints.ts";

/** CloudWatch gets the metrics once a minute, some minutes late. */
const AWS_PERIOD_SECONDS = 60;
const AWS_LOOK_BACK_MS = 5 * 60_000;
const SANDBOX_PERIOD_SECONDS = 2;
const SANDBOX_LOOK_BACK_MS = 10_000;

/** Reads what the picture of a stack, or of an endpoint alone, is drawn from. */
export class ArchitectureReader {
  private readonly apiNames = new Map<string, Promise<string | undefined>>();

  constructor(
    private readonly connections: Connections,
    private readonly endpoints: Endpoints,
  ) {}

  /**
   * One reading: the endpoint with what belongs to it, and all rates by one GetMetricData call. What cannot be read of
   * the endpoint or the rates is left out of the picture; the stack is as it was given.
   * @throws OpsError notConnected
   */
  async read(stack: Stack | undefined, endpointName: string | undefined): Promise<Architecture> {
    const clients = this.connections.clients();
    const isSandbox = this.connections.current?.kind === "sandbox";
    const found =
      endpointName === undefined
        ? undefined
        : await this.endpoints.detail(endpointName, { fresh: true }).then(
            (detail) => ({ detail, error: undefined }),
            (error: unknown) => ({ detail: undefined, error: toOpsError(error).message }),
          );
    const variants = found?.detail?.endpoint.variants.map(({ name }) => name) ?? [];
    const apiName = await this.apiName(clients, stack && restApiOf(stack));
    const queries = trafficQueries(stack, apiName, endpointName, variants);
    const periodSeconds = isSandbox ? SANDBOX_PERIOD_SECONDS : AWS_PERIOD_SECONDS;
    const periodMs = periodSeconds * 1000;
    // Only whole periods: the one that is still open would look like a fall.
    const toMs = Math.floor(Date.now() / periodMs) * periodMs;
    const fromMs = toMs - (isSandbox ? SANDBOX_LOOK_BACK_MS : AWS_LOOK_BACK_MS);
    const series = queries.length
      ? await readMetrics(clients, queries, { fromMs, toMs, periodSeconds }).catch(() => undefined)
      : [];
    return describeArchitecture({
      stack,
      endpointName,
      endpoint: found?.detail?.endpoint,
      endpointError: found?.error,
      config: found?.detail?.config,
      targets: found?.detail?.targets ?? [],
      series,
      periodSeconds,
    });
  }

  /** Asked once for each API: a name seldom changes, and without it only its rates are missing. */
  private apiName(clients: AwsClients, id: string | undefined): Promise<string | undefined> {
    if (id === undefined) return Promise.resolve(undefined);
    const known = this.apiNames.get(id);
    if (known) return known;
    const reading = apiNameOfMetrics(clients, id).catch(() => undefined);
    this.apiNames.set(id, reading);
    return reading;
  }
}
