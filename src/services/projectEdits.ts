import { readFile } from "node:fs/promises";
import path from "node:path";
import type { ScalingSettings, VariantChange } from "../domain/endpointChange.ts";
import type { ProjectContext } from "./projects.ts";
import { editProperty, type TemplateProperty } from "./templateEdit.ts";

/** A new text of one of the project's files, not yet written. */
export interface ProposedChange {
  file: string;
  text: string;
  /** What changes, for a preview. */
  label: string;
}

type Wanted = { property: TemplateProperty; value: string | number };

const TARGET = "AWS::ApplicationAutoScaling::ScalableTarget";
const POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy";
const CONFIG = "AWS::SageMaker::EndpointConfig";
const TRACKING = "TargetTrackingScalingPolicyConfiguration";

const SCALING_PROPERTIES: Record<keyof ScalingSettings, TemplateProperty> = {
  minInstances: { resourceType: TARGET, path: ["MinCapacity"] },
  maxInstances: { resourceType: TARGET, path: ["MaxCapacity"] },
  targetPerMinute: { resourceType: POLICY, path: [TRACKING, "TargetValue"] },
  scaleOutCooldownSeconds: { resourceType: POLICY, path: [TRACKING, "ScaleOutCooldown"] },
  scaleInCooldownSeconds: { resourceType: POLICY, path: [TRACKING, "ScaleInCooldown"] },
};

/** What new scaling settings change in the project's files. @throws OpsError badInput for what the template computes */
export function proposeScalingEdit(
  project: ProjectContext,
  before: ScalingSettings,
  after: ScalingSettings,
): Promise<ProposedChange[]> {
  const keys = Object.keys(SCALING_PROPERTIES) as (keyof ScalingSettings)[];
  const changed = keys.filter((key) => before[key] !== after[key]);
  return propose(
    project,
    changed.map((key) => ({ property: SCALING_PROPERTIES[key], value: after[key] })),
  );
}

/** What a change of the first variant changes in the project's files. @throws OpsError badInput likewise */
export function proposeUpdateEdit(project: ProjectContext, change: VariantChange): Promise<ProposedChange[]> {
  const variant = ["ProductionVariants", 0];
  const wanted: Wanted[] = [];
  const add = (name: string, value: string | number | undefined) => {
    if (value !== undefined) wanted.push({ property: { resourceType: CONFIG, path: [...variant, name] }, value });
  };
  add("InstanceType", change.instanceType);
  add("InitialInstanceCount", change.instanceCount);
  add("ModelName", change.modelName);
  return propose(project, wanted);
}

async function propose(
  { folder, file, project, environment }: ProjectContext,
  wanted: Wanted[],
): Promise<ProposedChange[]> {
  const templateFile = path.resolve(folder, project.template);
  const [template, projectText] = await Promise.all([readFile(templateFile, "utf8"), readFile(file, "utf8")]);
  const texts = { template, project: projectText };
  const labels = { template: [] as string[], project: [] as string[] };
  for (const { property, value } of wanted) {
    const edit = editProperty(texts.template, texts.project, property, value, environment);
    if (edit.before === String(value)) continue;
    texts[edit.file] = edit.text;
    labels[edit.file].push(
      `${edit.file === "project" ? edit.parameter : property.path.at(-1)}: ${edit.before} → ${value}`,
    );
  }
  return [
    { file: templateFile, text: texts.template, label: labels.template.join("; ") },
    { file, text: texts.project, label: labels.project.join("; ") },
  ].filter(({ label }) => label !== "");
}
