import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { Connection } from "../../../src/domain/connection.ts";
import { SentRequests, sentRequest } from "../../../src/panels/sentRequests.ts";
import type { PredictParams, SentRequest } from "../../../src/protocol/endpointPage.ts";
import type { Connections } from "../../../src/services/connections.ts";

const dev: Connection = { kind: "aws", accountId: "111122223333", region: "eu-central-1", timeScale: 1 };
const at = (current: Connection | undefined) => ({ current }) as Connections;

const request = (body: string, more: Partial<Extract<PredictParams, { via: "endpoint" }>> = {}): SentRequest => ({
  atMs: 1,
  params: { via: "endpoint", contentType: "text/csv", body, ...more },
});
const bodies = (list: SentRequest[]) => list.map(({ params }) => (params.via === "endpoint" ? params.body : "api"));

describe("the tester's last requests", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "requests-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const window = (connection: Connection | undefined = dev) => new SentRequests(at(connection), folder);

  test("outlive the window, and are those of the account, the region and the endpoint", async () => {
    await window().add("wine", request("1"));
    await window().add("wine", request("2"));
    assert.deepEqual(bodies(await window().list("wine")), ["2", "1"]);
    const others: Connection[] = [
      { ...dev, accountId: "444455556666" },
      { ...dev, region: "us-east-1" },
      { ...dev, kind: "sandbox" },
    ];
    for (const other of others) assert.deepEqual(await window(other).list("wine"), []);
    assert.deepEqual(await window().list("other"), []);
    assert.deepEqual(await new SentRequests(at(undefined), folder).add("wine", request("3")), []);
    assert.deepEqual(await window().clear("wine"), []);
    assert.deepEqual(await window().list("wine"), []);
    assert.deepEqual(await readdir(folder), []);
  });

  test("are bounded: twenty an endpoint, fifty endpoints, no long body", async () => {
    const requests = window();
    for (let i = 0; i < 25; i++) await requests.add("wine", request(`${i}`));
    assert.equal((await requests.list("wine")).length, 20);
    const [long] = await requests.add("long", request("é".repeat(40_000)));
    assert.equal(long?.leftOut, 80_000);
    assert.deepEqual(bodies(await window().list("long")), [""]);
    for (let i = 0; i < 60; i++) await requests.add(`endpoint-${i}`, request("1"));
    assert.equal((await readdir(folder)).length, 50);
    assert.equal((await window().list("endpoint-59")).length, 1);
  });

  test("hold no header that looks like a secret", async () => {
    const headers = { accept: "application/json", customAttributes: "X-Api-Key: abc123", sessionId: "s-1" };
    await window().add("wine", request("1", { headers }));
    const [name] = await readdir(folder);
    assert.doesNotMatch(await readFile(path.join(folder, name ?? ""), "utf8"), /abc123/);
    const [{ params } = request("")] = await window().list("wine");
    assert.deepEqual(params.via === "endpoint" && params.headers, { accept: "application/json", sessionId: "s-1" });
  });

  test("a window without a workspace has them while it is open", async () => {
    const requests = new SentRequests(at(dev), undefined);
    await requests.add("wine", request("1"));
    assert.deepEqual(bodies(await requests.list("wine")), ["1"]);
  });

  test("say what came of them; one that was given up is none", () => {
    const { params } = request("1");
    const response = { status: 200, latencyMs: 9, body: "", probabilities: [0.1, 0.9], labels: ["a", "b"] };
    const answered = sentRequest(params, undefined, { kind: "answered", response, atMs: 1, isApi: false });
    assert.deepEqual(answered?.answer, {
      status: 200,
      latencyMs: 9,
      failed: false,
      best: { index: 1, value: 0.9, label: "b" },
    });
    assert.equal(sentRequest(params, undefined, undefined), undefined);
    const failure = { code: "failed" as const, message: "gone" };
    assert.equal(sentRequest(params, undefined, { kind: "failed", error: failure })?.answer, undefined);
  });
});
