import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { describeEndpoint } from "../aws/sagemaker.ts";
import { deregisterScaling, readScalingSnapshot, restoreScaling, type ScalingSnapshot } from "../aws/scalingUpdates.ts";
import { OpsError } from "../domain/errors.ts";
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

  /**
   * Endpoints of the connected account and region whose scaling is off and not back yet. What cannot be put back any
   * more, because the endpoint is gone or scales again, is forgotten.
   */
  async list(): Promise<string[]> {
    const prefix = this.prefix();
    const names = (await readdir(this.folder).catch(() => []))
      .filter((name) => name.startsWith(prefix) && name.endsWith(SUFFIX))
      .map((name) => name.slice(prefix.length, -SUFFIX.length));
    const waiting: string[] = [];
    for (const name of names) {
      if (await this.canBeRestored(name)) waiting.push(name);
      else await rm(this.fileOf(name), { force: true });
    }
    return waiting;
  }

  private async canBeRestored(endpointName: string): Promise<boolean> {
    const snapshot = await this.read(endpointName);
    if (!snapshot) return false;
    const clients = this.connections.clients();
    try {
      const { variants } = await describeEndpoint(clients, endpointName);
      if (!variants.some(({ name }) => name === snapshot.variantName)) return false;
    } catch (error) {
      // Whatever else is wrong may pass; what was taken off is kept.
      return !(error instanceof OpsError && error.code === "notFound");
    }
    return (await readScalingSnapshot(clients, endpointName, snapshot.variantName)) === undefined;
  }

  private async read(endpointName: string): Promise<ScalingSnapshot | undefined> {
    const text = await readFile(this.fileOf(endpointName), "utf8").catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as ScalingSnapshot);
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
    const snapshot = await this.read(endpointName);
    if (!snapshot) return;
    await restoreScaling(this.connections.clients(), snapshot);
    await rm(this.fileOf(endpointName), { force: true });
  }

  private prefix(): string {
    const { accountId, region, endpointUrl } = this.connections.required();
    // Every sandbox has the same account: its address tells it from others.
    const place = endpointUrl === undefined ? "" : `${new URL(endpointUrl).host.replace(/[^A-Za-z0-9.]/g, "_")}-`;
    return `${place}${accountId}-${region}-`;
  }

  private fileOf(endpointName: string): string {
    return path.join(this.folder, `${this.prefix()}${endpointName}${SUFFIX}`);
  }
}
