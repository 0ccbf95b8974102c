import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttpsServer } from "node:https";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { errorCount } from "../../../src/domain/loadRun.ts";
import { startRamp } from "../../../src/loadtest/engine.ts";
import { httpServer, type Listening, otherServer, rampTo, tcpServer } from "./rig.ts";

const ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

async function using<T>(server: Listening, act: (server: Listening) => Promise<T>): Promise<T> {
  try {
    return await act(server);
  } finally {
    await server.close();
  }
}

describe("engine against real sockets", { concurrency: false, timeout: 60_000 }, () => {
  it("sends exactly what was planned, at the planned moments, whatever the payload's turn", async () => {
    const bodies = new Map<string, number>();
    const server = await httpServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        bodies.set(body, (bodies.get(body) ?? 0) + 1);
        response.end("ok");
      });
    });
    await using(server, async ({ url }) => {
      const seen: number[] = [];
      const options = rampTo(url, [
        { type: "linear", from: 0, to: 200, seconds: 1 },
        { type: "hold", rate: 200, seconds: 1 },
      ]);
      const result = await startRamp({ ...options, onPoint: ({ second }) => seen.push(second) }).done;
      assert.equal(result.interrupted, false);
      assert.deepEqual(
        [result.totals.planned, result.totals.asked, result.totals.sent, result.totals.ok],
        [300, 300, 300, 300],
      );
      // The request at the very boundary may be told of in either second.
      const [first = 0, second = 0] = result.points.map(({ asked }) => asked);
      assert.ok(Math.abs(first - 100) <= 1 && first + second === 300, `${first} and ${second} in the two seconds`);
      assert.deepEqual(
        seen,
        result.points.map(({ second }) => second),
      );
      assert.equal(
        [...bodies.values()].reduce((a, b) => a + b),
        300,
      );
      assert.deepEqual([...bodies.keys()].sort(), ["1,2,3", "4,5,6"]);
      assert.equal(result.latency.whole?.count, 300);
      assert.deepEqual(
        result.latency.stages.map(({ all }) => all?.count),
        [100, 200],
      );
    });
  });

  it("opens connections only as needed and keeps them", async () => {
    let opened = 0;
    const server = await httpServer((request, response) => {
      request.resume().on("end", () => response.end("ok"));
    });
    await using(server, async ({ url, port }) => {
      const counting = await tcpServer((socket) => {
        opened++;
        const upstream = connect(port, "127.0.0.1");
        upstream.on("error", () => {});
        socket.pipe(upstream).pipe(socket);
      });
      await using(counting, async (front) => {
        const result = await startRamp(rampTo(front.url, [{ type: "hold", rate: 100, seconds: 1 }])).done;
        assert.equal(result.totals.ok, 100, url);
        assert.ok(opened >= 1 && opened < 40, `${opened} connections for 100 requests/s to a fast server`);
      });
    });
  });

  it("counts answers by kind and keeps a sample of each", async () => {
    const answers: [number, Record<string, string>][] = [
      [200, {}],
      [400, {}],
      [400, { "x-amzn-errortype": "ThrottlingException" }],
      [429, {}],
      [424, {}],
      [503, {}],
    ];
    let turn = 0;
    const server = await httpServer((request, response) => {
      const [status, headers] = answers[turn++ % answers.length] as [number, Record<string, string>];
      request.resume().on("end", () => response.writeHead(status, headers).end(`body of ${status}`));
    });
    await using(server, async ({ url }) => {
      const { totals, errorSamples } = await startRamp(rampTo(url, [{ type: "hold", rate: 60, seconds: 1 }])).done;
      assert.equal(totals.ok, 10);
      assert.deepEqual(totals.byKind, {
        clientError: 10,
        throttled: 20,
        modelError: 10,
        serverError: 10,
        timeout: 0,
        connection: 0,
      });
      assert.equal(errorSamples.modelError, "HTTP 424: body of 424");
    });
  });

  it("counts a connection that is closed in flight as one error and goes on", async () => {
    let requests = 0;
    let closed = 0;
    const server = await tcpServer((socket) => {
      socket.on("data", () => {
        if (++requests % 10 === 5) {
          closed++;
          socket.end();
        } else {
          socket.write(ok);
        }
      });
    });
    await using(server, async ({ url }) => {
      const { totals, errorSamples } = await startRamp(rampTo(url, [{ type: "hold", rate: 100, seconds: 1 }])).done;
      assert.equal(closed, 10);
      assert.deepEqual([totals.sent, totals.done, totals.ok, totals.byKind.connection], [100, 100, 90, 10]);
      assert.match(errorSamples.connection ?? "", /closed before the answer/);
    });
  });

  it("understands answers that end with the connection, and servers that close after each", async () => {
    const server = await tcpServer((socket) => {
      socket.on("data", () => socket.end("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nuntil the end"));
    });
    await using(server, async ({ url }) => {
      const { totals } = await startRamp(rampTo(url, [{ type: "hold", rate: 50, seconds: 1 }])).done;
      assert.deepEqual([totals.ok, errorCount(totals.byKind)], [50, 0]);
    });
  });

  it("counts what is not HTTP, and answers that nobody asked for do no harm", async () => {
    let turn = 0;
    const server = await tcpServer((socket) => {
      socket.on("data", () => socket.write(turn++ % 2 === 0 ? "220 smtp ready\r\n\r\n" : ok + ok));
    });
    await using(server, async ({ url }) => {
      const { totals, errorSamples } = await startRamp(rampTo(url, [{ type: "hold", rate: 40, seconds: 1 }])).done;
      assert.deepEqual([totals.done, totals.ok, totals.byKind.connection], [40, 20, 20]);
      assert.match(errorSamples.connection ?? "", /unreadable HTTP/);
    });
  });

  for (const maxConnections of [64, 2]) {
    it(`times out on a server that never answers, with ${maxConnections} connections`, async () => {
      const server = await tcpServer((socket) => socket.resume());
      await using(server, async ({ url }) => {
        const plan = { timeoutSeconds: 0.3, maxConnections };
        const { totals, latency } = await startRamp(rampTo(url, [{ type: "hold", rate: 50, seconds: 1 }], plan)).done;
        assert.deepEqual([totals.done, totals.byKind.timeout, totals.ok], [50, 50, 0]);
        assert.ok((latency.whole?.p50Ms ?? 0) >= 300, `p50 ${latency.whole?.p50Ms}`);
        if (maxConnections === 2) assert.ok(totals.sent < 20, `${totals.sent} sent over two hung connections`);
      });
    });
  }

  it("tries once for each planned request when nobody listens", async () => {
    const server = await tcpServer(() => {});
    await server.close();
    const { totals, latency, errorSamples } = await startRamp(
      rampTo(server.url, [{ type: "hold", rate: 100, seconds: 1 }]),
    ).done;
    assert.deepEqual([totals.done, totals.byKind.connection, totals.sent], [100, 100, 0]);
    assert.equal(latency.whole, null);
    assert.match(errorSamples.connection ?? "", /ECONNREFUSED/);
  });

  it("measures from the intended start, so that a stall is felt by all who meet it", async () => {
    let first: number | undefined;
    const server = await httpServer((request, response) => {
      first ??= performance.now();
      const into = performance.now() - first;
      const stall = into > 400 && into < 1400 ? 1400 - into : 0;
      request.resume().on("end", () => setTimeout(() => response.end("ok"), stall));
    });
    await using(server, async ({ url }) => {
      const plan = { maxConnections: 4 };
      const { latency, totals } = await startRamp(rampTo(url, [{ type: "hold", rate: 100, seconds: 2 }], plan)).done;
      assert.equal(totals.ok, 200);
      assert.ok((latency.whole?.p90Ms ?? 0) > 600, `p90 from the intended start ${latency.whole?.p90Ms}`);
      assert.ok((latency.service?.p90Ms ?? 999) < 300, `p90 of the service time ${latency.service?.p90Ms}`);
    });
  });
});

