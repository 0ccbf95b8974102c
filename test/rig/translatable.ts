import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BUNDLES = path.join(ROOT, "media/l10n");
/** A text as it stands in the sources: one literal, which may begin on the next line. */
const CALL = /\bl10n\.t\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')?/g;
/** The one place that puts its texts together; what it is called with is found instead. */
const PLURAL = "src/domain/plural.ts";

/** What is found in the sources. */
export interface Translatable {
  texts: Set<string>;
  /** `file:line` of calls whose text is not a literal, which no translation can know. */
  computed: string[];
}

/** Every text that the sources ask a translation for. */
export function translatable(): Translatable {
  const found: Translatable = { texts: new Set(), computed: [] };
  for (const top of ["src", "webview"]) {
    for (const entry of readdirSync(path.join(ROOT, top), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.ts$/.test(entry.name)) continue;
      const file = path.join(entry.parentPath, entry.name);
      collect(path.relative(ROOT, file).split(path.sep).join("/"), readFileSync(file, "utf8"), found);
    }
  }
  return found;
}

function collect(file: string, source: string, { texts, computed }: Translatable): void {
  const line = (at: number) => `${file}:${source.slice(0, at).split("\n").length}`;
  for (const match of file === PLURAL ? [] : source.matchAll(CALL)) {
    if (match[1] === undefined) computed.push(line(match.index));
    else texts.add(literal(match[1]));
  }
  for (const { index } of source.matchAll(/(?<!function )\bplural\(/g)) {
    const noun = /"([^"]+)",?\s*$/.exec(argumentsAt(source, index))?.[1];
    if (noun === undefined) computed.push(line(index));
    else texts.add(`{0} ${noun}`).add(`{0} ${noun}s`);
  }
}

/** What stands between the brackets of the call that begins at `at`. */
function argumentsAt(source: string, at: number): string {
  const begin = source.indexOf("(", at) + 1;
  let depth = 1;
  for (let i = begin; i < source.length; i++) {
    if (source[i] === "(") depth++;
    if (source[i] === ")" && --depth === 0) return source.slice(begin, i);
  }
  return "";
}

/** Both kinds of quotes, as JSON reads them. */
function literal(text: string): string {
  if (text.startsWith('"')) return JSON.parse(text);
  return JSON.parse(`"${text.slice(1, -1).replaceAll("\\'", "'").replaceAll('"', '\\"')}"`);
}

/** The translations into a language, by the English text. */
export function bundle(language: string): Record<string, string> {
  return JSON.parse(readFileSync(path.join(BUNDLES, `bundle.l10n.${language}.json`), "utf8"));
}

/** Languages that there is a bundle for. */
export function languages(): string[] {
  return readdirSync(BUNDLES).flatMap((name) => /^bundle\.l10n\.([\w-]+)\.json$/.exec(name)?.[1] ?? []);
}

/** `node --import tsx test/rig/translatable.ts de`: what a bundle lacks, and what nothing asks for any more. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const known = bundle(process.argv[2] ?? "de");
  const { texts } = translatable();
  const lacking = [...texts].filter((text) => !(text in known)).sort();
  const stale = Object.keys(known).filter((text) => !texts.has(text));
  console.log(JSON.stringify({ lacking, stale }, undefined, 2));
}
