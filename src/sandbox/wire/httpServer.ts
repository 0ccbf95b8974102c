import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { WireRequest, WireResponse } from "./types.ts";

/** Answers one request; never throws for what a client sent. */
export type HttpHandler = (req: WireRequest) => Promise<WireResponse>;

const MAX_BODY_BYTES = 256 * 1024 * 1024;

/**
 * Binds the handler to a port of the loopback interface.
 * @param port 0 takes a free one
 * @throws the error of `listen` (EADDRINUSE, EACCES)
 */
export function listen(handler: HttpHandler, port: number): Promise<Server> {
  const server = createServer({ keepAliveTimeout: 120_000, requestTimeout: 60_000, headersTimeout: 20_000 }, (r, w) =>
    receive(handler, r, w),
  );
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", 1024, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}

/**
 * Only names of this machine: a page that resolves its own host name to 127.0.0.1 (DNS rebinding) is refused. Clients
 * put `streaming-` before the host of StartLiveTail; no page can come from such a name, because it has no domain.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  return (
    host !== undefined &&
    /^((?:streaming-)?127\.0\.0\.1|\[::1\]|(?:streaming-)?localhost|([a-z0-9-]+\.)+localhost)(:\d+)?$/i.test(host)
  );
}

function receive(handler: HttpHandler, r: IncomingMessage, w: ServerResponse): void {
  const chunks: Buffer[] = [];
  let size = 0;
  r.on("error", () => w.destroy());
  if (!isLoopbackHost(r.headers.host)) {
    w.writeHead(403, { "content-type": "text/plain", connection: "close" });
    w.end("The sandbox answers only for 127.0.0.1, localhost and *.localhost.\n");
    r.resume();
    return;
  }
  const refuseSize = () => {
    w.writeHead(413, { "content-type": "text/plain", connection: "close" });
    w.end(`The sandbox takes bodies of at most ${MAX_BODY_BYTES} bytes.\n`, () => r.destroy());
  };
  if (Number(r.headers["content-length"] ?? 0) > MAX_BODY_BYTES) {
    refuseSize();
    return;
  }
  r.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    else if (!w.headersSent) refuseSize();
  });
  r.on("end", () => {
    if (size > MAX_BODY_BYTES) return;
    void answer(handler, r, w, chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
  });
}

async function answer(handler: HttpHandler, r: IncomingMessage, w: ServerResponse, body: Buffer): Promise<void> {
  try {
    const target = parseTarget(r.url ?? "/");
    if (!target) {
      w.writeHead(400).end();
      return;
    }
    const headers = r.headers as Record<string, string | undefined>;
    const res = await handler({ method: r.method ?? "GET", ...target, headers, body });
    await send(res, r.method === "HEAD", w);
  } catch {
    if (w.headersSent) w.destroy();
    else w.writeHead(500).end();
  }
}

async function send(res: WireResponse, headOnly: boolean, w: ServerResponse): Promise<void> {
  if (res.status === 0) {
    w.destroy(); // a fault that drops the connection
    return;
  }
  if (res.cookies) w.setHeader("set-cookie", res.cookies);
  const body = res.body ?? "";
  if (typeof body === "string" || body instanceof Uint8Array) {
    if (res.status !== 204 && res.status !== 304)
      res.headers["content-length"] ??= String(typeof body === "string" ? Buffer.byteLength(body) : body.byteLength);
    w.writeHead(res.status, res.headers).end(headOnly ? undefined : body);
    return;
  }
  w.writeHead(res.status, res.headers);
  w.flushHeaders();
  for await (const chunk of body) {
    // Leaving the loop ends the source: a live tail stops when nobody listens any more.
    if (w.destroyed) return;
    if (!w.write(chunk) && !w.destroyed)
      await new Promise<void>((resolve) => {
        w.once("drain", resolve);
        w.once("close", resolve);
      });
  }
  w.end();
}

/** Splits a request target; undefined when its percent-encoding is broken. */
export function parseTarget(url: string): Pick<WireRequest, "rawPath" | "rawQuery" | "query"> | undefined {
  const mark = url.indexOf("?");
  const rawPath = mark < 0 ? url : url.slice(0, mark);
  const rawQuery = mark < 0 ? "" : url.slice(mark + 1);
  const query = new Map<string, string[]>();
  try {
    for (const part of rawQuery ? rawQuery.split("&") : []) {
      const eq = part.indexOf("=");
      const key = decodeURIComponent(eq < 0 ? part : part.slice(0, eq));
      const value = eq < 0 ? "" : decodeURIComponent(part.slice(eq + 1));
      const list = query.get(key);
      if (list) list.push(value);
      else query.set(key, [value]);
    }
  } catch {
    return undefined;
  }
  return { rawPath, rawQuery, query };
}
