import type { DataDir } from "./engine/dataDir.ts";
import type { ServiceBuilder } from "./wire/serviceBuilder.ts";
import type { SandboxWorld, ServiceModule } from "./world.ts";

/** Transitions that nobody asked for just now (an endpoint became InService) are written this often, real ms. */
const TICK_MS = 500;
/** Modules that are large and change often are written once in so many ticks. */
const LAZY_TICKS = 20;

/** Keeps the modules' state in the data directory: before an answer leaves, and in the background. */
export class Persistence {
  private readonly moduleOf = new Map<ServiceBuilder, ServiceModule>();
  private timer: NodeJS.Timeout | undefined;
  private ticks = 0;

  constructor(
    private readonly dataDir: DataDir,
    private readonly world: SandboxWorld,
    private readonly modules: readonly ServiceModule[],
  ) {
    for (const module of modules) for (const service of module.services) this.moduleOf.set(service, module);
  }

  /** Gives every module what it saved; the modules come in the order in which they need one another. */
  async load(): Promise<void> {
    for (const { persist } of this.modules) {
      const saved = persist && this.dataDir.stateOf(persist.name);
      if (persist && saved !== undefined) await persist.load(saved);
    }
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.timer.unref();
  }

  /** Writes what the operation, and the operations that it called, have changed. */
  commitTouched(): void {
    const touched = new Set<ServiceModule>();
    for (const service of this.world.takeTouched()) {
      const module = this.moduleOf.get(service);
      if (module) touched.add(module);
    }
    this.commit(touched);
  }

  private tick(): void {
    this.ticks++;
    const all = this.ticks % LAZY_TICKS === 0;
    this.commit(this.modules.filter(({ persist }) => all || !persist?.lazy));
  }

  commitAll(): void {
    this.world.takeTouched();
    this.commit(this.modules);
  }

  close(): void {
    clearInterval(this.timer);
    this.commitAll();
  }

  private commit(modules: Iterable<ServiceModule>): void {
    const states: (readonly [string, unknown])[] = [];
    for (const { persist } of modules) if (persist) states.push([persist.name, persist.save()]);
    this.dataDir.commit(states);
  }
}
