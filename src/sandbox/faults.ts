import { WireError, type WireResponse } from "./wire/types.ts";

/** What a fault makes of an operation. */
export type FaultKind = "throttle" | "error" | "delay" | "hang" | "drop" | "expireCredentials";

/** One rule: which operations, what happens, and how often. */
export interface FaultRule {
  /** Signing name (`sagemaker`, `s3`, `monitoring`); every service when absent. */
  service?: string;
  /** `DescribeEndpoint`; every operation when absent. */
  operation?: string;
  kind: FaultKind;
  /** Share of the calls that it hits, 0–1; default 1. */
  rate?: number;
  /** How many calls it hits at most; without end when absent. */
  count?: number;
  /** For `delay`: real milliseconds. */
  delayMs?: number;
  /** For `error`: code and HTTP status; InternalFailure and 500 when absent. */
  code?: string;
  status?: number;
}

const KINDS: readonly FaultKind[] = ["throttle", "error", "delay", "hang", "drop", "expireCredentials"];
const MAX_RULES = 100;
const MAX_DELAY_MS = 600_000;

/** A status of 0 tells the server to drop the connection without an answer. */
export const DROP: WireResponse = { status: 0, headers: {} };

/** Faults on demand: they make chosen operations fail as AWS does on a bad day. */
export class Faults {
  private rules: FaultRule[] = [];

  list(): readonly FaultRule[] {
    return this.rules;
  }

  clear(): void {
    this.rules = [];
  }

  /** Replaces all rules. @throws Error that names the rule and what is wrong with it */
  set(rules: unknown): void {
    if (!Array.isArray(rules) || rules.length > MAX_RULES)
      throw new Error(`"faults" must be a list of at most ${MAX_RULES} rules`);
    this.rules = rules.map((rule, i) => checked(rule, `faults[${i}]`));
  }

  /**
   * Applies the first rule that hits.
   * @returns a response in place of the operation's, or undefined when the call goes on
   * @throws WireError for a fault that is an error of AWS
   */
  async apply(service: string, operation: string, isQuery: boolean): Promise<WireResponse | undefined> {
    const rule = this.take(service, operation);
    switch (rule?.kind) {
      case "throttle":
        throw new WireError(isQuery ? "Throttling" : "ThrottlingException", "Rate exceeded", isQuery ? 400 : 429);
      case "error":
        throw new WireError(
          rule.code ?? "InternalFailure",
          "A fault of the sandbox was asked for.",
          rule.status ?? 500,
        );
      case "expireCredentials":
        throw new WireError("ExpiredTokenException", "The security token included in the request is expired", 403);
      case "delay":
        await new Promise((resolve) => setTimeout(resolve, rule.delayMs ?? 1000));
        return undefined;
      case "hang":
        await new Promise((resolve) => setTimeout(resolve, MAX_DELAY_MS).unref());
        return DROP;
      case "drop":
        return DROP;
      default:
        return undefined;
    }
  }

  private take(service: string, operation: string): FaultRule | undefined {
    const rule = this.rules.find(
      (r) =>
        (r.service === undefined || r.service === service) &&
        (r.operation === undefined || r.operation === operation) &&
        (r.count === undefined || r.count > 0),
    );
    if (!rule || Math.random() >= (rule.rate ?? 1)) return undefined;
    if (rule.count !== undefined) rule.count--;
    return rule;
  }
}

function checked(value: unknown, at: string): FaultRule {
  const rule = value as Partial<Record<keyof FaultRule, unknown>> | null;
  if (typeof rule !== "object" || rule === null) throw new Error(`${at} must be an object`);
  const text = (name: "service" | "operation" | "code") => {
    const v = rule[name];
    if (v !== undefined && typeof v !== "string") throw new Error(`${at}.${name} must be a text`);
    return v;
  };
  const number = (name: "rate" | "count" | "delayMs" | "status", min: number, max: number) => {
    const v = rule[name];
    if (v !== undefined && !(typeof v === "number" && v >= min && v <= max))
      throw new Error(`${at}.${name} must be a number from ${min} to ${max}`);
    return v;
  };
  const kind = KINDS.find((k) => k === rule.kind);
  if (!kind) throw new Error(`${at}.kind must be one of ${KINDS.join(", ")}`);
  return {
    kind,
    service: text("service"),
    operation: text("operation"),
    code: text("code"),
    rate: number("rate", 0, 1),
    count: number("count", 0, 1_000_000),
    delayMs: number("delayMs", 0, MAX_DELAY_MS),
    status: number("status", 400, 599),
  };
}
