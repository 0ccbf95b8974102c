import { copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { readBlueprint } from "../aws/endpointBlueprint.ts";
import { OpsError } from "../domain/errors.ts";
import { adoptedTemplate } from "./adoptedTemplate.ts";
import type { Connections } from "./connections.ts";
import type { CreatedProject } from "./projectScaffold.ts";
import { PROJECT_FILE } from "./projects.ts";

/** Which endpoint becomes a project, and where. */
export interface AdoptionRequest {
  endpointName: string;
  folder: string;
  /** Name of the new stack; ENDPOINT-copy when absent. */
  name?: string;
}

/**
 * Writes a project whose deployment makes an endpoint like one that exists; that one is only read. Its artifact stays
 * where it is, and nothing is written over.
 * @param source where the wine project lies, whose bootstrap template is taken
 * @throws OpsError notFound when there is no such endpoint, badInput for the folder or the name
 */
export async function adoptEndpoint(
  connections: Connections,
  source: string,
  { endpointName, folder, name = `${endpointName}-copy` }: AdoptionRequest,
): Promise<CreatedProject> {
  if (!/^[a-zA-Z][-a-zA-Z0-9]{0,53}$/.test(name))
    throw new OpsError("badInput", `"${name}" cannot be the name of a stack.`, {
      hint: "A name starts with a letter, has letters, digits and hyphens, and at most 54 of them.",
    });
  if (`${name}-endpoint` === endpointName)
    throw new OpsError("badInput", `Stack ${name} would make an endpoint of the same name as ${endpointName}.`, {
      hint: "Choose another name.",
    });
  const { accountId, region } = connections.required();
  const there = new Set(await readdir(folder).catch(() => []));
  const inTheWay = [PROJECT_FILE, "template.yaml", "bootstrap.yaml"].filter((file) => there.has(file));
  if (inTheWay.length > 0)
    throw new OpsError("badInput", `Folder ${folder} already has ${inTheWay.join(", ")}; nothing was written over.`, {
      hint: "Choose an empty folder.",
    });
  const { text, notes } = adoptedTemplate(await readBlueprint(connections.clients(), endpointName));
  const project = {
    version: 1,
    stackName: name,
    template: "template.yaml",
    bootstrap: "bootstrap.yaml",
    parameters: {},
    region,
    expectedAccount: accountId,
  };
  const file = path.join(folder, PROJECT_FILE);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, "template.yaml"), text, { flag: "wx" });
    await copyFile(path.join(source, "bootstrap.yaml"), path.join(folder, "bootstrap.yaml"));
    await writeFile(file, `${JSON.stringify(project, undefined, 2)}\n`, { flag: "wx" });
  } catch (cause) {
    throw new OpsError("badInput", `The project cannot be written to ${folder}: ${(cause as Error).message}`, {
      hint: "Choose a folder that can be written to.",
      cause,
    });
  }
  const like = `Deploying it makes a second endpoint, ${name}-endpoint, beside ${endpointName}, at the same price; ${endpointName} itself stays as it is.`;
  return { file, notes: [like, ...notes] };
}
