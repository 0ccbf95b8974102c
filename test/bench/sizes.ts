import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { packageVsix } from "../rig/packageVsix.mjs";
import type { Row } from "./loadtest.ts";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));
const MOST_VSIX_BYTES = 3 * 1024 * 1024;

const kib = (bytes: number) => `${(bytes / 1024).toFixed(0)} KiB`;

/** Sizes of what is shipped: each bundle of dist, their sum, and the .vsix. */
export async function run(): Promise<Row[]> {
  const found = await readdir(DIST, { recursive: true }).catch(() => []);
  const bundles = found.filter((name) => /\.(c?js|css)$/.test(name)).sort();
  if (!bundles.length) return [{ figure: "size of the bundles", value: "not built", note: "npm run build makes them" }];
  const rows: Row[] = [];
  let total = 0;
  const lazy = new Map<string, { count: number; bytes: number }>();
  for (const name of bundles) {
    const bytes = await readFile(path.join(DIST, name));
    total += bytes.length;
    // Lazily loaded pieces are named for what they belong to and a hash; they are counted together.
    const owner = /^(\w+)-\w+\.c?js$/.exec(name)?.[1];
    if (owner === undefined) {
      const note = `${kib(gzipSync(bytes).length)} gzipped`;
      rows.push({ figure: `size: dist/${name}`, value: kib(bytes.length), note });
      continue;
    }
    const known = lazy.get(owner) ?? { count: 0, bytes: 0 };
    lazy.set(owner, { count: known.count + 1, bytes: known.bytes + bytes.length });
  }
  for (const [owner, { count, bytes }] of lazy)
    rows.push({ figure: `size: ${count} lazily loaded pieces of ${owner}`, value: kib(bytes) });
  rows.push({ figure: "size: all bundles", value: kib(total) });
  const { bytes } = packageVsix();
  return [...rows, { figure: "size: .vsix", value: kib(bytes), aim: `< ${kib(MOST_VSIX_BYTES)}` }];
}
