import type { StackEvent } from "../domain/stack.ts";

/** What one sees while a deployment runs. */
export type DeployEvent = { kind: "step"; text: string } | { kind: "stack"; event: StackEvent };
export type OnDeployEvent = (event: DeployEvent) => void;
