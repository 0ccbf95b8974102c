import { OpsError } from "../domain/errors.ts";
import { connectionOptions, parseArguments } from "./arguments.ts";
import type { CliServices } from "./cliServices.ts";
import type { Output } from "./output.ts";

const options = { ...connectionOptions, endpoint: { type: "string" } } as const;

/** `explain-scaling`: why an endpoint did or did not scale, with the evidence and the way out. */
export async function runExplainScaling(args: string[], services: CliServices, output: Output): Promise<number> {
  const { values } = parseArguments(args, options);
  if (!values.endpoint)
    throw new OpsError("badInput", "explain-scaling takes an endpoint: explain-scaling --endpoint NAME");
  await services.connect(values);
  const explanations = await services.scalingExplainer.explain(values.endpoint);
  for (const { variantName, summary, findings } of explanations) {
    output.line(`Variant ${variantName}: ${summary}`);
    if (!findings.length) output.line("  Nothing keeps it from scaling.");
    for (const { cause, evidence, fix, cli } of findings)
      output.line(`  ${cause}. ${evidence}\n    → ${fix}${cli ? `\n      ${cli}` : ""}`);
  }
  output.document({ endpoint: values.endpoint, variants: explanations });
  return 0;
}
