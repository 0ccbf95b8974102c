import { readFile } from "node:fs/promises";
import { loadModelArchive } from "../../src/sandbox/model/archive.ts";
import { invokeContainer } from "../../src/sandbox/model/container.ts";
import type { Row } from "./loadtest.ts";

const ROUNDS = 400;

/** Time of the model itself: the wine rows through the evaluator and the container's CSV around it. */
export async function run(): Promise<Row[]> {
  const infra = (name: string) => new URL(`../../infra/model/${name}`, import.meta.url);
  const booster = await loadModelArchive(await readFile(infra("model.tar.gz")));
  const [, ...lines] = (await readFile(infra("wine.csv"), "utf8")).trim().split("\n");
  const rows = lines.map((line) => line.split(",").slice(0, -1).join(","));
  const time = (bodies: Buffer[]) => {
    const ask = () => {
      for (const body of bodies)
        if (invokeContainer(booster, { body, contentType: "text/csv" }).status !== 200) throw new Error("refused");
    };
    for (let i = 0; i < ROUNDS / 4; i++) ask();
    const begin = performance.now();
    for (let i = 0; i < ROUNDS; i++) ask();
    return ((performance.now() - begin) * 1000) / ROUNDS / rows.length;
  };
  const alone = time(rows.map((row) => Buffer.from(row)));
  const together = time([Buffer.from(rows.join("\n"))]);
  return [
    { figure: "evaluator: time per row, 178 rows in one body", value: `${together.toFixed(1)} µs` },
    {
      figure: "evaluator: time per row, one row a body",
      value: `${alone.toFixed(1)} µs`,
      note: "CSV read and written",
    },
  ];
}
