import {
  type GetMetricDataInput,
  InvalidNextToken,
  type MetricDataQuery,
  type MetricDataResult,
} from "@aws-sdk/client-cloudwatch";
import type { MetricId, MetricStore } from "../engine/metricStore.ts";
import { WireError } from "../wire/types.ts";
import { metricId } from "./metricIds.ts";
import { evaluateMath, type MathScope, type MathValue, type Series, seriesOf } from "./metricMath.ts";

/** Limits of GetMetricData (CloudWatch API reference). */
const MAX_QUERIES = 500;
const MAX_POINTS = 100_800;

/** Answers GetMetricData: metrics, expressions over them, and searches; beyond MaxDatapoints on further pages. */
export function answerMetricData(
  store: MetricStore,
  input: GetMetricDataInput,
): { MetricDataResults: MetricDataResult[]; NextToken?: string } {
  const queries = input.MetricDataQueries ?? [];
  assertQueries(queries);
  const fromMs = input.StartTime?.getTime() ?? 0;
  const toMs = input.EndTime?.getTime() ?? 0;
  if (fromMs === toMs)
    throw new WireError("ValidationError", "The parameter StartTime must not equal parameter EndTime.");
  if (fromMs > toMs) throw new WireError("ValidationError", "The parameter EndTime must be greater than StartTime.");
  const request = new MetricDataRequest(store, queries, fromMs, toMs);
  const newestFirst = input.ScanBy !== "TimestampAscending";
  const results = queries.filter((q) => q.ReturnData !== false).flatMap((q) => request.resultsOf(q, newestFirst));
  return pageOfPoints(results, input.MaxDatapoints ?? MAX_POINTS, input.NextToken);
}

class MetricDataRequest implements MathScope {
  private readonly known = new Map<string, MathValue>();
  private readonly evaluating = new Set<string>();

  constructor(
    private readonly store: MetricStore,
    private readonly queries: MetricDataQuery[],
    private readonly fromMs: number,
    private readonly toMs: number,
  ) {}

  resultsOf(query: MetricDataQuery, newestFirst: boolean): MetricDataResult[] {
    const value = this.valueOf(query);
    const all = typeof value === "number" ? [this.constant(query, value)] : seriesOf(value);
    return all.map((s) => {
      const points = [...s.values].sort(([a], [b]) => (newestFirst ? b - a : a - b));
      return {
        Id: query.Id,
        Label: query.Label ?? (s.label || query.Id),
        Timestamps: points.map(([t]) => new Date(t)),
        Values: points.map(([, v]) => v),
        StatusCode: "Complete" as const,
      };
    });
  }

  byId(id: string): MathValue | undefined {
    const query = this.queries.find((q) => q.Id === id);
    return query && this.valueOf(query);
  }

  metrics(idContains: string): Series[] {
    return this.queries
      .filter((q) => q.MetricStat && (q.Id ?? "").includes(idContains))
      .flatMap((q) => seriesOf(this.valueOf(q)));
  }

  times(periodSeconds: number): number[] {
    const periodMs = periodSeconds * 1000;
    const times: number[] = [];
    for (let t = Math.floor(this.fromMs / periodMs) * periodMs; t < this.toMs; t += periodMs) times.push(t);
    return times;
  }

