import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after } from "node:test";
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  DescribeEndpointCommand,
  SageMakerClient,
} from "@aws-sdk/client-sagemaker";
import { skipWithoutChromium } from "../rig/chromium.ts";
import { RELOAD_NOISE } from "../rig/workbenchProblems.ts";
import { canTrain } from "../wire/canTrain.ts";
import { deployWine, eventually } from "../wire/endpoints.ts";
import { startTestSandbox, type TestSandbox } from "../wire/sandbox.ts";
import { story } from "./steps.ts";

/** From a model and a table of data to a project, its stack and what one does with endpoints of others. */
let sandbox: TestSandbox | undefined;

/** A sandbox that the window is given, with an endpoint of two variants that belongs to no project. */
async function prepare() {
  sandbox = await startTestSandbox({ timeScale: 100 });
  await deployWine(sandbox, "shared");
  const sagemaker = new SageMakerClient(sandbox.clientConfig());
  const variant = { ModelName: "shared", InstanceType: "ml.m5.large", InitialInstanceCount: 1 } as const;
  await sagemaker.send(
    new CreateEndpointConfigCommand({
      EndpointConfigName: "ab",
      ProductionVariants: [
        { ...variant, VariantName: "Blue", InitialVariantWeight: 1 },
        { ...variant, VariantName: "Green", InitialVariantWeight: 1 },
      ],
    }),
  );
  await sagemaker.send(new CreateEndpointCommand({ EndpointName: "ab-test", EndpointConfigName: "ab" }));
  await eventually("ab-test is InService", async () => {
    const { EndpointStatus } = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: "ab-test" }));
    return EndpointStatus === "InService";
  });
  sagemaker.destroy();
  const { endpoint, accountId, accessKeyId, secretAccessKey } = sandbox;
  const keys = { accountId, accessKeyId, secretAccessKey, controlToken: "" };
  const info = { endpoint, region: "us-east-1", ...keys, timeScale: 100 };
  return { env: { SAGEMAKER_OPS_SANDBOX: JSON.stringify(info) } };
}

const root = mkdtempSync(path.join(tmpdir(), "sagemaker-ops-projects-"));
const given = path.join(root, "given");
const folder = path.join(root, "vino");

function workspace(): { folder: string; remove(): void } {
  const infra = path.resolve(import.meta.dirname, "../../infra");
  mkdirSync(folder);
  mkdirSync(given);
  cpSync(path.join(infra, "model/model.tar.gz"), path.join(given, "model.tar.gz"));
  cpSync(path.join(infra, "model/wine.csv"), path.join(given, "rows.csv"));
  return { folder, remove: () => rmSync(root, { recursive: true, force: true }) };
}

const here = story(skipWithoutChromium ? undefined : workspace(), 100, {}, prepare);
const { step } = here;
after(async () => sandbox?.close());

const read = (name: string) => JSON.parse(readFileSync(path.join(folder, name), "utf8")) as Record<string, unknown>;
const input = () => here.workbench.quickInput.locator(".quick-input-box input");

/** Answers an input box that says this. */
async function answer(prompt: string | RegExp, text: string): Promise<void> {
  const { workbench } = here;
  await workbench.quickInput.locator(".quick-input-message", { hasText: prompt }).waitFor();
  await input().fill(text);
  await workbench.page.keyboard.press("Enter");
}

/** Gives a path to the dialog that asks for one; a server's is a line to write it into, once it shows where it begins. */
async function choosePath(title: string, wanted: string, button = "OK"): Promise<void> {
  const { workbench } = here;
  const asks = workbench.quickInput.locator(".quick-input-title", { hasText: title });
  await asks.waitFor();
  const row = workbench.quickPickRow(wanted.endsWith("/") ? ".." : path.basename(wanted));
  // What is entered before the dialog has read its folder is lost.
  await eventually("the path is entered", async () => {
    if ((await input().inputValue()) !== wanted) await input().fill(wanted);
    const isListed = await row.waitFor({ timeout: 1500 }).then(
      () => true,
      () => false,
    );
    return isListed && (await input().inputValue()) === wanted;
  });
  await workbench.quickInput.getByRole("button", { name: button }).click();
  await asks.waitFor({ state: "hidden" });
}

