import type { StateValue } from "@aws-sdk/client-cloudwatch";
import { WireError } from "../wire/types.ts";

/** A composite alarm's rule: what it makes of the states of other alarms, and which alarms those are. */
export interface AlarmRule {
  /** Names or ARNs, as the rule spells them. */
  readonly alarms: readonly string[];
  /** @param stateOf undefined for an alarm that does not exist */
  evaluate(stateOf: (alarm: string) => StateValue | undefined): boolean;
}

type Node = AlarmRule["evaluate"];

const STATES = new Set<string>(["ALARM", "OK", "INSUFFICIENT_DATA"]);
const TOKEN = /\s*("(?:[^"\\]|\\.)*"|[(),]|[^\s(),"]+)/y;
const DEEPEST = 50;

const refuse = (rule: string, why: string) =>
  new WireError("ValidationError", `Invalid AlarmRule expression "${rule}": ${why}.`);

/**
 * Reads `ALARM("a") AND (OK(b) OR NOT INSUFFICIENT_DATA(c))`, TRUE, FALSE and `AT_LEAST(2, ALARM, (a, b, c))`
 * (CloudWatch API reference, PutCompositeAlarm, AlarmRule).
 * @throws WireError ValidationError that says where it stops being understood
 */
export function readAlarmRule(rule: string): AlarmRule {
  const tokens = tokensOf(rule);
  const alarms = new Set<string>();
  let at = 0;
  let depth = 0;
  const expect = (wanted: string) => {
    if (tokens[at] !== wanted)
      throw refuse(rule, `${wanted} expected ${at < tokens.length ? `before ${tokens[at]}` : "at the end"}`);
    at++;
  };
  const alarmName = (): string => {
    const token = tokens[at++];
    if (token === undefined || /^[(),]$/.test(token)) throw refuse(rule, "an alarm's name or ARN expected");
    const name = token.startsWith('"') ? token.slice(1, -1).replace(/\\(.)/g, "$1") : token;
    alarms.add(name);
    return name;
  };
  const either = (): Node => {
    const parts = [both()];
    while (tokens[at] === "OR") {
      at++;
      parts.push(both());
    }
    return (stateOf) => parts.some((part) => part(stateOf));
  };
  const both = (): Node => {
    const parts = [single()];
    while (tokens[at] === "AND") {
      at++;
      parts.push(single());
    }
    return (stateOf) => parts.every((part) => part(stateOf));
  };
  const single = (): Node => {
    if (++depth > DEEPEST) throw refuse(rule, "it is nested too deeply");
    try {
      return term();
    } finally {
      depth--;
    }
  };
  const term = (): Node => {
    const token = tokens[at++];
    if (token === "NOT") {
      const inner = single();
      return (stateOf) => !inner(stateOf);
    }
    if (token === "TRUE" || token === "FALSE") return () => token === "TRUE";
    if (token === "(") {
      const inner = either();
      expect(")");
      return inner;
    }
    if (token === "AT_LEAST") return atLeast();
    if (token === undefined || !STATES.has(token)) throw refuse(rule, `${token ?? "the end"} is not understood`);
    expect("(");
    const name = alarmName();
    expect(")");
    return (stateOf) => stateOf(name) === token;
  };
  const atLeast = (): Node => {
    expect("(");
    const count = /^(\d+)(%?)$/.exec(tokens[at++] ?? "");
    if (!count) throw refuse(rule, "AT_LEAST needs a number or a percentage");
    expect(",");
    const not = tokens[at] === "NOT";
    if (not) at++;
    const state = tokens[at++] ?? "";
    if (!STATES.has(state)) throw refuse(rule, `${state} is not a state`);
    expect(",");
    expect("(");
    const names = [alarmName()];
    while (tokens[at] === ",") {
      at++;
      names.push(alarmName());
    }
    expect(")");
    expect(")");
    const wanted = count[2] ? (Number(count[1]) / 100) * names.length : Number(count[1]);
    return (stateOf) => names.filter((name) => (stateOf(name) === state) !== not).length >= wanted;
  };
  const evaluate = either();
  if (at < tokens.length) throw refuse(rule, `${tokens[at]} is not understood`);
  return { alarms: [...alarms], evaluate };
}

function tokensOf(rule: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < rule.trimEnd().length) {
    const from = TOKEN.lastIndex;
    const token = TOKEN.exec(rule)?.[1];
    if (token === undefined) throw refuse(rule, `${rule.slice(from).trim().slice(0, 20)} is not understood`);
    tokens.push(token);
  }
  return tokens;
}
