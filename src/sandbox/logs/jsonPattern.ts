import { comparison, expressionOf, invalidPattern, type Matcher } from "./filterPattern.ts";

type Test = (event: unknown) => boolean;

const TOKEN =
  /\s*(&&|\|\||\(|\)|>=|<=|!=|=|>|<|\$(?:\.[\w-]+|\.\*|\[(?:\d+|\*)\]|\["[^"]*"\]|\['[^']*'\])*|%(?:[^%\\]|\\.)+%|"(?:[^"\\]|\\.)*"|[^\s()&|=!<>]+)/y;
const MAX_DEPTH = 50;

/**
 * A pattern for JSON events (AWS: "Filter pattern syntax", JSON): `{ ($.status = 500 || $.level = "ERR*") && $.user IS NULL }`.
 * @throws InvalidParameterException
 */
export function readJsonPattern(pattern: string): Matcher {
  if (!pattern.endsWith("}")) throw invalidPattern();
  const tokens = tokensOf(pattern.slice(1, -1));
  const test = new Parser(tokens).whole();
  return (message) => {
    let event: unknown;
    try {
      event = JSON.parse(message);
    } catch {
      return false;
    }
    return test(event);
  };
}

/** The selectors that a pattern names, each once. */
export function selectorsOf(pattern: string): string[] {
  return [...new Set(tokensOf(pattern.slice(1, -1)).filter((token) => token.startsWith("$.")))];
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  const trimmed = text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < trimmed.length) {
    const token = TOKEN.exec(trimmed)?.[1];
    if (token === undefined) throw invalidPattern();
    tokens.push(token);
  }
  return tokens;
}

/** Reads tokens by precedence: `||` binds less than `&&`. */
class Parser {
  private at = 0;
  private depth = 0;

  constructor(private readonly tokens: readonly string[]) {}

  whole(): Test {
    const test = this.or();
    if (this.at < this.tokens.length) throw invalidPattern();
    return test;
  }

  private or(): Test {
    if (this.depth++ > MAX_DEPTH) throw invalidPattern();
    const sides = [this.and()];
    while (this.take("||")) sides.push(this.and());
    this.depth--;
    return (event) => sides.some((side) => side(event));
  }

  private and(): Test {
    const sides = [this.one()];
    while (this.take("&&")) sides.push(this.one());
    return (event) => sides.every((side) => side(event));
  }

  private one(): Test {
    if (this.take("(")) {
      const test = this.or();
      if (!this.take(")")) throw invalidPattern();
      return test;
    }
    const selector = this.next();
    if (!selector.startsWith("$")) throw invalidPattern();
    const path = pathOf(selector);
    const operator = this.next();
    if (operator.toUpperCase() === "IS") return this.is(path);
    if (operator.toUpperCase() === "NOT") {
      if (this.next().toUpperCase() !== "EXISTS") throw invalidPattern();
      return (event) => valuesAt(event, path).length === 0;
    }
    if (operator.toUpperCase() === "EXISTS") return (event) => valuesAt(event, path).length > 0;
    const matches = valueTest(operator, this.next());
    return (event) => valuesAt(event, path).some(matches);
  }

  private is(path: readonly string[]): Test {
    const wanted = this.next().toUpperCase();
    const values: Record<string, unknown> = { NULL: null, TRUE: true, FALSE: false };
    if (!Object.hasOwn(values, wanted)) throw invalidPattern();
    return (event) => valuesAt(event, path).some((value) => value === values[wanted]);
  }

  private take(token: string): boolean {
    if (this.tokens[this.at] !== token) return false;
    this.at++;
    return true;
  }

  private next(): string {
    const token = this.tokens[this.at++];
    if (token === undefined) throw invalidPattern();
    return token;
  }
}

function valueTest(operator: string, token: string): (value: unknown) => boolean {
  if (!/^(=|!=|>|>=|<|<=)$/.test(operator)) throw invalidPattern();
  const isScalar = (value: unknown) => typeof value === "string" || typeof value === "number";
  if (token.startsWith("%")) {
    const test = expressionOf(token.slice(1, -1));
    return (value) => isScalar(value) && test(String(value)) === (operator === "=");
  }
  const quoted = token.startsWith('"');
  const compare = comparison(operator, quoted ? token.slice(1, -1).replace(/\\(.)/g, "$1") : token, !quoted);
  return (value) => isScalar(value) && compare(String(value));
}

/** Steps of a selector: `$.a["b c"][0]` → a, b c, 0; `*` stands for every item. */
export function pathOf(selector: string): string[] {
  return [...selector.matchAll(/\.([\w*-]+)|\[(\d+|\*)\]|\["([^"]*)"\]|\['([^']*)'\]/g)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? match[4] ?? "",
  );
}

/** Everything that a path leads to. */
export function valuesAt(event: unknown, path: readonly string[]): unknown[] {
  let found = [event];
  for (const step of path)
    found = found.flatMap((value) => {
      if (typeof value !== "object" || value === null) return [];
      if (step === "*") return Object.values(value);
      return Object.hasOwn(value, step) ? [(value as Record<string, unknown>)[step]] : [];
    });
  return found;
}
