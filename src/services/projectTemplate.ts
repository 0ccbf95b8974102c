import { readFile } from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";
import { OpsError } from "../domain/errors.ts";
import type { ProjectContext } from "./projects.ts";

/** The text of one of the project's templates. @throws OpsError badInput that names the file */
export async function readTemplate(project: ProjectContext, file: string): Promise<string> {
  const at = path.resolve(project.folder, file);
  try {
    return await readFile(at, "utf8");
  } catch (e) {
    throw new OpsError("badInput", l10n.t("Template {0} cannot be read: {1}", at, (e as Error).message), {
      hint: l10n.t("Check the path in the project file."),
      cause: e,
      place: { file: project.file },
    });
  }
}

/** CreateChangeSet's ValidationError is about the template or its parameters: the message names the file. */
export function refusedTemplate(e: unknown, file: string): unknown {
  const cause = e instanceof OpsError ? e.cause : undefined;
  if (!(cause instanceof Error) || cause.name !== "ValidationError") return e;
  return new OpsError("badInput", l10n.t("Template {0} was refused: {1}", file, cause.message), {
    hint: l10n.t("Correct the template or its parameters and repeat."),
    cause,
    place: { file },
  });
}
