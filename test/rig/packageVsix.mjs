import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const ROOT = path.resolve(import.meta.dirname, "../..");

/**
 * Packages what `npm run build` left in dist/ as a .vsix. Everything is bundled, so no node_modules go in.
 * @returns {{ file: string; id: string; bytes: number }} the package and the extension's id
 * @throws {Error} when nothing is built, or vsce refuses
 */
export function packageVsix() {
  if (!fs.existsSync(path.join(ROOT, "dist/extension.cjs"))) {
    throw new Error("There is no dist/extension.cjs to package. Run npm run build first.");
  }
  const { publisher, name, version } = JSON.parse(fs.readFileSync(path.join(ROOT, "package.json"), "utf8"));
  // Not in dist/: all of that goes into the package.
  const file = path.join(ROOT, "artifacts", `${name}-${version}.vsix`);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  // Two runs may package at once: each into a file of its own, renamed at the end.
  const part = `${file}.${process.pid}.vsix`;
  const vsce = path.join(ROOT, "node_modules/@vscode/vsce/vsce");
  const flags = ["--no-rewrite-relative-links", "-o", part];
  const args = ["package", "--no-dependencies", "--allow-missing-repository", "--skip-license"];
  try {
    execFileSync(process.execPath, [vsce, ...args, ...flags], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    throw new Error(`vsce did not package the extension:\n${error.stderr ?? error.message}`);
  }
  fs.renameSync(part, file);
  return { file, id: `${publisher}.${name}`, bytes: fs.statSync(file).size };
}

if (process.argv[1] === import.meta.filename) {
  const { file, bytes } = packageVsix();
  console.log(`${path.relative(process.cwd(), file)}  ${(bytes / 1024 / 1024).toFixed(2)} MB`);
}
