import { Readable } from "node:stream";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { extract } from "tar-stream";
import { type Booster, parseBooster } from "./booster.ts";
import { ModelFileError } from "./modelFileError.ts";

// Far above any booster that one would serve from an editor, far below what would exhaust the process.
const MAX_PACKED_BYTES = 128 * 1024 * 1024;
const MAX_UNPACKED_BYTES = 256 * 1024 * 1024;
const MAX_ENTRIES = 1000;

const unzip = promisify(gunzip);

/**
 * Reads a SageMaker `model.tar.gz` for the XGBoost container: one file at its root, whatever its name; names that begin
 * with a dot and folders are ignored, as the container does.
 * @throws ModelFileError when the archive is damaged, too large, or holds none or several models
 */
export async function loadModelArchive(bytes: Uint8Array): Promise<Booster> {
  return parseBooster(await readModelFile(bytes));
}

async function readModelFile(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes.length > MAX_PACKED_BYTES) {
    throw new ModelFileError(
      `The model archive has ${bytes.length} bytes; the sandbox reads at most ${MAX_PACKED_BYTES}. Use a smaller model.`,
    );
  }
  const models: { name: string; content: Buffer }[] = [];
  let entries = 0;
  try {
    const archive = Readable.from([await unpack(bytes)]).pipe(extract());
    for await (const entry of archive) {
      entries += 1;
      if (entries > MAX_ENTRIES) throw new ModelFileError(`The model archive has more than ${MAX_ENTRIES} entries.`);
      const name = entry.header.name.replace(/^(?:\.\/)+/, "");
      if (entry.header.type === "file" && name !== "" && !name.includes("/") && !name.startsWith(".")) {
        const chunks: Buffer[] = [];
        for await (const chunk of entry) chunks.push(chunk as Buffer);
        models.push({ name, content: Buffer.concat(chunks) });
      } else {
        entry.resume();
      }
    }
  } catch (error) {
    if (error instanceof ModelFileError) throw error;
    throw new ModelFileError(
      `The model archive is not a readable tar file: ${(error as Error).message}. Pack it with tar -czf model.tar.gz xgboost-model.`,
    );
  }
  const [model, second] = models;
  if (model === undefined) {
    throw new ModelFileError(
      "The model archive has no file at its root. Pack the model without a folder: tar -czf model.tar.gz xgboost-model.",
    );
  }
  if (second !== undefined) {
    // The container would average them as an ensemble, which is seldom what was meant.
    throw new ModelFileError(
      `The model archive has ${models.length} files at its root (${model.name}, ${second.name}…); the sandbox serves one. Pack xgboost-model alone.`,
    );
  }
  return model.content;
}

async function unpack(bytes: Uint8Array): Promise<Buffer> {
  try {
    return await unzip(bytes, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE") {
      throw new ModelFileError(
        `The model archive unpacks to more than ${MAX_UNPACKED_BYTES} bytes. Use a smaller model.`,
      );
    }
    throw new ModelFileError(
      `The model archive is not a gzip file (${message}). Pack it with tar -czf model.tar.gz xgboost-model.`,
    );
  }
}
