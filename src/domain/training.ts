import type { FeatureTable } from "./featureTable.ts";
import { timeStamp } from "./timeStamp.ts";

/** State of a training job as SageMaker's API models it. */
export type TrainingStatus = "InProgress" | "Completed" | "Failed" | "Stopping" | "Stopped";

/** A training job as it is described. */
export interface TrainingJob {
  name: string;
  status: TrainingStatus;
  /** What it is at in detail: Starting, Downloading, Training, Uploading and so on. */
  phase: string;
  /** SageMaker's words to the phases so far, oldest first. */
  transitions: { phase: string; message: string; atMs: number }[];
  failureReason?: string;
  /** S3 URI of model.tar.gz, once it is there. */
  artifact?: string;
  /** Latest value of each metric that the algorithm reports, such as validation:mlogloss. */
  metrics: Record<string, number>;
  /** Seconds that are billed, once it has ended. */
  billableSeconds?: number;
}

/** Has it ended, one way or another? */
export function isTrainingOver({ status }: TrainingJob): boolean {
  return status === "Completed" || status === "Failed" || status === "Stopped";
}

/** Every fifth row is kept from training, to be asked what was learned. */
const VALIDATION_EVERY = 5;

/** Rows as SageMaker's built-in XGBoost reads CSV: no header, the label first (guide, "XGBoost input/output interface"). */
export function trainingChannels({ rows, labels }: FeatureTable): { train: string; validation: string; rows: number } {
  const lines = rows.flatMap((row, at) => {
    const label = labels[at];
    return label === null || label === undefined ? [] : [`${[label, ...row.map((cell) => cell ?? "")].join(",")}\n`];
  });
  const isKept = (_: string, at: number) => at % VALIDATION_EVERY === VALIDATION_EVERY - 1;
  const validation = lines.filter(isKept);
  return {
    train: lines.filter((line, at) => !isKept(line, at)).join(""),
    // Too few rows to keep some back: what was learned is asked of the same.
    validation: (validation.length > 0 ? validation : lines).join(""),
    rows: lines.length,
  };
}

/** A job's name: at most 63 letters, digits and hyphens (API reference, CreateTrainingJob). */
export function trainingJobName(stackName: string, atMs: number): string {
  const stamp = timeStamp(atMs);
  return `${stackName.slice(0, 63 - stamp.length - 1).replace(/-+$/, "")}-${stamp}`;
}
