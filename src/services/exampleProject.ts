import { cp, mkdir, readdir } from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";
import { OpsError } from "../domain/errors.ts";
import { PROJECT_FILE } from "./projectFile.ts";

/**
 * Copies the wine example to a folder, which is made when it is not there. Nothing is written over.
 * @param source where the extension keeps the example
 * @returns the example's project file
 * @throws OpsError badInput naming what stands in the way
 */
export async function createExample(source: string, folder: string): Promise<string> {
  // The parts of other projects lie beside it.
  const wanted = (await readdir(source)).filter((name) => !name.startsWith(".") && name !== "scaffold");
  const there = new Set(await readdir(folder).catch(() => []));
  const inTheWay = wanted.filter((name) => there.has(name));
  if (inTheWay.length > 0)
    throw new OpsError(
      "badInput",
      l10n.t("Folder {0} already has {1}; nothing was written over.", folder, inTheWay.join(", ")),
      {
        hint: l10n.t("Choose an empty folder."),
      },
    );
  try {
    await mkdir(folder, { recursive: true });
    for (const name of wanted) {
      const options = { recursive: true, force: false, errorOnExist: true } as const;
      await cp(path.join(source, name), path.join(folder, name), options);
    }
  } catch (cause) {
    throw new OpsError(
      "badInput",
      l10n.t("The example cannot be written to {0}: {1}", folder, (cause as Error).message),
      {
        hint: l10n.t("Choose a folder that can be written to."),
        cause,
      },
    );
  }
  return path.join(folder, PROJECT_FILE);
}
