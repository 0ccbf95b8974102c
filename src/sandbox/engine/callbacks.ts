import { randomBytes } from "node:crypto";
import type { WireRequest, WireResponse } from "../wire/types.ts";

/** Bodies kept per address; nobody waits for more. */
const MOST_BODIES = 1_000;
const MAX_BODY_BYTES = 64 * 1024;

/**
 * Addresses at which something outside answers a service that waits: custom resources and wait conditions. On AWS they
 * are presigned URLs of S3; here a random path that takes a PUT.
 */
export class Callbacks {
  private readonly bodies = new Map<string, string[]>();

  constructor(private readonly prefix: string) {}

  /** A new path, unguessable. */
  open(): string {
    const path = `${this.prefix}${randomBytes(24).toString("base64url")}`;
    this.bodies.set(path, []);
    return path;
  }

  /** What has been put there so far, oldest first. */
  received(path: string): readonly string[] {
    return this.bodies.get(path) ?? [];
  }

  close(path: string): void {
    this.bodies.delete(path);
  }

  /** Answers a request to one of the paths as S3 answers an upload. */
  handle(req: WireRequest): WireResponse {
    const found = this.bodies.get(req.rawPath);
    const text = { "content-type": "text/plain" };
    if (!found) return { status: 403, headers: text, body: "Nobody waits for an answer here any more.\n" };
    if (req.method !== "PUT") return { status: 405, headers: text, body: "Answers are sent by PUT.\n" };
    if (req.body.byteLength > MAX_BODY_BYTES) return { status: 413, headers: text, body: "The answer is too large.\n" };
    if (found.length < MOST_BODIES) found.push(Buffer.from(req.body).toString("utf8"));
    return { status: 200, headers: {} };
  }
}
