import { z } from "zod";
import type { JsonPath } from "./jsonText.ts";

const path = z.string().min(1).describe("Path relative to the project file's folder.");
const parameter = z.string().describe("Parameter of the template that receives the uploaded object's key.");

/** The descriptions are what the editor shows on hover. */
const projectSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1).describe("Version of this file's format."),
  stackName: z
    .string()
    .regex(/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/, "a stack name starts with a letter and has letters, digits and hyphens")
    .describe("Name of the CloudFormation stack that Deploy… creates and updates."),
  template: path.describe("CloudFormation template of the stack, relative to this file."),
  bootstrap: path
    .optional()
    .describe(
      "Template of the bucket for artifacts, which must stand before the stack. Not needed when parameters.ArtifactBucket names a bucket.",
    ),
  parameters: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .describe("Values of the template's parameters."),
  artifacts: z
    .strictObject({
      model: z.strictObject({ path, parameter }).optional().describe("The model's archive, model.tar.gz."),
      lambda: z
        .strictObject({
          path,
          parameter,
          zip: z.boolean().optional().describe("The path is a folder that is zipped first."),
        })
        .optional()
        .describe("The code of the Lambda function behind the API."),
      web: z.strictObject({ path }).optional().describe("The folder that is published as the web page."),
    })
    .default({})
    .describe("Files that are uploaded before the stack is changed."),
  features: path
    .optional()
    .describe("JSON file with the model's features and classes: it makes the form of the tester."),
  examples: path.optional().describe("CSV file with rows to start from in the tester; its header names the features."),
  loadPlans: z.array(path).default([]).describe("Load plans (*.ramp.json) of the project."),
  profile: z
    .string()
    .min(1)
    .optional()
    .describe("Profile of the shared AWS files to connect with, unless another one is asked for."),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d+$/, "a region looks like us-east-1")
    .optional()
    .describe("Region of the project, unless another one is asked for."),
  expectedAccount: z
    .string()
    .regex(/^\d{12}$/, "an account has 12 digits")
    .optional()
    .describe("AWS account of the project: deploying to, or deleting from, any other one is refused."),
});

/** A `sagemaker-ops.json` file; paths are relative to its folder. */
export type Project = z.infer<typeof projectSchema>;

/** The JSON schema that the extension contributes for `sagemaker-ops.json`. */
export function projectJsonSchema(): unknown {
  return z.toJSONSchema(projectSchema, { io: "input" });
}

/** What is wrong in a file: each complaint as `path: what`, and the place of the first. */
export interface FileProblems {
  problems: string[];
  firstPath: JsonPath;
}

/** The file's content, or every complaint about it. */
export function parseProject(json: unknown): { project: Project } | FileProblems {
  const parsed = projectSchema.safeParse(json);
  return parsed.success ? { project: parsed.data } : problemsOf(parsed.error);
}

function problemsOf({ issues }: z.ZodError): FileProblems {
  const keys = (issue: z.core.$ZodIssue) => (issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : []);
  return {
    problems: issues.map((issue) => `${issue.path.join(".") || "(the whole file)"}: ${issue.message}`),
    firstPath: issues[0] ? [...issues[0].path, ...keys(issues[0])] : [],
  };
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
export function parseFeatureFile(json: unknown): { file: z.infer<typeof featureFileSchema> } | FileProblems {
  const parsed = featureFileSchema.safeParse(json);
  return parsed.success ? { file: parsed.data } : problemsOf(parsed.error);
}
