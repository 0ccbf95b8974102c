import * as l10n from "@vscode/l10n";
import { z } from "zod";
import { OpsError } from "./errors.ts";
import type { JsonPath } from "./jsonText.ts";
import { schemaMessage } from "./schemaMessages.ts";

const path = z.string().min(1).describe("Path relative to the project file's folder.");
const parameter = z.string().describe("Parameter of the template that receives the uploaded object's key.");

const stackName = z.string().regex(/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/, {
  error: () => l10n.t("a stack name starts with a letter and has letters, digits and hyphens"),
});
const parameters = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const profile = z.string().min(1);
const region = z
  .string()
  .regex(/^[a-z]{2}(-[a-z]+)+-\d+$/, { error: () => l10n.t("a region looks like {0}", "us-east-1") });
const expectedAccount = z.string().regex(/^\d{12}$/, { error: () => l10n.t("an account has 12 digits") });

/** What an environment says otherwise than the project. */
const environmentSchema = z.strictObject({
  stackName: stackName.optional().describe("Name of this environment's stack; PROJECT-ENVIRONMENT when it is absent."),
  parameters: parameters.default({}).describe("Values of the template's parameters, before those of the project."),
  profile: profile.optional().describe("Profile of the shared AWS files to connect with."),
  region: region.optional().describe("Region of this environment."),
  expectedAccount: expectedAccount.optional().describe("AWS account of this environment: any other one is refused."),
});

/** The descriptions are what the editor shows on hover. */
const projectSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1).describe("Version of this file's format."),
  stackName: stackName.describe("Name of the CloudFormation stack that Deploy… creates and updates."),
  template: path.describe("CloudFormation template of the stack, relative to this file."),
  bootstrap: path
    .optional()
    .describe(
      "Template of the bucket for artifacts, which must stand before the stack. Not needed when parameters.ArtifactBucket names a bucket.",
    ),
  parameters: parameters.default({}).describe("Values of the template's parameters."),
  artifacts: z
    .strictObject({
      model: z
        .strictObject({
          path,
          parameter,
          code: path
            .optional()
            .describe(
              "Folder with inference.py, packed into the archive under code/ when it is uploaded, unless the archive has code of its own.",
            ),
        })
        .optional()
        .describe("The model's archive, model.tar.gz."),
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
  training: z
    .strictObject({
      data: path.describe("CSV file with a header: features and the label, all of them numbers."),
      label: z.string().min(1).describe("Column of the label."),
      hyperparameters: z
        .record(z.string(), z.union([z.string(), z.number()]))
        .default({})
        .describe("Hyperparameters of SageMaker's built-in XGBoost, such as objective and num_round."),
      instanceType: z.string().default("ml.m5.large").describe("Instance type that trains."),
      roleArn: z
        .string()
        .optional()
        .describe(
          "Role that the job runs as; without one, that of the stack sagemaker-ops-training is made and taken.",
        ),
      maxMinutes: z.number().int().min(1).max(1440).default(30).describe("The job is stopped after this time."),
    })
    .optional()
    .describe("What Train… runs: a SageMaker training job with the built-in XGBoost."),
  profile: profile
    .optional()
    .describe("Profile of the shared AWS files to connect with, unless another one is asked for."),
  region: region.optional().describe("Region of the project, unless another one is asked for."),
  expectedAccount: expectedAccount
    .optional()
    .describe("AWS account of the project: deploying to, or deleting from, any other one is refused."),
  environments: z
    .record(
      z.string().regex(/^[a-zA-Z0-9][-a-zA-Z0-9]{0,31}$/, { error: () => l10n.t("only letters, digits and hyphens") }),
      environmentSchema,
    )
    .optional()
    .describe("Environments such as dev and prod, each with a stack of its own, by name."),
});

/** A `sagemaker-ops.json` file; paths are relative to its folder. */
export type Project = z.infer<typeof projectSchema>;

/** Names of the project's environments, in the file's order. */
export function environmentNames(project: Project): string[] {
  return Object.keys(project.environments ?? {});
}

/**
 * The project as it is in an environment: what the environment says goes before what the project says, and its stack
 * has a name of its own.
 * @throws OpsError badInput that names the environments there are
 */
export function inEnvironment(project: Project, name: string): Project {
  const environment = Object.hasOwn(project.environments ?? {}, name) ? project.environments?.[name] : undefined;
  if (!environment) {
    const names = environmentNames(project);
    throw new OpsError("badInput", l10n.t('Project {0} has no environment "{1}".', project.stackName, name), {
      hint: names.length
        ? l10n.t("It has {0}.", names.join(", "))
        : l10n.t("Add it to the project file: {0}.", `"environments": { "${name}": {} }`),
    });
  }
  const { parameters, ...rest } = environment;
  const said = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return {
    ...project,
    stackName: `${project.stackName}-${name}`,
    ...said,
    parameters: { ...project.parameters, ...parameters },
  };
}

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
  const parsed = projectSchema.safeParse(json, { error: schemaMessage });
  return parsed.success ? { project: parsed.data } : problemsOf(parsed.error);
}

function problemsOf({ issues }: z.ZodError): FileProblems {
  const keys = (issue: z.core.$ZodIssue) => (issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : []);
  return {
    problems: issues.map((issue) => `${issue.path.join(".") || l10n.t("(the whole file)")}: ${issue.message}`),
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
  const parsed = featureFileSchema.safeParse(json, { error: schemaMessage });
  return parsed.success ? { file: parsed.data } : problemsOf(parsed.error);
}
