import { z } from "zod";

const path = z.string().min(1);

const projectSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  /** Name of the CloudFormation stack. */
  stackName: z
    .string()
    .regex(/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/, "a stack name starts with a letter and has letters, digits and hyphens"),
  template: path,
  /** Template of the bucket that must stand before the stack. */
  bootstrap: path.optional(),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  artifacts: z
    .strictObject({
      model: z.strictObject({ path, parameter: z.string() }).optional(),
      lambda: z.strictObject({ path, parameter: z.string(), zip: z.boolean().optional() }).optional(),
      web: z.strictObject({ path }).optional(),
    })
    .default({}),
  features: path.optional(),
  examples: path.optional(),
  loadPlans: z.array(path).default([]),
  /** Deploying to, or deleting from, another account is refused. */
  expectedAccount: z
    .string()
    .regex(/^\d{12}$/, "an account has 12 digits")
    .optional(),
});

/** A `sagemaker-ops.json` file; paths are relative to its folder. */
export type Project = z.infer<typeof projectSchema>;

/** The JSON schema that the extension contributes for `sagemaker-ops.json`. */
export function projectJsonSchema(): unknown {
  return z.toJSONSchema(projectSchema, { io: "input" });
}

/** The file's content, or every complaint about it as `path: what`. */
export function parseProject(json: unknown): { project: Project } | { problems: string[] } {
  const parsed = projectSchema.safeParse(json);
  if (parsed.success) return { project: parsed.data };
  return { problems: parsed.error.issues.map((i) => `${i.path.join(".") || "(the whole file)"}: ${i.message}`) };
}

const featureFileSchema = z.object({
  features: z
    .array(
      z.object({
        name: z.string(),
        label: z.string(),
        unit: z.string().optional(),
        min: z.number(),
        max: z.number(),
        step: z.number().positive(),
        default: z.number(),
      }),
    )
    .min(1),
  classes: z.array(z.string()).default([]),
});

/** The project's features file, or every complaint about it. */
export function parseFeatureFile(json: unknown): { file: z.infer<typeof featureFileSchema> } | { problems: string[] } {
  const parsed = featureFileSchema.safeParse(json);
  if (parsed.success) return { file: parsed.data };
  return { problems: parsed.error.issues.map((i) => `${i.path.join(".")}: ${i.message}`) };
}
