/**
 * The few of Python's conversions between text and number that show in the XGBoost container's requests and answers.
 */

const FLOAT = /^[+-]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?$/i;
const SPECIAL = /^([+-]?)(?:(inf|infinity)|nan)$/i;

/** What Python's `float(text)` gives, undefined where it raises ValueError. Surrounding white space is allowed. */
export function pythonFloat(text: string): number | undefined {
  const trimmed = text.trim();
  // JavaScript counts the byte-order mark as white space, Python does not.
  if (trimmed.length !== text.length && text.includes("\ufeff")) return undefined;
  if (FLOAT.test(trimmed)) return Number(trimmed.replaceAll("_", ""));
  const special = SPECIAL.exec(trimmed);
  if (special === null) return undefined;
  if (special[2] === undefined) return Number.NaN;
  return special[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** What Python's `int(text)` gives, undefined where it raises ValueError. */
export function pythonInt(text: string): number | undefined {
  const trimmed = text.trim();
  return /^[+-]?\d+(?:_\d+)*$/.test(trimmed) ? Number(trimmed.replaceAll("_", "")) : undefined;
}

/** `repr` of a float: always with a fraction or an exponent, the exponent of at least two digits. */
export function pythonFloatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  const plain = Object.is(value, -0) ? "-0" : String(value);
  return plain.includes(".") ? plain : `${plain}.0`;
}

/** `repr` of a text: single quotes unless only they occur in it; backslashes and what does not print escaped. */
export function pythonTextRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/[\\'"]|(?! )[\p{C}\p{Z}]/gu, (character) => {
    if (character === "'" || character === '"') return character === quote ? `\\${character}` : character;
    const short = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" }[character];
    if (short !== undefined) return short;
    const code = character.codePointAt(0)!;
    const [prefix, digits] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
    return `\\${prefix}${code.toString(16).padStart(Number(digits), "0")}`;
  });
  return quote + escaped + quote;
}

/** The message of the UnicodeDecodeError that `bytes.decode("utf-8")` raises; undefined for valid UTF-8. */
export function utf8ErrorText(bytes: Uint8Array): string | undefined {
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at]!;
    if (first < 0x80) {
      at += 1;
      continue;
    }
    const length =
      first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
    if (length === 0) return decodeFault(bytes, at, at, "invalid start byte");
    for (let index = 1; index < length; index++) {
      if (at + index >= bytes.length) return decodeFault(bytes, at, bytes.length - 1, "unexpected end of data");
      const next = bytes[at + index]!;
      if (next < lowestContinuation(first, index) || next > highestContinuation(first, index)) {
        return decodeFault(bytes, at, at + index - 1, "invalid continuation byte");
      }
    }
    at += length;
  }
  return undefined;
}

// The second byte is bounded so that overlong forms, surrogates and code points beyond U+10FFFF are refused.
function lowestContinuation(first: number, index: number): number {
  if (index > 1) return 0x80;
  return first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
}

function highestContinuation(first: number, index: number): number {
  if (index > 1) return 0xbf;
  return first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
}

function decodeFault(bytes: Uint8Array, from: number, to: number, reason: string): string {
  const what =
    from === to ? `byte 0x${bytes[from]!.toString(16)} in position ${from}` : `bytes in position ${from}-${to}`;
  return `'utf-8' codec can't decode ${what}: ${reason}`;
}
