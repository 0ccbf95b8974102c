/** An encoded word of RFC 2047, in which S3 takes and gives metadata beyond ASCII. */
const ENCODED = /=\?utf-8\?([bq])\?([^?]*)\?=/gi;

/** Metadata as it is kept: headers carry UTF-8 bytes, or words of RFC 2047. */
export function keptMetadata(metadata: Record<string, string> | undefined): Record<string, string> | undefined {
  const entries = Object.entries(metadata ?? {});
  return entries.length ? Object.fromEntries(entries.map(([name, value]) => [name, kept(value)])) : undefined;
}

/** Metadata as headers carry it (Amazon S3 user guide, "Working with object metadata", user-defined metadata). */
export function shownMetadata(metadata: Record<string, string> | undefined): Record<string, string> | undefined {
  return metadata && Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, shown(value)]));
}

function kept(value: string): string {
  // Node reads header bytes as Latin-1; what came in a URL is text already.
  const bytes = Buffer.from(value, "latin1");
  const read = bytes.toString("latin1") === value ? bytes.toString("utf8") : value;
  const text = read.includes("\ufffd") ? value : read;
  return text.replace(ENCODED, (_, kind: string, word: string) =>
    kind.toLowerCase() === "b" ? Buffer.from(word, "base64").toString("utf8") : unquoted(word),
  );
}

function unquoted(word: string): string {
  const bytes = word.replaceAll("_", " ").replace(/=([0-9A-F]{2})/gi, (_, hex: string) => `%${hex}`);
  try {
    return decodeURIComponent(bytes.replace(/%(?![0-9A-F]{2})/gi, "%25"));
  } catch {
    return word;
  }
}

function shown(value: string): string {
  if (/^[\x20-\x7e]*$/.test(value)) return value;
  const quoted = [...Buffer.from(value, "utf8")].map((byte) => {
    const char = String.fromCharCode(byte);
    if (char === " ") return "_";
    return byte > 0x20 && byte < 0x7f && !/[=?_]/.test(char)
      ? char
      : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  });
  return `=?UTF-8?Q?${quoted.join("")}?=`;
}
