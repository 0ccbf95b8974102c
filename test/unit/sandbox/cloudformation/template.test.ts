// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are full of them
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cidrBlocks } from "../../../../src/sandbox/cloudformation/template/cidr.ts";
import { conditionLookup } from "../../../../src/sandbox/cloudformation/template/conditions.ts";
import { dependenciesOf } from "../../../../src/sandbox/cloudformation/template/graph.ts";
import { evaluate, type Scope } from "../../../../src/sandbox/cloudformation/template/intrinsics.ts";
import { expandTransforms } from "../../../../src/sandbox/cloudformation/template/languageExtensions.ts";
import { resolveParameters } from "../../../../src/sandbox/cloudformation/template/parameters.ts";
import { checkReferences } from "../../../../src/sandbox/cloudformation/template/references.ts";
import { readTemplate } from "../../../../src/sandbox/cloudformation/template/template.ts";
import { parseTemplateText } from "../../../../src/sandbox/cloudformation/template/templateText.ts";
import type { Value } from "../../../../src/sandbox/cloudformation/template/value.ts";

const scope: Scope = {
  region: "eu-west-1",
  mappings: { Sizes: { small: { type: "ml.t2.medium", zones: ["a", "b"] } } },
  ref: (name) => (name === "AWS::NoValue" ? undefined : name === "List" ? ["x", "y"] : `<${name}>`),
  getAtt: (id, attribute) => `<${id}/${attribute}>`,
  condition: (name) => name === "Yes",
  importValue: (name) => `imported ${name}`,
};

/** What a YAML expression evaluates to. */
const value = (expression: string): Value | undefined =>
  evaluate(parseTemplateText(`V: ${expression}`).V as Value, scope);

describe("template text", () => {
  it("reads JSON and the short forms of YAML alike", () => {
    const yaml = parseTemplateText(
      'A: !Sub "${B}-x"\nC: !GetAtt D.E.F\nG: !If [Yes, !Ref H, !Ref "AWS::NoValue"]\nN: !Base64\n  Fn::Sub: t\n',
    );
    assert.deepEqual(yaml, {
      A: { "Fn::Sub": "${B}-x" },
      C: { "Fn::GetAtt": ["D", "E.F"] },
      G: { "Fn::If": ["Yes", { Ref: "H" }, { Ref: "AWS::NoValue" }] },
      N: { "Fn::Base64": { "Fn::Sub": "t" } },
    });
    assert.deepEqual(parseTemplateText(JSON.stringify(yaml)), yaml);
  });

  it("keeps numbers and dates that are really text", () => {
    assert.deepEqual(parseTemplateText("a: 012345678901\nb: 1.10\nc: 2012-10-17\nd: 7\ne: true\nf: yes"), {
      a: "012345678901",
      b: "1.10",
      c: "2012-10-17",
      d: 7,
      e: true,
      f: "yes",
    });
  });

  for (const [name, text, expected] of [
    ["broken JSON", '{"A": [1,}', /JSON not well-formed\. \(line 1, column \d+\)/],
    ["broken YAML", "A: [1\nB: 2", /YAML not well-formed\. \(line \d+, column \d+\)/],
    ["a key that is there twice", "A: 1\nA: 2", /YAML not well-formed.*unique/],
    ["null", "A:\n  B:\n", /\[\/A\/B\] 'null' values are not allowed/],
    ["an unknown tag", "A: !Nope x", /unknown tag !Nope/],
    ["a prototype", '{"__proto__": {"x": 1}}', /__proto__ is not allowed/],
    ["a list", "- 1", /unsupported structure/],
  ] as const)
    it(`refuses ${name}`, () => assert.throws(() => parseTemplateText(text), expected));

  it("refuses a billion laughs", () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 9; i++) lines.push(`a${i}: &a${i} [${`*a${i - 1}, `.repeat(9)}*a${i - 1}]`);
    assert.throws(() => parseTemplateText(lines.join("\n")), /aliases expand to more than/);
  });
});

