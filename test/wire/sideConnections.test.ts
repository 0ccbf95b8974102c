import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { Connections } from "../../src/services/connections.ts";
import { SideConnections } from "../../src/services/sideConnections.ts";
import { deployWine, eventually } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

let sandbox: TestSandbox;
const main = new Connections();
const sides = new SideConnections(main);
const at = (region: string) => ({ kind: "sandbox" as const, sandbox: { ...sandbox, region, timeScale: 300 } });

before(async () => {
  sandbox = await startTestSandbox({ timeScale: 300 });
  await deployWine(sandbox, "here");
  await deployWine({ ...sandbox, clientConfig: () => sandbox.clientConfig("eu-west-1") }, "there");
  await main.connect(at("us-east-1"));
});
after(async () => {
  sides.dispose();
  main.disconnect();
  await sandbox.close();
});

it("another region is looked at beside the current one, and each knows its own endpoints", async () => {
  sides.setVisible(true);
  const side = await sides.add(at("eu-west-1"));
  assert.equal(side.connection.region, "eu-west-1");
  const names = await eventually("the endpoints are listed", async () => {
    const { state, endpoints } = side.endpoints.snapshot();
    return state === "loaded" && endpoints.map(({ name }) => name);
  });
  assert.deepEqual(names, ["there"]);
  assert.equal((await side.endpoints.detail("there")).endpoint.status, "InService");
  assert.equal(main.current?.region, "us-east-1");
});

it("the same place is looked at once", async () => {
  for (const region of ["eu-west-1", "us-east-1"])
    await assert.rejects(sides.add(at(region)), new RegExp(`sandbox · ${region} is in the explorer already`));
  assert.equal(sides.list().length, 1);
});

it("what cannot be signed in to is not kept; what is removed is gone", async () => {
  const wrong = { ...at("ap-south-1") };
  wrong.sandbox.secretAccessKey = "wrong";
  await assert.rejects(sides.add(wrong), /sign in/);
  const [side] = sides.list();
  assert.ok(side);
  let changes = 0;
  sides.onDidChange.on(() => changes++);
  sides.remove(side.id);
  assert.equal(sides.list().length, 0);
  assert.ok(changes > 0);
  await assert.rejects(side.endpoints.detail("there", { fresh: true }), /Not connected/);
});
