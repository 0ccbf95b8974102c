// Prints `{service: [operation, …]}` of everything the sandbox answers; input of extractConstraints.py.
import { createClock } from "../../src/sandbox/engine/clock.ts";
import { createModules } from "../../src/sandbox/modules.ts";
import { SandboxWorld } from "../../src/sandbox/world.ts";

const modules = createModules(new SandboxWorld("123456789012", createClock(0), {}));
const operations: Record<string, string[]> = {};
for (const module of modules)
  for (const service of module.services)
    operations[service.info.constraints] = [
      ...(operations[service.info.constraints] ?? []),
      ...service.operations.keys(),
    ];
process.stdout.write(JSON.stringify(operations));
await Promise.all(modules.map((m) => m.close?.()));