describe("intrinsics", () => {
  const cases: [string, Value | undefined][] = [
    ['!Sub "${A}:${B.Arn}:${!C}:${AWS::Region}"', "<A>:<B/Arn>:${C}:<AWS::Region>"],
    ['!Sub ["${A}/${X}", {X: !Join ["-", [1, !Ref Y]]}]', "<A>/1-<Y>"],
    ["!Join [',', !Ref List]", "x,y"],
    ["!Select [1, !Split ['.', a.b.c]]", "b"],
    ["!If [Yes, 1, 2]", 1],
    ["!If [No, 1, !Ref AWS::NoValue]", undefined],
    ["[1, !Ref AWS::NoValue, 2]", [1, 2]],
    ["{a: !Ref AWS::NoValue, b: 1}", { b: 1 }],
    ["!FindInMap [Sizes, small, type]", "ml.t2.medium"],
    ["!FindInMap [Sizes, large, type, {DefaultValue: none}]", "none"],
    ["!Base64 hi", "aGk="],
    ["!GetAZs ''", ["eu-west-1a", "eu-west-1b", "eu-west-1c"]],
    ["!ImportValue net", "imported net"],
    ["!Length [1, 2, 3]", 3],
    ["!ToJsonString {a: !Ref B}", '{"a":"<B>"}'],
    ["!Equals [true, 'true']", true],
    ["!Not [!Condition Yes]", false],
    ["!And [!Condition Yes, !Equals [a, a]]", true],
    ["!Or [!Condition No, !Equals [a, b]]", false],
    ["!Select [0, !Cidr [10.0.0.0/16, 2, 8]]", "10.0.0.0/24"],
  ];
  for (const [expression, expected] of cases) it(expression, () => assert.deepEqual(value(expression), expected));

  for (const [expression, expected] of [
    ["!Select [3, [a]]", /cannot select nonexistent value at index 3/],
    ["!FindInMap [Nope, a, b]", /Mapping named 'Nope' is not present/],
    ["!FindInMap [Sizes, a, b]", /Unable to get mapping for Sizes::a::b/],
    ["!Sub '${a b}'", /variable names in Fn::Sub syntax/],
    ["!Join [a]", /Fn::Join object requires 2/],
    ["{Fn::Nope: 1}", /the function Fn::Nope is not known/],
  ] as const)
    it(`refuses ${expression}`, () => assert.throws(() => value(expression), expected));

  it("cuts subnets, of IPv6 too", () => {
    assert.deepEqual(cidrBlocks("10.1.2.0/24", 3, 4), ["10.1.2.0/28", "10.1.2.16/28", "10.1.2.32/28"]);
    assert.deepEqual(cidrBlocks("2001:db8::/56", 2, 64), ["2001:db8::/64", "2001:db8:0:1::/64"]);
    assert.throws(() => cidrBlocks("10.0.0.0/30", 9, 1), /cannot cut/);
  });
});

const template = (text: string) => readTemplate(parseTemplateText(text));
const one = "Resources: {A: {Type: T}}\n";

