import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createGzip, gunzip, gzip } from "node:zlib";
import * as l10n from "@vscode/l10n";
import { extract, type Header, pack } from "tar-stream";
import { OpsError } from "../domain/errors.ts";

const unzip = promisify(gunzip);
const zip = promisify(gzip);
/** What SageMaker's containers call the folder of the model's own code inside of the archive. */
const CODE = "code/";
/** One time for all entries: the same files always make the same archive. */
const FIXED_TIME = new Date(0);

interface Entry {
  name: string;
  file: string;
  size: number;
}

/**
 * Packs a model's file or folder as model.tar.gz.
 * @param nameInArchive name of a file, or the folder that a folder's content goes under ("" is the root)
 * @throws OpsError badInput when there is nothing to pack
 */
export async function packModel(source: string, nameInArchive: string, to: Writable): Promise<void> {
  const entries = await entriesOf(source, nameInArchive);
  if (entries.length === 0)
    throw new OpsError("badInput", l10n.t("The model folder {0} is empty.", source), {
      hint: l10n.t("Choose the folder with the model."),
    });
  const archive = pack();
  const filled = (async () => {
    for (const { name, file, size } of entries) {
      const entry = archive.entry({ name, size, mode: 0o644, mtime: FIXED_TIME });
      await pipeline(createReadStream(file), entry);
    }
    archive.finalize();
  })();
  // A file that cannot be read must end the archive, too: nobody would wait for the rest of it.
  filled.catch((error: Error) => archive.destroy(error));
  await pipeline(archive, createGzip(), to);
  await filled;
}

async function entriesOf(source: string, name: string): Promise<Entry[]> {
  const found = await stat(source);
  if (found.isFile()) return [{ name, file: source, size: found.size }];
  const names = (await readdir(source)).filter((child) => !child.startsWith(".") && child !== "__pycache__").sort();
  const below = names.map((child) => entriesOf(path.join(source, child), name ? `${name}/${child}` : child));
  return (await Promise.all(below)).flat();
}

/**
 * The archive with a folder's files under code/. One that has code of its own comes back as it is: what the user packed
 * is never replaced.
 * @throws OpsError badInput when the archive cannot be read, or the folder has no inference.py
 */
export async function withCode(archive: Uint8Array, file: string, folder: string): Promise<Uint8Array> {
  const entries = await readArchive(archive, file);
  if (entries.some(({ header }) => header.name.replace(/^(\.\/)+/, "").startsWith(CODE))) return archive;
  const code = await entriesOf(folder, CODE.slice(0, -1)).catch((cause: Error) => {
    throw new OpsError("badInput", l10n.t("The model's code {0} cannot be read: {1}", folder, cause.message), {
      cause,
    });
  });
  if (!code.some(({ name }) => name === `${CODE}inference.py`))
    throw new OpsError("badInput", l10n.t("The model's code {0} has no inference.py.", folder), {
      hint: l10n.t("Write one, or take code out of artifacts.model in the project file."),
    });
  const packed = pack();
  for (const { header, body } of entries) packed.entry(header, body);
  for (const { name, file: source } of code)
    packed.entry({ name, mode: 0o644, mtime: FIXED_TIME }, await readFile(source));
  packed.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of packed) chunks.push(chunk as Buffer);
  return zip(Buffer.concat(chunks));
}

async function readArchive(archive: Uint8Array, file: string): Promise<{ header: Header; body: Buffer }[]> {
  const entries: { header: Header; body: Buffer }[] = [];
  try {
    const parts = Readable.from([await unzip(archive)]).pipe(extract());
    for await (const entry of parts) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      entries.push({ header: entry.header, body: Buffer.concat(chunks) });
    }
  } catch (cause) {
    throw new OpsError(
      "badInput",
      l10n.t("The model {0} is not a gzipped tar archive: {1}", file, (cause as Error).message),
      {
        hint: l10n.t("Pack it with tar -czf model.tar.gz and the model's files."),
        cause,
      },
    );
  }
  return entries;
}