describe("engine under control", { concurrency: false, timeout: 60_000 }, () => {
  it("stops: nothing is sent any more, and what was measured is kept", async () => {
    const arrivals: number[] = [];
    const server = await httpServer((request, response) => {
      arrivals.push(performance.now());
      request.resume().on("end", () => response.end("ok"));
    });
    await using(server, async ({ url }) => {
      const run = startRamp({
        ...rampTo(url, [{ type: "hold", rate: 200, seconds: 30 }]),
        onPoint: () => {
          stoppedAt ??= performance.now();
          run.stop();
        },
      });
      let stoppedAt: number | undefined;
      const result = await run.done;
      const took = performance.now() - (stoppedAt ?? 0);
      assert.equal(result.interrupted, true);
      assert.equal(result.failure, undefined);
      assert.ok(result.totals.asked >= 200 && result.totals.asked < 300, `asked ${result.totals.asked}`);
      assert.equal(result.totals.sent, arrivals.length);
      assert.equal(result.totals.abandoned, 0);
      const late = arrivals.filter((at) => at > (stoppedAt ?? 0) + 50).length;
      assert.equal(late, 0, `${late} requests came later than 50 ms after the stop`);
      assert.ok(took < 2000, `stopping took ${took} ms`);
    });
  });

  it("gives a hung target 5 s after the stop, then says what was abandoned", async () => {
    const server = await tcpServer((socket) => socket.resume());
    await using(server, async ({ url }) => {
      let stoppedAt = 0;
      const run = startRamp({
        ...rampTo(url, [{ type: "hold", rate: 20, seconds: 30 }]),
        onPoint: () => {
          stoppedAt ||= performance.now();
          run.stop();
        },
      });
      const { totals, interrupted } = await run.done;
      const took = performance.now() - stoppedAt;
      assert.equal(interrupted, true);
      assert.ok(totals.abandoned >= 20, `${totals.abandoned} abandoned`);
      assert.ok(took > 4500 && took < 7000, `it took ${took} ms`);
    });
  });

  it("stops before its first second and still has a result", async () => {
    const server = await tcpServer((socket) => socket.resume());
    await using(server, async ({ url }) => {
      const result = await startRamp(
        rampTo(url, [{ type: "hold", rate: 1, seconds: 30 }], { timeoutSeconds: 1 }),
      ).stop();
      assert.equal(result.interrupted, true);
      assert.equal(result.totals.planned, 30);
    });
  });

  it("signs with the credentials of the moment", async () => {
    const keys = new Set<string>();
    let sawNext: () => void = () => {};
    const next = new Promise<void>((resolve) => {
      sawNext = resolve;
    });
    const server = await httpServer((request, response) => {
      const key = /Credential=([^/]+)\//.exec(request.headers.authorization ?? "")?.[1] ?? "none";
      keys.add(`${key} ${request.headers["x-amz-security-token"] ?? ""}`);
      if (key === "NEXT") sawNext();
      request.resume().on("end", () => response.end("ok"));
    });
    await using(server, async ({ url }) => {
      const credentials = { accessKeyId: "FIRST", secretAccessKey: "s", sessionToken: "t1" };
      const run = startRamp({
        ...rampTo(url, [{ type: "hold", rate: 50, seconds: 30 }]),
        signing: { region: "us-east-1", service: "sagemaker", credentials },
        onPoint: () => run.updateCredentials({ accessKeyId: "NEXT", secretAccessKey: "s2" }),
      });
      await next;
      const { totals } = await run.stop();
      assert.equal(totals.ok, totals.sent);
      assert.deepEqual([...keys], ["FIRST t1", "NEXT "]);
    });
  });

  it("sends not one byte of a request to a server with a certificate that nobody vouches for", async () => {
    const pem = readFileSync(new URL("./fixtures/selfSigned.pem", import.meta.url), "utf8");
    let bytes = 0;
    const tls = createHttpsServer({ key: pem, cert: pem }, (request, response) => {
      request.resume().on("end", () => response.end("ok"));
    });
    tls.on("secureConnection", (socket) => {
      socket.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
    });
    await using(await otherServer(tls, "https"), async ({ url }) => {
      const options = rampTo(url, [{ type: "hold", rate: 50, seconds: 1 }]);
      const distrusted = await startRamp(options).done;
      assert.deepEqual([distrusted.totals.byKind.connection, distrusted.totals.sent, bytes], [50, 0, 0]);
      assert.match(distrusted.errorSamples.connection ?? "", /self-signed certificate/);
      const trusted = await startRamp({ ...options, ca: pem }).done;
      assert.equal(trusted.totals.ok, 50);
      assert.ok(bytes > 0);
    });
  });

  it("ends with its parent", async () => {
    let open = 0;
    let gone: () => void = () => {};
    const allGone = new Promise<void>((resolve) => {
      gone = resolve;
    });
    const server = await tcpServer((socket) => {
      open++;
      socket.on("data", () => socket.write(ok));
      socket.on("close", () => {
        if (--open === 0) gone();
      });
    });
    await using(server, async ({ url }) => {
      const path = fileURLToPath(new URL("./fixtures/rampParent.ts", import.meta.url));
      const parent = fork(path, [url], { execArgv: ["--import", "tsx"] });
      await once(parent, "message");
      assert.ok(open > 0);
      parent.kill("SIGKILL");
      await allGone;
    });
  });

  it("refuses what is not http before it starts anything, and names an engine that is missing", async () => {
    const options = rampTo("file:///etc/passwd", [{ type: "hold", rate: 1, seconds: 1 }]);
    assert.throws(() => startRamp(options), /only http and https/);
    const missing = {
      ...rampTo("http://127.0.0.1:1/", options.plan.stages as never),
      engine: { path: "/nowhere/engine.cjs" },
    };
    await assert.rejects(startRamp(missing).done, /load engine ended with code 1.*nowhere/);
  });
});
