import * as l10n from "@vscode/l10n";
import type { Stack, StackResource } from "./stack.ts";

/** How a stack that is stuck is led out of it. */
export interface StackRecovery {
  /** delete: only that is allowed; continueRollback: the update's rollback has to be finished first. */
  action: "delete" | "continueRollback";
  /** What is the matter, in one sentence. */
  sentence: string;
  /** Resources that stand in the way, with CloudFormation's reasons. */
  blockedBy: StackResource[];
}

/**
 * What has to be done before a stack can be deployed again; undefined when nothing stands in the way (CloudFormation
 * user guide, "Stack status codes" and "Continue rolling back an update").
 */
export function recoveryOf(stack: Stack): StackRecovery | undefined {
  const { name, status, resources } = stack;
  const failed = resources.filter((resource) => resource.status.endsWith("_FAILED"));
  switch (status) {
    case "CREATE_FAILED":
    case "ROLLBACK_COMPLETE":
    case "ROLLBACK_FAILED":
      return {
        action: "delete",
        sentence: l10n.t("Stack {0} is {1}: its creation failed, and it can only be deleted.", name, status),
        blockedBy: status === "ROLLBACK_FAILED" ? failed : [],
      };
    case "DELETE_FAILED":
      return {
        action: "delete",
        sentence: l10n.t("Stack {0} is DELETE_FAILED: {1} could not be deleted.", name, named(failed)),
        blockedBy: failed,
      };
    case "UPDATE_ROLLBACK_FAILED": {
      // What is new in the update and failed is not put back but deleted later.
      const stuck = failed.filter((resource) => resource.status === "UPDATE_FAILED");
      return {
        action: "continueRollback",
        sentence: l10n.t("Stack {0} is UPDATE_ROLLBACK_FAILED: {1} could not be put back.", name, named(stuck)),
        blockedBy: stuck,
      };
    }
    default:
      return undefined;
  }
}

function named(resources: readonly StackResource[]): string {
  return resources.length === 0 ? l10n.t("something") : resources.map(({ logicalId }) => logicalId).join(", ");
}
