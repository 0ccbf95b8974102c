import type { StackResource } from "../domain/stack.ts";
import type { TreeNode } from "./treeNode.ts";

/**
 * A row, and those below it, with their place in the project's template: those whose resource the stack has made.
 * SageMaker's resources have their ARNs as physical ids.
 */
export function withTemplatePlaces(node: TreeNode, resources: readonly StackResource[]): TreeNode {
  const { resource, presentation, children } = node;
  const found = resource?.arn && resources.find(({ physicalId }) => physicalId === resource.arn);
  return {
    ...node,
    ...(found && {
      logicalId: found.logicalId,
      presentation: { ...presentation, contextValue: `${presentation.contextValue}+inTemplate` },
    }),
    children: children && (async () => (await children()).map((child) => withTemplatePlaces(child, resources))),
  };
}
