import * as l10n from "@vscode/l10n";
import { isMap, isScalar, type Node, parseDocument, type Scalar, type YAMLMap } from "yaml";
import { OpsError } from "../domain/errors.ts";

/**
 * What a new value means for a project's files: a new text of the template, or of the project file where the template
 * takes the value by a parameter.
 */
export type TemplateEdit =
  | { file: "template"; before: string; text: string }
  | { file: "project"; parameter: string; before: string; text: string };

/** A property of the first resource of a type. */
export interface TemplateProperty {
  resourceType: string;
  /** Below the resource's properties: `["ProductionVariants", 0, "InstanceType"]`. */
  path: (string | number)[];
}

/**
 * Writes a value into a template (YAML or JSON), or into the project file's parameters. Only the characters of the
 * value change: comments, short forms and layout stay as they are.
 * @param environment the project's environment whose parameters are meant; none means those of all
 * @throws OpsError badInput when the template has no such property, or computes it
 */
export function editProperty(
  template: string,
  project: string,
  { resourceType, path }: TemplateProperty,
  value: string | number,
  environment?: string,
): TemplateEdit {
  const resources = parseTemplate(template).get("Resources");
  const found = (isMap(resources) ? resources.items : []).find(
    ({ value: resource }) => isMap(resource) && resource.get("Type") === resourceType,
  );
  const node = isMap(found?.value) ? (found.value.getIn(["Properties", ...path], true) as Node | undefined) : undefined;
  if (!node)
    throw new OpsError("badInput", l10n.t("The template has no {0} with {1}.", resourceType, path.join("/")), {
      hint: l10n.t("Add it to the template, or make the change in the account."),
    });
  return editNode(template, project, node, value, `${resourceType} ${path.join("/")}`, environment);
}

/** The same for a node that was found. @param what names the property in errors */
export function editNode(
  template: string,
  project: string,
  node: Node,
  value: string | number,
  what: string,
  environment?: string,
): TemplateEdit {
  const parameter = referenced(node);
  if (parameter !== undefined) return setParameter(project, parameter, value, environment);
  if (!isScalar(node) || node.tag?.startsWith("!"))
    throw new OpsError("badInput", l10n.t("The template computes {0} by a function, which cannot be edited.", what), {
      hint: l10n.t("Set it to {0}, or to a parameter.", value),
    });
  const text =
    typeof node.value === "string" && /^["']/.test(template.slice(...rangeOf(node)))
      ? JSON.stringify(String(value))
      : String(value);
  return { file: "template", before: String(node.value), text: splice(template, node, text) };
}

/** CloudFormation's tags need no meaning here: an unknown one stays with its node. */
export const parseTemplate = (text: string) => parseDocument(text, { logLevel: "silent", strict: false });

/** The parameter of `!Ref Name` or `{Ref: Name}`; pseudo parameters are no numbers. */
function referenced(node: Node): string | undefined {
  if (isScalar(node) && node.tag === "!Ref" && typeof node.value === "string") return node.value;
  const ref = isMap(node) ? node.get("Ref") : undefined;
  return typeof ref === "string" ? ref : undefined;
}

function setParameter(
  project: string,
  parameter: string,
  value: string | number,
  environment: string | undefined,
): TemplateEdit {
  const document = parseTemplate(project);
  const holder = environment === undefined ? document.contents : document.getIn(["environments", environment], true);
  if (!isMap(holder))
    throw new OpsError("badInput", l10n.t("The project file is not a JSON object."), { hint: l10n.t("Correct it.") });
  const parameters = holder.get("parameters", true);
  const known = isMap(parameters) ? (parameters.get(parameter, true) as Scalar | undefined) : undefined;
  if (known)
    return {
      file: "project",
      parameter,
      before: String(known.value),
      text: splice(project, known, JSON.stringify(value)),
    };
  const ofAll = environment === undefined ? undefined : document.getIn(["parameters", parameter]);
  const before = ofAll === undefined ? l10n.t("the template's default") : String(ofAll);
  const text = isMap(parameters)
    ? insert(project, parameters, parameter, value)
    : insertText(project, holder, `"parameters": { "${parameter}": ${JSON.stringify(value)} }`);
  return { file: "project", parameter, before, text };
}

const insert = (text: string, map: YAMLMap, name: string, value: string | number) =>
  insertText(text, map, `"${name}": ${JSON.stringify(value)}`);

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
  if (!node.range) throw new OpsError("failed", l10n.t("The file's layout could not be read."));
  return [node.range[0], node.range[1]];
}
