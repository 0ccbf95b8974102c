import type { Connection } from "../domain/connection.ts";

/**
 * The outputs of a stack are the same on AWS and in the sandbox; the sandbox serves those hosts at its own address.
 * `https://ID.execute-api.REGION.amazonaws.com/STAGE/…` → `ENDPOINT/_aws/execute-api/ID/STAGE/…`
 */
export function sandboxApiUrl(url: string, endpoint: string): string {
  const m = /^https:\/\/([a-z0-9]+)\.execute-api\.[^/]+\/(.*)$/.exec(url);
  return m ? `${endpoint}/_aws/execute-api/${m[1]}/${m[2]}` : url;
}

/** `https://BRANCH.APP.amplifyapp.com` → `ENDPOINT/_aws/amplify/APP/BRANCH/` */
export function sandboxWebUrl(url: string, endpoint: string): string {
  const m = /^https:\/\/([^./]+)\.([a-z0-9]+)\.amplifyapp\.com\/?$/.exec(url);
  return m ? `${endpoint}/_aws/amplify/${m[2]}/${m[1]}/` : url;
}

/** `https://BUCKET.s3.REGION.amazonaws.com/KEY` → `ENDPOINT/BUCKET/KEY` */
export function sandboxObjectUrl(url: string, endpoint: string): string {
  const m = /^https:\/\/([a-z0-9.-]+)\.s3\.[a-z0-9-]+\.amazonaws\.com\/(.+)$/.exec(url);
  return m ? `${endpoint}/${m[1]}/${m[2]}` : url;
}

/**
 * Where an output of a stack is served, as seen from here. Whatever stands in for AWS at an address of this machine
 * serves AWS's hosts there, whether this window started it or the environment names its address.
 */
export function servedUrl(
  url: string | undefined,
  connection: Pick<Connection, "endpointUrl"> | undefined,
  locally: (url: string, endpoint: string) => string,
): string | undefined {
  const { endpointUrl } = connection ?? {};
  if (url === undefined || endpointUrl === undefined || !LOOPBACK.test(new URL(endpointUrl).hostname)) return url;
  return locally(url, endpointUrl.replace(/\/+$/, ""));
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
