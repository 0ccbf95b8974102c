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
