import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { deregisterScaling, readScalingSnapshot, restoreScaling, type ScalingSnapshot } from "../aws/scalingUpdates.ts";
import type { Connections } from "./connections.ts";

const SUFFIX = ".scaling.json";

/** Where the scaling that is taken off is kept unless told otherwise. */
const DEFAULT_FOLDER = path.join(homedir(), ".sagemaker-ops", "scaling");

/**
 * Takes the scaling of an endpoint off and puts it back: SageMaker changes no instance type under a scalable target
 * (developer guide, endpoint-scaling-update). What was taken off is kept as a file, so that a process that ends in
 * between loses nothing; the file holds no secret.
 */
export class ScalingPause {
  constructor(
    private readonly connections: Connections,
    private readonly folder = DEFAULT_FOLDER,
  ) {}

  /** Endpoints of the connected account and region whose scaling is off and not back yet. */
  async list(): Promise<string[]> {
    const prefix = this.prefix();
    const names = await readdir(this.folder).catch(() => []);
    return names
      .filter((name) => name.startsWith(prefix) && name.endsWith(SUFFIX))
      .map((name) => name.slice(prefix.length, -SUFFIX.length));
  }

  /** Nothing when the variant does not scale. */
  async pause(endpointName: string, variantName: string): Promise<void> {
    const clients = this.connections.clients();
    const snapshot = await readScalingSnapshot(clients, endpointName, variantName);
    if (!snapshot) return;
    const file = this.fileOf(endpointName);
    await mkdir(this.folder, { recursive: true });
    await writeFile(`${file}.part`, `${JSON.stringify(snapshot, undefined, 2)}\n`);
    await rename(`${file}.part`, file);
    await deregisterScaling(clients, endpointName, variantName);
  }

  /** Puts back what was taken off; nothing when there is nothing to put back. */
  async restore(endpointName: string): Promise<void> {
    const file = this.fileOf(endpointName);
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text === undefined) return;
    await restoreScaling(this.connections.clients(), JSON.parse(text) as ScalingSnapshot);
    await rm(file, { force: true });
  }

  private prefix(): string {
    const { accountId, region } = this.connections.required();
    return `${accountId}-${region}-`;
  }

  private fileOf(endpointName: string): string {
    return path.join(this.folder, `${this.prefix()}${endpointName}${SUFFIX}`);
  }
}
