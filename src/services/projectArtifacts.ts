import { randomUUID } from "node:crypto";
import path from "node:path";
import * as l10n from "@vscode/l10n";
import type { AwsClients } from "../aws/clients.ts";
import { objectExists, putObject } from "../aws/s3.ts";
import { type Artifact, fileArtifact, folderArtifact } from "./artifacts.ts";
import type { OnDeployEvent } from "./deployEvents.ts";
import type { ProjectContext } from "./projects.ts";

/** Artifacts with the parameters that take their keys. */
export type ProjectArtifacts = { parameter: string; artifact: Artifact }[];

/** Reads what the project file names. @throws OpsError badInput */
export async function readArtifacts({ folder, project }: ProjectContext): Promise<ProjectArtifacts> {
  const { model, lambda } = project.artifacts;
  const found: ProjectArtifacts = [];
  if (model)
    found.push({
      parameter: model.parameter,
      artifact: await fileArtifact(
        project.stackName,
        "model",
        path.resolve(folder, model.path),
        model.code === undefined ? undefined : path.resolve(folder, model.code),
      ),
    });
  if (lambda) {
    const at = path.resolve(folder, lambda.path);
    const make = lambda.zip ? folderArtifact : fileArtifact;
    found.push({ parameter: lambda.parameter, artifact: await make(project.stackName, "lambda", at) });
  }
  return found;
}

/** The template's parameters: bucket and keys of the artifacts, then what the project file says. */
export function parametersOf(
  { project }: ProjectContext,
  bucket: string,
  artifacts: ProjectArtifacts,
): Record<string, string> {
  const parameters: Record<string, string> = {};
  if (artifacts.length) parameters.ArtifactBucket = bucket;
  for (const { parameter, artifact } of artifacts) parameters[parameter] = artifact.key;
  for (const [name, value] of Object.entries(project.parameters)) parameters[name] = String(value);
  return parameters;
}

/** Uploads an artifact unless it is there already: its key names its content. */
export async function upload(
  clients: AwsClients,
  bucket: string,
  { key, body }: Artifact,
  on: OnDeployEvent,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  const size = `${(body.byteLength / 1024).toFixed(0)} KiB`;
  if (await objectExists(clients, bucket, key)) {
    on({ kind: "step", text: l10n.t("s3://{0}/{1} is there already", bucket, key) });
    return;
  }
  on({ kind: "step", text: l10n.t("Uploading s3://{0}/{1} ({2})", bucket, key, size) });
  await putObject(clients, bucket, key, body);
}

/** A template that is too large for the call is read from S3. */
export async function uploadTemplate(
  clients: AwsClients,
  bucket: string,
  stackName: string,
  template: string,
  on: OnDeployEvent,
): Promise<string> {
  const key = `${stackName}/template/${randomUUID()}.yaml`;
  await upload(clients, bucket, { key, body: Buffer.from(template) }, on, undefined);
  return `https://${bucket}.s3.${clients.region}.amazonaws.com/${key}`;
}
