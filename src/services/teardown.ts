import * as l10n from "@vscode/l10n";
import { OpsError } from "../domain/errors.ts";
import type { Stack } from "../domain/stack.ts";
import { canTearDown, TEARDOWN_PARAMETER, teardownAtMs } from "../domain/teardown.ts";
import type { ProjectContext } from "./projects.ts";

const HOUR_MS = 3_600_000;
const MOST_HOURS = 24 * 365;

/** A time in so many hours, as the template takes it. @throws OpsError badInput for a number that is none */
export function teardownTime(hours: number, nowMs: number): string {
  if (!Number.isFinite(hours) || hours <= 0 || hours > MOST_HOURS)
    throw new OpsError("badInput", l10n.t("A stack cannot delete itself in {0} hours.", hours), {
      hint: l10n.t("Give a number above 0, at most {0}.", MOST_HOURS),
    });
  return new Date(nowMs + hours * HOUR_MS).toISOString().slice(0, 19);
}

/**
 * The project with a time at which its stack deletes itself, by a schedule in the account that needs no window.
 * @param hours from `nowMs` on
 * @throws OpsError badInput for a time that is none
 */
export function withTeardown(
  context: ProjectContext,
  hours: number,
  nowMs: number,
): { context: ProjectContext; at: string } {
  const at = teardownTime(hours, nowMs);
  const { project } = context;
  const parameters = { ...project.parameters, [TEARDOWN_PARAMETER]: at };
  return { context: { ...context, project: { ...project, parameters } }, at };
}

/**
 * What a deployment does not take away by saying nothing of it: the time of a timer that has not gone off.
 * @param template the new one, which has to know the parameter
 */
export function keptTeardown(stack: Stack | undefined, template: string, nowMs: number): Record<string, string> {
  const at = stack && teardownAtMs(stack);
  if (at === undefined || at <= nowMs || !template.includes(TEARDOWN_PARAMETER)) return {};
  return { [TEARDOWN_PARAMETER]: stack?.parameters?.[TEARDOWN_PARAMETER] ?? "" };
}

/** @throws OpsError conflict for a stack whose template knows no timer */
export function assertCanTearDown(stack: Stack): void {
  if (canTearDown(stack)) return;
  throw new OpsError(
    "conflict",
    l10n.t("The template of stack {0} has no parameter {1}.", stack.name, TEARDOWN_PARAMETER),
    {
      hint: l10n.t("Deploy the project with a template that has it; those that this product writes do."),
    },
  );
}
