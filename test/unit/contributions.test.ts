import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { commandIds, contextKeys, settingDefaults, viewIds } from "../../src/contributions.ts";
import { tools } from "../../src/services/tools/table.ts";
import { contributedTools } from "../rig/listTools.ts";

interface MenuItem {
  command: string;
  when?: string;
}
interface Manifest {
  icon: string;
  main: string;
  activationEvents: string[];
  contributes: {
    commands: { command: string; title: string; category: string; enablement?: string }[];
    views: Record<string, { id: string; when?: string }[]>;
    viewsContainers: { activitybar: { id: string; icon: string }[] };
    viewsWelcome: { view: string; contents: string; when?: string }[];
    menus: Record<string, MenuItem[]>;
    languageModelTools: Record<string, unknown>[];
    configuration: { properties: Record<string, { default: unknown }> };
  };
}

const root = path.resolve(import.meta.dirname, "../..");
const read = (name: string) => readFileSync(path.join(root, name), "utf8");
const manifest = JSON.parse(read("package.json")) as Manifest;
const texts = JSON.parse(read("package.nls.json")) as Record<string, string>;
const { contributes } = manifest;
const sorted = (list: Iterable<string>) => [...list].sort();

test("package.json contributes exactly the commands of the code, all in one category", () => {
  assert.deepEqual(sorted(contributes.commands.map(({ command }) => command)), sorted(commandIds));
  assert.deepEqual(new Set(contributes.commands.map(({ category }) => category)), new Set(["SageMaker Ops"]));
});

test("views and settings are those of the code, settings with the same defaults", () => {
  const views = Object.values(contributes.views).flat();
  assert.deepEqual(sorted(views.map(({ id }) => id)), sorted(Object.values(viewIds)));
  const { properties } = contributes.configuration;
  const defaults = Object.fromEntries(Object.entries(properties).map(([id, setting]) => [id, setting.default]));
  assert.deepEqual(defaults, settingDefaults);
});

test("menus name commands that exist, and conditions name context keys that are set", () => {
  const items = Object.values(contributes.menus).flat();
  const unknown = items.filter(({ command }) => !(commandIds as string[]).includes(command));
  assert.deepEqual(unknown, []);
  const conditions = [...items, ...contributes.viewsWelcome, ...contributes.commands].map((item) =>
    "when" in item ? (item.when ?? "") : "enablement" in item ? (item.enablement ?? "") : "",
  );
  const known: string[] = [...contextKeys, ...Object.values(viewIds)];
  const named = conditions.flatMap((condition) => condition.match(/sagemakerOps\.\w+/g) ?? []);
  assert.ok(named.length > 20, `only ${named.length} keys were looked at`);
  assert.deepEqual(
    named.filter((key) => !known.includes(key)),
    [],
  );
  const used = new Set(named);
  assert.deepEqual(
    contextKeys.filter((key) => !used.has(key)),
    [],
  );
});

test("the menus of an endpoint are not those of its configuration, nor is one kind's menu another's", () => {
  // Kinds of rows, of which some begin with the name of another.
  const kinds = [
    "endpoint",
    "endpointConfig",
    "stack",
    "output",
    "resource",
    "run",
    "plan",
    "scaling",
    "model",
    "value",
  ];
  const conditions = (contributes.menus["view/item/context"] ?? []).map(({ when }) => when ?? "");
  const mixed = conditions.filter((when) => {
    const [, pattern] = /viewItem =~ \/(\^[^|]*)\/$/.exec(when) ?? [];
    if (!pattern) return false;
    const wanted = new RegExp(pattern);
    return kinds.some((kind) => kinds.some((other) => kind !== other && wanted.test(kind) && wanted.test(other)));
  });
  assert.deepEqual(mixed, []);
});

test("every text is in package.nls.json, and none there is unused", () => {
  const used = [...read("package.json").matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key ?? "");
  assert.deepEqual(sorted(new Set(used)), sorted(Object.keys(texts)));
  const commands = Object.values(texts).flatMap((text) => [...text.matchAll(/\(command:([\w.]+)\)/g)]);
  const editors = ["vscode.openFolder"];
  assert.deepEqual(
    commands.map(([, id]) => id ?? "").filter((id) => ![...commandIds, ...editors].includes(id)),
    [],
  );
});

test("the German texts are those of package.nls.json, with the same commands behind their links", () => {
  const german = JSON.parse(read("package.nls.de.json")) as Record<string, string>;
  assert.deepEqual(sorted(Object.keys(german)), sorted(Object.keys(texts)));
  const links = (text: string) => [...text.matchAll(/\(command:[\w.]+\)/g)].map(([link]) => link);
  const differing = Object.keys(texts).filter(
    (key) => links(texts[key] ?? "").join() !== links(german[key] ?? "").join(),
  );
  assert.deepEqual(differing, []);
});

test("the extension starts for a project, a load plan or one of its pages only, and its pictures exist", () => {
  assert.deepEqual(manifest.activationEvents, [
    "workspaceContains:sagemaker-ops.json",
    "workspaceContains:**/*.ramp.json",
    "workspaceContains:**/*.predict.http",
    "onWebviewPanel:sagemakerOps.endpoint",
    "onWebviewPanel:sagemakerOps.loadRun",
  ]);
  for (const file of [manifest.icon, ...contributes.viewsContainers.activitybar.map(({ icon }) => icon)]) {
    assert.ok(existsSync(path.join(root, file)), file);
  }
});

// node --import tsx test/rig/listTools.ts prints them.
test("package.json contributes the tools of the table, with the schemas that check their inputs", () => {
  assert.deepEqual(contributes.languageModelTools, JSON.parse(JSON.stringify(contributedTools())));
  assert.equal(contributes.languageModelTools.length, tools.length);
  for (const { effect, name, preview } of tools)
    assert.equal(preview !== undefined, effect !== "reads", `${name} asks first exactly if it ${effect}`);
});
