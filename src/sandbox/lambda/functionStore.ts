import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  type Architecture,
  type DeadLetterConfig,
  type FunctionConfiguration,
  InvalidParameterValueException,
  type LoggingConfig,
  ResourceNotFoundException,
  type Runtime,
  type SnapStartApplyOn,
  type TracingMode,
  type VpcConfig,
} from "@aws-sdk/client-lambda";
import type { World } from "../world.ts";
import type { EventInvoke } from "./eventInvoke.ts";
import type { FunctionUrl } from "./functionUrls.ts";
import { type FunctionLayer, LayerStore } from "./layers.ts";
import type { ProcessPool } from "./processPool.ts";
import { ArchiveError, readZip } from "./zipArchive.ts";

/** Unzipped size of a deployment package (AWS: Lambda quotas). */
const MAX_UNZIPPED_BYTES = 262_144_000;
const MAX_FILES = 20_000;
/** Simulated duration of a creation or an update. */
const CHANGE_MS = 1_000;

/** One statement of a function's resource policy. */
export interface PolicyStatement {
  Sid: string;
  Effect: "Allow";
  Principal: { Service: string } | { AWS: string } | "*";
  Action: string;
  Resource: string;
  Condition?: Record<string, Record<string, string>>;
}

/** Deployed code: the very archive and where it is unpacked. */
export interface FunctionCode {
  zip: Uint8Array;
  sha256: string;
  directory: string;
}

/** A name for a version of a function. */
export interface FunctionAlias {
  name: string;
  version: string;
  description: string;
  /** Shares of the invocations that other versions get, each between 0 and 1. */
  weights?: Record<string, number>;
  revisionId: string;
}

/** What all versions of a function share. */
export interface FunctionFamily {
  tags: Map<string, string>;
  /** Resource policies by qualifier; that of the unqualified function under the empty text. */
  policies: Map<string, PolicyStatement[]>;
  /** Published versions by number, oldest first. */
  versions: Map<string, LambdaFunction>;
  aliases: Map<string, FunctionAlias>;
  nextVersion: number;
  /** By qualifier. */
  eventInvoke?: Map<string, EventInvoke>;
  /** URLs by qualifier; that of the unqualified function under the empty text. */
  urls?: Map<string, FunctionUrl>;
  reservedConcurrency?: number;
  /** Invocations at work. */
  running: number;
}

/** A version of a function of one region; `$LATEST` is the one that can be changed. */
export interface LambdaFunction {
  name: string;
  /** Without a qualifier. */
  arn: string;
  /** `$LATEST` or a number. */
  version: string;
  family: FunctionFamily;
  region: string;
  role: string;
  runtime?: Runtime;
  handler: string;
  description: string;
  timeoutSeconds: number;
  memoryMb: number;
  ephemeralMb: number;
  /** Undefined when it was never given. */
  environment?: Record<string, string>;
  layers: FunctionLayer[];
  architectures: Architecture[];
  tracing: TracingMode;
  logging: LoggingConfig;
  vpc?: VpcConfig;
  deadLetter?: DeadLetterConfig;
  kmsKeyArn?: string;
  snapStart?: SnapStartApplyOn;
  /** Of a published version: the description that `$LATEST` had then. */
  latestDescription?: string;
  code: FunctionCode;
  revisionId: string;
  modifiedAt: number;
  /** Epoch ms at which it becomes Active, and at which its last update is Successful. */
  activeAt: number;
  updatedAt: number;
  pool: ProcessPool;
}

/** Functions of all regions and the directory that their code lives in. */
export class FunctionStore {
  private readonly functions = new Map<string, LambdaFunction>();
  readonly layers = new LayerStore();

  constructor(
    private readonly world: World,
    /** Private directory of this sandbox, made when it is first asked for. */
    private readonly root: () => string,
  ) {}

  all(region?: string): LambdaFunction[] {
    const list = [...this.functions.values()];
    return region === undefined ? list : list.filter((fn) => fn.region === region);
  }

  add(fn: LambdaFunction): void {
    this.functions.set(fn.arn, fn);
  }

