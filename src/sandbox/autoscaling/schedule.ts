/** When a scheduled action is due next. */
export interface Schedule {
  /** First time after `afterMs`, epoch ms; undefined when there is none. */
  next(afterMs: number): number | undefined;
}

const UNIT_MS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
/** How far a cron expression is looked ahead. */
const HORIZON_MINUTES = 366 * 24 * 60;

/**
 * `at(yyyy-mm-ddThh:mm:ss)`, `rate(5 minutes)`, `cron(0 9 * * ? *)`, in UTC (Application Auto Scaling user guide,
 * "Schedule recurring scaling actions using cron expressions").
 * @returns undefined for anything else
 */
export function parseSchedule(expression: string): Schedule | undefined {
  const at = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(expression)?.[1];
  if (at) {
    const time = Date.parse(`${at}Z`);
    return Number.isNaN(time) ? undefined : { next: (after) => (time > after ? time : undefined) };
  }
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  if (rate?.[1] && rate[2]) {
    const every = Number(rate[1]) * (UNIT_MS[rate[2]] ?? 0);
    return every > 0 ? { next: (after) => after + every } : undefined;
  }
  const cron = /^cron\((.+)\)$/.exec(expression)?.[1]?.trim().split(/\s+/);
  return cron && cron.length >= 5 && cron.length <= 6 ? parseCron(cron) : undefined;
}

function parseCron(fields: string[]): Schedule | undefined {
  const [minutes, hours, days, months, weekdays] = [
    field(fields[0], 0, 59),
    field(fields[1], 0, 23),
    field(fields[2], 1, 31),
    field(fields[3], 1, 12, MONTHS, 1),
    field(fields[4], 1, 7, DAYS, 1),
  ];
  const years = fields[5] === undefined ? anything : field(fields[5], 1970, 2199);
  if (!minutes || !hours || !days || !months || !weekdays || !years) return undefined;
  const due = (t: Date) =>
    minutes(t.getUTCMinutes()) &&
    hours(t.getUTCHours()) &&
    days(t.getUTCDate()) &&
    months(t.getUTCMonth() + 1) &&
    weekdays(t.getUTCDay() + 1) &&
    years(t.getUTCFullYear());
  return {
    next(after) {
      const first = Math.floor(after / 60_000) * 60_000 + 60_000;
      for (let i = 0; i < HORIZON_MINUTES; i++) {
        const t = first + i * 60_000;
        if (due(new Date(t))) return t;
      }
      return undefined;
    },
  };
}

type Matcher = (value: number) => boolean;
const anything: Matcher = () => true;

/** One field: `*`, `?`, numbers or names, lists, ranges, steps. */
function field(text = "", low: number, high: number, names: string[] = [], base = 0): Matcher | undefined {
  if (text === "*" || text === "?") return anything;
  const allowed = new Set<number>();
  const numberOf = (part: string) => {
    const named = names.indexOf(part.toUpperCase());
    return named >= 0 ? named + base : /^\d+$/.test(part) ? Number(part) : Number.NaN;
  };
  for (const part of text.split(",")) {
    const [range = "", step = "1"] = part.split("/");
    const [from = "", to] = range === "*" ? [String(low), String(high)] : range.split("-");
    const first = numberOf(from);
    const last = to === undefined ? (part.includes("/") ? high : first) : numberOf(to);
    const by = Number(step);
    if (!(first >= low && last <= high && first <= last && by >= 1)) return undefined;
    for (let v = first; v <= last; v += by) allowed.add(v);
  }
  return (value) => allowed.has(value);
}
