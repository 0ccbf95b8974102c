import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import tables from "../../../../src/sandbox/wire/constraints.json" with { type: "json" };
import { type Constraint, type Constraints, compilePattern } from "../../../../src/sandbox/wire/validation.ts";

const rig = (name: string) => fileURLToPath(new URL(`../../../rig/${name}`, import.meta.url));
const { notice, botocore, ...services } = tables as unknown as { notice: string; botocore: string } & Record<
  string,
  Constraints
>;

/** Patterns that JavaScript cannot express; what they say is not enforced. */
const UNTRANSLATED: string[] = [];

const all: { at: string; constraint: Constraint }[] = Object.entries(services).flatMap(([service, shapes]) =>
  Object.entries(shapes as Constraints).flatMap(([shape, members]) =>
    Object.entries(members).map(([member, constraint]) => ({ at: `${service}.${shape}.${member}`, constraint })),
  ),
);
const patterns = [...new Set(all.flatMap(({ constraint }) => constraint.pattern ?? []))];

describe("the constraint tables", () => {
  it("name their source and cover the services", () => {
    assert.match(notice, /botocore \(Apache-2\.0/);
    assert.ok(Object.keys(services).length >= 11);
    assert.ok(all.length > 300, `only ${all.length} constraints`);
    assert.ok(patterns.length > 60, `only ${patterns.length} patterns`);
  });

  it("every pattern compiles, or is listed here as not enforced", () =>
    assert.deepEqual(
      patterns.filter((p) => compilePattern(p) === null),
      UNTRANSLATED,
    ));

  it("translated patterns mean what they say", () => {
    const accepts = (at: string, text: string) => {
      const pattern = all.find((c) => c.at === at)?.constraint.pattern;
      assert.ok(pattern, `${at} has no pattern any more`);
      return compilePattern(pattern)?.test(text);
    };
    assert.equal(accepts("sagemaker.CreateEndpointInput.EndpointName", "wine-endpoint"), true);
    assert.equal(accepts("sagemaker.CreateEndpointInput.EndpointName", "-wine"), false);
    assert.equal(accepts("sagemaker.CreateEndpointInput.EndpointName", "wine\nendpoint"), false);
    assert.equal(accepts("amplify.AutoBranchCreationConfig.buildSpec", "a\nb"), true);
    assert.equal(compilePattern(".*")?.test("a\nb"), false);
    assert.equal(accepts("sagemaker.Tag.Key", "a:b/c=d+e-f@g h"), true);
    assert.equal(accepts("sagemaker.Tag.Key", "a#"), false);
    assert.equal(accepts("iam.CreateRoleRequest.RoleName", "a_b+c=d,e.f@g-h"), true);
    assert.equal(accepts("iam.CreateRoleRequest.RoleName", "a/b"), false);
  });

  it("are those of the operations that the sandbox has", (t) => {
    const version = spawnSync("python3", ["-c", "import botocore; print(botocore.__version__)"], { encoding: "utf8" });
    const have = version.status === 0 ? version.stdout.trim() : "no botocore";
    if (have !== botocore) {
      t.skip(`NOT CHECKED: the tables come from botocore ${botocore}, this machine has ${have}`);
      return;
    }
    const operations = spawnSync(process.execPath, ["--import", "tsx", rig("listOperations.ts")], { encoding: "utf8" });
    assert.equal(operations.status, 0, operations.stderr);
    const fresh = spawnSync("python3", [rig("extractConstraints.py"), "--print"], {
      input: operations.stdout,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    });
    assert.equal(fresh.status, 0, fresh.stderr);
    const now = JSON.parse(fresh.stdout) as typeof tables;
    const stale = Object.keys(now).filter(
      (k) =>
        JSON.stringify(sorted(now[k as keyof typeof now])) !== JSON.stringify(sorted(tables[k as keyof typeof now])),
    );
    assert.deepEqual(stale, [], "run test/rig/extractConstraints.py as its first lines say");
  });
});

/** Keys in order, so that formatting and order of a file do not matter. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v)]),
  );
}
