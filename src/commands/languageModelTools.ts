import {
  type CancellationToken,
  Disposable,
  LanguageModelTextPart,
  LanguageModelToolResult,
  l10n,
  lm,
  type PreparedToolInvocation,
} from "vscode";
import { type ToolName, toolNames } from "../contributions.ts";
import { describeOpsError, OpsError, toOpsError } from "../domain/errors.ts";
import type { Tool, ToolPreview, ToolServices } from "../services/tools/tool.ts";
import { assertTrusted } from "./trust.ts";

/** Gives the tools to VS Code's language models; nothing of them is loaded before one is called. */
export function registerLanguageModelTools(services: () => Promise<ToolServices>): Disposable {
  return Disposable.from(...toolNames.map((name) => lm.registerTool(name, languageModelTool(name, services))));
}

/** The tools' titles in the editor's language; models and other agents get those of the table. */
const TITLES: Record<ToolName, string> = {
  sagemaker_list_endpoints: l10n.t("List SageMaker endpoints"),
  sagemaker_describe_endpoint: l10n.t("Describe a SageMaker endpoint"),
  sagemaker_get_metrics: l10n.t("Get metrics of a SageMaker endpoint"),
  sagemaker_explain_scaling: l10n.t("Explain scaling of a SageMaker endpoint"),
  sagemaker_invoke_endpoint: l10n.t("Invoke a SageMaker endpoint"),
  sagemaker_run_load_test: l10n.t("Run a load test"),
  sagemaker_preview_deployment: l10n.t("Preview the deployment of the project"),
};

function languageModelTool(id: ToolName, services: () => Promise<ToolServices>) {
  const table = async (): Promise<Tool> => {
    const { toolNamed } = await import("../services/tools/table.ts");
    const tool = toolNamed(id.slice(id.indexOf("_") + 1));
    if (!tool) throw new OpsError("badInput", `There is no tool ${id}.`);
    return tool;
  };
  return {
    async prepareInvocation({ input }: { input: unknown }): Promise<PreparedToolInvocation> {
      const tool = await table();
      const invocationMessage = TITLES[id];
      if (!tool.preview) return { invocationMessage };
      assertTrusted(TITLES[id]);
      const preview = await tool.preview(await services(), input);
      const confirmationMessages = { title: preview.title, message: questionText(preview) };
      return { invocationMessage, confirmationMessages };
    },
    async invoke({ input }: { input: unknown }, token: CancellationToken): Promise<LanguageModelToolResult> {
      const tool = await table();
      if (tool.effect !== "reads") assertTrusted(TITLES[id]);
      const { resultText } = await import("../services/tools/table.ts");
      const stop = new AbortController();
      const stopping = token.onCancellationRequested(() => stop.abort());
      try {
        const result = await tool.run(await services(), input, { signal: stop.signal });
        return new LanguageModelToolResult([new LanguageModelTextPart(resultText(result))]);
      } catch (error) {
        // The model reads the message: with the way out in it.
        throw new Error(describeOpsError(toOpsError(error)), { cause: error });
      } finally {
        stopping.dispose();
      }
    },
  };
}

/** Plain text, a paragraph a fact: the chat shows it as it is, and so does the dialog outside of the chat. */
function questionText({ facts, warnings }: ToolPreview): string {
  const lines = [
    ...facts.map(({ label, value }) => `${label}: ${value}`),
    ...warnings.map((warning) => l10n.t("Warning: {0}", warning)),
  ];
  return lines.join("\n\n");
}
