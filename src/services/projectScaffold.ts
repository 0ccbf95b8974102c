import { createWriteStream } from "node:fs";
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";
import { OpsError } from "../domain/errors.ts";
import { type FeatureTable, readFeatureTable } from "../domain/featureTable.ts";
import { type Framework, imageOf, imageUri, parseImageUri } from "../domain/modelImages.ts";
import { packModel } from "./modelArchive.ts";
import { PROJECT_FILE } from "./projectFile.ts";
import { deriveTemplate } from "./scaffoldTemplate.ts";
import {
  exampleInput,
  examplesCsv,
  featuresJson,
  loadPlanJson,
  projectJson,
  readmeMarkdown,
  type ScaffoldFacts,
} from "./scaffoldTexts.ts";

/** What a project is made from. */
export interface ProjectRequest {
  framework: Framework;
  /** model.tar.gz, the model's file or folder, or `s3://BUCKET/KEY` of an archive that stays there. */
  model: string;
  folder: string;
  /** Name of the stack; the folder's name when absent. */
  name?: string;
  /** CSV with a header: features in the model's order, and the label. */
  data?: string;
  /** Column of the label; `""` is none, absent takes one that is called so. */
  label?: string;
  /** Names of the classes in the order of the model's outputs. */
  classes?: string[];
  /** Of the framework `image`: ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG. */
  image?: string;
  region?: string;
}

/** What was made, and what one should know of it. */
export interface CreatedProject {
  /** The project file. */
  file: string;
  notes: string[];
}

const WITH_CODE: ReadonlySet<Framework> = new Set(["sklearn", "pytorch", "huggingface"]);
/** Far fewer than the wine model's 15,000: a first guess that is on the safe side. */
const FIRST_TARGET_PER_MINUTE = 1_000;
/** Training data up to here comes along with the project, so that it can train wherever it is; more stays where it is. */
const MOST_COPIED_BYTES = 20 * 1024 * 1024;
const TRAINING_COPY = "model/train.csv";
const S3_URI = /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/.+\.(tar\.gz|tgz)$/;

/**
 * Writes a project for a model that the user has. Nothing is written over, and nothing is written when something of the
 * request is wrong.
 * @param source where the wine project lies, with scaffold/ in it
 * @throws OpsError badInput naming what is wrong, and in which file
 */
export async function createProject(source: string, request: ProjectRequest): Promise<CreatedProject> {
  const { framework, folder } = request;
  const name = checkedName(request.name ?? path.basename(path.resolve(folder)));
  const image = checkedImage(request);
  const modelUri = request.model.startsWith("s3://") ? checkedUri(request.model) : undefined;
  if (modelUri === undefined) await assertModel(request.model, framework);
  const table = request.data === undefined ? undefined : await readTable(request.data, request);
  if (framework === "xgboost" && !table)
    throw new OpsError(
      "badInput",
      l10n.t("The XGBoost container takes rows of numbers: the names of its features are needed."),
      {
        hint: l10n.t("Give a CSV file with a header: a few rows of the training data are enough."),
      },
    );
  await assertEmpty(folder);
  const facts: ScaffoldFacts = {
    name,
    framework,
    imageLabel: typeof image === "string" ? image : image.label,
    table,
    hasCode: WITH_CODE.has(framework) && modelUri === undefined,
    modelUri,
    region: request.region,
    trainingData: framework === "xgboost" ? await trainingPath(request) : undefined,
  };
  const wine = await readFile(path.join(source, "template.yaml"), "utf8");
  const template = deriveTemplate(wine, {
    name,
    image,
    modelUri,
    hasCode: facts.hasCode,
    targetPerMinute: framework === "xgboost" ? undefined : FIRST_TARGET_PER_MINUTE,
  });
  const files: Record<string, string> = {
    [PROJECT_FILE]: projectJson(facts),
    "template.yaml": template,
    "bootstrap.yaml": await readFile(path.join(source, "bootstrap.yaml"), "utf8"),
    [`loadtests/${name}.ramp.json`]: loadPlanJson(facts),
    "README.md": readmeMarkdown(facts),
    ...(await (table ? tabularFiles(source, name, table) : jsonFiles(source, name, framework))),
  };
  if (facts.hasCode)
    files["model/code/inference.py"] = await readFile(
      path.join(source, "scaffold/inference", `${framework}.py`),
      "utf8",
    );
  try {
    for (const [file, text] of Object.entries(files)) await writeNew(path.join(folder, file), text);
    if (facts.trainingData === TRAINING_COPY) await copyFile(request.data ?? "", path.join(folder, TRAINING_COPY));
    if (modelUri === undefined) await placeModel(request.model, framework, path.join(folder, "model/model.tar.gz"));
  } catch (cause) {
    if (cause instanceof OpsError) throw cause;
    throw new OpsError(
      "badInput",
      l10n.t("The project cannot be written to {0}: {1}", folder, (cause as Error).message),
      {
        hint: l10n.t("Choose a folder that can be written to."),
        cause,
      },
    );
  }
  return { file: path.join(folder, PROJECT_FILE), notes: notesOn(facts, table) };
}

