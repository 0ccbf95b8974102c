import type { NormalizedSchema } from "@smithy/core/schema";
import { membersOf, requiredCount, shapeName } from "../../src/sandbox/wire/schema.ts";
import { type Constraint, type Constraints, compilePattern } from "../../src/sandbox/wire/validation.ts";

const TEXTS = [
  "a",
  "wine",
  "héllo wörld",
  "x y&z=1",
  '<t a="b">\'&amp;</t>',
  "line1\nline2",
  "100%+/?#",
  "😀é",
  "{}",
  "",
];
/** Texts that mean something to AWS: where a pattern wants one of these, it gets it as a rule. */
const MEANINGFUL = [
  "wine",
  "wine-bucket",
  "AllTraffic",
  "us-east-1",
  "123456789012",
  "arn:aws:iam::123456789012:role/wine",
  "arn:aws:lambda:us-east-1:123456789012:function:wine",
  "arn:aws:sagemaker:us-east-1:123456789012:endpoint/wine",
  "arn:aws:apigateway:us-east-1::/restapis/wine",
  "s3://wine-bucket/wine/model.tar.gz",
  "endpoint/wine/variant/AllTraffic",
  "sagemaker:variant:DesiredInstanceCount",
  "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
  "index.handler",
  '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*"}}',
  '{"Resources":{"B":{"Type":"AWS::S3::Bucket"}}}',
  "GET",
  "m1",
];
const HEADER_TEXTS = ["abc", "x y", "v-1_2.3", "application/json", "q:1;p=2"];
const LABEL_TEXTS = ["wine", "a b", "arn:aws:x:y:1:f/q", "é%+", "__proto__"];
const NUMBERS = [0, 1, 5, -7, 1.5, 123_456_789, 5e9];
const DEEPEST = 6;
/** Schema number of Smithy's http-date: whole seconds only. */
const HTTP_DATE = 6;

/**
 * Random inputs by schema: half of them as the model's constraints want them where that is easy (enums, ranges),
 * the other half as they come. What a client cannot send (streams of events) is left out.
 */
export class InputGenerator {
  /** Texts that answers carried, by the member's name: what was created is then found. */
  private readonly learned = new Map<string, string[]>();
  /** Sparse inputs have little beside what is required, and are refused less often. */
  private optional = 0.6;

  constructor(
    private readonly random: () => number,
    private readonly constraints: Constraints | undefined,
  ) {}

  /** Remembers the identifiers of an accepted call. */
  learn(output: Record<string, unknown>): void {
    for (const [name, value] of Object.entries(output)) {
      if (typeof value === "object" && value !== null && !(Symbol.asyncIterator in value) && name !== "$metadata")
        this.learn(value as Record<string, unknown>);
      if (typeof value !== "string" || value.length > 300) continue;
      const key = name.toLowerCase();
      const known = this.learned.get(key) ?? [];
      if (known.length < 20 && !known.includes(value)) this.learned.set(key, [...known, value]);
    }
  }

  input(schema: NormalizedSchema): Record<string, unknown> {
    this.optional = this.random() < 0.6 ? 0.08 : 0.6;
    return (this.value(schema, 0, false, undefined, "") ?? {}) as Record<string, unknown>;
  }

