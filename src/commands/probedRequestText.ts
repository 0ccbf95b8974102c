import * as l10n from "@vscode/l10n";
import { momentText } from "../domain/numberText.ts";
import { plural } from "../domain/plural.ts";
import type { ProbedBody, ProbedRequest } from "../domain/probedRequest.ts";
import { formatNumber } from "../ui/format.ts";
import { codeBlock, escapeMarkdown } from "./explanationText.ts";

/** One request and its answer as a page to read. @param place where it was sent: `sandbox · us-east-1` */
export function probedRequestMarkdown(planName: string, probe: ProbedRequest, place: string): string {
  const { answer, failure, connectMs, firstByteMs, totalMs } = probe;
  const outcome = answer
    ? `HTTP ${answer.status} ${answer.statusText}`.trim()
    : l10n.t("No answer: {0}", failure ?? "");
  const waited = answer ? firstByteMs - connectMs : totalMs - connectMs;
  const rows: [string, string][] = [
    [l10n.t("Outcome"), `${answer && answer.status < 300 ? "✓" : "✗"} ${outcome}`],
    [l10n.t("Latency"), ms(totalMs)],
    [l10n.t("of it connecting"), ms(connectMs)],
    [l10n.t("of it waiting for the first byte"), ms(Math.max(0, waited))],
    ...(answer ? [[l10n.t("of it receiving"), ms(totalMs - firstByteMs)] as [string, string]] : []),
    [l10n.t("Body"), l10n.t("{0} of {1} of the plan", probe.row, formatNumber(probe.rows))],
    [l10n.t("Sent"), momentText(probe.sentAtMs)],
  ];
  const lines = [
    l10n.t("# One request of {0}", escapeMarkdown(planName)),
    "",
    escapeMarkdown(place),
    "",
    ...table(["", ""], rows),
    "",
    l10n.t("A run keeps its connections open, so that connecting is paid once and not with each request."),
    "",
    l10n.t("## Request"),
    "",
    codeBlock([`${probe.method} ${probe.url}`, ...headerLines(probe.requestHeaders)], "http"),
    "",
    ...bodyLines(probe.body, headerOf(probe.requestHeaders, "content-type")),
    "",
    l10n.t("## Answer"),
    "",
  ];
  if (!answer)
    return `${[...lines, l10n.t("None: {0}.", escapeMarkdown(failure ?? l10n.t("the connection ended")))].join("\n")}\n`;
  lines.push(codeBlock([`HTTP ${answer.status} ${answer.statusText}`, ...headerLines(answer.headers)], "http"), "");
  lines.push(...bodyLines(answer.body, headerOf(answer.headers, "content-type")));
  return `${lines.join("\n")}\n`;
}

const ms = (value: number) => `${formatNumber(value, value < 10 ? 1 : 0)} ms`;
const headerLines = (headers: [string, string][]) => headers.map(([name, value]) => `${name}: ${value}`);
const headerOf = (headers: [string, string][], wanted: string) =>
  headers.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? "";

function bodyLines({ bytes, text, cut }: ProbedBody, contentType: string): string[] {
  const size = plural(bytes, "byte");
  if (bytes === 0) return [l10n.t("No body.")];
  if (text === undefined) return [l10n.t("{0} that are no text.", size)];
  const isJson = /\bjson\b/.test(contentType);
  return [
    l10n.t("Body, {0}{1}:", size, cut ? l10n.t(", its beginning") : ""),
    "",
    codeBlock([(isJson && !cut ? pretty(text) : text).replace(/\n$/, "")], isJson ? "json" : "text"),
  ];
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), undefined, 2);
  } catch {
    return json;
  }
}

function table(head: string[], rows: string[][]): string[] {
  const line = (cells: string[]) => `| ${cells.map((cell) => escapeMarkdown(cell)).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)];
}
