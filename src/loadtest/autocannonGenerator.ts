import { isIP, connect as netConnect, type Socket } from "node:net";
import { connect as tlsConnect } from "node:tls";
import autocannon from "autocannon";
import { autocannonVersion } from "./autocannonVersion.ts";
import { classifyResponse, sampleMessage } from "./classify.ts";
import type { DueRequest, Generator, GeneratorEvents, Outcome } from "./generator.ts";
import { requestUrl } from "./requestEncoder.ts";
import { RequestQueue } from "./requestQueue.ts";

/**
 * The part of autocannon's client that is used here, most of it private. autocannon is the client only: its rate
 * limiter, reconnects, timeouts, TLS options and statistics do not do for an open-loop test, see `takeOver`.
 */
type AutocannonClient = {
  conn: Socket | undefined;
  parser: { type: string; initialize(type: string): void; execute(chunk: Buffer): unknown; finish(): unknown };
  requestIterator: {
    nextRequest(): void;
    recordBody(request: unknown, status: number, body: string, rawHeaders: string[]): void;
  };
  pipelinedRequests: { clear(): void; addByteCount(bytes: number): void };
  timeoutTicker: { clear(): void; reschedule(milliseconds: number): void };
  _connect(): void;
  _doRequest(): void;
  _destroyConnection(): void;
  getRequestBuffer(): Buffer;
  destroy(): void;
  on(event: "headers", listener: (info: { shouldKeepAlive?: boolean }) => void): void;
};

const clientFunctions = ["_connect", "_doRequest", "_destroyConnection", "getRequestBuffer", "destroy", "on"];
const clientMembers: Record<string, string[]> = {
  parser: ["initialize", "execute", "finish"],
  requestIterator: ["nextRequest", "recordBody"],
  pipelinedRequests: ["clear", "addByteCount"],
};

/** Names of the members that this file needs and the client lacks; empty in the pinned version. */
export function missingClientMembers(client: object): string[] {
  const members = client as Record<string, Record<string, unknown> | undefined>;
  const missing = clientFunctions.filter((name) => typeof members[name] !== "function");
  for (const [name, functions] of Object.entries(clientMembers)) {
    missing.push(...functions.filter((f) => typeof members[name]?.[f] !== "function").map((f) => `${name}.${f}`));
  }
  return missing;
}

/** How the generator sends. `ca` adds a certificate authority (PEM) to the system's, for private endpoints. */
export type GeneratorOptions = {
  url: string;
  maxConnections: number;
  timeoutMs: number;
  ca?: string;
  nextRequest(): Buffer;
  events: GeneratorEvents;
};

/** One connection's worth of a client. `begun` means that the request was written. */
type Lane = {
  client: AutocannonClient;
  send(): void;
  socket: Socket | undefined;
  usedAt: number;
  request: DueRequest | undefined;
  startedAt: number;
  begun: boolean;
  closeAfter: boolean;
};

/** Servers close idle connections, many after 5 s; a request that meets that moment is lost through nobody's fault. */
const maxIdleMs = 4000;

/**
 * Open-loop sending over autocannon's clients, which are taken over through its public `setupClient` hook. Idle clients
 * form a stack (the warmest connection first), connections are opened when they are needed and never for pacing, and
 * certificates are verified before the first byte of a request is written.
 */
