import type { AwsCredentials } from "./clients.ts";

/** The SDK's own margin: credentials are renewed this long before they expire. */
const RENEW_BEFORE_MS = 5 * 60_000;

/**
 * One set of credentials for all clients of a connection. Each SDK client would otherwise ask for its own: a profile
 * with MFA would ask for a code per client, a credential process would run per client.
 */
export class SharedCredentials {
  private kept: AwsCredentials | undefined;
  private loading: Promise<AwsCredentials> | undefined;

  constructor(
    private readonly load: () => Promise<AwsCredentials>,
    private readonly now: () => number = Date.now,
  ) {}

  /** The credentials, fetched anew when they are about to expire. A failure is not kept: the next call tries again. */
  readonly get = async (): Promise<AwsCredentials> => {
    const kept = this.kept;
    if (kept && !(kept.expiration && kept.expiration.getTime() - this.now() < RENEW_BEFORE_MS)) return kept;
    this.loading ??= this.load()
      .then((loaded) => {
        this.kept = loaded;
        return loaded;
      })
      .finally(() => {
        this.loading = undefined;
      });
    return this.loading;
  };
}
