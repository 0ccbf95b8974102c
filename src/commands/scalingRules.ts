import { l10n } from "vscode";
import { describeConnection } from "../domain/connection.ts";
import { regionOfArn } from "../domain/cost.ts";
import type { Endpoint } from "../domain/endpoint.ts";
import { scalingMeaning } from "../domain/endpointChange.ts";
import { type ScheduledCapacity, scheduledText, scheduleProblems } from "../domain/scheduledScaling.ts";
import { parseSteps, type StepSettings, stepMeaning, stepProblems, stepsText } from "../domain/stepScaling.ts";
import type { CurrentScaling } from "../services/endpointChanges.ts";
import type { ScalableVariant } from "../services/scalingRules.ts";
import { proposeSchedulesEdit, proposeStepsEdit } from "../services/templateScaling.ts";
import { formatNumber } from "../ui/format.ts";
import { type FactRow, pickOne } from "../ui/prompts.ts";
import { showQuickForm } from "../ui/quickForm.ts";
import { type ChangeServices, chooseWhere, inView } from "./changeServices.ts";
import { requireConnection } from "./connection.ts";
import { formPlaceholder, meaningRow, numberField, type PricedBy, TOLD_RATES } from "./scalingForm.ts";

/** Edits the steps of a variant, or takes them away. @param exists whether it has some now */
export async function editSteps(
  services: ChangeServices,
  endpoint: Endpoint,
  variant: ScalableVariant,
  by: PricedBy,
  settings: StepSettings,
  exists: boolean,
): Promise<void> {
  const edited: StepSettings = { ...settings };
  let keeps = true;
  const applied = await showQuickForm({
    title: titleOf(services, l10n.t("Step scaling"), variant),
    placeholder: formPlaceholder(),
    apply: () => ({
      label: `$(check) ${keeps ? l10n.t("Go on with these values") : l10n.t("Go on without steps")}`,
      problem: keeps ? stepProblems(edited)[0] : undefined,
    }),
    fields: [
      {
        label: l10n.t("Steps"),
        get value() {
          return stepsText(edited.steps);
        },
        detail: l10n.t("Invocations per instance and minute, and what is added from there on"),
        check: (text) => {
          const steps = parseSteps(text);
          return "problem" in steps ? steps.problem : undefined;
        },
        set: (text) => {
          const steps = parseSteps(text);
          if (!("problem" in steps)) edited.steps = steps;
        },
      },
      numberField(
        l10n.t("Minutes of load"),
        l10n.t("Minutes in a row before a step is taken"),
        () => edited.minutes,
        (value) => {
          edited.minutes = value;
        },
      ),
      numberField(
        l10n.t("Remove one below"),
        l10n.t("Invocations per instance and minute, for 15 minutes; 0 for never"),
        () => edited.removeBelowPerMinute,
        (value) => {
          edited.removeBelowPerMinute = value;
        },
      ),
      numberField(
        l10n.t("Cooldown"),
        l10n.t("Seconds after an activity before the next one"),
        () => edited.cooldownSeconds,
        (value) => {
          edited.cooldownSeconds = value;
        },
      ),
      ...(exists
        ? [
            {
              label: l10n.t("Step scaling"),
              get value() {
                return keeps ? l10n.t("on") : l10n.t("removed with its alarms");
              },
              pick: async () => (keeps ? "off" : "on"),
              set: (text: string) => {
                keeps = text === "on";
              },
            },
          ]
        : []),
    ],
    facts: () => [
      {
        name: l10n.t("what it means"),
        rows: keeps ? TOLD_RATES.map((rate) => stepsRow(edited, variant, by, rate)) : [],
      },
    ],
  });
  if (!applied) return;
  const where = await chooseWhere(services, endpoint, (project) =>
    proposeStepsEdit(project, keeps ? edited : undefined),
  );
  if (where !== "account") return;
  await inView(services, l10n.t("Changing the scaling of {0}", endpoint.name), () =>
    keeps ? services.scalingRules.applySteps(variant, edited) : services.scalingRules.removeSteps(variant),
  );
}

function stepsRow(settings: StepSettings, variant: ScalableVariant, by: PricedBy, rate: number): FactRow {
  const meaning = stepMeaning(settings, variant, by.instanceType, rate, by.region);
  const each = l10n.t("{0} invocations per instance and minute", formatNumber(meaning.perInstance));
  const after = meaning.rises > 0 ? l10n.t("after {0} rises", meaning.rises) : undefined;
  const limited =
    meaning.wanted > meaning.instances
      ? l10n.t("the maximum; {0} would be needed, so requests wait or fail", meaning.wanted)
      : undefined;
  return meaningRow(rate, meaning, [limited ?? after, each].filter(Boolean).join(" · "), by);
}

