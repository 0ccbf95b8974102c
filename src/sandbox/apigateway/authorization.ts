import type { Method } from "@aws-sdk/client-api-gateway";
import type { WireError } from "../wire/types.ts";
import type { World } from "../world.ts";
import type { ApiSnapshot, RestApi, StoredAuthorizer } from "./apiStore.ts";
import { arnLike, functionArnOf, mayInvoke, runFunction, withStageVariables } from "./functionCall.ts";
import { readParameter } from "./parameterMapping.ts";
import { type GatewayCall, proxyEvent } from "./proxyEvent.ts";
import {
  AUTHORIZER_FAILED,
  AUTHORIZER_MISCONFIGURED,
  DENIED,
  EXPLICITLY_DENIED,
  type Refusal,
  signatureRefusal,
  UNAUTHORIZED,
} from "./refusals.ts";

const TIMEOUT_MS = 29_000;
const MAX_CACHED = 10_000;

type Statement = { Effect?: string; Action?: string | string[]; Resource?: string | string[] };

/** What an authorizer's function has said of one caller. */
interface Verdict {
  statements: Statement[];
  /** The policy as it was returned. */
  policy: unknown;
  context: Record<string, string | number | boolean>;
  /** The API key that it names for usage plans. */
  key?: string;
}

/** What TestInvokeAuthorizer tells of one caller. */
export interface AuthorizerTest {
  status: number;
  principalId?: string;
  policy?: string;
  context?: Record<string, string | number | boolean>;
}

/** Verifies signatures, asks Lambda authorizers, and remembers what they have said as long as they allow it. */
export class Authorization {
  private readonly cache = new Map<string, { at: number; verdict: Verdict }>();

  constructor(private readonly world: World) {}

  /** Forgets what was said for a stage. */
  flush(apiId: string, stage: string): void {
    for (const key of this.cache.keys()) if (key.startsWith(`${apiId}/${stage}/`)) this.cache.delete(key);
  }

  /** Lets a request in, with `call.authorizer` set, or says how it is refused (AWS: "Use API Gateway Lambda authorizers"). */
  async admit(
    api: RestApi,
    snapshot: ApiSnapshot,
    method: Method,
    call: GatewayCall,
  ): Promise<Refusal | { key?: string }> {
    if (method.authorizationType === "AWS_IAM") return this.admitSigned(call);
    if (method.authorizationType !== "CUSTOM" && method.authorizationType !== "COGNITO_USER_POOLS") return {};
    const authorizer = snapshot.authorizers.get(method.authorizerId ?? "");
    if (!authorizer) return AUTHORIZER_MISCONFIGURED;
    // There are no user pools here that could have issued a token.
    if (authorizer.type === "COGNITO_USER_POOLS") return UNAUTHORIZED;
    const identity = identityOf(authorizer, call);
    if (!identity) return UNAUTHORIZED;
    const methodArn = `arn:aws:execute-api:${api.region}:${this.world.accountId}:${api.id}/${call.stage.name}/${call.req.method}${call.path}`;
    const verdict = await this.verdict(api, authorizer, identity, methodArn, call);
    if ("type" in verdict) return verdict;
    const matching = verdict.statements.filter((statement) => applies(statement, methodArn));
    if (matching.some(({ Effect }) => Effect === "Deny")) return EXPLICITLY_DENIED;
    if (!matching.some(({ Effect }) => Effect === "Allow")) return DENIED;
    call.authorizer = verdict.context;
    return { key: verdict.key };
  }

  /**
   * AWS_IAM: the request must be signed for `execute-api` (AWS: "Control access to a REST API with IAM permissions").
   * Who has signed may call: policies are stored here, not enforced.
   */
  private admitSigned(call: GatewayCall): Refusal | { key?: string } {
    try {
      const { accessKeyId, principalArn } = this.world.authenticate(call.req, "execute-api");
      call.signedBy = { accessKeyId, principalArn };
      return {};
    } catch (error) {
      return signatureRefusal(error as WireError);
    }
  }

  /** Asks an authorizer about a request that is sent nowhere (AWS: TestInvokeAuthorizer). */
  async test(api: RestApi, authorizer: StoredAuthorizer, call: GatewayCall): Promise<AuthorizerTest> {
    const identity = authorizer.type === "COGNITO_USER_POOLS" ? undefined : identityOf(authorizer, call);
    if (!identity) return { status: UNAUTHORIZED.status };
    const methodArn = `arn:aws:execute-api:${api.region}:${this.world.accountId}:${api.id}/ESTestInvoke-stage/GET/`;
    const verdict = await this.ask(api, authorizer, identity, methodArn, call);
    if ("type" in verdict) return { status: verdict.status };
    const { principalId, integrationLatency: _latency, ...context } = verdict.context;
    return { status: 200, principalId: String(principalId), policy: JSON.stringify(verdict.policy), context };
  }

