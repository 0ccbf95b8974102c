/** A stretch of text and what it is; the style sheet colours it by `t-KIND`. */
export interface Token {
  text: string;
  kind: "plain" | "punctuation" | "number" | "string" | "key" | "word" | "wrong" | "column1" | "column2" | "column3";
}

export type Language = "csv" | "json" | "jsonl" | "libsvm" | "plain";

/** Longer texts are shown without colours: nobody reads them, and they would make typing slow. */
export const MOST_CHARACTERS = 60_000;

/** The language of a body by its content type. */
export function languageOf(contentType: string | undefined): Language {
  const type = contentType?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "text/csv") return "csv";
  if (/libsvm/.test(type)) return "libsvm";
  if (/json-?lines|ndjson|jsonl/.test(type)) return "jsonl";
  return /json/.test(type) ? "json" : "plain";
}

/** Cuts a text into tokens; joined they are the text again. */
export function highlight(text: string, language: Language): Token[] {
  if (language === "plain" || text.length > MOST_CHARACTERS) return [{ text, kind: "plain" }];
  if (language === "csv") return csvTokens(text);
  return language === "libsvm" ? libsvmTokens(text) : jsonTokens(text);
}

const COLUMNS = ["plain", "column1", "column2", "column3"] as const;

/** Neighbouring columns differ, so that a cell can be found again in the rows below. */
function csvTokens(text: string): Token[] {
  let column = 0;
  return cut(text, /"(?:[^"]|"")*"|,|\r?\n|[^,\r\n"]+|["\r]/g, (part) => {
    if (part === ",") {
      column++;
      return "punctuation";
    }
    if (part.endsWith("\n")) column = 0;
    return COLUMNS[column % COLUMNS.length] ?? "plain";
  });
}

/** `label index:value index:value`; what is none of these is marked. */
function libsvmTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let isLabel = true;
  for (const part of text.match(/[^\S\n]+|\n|\S+/g) ?? []) {
    const pair = /^(\d+)(:)(\S*)$/.exec(part);
    if (!part.trim()) {
      tokens.push({ text: part, kind: "plain" });
      if (part === "\n") isLabel = true;
      continue;
    }
    if (pair && isNumber(pair[3] ?? "")) {
      tokens.push({ text: pair[1] ?? "", kind: "key" }, { text: ":", kind: "punctuation" });
      tokens.push({ text: pair[3] ?? "", kind: "number" });
    } else tokens.push({ text: part, kind: isLabel && isNumber(part) ? "word" : "wrong" });
    isLabel = false;
  }
  return tokens;
}

const isNumber = (text: string) => text !== "" && Number.isFinite(Number(text));

const JSON_PART =
  /"(?:[^"\\\n]|\\.)*"(?=\s*:)|"(?:[^"\\\n]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\b(?:true|false|null)\b|[{}[\],:]|\s+|[^\s{}[\],:"]+|"/g;

function jsonTokens(text: string): Token[] {
  return cut(text, JSON_PART, (part, end) => {
    if (part.startsWith('"') && part.length > 1) return /^\s*:/.test(text.slice(end, end + 50)) ? "key" : "string";
    if (/^-?\d/.test(part)) return isNumber(part) ? "number" : "wrong";
    if (/^(true|false|null)$/.test(part)) return "word";
    if (/^[{}[\],:]$/.test(part)) return "punctuation";
    return part.trim() ? "wrong" : "plain";
  });
}

function cut(text: string, parts: RegExp, kindOf: (part: string, end: number) => Token["kind"]): Token[] {
  return [...text.matchAll(parts)].map((match) => {
    const [part] = match;
    return { text: part, kind: kindOf(part, match.index + part.length) };
  });
}
