import { OpsError } from "../domain/errors.ts";
import type { ProjectContext } from "./projects.ts";

/** Parameter of the templates that this product writes: when the stack deletes itself; empty is never. */
const PARAMETER = "TeardownAt";
const HOUR_MS = 3_600_000;
const MOST_HOURS = 24 * 365;

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
  if (!Number.isFinite(hours) || hours <= 0 || hours > MOST_HOURS)
    throw new OpsError("badInput", `A stack cannot delete itself in ${hours} hours.`, {
      hint: `Give a number above 0, at most ${MOST_HOURS}.`,
    });
  const at = new Date(nowMs + hours * HOUR_MS).toISOString().slice(0, 19);
  const { project } = context;
  return {
    context: { ...context, project: { ...project, parameters: { ...project.parameters, [PARAMETER]: at } } },
    at,
  };
}
