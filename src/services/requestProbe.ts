import http from "node:http";
import https from "node:https";
import * as l10n from "@vscode/l10n";
import { type ProbedBody, type ProbedRequest, withoutSecrets } from "../domain/probedRequest.ts";
import { requestUrl } from "../loadtest/requestEncoder.ts";
import { amzDate, bodyHash, createSigner } from "../loadtest/signer.ts";
import type { Connections } from "./connections.ts";
import { openedRequest, type PreparedRun } from "./loadPreparation.ts";

/** Text of a body that is kept to be read. */
const SHOWN_CHARACTERS = 20_000;
/** An answer that is larger is not waited for. */
const MOST_BYTES = 8 * 1024 * 1024;

/**
 * Sends exactly one request of a prepared plan, its first body, built and signed as the load engine does it. An answer
 * with an error, and none at all, are results, not failures.
 */
export async function sendOneRequest(connections: Connections, prepared: PreparedRun): Promise<ProbedRequest> {
  const { plan, payloads, signed } = prepared;
  const request = openedRequest(prepared);
  const url = requestUrl(request.url);
  const body = payloads[0] ?? new Uint8Array();
  const sentAtMs = Date.now();
  const headers: Record<string, string> = { ...request.headers };
  if (signed) {
    const clients = connections.clients();
    const scope = { region: clients.region, service: "sagemaker", method: request.method, url, headers };
    const signer = createSigner(scope, await clients.settings.credentials());
    Object.assign(headers, signer.sign(amzDate(sentAtMs), bodyHash(body)));
  }
  headers["content-length"] = String(body.length);
  const exchange = await post(url, headers, body, plan.timeoutSeconds * 1000);
  return {
    method: request.method,
    url: request.url,
    requestHeaders: withoutSecrets(Object.entries(headers)),
    body: shownBody(body),
    row: 1,
    rows: payloads.length,
    sentAtMs,
    ...exchange,
  };
}

type Exchange = Pick<ProbedRequest, "connectMs" | "firstByteMs" | "totalMs" | "answer" | "failure">;

function post(url: URL, headers: Record<string, string>, body: Uint8Array, timeoutMs: number): Promise<Exchange> {
  const start = performance.now();
  const since = () => performance.now() - start;
  const times = { connectMs: 0, firstByteMs: 0 };
  return new Promise((resolve) => {
    // A connection of its own, so that what it takes to connect is seen.
    const options = { method: "POST", headers, agent: false, signal: AbortSignal.timeout(timeoutMs) };
    const isTls = url.protocol === "https:";
    const request = isTls ? https.request(url, options) : http.request(url, options);
    const fail = (error: Error) => {
      const failure = error.name === "AbortError" ? l10n.t("no answer within {0} s", timeoutMs / 1000) : error.message;
      resolve({ ...times, totalMs: since(), failure });
    };
    request.on("socket", (socket) => {
      socket.once(isTls ? "secureConnect" : "connect", () => {
        times.connectMs = since();
      });
    });
    request.on("response", (response) => {
      times.firstByteMs = since();
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MOST_BYTES) request.destroy(new Error(l10n.t("the answer is larger than {0} bytes", MOST_BYTES)));
        else chunks.push(chunk);
      });
      response.on("error", fail);
      response.on("end", () => {
        const { statusCode = 0, statusMessage = "", rawHeaders } = response;
        const pairs = rawHeaders.flatMap((name, i): [string, string][] =>
          i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? ""]] : [],
        );
        const answer = {
          status: statusCode,
          statusText: statusMessage,
          headers: withoutSecrets(pairs),
          body: shownBody(Buffer.concat(chunks)),
        };
        resolve({ ...times, totalMs: since(), answer });
      });
    });
    request.on("error", fail);
    request.end(body);
  });
}

function shownBody(bytes: Uint8Array): ProbedBody {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what tells bytes from text
    if (/[\u0000-\u0008\u000e-\u001f]/.test(text)) return { bytes: bytes.length, cut: false };
    return { bytes: bytes.length, text: text.slice(0, SHOWN_CHARACTERS), cut: text.length > SHOWN_CHARACTERS };
  } catch {
    return { bytes: bytes.length, cut: false };
  }
}
