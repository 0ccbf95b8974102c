import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { listOperations } from "../../rig/listOperations.ts";

/** Tests that send every operation by its schema, and so say nothing of what it does. */
const BY_SCHEMA = new Set(["everyOperation.test.ts", "fuzz.test.ts", "roundTrips.test.ts"]);
/** Packages of the SDK by the service's name in botocore, where they differ. */
const PACKAGES: Record<string, string> = {
  apigateway: "api-gateway",
  "application-autoscaling": "application-auto-scaling",
  logs: "cloudwatch-logs",
};

/** `package#Operation` of every command that a source makes. */
function commandsIn(source: string): string[] {
  const found: string[] = [];
  for (const [, names = "", name = ""] of source.matchAll(/import \{([^}]*)\} from "@aws-sdk\/client-([\w-]+)"/g))
    for (const item of names.split(",")) {
      const [, command, alias] = /^\s*(\w+)Command(?:\s+as\s+(\w+))?\s*$/.exec(item) ?? [];
      if (command && source.includes(`new ${alias ?? `${command}Command`}(`)) found.push(`${name}#${command}`);
    }
  return found;
}

test("every operation of the sandbox has a test of what it does, by a real client", async () => {
  const called = new Set<string>();
  let files = 0;
  for (const folder of ["wire", "account"]) {
    const at = new URL(`../../${folder}/`, import.meta.url);
    for (const file of await readdir(at)) {
      if (!file.endsWith(".ts") || BY_SCHEMA.has(file)) continue;
      files++;
      for (const command of commandsIn(await readFile(new URL(file, at), "utf8"))) called.add(command);
    }
  }
  assert.ok(files > 50, `only ${files} files were read`);
  const missing: string[] = [];
  for (const [service, operations] of Object.entries(await listOperations()))
    for (const operation of operations)
      if (!called.has(`${PACKAGES[service] ?? service}#${operation}`)) missing.push(`${service}:${operation}`);
  assert.deepEqual(missing, [], "operations that no functionality test calls");
});
