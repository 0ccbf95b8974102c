import { l10n, window } from "vscode";
import { describeConnection } from "../domain/connection.ts";
import { formatHourly } from "../domain/cost.ts";
import { OpsError } from "../domain/errors.ts";
import { momentText, usdText } from "../domain/numberText.ts";
import type { Stack } from "../domain/stack.ts";
import { remainingText, teardownAtMs } from "../domain/teardown.ts";
import { assertCanTearDown, teardownTime } from "../services/teardown.ts";
import { withCancellableProgress } from "../ui/progress.ts";
import { confirmWithFacts, type FactRow, pickOne } from "../ui/prompts.ts";
import { requireConnection } from "./connection.ts";
import { reporter, watched } from "./deploying.ts";
import { pickProject } from "./project.ts";
import type { CommandTable } from "./register.ts";
import { assertIdle, existingStack, type StackCommandServices } from "./stack.ts";
import { assertTrusted } from "./trust.ts";

/** The command that sets, moves or cancels the time at which the project's stack deletes itself. */
export function teardownCommands(services: StackCommandServices): Pick<CommandTable, "sagemakerOps.stack.setTeardown"> {
  return { "sagemakerOps.stack.setTeardown": () => setTeardown(services) };
}

async function setTeardown(services: StackCommandServices): Promise<void> {
  const connection = requireConnection(services.connections);
  const project = await pickProject(services.project);
  const stack = await existingStack(services);
  assertTrusted(l10n.t("Changing stack {0}", stack.name));
  assertIdle(services);
  assertCanTearDown(stack);
  const wanted = await pickTime(stack);
  if (wanted === undefined) return;
  const { deployer } = services;
  const prepared = await withCancellableProgress(l10n.t("Change set of stack {0}", stack.name), (say, signal) =>
    deployer.prepareTeardown(project, wanted, reporter(services, 0, say), signal),
  );
  const hourlyUsd = await costOf(services, stack);
  const rows: FactRow[] = [
    { label: `$(account) ${l10n.t("Account")}`, description: connection.accountId },
    { label: `$(globe) ${l10n.t("Region")}`, description: connection.region },
    { label: `$(layers) ${l10n.t("Stack")}`, description: stack.name },
    { label: `$(watch) ${l10n.t("Deletes itself")}`, description: wanted ? whenText(wanted) : l10n.t("never") },
    {
      label: `$(credit-card) ${l10n.t("Endpoint until then")}`,
      description: costText(wanted, hourlyUsd, connection.kind === "sandbox"),
      detail: wanted
        ? l10n.t("Endpoint, API, page and logs go; the role that deletes them stays, and costs nothing")
        : undefined,
    },
  ];
  const confirmed = await confirmWithFacts({
    title: l10n.t("Timer of stack {0} in {1}", stack.name, describeConnection(connection)),
    placeholder: l10n.t("Pick the first row to do it; Escape changes nothing"),
    confirm: {
      label: wanted ? `$(watch) ${l10n.t("Set the timer")}` : `$(close) ${l10n.t("Cancel the timer")}`,
      description: l10n.t("account {0} · {1}", connection.accountId, connection.region),
    },
    sections: [{ name: l10n.t("what it means"), rows }],
  });
  if (!confirmed) {
    await deployer.discard(prepared);
    return;
  }
  await watched(services, connection, l10n.t("Setting the timer of stack {0}", stack.name), (say, signal) =>
    deployer.execute(prepared, reporter(services, prepared.preview.changes.length, say), signal),
  );
}

/** Hours that are offered. */
const OFFERED_HOURS = [2, 8, 24, 72, 168];
const HOUR_MS = 3_600_000;
const OWN = "own";

/** A time as the template takes it, empty for never; undefined when nothing was picked. */
async function pickTime(stack: Stack): Promise<string | undefined> {
  const at = teardownAtMs(stack);
  const now = Date.now();
  const picked = await pickOne<string | number>(
    at === undefined
      ? l10n.t("When stack {0} deletes itself", stack.name)
      : l10n.t("Stack {0} deletes itself in {1}", stack.name, remainingText(at - now)),
    [
      ...(at === undefined ? [] : [{ label: `$(close) ${l10n.t("Never: cancel the timer")}`, value: "" }]),
      ...OFFERED_HOURS.map((hours) => ({
        label: `$(watch) ${l10n.t("In {0}", remainingText(hours * HOUR_MS))}`,
        description: momentText(now + hours * HOUR_MS),
        value: hours,
      })),
      { label: `$(edit) ${l10n.t("In other hours…")}`, value: OWN },
    ],
    l10n.t("A schedule in the account does it; no window has to be open"),
  );
  if (picked === undefined || picked === "") return picked;
  if (picked !== OWN) return teardownTime(Number(picked), Date.now());
  const text = await window.showInputBox({
    title: l10n.t("Hours until stack {0} deletes itself", stack.name),
    ignoreFocusOut: true,
    validateInput: (entered) => problemOf(entered),
  });
  return text === undefined ? undefined : teardownTime(Number(text), Date.now());
}

function problemOf(text: string): string | undefined {
  try {
    const hours = text.trim() === "" ? Number.NaN : Number(text);
    if (Number.isNaN(hours)) return l10n.t('"{0}" is not a number.', text);
    teardownTime(hours, Date.now());
    return undefined;
  } catch (error) {
    return error instanceof OpsError ? [error.message, error.hint].filter(Boolean).join(" ") : String(error);
  }
}

const whenText = (at: string) => {
  const ms = Date.parse(`${at}Z`);
  return l10n.t("in {0}, {1}", remainingText(ms - Date.now()), momentText(ms));
};

/** What the stack's endpoint costs an hour now; undefined when that is not known. */
async function costOf({ endpoints }: StackCommandServices, { outputs }: Stack): Promise<number | undefined> {
  const name = outputs.EndpointName;
  return name === undefined ? undefined : (await endpoints.detail(name)).hourlyUsd;
}

function costText(at: string, hourlyUsd: number | undefined, isSandbox: boolean): string {
  if (hourlyUsd === undefined) return l10n.t("price not known");
  const onAws = isSandbox ? l10n.t(" on AWS; nothing in the sandbox") : "";
  if (!at) return l10n.t("about {0}, until somebody deletes it", formatHourly(hourlyUsd)) + onAws;
  const usd = usdText(((Date.parse(`${at}Z`) - Date.now()) / HOUR_MS) * hourlyUsd);
  return l10n.t("about {0} with its present instances ({1})", usd, formatHourly(hourlyUsd)) + onAws;
}
