import { request } from "node:http";
import type { Integration } from "@aws-sdk/client-api-gateway";
import type { World } from "../world.ts";
import { withStageVariables } from "./functionCall.ts";
import type { MappedRequest } from "./parameterMapping.ts";
import type { GatewayCall } from "./proxyEvent.ts";

const MAX_BYTES = 10 * 1024 * 1024;

/** Names of this machine: the sandbox sends nothing to the network. */
const LOOPBACK = /^(127(\.\d+){3}|localhost|\[::1\]|([a-z0-9-]+\.)+localhost)$/i;

/**
 * Where an HTTP integration sends a request, its path parameters filled in. Undefined for a target that is not on this
 * machine; the address of a deployed stage of this sandbox as AWS writes it is one.
 */
export function integrationUrl(
  world: World,
  integration: Integration,
  call: GatewayCall,
  mapped: MappedRequest,
): URL | undefined {
  const filled = withStageVariables(integration.uri ?? "", call.stage.variables).replace(
    /\{([\w+]+)\}/g,
    (_, name: string) => {
      const value = mapped.path[name.replace("+", "")] ?? "";
      return value.split("/").map(encodeURIComponent).join("/");
    },
  );
  const stage = /^https:\/\/([a-z0-9]+)\.execute-api\.[\w-]+\.amazonaws\.com\/(.*)$/.exec(filled);
  let url: URL;
  try {
    url = new URL(stage ? `${world.baseUrl()}/_aws/execute-api/${stage[1]}/${stage[2]}` : filled);
  } catch {
    return undefined;
  }
  if (url.protocol !== "http:" || !LOOPBACK.test(url.hostname)) return undefined;
  for (const [name, value] of mapped.query) url.searchParams.append(name, value);
  return url;
}

/** Sends a request; undefined when nobody answers. Redirections are handed on, as API Gateway does. */
export function sendHttp(
  url: URL,
  method: string,
  headers: Record<string, string>,
  body: Uint8Array,
): Promise<{ status: number; headers: Record<string, string>; body: Buffer } | null> {
  return new Promise((resolve) => {
    const sent = request(
      url,
      { method, headers: { ...headers, "content-length": body.byteLength }, agent: false, timeout: 30_000 },
      (answer) => {
        const chunks: Buffer[] = [];
        let size = 0;
        answer.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_BYTES) answer.destroy(new Error("too large"));
          else chunks.push(chunk);
        });
        answer.on("error", () => resolve(null));
        answer.on("end", () => {
          const kept = Object.entries(answer.headers).filter(
            ([name]) => !/^(connection|keep-alive|transfer-encoding|content-length|date)$/.test(name),
          );
          resolve({
            status: answer.statusCode ?? 502,
            headers: Object.fromEntries(kept.map(([name, value]) => [name, [value].flat().join(", ")])),
            body: Buffer.concat(chunks),
          });
        });
      },
    );
    sent.on("error", () => resolve(null));
    sent.on("timeout", () => sent.destroy());
    sent.end(body);
  });
}
