import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const SOURCES = fileURLToPath(new URL("../../src", import.meta.url));
const BUNDLE = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

/** The bundle, when it is as new as the sources: it starts in a third of the time. */
function program(): string[] {
  const newest = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
    .map((name) => statSync(path.join(SOURCES, name)).mtimeMs)
    .reduce((a, b) => Math.max(a, b), 0);
  if (existsSync(BUNDLE) && statSync(BUNDLE).mtimeMs > newest) return [BUNDLE];
  return ["--import", import.meta.resolve("tsx"), path.join(SOURCES, "cli.ts")];
}
const PROGRAM = program();

/** How a command ended. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A command under way. */
export interface Running {
  child: ChildProcess;
  /** Everything on stdout so far. */
  stdout(): string;
  stderr(): string;
  ended: Promise<Ended>;
}

/**
 * A home of its own: no credentials, profile or setting of whoever runs the tests reaches the command.
 * @returns a folder for the test's files, and the environment
 */
export function isolatedHome(more: Record<string, string> = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), "ops-cli-"));
  mkdirSync(path.join(folder, ".aws"));
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? "",
    HOME: folder,
    AWS_CONFIG_FILE: path.join(folder, ".aws", "config"),
    AWS_SHARED_CREDENTIALS_FILE: path.join(folder, ".aws", "credentials"),
    AWS_EC2_METADATA_DISABLED: "true",
    ...more,
  };
  return {
    folder,
    env,
    write(name: string, content: string | object): string {
      const file = path.join(folder, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
      return file;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Starts the command line. */
export function startCli(args: string[], options: { env: Record<string, string>; cwd: string }): Running {
  const child = spawn(process.execPath, [...PROGRAM, ...args], {
    ...options,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}
