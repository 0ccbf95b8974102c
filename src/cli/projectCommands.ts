import { OpsError } from "../domain/errors.ts";
import { type Framework, frameworks } from "../domain/modelImages.ts";
import { adoptEndpoint } from "../services/endpointAdoption.ts";
import { createProject } from "../services/projectScaffold.ts";
import { connectionOptions, parseArguments } from "./arguments.ts";
import type { CliServices } from "./cliServices.ts";
import type { Output } from "./output.ts";

const createOptions = {
  framework: { type: "string" },
  model: { type: "string" },
  out: { type: "string" },
  name: { type: "string" },
  data: { type: "string" },
  label: { type: "string" },
  classes: { type: "string" },
  image: { type: "string" },
  region: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

function required(value: string | undefined, option: string): string {
  if (value !== undefined && value !== "") return value;
  throw new OpsError("badInput", `--${option} is missing.`, { hint: "Run without arguments to see the usage." });
}

/** `create-project`: a project from a model that the user has. It asks AWS nothing. @param source the wine project */
export async function runCreateProject(args: string[], source: string, output: Output): Promise<number> {
  const { values } = parseArguments(args, createOptions);
  const framework = required(values.framework, "framework");
  if (!(frameworks as readonly string[]).includes(framework))
    throw new OpsError("badInput", `--framework takes ${frameworks.join(", ")}, not "${framework}".`);
  const created = await createProject(source, {
    framework: framework as Framework,
    model: required(values.model, "model"),
    folder: required(values.out, "out"),
    name: values.name,
    data: values.data,
    label: values.label,
    classes: values.classes
      ?.split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
    image: values.image,
    region: values.region,
  });
  output.line(`Wrote the project ${created.file}`);
  for (const note of created.notes) output.line(note);
  output.line("Next: deploy --project with that file");
  output.document(created);
  return 0;
}

const adoptOptions = {
  ...connectionOptions,
  endpoint: { type: "string" },
  out: { type: "string" },
  name: { type: "string" },
} as const;

/** `adopt`: a project out of an endpoint that exists, which is only read. @param source the wine project */
export async function runAdopt(args: string[], services: CliServices, source: string, output: Output): Promise<number> {
  const { values } = parseArguments(args, adoptOptions);
  const endpointName = required(values.endpoint, "endpoint");
  const folder = required(values.out, "out");
  await services.connect(values);
  const adopted = await adoptEndpoint(services.connections, source, { endpointName, folder, name: values.name });
  output.line(`Wrote the project ${adopted.file}`);
  for (const note of adopted.notes) output.line(note);
  output.document(adopted);
  return 0;
}
