/**
 * The line of a resource in the text of a CloudFormation template, YAML or JSON, from 1; undefined when it is not there.
 * Parameters and outputs of the same name are passed over: only what stands below `Resources` counts.
 */
export function findResource(text: string, logicalId: string): number | undefined {
  const lines = text.split("\n");
  const id = logicalId.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const key = new RegExp(`^(\\s*)["']?${id}["']?\\s*:`);
  let outer: number | undefined;
  for (const [index, line] of lines.entries()) {
    const resources = /^(\s*)["']?Resources["']?\s*:/.exec(line);
    if (resources && outer === undefined) {
      outer = resources[1]?.length ?? 0;
      continue;
    }
    if (outer === undefined || !line.trim()) continue;
    const indent = /^\s*/.exec(line)?.[0].length ?? 0;
    const isComment = /^\s*#/.test(line);
    // The next section of the template.
    if (indent <= outer && !isComment && /^\s*["']?\w+["']?\s*:/.test(line)) return undefined;
    const found = key.exec(line);
    if (found && (found[1]?.length ?? 0) > outer) return index + 1;
  }
  return undefined;
}
