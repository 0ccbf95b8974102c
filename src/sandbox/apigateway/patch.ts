import type { PatchOperation } from "@aws-sdk/client-api-gateway";
import { badRequest } from "./apiStore.ts";

/** A patch operation whose path has matched; `parts` are the captured, unescaped parts of the path. */
interface Patch {
  op: NonNullable<PatchOperation["op"]>;
  path: string;
  value: string;
  parts: string[];
}

/** How most resources word an unknown path; seen in API Gateway's answers, two spaces included. */
const listedPath = (op: string, path: string, known: string[]) =>
  `Invalid patch path  '${path}' specified for op '${op}'. Must be one of: [${known.join(", ")}]`;

/** How APIs, methods and their responses word an unknown path. */
export const plainPath = (_op: string, path: string) => `Invalid patch path ${path}`;

/** Path template (`/variables/{name}`) → what a patch of it does. */
export type PatchRules = Record<string, (patch: Patch) => void>;

/** A JSON pointer's part: `~1` stands for a slash, `~0` for a tilde. */
export function unescapePointer(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}

/**
 * Runs patch operations (AWS: "PatchOperation").
 * @throws BadRequestException with the paths that are known, for one that is not
 */
export function applyPatches(
  operations: readonly PatchOperation[] | undefined,
  rules: PatchRules,
  unknown = listedPath,
): void {
  for (const { op = "replace", path = "", value = "" } of operations ?? []) {
    let done = false;
    for (const [template, run] of Object.entries(rules)) {
      const found = expressionOf(template).exec(path);
      if (!found) continue;
      run({ op, path, value, parts: found.slice(1).map(unescapePointer) });
      done = true;
      break;
    }
    if (!done) throw badRequest(unknown(op, path, Object.keys(rules)));
  }
}

function expressionOf(template: string): RegExp {
  return new RegExp(`^${template.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{\w+\}/g, "([^/]+)")}$`);
}

/** A rule of a member that can be replaced only, as seen in API Gateway's answers, two spaces included. */
export function replaceOnly(run: PatchRules[string]): PatchRules[string] {
  return (patch) => {
    if (patch.op !== "replace")
      throw badRequest(
        `Invalid patch path  '${patch.path}' specified for op '${patch.op}'. Please choose supported operations`,
      );
    run(patch);
  };
}

/** A rule for the entries of a map: added and replaced, or removed. */
export function mapRule<T>(map: Record<string, T>, read: (value: string) => T): PatchRules[string] {
  return ({ op, value, parts: [name = ""] }) => {
    if (op === "remove") delete map[name];
    else map[name] = read(value);
  };
}

/** A number. @throws BadRequestException */
export function numberOf(value: string): number {
  const parsed = Number(value);
  if (value.trim() === "" || !Number.isFinite(parsed) || parsed < 0)
    throw badRequest(`Invalid value specified: ${value}`);
  return parsed;
}
