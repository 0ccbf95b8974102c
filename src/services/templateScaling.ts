import { readFile } from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";
import { isMap, isScalar, type Pair, type Scalar, type YAMLMap } from "yaml";
import { OpsError } from "../domain/errors.ts";
import { type ScheduledCapacity, scheduledText } from "../domain/scheduledScaling.ts";
import { type StepSettings, stepsText } from "../domain/stepScaling.ts";
import type { ProposedChange } from "./projectEdits.ts";
import type { ProjectContext } from "./projects.ts";
import { parseTemplate } from "./templateEdit.ts";

const TARGET = "AWS::ApplicationAutoScaling::ScalableTarget";
/** Logical ids of what we add; whatever else stands in the template stays. */
const OUT = "StepScalingOut";
const IN = "StepScalingIn";
const OURS = [OUT, `${OUT}Alarm`, IN, `${IN}Alarm`];
/** As in the account: minutes of little load before an instance goes. */
const QUIET_MINUTES = 15;

/** The template's scalable target, and what a resource beside it has to know. */
interface Place {
  resources: YAMLMap;
  id: string;
  target: Pair<Scalar, YAMLMap>;
  endpoint: string;
  variant: string;
}

/**
 * The template with the steps as two policies and their alarms; those of an earlier edit are replaced, and go where
 * `settings` is undefined.
 * @throws OpsError badInput for a template without a scalable target, or in JSON
 */
export async function proposeStepsEdit(
  project: ProjectContext,
  settings: StepSettings | undefined,
): Promise<ProposedChange[]> {
  const { file, text } = await templateOf(project);
  const without = removePairs(text, OURS);
  const next = settings === undefined ? without : addSteps(without, file, settings);
  const label = settings === undefined ? "no steps" : `steps ${stepsText(settings.steps)}`;
  return next === text ? [] : [{ file, text: next, label }];
}

/** The template with these scheduled actions in place of those that its scalable target has. @throws OpsError likewise */
export async function proposeSchedulesEdit(
  project: ProjectContext,
  actions: readonly ScheduledCapacity[],
): Promise<ProposedChange[]> {
  const { file, text } = await templateOf(project);
  const { target } = placeOf(text, file);
  const properties = propertiesOf(target);
  const old = properties.items.find((pair) => keyOf(pair) === "ScheduledActions");
  const without = old ? cut(text, old as Pair<Scalar>) : text;
  let next = without;
  if (actions.length > 0) {
    const at = propertiesOf(placeOf(without, file).target);
    const [first] = at.items;
    const column = columnOf(without, first as Pair<Scalar>);
    const lines = ["ScheduledActions:", ...actions.flatMap((action) => actionLines(action).map((line) => `  ${line}`))];
    next = insertAt(without, endOfNode(without, at), lines, column);
  }
  const label = actions.map(scheduledText).join("; ") || "no scheduled actions";
  return next === text ? [] : [{ file, text: next, label }];
}

async function templateOf({ folder, project }: ProjectContext): Promise<{ file: string; text: string }> {
  const file = path.resolve(folder, project.template);
  const text = await readFile(file, "utf8");
  if (text.trimStart().startsWith("{"))
    throw new OpsError("badInput", l10n.t("Template {0} is JSON; rules are added to YAML only.", file), {
      hint: l10n.t("Make the change in the account, or convert the template."),
      place: { file },
    });
  return { file, text };
}

function placeOf(text: string, file: string): Place {
  const resources = parseTemplate(text).get("Resources");
  const target = isMap(resources)
    ? resources.items.find(({ value }) => isMap(value) && value.get("Type") === TARGET)
    : undefined;
  const id = isMap(target?.value) ? target.value.getIn(["Properties", "ResourceId"]) : undefined;
  const [, endpoint, variant] = /^endpoint\/(.+)\/variant\/(.+)$/.exec(String(id ?? "")) ?? [];
  if (!isMap(resources) || !target || endpoint === undefined || variant === undefined)
    throw new OpsError(
      "badInput",
      l10n.t("Template {0} has no {1} whose ResourceId reads endpoint/NAME/variant/NAME.", file, TARGET),
      { hint: l10n.t("Write it so, or make the change in the account."), place: { file } },
    );
  return { resources, id: keyOf(target), target: target as Pair<Scalar, YAMLMap>, endpoint, variant };
}

function addSteps(text: string, file: string, settings: StepSettings): string {
  const place = placeOf(text, file);
  const { steps, removeBelowPerMinute, minutes, cooldownSeconds } = settings;
  const threshold = steps[0]?.fromPerMinute ?? 0;
  const adjustments = steps.flatMap(({ fromPerMinute, add }, index) => {
    const next = steps[index + 1];
    return [
      `    - MetricIntervalLowerBound: ${fromPerMinute - threshold}`,
      ...(next ? [`      MetricIntervalUpperBound: ${next.fromPerMinute - threshold}`] : []),
      `      ScalingAdjustment: ${add}`,
    ];
  });
  const less = ["    - MetricIntervalUpperBound: 0", "      ScalingAdjustment: -1"];
  const lines = [
    ...policyLines(place, OUT, "steps-out", adjustments, cooldownSeconds),
    ...alarmLines(place, OUT, "More load per instance than it is to have.", ">=", threshold, minutes),
    ...(removeBelowPerMinute > 0
      ? [
          ...policyLines(place, IN, "steps-in", less, cooldownSeconds),
          ...alarmLines(place, IN, "Little load per instance.", "<", removeBelowPerMinute, QUIET_MINUTES),
        ]
      : []),
  ];
  const column = columnOf(text, place.target);
  return insertAt(text, endOfNode(text, place.target.value as YAMLMap), ["", ...lines], column);
}

