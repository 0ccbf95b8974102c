import { randomUUID } from "node:crypto";
import type { Faults } from "../faults.ts";
import type { SandboxWorld } from "../world.ts";
import { validationCode } from "../world.ts";
import { normalizeBody } from "./body.ts";
import { describeError } from "./errors.ts";
import { presignedV2Key, verifyPresignedV2 } from "./presignedV2.ts";
import { protocols } from "./protocols.ts";
import { guessProtocol, hasRoute, type Match, route } from "./router.ts";
import { inputOf } from "./schema.ts";
import type { ServiceBuilder } from "./serviceBuilder.ts";
import { type CredentialScope, parseScope, verifySignature } from "./sigv4.ts";
import { type CallContext, type ProtocolId, WireError, type WireRequest, type WireResponse } from "./types.ts";
import { assertValid } from "./validation.ts";
import { xmlRefusal } from "./xmlRefusal.ts";

/** `sigv4` verifies every request; `none` takes any credentials and must be asked for. */
export type AuthMode = "sigv4" | "none";

/** Operations that change nothing that outlives them. */
const READS = /^(Describe|List|Get(?!SessionToken)|Head|Invoke|Filter|Lookup|Validate|Estimate|StartLiveTail|Test)/;

/** Where services come from that are loaded when they are first asked for. */
export interface ServiceSource {
  isReady(signingName: string): boolean;
  ofService(signingName: string): Promise<void>;
  all(): Promise<unknown>;
}

/** Answers AWS requests: authenticate, decode, validate, handle, encode. */
export class Dispatcher {
  private readonly bySigningName = new Map<string, ServiceBuilder[]>();

  constructor(
    private readonly world: SandboxWorld,
    private readonly auth: AuthMode,
    private readonly faults: Faults,
    /** Makes durable what an operation has changed, before it is answered. */
    private readonly commit: (service: ServiceBuilder) => void = () => {},
    private readonly source?: () => ServiceSource,
  ) {}

  register(services: readonly ServiceBuilder[]): void {
    for (const service of services) {
      const list = this.bySigningName.get(service.info.signingName) ?? [];
      list.push(service);
      this.bySigningName.set(service.info.signingName, list);
    }
  }

  async handle(req: WireRequest): Promise<WireResponse> {
    if (req.method === "OPTIONS" && req.headers.authorization === undefined) return this.answerPreflight(req);
    const res = await this.answer(req);
    const isShared = req.headers.origin !== undefined && (parseScope(req)?.service ?? "s3") === "s3";
    if (isShared)
      for (const service of this.servicesOf("s3")) Object.assign(res.headers, service.sharing?.(toPathStyle(req)));
    return res;
  }

  /** Only S3 is asked by pages themselves; the other APIs know no other origins. */
  private async answerPreflight(req: WireRequest): Promise<WireResponse> {
    const requestId = randomUUID();
    await this.source?.().ofService("s3");
    const s3 = this.servicesOf("s3").find(({ preflight }) => preflight);
    try {
      if (!s3?.preflight) throw new WireError("AccessDenied", "Access Denied", 403);
      return { status: 200, headers: { "x-amz-request-id": requestId, ...s3.preflight(toPathStyle(req)) } };
    } catch (e) {
      return protocols.restXml.encodeError(describeError(e, s3?.info, "restXml"), s3?.info, requestId, req);
    }
  }

  private async answer(req: WireRequest): Promise<WireResponse> {
    const requestId = randomUUID();
    const scope = parseScope(req);
    if (!scope && req.headers.authorization === undefined) {
      const open = await this.openTo(req);
      if (open) return this.handleFor(open.req, "s3", open.region, "anonymous");
      const answered = await this.answerForm(req, requestId);
      if (answered) return answered;
    }
    // boto3 and `aws s3 presign` still make version 2 URLs for S3 by default, and AWS still takes them.
    const isPresignedV2 = !scope && presignedV2Key(req) !== undefined;
    const signingName = isPresignedV2 ? "s3" : (scope?.service ?? "");
    let match: Match | undefined;
    const source = this.source?.();
    if (source && !source.isReady(signingName)) await source.ofService(signingName);
    try {
      const principalArn =
        isPresignedV2 && this.auth !== "none"
          ? verifyPresignedV2(req, this.world.secretOf, Date.now()).principalArn
          : this.authenticate(req, scope);
      if (isPresignedV2 || (scope?.presigned && signingName === "s3")) liftHeaders(req);
      normalizeBody(req, signingName === "s3");
      const routed = signingName === "s3" ? toPathStyle(req) : req;
      match = route(this.servicesOf(signingName), signingName, routed);
      const isQuery = match.protocol === "query" || match.protocol === "restXml";
      const fault = await this.faults.apply(signingName, match.operation.schema[2], isQuery);
      if (fault) return fault;
      return await this.invoke(match, routed, requestId, scope?.region ?? "us-east-1", principalArn);
    } catch (e) {
      const protocol = match?.protocol ?? (await this.protocolOf(req, signingName));
      const info = match?.service.info ?? this.servicesOf(signingName)[0]?.info;
      return protocols[protocol].encodeError(describeError(e, info, protocol), info, requestId, req);
    }
  }

