import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { OpsError } from "../../../src/domain/errors.ts";
import { chartRange } from "../../../src/panels/pageSchemas.ts";
import { chartRanges } from "../../../src/protocol/endpointPage.ts";
import { notification, PageTransport, type Port, request, serveRequests } from "../../../src/protocol/transport.ts";

/** Two ends that hear each other, through JSON as between a page and its host. */
function connected(): { page: Port; host: Port; sent: unknown[] } {
  const listeners: Record<"page" | "host", ((message: unknown) => void)[]> = { page: [], host: [] };
  const sent: unknown[] = [];
  const end = (own: "page" | "host", other: "page" | "host"): Port => ({
    post: (message) => {
      const copy: unknown = JSON.parse(JSON.stringify(message));
      sent.push(copy);
      queueMicrotask(() => {
        for (const listener of listeners[other]) listener(copy);
      });
    },
    listen: (listener) => listeners[own].push(listener),
  });
  return { page: end("page", "host"), host: end("host", "page"), sent };
}

const table = { double: request<number, number>("double"), fail: request<null, null>("fail") };
const changed = notification<{ count: number }>("changed");
const handlers = {
  double: { params: z.number(), handle: (n: number) => n * 2 },
  fail: {
    params: z.null(),
    handle: (): null => {
      throw new OpsError("throttled", "Too often.", { hint: "Wait." });
    },
  },
};

test("questions get their own answers, also out of order", async () => {
  const { page, host } = connected();
  const late: (() => void)[] = [];
  serveRequests(host, table, {
    ...handlers,
    double: { params: z.number(), handle: (n) => new Promise((resolve) => late.push(() => resolve(n * 2))) },
  });
  const transport = new PageTransport(page);
  const answers = Promise.all([transport.call(table.double, 1), transport.call(table.double, 2)]);
  while (late.length < 2) await new Promise((resolve) => setImmediate(resolve));
  for (const answer of late.reverse()) answer();
  assert.deepEqual(await answers, [2, 4]);
});

test("an error of the host arrives with its code and hint", async () => {
  const { page, host } = connected();
  serveRequests(host, table, handlers);
  await assert.rejects(new PageTransport(page).call(table.fail, null), (error: unknown) => {
    assert.ok(error instanceof OpsError);
    assert.deepEqual([error.code, error.message, error.hint], ["throttled", "Too often.", "Wait."]);
    return true;
  });
});

test("what a page sends is checked before anything is done with it", async () => {
  const { page, host } = connected();
  let reached = false;
  const handle = () => {
    reached = true;
    return 0;
  };
  serveRequests(host, table, { ...handlers, double: { params: z.number(), handle } });
  const transport = new PageTransport(page);
  await assert.rejects(
    transport.call(table.double, "2" as unknown as number),
    /double was asked with something unusable/,
  );
  await assert.rejects(transport.call(request<null, null>("rm"), null), /asked for rm, which nobody answers/);
  assert.equal(reached, false);
});

test("what is no question at all is passed over", async () => {
  const { page, host, sent } = connected();
  serveRequests(host, table, handlers);
  for (const nonsense of [null, 7, "double", {}, { id: "1", method: "double" }, { id: 1, method: 2 }])
    page.post(nonsense);
  assert.equal(await new PageTransport(page).call(table.double, 4), 8);
  // Six bits of nonsense, one question, one answer.
  assert.equal(sent.length, 8);
});

test("notifications arrive as whole values", async () => {
  const { page, host } = connected();
  const transport = new PageTransport(page);
  const heard = new Promise((resolve) => transport.on(changed, resolve));
  serveRequests(host, table, handlers).notify(changed, { count: 3 });
  assert.deepEqual(await heard, { count: 3 });
});

test("the host accepts exactly the ranges that the page offers", () => {
  assert.deepEqual(
    chartRanges.filter((range) => !chartRange.safeParse(range).success),
    [],
  );
  assert.equal(chartRange.safeParse(16).success, false);
});
