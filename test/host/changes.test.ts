import { skipWithoutChromium } from "../rig/chromium.ts";
import { story } from "./steps.ts";
import { createWineWorkspace } from "./wineWorkspace.ts";

/** Changes of an endpoint that is there: scaling, instance type, and where each is made. */
const here = story(skipWithoutChromium ? undefined : createWineWorkspace(), 120);
const { step } = here;

/** Picks a row of a form and enters a value in the box that it opens. */
async function enter(row: RegExp, text: string): Promise<void> {
  const { workbench } = here;
  await workbench.pick(row);
  const input = workbench.quickInput.locator(".quick-input-box input");
  await workbench.quickInput.locator(".quick-input-message", { hasText: "Press 'Enter'" }).waitFor();
  await input.fill(text);
  await workbench.page.keyboard.press("Enter");
}

step("the wine project stands in the sandbox", async () => {
  const { workbench } = here;
  await workbench.openView("SageMaker Ops");
  await workbench.page.getByRole("button", { name: "Start the Sandbox" }).click();
  await workbench.statusBarItem("SageMaker: sandbox · us-east-1").waitFor();
  await workbench.runCommand("SageMaker Ops: Deploy…");
  await workbench.quickPickRow(/Deploy \d+ changes$/).waitFor();
  await workbench.screenshot(`${here.shots}/deploy-confirm.png`);
  await workbench.pick(/Deploy \d+ changes$/);
  await workbench.page.getByText(/^CREATE_COMPLETE · \d+ resources/).waitFor({ timeout: 90_000 });
});

step("a scaling policy is edited as a form that tells what it means, and refuses what cannot be", async () => {
  const { workbench } = here;
  await workbench.runCommand("SageMaker Ops: Edit Scaling Policy…");
  await workbench.quickPickRow(/Scheduled actions$/).waitFor();
  await workbench.screenshot(`${here.shots}/edit-scaling-kinds.png`);
  await workbench.pick(/Target tracking$/);
  await workbench.quickPickRow(/Go on with these values$/).waitFor();
  await workbench.quickPickRow(/At 1,000 requests\/s$/).waitFor();
  await enter(/Minimum instances$/, "9");
  await workbench.quickPickRow(/The minimum 9 is above the maximum 4/).waitFor();
  await enter(/Minimum instances$/, "1");
  await enter(/Target$/, "20000");
  await workbench.quickInput.getByText("3 instances").waitFor();
  await workbench.screenshot(`${here.shots}/edit-scaling.png`);
  await workbench.pick(/Go on with these values$/);
  await workbench.quickPickRow(/Change it in the account now$/).waitFor();
  await workbench.screenshot(`${here.shots}/edit-scaling-where.png`);
  await workbench.pick(/Change it in the account now$/);
  await workbench.page
    .getByText(/target 20,000/)
    .first()
    .waitFor();
});

step("steps are put that tell what a rate comes to, and a scheduled action", async () => {
  const { workbench } = here;
  await workbench.runCommand("SageMaker Ops: Edit Scaling Policy…");
  await workbench.pick(/Step scaling$/);
  await workbench.quickPickRow(/At 1,000 requests\/s$/).waitFor();
  await enter(/Remove one below$/, "14000");
  await workbench.quickPickRow(/Instances would come and go: 15000 on one instance is 7500 on 2/).waitFor();
  await enter(/Remove one below$/, "5000");
  await workbench.quickInput.getByText("the maximum; 5 would be needed").waitFor();
  await workbench.screenshot(`${here.shots}/edit-scaling-steps.png`);
  await workbench.pick(/Go on with these values$/);
  await workbench.pick(/Change it in the account now$/);
  await workbench.page
    .getByText(/\+1, \+2/)
    .first()
    .waitFor();
  await workbench.runCommand("SageMaker Ops: Edit Scaling Policy…");
  await workbench.quickInput.getByText("15000: +1, 30000: +2").waitFor();
  await workbench.pick(/Scheduled actions$/);
  await workbench.pick(/Add an action…$/);
  await enter(/Minimum instances$/, "2");
  await workbench.screenshot(`${here.shots}/edit-scaling-schedule.png`);
  await workbench.pick(/Take this action$/);
  await workbench.quickPickRow(/action-1$/).waitFor();
  await workbench.screenshot(`${here.shots}/edit-scaling-schedules.png`);
  await workbench.pick(/Go on with these actions$/);
  await workbench.pick(/Change it in the account now$/);
});

