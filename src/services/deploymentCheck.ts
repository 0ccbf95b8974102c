import * as l10n from "@vscode/l10n";
import { OpsError } from "../domain/errors.ts";
import type { Stack } from "../domain/stack.ts";
import type { OnDeployEvent } from "./deployEvents.ts";
import type { Predictor } from "./predictor.ts";
import type { ProjectContext } from "./projects.ts";
import { pause } from "./stackEvents.ts";
import { PAGE_CONFIGURATION } from "./webPublisher.ts";

/** Where what was deployed is served, as seen from here. */
export interface ServedAt {
  apiUrl: string | undefined;
  webUrl: string | undefined;
  staticPageUrl: string | undefined;
}

interface CheckOptions {
  /** Milliseconds between attempts. */
  pollMs: number;
  on: OnDeployEvent;
  signal: AbortSignal | undefined;
}

/** A new host of API Gateway or Amplify is known everywhere only after some seconds. */
const MOST_ATTEMPTS = 20;
const TIMEOUT_MS = 10_000;

/**
 * Asks for what was deployed as its users will: the pages and their configuration are fetched, the API predicts the
 * project's first example.
 * @param configuration what the published page reads; undefined when none was published
 * @throws OpsError deploymentFailed that names the address and its answer; the stack is complete by then
 */
export async function checkDeployment(
  { project, features, examples }: ProjectContext,
  stack: Stack,
  { apiUrl, webUrl, staticPageUrl }: ServedAt,
  configuration: string | undefined,
  predictor: Predictor,
  options: CheckOptions,
): Promise<void> {
  const { on } = options;
  if (configuration !== undefined && webUrl && stack.outputs.AmplifyAppId) {
    const fault = await settled(options, () => pageFault(webUrl, configuration));
    if (fault) throw notServed(stack, l10n.t("its web page {0} {1}", webUrl, fault));
    on({ kind: "step", text: l10n.t("The web page is served at {0}", webUrl) });
  }
  if (configuration !== undefined && staticPageUrl) {
    const readers = String(project.parameters.StaticPageReaders ?? "");
    // Whoever may not read it is not let in later either.
    const attempts = readers === EVERYBODY ? MOST_ATTEMPTS : 1;
    const fault = await settled(options, () => pageFault(staticPageUrl, configuration), attempts);
    if (fault && readers === EVERYBODY) throw notServed(stack, l10n.t("its web page {0} {1}", staticPageUrl, fault));
    on({
      kind: "step",
      text: fault
        ? l10n.t(
            "The web page {0} {1} from here; its readers are {2}",
            staticPageUrl,
            fault,
            readers || l10n.t("set in the template"),
          )
        : l10n.t("The web page is served at {0}", staticPageUrl),
    });
  }
  const [example] = examples;
  if (!apiUrl || !features || !example) return;
  const row = Object.fromEntries(
    features.features.map(({ name }, index) => [
      name,
      Number.isFinite(example.values[index]) ? example.values[index] : null,
    ]),
  ) as Record<string, number | null>;
  let answered = "";
  const fault = await settled(options, async () => {
    const answer = await predictor.predictThroughApi(apiUrl, row, stack.outputs.ApiKeyId);
    answered = `${answer.body.slice(0, 120)} (${Math.round(answer.latencyMs)} ms)`;
    return answer.error && l10n.t("answers {0}: {1}", answer.error.code, answer.error.message);
  });
  if (fault) throw notServed(stack, l10n.t("its API {0} {1}", apiUrl, fault));
  on({ kind: "step", text: l10n.t("The API answers for {0}: {1}", example.label, answered) });
}

/** The value of StaticPageReaders that leaves nobody out. */
const EVERYBODY = "0.0.0.0/0";

const notServed = ({ name, status }: Stack, what: string) =>
  new OpsError("deploymentFailed", l10n.t("Stack {0} is {1}, but {2}.", name, status, what), {
    hint: l10n.t("Look at the logs of the function and of the endpoint, then deploy again: nothing was rolled back."),
  });

/** What is wrong with a page where it is served, or nothing. */
async function pageFault(url: string, configuration: string): Promise<string | undefined> {
  const page = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const text = await page.text();
  if (!page.ok) return l10n.t("answers HTTP {0}", page.status);
  if (!/<html/i.test(text)) return l10n.t("answers with something that is no page");
  const read = await fetch(new URL(PAGE_CONFIGURATION, url), { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if ((await read.text()) !== configuration)
    return l10n.t("is not the one that was just published ({0})", PAGE_CONFIGURATION);
  return undefined;
}

/** Asks again until nothing is wrong any more; gives what was wrong at last. A cancelled check finds nothing. */
async function settled(
  { pollMs, signal }: CheckOptions,
  faultOf: () => Promise<string | undefined>,
  attempts = MOST_ATTEMPTS,
): Promise<string | undefined> {
  let fault: string | undefined;
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (signal?.aborted) return undefined;
    fault = await faultOf().catch((e: unknown) => l10n.t("cannot be reached: {0}", (e as Error).message));
    if (fault === undefined) return undefined;
    await pause(pollMs, signal);
  }
  return fault;
}
