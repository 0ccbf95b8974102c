import { readFile } from "node:fs/promises";
import path from "node:path";
import { l10n, type Uri } from "vscode";
import { type BatchComparison, type BatchSide, compareBatches, sideName } from "../domain/batchComparison.ts";
import { describeConnection } from "../domain/connection.ts";
import { type Endpoint, takesTraffic } from "../domain/endpoint.ts";
import { OpsError } from "../domain/errors.ts";
import { showBatchComparison } from "../panels/batchComparePanel.ts";
import { predictOnBoth } from "../services/batchPredictor.ts";
import type { Endpoints } from "../services/endpoints.ts";
import { formatNumber } from "../ui/format.ts";
import { withCancellableProgress } from "../ui/progress.ts";
import { type Choice, confirmWithFacts, pickOne } from "../ui/prompts.ts";
import { featuresFor, pickCsv, readBatch } from "./batchPrediction.ts";
import { requireConnection } from "./connection.ts";
import { escapeMarkdown } from "./explanationText.ts";
import type { PredictionServices } from "./prediction.ts";
import { assertTrusted } from "./trust.ts";

/** What comparing works with. */
export interface BatchComparisonServices extends PredictionServices {
  extensionUri: Uri;
  endpoints: Endpoints;
}

/** Asks for another endpoint or variant and a CSV file, sends its rows to both, and shows how they differ. */
export async function compareOnRows(services: BatchComparisonServices, endpointName: string): Promise<void> {
  const { connections, predictor, project, extensionUri } = services;
  const connection = requireConnection(connections);
  assertTrusted(l10n.t("Sending a file"));
  const sides = await pickSides(services, endpointName);
  const file = sides && (await pickCsv(services));
  if (!sides || file === undefined) return;
  const csv = await readFile(file, "utf8");
  const isProjects = sides.some((side) => side.endpointName === project.endpointName);
  const features = featuresFor(csv, project.project?.features, isProjects);
  const rows = readBatch(csv, file, features);
  const labelled = rows.filter(({ label }) => label !== undefined).length;
  const fileName = path.basename(file);
  const where = describeConnection(connection);
  const [a, b] = [sideName(sides[0]), sideName(sides[1])];
  const confirmed = await confirmWithFacts({
    title: l10n.t("Compare {0} with {1} on {2} in {3}", a, b, fileName, where),
    placeholder: l10n.t("Pick the first row to send them; Escape sends nothing"),
    confirm: {
      label: `$(play) ${l10n.t("Send {0} rows to both", formatNumber(rows.length))}`,
      description: where,
    },
    sections: [
      {
        name: l10n.t("what will happen"),
        rows: [
          { label: `$(account) ${l10n.t("Account")}`, description: connection.accountId },
          { label: `$(globe) ${l10n.t("Region")}`, description: connection.region },
          { label: `$(radio-tower) ${l10n.t("Targets")}`, description: `${a}, ${b}` },
          {
            label: `$(file) ${l10n.t("Rows")}`,
            description: l10n.t("{0}, {1} with a label", formatNumber(rows.length), formatNumber(labelled)),
          },
          {
            label: `$(pulse) ${l10n.t("Requests")}`,
            description: l10n.t("{0}, 8 at once, in turns", formatNumber(2 * rows.length)),
          },
          {
            label: `$(info) ${l10n.t("Cost")}`,
            description: l10n.t("none beyond the instances that run; a serverless variant is charged for each request"),
          },
        ],
      },
    ],
  });
  if (!confirmed) return;
  const title = l10n.t("Comparing {0} with {1}", a, b);
  const [ofA, ofB] = await withCancellableProgress(title, (say, signal) =>
    predictOnBoth(predictor, rows, {
      sides,
      classes: features?.classes ?? [],
      signal,
      onProgress: (done) => say(l10n.t("{0} of {1} rows", formatNumber(done), formatNumber(rows.length))),
    }),
  );
  const comparison = compareBatches(ofA, ofB);
  showBatchComparison(extensionUri, {
    fileName,
    place: where,
    simulated: connection.kind === "sandbox",
    names: { a, b },
    features: features?.features.map(({ name }) => name) ?? [],
    wanted: rows.length,
    outcomes: { a: ofA, b: ofB },
    comparison,
    markdown: comparisonMarkdown(fileName, where, { a, b }, comparison),
    folder: path.dirname(file),
  });
}

