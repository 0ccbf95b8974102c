import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";
import { type Zippable, zipSync } from "fflate";
import { OpsError } from "../domain/errors.ts";
import { withCode } from "./modelArchive.ts";

/** What is uploaded: bytes under a key that names their content, so that the same content is uploaded once. */
export interface Artifact {
  key: string;
  body: Uint8Array;
}

const MAX_FILES = 5_000;
/** Zip's earliest date: the same files always make the same zip. */
const FIXED_TIME = new Date("1980-01-01T00:00:00");

async function readBytes(file: string, what: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (e) {
    throw new OpsError("badInput", l10n.t("The {0} {1} cannot be read: {2}", what, file, (e as Error).message), {
      hint: l10n.t("Check the path in the project file."),
      cause: e,
    });
  }
}

async function filesOf(folder: string, what: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (relative: string): Promise<void> => {
    const entries = await readdir(path.join(folder, relative), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith(".")) continue;
      const name = relative ? `${relative}/${entry.name}` : entry.name;
      if (entry.isDirectory()) await walk(name);
      else if (entry.isFile()) found.push(name);
    }
  };
  try {
    await walk("");
  } catch (e) {
    throw new OpsError(
      "badInput",
      l10n.t("The {0} folder {1} cannot be read: {2}", what, folder, (e as Error).message),
      {
        hint: l10n.t("Check the path in the project file."),
        cause: e,
      },
    );
  }
  if (!found.length) throw new OpsError("badInput", l10n.t("The {0} folder {1} is empty.", what, folder));
  if (found.length > MAX_FILES)
    throw new OpsError("badInput", l10n.t("The {0} folder {1} has more than {2} files.", what, folder, MAX_FILES));
  return found;
}

/** Files by their paths below a folder, with slashes. */
export type Entries = Record<string, Uint8Array>;

/** What a folder holds, without hidden files. @throws OpsError badInput for one that cannot be read or is empty */
export async function folderEntries(folder: string, what: string): Promise<Entries> {
  const entries: Entries = {};
  for (const name of await filesOf(folder, what)) entries[name] = await readBytes(path.join(folder, name), what);
  return entries;
}

/** The same files always make the same zip. */
export function zipOf(entries: Entries): Uint8Array {
  const dated: Zippable = {};
  for (const [name, body] of Object.entries(entries)) dated[name] = [body, { mtime: FIXED_TIME }];
  return zipSync(dated, { level: 6 });
}

function named(stackName: string, kind: string, ending: string, body: Uint8Array): Artifact {
  const hash = createHash("sha256").update(body).digest("hex").slice(0, 16);
  return { key: `${stackName}/${kind}/${hash}${ending}`, body };
}

/** A file as it is, or with a folder of code in it: the model archive. */
export async function fileArtifact(stackName: string, kind: string, file: string, code?: string): Promise<Artifact> {
  const ending = file.endsWith(".tar.gz") ? ".tar.gz" : path.extname(file);
  const bytes = await readBytes(file, kind);
  return named(stackName, kind, ending, code === undefined ? bytes : await withCode(bytes, file, code));
}

/** A folder as a zip: the Lambda function. */
export async function folderArtifact(stackName: string, kind: string, folder: string): Promise<Artifact> {
  return named(stackName, kind, ".zip", zipOf(await folderEntries(folder, kind)));
}