  private pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.random() * from.length)] as T;
  }

  private value(
    schema: NormalizedSchema,
    depth: number,
    inHeader: boolean,
    limit: Constraint | undefined,
    name: string,
  ): unknown {
    const traits = schema.getMergedTraits() as Record<string, unknown>;
    const header = inHeader || traits.httpHeader !== undefined || typeof traits.httpPrefixHeaders === "string";
    if (schema.isUnitSchema()) return {};
    if (schema.isStructSchema()) return this.structure(schema, depth, header);
    if (schema.isListSchema()) {
      if (depth > DEEPEST) return [];
      return Array.from({ length: 1 + Math.floor(this.random() * 3) }, () =>
        this.value(schema.getValueSchema(), depth + 1, header, undefined, name),
      ).filter((v) => v !== undefined);
    }
    if (schema.isMapSchema()) {
      const out: Record<string, unknown> = {};
      const key = header ? "k" : this.pick(["k.", "clé ", "constructor", "K_"]);
      out[key] = this.value(schema.getValueSchema(), depth + 1, header, undefined, name);
      return out;
    }
    if (schema.isTimestampSchema()) return this.time(schema, header);
    if (schema.isBlobSchema())
      return Uint8Array.from({ length: 1 + Math.floor(this.random() * 20) }, () => Math.floor(this.random() * 256));
    if (schema.isBooleanSchema()) return this.random() < 0.5;
    if (schema.isNumericSchema()) return this.number(limit);
    if (schema.isBigIntegerSchema()) return 12_345_678_901_234_567_890n;
    if (schema.isDocumentSchema()) return { a: [1, "x", true], b: { c: "é" } };
    if (schema.isStringSchema()) return this.text(traits, header, limit, name);
    return undefined;
  }

  private structure(schema: NormalizedSchema, depth: number, header: boolean): unknown {
    if (schema.isStreaming()) return undefined;
    const members = membersOf(schema);
    const rules = this.constraints?.[shapeName(schema)];
    const make = (name: string, member: NormalizedSchema) => this.value(member, depth + 1, header, rules?.[name], name);
    if (schema.isUnionSchema()) {
      const [name, member] = this.pick(members);
      const v = make(name, member);
      return v === undefined ? undefined : { [name]: v };
    }
    const required = requiredCount(schema);
    const out: Record<string, unknown> = {};
    members.forEach(([name, member], i) => {
      const wanted =
        i < required || (depth <= DEEPEST && this.random() < (depth > 2 ? this.optional / 2 : this.optional));
      if (!wanted || (depth > DEEPEST * 2 && i >= required)) return;
      const v = make(name, member);
      if (v !== undefined) out[name] = v;
    });
    return out;
  }

  private time(schema: NormalizedSchema, header: boolean): Date {
    const seconds = 1_700_000_000 + Math.floor(this.random() * 1e6);
    const whole = header || schema.getSchema() === HTTP_DATE;
    return new Date(seconds * 1000 + (whole ? 0 : Math.floor(this.random() * 1000)));
  }

  private number(limit: Constraint | undefined): number {
    if (limit && this.random() < 0.7) {
      const min = limit.min ?? 0;
      const max = Math.min(limit.max ?? min + 100, min + 10_000);
      return min + Math.floor(this.random() * (max - min + 1));
    }
    return this.pick(NUMBERS);
  }

  private text(traits: Record<string, unknown>, header: boolean, limit: Constraint | undefined, name: string): string {
    if (limit?.enum?.length && this.random() < 0.9) return this.pick(limit.enum);
    if (traits.mediaType) return '{"m":1}';
    if (this.random() < 0.8) {
      const fitting = this.fitting(name, limit);
      if (fitting.length) return this.pick(fitting);
    }
    if (header) return this.pick(HEADER_TEXTS);
    const text = traits.httpLabel ? this.pick(LABEL_TEXTS) : this.pick(TEXTS);
    return limit?.min && text.length < limit.min ? text.padEnd(Math.min(limit.min, 200), "x") : text;
  }

  /** What an answer called alike, else what the model's pattern and length let through. */
  private fitting(name: string, limit: Constraint | undefined): string[] {
    const member = name.toLowerCase();
    const keys = [...this.learned.keys()].filter((key) => member.endsWith(key) || key.endsWith(member));
    const learned = keys.flatMap((key) => this.learned.get(key) ?? []);
    if (learned.length && this.random() < 0.6) return learned;
    const pattern = limit?.pattern === undefined ? undefined : compilePattern(limit.pattern);
    return MEANINGFUL.filter(
      (t) => t.length >= (limit?.min ?? 0) && t.length <= (limit?.max ?? 1e6) && (pattern?.test(t) ?? true),
    );
  }
}