step("another instance type is told with its cost and what it means for scaling, and comes", async () => {
  const { workbench } = here;
  await workbench.runCommand("SageMaker Ops: Update Endpoint…");
  await workbench.quickPickRow(/Change a value first$/).waitFor();
  await enter(/Instance type$/, "ml.m5.xlarge");
  await workbench.pick(/Go on with these values$/);
  await workbench.pick(/Change it in the account now$/);
  await workbench.quickPickRow(/Update wine-endpoint$/).waitFor();
  await workbench.quickInput.getByText(/Scaling is taken off for the update/).waitFor();
  await workbench.screenshot(`${here.shots}/update-endpoint.png`);
  await workbench.pick(/Update wine-endpoint$/);
  await workbench.page
    .getByText(/ml\.m5\.xlarge/)
    .first()
    .waitFor({ timeout: 60_000 });
});

/** As long as an update has taken scaling off, editing it is refused. */
async function editTracking(): Promise<void> {
  const { workbench } = here;
  const row = workbench.quickPickRow(/Target tracking$/);
  for (let tries = 0; tries < 10 && !(await row.isVisible()); tries++) {
    await workbench.runCommand("SageMaker Ops: Edit Scaling Policy…");
    await row.waitFor({ timeout: 3000 }).catch(() => {});
  }
  await row.click();
}

const inFiles = async () => {
  const { workbench } = here;
  await editTracking();
  await enter(/Maximum instances$/, "6");
  await workbench.pick(/Go on with these values$/);
  await workbench.pick(/Show the change of the project's files…$/);
  await workbench.page.locator(".bulk-edit-panel", { hasText: /"MaxCapacity":\s6/ }).waitFor();
  await workbench.screenshot(`${here.shots}/edit-scaling-files.png`);
};
step("the same in the project's files is a preview to accept", inFiles, /taken off while the endpoint is updated/);

step("drift is told with the value in the template and in the account", async () => {
  const { workbench } = here;
  const difference = workbench.webview().getByText("/TargetTrackingScalingPolicyConfiguration/TargetValue");
  // The update of the step before may still be under way: until it has ended scaling is taken off, and told as deleted.
  for (let tries = 0; tries < 8 && !(await difference.isVisible()); tries++) {
    await workbench.runCommand("View: Close All Editors");
    await workbench.runCommand("SageMaker Ops: Detect Drift");
    await workbench.editorTab(/Drift of wine/).waitFor({ timeout: 60_000 });
    await workbench.webview().getByRole("heading", { name: "Drift of stack wine" }).waitFor();
    await difference.waitFor({ timeout: 3000 }).catch(() => {});
  }
  await difference.waitFor();
  await workbench.screenshot(`${here.shots}/drift.png`);
});

step("the template is validated on request", async () => {
  const { workbench } = here;
  await workbench.runCommand("SageMaker Ops: Validate Template");
  await workbench.notification(/Template template\.yaml has (no problems|\d+ problems?)/).waitFor({ timeout: 40_000 });
  await workbench.editorTab("template.yaml").waitFor();
});

step("an endpoint is made again from a kept configuration, with its cost", async () => {
  const { workbench } = here;
  await workbench.runCommand("SageMaker Ops: Recreate Endpoint…");
  await workbench.pick(/wine-EndpointConfig-/);
  const input = workbench.quickInput.locator(".quick-input-box input");
  await workbench.quickInput.locator(".quick-input-message", { hasText: "Press 'Enter'" }).waitFor();
  await input.fill("wine-endpoint");
  await workbench.quickInput.getByText("There is an endpoint wine-endpoint already.").waitFor();
  await input.fill("wine-again");
  await workbench.page.keyboard.press("Enter");
  await workbench.quickPickRow(/Create endpoint wine-again$/).waitFor();
  await workbench.quickInput.getByText(/about \$0\.\d+\/h on AWS; nothing in the sandbox/).waitFor();
  await workbench.screenshot(`${here.shots}/recreate.png`);
  await workbench.pick(/Create endpoint wine-again$/);
  // The policies of the first one leave no room for the rows below it.
  await workbench.treeItem("wine-endpoint").locator(".monaco-tl-twistie").first().click();
  await workbench.treeItem("wine-again").waitFor();
});