/** Changes the project file as a user does in an editor. */
function change(more: object): void {
  const file = path.join(folder, "sagemaker-ops.json");
  writeFileSync(file, `${JSON.stringify({ ...read("sagemaker-ops.json"), ...more }, null, 2)}\n`);
}

step("a model and its data become a project: files, form and load plan, and the file opens", async () => {
  const { workbench } = here;
  await workbench.openView("SageMaker Ops");
  await workbench.statusBarItem("SageMaker: sandbox · us-east-1").waitFor();
  await workbench.runCommand("SageMaker Ops: Create Project…");
  await workbench.screenshot(`${here.shots}/create-project.png`);
  await workbench.pick(/^XGBoost$/);
  await workbench.pick(/A file…$/);
  await choosePath("The model", path.join(given, "model.tar.gz"));
  await workbench.pick(/A CSV file…$/);
  await choosePath("Rows of data", path.join(given, "rows.csv"));
  await workbench.quickInput.getByText("by its name").waitFor();
  await workbench.screenshot(`${here.shots}/create-project-label.png`);
  await workbench.pick(/^class$/);
  await answer("Name of the project and of its stack", "vino");
  await workbench.pick(/vino$/);
  await workbench.editorTab("sagemaker-ops.json").waitFor();
  assert.equal(read("sagemaker-ops.json").stackName, "vino");
  for (const name of ["template.yaml", "bootstrap.yaml", "lambda/index.mjs", "web/index.html", "model/model.tar.gz"])
    assert.ok(existsSync(path.join(folder, name)), name);
});

step("it is deployed, and its page and API are asked before that is over", async () => {
  const { workbench } = here;
  await workbench.runCommand("SageMaker Ops: Deploy…");
  await workbench.pick(/Deploy \d+ changes$/);
  await workbench.page.getByText(/^CREATE_COMPLETE · \d+ resources/).waitFor({ timeout: 120_000 });
  await workbench.treeItem("vino-endpoint").waitFor();
  // After the stack come the page and the looks at what was deployed.
  await workbench.notification(/Deploying stack vino/).waitFor({ state: "hidden", timeout: 60_000 });
});

step("a development stack gets a timer, which the Stack view shows, and loses it", async () => {
  const { workbench } = here;
  await workbench.runCommand("SageMaker Ops: Set Teardown Timer…");
  await workbench.quickPickRow(/In 8 h$/).waitFor();
  await workbench.screenshot(`${here.shots}/teardown-when.png`);
  await workbench.pick(/In 8 h$/);
  await workbench.quickPickRow(/Set the timer$/).waitFor({ timeout: 60_000 });
  await workbench.quickInput.getByText(/about \$0\.92 with its present instances/).waitFor();
  await workbench.screenshot(`${here.shots}/teardown-confirm.png`);
  await workbench.pick(/Set the timer$/);
  await workbench.treeItem("Deletes itself").waitFor({ timeout: 60_000 });
  await workbench.screenshot(`${here.shots}/teardown.png`);
  await workbench.runCommand("SageMaker Ops: Set Teardown Timer…");
  await workbench.pick(/Never: cancel the timer$/);
  await workbench.pick(/Cancel the timer$/);
  await workbench.treeItem("Deletes itself").waitFor({ state: "hidden", timeout: 60_000 });
});

step("environments are switched, and each has a stack of its own", async () => {
  const { workbench } = here;
  change({ environments: { dev: {}, prod: { stackName: "vino-live", region: "eu-west-1" } } });
  await workbench.runCommand("SageMaker Ops: Switch Environment…");
  await workbench.quickInput.getByText("vino-live · eu-west-1").waitFor();
  await workbench.screenshot(`${here.shots}/switch-environment.png`);
  await workbench.pick(/prod$/);
  await workbench.page.getByText("The project's stack is not deployed here.").waitFor();
});

