import { isMap, isScalar, type Node, parseDocument, type Scalar, type YAMLMap } from "yaml";
import { OpsError } from "../domain/errors.ts";
import { INVOCATIONS_METRIC } from "../domain/scalingExplanation.ts";

/**
 * What a new target means for a project's files: a new text of the template, or of the project file where the template
 * takes the target by a parameter.
 */
export type TargetEdit =
  | { file: "template"; before: string; text: string }
  | { file: "project"; parameter: string; before: string; text: string };

const POLICY_TYPE = "AWS::ApplicationAutoScaling::ScalingPolicy";
const CONFIGURATION = "TargetTrackingScalingPolicyConfiguration";

/**
 * Writes a target value into a template (YAML or JSON), or into the project file's parameters. Only the characters of
 * the value change: comments, short forms and layout stay as they are.
 * @param policyName of several policies the one with this PolicyName
 * @throws OpsError badInput when the template has no such policy, or takes its target from something else
 */
export function editTarget(
  template: string,
  project: string,
  targetPerMinute: number,
  policyName?: string,
): TargetEdit {
  const value = targetNode(template, policyName);
  const parameter = referenced(value);
  if (parameter !== undefined) return setParameter(project, parameter, targetPerMinute);
  if (!isScalar(value) || typeof value.value !== "number" || value.tag?.startsWith("!"))
    throw new OpsError("badInput", "The template computes its target value by a function, which cannot be edited.", {
      hint: `Set it to ${targetPerMinute}, or to a parameter.`,
    });
  return { file: "template", before: String(value.value), text: splice(template, value, String(targetPerMinute)) };
}

/** CloudFormation's tags need no meaning here: an unknown one stays with its node. */
const parse = (text: string) => parseDocument(text, { logLevel: "silent", strict: false });

function targetNode(template: string, policyName: string | undefined): Node {
  const resources = parse(template).get("Resources");
  const policies = (isMap(resources) ? resources.items : []).flatMap(({ value }) => {
    if (!isMap(value) || value.get("Type") !== POLICY_TYPE) return [];
    const metric = value.getIn(["Properties", CONFIGURATION, "PredefinedMetricSpecification", "PredefinedMetricType"]);
    const name = value.getIn(["Properties", "PolicyName"]);
    const isNamed = policyName === undefined || typeof name !== "string" || name === policyName;
    return metric === INVOCATIONS_METRIC && isNamed ? [value] : [];
  });
  const [policy] = policies;
  if (!policy)
    throw new OpsError("badInput", `The template has no policy on ${INVOCATIONS_METRIC}.`, {
      hint: `Add an ${POLICY_TYPE} to it, or change the policy itself.`,
    });
  const value = policy.getIn(["Properties", CONFIGURATION, "TargetValue"], true);
  if (!value) throw new OpsError("badInput", "The template's policy has no TargetValue.", { hint: "Add one." });
  return value as Node;
}

/** The parameter of `!Ref Name` or `{Ref: Name}`; pseudo parameters are no numbers. */
function referenced(node: Node): string | undefined {
  if (isScalar(node) && node.tag === "!Ref" && typeof node.value === "string") return node.value;
  const ref = isMap(node) ? node.get("Ref") : undefined;
  return typeof ref === "string" ? ref : undefined;
}

function setParameter(project: string, parameter: string, value: number): TargetEdit {
  const document = parse(project);
  const parameters = document.get("parameters", true);
  if (isMap(parameters)) {
    const known = parameters.get(parameter, true) as Scalar | undefined;
    if (known)
      return { file: "project", parameter, before: String(known.value), text: splice(project, known, String(value)) };
    return {
      file: "project",
      parameter,
      before: "the template's default",
      text: insert(project, parameters, parameter, value),
    };
  }
  const root = document.contents;
  if (!isMap(root)) throw new OpsError("badInput", "The project file is not a JSON object.", { hint: "Correct it." });
  const text = insertText(project, root, `"parameters": { "${parameter}": ${value} }`);
  return { file: "project", parameter, before: "the template's default", text };
}

const insert = (text: string, map: YAMLMap, name: string, value: number) =>
  insertText(text, map, `"${name}": ${value}`);

/** Adds a member at the end of a JSON object, laid out as the members that are there. */
function insertText(text: string, map: YAMLMap, member: string): string {
  const [begin, end] = rangeOf(map);
  const last = map.items.at(-1)?.value as Node | undefined;
  if (!last) return `${text.slice(0, begin)}{ ${member} }${text.slice(end)}`;
  const [firstAt] = rangeOf(map.items[0]?.key as Node);
  const gap = /\n[ \t]*$/.exec(text.slice(begin + 1, firstAt))?.[0] ?? " ";
  const [, lastEnd] = rangeOf(last);
  return `${text.slice(0, lastEnd)},${gap}${member}${text.slice(lastEnd)}`;
}

function splice(text: string, node: Node, value: string): string {
  const [begin, end] = rangeOf(node);
  return text.slice(0, begin) + value + text.slice(end);
}

function rangeOf(node: Node): [number, number] {
  if (!node.range) throw new OpsError("failed", "The file's layout could not be read.");
  return [node.range[0], node.range[1]];
}
