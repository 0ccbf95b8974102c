import { httpTraitOf } from "./wire/schema.ts";
import type { OperationSchema, ServiceInfo } from "./wire/types.ts";

/** Calls that are alike: the same operation by the same principal on the same resource. */
export interface RecordedCall {
  /** `arn:…:user/…`, `arn:…:assumed-role/…`, a role's ARN where a service acts with it, or `anonymous`. */
  principal: string;
  /** Service part of the signature's scope: `sagemaker`, `s3`. */
  service: string;
  operation: string;
  region: string;
  /** Members of the input that say which resource is meant, lists with commas; never bodies. */
  resource: Record<string, string>;
  /** `DELETE /restapis/ID`, for API Gateway, whose permissions go by it. */
  http?: string;
  count: number;
}

/** More different ones are not kept: the log is for looking at permissions, not for auditing. */
const MOST_CALLS = 10_000;
const LONGEST_VALUE = 512;
const NAMES_RESOURCE =
  /^(Bucket|Key|Prefix|resourceArn|appId|jobId|arn|apiKey|.*(Names?|Arns?|ARN|Ids?|Identifier|Prefix))$/;
const SECRET = /token|secret|password/i;

/**
 * What was called, by whom, on what: for tests that hold policies against it, since the sandbox enforces none. Calls that
 * a service makes on its own behalf are not among them.
 */
export class CallLog {
  private readonly calls = new Map<string, RecordedCall>();

  /** Notes a call before it is answered: a refused one needed its permission too. */
  note(schema: OperationSchema, { signingName }: ServiceInfo, principal: string, region: string, input: unknown): void {
    const resource = resourceOf(input);
    const key = `${principal} ${signingName}:${schema[2]} ${region} ${JSON.stringify(resource)}`;
    const known = this.calls.get(key);
    if (known) known.count++;
    else if (this.calls.size < MOST_CALLS)
      this.calls.set(key, {
        principal,
        service: signingName,
        operation: schema[2],
        region,
        resource,
        http: signingName === "apigateway" ? requestLine(schema, resource) : undefined,
        count: 1,
      });
  }

  list(): RecordedCall[] {
    return [...this.calls.values()];
  }

  clear(): void {
    this.calls.clear();
  }
}

function resourceOf(input: unknown): Record<string, string> {
  const found: Record<string, string> = {};
  if (typeof input !== "object" || input === null) return found;
  for (const [name, value] of Object.entries(input)) {
    if (!NAMES_RESOURCE.test(name) || SECRET.test(name)) continue;
    const text = Array.isArray(value) && value.every((item) => typeof item === "string") ? value.join(",") : value;
    if (typeof text === "string" && text.length <= LONGEST_VALUE) found[name] = text;
  }
  return found;
}

/** Method and path with the labels filled in. */
function requestLine(schema: OperationSchema, labels: Record<string, string>): string | undefined {
  const http = httpTraitOf(schema);
  if (!http) return undefined;
  const [path = ""] = http[1].split("?");
  return `${http[0]} ${path.replace(/\{(\w+)\+?\}/g, (all, name: string) => labels[name] ?? all)}`;
}
