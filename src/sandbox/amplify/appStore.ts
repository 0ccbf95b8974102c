import { randomBytes } from "node:crypto";
import {
  type App,
  BadRequestException,
  type Branch,
  type JobStatus,
  NotFoundException,
  type SourceUrlType,
} from "@aws-sdk/client-amplify";

/** Files of a deployed site by their path without a leading slash. */
export type Site = ReadonlyMap<string, { body: Uint8Array; etag: string }>;

/** A deployment of a branch, from the upload to its end. */
export interface DeployJob {
  id: string;
  status: JobStatus;
  statusReason?: string;
  createdAt: number;
  startedAt?: number;
  endedAt?: number;
  sourceUrl?: string;
  sourceUrlType?: SourceUrlType;
  /** Uploaded so far: the archive, or single files by path. */
  zip?: Uint8Array;
  files: Map<string, Uint8Array>;
  /** Cancels what has been scheduled. */
  cancel?: () => void;
}

/** A branch with its jobs and what it serves. */
export interface HostedBranch {
  description: Branch;
  tags: Record<string, string>;
  jobs: Map<string, DeployJob>;
  lastJobId: number;
  site?: Site;
}

/** An app with its branches. */
export interface HostedApp {
  region: string;
  description: App;
  tags: Record<string, string>;
  branches: Map<string, HostedBranch>;
}

/** Amplify apps of all regions; ids are unique among all. */
export class AppStore {
  readonly apps = new Map<string, HostedApp>();

  /** @throws NotFoundException */
  app(id: string | undefined, region: string): HostedApp {
    const app = this.apps.get(id ?? "");
    if (app?.region !== region) throw notFound(`App ${id} not found.`);
    return app as HostedApp;
  }

  /** @throws NotFoundException */
  branch(appId: string | undefined, name: string | undefined, region: string): HostedBranch {
    const branch = this.app(appId, region).branches.get(name ?? "");
    if (!branch) throw notFound(`Branch ${name} not found for app ${appId}.`);
    return branch;
  }
}

/** `d` and lower-case letters and digits, as Amplify's app ids. */
export function appId(): string {
  const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
  return `d${[...randomBytes(13)].map((byte) => alphabet[byte % alphabet.length]).join("")}`;
}

export const notFound = (message: string) => new NotFoundException({ message, $metadata: {} });
export const badRequest = (message: string) => new BadRequestException({ message, $metadata: {} });

/** One page of a list. */
export function pageOf<T>(items: T[], max = 10, token?: string): { page: T[]; nextToken?: string } {
  const from = token === undefined ? 0 : Number(Buffer.from(token, "base64url").toString());
  if (!Number.isInteger(from) || from < 0) throw badRequest("Invalid next token.");
  const next = from + max;
  return {
    page: items.slice(from, next),
    nextToken: next < items.length ? Buffer.from(String(next)).toString("base64url") : undefined,
  };
}