async function pickSides(
  { endpoints }: BatchComparisonServices,
  endpointName: string,
): Promise<[BatchSide, BatchSide] | undefined> {
  const { endpoint } = await endpoints.detail(endpointName);
  const parts = await partsOf(endpoints, endpoint);
  const first = await pickPart(parts, l10n.t("Side A: variant of {0}", endpointName));
  if (!first) return undefined;
  if (endpoints.snapshot().state !== "loaded") await endpoints.refresh();
  const named = endpoints
    .snapshot()
    .endpoints.filter(({ name, status }) => name !== endpointName && takesTraffic(status));
  const choices: Choice<BatchSide>[] = [
    ...parts.filter(({ value }) => value !== first),
    ...named.map(({ name, status }) => ({ label: name, description: status, value: { endpointName: name } })),
  ];
  if (choices.length === 0)
    throw new OpsError("notFound", l10n.t("There is nothing to compare {0} with.", endpointName), {
      hint: l10n.t("Give the endpoint a second variant, or deploy another endpoint."),
    });
  const picked = await pickOne(l10n.t("Side B: what to compare {0} with", sideName(first)), choices);
  if (!picked || picked.endpointName === endpointName) return picked && [first, picked];
  const { endpoint: other } = await endpoints.detail(picked.endpointName);
  const second = await pickPart(await partsOf(endpoints, other), l10n.t("Side B: variant of {0}", other.name));
  return second && [first, second];
}

/** What of an endpoint can be asked by itself: its inference components where it hosts such, else its variants. */
async function partsOf(endpoints: Endpoints, { name, variants }: Endpoint): Promise<Choice<BatchSide>[]> {
  const components = await endpoints.inferenceComponents(name);
  if (components.length > 0)
    return components.map((component) => ({
      label: component,
      description: l10n.t("inference component of {0}", name),
      value: { endpointName: name, inferenceComponent: component },
    }));
  if (variants.length < 2) return [{ label: name, value: { endpointName: name } }];
  return variants.map((variant) => ({
    label: variant.name,
    description: [l10n.t("variant of {0}", name), variant.instanceType, variant.modelName].filter(Boolean).join(" · "),
    value: { endpointName: name, targetVariant: variant.name },
  }));
}

/** There is nothing to choose from one. */
async function pickPart(parts: Choice<BatchSide>[], title: string): Promise<BatchSide | undefined> {
  const [only, ...others] = parts;
  return others.length === 0 ? only?.value : pickOne(title, parts);
}

const percent = (share: number | undefined) => (share === undefined ? "–" : `${formatNumber(share * 100, 1)} %`);
const ms = (value: number | undefined) => (value === undefined ? "–" : `${formatNumber(value, value < 10 ? 1 : 0)} ms`);

/** The comparison in a table, for a pull request or an issue. */
export function comparisonMarkdown(
  fileName: string,
  place: string,
  names: { a: string; b: string },
  { a, b, answeredByBoth, disagreements, correctness }: BatchComparison,
): string {
  const row = (cells: string[]) => `| ${cells.map(escapeMarkdown).join(" | ")} |`;
  const lines = [
    `# ${escapeMarkdown(l10n.t("{0} and {1} on {2}", names.a, names.b, fileName))}`,
    "",
    escapeMarkdown(place),
    "",
    row(["", names.a, names.b]),
    "|---|--:|--:|",
    row([l10n.t("Accuracy"), percent(a.confusion?.accuracy), percent(b.confusion?.accuracy)]),
    row([l10n.t("Rows"), formatNumber(a.rows), formatNumber(b.rows)]),
    row([l10n.t("Failed"), formatNumber(a.failed), formatNumber(b.failed)]),
    row([l10n.t("Latency p50"), ms(a.latency?.p50), ms(b.latency?.p50)]),
    row([l10n.t("Latency p95"), ms(a.latency?.p95), ms(b.latency?.p95)]),
    row([l10n.t("Latency p99"), ms(a.latency?.p99), ms(b.latency?.p99)]),
    "",
    l10n.t(
      "{0} disagreements; {1} rows answered by both.",
      formatNumber(disagreements.length),
      formatNumber(answeredByBoth),
    ),
  ];
  if (correctness)
    lines.push(
      "",
      l10n.t(
        "Only {0} is right on {1} rows, only {2} on {3}; McNemar's exact test: p = {4}.",
        escapeMarkdown(names.a),
        correctness.onlyA,
        escapeMarkdown(names.b),
        correctness.onlyB,
        correctness.pValue.toPrecision(2),
      ),
    );
  return `${lines.join("\n")}\n`;
}
