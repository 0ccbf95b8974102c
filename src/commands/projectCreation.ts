import { readFile } from "node:fs/promises";
import path from "node:path";
import { type InputBoxOptions, window } from "vscode";
import { OpsError, toOpsError } from "../domain/errors.ts";
import { csvHeader, guessLabel } from "../domain/featureTable.ts";
import { type Framework, imageOf, parseImageUri } from "../domain/modelImages.ts";
import type { ProjectRequest } from "../services/projectScaffold.ts";
import { pickOne } from "../ui/prompts.ts";

const TITLE = "Create Project";

const KINDS: Record<Framework, { label: string; detail: string; canBeFolder: boolean }> = {
  xgboost: {
    label: "XGBoost",
    detail: "A booster, or model.tar.gz. Runs in the sandbox, too",
    canBeFolder: false,
  },
  sklearn: { label: "scikit-learn", detail: "*.joblib, *.pkl or model.tar.gz", canBeFolder: false },
  pytorch: { label: "PyTorch", detail: "TorchScript (*.pt, *.pth) or model.tar.gz", canBeFolder: false },
  tensorflow: { label: "TensorFlow", detail: "A SavedModel's folder, or model.tar.gz", canBeFolder: true },
  huggingface: {
    label: "Hugging Face",
    detail: "The folder that save_pretrained wrote, or model.tar.gz",
    canBeFolder: true,
  },
  image: { label: "An image of your own", detail: "A serving container in ECR, with any artifact", canBeFolder: true },
};

/** Everything but the folder, asked step by step; undefined when the user stops. */
export async function askForProject(): Promise<Omit<ProjectRequest, "folder"> | undefined> {
  const framework = await pickOne(
    TITLE,
    (Object.keys(KINDS) as Framework[]).map((value) => ({
      label: KINDS[value].label,
      description: value === "image" ? "" : imageOf(value).label,
      detail: KINDS[value].detail,
      value,
    })),
    "What the model was made with",
  );
  if (!framework) return undefined;
  const image =
    framework === "image" ? await ask("ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG", check(parseImageUri)) : "";
  if (image === undefined) return undefined;
  const model = await askForModel(framework);
  if (model === undefined) return undefined;
  const data = await askForData(framework);
  if (data === undefined) return undefined;
  const label = data === "" ? undefined : await askForLabel(data);
  if (data !== "" && label === undefined) return undefined;
  const name = await ask("Name of the project and of its stack", (text) =>
    /^[a-zA-Z][-a-zA-Z0-9]{0,44}$/.test(text)
      ? undefined
      : "Begin with a letter; letters, digits and hyphens, at most 45 of them",
  );
  if (name === undefined) return undefined;
  return { framework, image: image || undefined, model, data: data || undefined, label, name };
}

function ask(prompt: string, validateInput: InputBoxOptions["validateInput"]): Promise<string | undefined> {
  return Promise.resolve(window.showInputBox({ title: TITLE, prompt, ignoreFocusOut: true, validateInput }));
}

/** What a parser throws, as the box shows it. */
function check(parse: (text: string) => unknown): (text: string) => string | undefined {
  return (text) => {
    try {
      parse(text);
      return undefined;
    } catch (error) {
      return toOpsError(error).hint;
    }
  };
}

async function askForModel(framework: Framework): Promise<string | undefined> {
  const from = await pickOne<"file" | "folder" | "s3">(
    TITLE,
    [
      { label: "$(file) A file…", description: KINDS[framework].detail, value: "file" },
      ...(KINDS[framework].canBeFolder ? [{ label: "$(folder) A folder…", value: "folder" as const }] : []),
      { label: "$(cloud) An archive in S3…", description: "It stays where it is", value: "s3" },
    ],
    "Where the model is",
  );
  if (from === "s3")
    return ask("s3://BUCKET/PATH/model.tar.gz", (text) =>
      /^s3:\/\/[^/]+\/.+\.(tar\.gz|tgz)$/.test(text) ? undefined : "Give it as s3://BUCKET/PATH/model.tar.gz",
    );
  return from && openDialog("The model", from);
}

async function openDialog(title: string, what: "file" | "folder", filters?: Record<string, string[]>) {
  const options = { title, canSelectFiles: what === "file", canSelectFolders: what === "folder", filters };
  return (await window.showOpenDialog(options))?.[0]?.fsPath;
}

/** @returns the file, "" for none, undefined when nobody answered */
async function askForData(framework: Framework): Promise<string | undefined> {
  const from = await pickOne(
    TITLE,
    [
      {
        label: "$(table) A CSV file…",
        description: "Its header names the features in the model's order",
        value: "csv",
      },
      ...(framework === "xgboost" ? [] : [{ label: "$(json) None: the model takes JSON of its own", value: "" }]),
    ],
    "Rows of data, which make the form, the examples and the checks",
  );
  return from === "csv" ? openDialog("Rows of data", "file", { CSV: ["csv"] }) : from;
}

/** @returns the column, "" for none, undefined when nobody answered */
async function askForLabel(file: string): Promise<string | undefined> {
  const header = csvHeader(
    await readFile(file, "utf8").catch((cause: Error) => {
      throw new OpsError("badInput", `The data ${file} cannot be read: ${cause.message}`, { cause });
    }),
  );
  const guessed = guessLabel(header);
  const sorted = [...header].sort((a, b) => Number(b === guessed) - Number(a === guessed));
  const none = { label: "$(circle-slash) None: every column is a feature", value: "" };
  const columns = sorted.map((name) => ({
    label: name,
    description: name === guessed ? "by its name" : "",
    value: name,
  }));
  return pickOne(
    TITLE,
    guessed === undefined ? [none, ...columns] : [...columns, none],
    `Which column of ${path.basename(file)} is the label`,
  );
}
