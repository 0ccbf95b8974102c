import { createHash, createHmac } from "node:crypto";
import { request } from "node:http";
import { HttpRequest } from "@smithy/core/protocols";
import { SignatureV4 } from "@smithy/signature-v4";

/** One request as it goes over the wire; the target is sent as it stands, however broken. */
export interface RawRequest {
  method?: string;
  /** Path with its query. */
  target: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

/** What came back. */
export interface RawAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** Sends bytes that no well-behaved client would send. @throws what the socket throws */
export function send(
  endpoint: string,
  { method = "POST", target, headers = {}, body }: RawRequest,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    // Node sends the body of a GET without saying how long it is.
    const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
    const all = { ...length, ...headers };
    const outgoing = request({ hostname, port, method, path: target, headers: all, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          text: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Hash in the form that the AWS signer takes. */
class NodeSha256 {
  private readonly hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = secret === undefined ? createHash("sha256") : createHmac("sha256", bytes(secret));
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.hash.update(bytes(data));
  }
  async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }
  reset(): void {
    throw new Error("not used");
  }
}

function bytes(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === "string") return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

/** Who signs, what for and when. */
export interface Signing {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  service: string;
  region?: string;
  /** Epoch ms; now when absent. */
  atMs?: number;
}

function signerFor(s: Signing): SignatureV4 {
  const { accessKeyId, secretAccessKey, sessionToken } = s;
  return new SignatureV4({
    service: s.service,
    region: s.region ?? "us-east-1",
    credentials: { accessKeyId, secretAccessKey, sessionToken },
    sha256: NodeSha256,
    uriEscapePath: s.service !== "s3",
  });
}

function toSmithy(endpoint: string, raw: RawRequest): HttpRequest {
  const url = new URL(endpoint);
  const [path = "/", search = ""] = raw.target.split("?");
  return new HttpRequest({
    method: raw.method ?? "POST",
    protocol: "http:",
    hostname: url.hostname,
    port: Number(url.port),
    path,
    query: Object.fromEntries(new URLSearchParams(search)),
    headers: { host: url.host, ...raw.headers },
    body: raw.body,
  });
}

/** The request with AWS's own signer's Authorization header. */
export async function signed(endpoint: string, raw: RawRequest, signing: Signing): Promise<RawRequest> {
  const at = new Date(signing.atMs ?? Date.now());
  const result = await signerFor(signing).sign(toSmithy(endpoint, raw), { signingDate: at });
  return { ...raw, headers: result.headers };
}

/** The request as a presigned URL. */
export async function presigned(
  endpoint: string,
  raw: RawRequest,
  signing: Signing,
  expiresIn: number,
): Promise<RawRequest> {
  const at = new Date(signing.atMs ?? Date.now());
  // S3's presigner leaves the body open; the other services hash it, an empty one as a rule.
  const open: Record<string, string> = signing.service === "s3" ? { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } : {};
  const request = toSmithy(endpoint, { ...raw, headers: { ...raw.headers, ...open } });
  const result = await signerFor(signing).presign(request, { signingDate: at, expiresIn });
  const query = Object.entries(result.query ?? {}).map(
    ([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(String(v))}`,
  );
  return { ...raw, target: `${result.path}?${query.join("&")}`, headers: result.headers };
}
