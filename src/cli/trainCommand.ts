import { describeConnection } from "../domain/connection.ts";
import { noPriceText } from "../domain/cost.ts";
import { loadProject } from "../services/projects.ts";
import { Trainer } from "../services/trainer.ts";
import { connectionOptions, parseArguments } from "./arguments.ts";
import type { CliServices } from "./cliServices.ts";
import { abortOnInterrupt } from "./interrupt.ts";
import type { Output } from "./output.ts";

const options = {
  ...connectionOptions,
  project: { type: "string", default: "." },
  env: { type: "string" },
  yes: { type: "boolean", default: false },
} as const;

/** `train`: a training job on the project's data, whose artifact becomes the project's model. @param source the wine project */
export async function runTrain(args: string[], services: CliServices, source: string, output: Output): Promise<number> {
  const { values } = parseArguments(args, options);
  const project = await loadProject(values.project, values.env);
  const connection = await services.connect(values, project.project);
  const trainer = new Trainer(services.connections, services.deployer, source);
  const prepared = await trainer.prepare(project);
  const { rows, instanceType, maxMinutes, mostUsd } = prepared;
  const cost =
    mostUsd === undefined ? ` (${noPriceText(instanceType, connection.region)})` : `, at most $${mostUsd.toFixed(2)}`;
  output.line(`Training on ${rows} rows in ${describeConnection(connection)}`);
  await output.confirm(
    `Run a training job on one ${instanceType} for at most ${maxMinutes} minutes${cost} in account ${connection.accountId}, ${connection.region}? The first one also makes the role of training jobs.`,
    values.yes,
  );
  const { job, modelFile } = await trainer.run(
    prepared,
    (event) => {
      if (event.kind === "step") output.line(event.text);
      else if (event.kind === "phase") output.line(`  ${event.phase}: ${event.message}`);
      else output.line(`    ${event.line}`);
    },
    abortOnInterrupt(),
  );
  output.line(`Training job ${job.name} is ${job.status}`);
  for (const [name, value] of Object.entries(job.metrics)) output.line(`  ${name} = ${value}`);
  output.line(`The project's model is now ${modelFile}: deploy it to put it in service`);
  output.document({ job, modelFile });
  return 0;
}
