import { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { serviceInfo } from "../wire/serviceInfo.ts";
import type { ServiceModule, World } from "../world.ts";
import { AsyncQueues } from "./asyncQueue.ts";
import { registerDomains } from "./domains.ts";
import { registerEndpointConfigs } from "./endpointConfigs.ts";
import { registerEndpoints } from "./endpoints.ts";
import { publishConcurrency, publishInstanceMetrics } from "./fleet.ts";
import { registerInferenceComponents } from "./inferenceComponents.ts";
import { createInvokeService, registerInvoke } from "./invoke.ts";
import { registerInvokeAsync } from "./invokeAsync.ts";
import { registerInvokeStream } from "./invokeStream.ts";
import { EndpointLifecycle } from "./lifecycle.ts";
import { registerModels } from "./models.ts";
import { persistSageMaker } from "./persist.ts";
import { createRegionState, type RegionState } from "./state.ts";
import { registerTags } from "./tags.ts";
import { registerTrainingJobs } from "./trainingJobs.ts";
import { TrainingRuns } from "./trainingRun.ts";

/** SageMaker publishes the instances' metrics once a minute. */
const PUBLISH_EVERY_MS = 60_000;
/** The high-resolution concurrency metrics come every ten seconds. */
const CONCURRENCY_EVERY_MS = 10_000;

/** SageMaker and its runtime. */
export function createSageMaker(
  world: World,
  onEndpointDeleted: (region: string, endpointName: string) => void,
): ServiceModule {
  const metricsOf = world.metrics.of;
  const regions = new Map<string, RegionState>();
  const stateOf = (region: string): RegionState => {
    let state = regions.get(region);
    if (!state) {
      state = createRegionState(region);
      regions.set(region, state);
    }
    return state;
  };
  const queues = new AsyncQueues(world);
  const stop = world.clock.every(PUBLISH_EVERY_MS, () => {
    const elapsed = world.clock.toReal(PUBLISH_EVERY_MS) || PUBLISH_EVERY_MS;
    for (const state of regions.values())
      for (const endpoint of state.endpoints.values()) {
        publishInstanceMetrics(endpoint, metricsOf(state.region), elapsed);
        queues.publish(state, endpoint, metricsOf(state.region));
      }
  });

  const stopConcurrency = world.clock.every(CONCURRENCY_EVERY_MS, () => {
    for (const state of regions.values())
      for (const unit of [...[...state.endpoints.values()].flatMap((e) => e.variants), ...state.components.values()])
        publishConcurrency(unit, metricsOf(state.region));
  });

  const control = new ServiceBuilder(serviceInfo.sagemaker);
  registerModels(control, world, stateOf);
  registerEndpointConfigs(control, world, stateOf);
  const lifecycle = new EndpointLifecycle(world);
  registerEndpoints(control, world, lifecycle, stateOf, onEndpointDeleted);
  registerInferenceComponents(control, world, stateOf);
  const runs = new TrainingRuns(world);
  registerTrainingJobs(control, world, stateOf, runs);
  registerDomains(control, world, stateOf);
  registerTags(control, stateOf);
  const runtime = new ServiceBuilder(serviceInfo.runtime);
  const invoke = createInvokeService(world, stateOf, metricsOf);
  registerInvoke(runtime, invoke);
  registerInvokeStream(runtime, invoke);
  registerInvokeAsync(runtime, world, invoke, stateOf, queues);
  const persist = persistSageMaker(world, regions, lifecycle, runs);
  return {
    services: [control, runtime],
    persist,
    close: async () => {
      stop();
      stopConcurrency();
      runs.close();
    },
  };
}
