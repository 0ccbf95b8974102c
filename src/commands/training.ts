import { commands, type LogOutputChannel, l10n, window } from "vscode";
import { describeConnection } from "../domain/connection.ts";
import { formatHourly, hourlyPrice, noPriceText, PRICES_AS_OF } from "../domain/cost.ts";
import { usdText } from "../domain/numberText.ts";
import type { Connections } from "../services/connections.ts";
import type { StackDeployer } from "../services/stackDeployer.ts";
import { TRAINING_STACK, Trainer, type TrainingEvent } from "../services/trainer.ts";
import { withCancellableProgress } from "../ui/progress.ts";
import { confirmWithFacts } from "../ui/prompts.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { requireConnection } from "./connection.ts";
import { pickProject } from "./project.ts";
import type { CommandTable } from "./register.ts";
import { assertTrusted } from "./trust.ts";

/** What training works with. */
interface TrainingServices {
  connections: Connections;
  deployer: StackDeployer;
  project: WorkspaceProject;
  log: LogOutputChannel;
}

/** The command that trains the project's model anew. @param exampleFolder where the extension keeps its templates */
export function trainingCommands(
  services: TrainingServices,
  exampleFolder: string,
): Pick<CommandTable, "sagemakerOps.training.run"> {
  const trainer = new Trainer(services.connections, services.deployer, exampleFolder);
  return { "sagemakerOps.training.run": () => train(services, trainer) };
}

async function train(
  { connections, project: workspaceProject, log }: TrainingServices,
  trainer: Trainer,
): Promise<void> {
  const connection = requireConnection(connections);
  const project = await pickProject(workspaceProject);
  assertTrusted(l10n.t("Training the model of {0}", project.project.stackName));
  const prepared = await trainer.prepare(project);
  const { rows, instanceType, maxMinutes, mostUsd, hyperparameters } = prepared;
  const price = hourlyPrice(instanceType, connection.region);
  const confirmed = await confirmWithFacts({
    title: l10n.t("Train the model of {0} in {1}", project.project.stackName, describeConnection(connection)),
    placeholder: l10n.t("Pick the first row to start the job; Escape starts nothing"),
    confirm: {
      label: `$(mortar-board) ${l10n.t("Start the Training Job")}`,
      description: l10n.t("{0} rows, {1}", rows, instanceType),
    },
    sections: [
      {
        name: l10n.t("Where and what it costs"),
        rows: [
          { label: l10n.t("Account {0}", connection.accountId), description: connection.region },
          {
            label:
              mostUsd === undefined
                ? upperFirst(noPriceText(instanceType, connection.region))
                : l10n.t("At most {0}", usdText(mostUsd)),
            description: l10n.t(
              "stopped after {0} minutes{1}",
              maxMinutes,
              price === undefined
                ? ""
                : `; ${formatHourly(price)}, ${connection.region}, ${PRICES_AS_OF}${connection.kind === "sandbox" ? l10n.t(" on AWS; nothing in the sandbox") : ""}`,
            ),
          },
          {
            label: l10n.t("The role of training jobs"),
            description: l10n.t("is made once, as stack {0}", TRAINING_STACK),
          },
        ],
      },
      {
        name: l10n.t("Hyperparameters"),
        rows: Object.entries(hyperparameters).map(([label, description]) => ({ label, description })),
      },
    ],
  });
  if (!confirmed) return;
  const title = l10n.t("Training the model of {0}", project.project.stackName);
  const { job, modelFile } = await withCancellableProgress(title, (say, signal) =>
    trainer.run(prepared, (event) => tell(event, log, say), signal),
  );
  await workspaceProject.refresh();
  const metrics = Object.entries(job.metrics).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`);
  const deploy = l10n.t("Deploy…");
  const said = l10n.t(
    "Training job {0} has made {1}{2}.",
    job.name,
    modelFile,
    metrics.length ? `: ${metrics.join(", ")}` : "",
  );
  void window.showInformationMessage(said, deploy).then((answer) => {
    if (answer === deploy) void commands.executeCommand("sagemakerOps.stack.deploy");
  });
}

function tell(event: TrainingEvent, log: LogOutputChannel, say: (text: string) => void): void {
  if (event.kind === "log") {
    log.info(event.line);
    return;
  }
  const text = event.kind === "step" ? event.text : `${event.phase}: ${event.message}`;
  log.info(text);
  say(text);
}

const upperFirst = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
