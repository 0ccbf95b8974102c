import * as l10n from "@vscode/l10n";
/** Where the product works: an AWS account and region, or the sandbox. Holds no secret. */
export interface Connection {
  kind: "aws" | "sandbox";
  accountId: string;
  region: string;
  /** Name of the profile in the shared AWS files. */
  profile?: string;
  /** Endpoint of all services when it is not AWS's own. */
  endpointUrl?: string;
  /** ARN of who is signed in. */
  principalArn?: string;
  /** How many times faster the sandbox passes simulated durations; 1 on AWS. */
  timeScale: number;
}

/** `1234…9012`, for places where a whole account number is too long. */
export function shortAccount(accountId: string): string {
  return accountId.length === 12 ? `${accountId.slice(0, 4)}…${accountId.slice(-4)}` : accountId;
}

/** What makes a place: kind, account, region and address. Connections of the same place have the same one. */
export function placeId({ kind, accountId, region, endpointUrl = "" }: Connection): string {
  return `${kind}/${accountId}/${region}/${endpointUrl}`;
}

/** One line that says where one is: `sandbox · us-east-1` or `profile dev · 1234…9012 · us-east-1`. */
export function describeConnection(c: Connection): string {
  if (c.kind === "sandbox") return l10n.t("sandbox · {0}", c.region);
  return [c.profile && l10n.t("profile {0}", c.profile), shortAccount(c.accountId), c.region]
    .filter(Boolean)
    .join(" · ");
}

/** What the user has to do in the browser: open the URL and see the code there. */
export interface SsoPrompt {
  url: string;
  code: string;
  expiresAtMs: number;
}
