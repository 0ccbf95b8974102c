import type { FeatureTable } from "../domain/featureTable.ts";
import type { Framework } from "../domain/modelImages.ts";

/** Rows that go into a project as examples; of a larger file they are taken evenly. */
const MOST_EXAMPLES = 200;

/** A CSV file of examples: features in the model's order, then the label as the class's index or as the number. */
export function examplesCsv({ features, label, rows, labels }: FeatureTable): string {
  const every = Math.max(1, rows.length / MOST_EXAMPLES);
  const count = Math.min(rows.length, MOST_EXAMPLES);
  const taken = Array.from({ length: count }, (_, index) => Math.floor(index * every));
  const line = (cells: (string | number | null)[]) => `${cells.map((cell) => cell ?? "").join(",")}\n`;
  const header = line([...features.map(({ name }) => name), ...(label === undefined ? [] : [label])]);
  const body = taken.map((at) => line([...(rows[at] ?? []), ...(label === undefined ? [] : [labels[at] ?? null])]));
  return header + body.join("");
}

/** What form, function and tester need to know of the features. */
export function featuresJson({ features, classes }: FeatureTable): string {
  return `${JSON.stringify({ features, classes }, undefined, 2)}\n`;
}

/** A request that a model without a table of features may take. */
export function exampleInput(framework: Framework): string {
  return framework === "huggingface"
    ? JSON.stringify({ inputs: "I like this." })
    : framework === "image"
      ? JSON.stringify({ input: [] })
      : JSON.stringify({ instances: [[0.1, 0.2, 0.3]] });
}

/** What a project is made of, as its texts need it. */
export interface ScaffoldFacts {
  name: string;
  framework: Framework;
  /** What people call the image. */
  imageLabel: string;
  table?: FeatureTable;
  /** Path of the training data from the project's folder, where it can train. */
  trainingData?: string;
  hasCode: boolean;
  /** Where the artifact stays, when it is not in the project. */
  modelUri?: string;
  region?: string;
}

/** sagemaker-ops.json of a new project. */
export function projectJson(facts: ScaffoldFacts): string {
  const { name, table, trainingData, hasCode, modelUri, region } = facts;
  const model = { path: "model/model.tar.gz", parameter: "ModelKey", ...(hasCode ? { code: "model/code" } : {}) };
  const project = {
    version: 1,
    stackName: name,
    template: "template.yaml",
    bootstrap: "bootstrap.yaml",
    parameters: {},
    artifacts: {
      ...(modelUri === undefined ? { model } : {}),
      lambda: { path: "lambda", parameter: "LambdaKey", zip: true },
      web: { path: "web" },
    },
    ...(table ? { features: "model/features.json", examples: "model/examples.csv" } : {}),
    loadPlans: [`loadtests/${name}.ramp.json`],
    ...(region ? { region } : {}),
    ...(table?.label && trainingData ? { training: trainingOf(table, trainingData) } : {}),
  };
  return `${JSON.stringify(project, undefined, 2)}\n`;
}

/** An objective that fits the label: SageMaker's XGBoost wants it, and the number of classes, said. */
function trainingOf({ classes, label }: FeatureTable, data: string) {
  const objective =
    classes.length > 2
      ? { objective: "multi:softprob", num_class: classes.length }
      : { objective: classes.length === 2 ? "binary:logistic" : "reg:squarederror" };
  return { data, label, hyperparameters: { ...objective, num_round: 100 } };
}

/** A load plan to begin with: modest, since nobody knows yet what an instance holds. */
export function loadPlanJson({ name, framework, table }: ScaffoldFacts): string {
  const payloads = table
    ? { csv: "../model/examples.csv", header: true, ...(table.label ? { dropColumns: [table.label] } : {}) }
    : { inline: [exampleInput(framework)] };
  const plan = {
    version: 1,
    name,
    target: { type: "endpoint" },
    payloads,
    contentType: table ? "text/csv" : "application/json",
    stages: [
      { type: "linear", from: 0, to: 50, seconds: 30 },
      { type: "hold", rate: 50, seconds: 60 },
    ],
    maxConnections: 64,
    timeoutSeconds: 70,
    expect: { achievedRatio: { min: 0.99 }, errorRate: { max: 0.01 }, p99Ms: { max: 1000, stage: 1 } },
  };
  return `${JSON.stringify(plan, undefined, 2)}\n`;
}

const CODE_NOTES: Partial<Record<Framework, string>> = {
  sklearn: "It loads the one `*.joblib` or `*.pkl` at the archive's root.",
  pytorch: "It loads the one TorchScript file at the archive's root; build your network there to load a state dict.",
  huggingface: "It makes a pipeline of what `save_pretrained` wrote; set `HF_TASK` in the template for another task.",
};

/** README.md of a new project. */
export function readmeMarkdown(facts: ScaffoldFacts): string {
  const { name, framework, imageLabel, table, hasCode, modelUri, trainingData } = facts;
  const body = table
    ? `{"features": {${table.features
        .slice(0, 2)
        .map((f) => `"${f.name}": ${f.default}`)
        .join(", ")}${table.features.length > 2 ? ", …" : ""}}}`
    : exampleInput(framework);
  const rows: [string, string][] = [
    ["`sagemaker-ops.json`", "the project: stack, files, parameters"],
    ["`template.yaml`", `the stack: endpoint (${imageLabel}), scaling, alarms, dashboard, function, API, web page`],
    ["`bootstrap.yaml`", "the bucket for artifacts, made once per account and region"],
    modelUri === undefined
      ? ["`model/model.tar.gz`", "the model, as SageMaker's container reads it"]
      : [`\`${modelUri}\``, "the model; it stays where it is"],
    ...(hasCode
      ? [
          [
            "`model/code/inference.py`",
            `how the container serves the model. ${CODE_NOTES[framework] ?? ""} It is packed into the archive at deployment, unless the archive has a folder \`code\` of its own.`,
          ] as [string, string],
        ]
      : []),
    ...(table
      ? ([
          ["`model/features.json`", "the features: names, ranges and classes; its copies in `lambda` and `web` too"],
          ["`model/examples.csv`", "rows to start from; its copy in `web` too"],
        ] as [string, string][])
      : []),
    ...(trainingData ? [[`\`${trainingData}\``, "what *Train…* trains a new model on"] as [string, string]] : []),
    ["`lambda/`", table ? "checks the features and sends them as CSV" : "passes JSON to the endpoint"],
    ["`web/`", table ? "a form of the features" : "a text box for JSON"],
    ["`loadtests/`", "a load plan to begin with"],
  ];
  const order = table?.classes.length
    ? `\nThe model's outputs are taken to be ${table.classes.map((c) => `\`${c}\``).join(", ")}, in this order: correct \`classes\` in the three \`features.json\` when it is another.\n`
    : "";
  return `# ${name}

A project of SageMaker Endpoint Ops. All of it is yours to edit.

| file | what |
|---|---|
${rows.map(([file, what]) => `| ${file} | ${what} |`).join("\n")}
${order}
Deploy it with *SageMaker Ops: Deploy…* or \`sagemaker-ops deploy\`; the change set and the cost are shown first. The API takes \`POST\`:

\`\`\`json
${body}
\`\`\`

${
  framework === "xgboost"
    ? "In the sandbox the model is served as it would be on AWS."
    : `The sandbox runs XGBoost models only: there the endpoint of this project fails, and says so. Its template, function and page can still be looked at; deploy to AWS to predict.`
}

The scaling policy's target is a first guess: *Find Scaling Target…* measures what one instance holds.
`;
}
