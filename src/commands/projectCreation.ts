import { readFile } from "node:fs/promises";
import path from "node:path";
import { type InputBoxOptions, l10n, window } from "vscode";
import { csvHeader } from "../domain/csv.ts";
import { OpsError, toOpsError } from "../domain/errors.ts";
import { guessLabel } from "../domain/featureTable.ts";
import { type Framework, imageOf, parseImageUri } from "../domain/modelImages.ts";
import type { ProjectRequest } from "../services/projectScaffold.ts";
import { pickOne } from "../ui/prompts.ts";

const TITLE = l10n.t("Create Project");

const KINDS: Record<Framework, { label: string; detail: string; canBeFolder: boolean }> = {
  xgboost: {
    label: "XGBoost",
    detail: l10n.t("A booster, or model.tar.gz. Runs in the sandbox, too"),
    canBeFolder: false,
  },
  sklearn: { label: "scikit-learn", detail: l10n.t("*.joblib, *.pkl or model.tar.gz"), canBeFolder: false },
  pytorch: { label: "PyTorch", detail: l10n.t("TorchScript (*.pt, *.pth) or model.tar.gz"), canBeFolder: false },
  tensorflow: { label: "TensorFlow", detail: l10n.t("A SavedModel's folder, or model.tar.gz"), canBeFolder: true },
  huggingface: {
    label: "Hugging Face",
    detail: l10n.t("The folder that save_pretrained wrote, or model.tar.gz"),
    canBeFolder: true,
  },
  image: {
    label: l10n.t("An image of your own"),
    detail: l10n.t("A serving container in ECR, with any artifact"),
    canBeFolder: true,
  },
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
    l10n.t("What the model was made with"),
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
  const name = await ask(l10n.t("Name of the project and of its stack"), (text) =>
    /^[a-zA-Z][-a-zA-Z0-9]{0,44}$/.test(text)
      ? undefined
      : l10n.t("Begin with a letter; letters, digits and hyphens, at most 45 of them"),
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
      { label: `$(file) ${l10n.t("A file…")}`, description: KINDS[framework].detail, value: "file" },
      ...(KINDS[framework].canBeFolder
        ? [{ label: `$(folder) ${l10n.t("A folder…")}`, value: "folder" as const }]
        : []),
      { label: `$(cloud) ${l10n.t("An archive in S3…")}`, description: l10n.t("It stays where it is"), value: "s3" },
    ],
    l10n.t("Where the model is"),
  );
  if (from === "s3")
    return ask("s3://BUCKET/PATH/model.tar.gz", (text) =>
      /^s3:\/\/[^/]+\/.+\.(tar\.gz|tgz)$/.test(text) ? undefined : l10n.t("Give it as s3://BUCKET/PATH/model.tar.gz"),
    );
  return from && openDialog(l10n.t("The model"), from);
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
        label: `$(table) ${l10n.t("A CSV file…")}`,
        description: l10n.t("Its header names the features in the model's order"),
        value: "csv",
      },
      ...(framework === "xgboost"
        ? []
        : [{ label: `$(json) ${l10n.t("None: the model takes JSON of its own")}`, value: "" }]),
    ],
    l10n.t("Rows of data, which make the form, the examples and the checks"),
  );
  return from === "csv" ? openDialog(l10n.t("Rows of data"), "file", { CSV: ["csv"] }) : from;
}

/** @returns the column, "" for none, undefined when nobody answered */
async function askForLabel(file: string): Promise<string | undefined> {
  const header = csvHeader(
    await readFile(file, "utf8").catch((cause: Error) => {
      throw new OpsError("badInput", l10n.t("The data {0} cannot be read: {1}", file, cause.message), { cause });
    }),
  );
  const guessed = guessLabel(header);
  const sorted = [...header].sort((a, b) => Number(b === guessed) - Number(a === guessed));
  const none = { label: `$(circle-slash) ${l10n.t("None: every column is a feature")}`, value: "" };
  const columns = sorted.map((name) => ({
    label: name,
    description: name === guessed ? l10n.t("by its name") : "",
    value: name,
  }));
  return pickOne(
    TITLE,
    guessed === undefined ? [none, ...columns] : [...columns, none],
    l10n.t("Which column of {0} is the label", path.basename(file)),
  );
}
