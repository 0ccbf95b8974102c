import { referencesIn } from "./references.ts";
import type { ResourceDeclaration, Template } from "./template.ts";
import { invalid } from "./value.ts";

/** Which resources must exist before each resource: by logical id. */
export type Dependencies = ReadonlyMap<string, ReadonlySet<string>>;

/** What a resource needs first: what it names and what its DependsOn says, as far as `present` contains it. */
function needsOf(resource: ResourceDeclaration, present: ReadonlySet<string>): Set<string> {
  const named = referencesIn(resource.properties).filter(({ kind }) => kind === "ref" || kind === "getAtt");
  return new Set([...resource.dependsOn, ...named.map(({ name }) => name)].filter((name) => present.has(name)));
}

/**
 * The dependency graph of the resources whose condition holds.
 * @throws WireError ValidationError `Circular dependency between resources: [A, B]`
 */
export function dependenciesOf(template: Template, present: ReadonlySet<string>): Dependencies {
  const graph = new Map([...present].map((id) => [id, needsOf(template.resources[id]!, present)] as const));
  const inCycle = circular(graph);
  if (inCycle.length) invalid(`Circular dependency between resources: [${inCycle.join(", ")}]`);
  return graph;
}

/** Logical ids that can never be created because each waits for another of them, without those that only wait for the cycle. */
function circular(graph: Dependencies): string[] {
  const left = new Map([...graph].map(([id, needs]) => [id, new Set(needs)]));
  let progress = true;
  while (progress) {
    progress = false;
    for (const [id, needs] of left) {
      // A node outside of every cycle loses either all it needs or all that need it.
      const needed = [...left.values()].some((others) => others.has(id));
      if (needs.size > 0 && needed) continue;
      left.delete(id);
      for (const others of left.values()) others.delete(id);
      progress = true;
    }
  }
  return [...left.keys()];
}

/** The same graph with every arrow turned round: who must be gone before each resource may go. */
export function reversed(graph: Dependencies): Dependencies {
  const out = new Map([...graph.keys()].map((id) => [id, new Set<string>()]));
  for (const [id, needs] of graph) for (const need of needs) out.get(need)?.add(id);
  return out;
}