step(
  "an environment of another region is refused here, with the way out",
  async () => {
    const { workbench } = here;
    await workbench.runCommand("SageMaker Ops: Deploy…");
    await workbench.notification(/The project is for region eu-west-1, but the connection is to us-east-1/).waitFor();
    await workbench.runCommand("Notifications: Clear All Notifications");
    await workbench.runCommand("SageMaker Ops: Switch Environment…");
    await workbench.pick(/None of them$/);
    await workbench.page.getByText(/^UPDATE_COMPLETE · \d+ resources/).waitFor();
  },
  /The project is for region eu-west-1/,
);

if (canTrain)
  step("a training job makes another model of the project's data", async () => {
    const { workbench } = here;
    const { training } = read("sagemaker-ops.json") as { training: { hyperparameters: object } };
    change({ training: { ...training, hyperparameters: { ...training.hyperparameters, num_round: 5 } } });
    await workbench.runCommand("SageMaker Ops: Train…");
    await workbench.quickPickRow(/Start the Training Job$/).waitFor();
    await workbench.screenshot(`${here.shots}/train.png`);
    await workbench.pick(/Start the Training Job$/);
    await eventually(
      "the project names the job's model",
      async () => /vino-\d/.test(JSON.stringify(read("sagemaker-ops.json").artifacts)),
      120_000,
    );
  });

step("traffic is shifted between variants, with the shares told", async () => {
  const { workbench } = here;
  await workbench.runCommand("SageMaker Ops: Shift Traffic…");
  await workbench.pick(/ab-test$/);
  await workbench.quickPickRow(/Shift traffic$/).waitFor();
  await workbench.pick(/Green$/);
  await workbench.quickInput.locator(".quick-input-message", { hasText: "Press 'Enter'" }).waitFor();
  await input().fill("3");
  await workbench.page.keyboard.press("Enter");
  await workbench.quickInput.getByText("Blue 25 % of the traffic · Green 75 % of the traffic").waitFor();
  await workbench.screenshot(`${here.shots}/shift-traffic.png`);
  await workbench.pick(/Shift traffic$/);
  const sagemaker = new SageMakerClient(sandbox?.clientConfig() ?? {});
  await eventually("the weights are shifted", async () => {
    const { ProductionVariants } = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: "ab-test" }));
    return ProductionVariants?.find(({ VariantName }) => VariantName === "Green")?.CurrentWeight === 3;
  });
  sagemaker.destroy();
});

step("an endpoint that belongs to no stack is deleted, and made again from what it left", async () => {
  const { workbench } = here;
  await workbench.runCommand("SageMaker Ops: Delete Endpoint…");
  await workbench.pick(/shared$/);
  await workbench.quickInput.getByText("its configuration and its model, which cost nothing").waitFor();
  await workbench.screenshot(`${here.shots}/delete-endpoint.png`);
  await workbench.pick(/Delete endpoint shared$/);
  await workbench.treeItem("shared").waitFor({ state: "hidden" });
  await workbench.runCommand("SageMaker Ops: Recreate Endpoint…");
  await workbench.pick(/shared$/);
  await workbench.quickInput.locator(".quick-input-message", { hasText: "Press 'Enter'" }).waitFor();
  await input().fill("shared");
  await workbench.page.keyboard.press("Enter");
  await workbench.pick(/Create endpoint shared$/);
  await workbench.treeItem("shared").waitFor();
});

step(
  "an endpoint is adopted as a project of its own",
  async () => {
    const { workbench } = here;
    await workbench.runCommand("SageMaker Ops: Adopt Endpoint…");
    await workbench.pick(/ab-test$/);
    await workbench.quickInput.locator(".quick-input-message", { hasText: "Name of the new stack" }).waitFor();
    await workbench.screenshot(`${here.shots}/adopt.png`);
    await workbench.page.keyboard.press("Enter");
    // The folder that is open has a project already, and is not offered.
    const target = path.join(root, "adopted");
    mkdirSync(target);
    await choosePath("Folder for the project", `${target}/`, "Create It Here");
    await eventually("the project is written", async () =>
      existsSync(path.join(target, "ab-test-copy/sagemaker-ops.json")),
    );
  },
  // The new project's folder is opened in this window.
  RELOAD_NOISE,
);