function notesOn({ framework, modelUri }: ScaffoldFacts, table: FeatureTable | undefined): string[] {
  const notes: string[] = [];
  if (framework !== "xgboost")
    notes.push(
      l10n.t(
        "The sandbox runs XGBoost models only: deploy this project to AWS. In the sandbox its endpoint will fail.",
      ),
    );
  if (modelUri !== undefined && WITH_CODE.has(framework))
    notes.push(
      l10n.t("The archive {0} must hold code/inference.py: an artifact that stays in S3 is not repacked.", modelUri),
    );
  if (table?.classes.length)
    notes.push(l10n.t("Classes in the order of the model's outputs: {0}.", table.classes.join(", ")));
  return notes;
}

function checkedName(name: string): string {
  if (/^[a-zA-Z][-a-zA-Z0-9]{0,44}$/.test(name)) return name;
  throw new OpsError("badInput", l10n.t('"{0}" cannot be the name of a stack.', name), {
    hint: l10n.t("A name starts with a letter, has letters, digits and hyphens, and at most 45 of them."),
  });
}

function checkedImage({ framework, image, region }: ProjectRequest) {
  if (framework === "image") {
    if (image === undefined)
      throw new OpsError("badInput", l10n.t("The URI of the image is missing."), {
        hint: l10n.t("Give it as ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG."),
      });
    parseImageUri(image);
    return image;
  }
  const published = imageOf(framework);
  if (region !== undefined) imageUri(published, region);
  return published;
}

function checkedUri(uri: string): string {
  if (S3_URI.test(uri)) return uri;
  throw new OpsError("badInput", l10n.t("{0} is not the URI of an archive in S3.", uri), {
    hint: l10n.t("Give it as s3://BUCKET/PATH/model.tar.gz."),
  });
}

async function assertModel(model: string, framework: Framework): Promise<void> {
  const found = await stat(model).catch(() => undefined);
  if (!found)
    throw new OpsError("badInput", l10n.t("The model {0} is not there.", model), { hint: l10n.t("Check the path.") });
  if (found.isDirectory() && !["tensorflow", "huggingface", "image"].includes(framework))
    throw new OpsError("badInput", l10n.t("The model {0} is a folder.", model), {
      hint: l10n.t("Give the model's file, or an archive model.tar.gz."),
    });
  const names = found.isDirectory() ? await readdir(model) : [];
  if (
    found.isDirectory() &&
    framework === "tensorflow" &&
    !names.some((n) => n === "saved_model.pb" || /^\d+$/.test(n))
  )
    throw new OpsError(
      "badInput",
      l10n.t("The folder {0} is no SavedModel: it has neither saved_model.pb nor a version.", model),
      {
        hint: l10n.t("Save the model with model.export(folder)."),
      },
    );
  if (found.isDirectory() && framework === "huggingface" && !names.includes("config.json"))
    throw new OpsError("badInput", l10n.t("The folder {0} has no config.json.", model), {
      hint: l10n.t("Save the model and its tokenizer with save_pretrained(folder)."),
    });
}

async function readTable(file: string, request: ProjectRequest): Promise<FeatureTable> {
  const text = await readFile(file, "utf8").catch((cause: Error) => {
    throw new OpsError("badInput", l10n.t("The data {0} cannot be read: {1}", file, cause.message), {
      hint: l10n.t("Check the path."),
      cause,
    });
  });
  return readFeatureTable(text, file, request);
}

