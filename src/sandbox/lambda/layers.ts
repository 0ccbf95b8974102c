import {
  type Architecture,
  DeleteLayerVersionCommand,
  GetLayerVersionByArnCommand,
  GetLayerVersionCommand,
  ListLayersCommand,
  ListLayerVersionsCommand,
  PublishLayerVersionCommand,
  ResourceNotFoundException,
  type Runtime,
} from "@aws-sdk/client-lambda";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import type { WireRequest, WireResponse } from "../wire/types.ts";
import type { World } from "../world.ts";
import { codeOf } from "./codeSource.ts";
import { badParameter, type FunctionCode, type FunctionStore } from "./functionStore.ts";

const MAX_LAYERS = 5;

/** A published version of a layer. */
export interface LayerVersion {
  region: string;
  name: string;
  version: number;
  /** With the version at its end. */
  arn: string;
  description?: string;
  license?: string;
  runtimes?: Runtime[];
  architectures?: Architecture[];
  createdAt: number;
  code: FunctionCode;
  /** No new function can use it; those that have it keep it (AWS: DeleteLayerVersion). */
  deleted?: boolean;
}

/** A layer as a function has it. */
export interface FunctionLayer {
  arn: string;
  bytes: number;
  /** Where it is unpacked; on AWS `/opt`. */
  directory: string;
}

/** Layers of all regions. */
export class LayerStore {
  /** By the ARN of the version, oldest first. */
  readonly versions = new Map<string, LayerVersion>();

  /** The layers of a function by the ARNs of their versions. @throws InvalidParameterValueException */
  use(arns: readonly string[]): FunctionLayer[] {
    if (arns.length > MAX_LAYERS) throw badParameter(`Cannot reference more than ${MAX_LAYERS} layers.`);
    return arns.map((arn) => {
      const found = this.versions.get(arn);
      if (!found || found.deleted) throw badParameter(`Layer version ${arn} does not exist.`);
      return layerOf(found);
    });
  }

  /** The layers that a saved function had. */
  restore(layers: readonly FunctionLayer[] = []): FunctionLayer[] {
    return layers.flatMap(({ arn }) => {
      const found = this.versions.get(arn);
      return found ? [layerOf(found)] : [];
    });
  }

  ofName(region: string, name: string): LayerVersion[] {
    return [...this.versions.values()].filter((item) => item.region === region && item.name === name);
  }

  /** The archive behind GetLayerVersion's Content.Location. */
  download(req: WireRequest): WireResponse | undefined {
    const digest = req.query.get("sha256")?.[0];
    const found = [...this.versions.values()].find(({ code }) => code.sha256 === digest);
    return found && { status: 200, headers: { "content-type": "application/zip" }, body: found.code.zip };
  }
}

const layerOf = ({ arn, code }: LayerVersion): FunctionLayer => ({
  arn,
  bytes: code.zip.byteLength,
  directory: code.directory,
});

/** Where code finds what its layers bring; the last layer wins, as the one unpacked last into /opt does. */
export function layerEnvironment(
  layers: readonly FunctionLayer[],
  runtime: Runtime | undefined,
): Record<string, string> {
  if (layers.length === 0) return {};
  const separator = process.platform === "win32" ? ";" : ":";
  const paths = (folder: string) =>
    [...layers]
      .reverse()
      .map(({ directory }) => `${directory}/${folder}`)
      .join(separator);
  return runtime?.startsWith("python") ? { PYTHONPATH: paths("python") } : { NODE_PATH: paths("nodejs/node_modules") };
}