/** Adds, changes and removes the scheduled actions of a variant; they are put together at the end. */
export async function editSchedules(
  services: ChangeServices,
  endpoint: Endpoint,
  variant: ScalableVariant,
  current: CurrentScaling,
  schedules: readonly ScheduledCapacity[],
): Promise<void> {
  let wanted = [...schedules];
  const title = titleOf(services, l10n.t("Scheduled actions"), variant);
  for (;;) {
    const isChanged = JSON.stringify(wanted) !== JSON.stringify(schedules);
    const picked = await pickOne<"done" | "add" | ScheduledCapacity>(
      title,
      [
        ...(isChanged ? [{ label: `$(check) ${l10n.t("Go on with these actions")}`, value: "done" as const }] : []),
        { label: `$(add) ${l10n.t("Add an action…")}`, value: "add" as const },
        ...wanted.map((action) => ({
          label: `$(edit) ${action.name}`,
          description: scheduledText(action),
          detail: meaningAt(action, current),
          value: action,
        })),
      ],
      l10n.t("Pick an action to change it; Escape changes nothing"),
    );
    if (picked === undefined) return;
    if (picked === "done") break;
    const before = picked === "add" ? undefined : picked;
    const edited = await editSchedule(title, before ?? newAction(variant, wanted), current, before !== undefined);
    if (edited === undefined) continue;
    const others = wanted.filter(
      (action) => action !== before && action.name !== (edited === "remove" ? "" : edited.name),
    );
    wanted = edited === "remove" ? others : [...others, edited].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
  const where = await chooseWhere(services, endpoint, (project) => proposeSchedulesEdit(project, wanted));
  if (where !== "account") return;
  await inView(services, l10n.t("Changing the scaling of {0}", endpoint.name), () =>
    services.scalingRules.applySchedules(variant, wanted),
  );
}

const newAction = ({ minInstances, maxInstances }: ScalableVariant, known: ScheduledCapacity[]): ScheduledCapacity => ({
  name: `action-${known.length + 1}`,
  schedule: "cron(0 8 ? * MON-FRI *)",
  minInstances,
  maxInstances,
});

async function editSchedule(
  title: string,
  action: ScheduledCapacity,
  current: CurrentScaling,
  exists: boolean,
): Promise<ScheduledCapacity | "remove" | undefined> {
  const edited = { ...action };
  let keeps = true;
  const applied = await showQuickForm({
    title,
    placeholder: formPlaceholder(),
    apply: () => ({
      label: `$(check) ${keeps ? l10n.t("Take this action") : l10n.t("Remove this action")}`,
      problem: keeps ? scheduleProblems(edited)[0] : undefined,
    }),
    fields: [
      {
        label: l10n.t("Name"),
        get value() {
          return edited.name;
        },
        set: (text) => {
          edited.name = text;
        },
      },
      {
        label: l10n.t("When"),
        get value() {
          return edited.schedule;
        },
        detail: l10n.t("cron(minutes hours day month weekday year), rate(1 day) or at(2026-12-24T18:00:00)"),
        check: (text) => scheduleProblems({ ...edited, schedule: text }).find((problem) => problem.includes(text)),
        set: (text) => {
          edited.schedule = text;
        },
      },
      {
        label: l10n.t("Time zone"),
        get value() {
          return edited.timezone ?? "UTC";
        },
        detail: l10n.t("Such as Europe/Berlin"),
        check: (text) =>
          scheduleProblems({ ...edited, timezone: text }).find((problem) => problem.includes(`"${text}"`)),
        set: (text) => {
          edited.timezone = text === "" || text === "UTC" ? undefined : text;
        },
      },
      numberField(
        l10n.t("Minimum instances"),
        l10n.t("From then on"),
        () => edited.minInstances,
        (value) => {
          edited.minInstances = value;
        },
      ),
      numberField(
        l10n.t("Maximum instances"),
        l10n.t("From then on"),
        () => edited.maxInstances,
        (value) => {
          edited.maxInstances = value;
        },
      ),
      ...(exists
        ? [
            {
              label: l10n.t("This action"),
              get value() {
                return keeps ? l10n.t("is kept") : l10n.t("is removed");
              },
              pick: async () => (keeps ? "remove" : "keep"),
              set: (text: string) => {
                keeps = text === "keep";
              },
            },
          ]
        : []),
    ],
    facts: () => [
      {
        name: l10n.t("what it means from then on"),
        rows: TOLD_RATES.map((rate) => {
          const by = pricedBy(current);
          const settings = { ...current.settings, ...limitsOf(edited) };
          const meaning = scalingMeaning(settings, by.instanceType, rate, by.region);
          return meaningRow(rate, meaning, meaning.wanted < meaning.instances ? l10n.t("the minimum") : undefined, by);
        }),
      },
    ],
  });
  if (!applied) return undefined;
  return keeps ? edited : "remove";
}

const pricedBy = ({ endpoint, instanceType }: CurrentScaling): PricedBy => ({
  instanceType,
  region: regionOfArn(endpoint.arn),
});

const limitsOf = ({ minInstances, maxInstances }: ScheduledCapacity) => ({ minInstances, maxInstances });

/** What an action means at the highest of the told rates. */
function meaningAt(action: ScheduledCapacity, current: CurrentScaling): string {
  const by = pricedBy(current);
  const settings = { ...current.settings, ...limitsOf(action) };
  const rate = TOLD_RATES.at(-1) ?? 0;
  const row = meaningRow(rate, scalingMeaning(settings, by.instanceType, rate, by.region), undefined, by);
  return `${row.label.replace(/^\$\(\S+\) /, "")}: ${row.description}`;
}

const titleOf = ({ connections }: ChangeServices, what: string, { endpointName, variantName }: ScalableVariant) =>
  `${what} · ${endpointName} · ${variantName} · ${describeConnection(requireConnection(connections))}`;
