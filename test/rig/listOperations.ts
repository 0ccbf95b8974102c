// Prints what the sandbox answers: `{service: [operation, …]}` for extractConstraints.py, or with --markdown the table of media/docs/sandbox.md.
import { createClock } from "../../src/sandbox/engine/clock.ts";
import { Modules } from "../../src/sandbox/modules.ts";
import { SandboxWorld } from "../../src/sandbox/world.ts";

/** Operations by the name of their service in botocore, sorted. */
export async function listOperations(): Promise<Record<string, string[]>> {
  const modules = await new Modules(new SandboxWorld("123456789012", createClock(0), {})).all();
  const operations: Record<string, string[]> = {};
  for (const module of modules)
    for (const service of module.services)
      operations[service.info.constraints] = [
        ...(operations[service.info.constraints] ?? []),
        ...service.operations.keys(),
      ].sort();
  await Promise.all(modules.map((m) => m.close?.()));
  return operations;
}

/** The rows of the table in media/docs/sandbox.md. */
export function operationsTable(operations: Record<string, string[]>): string {
  const rows = Object.entries(operations)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([service, names]) => `| ${service} | ${names.length} | ${names.join(", ")} |`);
  return ["| service | operations | |", "|---|---|---|", ...rows].join("\n");
}

if (process.argv[1] === import.meta.filename) {
  const operations = await listOperations();
  process.stdout.write(
    process.argv.includes("--markdown") ? `${operationsTable(operations)}\n` : JSON.stringify(operations),
  );
}
