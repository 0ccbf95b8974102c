import * as l10n from "@vscode/l10n";
import { isMap, type Node } from "yaml";
import { OpsError } from "../domain/errors.ts";
import { INVOCATIONS_METRIC } from "../domain/scalingExplanation.ts";
import { editNode, parseTemplate, type TemplateEdit } from "./templateEdit.ts";

const POLICY_TYPE = "AWS::ApplicationAutoScaling::ScalingPolicy";
const CONFIGURATION = "TargetTrackingScalingPolicyConfiguration";

/**
 * Writes a target value into a template (YAML or JSON), or into the project file's parameters. Only the characters of
 * the value change: comments, short forms and layout stay as they are.
 * @param policyName of several policies the one with this PolicyName
 * @param environment the project's environment whose parameters are meant
 * @throws OpsError badInput when the template has no such policy, or takes its target from something else
 */
export function editTarget(
  template: string,
  project: string,
  targetPerMinute: number,
  policyName?: string,
  environment?: string,
): TemplateEdit {
  const node = targetNode(template, policyName);
  return editNode(template, project, node, targetPerMinute, l10n.t("its target value"), environment);
}

function targetNode(template: string, policyName: string | undefined): Node {
  const resources = parseTemplate(template).get("Resources");
  const policies = (isMap(resources) ? resources.items : []).flatMap(({ value }) => {
    if (!isMap(value) || value.get("Type") !== POLICY_TYPE) return [];
    const metric = value.getIn(["Properties", CONFIGURATION, "PredefinedMetricSpecification", "PredefinedMetricType"]);
    const name = value.getIn(["Properties", "PolicyName"]);
    const isNamed = policyName === undefined || typeof name !== "string" || name === policyName;
    return metric === INVOCATIONS_METRIC && isNamed ? [value] : [];
  });
  const [policy] = policies;
  if (!policy)
    throw new OpsError("badInput", l10n.t("The template has no policy on {0}.", INVOCATIONS_METRIC), {
      hint: l10n.t("Add an {0} to it, or change the policy itself.", POLICY_TYPE),
    });
  const value = policy.getIn(["Properties", CONFIGURATION, "TargetValue"], true);
  if (!value)
    throw new OpsError("badInput", l10n.t("The template's policy has no TargetValue."), { hint: l10n.t("Add one.") });
  return value as Node;
}