  /** `{Namespace,Dim1,Dim2} MetricName="X" text`: namespace and dimension names must match, terms must all occur. */
  search(expression: string, statistic: string, periodSeconds: number): Series[] {
    const schema = /^\s*\{([^}]*)\}/
      .exec(expression)?.[1]
      ?.split(",")
      .map((part) => part.trim().replace(/^"|"$/g, ""));
    const terms = expression.replace(/^\s*\{[^}]*\}/, "").match(/\w+="[^"]*"|"[^"]*"|[^\s"]+/g) ?? [];
    return this.store
      .list()
      .map(({ id }) => id)
      .filter((id) => !schema || (schema[0] === id.namespace && sameNames(schema.slice(1), Object.keys(id.dimensions))))
      .filter((id) => terms.every((term) => matches(id, term)))
      .map((id) => this.read(id, statistic, periodSeconds, id.name));
  }

  private valueOf(query: MetricDataQuery): MathValue {
    const id = query.Id ?? "";
    const known = this.known.get(id);
    if (known !== undefined) return known;
    if (this.evaluating.has(id))
      throw new WireError("ValidationError", `Error in expression '${id}': it refers to itself.`);
    this.evaluating.add(id);
    const stat = query.MetricStat;
    const value = stat
      ? this.read(
          metricId(stat.Metric ?? {}),
          stat.Stat ?? "Average",
          stat.Period ?? 60,
          this.labelOf(query),
          stat.Unit,
        )
      : evaluateMath(query.Expression ?? "", this);
    this.evaluating.delete(id);
    this.known.set(id, value);
    return value;
  }

  /** A metric's name, with what tells it from the others of its name in the request (seen in CloudWatch's answers). */
  private labelOf({ Id, MetricStat }: MetricDataQuery): string {
    const name = MetricStat?.Metric?.MetricName;
    const alike = this.queries.filter((q) => q.MetricStat?.Metric?.MetricName === name);
    if (name === undefined) return Id ?? "";
    const differing = (["Stat", "Period"] as const).filter(
      (member) => new Set(alike.map((q) => q.MetricStat?.[member])).size > 1,
    );
    return [name, ...differing.map((member) => MetricStat?.[member])].join(" ");
  }

  private read(id: MetricId, statistic: string, periodSeconds: number, label: string, unit?: string): Series {
    const values = new Map<number, number>();
    for (const { startMs, distribution } of this.store.read(id, this.fromMs, this.toMs, periodSeconds * 1000, unit)) {
      const v = distribution.statistic(statistic);
      if (v === undefined)
        throw new WireError(
          "ValidationError",
          `The value ${statistic} for parameter MetricDataQueries.member.MetricStat.Stat is not supported.`,
        );
      values.set(startMs, v);
    }
    return { label, periodSeconds, values };
  }

  /** A number is drawn as a line over the whole range. */
  private constant(query: MetricDataQuery, value: number): Series {
    const periodSeconds = query.Period ?? 60;
    return { label: "", periodSeconds, values: new Map(this.times(periodSeconds).map((t) => [t, value])) };
  }
}

const sameNames = (a: string[], b: string[]) => JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());

function matches(id: MetricId, term: string): boolean {
  const named = /^(\w+)="([^"]*)"$/.exec(term);
  if (named?.[1] === "MetricName") return id.name === named[2];
  if (named?.[1] === "Namespace") return id.namespace === named[2];
  if (named?.[1]) return id.dimensions[named[1]] === named[2];
  const text = term.replace(/^"|"$/g, "").toLowerCase();
  return [id.namespace, id.name, ...Object.values(id.dimensions)].some((v) => v.toLowerCase().includes(text));
}

function assertQueries(queries: MetricDataQuery[]): void {
  const refuse = (text: string) => new WireError("ValidationError", text);
  if (queries.length > MAX_QUERIES)
    throw refuse(`The collection MetricDataQueries must not have a size greater than ${MAX_QUERIES}.`);
  const ids = new Set<string>();
  for (const q of queries) {
    const id = q.Id ?? "";
    if (!/^[a-z]\w*$/.test(id))
      throw refuse(
        `The value ${id} for parameter MetricDataQueries.member.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.`,
      );
    if (ids.has(id)) throw refuse("The values for parameter Id in MetricDataQueries are not unique.");
    if ((q.MetricStat === undefined) === (q.Expression === undefined))
      throw refuse(`Exactly one of MetricStat and Expression must be specified for the query ${id}.`);
    ids.add(id);
  }
}

/** The points of all results in a row, cut into pages; a result that goes on is PartialData. */
function pageOfPoints(
  results: MetricDataResult[],
  most: number,
  token: string | undefined,
): { MetricDataResults: MetricDataResult[]; NextToken?: string } {
  const from = token === undefined ? 0 : Number(Buffer.from(token, "base64url").toString());
  if (!Number.isInteger(from) || from < 0)
    throw new InvalidNextToken({ $metadata: {}, message: "Request parameter NextToken is invalid" });
  const to = from + most;
  let at = 0;
  const page: MetricDataResult[] = [];
  for (const result of results) {
    const begin = at;
    at += result.Timestamps?.length ?? 0;
    // An empty result is told once, on the first page.
    if (at <= from ? begin !== at || from > 0 : begin >= to) continue;
    const slice = <T>(list: T[] | undefined) => list?.slice(Math.max(0, from - begin), to - begin);
    page.push({
      ...result,
      Timestamps: slice(result.Timestamps),
      Values: slice(result.Values),
      StatusCode: at > to ? "PartialData" : "Complete",
    });
  }
  return { MetricDataResults: page, NextToken: at > to ? Buffer.from(String(to)).toString("base64url") : undefined };
}
