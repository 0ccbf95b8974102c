import * as l10n from "@vscode/l10n";
import type { AwsClients } from "../aws/clients.ts";
import { continueUpdateRollback, deleteStack, describeStack } from "../aws/cloudformation.ts";
import { emptyBucket } from "../aws/s3.ts";
import { OpsError } from "../domain/errors.ts";
import type { Stack } from "../domain/stack.ts";
import type { OnDeployEvent } from "./deployEvents.ts";
import { type Followed, type FollowOptions, failureOf, followStack, lastEventId } from "./stackEvents.ts";

/** How far a deletion may go. */
export interface RemoveOptions {
  /** Logical ids that stay in the account; only for a stack in DELETE_FAILED. */
  retain?: readonly string[];
  /** Buckets of the stack that could not be deleted are emptied first: what is in them is lost. */
  emptyBuckets?: boolean;
}

/** Buckets that stood in the way of the last deletion. */
export function filledBuckets({ resources }: Stack): { logicalId: string; physicalId: string }[] {
  return resources.flatMap(({ logicalId, physicalId, type, status }) =>
    type === "AWS::S3::Bucket" && status === "DELETE_FAILED" && physicalId ? [{ logicalId, physicalId }] : [],
  );
}

function assertRetainable({ name, status, resources }: Stack, retain: readonly string[]): void {
  if (retain.length === 0) return;
  const failed = resources.filter((resource) => resource.status === "DELETE_FAILED").map(({ logicalId }) => logicalId);
  const wrong = retain.find((id) => !failed.includes(id));
  if (status === "DELETE_FAILED" && wrong === undefined) return;
  throw new OpsError(
    "badInput",
    l10n.t(
      "{0} of stack {1} cannot be retained: CloudFormation retains only what it could not delete before.",
      wrong ?? retain[0] ?? "",
      name,
    ),
    {
      hint: failed.length ? l10n.t("That is {0}.", failed.join(", ")) : l10n.t("Delete the stack without it first."),
    },
  );
}

/** What could not be deleted and the ways out. */
function notDeleted(stack: Stack, followed: Followed): OpsError {
  const failure = failureOf(stack.name, followed);
  const failed = stack.resources.filter(({ status }) => status === "DELETE_FAILED").map(({ logicalId }) => logicalId);
  const buckets = filledBuckets(stack).length > 0 ? l10n.t("empty its buckets, or ") : "";
  return new OpsError("deploymentFailed", failure.message, {
    hint: l10n.t(
      "Correct the cause and delete again, {0}keep what cannot be deleted: {1}.",
      buckets,
      failed.join(", "),
    ),
  });
}

/** How the work is followed. */
type Following = Pick<FollowOptions, "pollMs" | "signal"> & { on: OnDeployEvent };

/**
 * Deletes a stack and follows it to its end.
 * @throws OpsError notFound; badInput for a resource that cannot be retained; deploymentFailed with the ways out
 */
export async function removeStack(
  clients: AwsClients,
  stackName: string,
  following: Following,
  { retain = [], emptyBuckets = false }: RemoveOptions,
): Promise<void> {
  const { on } = following;
  const stack = await describeStack(clients, stackName);
  if (!stack)
    throw new OpsError("notFound", l10n.t("There is no stack {0} in {1}.", stackName, clients.region), {
      hint: l10n.t("Switch the region or the account, or deploy the project first."),
    });
  assertRetainable(stack, retain);
  if (emptyBuckets) {
    for (const { physicalId } of filledBuckets(stack)) {
      const count = await emptyBucket(clients, physicalId);
      on({ kind: "step", text: l10n.t("Deleted {0} objects from bucket {1}", count, physicalId) });
    }
  }
  on({ kind: "step", text: l10n.t("Deleting stack {0}", stackName) });
  const followed = await follow(clients, stack, following, () => deleteStack(clients, stack.id, retain));
  if (followed.stack && followed.stack.status !== "DELETE_COMPLETE") throw notDeleted(followed.stack, followed);
  for (const id of retain) {
    const kept = stack.resources.find(({ logicalId }) => logicalId === id);
    on({
      kind: "step",
      text: l10n.t("{0} stays in the account, at its cost: {1}", id, kept?.physicalId ?? kept?.type ?? ""),
    });
  }
}

/**
 * Finishes the rollback of an update that got stuck, and follows it.
 * @throws OpsError conflict when the stack is in another state, deploymentFailed when it fails again
 */
export async function continueStackRollback(
  clients: AwsClients,
  stackName: string,
  following: Following,
  skip: readonly string[],
): Promise<Stack> {
  const stack = await describeStack(clients, stackName);
  if (stack?.status !== "UPDATE_ROLLBACK_FAILED")
    throw new OpsError(
      "conflict",
      l10n.t("Stack {0} is {1}: no rollback is stuck.", stackName, stack?.status ?? l10n.t("not there")),
      {
        hint: l10n.t("Deploy the project."),
      },
    );
  following.on({ kind: "step", text: l10n.t("Continuing the rollback of stack {0}", stackName) });
  const followed = await follow(clients, stack, following, () => continueUpdateRollback(clients, stack.id, skip));
  if (followed.stack?.status !== "UPDATE_ROLLBACK_COMPLETE") throw failureOf(stackName, followed);
  return followed.stack;
}

async function follow(
  clients: AwsClients,
  { id }: Stack,
  { pollMs, signal, on }: Following,
  begin: () => Promise<void>,
): Promise<Followed> {
  const afterEventId = await lastEventId(clients, id);
  await begin();
  return followStack(clients, id, { pollMs, afterEventId, signal, onEvent: (event) => on({ kind: "stack", event }) });
}
