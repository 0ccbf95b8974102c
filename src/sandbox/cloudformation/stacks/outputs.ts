import type { Output } from "@aws-sdk/client-cloudformation";
import { evaluateText, type Scope } from "../template/intrinsics.ts";
import type { StackModel } from "./stack.ts";

/** Outputs of a model, without those whose condition does not hold. */
export function outputsOf(model: StackModel, scope: Scope): Output[] {
  return Object.entries(model.template.outputs)
    .filter(([, { condition }]) => condition === undefined || scope.condition(condition))
    .map(([OutputKey, { value, description, exportName }]) => ({
      OutputKey,
      OutputValue: evaluateText(value, scope, `the value of output ${OutputKey}`),
      Description: description,
      ExportName:
        exportName === undefined
          ? undefined
          : evaluateText(exportName, scope, `the export name of output ${OutputKey}`),
    }));
}