function policyLines(
  { id }: Place,
  logicalId: string,
  name: string,
  adjustments: string[],
  cooldown: number,
): string[] {
  return [
    `${logicalId}:`,
    "  Type: AWS::ApplicationAutoScaling::ScalingPolicy",
    "  Properties:",
    `    PolicyName: ${name}`,
    "    PolicyType: StepScaling",
    `    ScalingTargetId: !Ref ${id}`,
    "    StepScalingPolicyConfiguration:",
    "      AdjustmentType: ChangeInCapacity",
    `      Cooldown: ${cooldown}`,
    "      StepAdjustments:",
    ...adjustments.map((line) => `    ${line}`),
    "",
  ];
}

function alarmLines(
  { endpoint, variant }: Place,
  policyId: string,
  description: string,
  comparison: ">=" | "<",
  threshold: number,
  minutes: number,
): string[] {
  const value = (name: string) => (name.includes("${") ? `!Sub ${name}` : name);
  return [
    `${policyId}Alarm:`,
    "  Type: AWS::CloudWatch::Alarm",
    "  Properties:",
    `    AlarmDescription: ${description}`,
    `    AlarmActions: [!Ref ${policyId}]`,
    "    Namespace: AWS/SageMaker",
    "    MetricName: InvocationsPerInstance",
    "    Dimensions:",
    "      - Name: EndpointName",
    `        Value: ${value(endpoint)}`,
    "      - Name: VariantName",
    `        Value: ${value(variant)}`,
    "    Statistic: Sum",
    "    Period: 60",
    `    EvaluationPeriods: ${minutes}`,
    `    Threshold: ${threshold}`,
    `    ComparisonOperator: ${comparison === "<" ? "LessThanThreshold" : "GreaterThanOrEqualToThreshold"}`,
    `    TreatMissingData: ${comparison === "<" ? "breaching" : "notBreaching"}`,
    "",
  ];
}

function actionLines({ name, schedule, timezone, minInstances, maxInstances }: ScheduledCapacity): string[] {
  return [
    `- ScheduledActionName: ${JSON.stringify(name)}`,
    `  Schedule: ${JSON.stringify(schedule)}`,
    ...(timezone === undefined ? [] : [`  Timezone: ${timezone}`]),
    "  ScalableTargetAction:",
    `    MinCapacity: ${minInstances}`,
    `    MaxCapacity: ${maxInstances}`,
  ];
}

function propertiesOf({ value }: Pair<Scalar, YAMLMap>): YAMLMap {
  const properties: unknown = value?.get("Properties", true);
  if (isMap(properties)) return properties;
  throw new OpsError("badInput", l10n.t("The template's {0} has no properties.", TARGET), {
    hint: l10n.t("Correct the template."),
  });
}

const keyOf = ({ key }: Pair): string => (isScalar(key) ? String(key.value) : "");

/** Takes resources out, from their names to the next one. */
function removePairs(text: string, ids: readonly string[]): string {
  let left = text;
  for (const id of ids) {
    const resources = parseTemplate(left).get("Resources");
    const pair = isMap(resources) ? resources.items.find((item) => keyOf(item) === id) : undefined;
    if (pair) left = cut(left, pair as Pair<Scalar>);
  }
  return left;
}

/** The text without a pair and the empty lines before it. */
function cut(text: string, pair: Pair<Scalar>): string {
  const begin = lineStart(text, rangeOf(pair.key)[0]);
  const end = endOfNode(text, pair.value as YAMLMap);
  return text.slice(0, begin).replace(/\n[ \t]*\n$/, "\n") + text.slice(end);
}

/** Where the line after a node begins, without the comments and empty lines that lead over to the next one. */
function endOfNode(text: string, node: YAMLMap): number {
  const [, end] = rangeOf(node);
  const newline = text.indexOf("\n", end);
  const whole = text[end - 1] === "\n" ? end : newline < 0 ? text.length : newline + 1;
  return whole;
}

function insertAt(text: string, at: number, lines: string[], column: number): string {
  const before = at > 0 && text[at - 1] !== "\n" ? "\n" : "";
  const body = lines.map((line) => (line === "" ? "" : " ".repeat(column) + line));
  while (body.at(-1) === "") body.pop();
  return `${text.slice(0, at)}${before}${body.join("\n")}\n${text.slice(at)}`;
}

const lineStart = (text: string, at: number) => text.lastIndexOf("\n", at - 1) + 1;
const columnOf = (text: string, { key }: Pair<Scalar>) => rangeOf(key)[0] - lineStart(text, rangeOf(key)[0]);

function rangeOf(node: { range?: readonly number[] | null }): [number, number] {
  const [begin, end] = node.range ?? [];
  if (begin === undefined || end === undefined)
    throw new OpsError("failed", l10n.t("The template's layout could not be read."));
  return [begin, end];
}
