import autocannon from "autocannon";
import { amzDate, bodyHash, createSigner } from "../../src/loadtest/signer.ts";

/**
 * autocannon by itself, as its documentation would have it; tells its CPU seconds and its requests. Without a rate it
 * sends as fast as it can; `signed` adds a signature to every request by its `setupRequest` hook.
 */
const [url = "", rate = "0", seconds = "0", kind = "", bytes = "5"] = process.argv.slice(2);
const body = "1".repeat(Number(bytes));
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: "T".repeat(700) };
const scope = { region: "us-east-1", service: "sagemaker", method: "POST", url: new URL(url), headers: {} };
// A hook as one would write it: it signs each request by itself.
const sign = (request: autocannon.Request): autocannon.Request => ({
  ...request,
  headers: {
    ...request.headers,
    ...createSigner(scope, credentials).sign(amzDate(Date.now()), bodyHash(Buffer.from(body))),
  },
});
const before = process.cpuUsage();
const result = await autocannon({
  url,
  method: "POST",
  body,
  connections: 100,
  ...(Number(rate) > 0 && { overallRate: Number(rate) }),
  ...(kind === "signed" && { requests: [{ method: "POST", body, setupRequest: sign }] }),
  duration: Number(seconds),
});
const used = process.cpuUsage(before);
process.send?.({ cpuSeconds: (used.user + used.system) / 1e6, requests: result.requests.total }, () => process.exit(0));
