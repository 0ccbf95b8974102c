import { ChangeSetNotFoundException, type Parameter } from "@aws-sdk/client-cloudformation";
import type { ChangeSet } from "../stacks/changeSet.ts";
import type { Stack, StackModel, StackStore } from "../stacks/stack.ts";
import { invalid } from "../template/value.ts";

const PAGE = 100;

/** @throws WireError ValidationError `Stack with id … does not exist` */
export function stackOf(store: StackStore, nameOrId: string | undefined, region: string): Stack {
  return store.find(nameOrId, region) ?? invalid(`Stack with id ${nameOrId} does not exist`);
}

/** A change set by ARN, or by name with its stack. @throws ChangeSetNotFoundException, ValidationError */
export function changeSetOf(
  store: StackStore,
  nameOrId: string | undefined,
  stackName: string | undefined,
  region: string,
): { stack: Stack; changeSet: ChangeSet } {
  if (nameOrId?.startsWith("arn:"))
    for (const stack of store.all(region))
      for (const changeSet of stack.changeSets.values()) if (changeSet.id === nameOrId) return { stack, changeSet };
  if (!nameOrId?.startsWith("arn:") && stackName === undefined)
    invalid("StackName must be specified if ChangeSetName is not specified as an ARN.");
  const stack = stackName === undefined ? undefined : store.find(stackName, region);
  if (stackName !== undefined && !stack) invalid(`Stack [${stackName}] does not exist`);
  const changeSet = stack?.changeSets.get(nameOrId ?? "");
  if (!stack || !changeSet)
    throw new ChangeSetNotFoundException({ message: `ChangeSet [${nameOrId}] does not exist`, $metadata: {} });
  return { stack, changeSet };
}

/** Parameters as they are shown: values of NoEcho parameters are masked. */
export function shownParameters(model: StackModel | undefined): Parameter[] | undefined {
  if (!model || model.parameters.size === 0) return undefined;
  return [...model.parameters].map(([ParameterKey, value]) => ({
    ParameterKey,
    ParameterValue: model.template.parameters[ParameterKey]?.noEcho ? "****" : value,
  }));
}

/** One page of a list; the token is the index to go on from. */
export function pageOf<T>(
  items: readonly T[],
  token: string | undefined,
  size = PAGE,
): { page: T[]; NextToken?: string } {
  const from = token === undefined ? 0 : Number(Buffer.from(token, "base64url").toString());
  if (!Number.isInteger(from) || from < 0) invalid("The specified NextToken is invalid.");
  const next = from + size;
  return {
    page: items.slice(from, next),
    NextToken: next < items.length ? Buffer.from(String(next)).toString("base64url") : undefined,
  };
}

/** Stack names (AWS: CreateStack, StackName). @throws WireError ValidationError */
export function checkStackName(name: string): void {
  if (!/^[a-zA-Z][-a-zA-Z0-9]*$/.test(name))
    invalid(
      `1 validation error detected: Value '${name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
    );
  if (name.length > 128)
    invalid(
      `1 validation error detected: Value '${name}' at 'stackName' failed to satisfy constraint: Member must have length less than or equal to 128`,
    );
}
