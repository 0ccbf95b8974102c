import type { Persistent } from "../../engine/dataDir.ts";
import type { World } from "../../world.ts";
import { startDeletion, startRollback } from "./execution.ts";
import { type Stack, type StackStore, setStackStatus } from "./stack.ts";

const STOPPED = "The sandbox was stopped during the operation.";

/** Stacks and change sets. An operation that the sandbox's end interrupted is rolled back, a deletion goes on. */
export function persistStacks(world: World, store: StackStore): Persistent {
  return {
    name: "cloudformation",
    save: () => store.stacks,
    load(saved) {
      for (const stack of saved as Stack[]) {
        stack.operation = undefined;
        store.stacks.push(stack);
        goOn(world, store, stack);
      }
    },
  };
}

function goOn(world: World, store: StackStore, stack: Stack): void {
  const input = { principalArn: `arn:aws:iam::${world.accountId}:root` };
  const settle = (status: Stack["status"]) => setStackStatus(stack, status, STOPPED, world.clock.now());
  switch (stack.status) {
    case "CREATE_IN_PROGRESS":
    case "ROLLBACK_IN_PROGRESS":
      settle("CREATE_FAILED");
      if (!stack.disableRollback) void startRollback(world, stack, input);
      return;
    case "UPDATE_IN_PROGRESS":
    case "UPDATE_ROLLBACK_IN_PROGRESS":
      settle("UPDATE_ROLLBACK_FAILED");
      return;
    case "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS":
      settle("UPDATE_COMPLETE");
      return;
    case "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS":
      settle("UPDATE_ROLLBACK_COMPLETE");
      return;
    case "DELETE_IN_PROGRESS":
      settle("DELETE_FAILED");
      void startDeletion(world, store, stack, new Set(), input);
      return;
    default:
      return;
  }
}
