import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { type PageName, pageDocument, pageNames } from "../../src/panels/pageDocument.ts";
import type { Port } from "../../src/protocol/transport.ts";
import { launchBrowser } from "../rig/chromium.ts";
import themes from "./themes.json" with { type: "json" };

export type PageTheme = keyof typeof themes;
export const pageThemes = Object.keys(themes) as PageTheme[];

const DIST = path.resolve(import.meta.dirname, "../../dist/webview");
const TYPES: Record<string, string> = { ".js": "text/javascript" };
const NONCE = "dGVzdA";

/** A built page in Chromium under the policy that VS Code gives it; the host is the test's end of the real protocol. */
export interface OpenPage {
  page: Page;
  /** The host's end of the channel: serve the page's requests on it. */
  port: Port;
  /** Exceptions, console errors and violations of the policy. */
  problems: string[];
  setTheme(theme: PageTheme): Promise<void>;
  close(): Promise<void>;
}

/** Opens pages in one browser from one server on this machine. */
export async function startPages(): Promise<{
  open(name: PageName, listen: (port: Port) => void, width?: number): Promise<OpenPage>;
  close(): Promise<void>;
}> {
  const server = createServer(async (request, response) => {
    const name = path.basename(request.url ?? "");
    const html = pageNames.find((page) => name === `${page}.html`);
    response.setHeader("content-type", html ? "text/html" : (TYPES[path.extname(name)] ?? "text/plain"));
    if (html) {
      const css = await readFile(path.join(DIST, `${html}.css`), "utf8");
      response.end(pageDocument({ language: "en", title: html, css, scriptUrl: `${html}.js`, nonce: NONCE }));
      return;
    }
    const file = await readFile(path.join(DIST, name)).catch(() => undefined);
    response.statusCode = file ? 200 : 404;
    response.end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser = await launchBrowser();
  return {
    open: (name, listen, width = 1300) => openPage(browser, `${origin}/${name}.html`, listen, width),
    async close() {
      await browser.close();
      server.close();
    },
  };
}

/** VS Code's API over the function that the test exposes. Text, because a compiled function would miss its helpers. */
const FAKE_API = `
  let state;
  globalThis.acquireVsCodeApi = () => ({
    postMessage: (message) => tellHost(message),
    getState: () => state,
    setState: (next) => { state = next; },
  });
`;

async function openPage(browser: Browser, url: string, listen: (port: Port) => void, width: number): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width, height: 950 }, reducedMotion: "reduce" });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/favicon|icon/.test(message.text())) problems.push(message.text());
  });
  const listeners: ((message: unknown) => void)[] = [];
  await page.exposeFunction("tellHost", (message: unknown) => {
    for (const listener of listeners) listener(message);
  });
  const port: Port = {
    post: (message) => {
      const tell = () => page.evaluate(`postMessage(${JSON.stringify(message)}, "*")`);
      // The first answer may meet a page that is still being loaded; a page that is gone needs none.
      tell().catch(() => tell().catch(() => {}));
    },
    listen: (listener) => listeners.push(listener),
  };
  listen(port);
  await page.addInitScript(FAKE_API);
  page.setDefaultTimeout(5000);
  await page.goto(url);
  const setTheme = async (theme: PageTheme) => {
    const { bodyClass, variables } = themes[theme];
    const style = Object.entries(variables).map(([name, value]) => `${name}: ${value}`);
    await page.locator("html").evaluate((root, text) => root.setAttribute("style", text), style.join("; "));
    await page.locator("body").evaluate((body, name) => body.setAttribute("class", name), bodyClass);
    // The component library takes the new colours with the next frame, and draws with the one after it.
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))");
  };
  await setTheme("dark");
  return { page, port, problems, setTheme, close: () => context.close() };
}
