import * as l10n from "@vscode/l10n";
import { OpsError } from "../domain/errors.ts";
import {
  pricedOutcome,
  type WhatIfLoad,
  type WhatIfOutcome,
  type WhatIfReport,
  type WhatIfScenario,
} from "../domain/whatIf.ts";
import { whatIfHtml, whatIfMarkdown } from "../loadtest/whatIfReport.ts";
import { SandboxProcess, type SandboxProgram } from "./sandboxProcess.ts";

/** More scenarios in one picture cannot be told apart. */
const MOST_SCENARIOS = 16;

/** Plays loads against other ways to scale, in a private sandbox that lives as long as the answer takes. */
export class WhatIf {
  constructor(private readonly program: SandboxProgram) {}

  /**
   * Asks the sandbox's own autoscaler and instance model. Nothing is sent to any endpoint.
   * @throws OpsError badInput that names what the simulation refuses; failed when the sandbox does not start
   */
  async run(load: WhatIfLoad, scenarios: readonly WhatIfScenario[], seed = 1): Promise<WhatIfReport> {
    if (scenarios.length === 0 || scenarios.length > MOST_SCENARIOS)
      throw new OpsError(
        "badInput",
        l10n.t(
          "{0} scenarios were given for load {1}; 1 to {2} can be compared.",
          scenarios.length,
          load.name,
          MOST_SCENARIOS,
        ),
        {
          hint: l10n.t("Give a target, and fewer values to combine."),
        },
      );
    if (load.ratesPerSecond.length === 0)
      throw new OpsError("badInput", l10n.t("Load {0} has no second with a request.", load.name), {
        hint: l10n.t("Take another run."),
      });
    const sandbox = new SandboxProcess(this.program);
    try {
      const { endpoint, controlToken } = await sandbox.start();
      const startedAt = performance.now();
      const outcomes = await ask(endpoint, controlToken, load, scenarios, seed);
      const tookMs = Math.round(performance.now() - startedAt);
      const priced = outcomes.map((outcome, index) => pricedOutcome(outcome, scenarios[index]?.instanceType ?? ""));
      return { whatIfVersion: 1, load, scenarios: [...scenarios], outcomes: priced, tookMs };
    } finally {
      await sandbox.stop();
    }
  }
}

/** The report as a page and as text. */
export function whatIfTexts(report: WhatIfReport): { html: string; markdown: string } {
  return { html: whatIfHtml(report), markdown: whatIfMarkdown(report) };
}

async function ask(
  endpoint: string,
  token: string,
  { ratesPerSecond, timeScale }: WhatIfLoad,
  scenarios: readonly WhatIfScenario[],
  seed: number,
): Promise<WhatIfOutcome[]> {
  const answer = await fetch(`${endpoint}/_sandbox/what-if`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ ratesPerSecond, timeScale: Math.max(1, timeScale), seed, scenarios }),
  });
  const body = (await answer.json()) as { error?: string; outcomes?: WhatIfOutcome[] };
  if (answer.ok && body.outcomes) return body.outcomes;
  throw new OpsError("badInput", l10n.t("The simulation refuses this: {0}", body.error ?? answer.statusText), {
    hint: l10n.t("Correct the scenarios, or take a shorter or smaller load."),
  });
}
