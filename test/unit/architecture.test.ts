import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Rooms of ours that a room may import from, beside itself; a room that is not here may import nothing of ours. */
const DOORS: Record<string, readonly string[]> = {
  domain: [],
  protocol: ["domain"],
  aws: ["domain"],
  loadtest: ["domain"],
  services: ["domain", "aws", "loadtest"],
  sandbox: [],
  cli: ["domain", "services"],
  ui: ["domain", "services", "contributions"],
  tree: ["domain", "services", "ui", "contributions"],
  panels: ["domain", "services", "protocol", "ui", "contributions"],
  commands: ["domain", "services", "ui", "tree", "panels", "contributions"],
  testing: ["domain", "services", "ui", "contributions"],
  contributions: ["domain", "services", "tree"],
  webview: ["protocol", "domain"],
};
/** Composition roots construct everything. */
const ROOTS = new Set(["extension", "actions", "cli.ts"]);
/** Rooms that may name the editor. */
const EDITOR_ROOMS = new Set(["extension", "actions", "tree", "commands", "panels", "testing", "ui"]);
/** Rooms that may name the SDK. */
const SDK_ROOMS = new Set(["aws", "sandbox"]);
/** Rooms without Node: they run in a page, or must be able to. */
const PURE_ROOMS = new Set(["domain", "protocol", "webview"]);
/** Doors that only one file has. */
const ONLY_DOOR: Record<string, (file: SourceFile, i: Import) => boolean> = {
  "cli → sandbox": (file) => file.path === "src/cli/sandboxCommand.ts",
  "cli → loadtest": (_file, i) => i.typeOnly,
};
const TOOLKIT = "@vscode/webview-ui-toolkit";
const SANE_NUMBER_OF_FILES = 150;
const MOST_LINES = 400;

interface Import {
  from: string;
  typeOnly: boolean;
}
interface SourceFile {
  path: string;
  room: string;
  text: string;
  imports: Import[];
}

/** `src/aws/x.ts` → aws, `src/extension.ts` → extension, `src/cli.ts` → cli.ts (beside the room cli). */
function roomOf(file: string): string {
  const [top = "", second = "", third] = file.split("/");
  if (top === "webview") return "webview";
  if (third !== undefined) return second;
  return second === "cli.ts" ? second : second.replace(/\.ts$/, "");
}

