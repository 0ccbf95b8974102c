import { type Disposable, l10n, type OutputChannel, ProgressLocation, window } from "vscode";
import type { LogArgument } from "../contributions.ts";
import { describeOpsError, toOpsError } from "../domain/errors.ts";
import type { LogLine } from "../domain/failureExplanation.ts";
import { type LogRequest, readLog, tailLog } from "../services/logReader.ts";
import { formatTime, lastPart, localStamp } from "../ui/format.ts";
import { pickOne } from "../ui/prompts.ts";
import { requireConnection } from "./connection.ts";
import { type EndpointCommandServices, findEndpoint } from "./endpoint.ts";
import { createLogLinks } from "./logLinks.ts";

const MINUTE_MS = 60_000;
/** How far back a log that is followed begins. */
const BEFORE_MS = 5 * MINUTE_MS;

/** Logs in output channels, one for each group; what is followed goes on until another look at it, or until it is stopped. */
export class LogChannels implements Disposable {
  private readonly open = new Map<string, { channel: OutputChannel; endpointName: string; stop?: AbortController }>();
  private readonly links = createLogLinks((logGroup) => this.open.get(logGroup)?.endpointName);

  constructor(private readonly services: EndpointCommandServices) {}

  /** @param argument with a stretch of time, as a chart has it, only the group and the filter are asked for */
  async show(argument: LogArgument | undefined): Promise<void> {
    requireConnection(this.services.connections);
    const { name } = await findEndpoint(this.services, argument);
    const logGroup = await pickGroup(this.services, name);
    if (logGroup === undefined) return;
    const isSandbox = this.services.connections.current?.kind === "sandbox";
    const time =
      argument?.fromMs === undefined ? await pickTime(isSandbox) : { fromMs: argument.fromMs, toMs: argument.toMs };
    if (!time) return;
    const pattern = await window.showInputBox({
      title: l10n.t("Filter of {0}", logGroup),
      prompt: l10n.t("CloudWatch's filter pattern; empty for every line"),
      placeHolder: 'ERROR    "two words"    { $.status = 500 }',
      ignoreFocusOut: true,
    });
    if (pattern === undefined) return;
    await this.read(name, { logGroup, pattern, ...time });
  }

  dispose(): void {
    this.links.dispose();
    for (const { channel, stop } of this.open.values()) {
      stop?.abort();
      channel.dispose();
    }
  }

  private async read(endpointName: string, { isLive, ...request }: LogRequest & { isLive?: boolean }): Promise<void> {
    const { logGroup, fromMs, toMs } = request;
    const known = this.open.get(logGroup);
    known?.stop?.abort();
    const channel = known?.channel ?? window.createOutputChannel(l10n.t("Log {0}", logGroup), "log");
    const stop = new AbortController();
    this.open.set(logGroup, { channel, endpointName, stop });
    channel.clear();
    channel.show(true);
    const nowMs = Date.now();
    const until = toMs === undefined ? l10n.t("followed from here on") : l10n.t("to {0}", formatTime(toMs, nowMs));
    const filter = request.pattern === "" ? "" : l10n.t(", only {0}", request.pattern);
    channel.appendLine(l10n.t("{0}: from {1} {2}{3}", logGroup, formatTime(fromMs, nowMs), until, filter));
    let count = 0;
    const tell = (lines: LogLine[]) => {
      count += lines.length;
      channel.append(lines.map(lineText).join(""));
    };
    const title = l10n.t(
      "{0} the log of {1}",
      toMs === undefined ? l10n.t("Following") : l10n.t("Reading"),
      lastPart(logGroup),
    );
    const work = async () => {
      try {
        const { connections } = this.services;
        const onSampled = () =>
          channel.appendLine(l10n.t("More than 500 lines come a second: what is shown is a sample of them."));
        if (isLive) await tailLog(connections, request, { tell, onSampled }, stop.signal);
        else await readLog(connections, request, tell, stop.signal);
        if (!stop.signal.aborted && count === 0) channel.appendLine(l10n.t("Nothing was logged in this time."));
      } catch (error) {
        const failure = toOpsError(error);
        if (failure.code === "notFound")
          channel.appendLine(l10n.t("Nothing was ever logged: the log group does not exist."));
        else {
          channel.appendLine(describeOpsError(failure));
          throw failure;
        }
      }
    };
    if (toMs !== undefined) return work();
    // It goes on by itself: the command has ended, and Cancel ends this.
    void window.withProgress({ location: ProgressLocation.Notification, title, cancellable: true }, (_, token) => {
      token.onCancellationRequested(() => stop.abort());
      return work()
        .catch(() => {})
        .finally(() => channel.appendLine(l10n.t("No longer followed.")));
    });
  }
}

const lineText = ({ atMs, stream, text }: LogLine) => `${localStamp(atMs)} [${lastPart(stream)}] ${text}\n`;

/** The endpoint's group, or that of one of the functions of the project's stack. */
function pickGroup({ project }: EndpointCommandServices, name: string): Promise<string | undefined> | string {
  const own = `/aws/sagemaker/Endpoints/${name}`;
  const functions = (name === project.endpointName ? (project.stack?.resources ?? []) : []).flatMap(
    ({ type, physicalId }) => (type === "AWS::Lambda::Function" && physicalId ? [physicalId] : []),
  );
  if (functions.length === 0) return own;
  return pickOne(l10n.t("Log"), [
    { label: `$(radio-tower) ${l10n.t("Endpoint {0}", name)}`, description: own, value: own },
    ...functions.map((fn) => ({
      label: `$(symbol-function) ${l10n.t("Function {0}", fn)}`,
      description: `/aws/lambda/${fn}`,
      value: `/aws/lambda/${fn}`,
    })),
  ]);
}

/** A choice that stands for no number of minutes. */
const LIVE = -1;

async function pickTime(isSandbox: boolean): Promise<{ fromMs: number; toMs?: number; isLive?: boolean } | undefined> {
  const price = l10n.t("$0.01 a minute after 1,800 free ones a month");
  const minutes = await pickOne<number>(l10n.t("Time"), [
    {
      label: `$(eye) ${l10n.t("Follow")}`,
      description: l10n.t("from five minutes ago on, until it is cancelled"),
      value: 0,
    },
    {
      label: `$(pulse) ${l10n.t("Live tail")}`,
      description: [l10n.t("each line within a second"), isSandbox ? "" : price].filter(Boolean).join(" · "),
      value: LIVE,
    },
    { label: `$(history) ${l10n.t("Last 15 minutes")}`, value: 15 },
    { label: `$(history) ${l10n.t("Last hour")}`, value: 60 },
    { label: `$(history) ${l10n.t("Last day")}`, value: 1440 },
  ]);
  if (minutes === undefined) return undefined;
  const nowMs = Date.now();
  if (minutes === LIVE) return { fromMs: nowMs - BEFORE_MS, isLive: true };
  if (minutes === 0) return { fromMs: nowMs - BEFORE_MS };
  return { fromMs: nowMs - minutes * MINUTE_MS, toMs: nowMs };
}
