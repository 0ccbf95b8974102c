import type { SandboxWorld, ServiceModule } from "./world.ts";

/** Every service of the sandbox, constructed around one world; the order does not matter. */
export function createModules(_world: SandboxWorld): ServiceModule[] {
  return [];
}