async function trainingPath({ data, folder }: ProjectRequest): Promise<string | undefined> {
  if (data === undefined) return undefined;
  if ((await stat(data)).size <= MOST_COPIED_BYTES) return TRAINING_COPY;
  return path.relative(folder, path.resolve(data)).split(path.sep).join("/");
}

async function assertEmpty(folder: string): Promise<void> {
  const there = (await readdir(folder).catch(() => [])).filter((name) => !name.startsWith("."));
  const ours = [PROJECT_FILE, "template.yaml", "bootstrap.yaml", "README.md", "lambda", "web", "model", "loadtests"];
  const inTheWay = there.filter((name) => ours.includes(name));
  if (inTheWay.length > 0)
    throw new OpsError(
      "badInput",
      l10n.t("Folder {0} already has {1}; nothing was written over.", folder, inTheWay.join(", ")),
      {
        hint: l10n.t("Choose an empty folder."),
      },
    );
}

async function writeNew(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text, { flag: "wx" });
}

/** Function and page of the wine project, with the features of this one. */
async function tabularFiles(source: string, name: string, table: FeatureTable): Promise<Record<string, string>> {
  const read = (file: string) => readFile(path.join(source, file), "utf8");
  const files: Record<string, string> = {};
  for (const part of ["answer", "features", "index", "prediction"])
    files[`lambda/${part}.mjs`] = await read(`lambda/${part}.mjs`);
  const example = `${table.features[0]?.name}": ${table.features[0]?.default}`;
  files["lambda/features.mjs"] = (files["lambda/features.mjs"] ?? "").replace('alcohol": 13.2', example);
  files["lambda/index.mjs"] = (files["lambda/index.mjs"] ?? "").replace('alcohol": 13.2', example);
  for (const part of ["api.js", "form.js", "result.js", "style.css"]) files[`web/${part}`] = await read(`web/${part}`);
  files["web/icon.svg"] = await read("scaffold/web/icon.svg");
  files["web/app.js"] = (await read("web/app.js"))
    .replace('EXAMPLES = "wine.csv"', 'EXAMPLES = "examples.csv"')
    .replace('ONE = "wine"', 'ONE = "row"');
  files["web/index.html"] = (await read("web/index.html"))
    .replaceAll("Which wine is it?", escapeHtml(name))
    .replace("Predicts the class of a wine from thirteen measurements.", "Asks the model for a prediction.")
    .replace(/<p>Thirteen measurements[^<]*<\/p>/, "<p>Choose an example, or move the sliders.</p>")
    .replace("Measurements", "Features")
    .replace("Random wine", "Random row");
  const features = featuresJson(table);
  const examples = examplesCsv(table);
  for (const at of ["model", "lambda", "web"]) files[`${at}/features.json`] = features;
  for (const at of ["model", "web"]) files[`${at}/examples.csv`] = examples;
  return files;
}

/** Function and page for a model that takes JSON of its own. */
async function jsonFiles(source: string, name: string, framework: Framework): Promise<Record<string, string>> {
  const read = (file: string) => readFile(path.join(source, file), "utf8");
  return {
    "lambda/index.mjs": await read("scaffold/lambda/index.mjs"),
    "lambda/answer.mjs": await read("lambda/answer.mjs"),
    "web/index.html": (await read("scaffold/web/index.html"))
      .replaceAll("PROJECT_NAME", escapeHtml(name))
      .replace("EXAMPLE_INPUT", escapeHtml(exampleInput(framework))),
    "web/app.js": await read("scaffold/web/app.js"),
    "web/text.css": await read("scaffold/web/text.css"),
    "web/icon.svg": await read("scaffold/web/icon.svg"),
    "web/style.css": await read("web/style.css"),
  };
}

const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

/** An archive is copied as it is; anything else is packed as the framework's container wants it. */
async function placeModel(model: string, framework: Framework, to: string): Promise<void> {
  await mkdir(path.dirname(to), { recursive: true });
  const found = await stat(model);
  if (found.isFile() && /\.(tar\.gz|tgz)$/.test(model)) return copyFile(model, to);
  const versioned =
    framework === "tensorflow" && found.isDirectory() && (await readdir(model)).includes("saved_model.pb");
  const name = found.isDirectory()
    ? versioned
      ? "1"
      : ""
    : framework === "xgboost"
      ? "xgboost-model"
      : path.basename(model);
  await packModel(model, name, createWriteStream(to, { flags: "wx" }));
}