  /** Removes a function with all its versions. */
  async remove(fn: LambdaFunction): Promise<void> {
    this.functions.delete(fn.arn);
    const versions = [fn, ...fn.family.versions.values()];
    await Promise.all(versions.map(({ pool }) => pool.close()));
    for (const { code } of versions) rmSync(code.directory, { recursive: true, force: true });
  }

  /** Removes one published version. */
  async removeVersion(fn: LambdaFunction): Promise<void> {
    fn.family.versions.delete(fn.version);
    await fn.pool.close();
    this.dropCode(fn.code);
  }

  /** Deletes the files of code that no version runs any more. */
  dropCode({ directory }: FunctionCode): void {
    const used = this.all().some((fn) =>
      [fn, ...fn.family.versions.values()].some(({ code }) => code.directory === directory),
    );
    if (!used) rmSync(directory, { recursive: true, force: true });
  }

  arnOf(region: string, name: string): string {
    return `arn:aws:lambda:${region}:${this.world.accountId}:function:${name}`;
  }

  find(region: string, name: string): LambdaFunction | undefined {
    return this.functions.get(this.arnOf(region, name));
  }

  /**
   * By name, partial ARN or ARN, with or without a qualifier: `$LATEST`, a version or an alias.
   * @throws ResourceNotFoundException
   */
  get(identifier: string | undefined, qualifier: string | undefined, region: string): LambdaFunction {
    return this.resolve(identifier, qualifier, region).fn;
  }

  /**
   * The version that an identifier means, and the qualifier that led there.
   * @param refuse how an operation words that there is none
   * @throws ResourceNotFoundException
   */
  resolve(
    identifier: string | undefined,
    qualifier: string | undefined,
    region: string,
    refuse = missing,
  ): { fn: LambdaFunction; alias?: FunctionAlias; qualifier?: string } {
    const { name, version } = this.parse(identifier, region);
    if (version !== undefined && qualifier !== undefined && version !== qualifier) throw qualifierMismatch();
    const wanted = qualifier ?? version;
    const head = this.find(region, name);
    const alias = head?.family.aliases.get(wanted ?? "");
    const number = alias?.version ?? wanted;
    const fn = number === undefined || number === "$LATEST" ? head : head?.family.versions.get(number);
    if (!fn) throw refuse(this.arnOf(region, name), wanted);
    return { fn, alias, qualifier: wanted };
  }

  /** The function itself, whatever the qualifier. @throws ResourceNotFoundException */
  head(identifier: string | undefined, region: string): LambdaFunction {
    return this.get(this.parse(identifier, region).name, undefined, region);
  }

  /** Name and qualifier of an identifier. @throws ResourceNotFoundException for an ARN of another region */
  parse(identifier: string | undefined, region: string): { name: string; version?: string } {
    const other = /^arn:aws[\w-]*:lambda:([^:]+):/.exec(identifier ?? "")?.[1];
    if (other !== undefined && other !== region)
      throw notFound(`Functions from '${other}' are not reachable in this region ('${region}')`);
    return parseIdentifier(identifier ?? "");
  }

  /**
   * Unpacks an archive into a directory of its own.
   * @throws InvalidParameterValueException
   */
  unpack(zip: Uint8Array): FunctionCode {
    let files: Map<string, Uint8Array>;
    try {
      files = readZip(zip, { maxFiles: MAX_FILES, maxBytes: MAX_UNZIPPED_BYTES });
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
      throw badParameter(
        error.reason === "unreadable"
          ? "Could not unzip uploaded file. Please check your file, then try to upload again."
          : error.message,
      );
    }
    if (files.size === 0) throw badParameter("Uploaded file must be a non-empty zip");
    const directory = join(this.root(), "functions", randomUUID());
    for (const [path, bytes] of files) {
      const target = join(directory, path);
      mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
      writeFileSync(target, bytes, { mode: 0o600 });
    }
    return { zip, sha256: createHash("sha256").update(zip).digest("base64"), directory };
  }

  /** Epoch ms at which a change that begins now is done. */
  changeDoneAt(): number {
    return this.world.clock.now() + this.world.clock.toReal(CHANGE_MS);
  }
}

/** ResourceNotFoundException with its text under both names that clients read. */
export const notFound = (message: string) =>
  new ResourceNotFoundException({ message, Message: message, Type: "User", $metadata: {} });

