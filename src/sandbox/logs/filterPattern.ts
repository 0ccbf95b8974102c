import { InvalidParameterException } from "@aws-sdk/client-cloudwatch-logs";

/**
 * Reads an unstructured filter pattern: terms and "quoted phrases" that must all occur, `-term` must not, `?term` at
 * least one must (AWS: "Filter pattern syntax", unstructured log events). An empty pattern matches everything.
 * @throws InvalidParameterException for the JSON (`{ … }`) and space-delimited (`[ … ]`) forms
 */
export function readFilterPattern(pattern: string | undefined): (message: string) => boolean {
  const text = pattern?.trim() ?? "";
  if (text === "") return () => true;
  if (/^[{[%]/.test(text))
    throw new InvalidParameterException({
      message: `Invalid filter pattern: ${text}. This sandbox matches plain terms and quoted phrases only.`,
      $metadata: {},
    });
  const must: string[] = [];
  const mustNot: string[] = [];
  const any: string[] = [];
  for (const match of text.matchAll(/([-?]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)) {
    const term = match[2] !== undefined ? match[2].replace(/\\(.)/g, "$1") : match[3]!;
    (match[1] === "-" ? mustNot : match[1] === "?" ? any : must).push(term);
  }
  return (message) =>
    must.every((term) => message.includes(term)) &&
    !mustNot.some((term) => message.includes(term)) &&
    (any.length === 0 || must.length > 0 || any.some((term) => message.includes(term)));
}
