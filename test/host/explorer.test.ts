import { skipWithoutChromium } from "../rig/chromium.ts";
import { story } from "./steps.ts";
import { createWineWorkspace } from "./wineWorkspace.ts";

/** The explorer: what belongs to an endpoint, filters, favourites, the way from a resource to the template. */
const here = story(skipWithoutChromium ? undefined : createWineWorkspace(), 60, {
  // A quarter of an hour of the sandbox: 15 s.
  "sagemakerOps.idleHours": 0.25,
});
const { step, screenshots } = here;

const fromMenu = (row: string | RegExp, item: string) => {
  const { workbench } = here;
  return workbench.fromMenu(workbench.treeItem(row), item);
};

const parts = async () => {
  const { workbench } = here;
  await workbench.openView("SageMaker Ops");
  await workbench.page.getByRole("button", { name: "Start the Sandbox" }).click();
  await workbench.statusBarItem("SageMaker: sandbox · us-east-1").waitFor();
  await workbench.runCommand("SageMaker Ops: Deploy…");
  await workbench.pick(/Deploy \d+ changes$/);
  await workbench.page.getByText(/^CREATE_COMPLETE · \d+ resources/).waitFor({ timeout: 90_000 });
  await workbench.expandTreeItem(/^wine-Model-/);
  await workbench.treeItem("Image").waitFor();
  await workbench.treeItem("Artifact").waitFor();
  await workbench.expandTreeItem(/^wine-EndpointConfig-/);
  await workbench.treeItem("Data capture").waitFor();
  // No hover in the pictures.
  await workbench.page.mouse.move(900, 500);
  await screenshots("explorer");
};
// VS Code says so when a row is opened in the moment in which the tree is drawn anew.
step("a model shows its image, artifact and environment, an endpoint its tags", parts, /No tree item with id/);

step("a filter is asked of the account, says so, and is taken away again", async () => {
  const { workbench } = here;
  await workbench.runCommand("SageMaker Ops: Filter Endpoints…");
  await workbench.pick("Name…");
  await workbench.quickInput.locator(".quick-input-box input").fill("reviews");
  await workbench.page.keyboard.press("Enter");
  await workbench.treeItem("No endpoint matches").waitFor();
  await workbench.screenshot(`${here.shots}/explorer-filtered.png`);
  await workbench.treeItem("No endpoint matches").click();
  await workbench.treeItem("wine-endpoint").waitFor();
});

step("a favourite carries a star until it is one no more", async () => {
  const { workbench } = here;
  await fromMenu("wine-endpoint", "Add to Favourites");
  await workbench.page.getByText(/^★ InService/).waitFor();
  await fromMenu("wine-endpoint", "Remove from Favourites");
  await workbench.page.getByText(/^★ InService/).waitFor({ state: "hidden" });
});

step("a resource of the stack leads to its place in the template", async () => {
  const { workbench } = here;
  await workbench.expandTreeItem("wine");
  const row = workbench.treeItem("EndpointLogs");
  await row.waitFor();
  await fromMenu("EndpointLogs", "Reveal in Template");
  await workbench.editorTab("template.yaml").waitFor();
  await workbench.page.locator(".view-line", { hasText: "EndpointLogs:" }).first().waitFor();
  await workbench.screenshot(`${here.shots}/reveal-in-template.png`);
});

step("an endpoint that nobody invokes is marked idle, and leads to its deletion", async () => {
  const { workbench } = here;
  await workbench.page.getByText(/^InService · idle · .* · simulated$/).waitFor({ timeout: 60_000 });
  const row = workbench.treeItem("wine-endpoint");
  await row.hover();
  await row.getByRole("button", { name: "Delete Stack…" }).waitFor();
  await workbench.screenshot(`${here.shots}/idle.png`);
});

step("the log of the endpoint is read into an output channel", async () => {
  const { workbench } = here;
  await workbench.runCommand("SageMaker Ops: Show Logs…");
  await workbench.pick(/Endpoint wine-endpoint$/);
  await workbench.pick(/Last day$/);
  await workbench.quickInput.locator(".quick-input-message", { hasText: "Press 'Enter'" }).waitFor();
  await workbench.page.keyboard.press("Enter");
  await workbench.page
    .locator(".view-line", { hasText: /wine-endpoint:.from/ })
    .first()
    .waitFor();
  await workbench.screenshot(`${here.shots}/logs.png`);
});
