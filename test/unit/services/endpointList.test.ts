import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { CreateEndpointCommand, SageMakerClient } from "@aws-sdk/client-sagemaker";
import { Connections } from "../../../src/services/connections.ts";
import { Endpoints } from "../../../src/services/endpoints.ts";
import { deployWine } from "../../wire/endpoints.ts";
import { startTestSandbox, type TestSandbox } from "../../wire/sandbox.ts";

const COUNT = 1_350;
const AT_ONCE = 50;

let sandbox: TestSandbox;
let client: SageMakerClient;
const connections = new Connections();
const endpoints = new Endpoints(connections);
const create = (EndpointName: string) =>
  client.send(new CreateEndpointCommand({ EndpointName, EndpointConfigName: "first" }));
before(async () => {
  sandbox = await startTestSandbox();
  client = new SageMakerClient(sandbox.clientConfig());
  await deployWine(sandbox, "first");
  for (let i = 1; i < COUNT; i += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, COUNT - i) }, (_, j) => create(`endpoint-${i + j}`)));
  await connections.connect({ kind: "sandbox", sandbox: { ...sandbox, timeScale: 0 } });
});
after(async () => {
  endpoints.dispose();
  connections.disconnect();
  client.destroy();
  await sandbox.close();
});

const listed = () => endpoints.snapshot().endpoints.map(({ name }) => name);

describe("the list of a large account", () => {
  it("opens with a page, and each further step doubles it", async () => {
    await endpoints.refresh();
    const sizes = [listed().length];
    while (endpoints.snapshot().hasMore) {
      await endpoints.loadMore();
      sizes.push(listed().length);
    }
    assert.deepEqual(sizes, [100, 200, 400, 800, COUNT]);
    assert.equal(new Set(listed()).size, COUNT);
  });

  it("keeps what was opened when it is read again, with what is new on top", async () => {
    await create("newest");
    await endpoints.refresh();
    assert.equal(listed().length, COUNT + 1);
    assert.equal(new Set(listed()).size, COUNT + 1);
    assert.equal(listed()[0], "newest");
  });

  it("lists nothing twice when it is asked for more twice at once", async () => {
    await endpoints.setFilter({ name: "endpoint-" });
    await Promise.all([endpoints.loadMore(), endpoints.loadMore()]);
    assert.equal(listed().length, 200);
    assert.equal(new Set(listed()).size, 200);
  });
});