export function createAutocannonGenerator(options: GeneratorOptions): Generator {
  const { events, timeoutMs } = options;
  const url = requestUrl(options.url);
  const secure = url.protocol === "https:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port) || (secure ? 443 : 80);
  const lanes: Lane[] = [];
  const idle: Lane[] = [];
  const queue = new RequestQueue();
  let inFlight = 0;
  let connections = 0;
  let sending = true;
  let instance: autocannon.Instance | undefined;

  /** Replaces what autocannon would do by itself: connect at once, hot reconnects, request after request, time out. */
  function takeOver(publicClient: object): void {
    const missing = missingClientMembers(publicClient);
    if (missing.length > 0) {
      throw new Error(`autocannon is not version ${autocannonVersion}: its client lacks ${missing.join(", ")}.`);
    }
    const client = publicClient as AutocannonClient;
    const lane: Lane = {
      client,
      send: client._doRequest.bind(client),
      socket: undefined,
      usedAt: 0,
      request: undefined,
      startedAt: 0,
      begun: false,
      closeAfter: false,
    };
    client._connect = () => {};
    client._doRequest = () => {};
    client._destroyConnection = () => disconnect(lane);
    client.getRequestBuffer = options.nextRequest;
    client.requestIterator.nextRequest = () => {};
    client.requestIterator.recordBody = (_request, status, body, rawHeaders) => {
      const { kind, message } = classifyResponse(status, rawHeaders ?? [], body);
      end(lane, kind, message);
      if (lane.closeAfter) disconnect(lane);
    };
    client.on("headers", (info) => {
      lane.closeAfter = info.shouldKeepAlive === false;
    });
    lanes.push(lane);
    idle.push(lane);
  }

  function connect(lane: Lane): void {
    const { client } = lane;
    client.pipelinedRequests.clear();
    client.parser.initialize(client.parser.type);
    const socket = secure
      ? tlsConnect({ host, port, ca: options.ca, servername: isIP(host) ? undefined : host, rejectUnauthorized: true })
      : netConnect({ host, port });
    lane.socket = socket;
    client.conn = socket;
    lane.closeAfter = false;
    connections++;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => received(lane, chunk));
    socket.on("error", (error) => lost(lane, socket, error));
    socket.on("end", () => {
      // A body without a length ends with the connection, and then the answer is complete.
      if (lane.socket === socket && lane.begun) client.parser.finish();
      lost(lane, socket);
    });
    socket.on("close", () => lost(lane, socket));
    // Nothing is written earlier: with TLS this event comes after the certificate was found good.
    socket.once(secure ? "secureConnect" : "connect", () => {
      if (lane.socket === socket) write(lane);
    });
  }

  function disconnect(lane: Lane): void {
    const { socket } = lane;
    if (!socket) return;
    lane.socket = undefined;
    connections--;
    socket.destroy();
    lane.client.pipelinedRequests.clear();
  }

  function received(lane: Lane, chunk: Buffer): void {
    const { socket } = lane;
    // What nobody asked for cannot be told apart from the next answer, so the connection is given up.
    if (!lane.begun) {
      disconnect(lane);
      return;
    }
    lane.client.pipelinedRequests.addByteCount(chunk.length);
    let problem: unknown;
    try {
      problem = lane.client.parser.execute(chunk);
    } catch (error) {
      problem = error;
    }
    if (socket && problem instanceof Error) lost(lane, socket, new Error(`unreadable HTTP (${problem.message})`));
  }

  function lost(lane: Lane, socket: Socket, error?: NodeJS.ErrnoException): void {
    if (lane.socket !== socket) return;
    const code = error?.code && !error.message.includes(error.code) ? `${error.code}: ` : "";
    const reason = error ? `${code}${error.message}` : "the connection was closed before the answer was complete";
    disconnect(lane);
    end(lane, "connection", sampleMessage("Connection", reason));
  }

  function begin(lane: Lane, request: DueRequest): void {
    lane.request = request;
    lane.startedAt = performance.now();
    inFlight++;
    if (lane.socket && lane.startedAt - lane.usedAt > maxIdleMs) disconnect(lane);
    if (lane.socket) write(lane);
    else connect(lane);
  }

  function write(lane: Lane): void {
    if (!lane.request || lane.begun) return;
    lane.begun = true;
    lane.send();
    events.sent();
  }

  function end(lane: Lane, kind: Outcome["kind"], message?: string): void {
    const { request } = lane;
    if (!request) return;
    lane.request = undefined;
    lane.begun = false;
    inFlight--;
    lane.usedAt = performance.now();
    const { intendedAt, stage, late } = request;
    // Member by member: spreading the request would cost as much as everything else here together.
    events.ended({ intendedAt, stage, late, kind, startedAt: lane.startedAt, endedAt: lane.usedAt, message });
    // The parser is still busy with this very answer: the next request waits for the end of this turn.
    if (queue.length > 0) process.nextTick(continueWith, lane);
    else idle.push(lane);
  }

  function continueWith(lane: Lane): void {
    const request = queue.shift();
    if (request) begin(lane, request);
    else idle.push(lane);
  }

  return {
    start() {
      return new Promise((resolve, reject) => {
        // It is a promise and an emitter in one, which its types do not say.
        const begun = autocannon({
          url: url.href,
          connections: options.maxConnections,
          // Never reached: the plan ends the run, and a timer of Node holds at most 24.8 days.
          duration: 1_000_000,
          timeout: 1_000_000,
          setupClient: takeOver,
        }) as Promise<autocannon.Result> & autocannon.Instance;
        instance = begun;
        begun.once("error", reject);
        begun.catch(reject);
        begun.once("start", () => {
          for (const { client } of lanes) {
            client.timeoutTicker.clear();
            client.timeoutTicker = { clear() {}, reschedule() {} };
          }
          resolve();
        });
      });
    },
    dispatch(request) {
      if (!sending) return;
      const lane = idle.pop();
      if (lane) begin(lane, request);
      else queue.push(request);
    },
    sweep(now) {
      for (const lane of lanes) {
        if (!lane.request || now - lane.startedAt <= timeoutMs) continue;
        disconnect(lane);
        end(lane, "timeout", `No answer within ${timeoutMs / 1000} s`);
      }
      for (let next = queue.peek(); next && now - next.intendedAt > timeoutMs; next = queue.peek()) {
        queue.shift();
        const message = `No free connection within ${timeoutMs / 1000} s (${options.maxConnections} in use)`;
        events.ended({ ...next, kind: "timeout", startedAt: undefined, endedAt: now, message });
      }
    },
    stopSending() {
      sending = false;
      queue.clear();
      for (const lane of lanes) {
        if (!lane.request || lane.begun) continue;
        lane.request = undefined;
        inFlight--;
        disconnect(lane);
      }
    },
    gauges: () => ({ inFlight, queued: queue.length, connections }),
    close() {
      for (const lane of lanes) {
        lane.request = undefined;
        lane.client.destroy();
      }
      instance?.stop();
    },
  };
}
