import { copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";
import { readBlueprint } from "../aws/endpointBlueprint.ts";
import { OpsError } from "../domain/errors.ts";
import { adoptedTemplate } from "./adoptedTemplate.ts";
import type { Connections } from "./connections.ts";
import { PROJECT_FILE } from "./projectFile.ts";
import type { CreatedProject } from "./projectScaffold.ts";

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
    throw new OpsError("badInput", l10n.t('"{0}" cannot be the name of a stack.', name), {
      hint: l10n.t("A name starts with a letter, has letters, digits and hyphens, and at most 54 of them."),
    });
  if (`${name}-endpoint` === endpointName)
    throw new OpsError(
      "badInput",
      l10n.t("Stack {0} would make an endpoint of the same name as {1}.", name, endpointName),
      {
        hint: l10n.t("Choose another name."),
      },
    );
  const { accountId, region } = connections.required();
  const there = new Set(await readdir(folder).catch(() => []));
  const inTheWay = [PROJECT_FILE, "template.yaml", "bootstrap.yaml"].filter((file) => there.has(file));
  if (inTheWay.length > 0)
    throw new OpsError(
      "badInput",
      l10n.t("Folder {0} already has {1}; nothing was written over.", folder, inTheWay.join(", ")),
      {
        hint: l10n.t("Choose an empty folder."),
      },
    );
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
    throw new OpsError(
      "badInput",
      l10n.t("The project cannot be written to {0}: {1}", folder, (cause as Error).message),
      {
        hint: l10n.t("Choose a folder that can be written to."),
        cause,
      },
    );
  }
  const like = l10n.t(
    "Deploying it makes a second endpoint, {0}-endpoint, beside {1}, at the same price; {2} itself stays as it is.",
    name,
    endpointName,
    endpointName,
  );
  return { file, notes: [like, ...notes] };
}
