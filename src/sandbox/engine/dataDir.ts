import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { deserialize, serialize } from "node:v8";

/** State that lives across restarts: plain data (objects, arrays, Maps, Sets, Dates, bytes), no class instances. */
export interface Persistent {
  /** Names its records; never reused for something else. */
  name: string;
  /** Large and often changed: in the background it is written every few seconds only, after a request at once. */
  lazy?: boolean;
  save(): unknown;
  /** Called once, before the sandbox serves, in the order in which the modules are listed. */
  load(saved: unknown): void | Promise<void>;
}

/** Another process uses the directory, or it cannot be used at all. */
export class DataDirError extends Error {}

const JOURNAL = "journal";
const LOCK = "lock";
const BLOBS = "blobs";
/** Frame: length of the payload, first 8 bytes of its SHA-256, payload. */
const HEADER_BYTES = 12;
/** Longer byte arrays (objects, archives) stand in files of their own, named by their content. */
const BLOB_BYTES = 4096;
/** The journal is rewritten when it is this much longer than what it holds. */
const GARBAGE_BYTES = 32 * 1024 * 1024;

const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

function frame(payload: Uint8Array): Buffer {
  const out = Buffer.alloc(HEADER_BYTES + payload.byteLength);
  out.writeUInt32BE(payload.byteLength, 0);
  digest(payload).copy(out, 4, 0, 8);
  out.set(payload, HEADER_BYTES);
  return out;
}

/**
 * The sandbox's memory on disk: an append-only journal of checksummed frames, each a whole module's state; the newest
 * frame of a module counts. A frame is on the disk (fsync) before the request that made it is answered; what a crash
 * leaves half written fails its checksum and is cut off.
 */
export class DataDir {
  private readonly newest = new Map<string, Buffer>();
  private readonly hashes = new WeakMap<Uint8Array, string>();
  private readonly written = new Set<string>();
  private fd = -1;
  private length = 0;

  private constructor(private readonly folder: string) {}

  /**
   * Opens a directory, which is made when it is missing.
   * @throws DataDirError when another sandbox uses it
   */
  static open(folder: string): DataDir {
    const dir = new DataDir(path.resolve(folder));
    try {
      mkdirSync(path.join(dir.folder, BLOBS), { recursive: true, mode: 0o700 });
    } catch (e) {
      throw new DataDirError(`The data directory ${dir.folder} cannot be used: ${(e as Error).message}`);
    }
    dir.lock();
    dir.read();
    return dir;
  }

  /** The newest state under a name; undefined when there is none. */
  stateOf(name: string): unknown {
    const payload = this.newest.get(name);
    return payload && this.attachBlobs((deserialize(payload) as [string, unknown])[1]);
  }

  /** Writes the states that have changed since they were written last; they are durable when this returns. */
  commit(states: Iterable<readonly [name: string, state: unknown]>): void {
    const frames: Buffer[] = [];
    for (const [name, state] of states) {
      const payload = serialize([name, this.detachBlobs(state)]);
      if (this.newest.get(name)?.equals(payload)) continue;
      this.newest.set(name, payload);
      frames.push(frame(payload));
    }
    if (!frames.length) return;
    this.append(Buffer.concat(frames));
    const live = [...this.newest.values()].reduce((sum, p) => sum + HEADER_BYTES + p.byteLength, 0);
    if (this.length > 2 * live + GARBAGE_BYTES) this.rewrite();
  }

  close(): void {
    if (this.fd >= 0) closeSync(this.fd);
    this.fd = -1;
    rmSync(path.join(this.folder, LOCK), { force: true });
  }

