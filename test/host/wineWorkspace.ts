import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const infra = path.resolve(import.meta.dirname, "../../infra");

/** A ramp of ten seconds that does not care whether anything scales. */
const shortPlan = {
  version: 1,
  name: "short",
  target: { type: "endpoint" },
  payloads: { csv: "../model/wine.csv", header: true, dropColumns: ["class"] },
  contentType: "text/csv",
  stages: [
    { type: "linear", from: 0, to: 60, seconds: 4 },
    { type: "hold", rate: 60, seconds: 6 },
  ],
  maxConnections: 32,
  expect: { achievedRatio: { min: 0.9 }, errorRate: { max: 0.01 } },
};

/** The wine project in a folder of its own, with a short load plan beside the long one. */
export function createWineWorkspace(): { folder: string; remove(): void } {
  const root = mkdtempSync(path.join(tmpdir(), "sagemaker-ops-wine-"));
  // The name is seen in the window's title and in screenshots.
  const folder = path.join(root, "wine");
  // Runs of somebody who worked in the sources are not copied.
  const filter = (source: string) => !source.includes(".sagemaker-ops");
  cpSync(infra, folder, { recursive: true, filter });
  writeFileSync(path.join(folder, "loadtests/short.ramp.json"), JSON.stringify(shortPlan, null, 2));
  return { folder, remove: () => rmSync(root, { recursive: true, force: true }) };
}