describe("template", () => {
  for (const [name, text, expected] of [
    ["no resources", "Parameters: {}", /At least one Resources member/],
    ["an unknown section", `${one}Resourcez: {}`, /Invalid template property or properties \[Resourcez\]/],
    ["a resource without type", "Resources: {A: {}}", /\[\/Resources\/A\] Every Resources object must contain a Type/],
    ["a bad logical id", "Resources: {A-B: {Type: T}}", /Resource name A-B is non alphanumeric/],
    ["an unknown policy", "Resources: {A: {Type: T, DeletionPolicy: Keep}}", /Unrecognized DeletionPolicy/],
  ] as const)
    it(`refuses ${name}`, () => assert.throws(() => template(text), expected));

  for (const [name, text, expected] of [
    [
      "a Ref",
      "Resources: {A: {Type: T, Properties: {X: !Ref B}}}",
      /Unresolved resource dependencies \[B\] in the Resources block/,
    ],
    [
      "a GetAtt",
      "Resources: {A: {Type: T, Properties: {X: !GetAtt B.Arn}}}",
      /Fn::GetAtt references undefined resource B/,
    ],
    [
      "an attribute",
      "Resources: {A: {Type: T}, B: {Type: T, Properties: {X: !Sub '${A.Nope}'}}}",
      /resource A does not support attribute type Nope/,
    ],
    ["a DependsOn", "Resources: {A: {Type: T, DependsOn: B}}", /Unresolved resource dependencies \[B\]/],
    ["a condition", "Resources: {A: {Type: T, Condition: C}}", /Unresolved condition dependency C/],
    ["an output", `${one}Outputs: {O: {Value: !Ref Z}}`, /\[Z\] in the Outputs block/],
    [
      "a resource in a condition",
      `${one}Conditions: {C: !Equals [!Ref A, x]}`,
      /Cannot reference resources in the Conditions block/,
    ],
  ] as const)
    it(`refuses ${name} that is not there`, () =>
      assert.throws(() => checkReferences(template(text), () => new Set(["Arn"])), expected));

  it("orders by reference and DependsOn and refuses cycles, naming only the cycle's members", () => {
    const graph = dependenciesOf(
      template("Resources: {A: {Type: T, DependsOn: B}, B: {Type: T, Properties: {X: !Sub '${C.Arn}'}}, C: {Type: T}}"),
      new Set(["A", "B", "C"]),
    );
    assert.deepEqual(Object.fromEntries([...graph].map(([id, needs]) => [id, [...needs]])), {
      A: ["B"],
      B: ["C"],
      C: [],
    });
    const cyclic = template(
      "Resources: {A: {Type: T, DependsOn: B}, B: {Type: T, DependsOn: A}, C: {Type: T, DependsOn: A}, D: {Type: T}, E: {Type: T, DependsOn: D}}",
    );
    assert.throws(
      () => dependenciesOf(cyclic, new Set(["A", "B", "C", "D", "E"])),
      /Circular dependency between resources: \[A, B\]$/,
    );
  });

  it("evaluates conditions by one another and refuses those that need themselves", () => {
    const conditions = template(`${one}Conditions:
  Prod: !Equals [prod, prod]
  Both: !And [!Condition Prod, !Not [!Equals [a, b]]]
  Loop: !Not [!Condition Loop]`).conditions;
    const lookup: (name: string) => boolean = conditionLookup(conditions, () => ({ ...scope, condition: lookup }));
    assert.equal(lookup("Both"), true);
    assert.throws(() => lookup("Loop"), /circular condition dependency at Loop/);
    assert.throws(() => lookup("Nope"), /Unresolved condition dependency Nope/);
  });

  it("unrolls Fn::ForEach", () => {
    const root = parseTemplateText(`Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Queues:
    - Name
    - [One, Two]
    - Queue\${Name}: {Type: T, Properties: {N: !Ref Name, S: !Sub "\${Name}-\${AWS::Region}"}}`);
    const { resources } = readTemplate(expandTransforms(root, new Map()));
    assert.deepEqual(Object.keys(resources), ["QueueOne", "QueueTwo"]);
    assert.deepEqual(resources.QueueTwo?.properties, { N: "Two", S: { "Fn::Sub": "Two-${AWS::Region}" } });
    const named = parseTemplateText(`Transform: AWS::LanguageExtensions
Mappings: {Lists: {All: {Names: [One, Two]}}}
Conditions:
  Fn::ForEach::Wanted: [Name, [One, Two], {"Is\${Name}": !Equals [!Ref {"Fn::Sub": "Want\${Name}"}, "yes"]}]
Resources:
  Fn::ForEach::Queues:
    - Name
    - !FindInMap [Lists, All, !Ref Key]
    - Queue\${Name}: {Type: T, Condition: !Sub "Is\${Name}", Properties: {A: !GetAtt [!Sub "Other\${Name}", !Ref Name]}}`);
    const made = expandTransforms(named, new Map([["Key", "Names"]]));
    assert.deepEqual(made.Conditions, {
      IsOne: { "Fn::Equals": [{ Ref: "WantOne" }, "yes"] },
      IsTwo: { "Fn::Equals": [{ Ref: "WantTwo" }, "yes"] },
    });
    const queue = readTemplate(made).resources.QueueTwo;
    assert.equal(queue?.condition, "IsTwo");
    assert.deepEqual(queue?.properties, { A: { "Fn::GetAtt": ["OtherTwo", "Two"] } });
    assert.throws(() => expandTransforms(named, new Map()), /the collection of Fn::ForEach::Queues must be a list/);
    assert.throws(
      () => expandTransforms({ Transform: "AWS::Serverless-2016-10-31" }, new Map()),
      /Serverless-2016-10-31/,
    );
    const Include = { "Fn::Transform": { Name: "AWS::Include", Parameters: {} } };
    assert.throws(
      () => expandTransforms({ Resources: { B: { Type: "AWS::S3::Bucket", Properties: Include } } }, new Map()),
      /No transform named AWS::Include found\..*expand Fn::Transform before you deploy/,
    );
  });
});

describe("parameters", () => {
  const declared = template(`${one}Parameters:
  Env: {Type: String, AllowedValues: [dev, prod], Default: dev}
  Name: {Type: String, AllowedPattern: "[a-z]+", ConstraintDescription: only small letters, MinLength: 2, Default: ab}
  Count: {Type: Number, MinValue: 1, MaxValue: 4, Default: 1}
  List: {Type: CommaDelimitedList, Default: "a, b"}
  Must: {Type: String}`);
  const give = (values: Record<string, string>) =>
    resolveParameters(
      declared,
      Object.entries(values).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue })),
    );

  it("takes values, defaults and previous values", () => {
    assert.equal(give({ Must: "x" }).get("Env"), "dev");
    const previous = resolveParameters(
      declared,
      [{ ParameterKey: "Must", UsePreviousValue: true }],
      new Map([["Must", "old"]]),
    );
    assert.equal(previous.get("Must"), "old");
  });

  for (const [values, expected] of [
    [{}, /Parameters: \[Must\] must have values/],
    [{ Must: "x", Nope: "y" }, /Parameters: \[Nope\] do not exist in the template/],
    [{ Must: "x", Env: "test" }, /Parameter 'Env' must be one of AllowedValues/],
    [{ Must: "x", Name: "A1" }, /Parameter 'Name' failed to satisfy constraint: only small letters/],
    [{ Must: "x", Count: "9" }, /Parameter 'Count' must be a number not greater than 4/],
    [{ Must: "x", Count: "many" }, /Parameter 'Count' must be a number/],
  ] as const)
    it(`refuses ${JSON.stringify(values)}`, () => assert.throws(() => give(values), expected));
});
