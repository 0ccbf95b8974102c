import type { Output } from "@aws-sdk/client-cloudformation";
import { evaluateText, type Scope } from "../template/intrinsics.ts";
import type { StackModel } from "./stack.ts";

/** Outputs of a model, and the names of exports of other stacks that it uses anywhere. */
export function outputsOf(model: StackModel, scope: Scope): { outputs: Output[]; imports: Set<string> } {
  const imports = new Set<string>();
  const noting: Scope = {
    ...scope,
    importValue(name) {
      imports.add(name);
      return scope.importValue(name);
    },
  };
  const outputs = Object.entries(model.template.outputs)
    .filter(([, { condition }]) => condition === undefined || scope.condition(condition))
    .map(
      ([OutputKey, { value, description, exportName }]): Output => ({
        OutputKey,
        OutputValue: evaluateText(value, noting, `the value of output ${OutputKey}`),
        Description: description,
        ExportName:
          exportName === undefined
            ? undefined
            : evaluateText(exportName, noting, `the export name of output ${OutputKey}`),
      }),
    );
  return { outputs, imports };
}
