/** A place in a text as editors count: both from 1. */
export interface TextPosition {
  line: number;
  column: number;
}

/** The position of a character. */
export function positionAt(text: string, offset: number): TextPosition {
  const lines = text.slice(0, offset).split("\n");
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

/** Where JSON.parse gave up. Without a position in V8's message ("Unexpected end of JSON input") it is the text's end. */
export function syntaxErrorPosition(text: string, error: unknown): TextPosition {
  const offset = /position (\d+)/.exec(error instanceof Error ? error.message : "")?.[1];
  return positionAt(text, offset === undefined ? text.length : Number(offset));
}

/** A path inside a JSON value: `["stages", 1, "rate"]`. */
export type JsonPath = readonly PropertyKey[];

/**
 * Where the value at a path begins in the text of valid JSON; for a value that is missing, where the nearest one around
 * it begins.
 */
export function positionOfPath(text: string, path: JsonPath): TextPosition {
  const offsets = valueOffsets(text);
  for (let length = path.length; length > 0; length--) {
    const offset = offsets.get(pathKey(path.slice(0, length)));
    if (offset !== undefined) return positionAt(text, offset);
  }
  return positionAt(text, text.search(/\S|$/));
}

const pathKey = (path: JsonPath) => JSON.stringify(path.map(String));
const TOKEN = /"(?:\\.|[^"\\])*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** Offsets of all values: for a member that of its key, for an item that of the value. */
function valueOffsets(text: string): Map<string, number> {
  const found = new Map<string, number>();
  const open: { isArray: boolean; key: string | number }[] = [];
  const here = () => pathKey(open.map(({ key }) => key));
  let wantsKey = false;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const top = open.at(-1);
    if (token === ",") {
      if (top?.isArray) top.key = Number(top.key) + 1;
      wantsKey = top?.isArray === false;
    } else if (token === "}" || token === "]") {
      open.pop();
      wantsKey = false;
    } else if (wantsKey && top && token.startsWith('"')) {
      top.key = JSON.parse(token) as string;
      found.set(here(), index);
      wantsKey = false;
    } else if (token !== ":") {
      if (top?.isArray) found.set(here(), index);
      if (token === "{" || token === "[") open.push({ isArray: token === "[", key: token === "[" ? 0 : "" });
      wantsKey = token === "{";
    }
  }
  return found;
}
