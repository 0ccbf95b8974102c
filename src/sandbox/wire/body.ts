import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { Crc32 } from "@smithy/core/checksum";
import { crc32c, crc64nvme } from "./crc.ts";
import { WireError, type WireRequest } from "./types.ts";

/** The flexible checksums that the SDKs and the CLI send. */
const ALGORITHMS = ["crc32", "crc32c", "crc64nvme", "sha256", "sha1"] as const;
/** A checksum by the name that its header ends in. */
export type ChecksumName = (typeof ALGORITHMS)[number];

export const isChecksumName = (name: string): name is ChecksumName => ALGORITHMS.some((known) => known === name);

const MAX_INFLATED_BYTES = 64 * 1024 * 1024;

/**
 * Decodes what a client may have wrapped its body in, after the signature check: aws-chunked
 * (STREAMING-UNSIGNED-PAYLOAD-TRAILER, as the JavaScript SDK sends streams to S3), the flexible checksums, and
 * gzip request compression (CloudWatch).
 */
export function normalizeBody(req: WireRequest, isS3: boolean): void {
  const encodings = (req.headers["content-encoding"] ?? "")
    .split(",")
    .map((s) => s.trim())
    .filter(Boolean);
  const trailers: Record<string, string> = {};
  if (encodings.includes("aws-chunked") || req.headers["x-amz-content-sha256"]?.startsWith("STREAMING-")) {
    req.body = dechunk(req.body, trailers);
    const decodedLength = req.headers["x-amz-decoded-content-length"];
    if (decodedLength !== undefined && Number(decodedLength) !== req.body.byteLength)
      throw new WireError("IncompleteBody", "The request body terminated unexpectedly.");
  }
  const rest = encodings.filter((e) => e !== "aws-chunked");
  if (rest.length) req.headers["content-encoding"] = rest.join(",");
  else delete req.headers["content-encoding"];
  verifyChecksums(req, trailers);
  if (!isS3 && rest.includes("gzip")) req.body = inflate(req.body);
}

function inflate(body: Uint8Array): Uint8Array {
  try {
    return gunzipSync(body, { maxOutputLength: MAX_INFLATED_BYTES });
  } catch {
    throw new WireError("SerializationException", "The gzip request body could not be decompressed, or is too large");
  }
}

function verifyChecksums(req: WireRequest, trailers: Record<string, string>): void {
  for (const algorithm of ALGORITHMS) {
    const name = `x-amz-checksum-${algorithm}`;
    const sent = trailers[name] ?? req.headers[name];
    if (sent === undefined) continue;
    const wanted = checksum(algorithm, req.body);
    if (sent.length !== wanted.length || !/^[A-Za-z0-9+/]+=*$/.test(sent))
      throw new WireError("InvalidRequest", `Value for ${name} header is invalid.`);
    if (sent !== wanted)
      throw new WireError(
        "BadDigest",
        `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`,
      );
    req.headers[name] = sent; // a trailer must fill the modelled member (ChecksumCRC32) as a header does
  }
}

/** Base64 checksum as S3 carries it in headers. */
export function checksum(algorithm: ChecksumName, body: Uint8Array): string {
  if (algorithm === "crc32c") return crc32c(body).toString("base64");
  if (algorithm === "crc64nvme") return crc64nvme(body).toString("base64");
  if (algorithm !== "crc32") return createHash(algorithm).update(body).digest("base64");
  const crc = new Crc32();
  crc.update(body);
  const out = Buffer.alloc(4);
  out.writeUInt32BE(crc.digestSync() >>> 0);
  return out.toString("base64");
}

function dechunk(raw: Uint8Array, trailers: Record<string, string>): Uint8Array {
  const buf = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const truncated = () => new WireError("IncompleteBody", "The aws-chunked request body is truncated.");
  const chunks: Buffer[] = [];
  let pos = 0;
  const line = () => {
    const end = buf.indexOf("\r\n", pos);
    if (end < 0) throw truncated();
    const text = buf.toString("latin1", pos, end);
    pos = end + 2;
    return text;
  };
  for (;;) {
    const size = Number.parseInt(line().split(";")[0] ?? "", 16);
    if (!Number.isFinite(size) || size < 0)
      throw new WireError("InvalidRequest", "An aws-chunked size is not a number.");
    if (size === 0) break;
    if (pos + size + 2 > buf.length) throw truncated();
    chunks.push(buf.subarray(pos, pos + size));
    pos += size + 2;
  }
  while (pos < buf.length) {
    const text = line();
    if (!text) break;
    const colon = text.indexOf(":");
    trailers[text.slice(0, colon).trim().toLowerCase()] = text.slice(colon + 1).trim();
  }
  return Buffer.concat(chunks);
}