  private async verdict(
    api: RestApi,
    authorizer: StoredAuthorizer,
    identity: string[],
    methodArn: string,
    call: GatewayCall,
  ): Promise<Verdict | Refusal> {
    const ttlMs = (authorizer.authorizerResultTtlInSeconds ?? 0) * 1000;
    const key = `${api.id}/${call.stage.name}/${authorizer.id}/${JSON.stringify(identity)}`;
    const known = this.cache.get(key);
    if (known && this.world.clock.toSimulated(this.world.clock.now() - known.at) < ttlMs) return known.verdict;
    const verdict = await this.ask(api, authorizer, identity, methodArn, call);
    if ("type" in verdict) return verdict;
    if (ttlMs > 0) {
      this.cache.delete(key);
      this.cache.set(key, { at: this.world.clock.now(), verdict });
      const [oldest] = this.cache.keys();
      if (this.cache.size > MAX_CACHED && oldest !== undefined) this.cache.delete(oldest);
    }
    return verdict;
  }

  private async ask(
    api: RestApi,
    authorizer: StoredAuthorizer,
    identity: string[],
    methodArn: string,
    call: GatewayCall,
  ): Promise<Verdict | Refusal> {
    const arn = functionArnOf(withStageVariables(authorizer.authorizerUri ?? "", call.stage.variables));
    const source = `arn:aws:execute-api:${api.region}:${this.world.accountId}:${api.id}/authorizers/${authorizer.id}`;
    if (!arn || (!authorizer.authorizerCredentials && !(await mayInvoke(this.world, arn, source))))
      return AUTHORIZER_MISCONFIGURED;
    const { body: _body, isBase64Encoded: _isBase64Encoded, ...request } = proxyEvent(call);
    const event =
      authorizer.type === "TOKEN"
        ? { type: "TOKEN", methodArn, authorizationToken: identity[0] }
        : { type: "REQUEST", methodArn, ...request };
    const from = performance.now();
    try {
      const result = await runFunction(this.world, arn, event, TIMEOUT_MS);
      if (!result) return AUTHORIZER_FAILED;
      const said: unknown = JSON.parse(Buffer.from(result.Payload as Uint8Array).toString());
      // A function refuses everybody by failing with exactly this word.
      if (result.FunctionError)
        return (said as { errorMessage?: string }).errorMessage === "Unauthorized" ? UNAUTHORIZED : AUTHORIZER_FAILED;
      return read(said, Math.round(performance.now() - from)) ?? AUTHORIZER_MISCONFIGURED;
    } catch {
      return AUTHORIZER_FAILED;
    }
  }
}

/** The values of the identity sources; undefined when one is missing or does not look as it should. */
function identityOf(
  { identitySource, identityValidationExpression, type }: StoredAuthorizer,
  call: GatewayCall,
): string[] | undefined {
  const sources = (identitySource ?? "")
    .split(",")
    .map((source) => source.trim())
    .filter(Boolean);
  const values = sources.map((source) => readParameter(source, call));
  if (values.some((value) => value === undefined || value === "")) return undefined;
  if (type === "TOKEN" && identityValidationExpression) {
    if (!new RegExp(`^(?:${identityValidationExpression})$`).test(values[0] ?? "")) return undefined;
  }
  return values as string[];
}

/** What a function returned; undefined when it is no verdict (AWS: "Output from an API Gateway Lambda authorizer"). */
function read(said: unknown, integrationLatency: number): Verdict | undefined {
  if (typeof said !== "object" || said === null) return undefined;
  const { principalId, policyDocument, context, usageIdentifierKey } = said as Record<string, unknown>;
  const statement = (policyDocument as { Statement?: unknown } | undefined)?.Statement;
  if (typeof principalId !== "string" || statement === undefined) return undefined;
  const own: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries((context as Record<string, unknown> | undefined) ?? {})) {
    if (typeof value === "object" && value !== null) return undefined; // a list or an object is not valid
    if (value !== null && value !== undefined) own[name] = typeof value === "string" ? value : String(value);
  }
  return {
    statements: [statement].flat() as Statement[],
    policy: policyDocument,
    context: { ...own, principalId, integrationLatency },
    key: typeof usageIdentifierKey === "string" ? usageIdentifierKey : undefined,
  };
}

function applies({ Action, Resource }: Statement, methodArn: string): boolean {
  const actions = [Action ?? []].flat();
  const resources = [Resource ?? []].flat();
  return (
    actions.some((action) => arnLike(action.toLowerCase(), "execute-api:invoke")) &&
    resources.some((resource) => arnLike(resource, methodArn))
  );
}
