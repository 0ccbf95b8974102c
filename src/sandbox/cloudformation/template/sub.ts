import { invalid } from "./value.ts";

/** A piece of a Fn::Sub text: literal text, or the name of a variable. */
export type SubPiece = { text: string; name?: undefined } | { name: string; text?: undefined };

/** Cuts the text of Fn::Sub into literals and variables; `${!Literal}` stands for the text `${Literal}`. */
export function subPieces(template: string): SubPiece[] {
  const pieces: SubPiece[] = [];
  let at = 0;
  for (const match of template.matchAll(/\$\{([^}]*)\}/g)) {
    if (match.index > at) pieces.push({ text: template.slice(at, match.index) });
    const name = match[1]!.trim();
    at = match.index + match[0].length;
    if (name.startsWith("!")) pieces.push({ text: `\${${name.slice(1)}}` });
    else if (/^[A-Za-z0-9_.:]+$/.test(name)) pieces.push({ name });
    else
      invalid(
        "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons",
      );
  }
  if (at < template.length) pieces.push({ text: template.slice(at) });
  return pieces;
}
