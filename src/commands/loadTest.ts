import type { EndpointArgument } from "../contributions.ts";
import type { Endpoints } from "../services/endpoints.ts";
import { requireConnection } from "./connection.ts";
import { type ExchangeServices, exchangeCommands } from "./loadTestExchange.ts";
import { type PlanSource, pickPlan } from "./loadTestPicks.ts";
import { debugOneRequest, runPlan } from "./loadTestRun.ts";
import { type RunCommandServices, runCommands } from "./loadTestRuns.ts";
import { type TargetServices, targetCommands } from "./loadTestTargets.ts";
import type { CommandTable } from "./register.ts";

/** What the commands of load tests work with. */
export interface LoadTestCommandServices extends RunCommandServices, ExchangeServices, TargetServices {
  endpoints: Endpoints;
}

type LoadTestCommands = Pick<CommandTable, Extract<keyof CommandTable, `sagemakerOps.loadTest.${string}`>>;

export function loadTestCommands(services: LoadTestCommandServices): LoadTestCommands {
  const { loadTests, panels } = services;
  return {
    "sagemakerOps.loadTest.run": (from) => run(services, from),
    "sagemakerOps.loadTest.debugRequest": async (from) => {
      requireConnection(services.connections);
      const planFile = await pickPlan(services, from);
      if (planFile !== undefined) await debugOneRequest(services, planFile);
    },
    "sagemakerOps.loadTest.stop": () => loadTests.stop(),
    "sagemakerOps.loadTest.show": () => {
      if (loadTests.active) panels.show(loadTests.active);
    },
    ...runCommands(services),
    ...exchangeCommands(services),
    ...targetCommands(services),
  };
}

async function run(services: LoadTestCommandServices, from: PlanSource): Promise<void> {
  const { loadTests, panels } = services;
  if (loadTests.isRunning && loadTests.active) {
    panels.show(loadTests.active);
    return;
  }
  requireConnection(services.connections);
  const planFile = await pickPlan(services, from);
  if (planFile === undefined) return;
  const endpointName = (from as EndpointArgument | undefined)?.endpointName;
  const ended = await runPlan(services, planFile, { endpointName, onStarted: (active) => panels.show(active) });
  if (ended?.error) throw ended.error;
}