  /** Answers a request of a service of the sandbox that acts for `principalArn`. */
  async handleFor(req: WireRequest, signingName: string, region: string, principalArn: string): Promise<WireResponse> {
    const requestId = randomUUID();
    await this.source?.().ofService(signingName);
    let match: Match | undefined;
    try {
      match = route(this.servicesOf(signingName), signingName, req);
      return await this.invoke(match, req, requestId, region, principalArn);
    } catch (e) {
      const protocol = match?.protocol ?? guessProtocol(req, signingName);
      const info = match?.service.info ?? this.servicesOf(signingName)[0]?.info;
      return protocols[protocol].encodeError(describeError(e, info, protocol), info, requestId, req);
    }
  }

  /** A request that needs no signature, with the bucket in its path: an object that a bucket's policy opens. */
  private async openTo(req: WireRequest): Promise<{ req: WireRequest; region: string } | undefined> {
    if (req.method !== "GET" && req.method !== "HEAD") return undefined;
    const routed = toPathStyle(req);
    if (!/^\/[a-z0-9][a-z0-9.-]+\/./.test(routed.rawPath)) return undefined;
    await this.source?.().ofService("s3");
    for (const service of this.servicesOf("s3")) {
      const region = service.unsignedRegion?.(routed);
      if (region !== undefined) return { req: routed, region };
    }
    return undefined;
  }

  /** A form is signed in its fields, which only its service can read. */
  private async answerForm(req: WireRequest, requestId: string): Promise<WireResponse | undefined> {
    if (req.method !== "POST" || !req.headers["content-type"]?.startsWith("multipart/form-data")) return undefined;
    await this.source?.().ofService("s3");
    for (const service of this.servicesOf("s3"))
      try {
        const answer = await service.form?.(toPathStyle(req), this.auth === "none" ? undefined : this.world.secretOf);
        if (answer) this.commit(service);
        if (answer) return answer;
      } catch (e) {
        return protocols.restXml.encodeError(describeError(e, service.info, "restXml"), service.info, requestId, req);
      }
    return undefined;
  }

  private authenticate(req: WireRequest, scope: CredentialScope | undefined): string {
    if (this.auth === "none") return this.world.secretOf(scope?.accessKeyId ?? "")?.principalArn ?? this.world.rootArn;
    return verifySignature(req, scope, this.world.secretOf, Date.now()).principalArn;
  }

  /** How to word an error of a request that was not understood; unsigned ones do not say whom they are for. */
  private async protocolOf(req: WireRequest, signingName: string): Promise<ProtocolId> {
    const guess = guessProtocol(req, signingName || undefined);
    if (signingName !== "" || guess !== "restJson") return guess;
    await this.source?.().all();
    for (const [name, services] of this.bySigningName)
      if (name !== "s3" && services.some((service) => hasRoute(service, req))) return guess;
    return "restXml";
  }

  private servicesOf(signingName: string): readonly ServiceBuilder[] {
    return this.bySigningName.get(signingName) ?? [];
  }

  private async invoke(
    match: Match,
    req: WireRequest,
    requestId: string,
    region: string,
    principalArn: string,
  ): Promise<WireResponse> {
    const { service, operation, protocol } = match;
    const input = await decode(match, req);
    this.world.calls.note(operation.schema, service.info, principalArn, region, input);
    assertValid(
      inputOf(operation.schema),
      input,
      this.world.constraintsOf(service),
      service.info.queryCompatible || protocol === "query" ? "ValidationError" : validationCode(service.info),
      protocol === "restXml" ? (found) => xmlRefusal(inputOf(operation.schema), found, region) : undefined,
    );
    const ctx: CallContext = {
      service: service.info,
      operation: operation.schema[2],
      requestId,
      request: req,
      accountId: this.world.accountId,
      region,
      principalArn,
    };
    const output = await operation.handler(input as never, ctx);
    if (!READS.test(ctx.operation)) this.commit(service);
    const res = await protocols[protocol].encode(operation.schema, output, service.info, requestId, req);
    if (ctx.status) res.status = ctx.status;
    if (ctx.headers) Object.assign(res.headers, ctx.headers);
    return res;
  }
}

async function decode(match: Match, req: WireRequest): Promise<unknown> {
  try {
    return await protocols[match.protocol].decode(match.operation.schema, req, match.labels);
  } catch (e) {
    if (e instanceof WireError) throw e;
    throw new WireError("SerializationException", `The request body could not be read: ${(e as Error).message}`);
  }
}

/** Parameters of a presigned URL that are about its signature. */
const SIGNATURE_PARAMETERS =
  /^x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token|content-sha256)$/;

/** A presigned URL carries headers of S3 in its query: metadata, storage class, checksums (AWS: SigV4 query parameters). */
function liftHeaders(req: WireRequest): void {
  for (const [key, [value]] of req.query) {
    const name = key.toLowerCase();
    if (name.startsWith("x-amz-") && !SIGNATURE_PARAMETERS.test(name)) req.headers[name] ??= value;
  }
}

/** S3 clients put the bucket into the host name (`bucket.localhost`, `bucket.s3.localhost`) unless it is an address. */
function toPathStyle(req: WireRequest): WireRequest {
  const bucket = /^(.+?)(?:\.s3)?\.localhost(?::\d+)?$/i.exec(req.headers.host ?? "")?.[1];
  return bucket && bucket !== "s3" ? { ...req, rawPath: `/${bucket}${req.rawPath}` } : req;
}
