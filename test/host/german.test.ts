import { skipWithoutChromium } from "../rig/chromium.ts";
import { story } from "./steps.ts";
import { createWineWorkspace } from "./wineWorkspace.ts";

/** The whole way in German: manifest, trees, questions, errors of the core, pages. */
const here = story(skipWithoutChromium ? undefined : createWineWorkspace(), 60, {}, async () => ({ language: "de" }));
/** What the first step provokes. VS Code looks for German texts of its own extensions in a marketplace, which the rig does not have. */
const NOISE = /No extension gallery service|No bundle location found for extension vscode\.|Nicht mit AWS/;
const step = (name: string, work: () => Promise<void>) => here.step(name, work, NOISE);

step("commands and views are German, and so is what the extension says", async () => {
  const { workbench } = here;
  await workbench.openView("SageMaker Ops");
  await workbench.statusBarItem("SageMaker: nicht verbunden").waitFor();
  await workbench.runCommand("SageMaker Ops: Bereitstellen …");
  await workbench.notification("Nicht mit AWS oder der Sandbox verbunden.").waitFor();
  await workbench.screenshot(`${here.shots}/german-error.png`);
});

step("a question, its facts and the trees are German", async () => {
  const { workbench } = here;
  await workbench.page.getByRole("button", { name: "Sandbox starten" }).first().click();
  await workbench.statusBarItem("SageMaker: Sandbox · us-east-1").waitFor();
  await workbench.runCommand("SageMaker Ops: Bereitstellen …");
  await workbench.quickPickRow("Konto").waitFor();
  await workbench.screenshot(`${here.shots}/german-confirm.png`);
  await workbench.pick(/\d+ Änderungen bereitstellen$/);
  await workbench.page.getByText(/^CREATE_COMPLETE · \d+ Ressourcen/).waitFor({ timeout: 90_000 });
});

step("the pages are German", async () => {
  const { workbench } = here;
  await workbench.runCommand("SageMaker Ops: Vorhersage testen");
  const page = workbench.webview();
  await page.getByRole("button", { name: "Senden" }).click();
  await page.getByText(/^HTTP 200/).waitFor();
  await workbench.screenshot(`${here.shots}/german-endpoint.png`);
  await workbench.runCommand("SageMaker Ops: Lasttest starten …");
  await workbench.pick("short.ramp.json");
  await workbench.screenshot(`${here.shots}/german-load-confirm.png`);
  await workbench.pick(/480 Anfragen an wine-endpoint senden$/);
  await workbench.webview().getByText("✓ Bestanden").waitFor({ timeout: 60_000 });
  await workbench.screenshot(`${here.shots}/german-run.png`);
});
