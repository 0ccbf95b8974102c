import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createNetServer, type Server, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { LoadStage } from "../../../src/domain/loadPlan.ts";
import type { RampOptions } from "../../../src/loadtest/engine.ts";

/** The engine's own .ts file, run through tsx as the tests are. */
const enginePath = fileURLToPath(new URL("../../../src/loadtest/engineProcess.ts", import.meta.url));

/** Options of a short ramp against a loopback URL. */
export function rampTo(url: string, stages: LoadStage[], more: Partial<RampOptions["plan"]> = {}): RampOptions {
  return {
    engine: { path: enginePath, execArgv: ["--import", "tsx"] },
    plan: { stages, maxConnections: 64, timeoutSeconds: 10, seed: 1, ...more },
    request: { url, method: "POST", headers: { "content-type": "text/csv" } },
    payloads: [Buffer.from("1,2,3"), Buffer.from("4,5,6")],
  };
}

/** A server on a free loopback port; `close` also ends its connections. */
export type Listening = { port: number; url: string; close(): Promise<void> };

async function listening(server: Server, scheme = "http"): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${scheme}://127.0.0.1:${port}/endpoints/wine/invocations`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** An HTTP server. */
export function httpServer(listener: RequestListener): Promise<Listening> {
  return listening(createServer({ keepAliveTimeout: 60_000 }, listener));
}

/** A bare TCP server. */
export function tcpServer(onSocket: (socket: Socket) => void): Promise<Listening> {
  return listening(createNetServer(onSocket));
}

/** Any server that is made elsewhere. */
export function otherServer(server: Server, scheme: string): Promise<Listening> {
  return listening(server, scheme);
}
