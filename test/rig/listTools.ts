import { toolNames } from "../../src/contributions.ts";
import { inputSchema, toolNamed } from "../../src/services/tools/table.ts";

const ICONS: Record<string, string> = {
  list_endpoints: "$(list-unordered)",
  describe_endpoint: "$(radio-tower)",
  get_metrics: "$(graph-line)",
  explain_scaling: "$(question)",
  invoke_endpoint: "$(play)",
  run_load_test: "$(dashboard)",
  preview_deployment: "$(diff)",
};

/** `languageModelTools` of package.json, from the table of the tools. */
export function contributedTools(): Record<string, unknown>[] {
  return toolNames.map((id) => {
    const name = id.slice(id.indexOf("_") + 1);
    const tool = toolNamed(name);
    if (!tool) throw new Error(`There is no tool ${name} in the table.`);
    return {
      name: id,
      toolReferenceName: `sagemaker-${name.replaceAll("_", "-")}`,
      displayName: `%tool.${name}.name%`,
      userDescription: `%tool.${name}.description%`,
      modelDescription: tool.description,
      canBeReferencedInPrompt: true,
      icon: ICONS[name],
      tags: ["aws", "sagemaker", tool.effect],
      inputSchema: inputSchema(tool.input),
    };
  });
}

if (process.argv[1] === import.meta.filename) console.log(JSON.stringify(contributedTools(), undefined, 2));