function importsOf(text: string): Import[] {
  const found: Import[] = [];
  for (const m of text.matchAll(/^(?:import|export)\s+(type\s)?[^"';]*?from\s*"([^"]+)"/gm))
    found.push({ from: m[2] ?? "", typeOnly: m[1] !== undefined });
  for (const m of text.matchAll(/^import\s*"([^"]+)"/gm)) found.push({ from: m[1] ?? "", typeOnly: false });
  for (const m of text.matchAll(/\bimport\(\s*"([^"]+)"\s*\)/g)) found.push({ from: m[1] ?? "", typeOnly: false });
  return found;
}

function sourceFiles(top: string): SourceFile[] {
  return readdirSync(path.join(ROOT, top), { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile() && /\.ts$/.test(e.name) && !e.name.endsWith(".d.ts"))
    .map((e) => {
      const file = path.relative(ROOT, path.join(e.parentPath, e.name)).split(path.sep).join("/");
      const text = readFileSync(path.join(ROOT, file), "utf8");
      return { path: file, room: roomOf(file), text, imports: importsOf(text) };
    });
}

/** The room that a relative import leads to; undefined for a package or a file that is no room's. */
function targetRoom(file: SourceFile, i: Import): string | undefined {
  if (!i.from.startsWith(".")) return undefined;
  return roomOf(path.posix.normalize(path.posix.join(path.posix.dirname(file.path), i.from)));
}

const source = sourceFiles("src");
const pages = sourceFiles("webview");
const all = [...source, ...pages];
const packages = (file: SourceFile) => file.imports.filter((i) => !i.from.startsWith("."));

/** Every violation of a rule as `file: what`. */
function violations(rule: (file: SourceFile) => string[]): string[] {
  return all.flatMap((file) => rule(file).map((what) => `${file.path}: ${what}`));
}

describe("the rooms and their doors", () => {
  test("the sources were found at all", () => {
    assert.ok(source.length >= SANE_NUMBER_OF_FILES, `only ${source.length} files under src`);
    const imports = source.reduce((sum, f) => sum + f.imports.length, 0);
    assert.ok(imports >= source.length, `only ${imports} imports were recognised`);
    assert.ok(pages.length > 3, `only ${pages.length} files under webview`);
    for (const room of ["domain", "protocol", "aws", "loadtest", "services", "sandbox", "cli", "tree", "panels"])
      assert.ok(
        source.some((f) => f.room === room),
        `no file of ${room}`,
      );
  });

  test("every relative import leads to a file", () =>
    assert.deepEqual(
      violations((file) =>
        file.imports
          .filter((i) => i.from.startsWith(".") && !existsSync(path.join(ROOT, path.dirname(file.path), i.from)))
          .map((i) => i.from),
      ),
      [],
    ));

  test("rooms import only through their doors", () =>
    assert.deepEqual(
      violations((file) => {
        if (ROOTS.has(file.room)) return [];
        return file.imports.flatMap((i) => {
          const to = targetRoom(file, i);
          if (to === undefined || to === file.room || DOORS[file.room]?.includes(to)) return [];
          return ONLY_DOOR[`${file.room} → ${to}`]?.(file, i) ? [] : [`${file.room} has no door to ${to} (${i.from})`];
        });
      }),
      [],
    ));

  test("contributions has type imports only", () =>
    assert.deepEqual(
      violations((file) =>
        file.room === "contributions" ? file.imports.filter((i) => !i.typeOnly).map((i) => i.from) : [],
      ),
      [],
    ));

  test("only the editor's rooms name vscode, only aws and sandbox the SDK", () =>
    assert.deepEqual(
      violations((file) =>
        packages(file).flatMap(({ from, typeOnly }) => {
          const typesOfIds = file.room === "contributions" && typeOnly;
          if (from === "vscode" && !EDITOR_ROOMS.has(file.room) && !typesOfIds) return [from];
          return /^@(aws-sdk|smithy)\//.test(from) && !SDK_ROOMS.has(file.room) ? [from] : [];
        }),
      ),
      [],
    ));

  test("domain, protocol and the pages need no Node", () =>
    assert.deepEqual(
      violations((file) =>
        PURE_ROOMS.has(file.room) ? packages(file).flatMap((i) => (i.from.startsWith("node:") ? [i.from] : [])) : [],
      ),
      [],
    ));

  test("the component library and the page's API each have one file", () => {
    const users = (uses: (file: SourceFile) => boolean) => all.filter(uses).map((f) => f.path);
    assert.deepEqual(
      users((f) => f.imports.some((i) => i.from === TOOLKIT || i.from.startsWith(`${TOOLKIT}/`))),
      ["webview/ui/toolkit.ts"],
    );
    assert.deepEqual(
      users((f) => /\bacquireVsCodeApi\s*(?:<[^>]*>)?\(\s*\)\s*[;.,)]/.test(f.text)),
      ["webview/ipc.ts"],
    );
    assert.deepEqual(
      users((f) => f.imports.some((i) => i.from === "autocannon" && !i.typeOnly)),
      ["src/loadtest/autocannonGenerator.ts"],
    );
  });
});

describe("the tree", () => {
  const tracked = execFileSync("git", ["ls-files", "-z"], { cwd: ROOT, encoding: "utf8" })
    .split("\0")
    .filter((name) => name && existsSync(path.join(ROOT, name)));
  /** Text of a tracked file; undefined for a binary one. */
  const textOf = (name: string): string | undefined => {
    const bytes = readFileSync(path.join(ROOT, name));
    return bytes.includes(0) ? undefined : bytes.toString("utf8");
  };

  test("there is exactly one @smithy/core: error schemas resolve through a registry that it holds", () => {
    const lock = JSON.parse(readFileSync(path.join(ROOT, "package-lock.json"), "utf8")) as {
      packages: Record<string, unknown>;
    };
    const copies = Object.keys(lock.packages).filter((name) => /(^|\/)node_modules\/@smithy\/core$/.test(name));
    assert.deepEqual(copies, ["node_modules/@smithy/core"]);
  });

  test("no tracked file holds a path of somebody's machine or a registry's host", () => {
    assert.ok(tracked.length >= SANE_NUMBER_OF_FILES);
    const machinePath = /(?:^|[\s"'`(=:,])\/(?:work|root|home\/[a-z][\w-]*|Users\/\w+)\//m;
    const registry = /\b(?:registry|artifactory|nexus|verdaccio)\.[a-z][\w-]*\.[a-z]|"resolved": *"http/;
    const found = tracked.flatMap((name) => {
      const text = textOf(name);
      const hit = text === undefined ? undefined : (machinePath.exec(text) ?? registry.exec(text));
      return hit ? [`${name}: ${hit[0].trim()}`] : [];
    });
    assert.deepEqual(found, []);
  });

  test(`no source file has more than ${MOST_LINES} lines`, () => {
    const long = tracked
      .filter((name) => /^(src|webview|test)\/.*\.(ts|mjs|py)$/.test(name))
      .map((name) => [name, (textOf(name) ?? "").split("\n").length - 1] as const)
      .filter(([, lines]) => lines > MOST_LINES);
    assert.deepEqual(long, []);
  });
});
