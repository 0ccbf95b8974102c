import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { checkTemplate } from "../../../src/services/templateCheck.ts";

const folder = mkdtempSync(path.join(tmpdir(), "ops-template-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const file = path.join(folder, "template.yaml");
const project = { parameters: {}, artifacts: {} };

/** Without cfn-lint on the PATH. */
async function bare<T>(work: () => Promise<T>): Promise<T> {
  const saved = process.env.PATH;
  process.env.PATH = folder;
  try {
    return await work();
  } finally {
    process.env.PATH = saved;
  }
}
const check = (text: string, more: object = {}) => bare(() => checkTemplate(text, file, { ...project, ...more }));

test("the wine project's template has no findings", async () => {
  const text = readFileSync(fileURLToPath(new URL("../../../infra/template.yaml", import.meta.url)), "utf8");
  const wine = JSON.parse(
    readFileSync(fileURLToPath(new URL("../../../infra/sagemaker-ops.json", import.meta.url)), "utf8"),
  ) as typeof project;
  assert.deepEqual(await check(text, wine), []);
});

test("a syntax error is told at its place, alone", async () => {
  const [first, ...others] = await check("Resources:\n  A:\n    Type: [\n");
  assert.equal(first?.severity, "error");
  assert.ok((first?.line ?? 0) >= 3, JSON.stringify(first));
  assert.deepEqual(others, []);
});

test("a bracket that is not closed is one problem, not one for each line below it", async () => {
  const rest = Array.from({ length: 20 }, (_, i) => `  B${i}:\n    Type: AWS::Logs::LogGroup\n`).join("");
  const findings = await check(`Resources:\n  A: [\n    Type: AWS::Logs::LogGroup\n${rest}`);
  assert.equal(findings.length, 1, JSON.stringify(findings.slice(0, 3)));
});

test("names that lead nowhere are told where they stand, in every form", async () => {
  const findings = await check(`Parameters:
  Known: { Type: String, Default: x }
Resources:
  Group:
    Type: AWS::Logs::LogGroup
    Properties:
      LogGroupName: !Sub \${Known}-\${Nowhere}-\${AWS::Region}-\${!Literal}
      RetentionInDays: !Ref Missing
      KmsKeyId: { "Fn::GetAtt": "Gone.Arn" }
      Tags: !GetAtt Group.Arn
  Bare: { Properties: {} }
`);
  const told = findings.map(({ line, message }) => `${line} ${message}`);
  assert.deepEqual(told, [
    "11 Resource Bare has no Type.",
    "7 There is no resource or parameter Nowhere.",
    "8 There is no resource or parameter Missing.",
    "9 There is no resource or parameter Gone.",
  ]);
});

test("parameters that the project does not give, and those that the template does not have", async () => {
  const text = "Parameters:\n  Needed: { Type: String }\nResources:\n  A: { Type: AWS::Logs::LogGroup }\n";
  const findings = await check(text, { parameters: { Wrong: "1" } });
  assert.deepEqual(
    findings.map(({ severity, line }) => [severity, line]),
    [
      ["warning", 2],
      ["error", 2],
    ],
  );
  assert.match(findings[1]?.message ?? "", /sets parameter Wrong/);
  assert.deepEqual(await check(text, { parameters: { Needed: "1" } }), []);
});

test("what cfn-lint finds is taken where it is installed", { skip: process.platform === "win32" }, async () => {
  // A program of that name which answers as the real one does (--format json).
  const match = {
    Level: "Error",
    Message: "Invalid resource type AWS::No::Type",
    Rule: { Id: "E3001" },
    Location: { Start: { LineNumber: 3, ColumnNumber: 5 }, End: { LineNumber: 3, ColumnNumber: 9 } },
  };
  const program = path.join(folder, "cfn-lint");
  writeFileSync(program, `#!/bin/sh\ncat <<'END'\n${JSON.stringify([match])}\nEND\nexit 2\n`, { mode: 0o755 });
  const saved = process.env.PATH;
  process.env.PATH = `${folder}:${saved}`;
  try {
    const findings = await checkTemplate("Resources:\n  A:\n    Type: AWS::No::Type\n", file, project);
    assert.deepEqual(
      findings.map(({ source, line }) => [source, line]),
      [["cfn-lint E3001", 3]],
    );
  } finally {
    process.env.PATH = saved;
    rmSync(program);
  }
});
