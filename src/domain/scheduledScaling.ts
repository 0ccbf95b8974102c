import * as l10n from "@vscode/l10n";
/** Limits that a variant gets at a time: Application Auto Scaling's scheduled action. */
export interface ScheduledCapacity {
  name: string;
  /** `cron(0 8 ? * MON-FRI *)`, `rate(1 day)` or `at(2026-12-24T18:00:00)`. */
  schedule: string;
  /** IANA name; UTC when absent. */
  timezone?: string;
  minInstances: number;
  maxInstances: number;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,254}$/;
const AT = /^at\(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\)$/;
const RATE = /^rate\([1-9]\d* (minute|minutes|hour|hours|day|days)\)$/;
const CRON = /^cron\((\S+ ){5}\S+\)$/;

/** What is wrong with a scheduled action, in sentences that name the value (API reference, PutScheduledAction). */
export function scheduleProblems({
  name,
  schedule,
  timezone,
  minInstances,
  maxInstances,
}: ScheduledCapacity): string[] {
  const problems: string[] = [];
  if (!NAME.test(name))
    problems.push(l10n.t('"{0}" is not a name: letters, digits, spaces, hyphens, dots and underscores.', name));
  const isCron = CRON.test(schedule);
  if (!isCron && !AT.test(schedule) && !RATE.test(schedule))
    problems.push(
      l10n.t(
        '"{0}" is not a schedule such as cron(0 8 ? * MON-FRI *), rate(1 day) or at(2026-12-24T18:00:00).',
        schedule,
      ),
    );
  if (isCron) {
    const [, , days, , weekdays] = schedule.slice("cron(".length, -1).split(" ");
    if ((days === "?") === (weekdays === "?"))
      problems.push(
        l10n.t('Of the days of "{0}", those of the month and those of the week, exactly one is a ?.', schedule),
      );
  }
  if (timezone !== undefined && !isTimezone(timezone))
    problems.push(l10n.t('"{0}" is not a time zone such as Europe/Berlin.', timezone));
  if (!Number.isInteger(minInstances) || minInstances < 0)
    problems.push(l10n.t("The minimum {0} is not a whole number from 0.", minInstances));
  if (!Number.isInteger(maxInstances) || maxInstances < 1)
    problems.push(l10n.t("The maximum {0} is not a whole number from 1.", maxInstances));
  if (minInstances > maxInstances)
    problems.push(l10n.t("The minimum {0} is above the maximum {1}.", minInstances, maxInstances));
  return problems;
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** `cron(0 8 ? * MON-FRI *) Europe/Berlin: 2–6 instances` */
export function scheduledText({ schedule, timezone, minInstances, maxInstances }: ScheduledCapacity): string {
  return l10n.t("{0} {1}: {2}–{3} instances", schedule, timezone ?? "UTC", minInstances, maxInstances);
}