const missing = (arn: string, qualifier?: string) =>
  notFound(`Function not found: ${arn}${qualifier === undefined ? "" : `:${qualifier}`}`);

export const qualifierMismatch = () =>
  badParameter("The derived qualifier from the function name does not match the specified qualifier.");

/** InvalidParameterValueException with its text under both names that clients read. */
export function badParameter(message: string): InvalidParameterValueException {
  return new InvalidParameterValueException({ message, Type: "User", $metadata: {} });
}

/** Name and qualifier of `NAME[:Q]`, `ACCOUNT:function:NAME[:Q]` and a function's ARN. */
export function parseIdentifier(identifier: string): { name: string; version?: string } {
  const match =
    /^(?:arn:aws[\w-]*:lambda:[^:]+:\d{12}:function:|\d{12}:function:|function:)?([\w-]+)(?::([\w$-]+))?$/.exec(
      identifier,
    );
  if (!match) throw badParameter(`The function name ${identifier} is not valid.`);
  return { name: match[1]!, version: match[2] };
}

/**
 * The configuration as operations return it.
 * @param qualifier of the request: the ARN then ends in it
 */
export function configurationOf(fn: LambdaFunction, now: number, qualifier?: string): FunctionConfiguration {
  const active = now >= fn.activeAt;
  const settled = now >= fn.updatedAt;
  return {
    FunctionName: fn.name,
    FunctionArn: qualifier === undefined ? fn.arn : `${fn.arn}:${qualifier}`,
    Runtime: fn.runtime,
    Role: fn.role,
    Handler: fn.handler,
    CodeSize: fn.code.zip.byteLength,
    Description: fn.description,
    Timeout: fn.timeoutSeconds,
    MemorySize: fn.memoryMb,
    LastModified: new Date(fn.modifiedAt).toISOString().replace("Z", "+0000"),
    CodeSha256: fn.code.sha256,
    Version: fn.version,
    Environment: fn.environment && { Variables: fn.environment },
    Layers: fn.layers.length ? fn.layers.map(({ arn, bytes }) => ({ Arn: arn, CodeSize: bytes })) : undefined,
    TracingConfig: { Mode: fn.tracing },
    RevisionId: fn.revisionId,
    State: active ? "Active" : "Pending",
    StateReason: active ? undefined : "The function is being created.",
    StateReasonCode: active ? undefined : "Creating",
    LastUpdateStatus: active ? (settled ? "Successful" : "InProgress") : undefined,
    LastUpdateStatusReason: active && !settled ? "The function is being updated." : undefined,
    PackageType: "Zip",
    Architectures: fn.architectures,
    EphemeralStorage: { Size: fn.ephemeralMb },
    SnapStart: {
      ApplyOn: fn.snapStart ?? "None",
      OptimizationStatus: fn.snapStart === "PublishedVersions" && fn.version !== "$LATEST" ? "On" : "Off",
    },
    VpcConfig: fn.vpc && {
      SubnetIds: fn.vpc.SubnetIds ?? [],
      SecurityGroupIds: fn.vpc.SecurityGroupIds ?? [],
      VpcId: fn.vpc.SubnetIds?.length ? "vpc-sandbox" : "",
    },
    DeadLetterConfig: fn.deadLetter,
    KMSKeyArn: fn.kmsKeyArn,
    LoggingConfig: fn.logging,
    RuntimeVersionConfig: fn.runtime && { RuntimeVersionArn: runtimeVersionArn(fn.region, fn.runtime) },
  };
}

/** The configuration as lists return it: without how it is doing (AWS: ListFunctions). */
export function listedConfiguration(fn: LambdaFunction, now: number, qualifier?: string): FunctionConfiguration {
  const {
    State: _state,
    StateReason: _reason,
    StateReasonCode: _code,
    LastUpdateStatus: _status,
    LastUpdateStatusReason: _statusReason,
    RuntimeVersionConfig: _runtime,
    ...listed
  } = configurationOf(fn, now, qualifier);
  return listed;
}

/** An ARN as AWS gives to a build of a runtime; the sandbox has one build of each. */
function runtimeVersionArn(region: string, runtime: string): string {
  return `arn:aws:lambda:${region}::runtime:${createHash("sha256").update(runtime).digest("hex")}`;
}
