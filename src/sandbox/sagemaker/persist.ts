import type { Persistent } from "../engine/dataDir.ts";
import type { World } from "../world.ts";
import { prepareVariant, resize } from "./fleet.ts";
import { loadModel } from "./inferenceComponents.ts";
import type { EndpointLifecycle } from "./lifecycle.ts";
import {
  type ComponentRecord,
  createRegionState,
  type EndpointRecord,
  type RegionState,
  type RunningVariant,
} from "./state.ts";
import type { TrainingRuns } from "./trainingRun.ts";

/** A variant without what is made anew: the loaded model and the simulated instances. */
type SavedVariant = Pick<RunningVariant, "config" | "desiredCount" | "currentWeight" | "desiredWeight"> & {
  count: number;
};
type SavedEndpoint = Omit<EndpointRecord, "variants" | "green" | "generation"> & { variants: SavedVariant[] };
type SavedComponent = Omit<ComponentRecord, "booster" | "instances" | "inFlight">;
type SavedRegion = Omit<RegionState, "endpoints" | "components"> & {
  endpoints: SavedEndpoint[];
  components: SavedComponent[];
};

/** Models, configurations and endpoints; what was under way when the sandbox ended goes on after its restart. */
export function persistSageMaker(
  world: World,
  regions: Map<string, RegionState>,
  lifecycle: EndpointLifecycle,
  runs: TrainingRuns,
): Persistent {
  return {
    name: "sagemaker",
    save: () => [...regions.values()].map(saveRegion),
    async load(saved) {
      for (const { endpoints, components, ...rest } of saved as SavedRegion[]) {
        const state: RegionState = { ...createRegionState(rest.region), ...rest };
        regions.set(state.region, state);
        for (const endpoint of endpoints) await loadEndpoint(world, state, lifecycle, endpoint);
        for (const component of components) await loadComponent(world, state, component);
        for (const job of state.trainings.values())
          if (job.status === "InProgress") runs.start(state.region, job);
          else if (job.status === "Stopping") job.status = "Stopped";
        settleDomains(state);
      }
    },
  };
}

function saveRegion({ endpoints, components, ...rest }: RegionState): SavedRegion {
  return {
    ...rest,
    components: [...components.values()].map(({ booster: _, instances: __, inFlight: ___, ...component }) => component),
    endpoints: [...endpoints.values()].map(({ variants, green: _green, generation: _, ...endpoint }) => ({
      ...endpoint,
      variants: variants.map(({ config, desiredCount, currentWeight, desiredWeight, instances }) => ({
        config,
        desiredCount,
        currentWeight,
        desiredWeight,
        count: instances.length,
      })),
    })),
  };
}

/** What was being made is there; what was being deleted is gone. */
function settleDomains({ domains }: RegionState): void {
  const settle = <T extends { status: string }>(records: Map<string, T>) => {
    for (const [key, record] of records)
      if (record.status === "Deleting") records.delete(key);
      else record.status = "InService";
  };
  settle(domains);
  for (const { profiles } of domains.values()) settle(profiles);
}

async function loadEndpoint(
  world: World,
  state: RegionState,
  lifecycle: EndpointLifecycle,
  saved: SavedEndpoint,
): Promise<void> {
  const endpoint: EndpointRecord = { ...saved, variants: [], generation: 0 };
  state.endpoints.set(endpoint.name.toLowerCase(), endpoint);
  try {
    endpoint.variants = await Promise.all(
      saved.variants.map(async ({ count, ...variant }) => {
        const running = await prepareVariant(world, state, endpoint.name, variant.config);
        Object.assign(running, variant);
        resize(world, running, count);
        return running;
      }),
    );
  } catch (e) {
    endpoint.status = "Failed";
    endpoint.failureReason = `The sandbox could not start the endpoint again: ${(e as Error).message}`;
    return;
  }
  await resume(state, lifecycle, endpoint);
}

/** A component that was changing is there as it was meant to become. */
async function loadComponent(world: World, state: RegionState, saved: SavedComponent): Promise<void> {
  const component: ComponentRecord = { ...saved, instances: [], inFlight: 0 };
  if (component.status === "Deleting") return;
  state.components.set(component.componentName, component);
  try {
    component.booster = await loadModel(world, state, component);
    resize(world, component, component.desiredCopies);
    component.status = "InService";
  } catch (e) {
    component.status = "Failed";
    component.failureReason = (e as Error).message;
  }
}

async function resume(state: RegionState, lifecycle: EndpointLifecycle, endpoint: EndpointRecord): Promise<void> {
  const variantsOf = (name: string) => state.configs.get(name)?.input.ProductionVariants ?? [];
  switch (endpoint.status) {
    case "Creating":
      return lifecycle.create(state, endpoint, variantsOf(endpoint.configName));
    case "Deleting":
      return lifecycle.remove(state, endpoint);
    case "Updating": {
      const { pending } = endpoint;
      if (pending)
        return lifecycle.update(state, endpoint, pending.configName, variantsOf(pending.configName), pending.retain);
      return lifecycle.changeCapacities(endpoint, endpoint.variants);
    }
    default:
      return undefined;
  }
}
