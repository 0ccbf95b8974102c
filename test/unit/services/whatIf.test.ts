import assert from "node:assert/strict";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import type { OpsError } from "../../../src/domain/errors.ts";
import type { LoadRunReport } from "../../../src/domain/loadRun.ts";
import { choicesOf, plannedPerSecond, recordedLoad, scenariosOf } from "../../../src/domain/whatIf.ts";
import { WhatIf, whatIfTexts } from "../../../src/services/whatIf.ts";

const cliPath = fileURLToPath(new URL("../../../src/cli.ts", import.meta.url));
const whatIf = new WhatIf({ cliPath, execArgv: ["--import", import.meta.resolve("tsx")] });
const policy = { targetPerMinute: 12_000, minInstances: 1, maxInstances: 4 };

it("a plan's seconds sum up to the plan", () => {
  const stages = [
    { type: "linear" as const, from: 0, to: 100, seconds: 10 },
    { type: "hold" as const, rate: 33.3, seconds: 4.5 },
  ];
  const rates = plannedPerSecond(stages);
  assert.equal(rates.length, 15);
  assert.equal(
    rates.reduce((a, b) => a + b),
    500 + 149,
  );
  assert.deepEqual(rates.slice(0, 3), [5, 15, 25]);
});

it("a run's load ends with its last request, and keeps its time scale", () => {
  const points = [5, 9, 0, 0].map((asked) => ({ asked }));
  const report = { plan: { name: "p" }, points, connection: { timeScale: 30 } } as unknown as LoadRunReport;
  assert.deepEqual(recordedLoad(report), { name: "p", ratesPerSecond: [5, 9], timeScale: 30 });
});

it("scenarios are the combinations of what is given, named by what sets them apart", () => {
  const choices = { ...choicesOf(policy, "ml.m5.large"), targets: [6000, 12_000], maxInstances: [2, 8] };
  assert.deepEqual(
    scenariosOf(choices).map(({ name }) => name),
    ["target 6,000, max 2", "target 6,000, max 8", "target 12,000, max 2", "target 12,000, max 8"],
  );
  assert.deepEqual(scenariosOf(choicesOf(undefined, undefined)), []);
});

it("a private sandbox plays the scenarios, and is gone afterwards", { timeout: 60_000 }, async () => {
  const load = { name: "rush <b>", ratesPerSecond: new Array<number>(1200).fill(600), timeScale: 1 };
  const choices = { ...choicesOf(policy, "ml.m5.large"), maxInstances: [1, 4] };
  const report = await whatIf.run(load, scenariosOf(choices));
  const [one, four] = report.outcomes;
  assert.deepEqual([one?.mostInstances, four?.mostInstances], [1, 3]);
  assert.ok(Math.abs((one?.costUsd ?? 0) - 0.115 / 3) < 1e-6, `${one?.costUsd}`);
  const { html, markdown } = whatIfTexts(report);
  assert.doesNotMatch(html, /<b>|<script|NaN|undefined/);
  assert.equal(html.match(/<figure>/g)?.length, 5);
  assert.match(markdown, /\| max 4 \| 3 \| 03:00, serving at 0[78]:/);
  const refused = (message: RegExp) => (e: OpsError) => e.code === "badInput" && message.test(e.message);
  await assert.rejects(whatIf.run({ ...load, ratesPerSecond: [] }, report.scenarios), refused(/no second/));
  await assert.rejects(whatIf.run(load, []), refused(/0 scenarios/));
  await assert.rejects(
    whatIf.run(load, [{ ...report.scenarios[0], instanceType: "big" } as never]),
    refused(/instanceType: .*ml\.m5\.large/),
  );
});