/** PublishLayerVersion, GetLayerVersion, ListLayers, ListLayerVersions and DeleteLayerVersion. */
export function addLayerOperations(service: ServiceBuilder, world: World, store: FunctionStore): void {
  const { layers } = store;
  const nameOf = (input = "") => input.slice(input.lastIndexOf(":layer:") < 0 ? 0 : input.lastIndexOf(":layer:") + 7);
  const arnOf = (region: string, name: string) => `arn:aws:lambda:${region}:${world.accountId}:layer:${name}`;
  const find = (arn: string): LayerVersion => {
    const found = layers.versions.get(arn);
    if (found && !found.deleted) return found;
    const message = "The resource you requested does not exist.";
    throw new ResourceNotFoundException({ message, Message: message, Type: "User", $metadata: {} });
  };
  const describe = (item: LayerVersion) => ({
    LayerArn: arnOf(item.region, item.name),
    LayerVersionArn: item.arn,
    Version: item.version,
    Description: item.description ?? "",
    CreatedDate: new Date(item.createdAt).toISOString().replace("Z", "+0000"),
    CompatibleRuntimes: item.runtimes,
    CompatibleArchitectures: item.architectures,
    LicenseInfo: item.license,
  });
  const whole = (item: LayerVersion) => ({
    ...describe(item),
    Content: {
      Location: `${world.baseUrl()}/_aws/lambda/code/${item.region}/layer?sha256=${encodeURIComponent(item.code.sha256)}`,
      CodeSha256: item.code.sha256,
      CodeSize: item.code.zip.byteLength,
    },
  });
  const compatible = (item: LayerVersion, runtime?: string, architecture?: string) =>
    !item.deleted &&
    (!runtime || (item.runtimes?.some((own) => own === runtime) ?? false)) &&
    (!architecture || (item.architectures?.some((own) => own === architecture) ?? false));

  service
    .on(PublishLayerVersionCommand)(async (input, ctx) => {
      const name = nameOf(input.LayerName);
      const version = (layers.ofName(ctx.region, name).at(-1)?.version ?? 0) + 1;
      const item: LayerVersion = {
        region: ctx.region,
        name,
        version,
        arn: `${arnOf(ctx.region, name)}:${version}`,
        description: input.Description,
        license: input.LicenseInfo,
        runtimes: input.CompatibleRuntimes,
        architectures: input.CompatibleArchitectures,
        createdAt: world.clock.now(),
        code: store.unpack(await codeOf(world, input.Content ?? {}, ctx.region)),
      };
      layers.versions.set(item.arn, item);
      ctx.status = 201;
      return whole(item);
    })
    .on(GetLayerVersionCommand)((input, ctx) =>
      whole(find(`${arnOf(ctx.region, nameOf(input.LayerName))}:${input.VersionNumber}`)),
    )
    .on(GetLayerVersionByArnCommand)((input) => whole(find(input.Arn ?? "")))
    .on(ListLayersCommand)((input, ctx) => {
      const newest = new Map<string, LayerVersion>();
      for (const item of layers.versions.values())
        if (item.region === ctx.region && compatible(item, input.CompatibleRuntime, input.CompatibleArchitecture))
          newest.set(item.name, item);
      const page = pageOf([...newest.values()], input.MaxItems ?? 50, input.Marker, badMarker);
      return {
        Layers: page.items.map((item) => ({
          LayerName: item.name,
          LayerArn: arnOf(item.region, item.name),
          LatestMatchingVersion: describe(item),
        })),
        NextMarker: page.nextToken,
      };
    })
    .on(ListLayerVersionsCommand)((input, ctx) => {
      const all = layers
        .ofName(ctx.region, nameOf(input.LayerName))
        .filter((item) => compatible(item, input.CompatibleRuntime, input.CompatibleArchitecture))
        .reverse();
      const page = pageOf(all, input.MaxItems ?? 50, input.Marker, badMarker);
      return { LayerVersions: page.items.map(describe), NextMarker: page.nextToken };
    })
    .on(DeleteLayerVersionCommand)((input, ctx) => {
    const found = layers.versions.get(`${arnOf(ctx.region, nameOf(input.LayerName))}:${input.VersionNumber}`);
    if (found) found.deleted = true;
    ctx.status = 204;
    return {};
  });
}

const badMarker = () => badParameter("Invalid marker.");