  private lock(): void {
    const file = path.join(this.folder, LOCK);
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        writeFileSync(file, String(process.pid), { flag: "wx" });
        return;
      } catch (e) {
        if ((e as NodeJS.ErrnoException).code !== "EEXIST")
          throw new DataDirError(`The data directory ${this.folder} cannot be used: ${(e as Error).message}`);
      }
      const holder = Number(readFileSync(file, "utf8"));
      if (isAlive(holder) && holder !== process.pid)
        throw new DataDirError(
          `The data directory ${this.folder} is used by another sandbox (process ${holder}). Stop it, or choose another directory.`,
        );
      rmSync(file, { force: true }); // left behind by a sandbox that was killed
    }
  }

  private read(): void {
    const file = path.join(this.folder, JOURNAL);
    const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
    let at = 0;
    while (at + HEADER_BYTES <= bytes.length) {
      const end = at + HEADER_BYTES + bytes.readUInt32BE(at);
      if (end > bytes.length) break;
      const payload = bytes.subarray(at + HEADER_BYTES, end);
      if (
        !digest(payload)
          .subarray(0, 8)
          .equals(bytes.subarray(at + 4, at + HEADER_BYTES))
      )
        break;
      const [name] = deserialize(payload) as [string];
      this.newest.set(name, Buffer.from(payload));
      at = end;
    }
    this.fd = openSync(file, "a", 0o600);
    this.length = at;
    // A torn frame must not stand before good ones.
    if (at < bytes.length) this.rewrite();
  }

  private append(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.fd, bytes, at);
    fsyncSync(this.fd);
    this.length += bytes.length;
  }

  private rewrite(): void {
    const file = path.join(this.folder, JOURNAL);
    const bytes = Buffer.concat([...this.newest.values()].map(frame));
    this.replace(`${file}`, bytes);
    if (this.fd >= 0) closeSync(this.fd);
    this.fd = openSync(file, "a", 0o600);
    this.length = bytes.length;
  }

  /** Whole or not at all, also when the machine stops in between. */
  private replace(file: string, bytes: Uint8Array): void {
    const part = `${file}.${process.pid}.part`;
    const fd = openSync(part, "w", 0o600);
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
    closeSync(fd);
    renameSync(part, file);
    const folder = openSync(path.dirname(file), "r");
    fsyncSync(folder);
    closeSync(folder);
  }

  private detachBlobs(state: unknown): unknown {
    return copyPlain(state, (value) =>
      value instanceof Uint8Array && value.byteLength > BLOB_BYTES ? { $blob: this.putBlob(value) } : undefined,
    );
  }

  private attachBlobs(state: unknown): unknown {
    return copyPlain(state, (value) => this.readBlob(value));
  }

  private readBlob(value: unknown): Uint8Array | undefined {
    const hash = (value as { $blob?: unknown } | null)?.$blob;
    if (typeof hash === "string" && /^[0-9a-f]{64}$/.test(hash)) {
      const bytes = readFileSync(path.join(this.folder, BLOBS, hash));
      this.hashes.set(bytes, hash);
      this.written.add(hash);
      return bytes;
    }
    return undefined;
  }

  private putBlob(bytes: Uint8Array): string {
    let hash = this.hashes.get(bytes);
    if (hash === undefined) {
      hash = digest(bytes).toString("hex");
      this.hashes.set(bytes, hash);
    }
    if (!this.written.has(hash)) {
      const file = path.join(this.folder, BLOBS, hash);
      if (!existsSync(file)) this.replace(file, bytes);
      this.written.add(hash);
    }
    return hash;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (e) {
    return (e as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * A copy of plain data. What `replace` gives for a value stands in its place; functions and promises are left out.
 * Things that are shared in the original are shared in the copy.
 */
function copyPlain(root: unknown, replace: (value: unknown) => unknown): unknown {
  const copies = new Map<object, unknown>();
  const copy = (value: unknown): unknown => {
    if (typeof value === "function" || value instanceof Promise) return undefined;
    if (typeof value !== "object" || value === null) return value;
    const known = copies.get(value);
    if (known !== undefined) return known;
    const replaced = replace(value) ?? (value instanceof Date || value instanceof Uint8Array ? value : undefined);
    if (replaced !== undefined) {
      copies.set(value, replaced);
      return replaced;
    }
    return copyContainer(value, copies, copy);
  };
  return copy(root);
}

function copyContainer(value: object, copies: Map<object, unknown>, copy: (v: unknown) => unknown): unknown {
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    copies.set(value, list);
    for (const item of value) list.push(copy(item));
    return list;
  }
  if (value instanceof Map) {
    const map = new Map();
    copies.set(value, map);
    for (const [k, v] of value) map.set(k, copy(v));
    return map;
  }
  if (value instanceof Set) {
    const set = new Set();
    copies.set(value, set);
    for (const item of value) set.add(copy(item));
    return set;
  }
  const object: Record<string, unknown> = {};
  copies.set(value, object);
  for (const [k, v] of Object.entries(value))
    Object.defineProperty(object, k, { value: copy(v), enumerable: true, writable: true, configurable: true });
  return object;
}

/** A Map whose content is the module's state, as most are. */
export function persistMap<K, V>(name: string, map: Map<K, V>, options: { lazy?: boolean } = {}): Persistent {
  return {
    name,
    lazy: options.lazy,
    save: () => map,
    load(saved) {
      for (const [key, value] of saved as Map<K, V>) map.set(key, value);
    },
  };
}
