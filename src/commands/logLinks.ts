import { type Disposable, DocumentLink, l10n, languages, Range, type TextDocument, Uri } from "vscode";
import type { CommandId, MetricsArgument } from "../contributions.ts";

/** The first line of a log's channel names its group. */
const HEAD = /^(\/\S+): /;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d/;
/** Lines that become links; of a longer log the last ones, which are those in sight. */
const MOST_LINES = 5_000;
const SHOW: CommandId = "sagemakerOps.endpoint.openMetrics";

/**
 * The time of each line leads to the charts, which mark that moment.
 * @param endpointOf the endpoint that a group's channel was opened for
 */
export function createLogLinks(endpointOf: (logGroup: string) => string | undefined): Disposable {
  return languages.registerDocumentLinkProvider(
    { scheme: "output", language: "log" },
    {
      provideDocumentLinks: (document) => {
        const group = HEAD.exec(document.lineAt(0).text)?.[1];
        const endpointName = group === undefined ? undefined : endpointOf(group);
        return endpointName === undefined ? [] : timeLinks(document, endpointName);
      },
    },
  );
}

function timeLinks(document: TextDocument, endpointName: string): DocumentLink[] {
  const links: DocumentLink[] = [];
  for (let line = Math.max(1, document.lineCount - MOST_LINES); line < document.lineCount; line++) {
    const time = TIME.exec(document.lineAt(line).text)?.[0];
    if (time === undefined) continue;
    const argument: MetricsArgument = { endpointName, atMs: Date.parse(time) };
    const target = Uri.parse(`command:${SHOW}?${encodeURIComponent(JSON.stringify([argument]))}`);
    const link = new DocumentLink(new Range(line, 0, line, time.length), target);
    link.tooltip = l10n.t("Show this moment in the charts of {0}", endpointName);
    links.push(link);
  }
  return links;
}
