import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Browser, BrowserContext, Frame, FrameLocator, Locator, Page } from "playwright-core";
import { launchBrowser } from "./chromium.ts";
import type { VscodeServer } from "./vscodeServer.mjs";
import { WorkbenchProblems } from "./workbenchProblems.ts";

/** Colour themes by the names that the picker shows, with the class that the workbench then carries. */
const THEMES = {
  dark: { label: "Dark Modern", css: "vs-dark" },
  light: { label: "Light Modern", css: "vs" },
  hcDark: { label: "Dark High Contrast", css: "hc-black" },
  hcLight: { label: "Light High Contrast", css: "hc-light" },
} as const;
export type Theme = keyof typeof THEMES;

const LOAD_MS = 60_000;
const escapeRegExp = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** A real VS Code in a browser, driven as a user would. */
export class Workbench {
  private constructor(
    private readonly browser: Browser,
    private readonly context: BrowserContext,
    readonly page: Page,
    /** What went wrong unseen: exceptions, violations of a content security policy, errors of the extension host. */
    readonly problems: WorkbenchProblems,
  ) {}

  /**
   * Opens the page and waits until the extension host runs.
   * @param language of the extensions; the workbench's own texts are in packages that the rig does not install
   */
  static async open(server: VscodeServer, language?: string): Promise<Workbench> {
    const browser = await launchBrowser();
    try {
      const context = await browser.newContext({
        viewport: { width: 1400, height: 900 },
        reducedMotion: "reduce",
        permissions: ["clipboard-read", "clipboard-write"],
      });
      // What a language pack sets before the workbench starts, and what its own English texts set then.
      const setting = JSON.stringify({ value: language });
      if (language)
        await context.addInitScript(
          `Object.defineProperty(globalThis, "_VSCODE_NLS_LANGUAGE", { get: () => (${setting}).value, set: () => {} });`,
        );
      const page = await context.newPage();
      const problems = await WorkbenchProblems.watch(server, context, page);
      await page.goto(server.url, { waitUntil: "commit" });
      await page.locator(".monaco-workbench").waitFor({ timeout: LOAD_MS });
      await problems.waitForHostLog(/Eager extensions activated/, LOAD_MS);
      return new Workbench(browser, context, page, problems);
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  /** Runs a command by its title in the palette, e.g. `SageMaker Ops: Deploy…`; waits for the title to appear. */
  async runCommand(title: string): Promise<void> {
    const row = this.quickPickRow(new RegExp(`^${escapeRegExp(title)}$`));
    const input = this.quickInput.locator(".quick-input-box input");
    for (const until = Date.now() + 30_000; ; ) {
      await this.page.keyboard.press("F1");
      // The palette does not open, or closes, when a page or an editor that has just loaded takes the focus: also
      // between its row's coming and the click.
      const isTyped = await succeeds(input.fill(`>${title}`, { timeout: 2000 }));
      if (isTyped && (await appears(row, 2000)) && (await succeeds(row.click({ timeout: 2000 })))) break;
      if (Date.now() > until) throw new Error(`The palette has no command ${title}.`);
      await this.page.keyboard.press("Escape");
    }
    // Not the widget: the command may open a quick pick of its own.
    await row.waitFor({ state: "hidden" });
  }

  /** Reloads the window as its user does; the browser's own reload would not let it keep what is open. */
  async reloadWindow(): Promise<void> {
    const input = this.quickInput.locator(".quick-input-box input");
    for (let tries = 0; tries < 20 && !(await input.isVisible()); tries++) {
      await this.page.keyboard.press("F1");
      await appears(input, 1000);
    }
    await input.fill(">Developer: Reload Window");
    await this.quickPickRow("Developer: Reload Window").waitFor();
    await this.page.keyboard.press("Enter");
    await this.quickInput.waitFor({ state: "hidden" });
  }

  get quickInput(): Locator {
    return this.page.locator(".quick-input-widget");
  }

  /** A row of the open quick pick by its label. */
  quickPickRow(label: string | RegExp): Locator {
    const name = this.page.locator(".label-name", { hasText: label });
    return this.quickInput.locator(".monaco-list-row").filter({ has: name }).first();
  }

  /** Picks a row of a quick pick that a command opens. */
  async pick(label: string | RegExp): Promise<void> {
    const row = this.quickPickRow(label);
    await row.waitFor();
    await row.click();
  }

  /** Opens a view container by its title in the activity bar. */
  async openView(title: string): Promise<void> {
    if (await this.page.locator(".sidebar .composite.title", { hasText: title }).isVisible()) return;
    await this.page.locator(`.activitybar a.action-label[aria-label^="${title}"]`).click();
    await this.page.locator(".sidebar .composite.title", { hasText: title }).waitFor();
  }

  /** A tree row by its visible label; its accessible name is the tooltip when there is one. */
  treeItem(label: string | RegExp): Locator {
    const name = this.page.locator(".label-name").getByText(label, { exact: typeof label === "string" });
    return this.page.getByRole("treeitem").filter({ has: name }).first();
  }

  async expandTreeItem(label: string | RegExp): Promise<void> {
    const item = this.treeItem(label);
    await item.waitFor();
    const open = this.page.locator('[aria-expanded="true"]').and(item);
    // A tree that is drawn anew in this moment loses the click.
    for (const until = Date.now() + 20_000; ; ) {
      if ((await item.getAttribute("aria-expanded")) === "false") await item.locator(".monaco-tl-twistie").click();
      if (await appears(open, 2000)) return;
      if (Date.now() > until) throw new Error(`The row ${label} did not open.`);
    }
  }

  /** Picks an item of a row's context menu. */
  async fromMenu(row: Locator, item: string): Promise<void> {
    await row.click({ button: "right" });
    const entry = this.page.getByRole("menuitem", { name: item });
    // A menu takes no click in the first moment after it has opened.
    for (const until = Date.now() + 10_000; ; ) {
      await entry.click();
      const isGone = await entry.waitFor({ state: "hidden", timeout: 1000 }).then(
        () => true,
        () => false,
      );
      if (isGone) return;
      if (Date.now() > until) throw new Error(`The menu did not take ${item}.`);
    }
  }

  editorTab(name: string | RegExp): Locator {
    return this.page.getByRole("tab", { name });
  }

  /** The document of the webview that is in sight: two frames down. */
  webview(): FrameLocator {
    const outer = this.page.locator("iframe.webview.ready").filter({ visible: true }).last();
    return outer.contentFrame().locator("iframe#active-frame").contentFrame();
  }

  /** The same as a frame, in which code can be run. */
  async webviewFrame(): Promise<Frame> {
    const webview = this.webview();
    await webview.locator("body").waitFor();
    const frame = await (await webview.owner().elementHandle())?.contentFrame();
    if (!frame) throw new Error("The webview has no document.");
    return frame;
  }

  notification(text: string | RegExp): Locator {
    return this.page.locator(".notification-list-item", { hasText: text });
  }

  statusBarItem(text: string | RegExp): Locator {
    return this.page.locator(".statusbar-item", { hasText: text });
  }

  /** By the theme picker: this server does not see a settings.json that is edited while a page is open. */
  async setTheme(theme: Theme): Promise<void> {
    const { label, css } = THEMES[theme];
    const root = this.page.locator(`.monaco-workbench.${css}`);
    if (await root.isVisible()) return;
    await this.runCommand("Preferences: Color Theme");
    await this.quickInput.locator(".quick-input-box input").fill(label);
    await this.pick(new RegExp(`^${label}$`));
    await this.quickInput.waitFor({ state: "hidden" });
    await root.waitFor();
  }

  async screenshot(file: string): Promise<void> {
    mkdirSync(path.dirname(file), { recursive: true });
    await this.page.screenshot({ path: file, animations: "disabled", caret: "hide" });
  }

  async close(): Promise<void> {
    await this.context.close();
    await this.browser.close();
  }
}

function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

function appears(locator: Locator, timeout: number): Promise<boolean> {
  return succeeds(locator.waitFor({ timeout }));
}
