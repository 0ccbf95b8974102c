import { type Unzipped, unzipSync } from "fflate";

/** Why an archive was refused, in words that name the offending entry. */
export class ArchiveError extends Error {
  constructor(
    readonly reason: "unreadable" | "tooLarge" | "unsafePath",
    message: string,
  ) {
    super(message);
  }
}

/** Bounds of an archive's content. */
export interface ArchiveLimits {
  maxFiles: number;
  /** Sum of all files once unpacked. */
  maxBytes: number;
}

/**
 * Files of a zip by their relative path with forward slashes; directories are left out.
 * @throws ArchiveError for a broken archive, one that grows past the limits, and entries that lead out of it (zip slip)
 */
export function readZip(archive: Uint8Array, limits: ArchiveLimits): Map<string, Uint8Array> {
  let files = 0;
  let bytes = 0;
  let unzipped: Unzipped;
  try {
    unzipped = unzipSync(archive, {
      // Called with the declared sizes before anything is inflated; fflate writes no more than what is declared.
      filter(entry) {
        files++;
        bytes += entry.originalSize;
        if (files > limits.maxFiles)
          throw new ArchiveError("tooLarge", `The archive has more than ${limits.maxFiles} entries.`);
        if (bytes > limits.maxBytes)
          throw new ArchiveError("tooLarge", `Unzipped size must be smaller than ${limits.maxBytes} bytes`);
        checkPath(entry.name);
        return !entry.name.endsWith("/");
      },
    });
  } catch (error) {
    if (error instanceof ArchiveError) throw error;
    throw new ArchiveError("unreadable", `The archive cannot be read: ${(error as Error).message}`);
  }
  return new Map(Object.entries(unzipped));
}

/** Paths stay inside of the directory that they are unpacked to, on every platform. */
function checkPath(name: string): void {
  const unsafe =
    name === "" ||
    name.startsWith("/") ||
    name.includes("\\") ||
    name.includes("\0") ||
    /^[A-Za-z]:/.test(name) ||
    name.split("/").includes("..");
  if (unsafe)
    throw new ArchiveError("unsafePath", `The archive's entry ${JSON.stringify(name)} leads out of the archive.`);
}
