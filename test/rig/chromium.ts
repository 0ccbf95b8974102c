import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = [
  process.env.CHROMIUM_PATH,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
];

/** The system's Chromium, or the one that CHROMIUM_PATH names; undefined when there is none. */
export function findChromium(): string | undefined {
  return PLACES.find((place) => place && existsSync(place));
}

/** Reason to skip a test that needs a browser, for `{ skip }` of node:test; false when there is a browser. */
export const skipWithoutChromium: string | false = findChromium()
  ? false
  : "NO CHROMIUM: install it (apt-get install chromium) or set CHROMIUM_PATH; the tests in the browser did not run";
if (skipWithoutChromium) console.error(`\n!!! ${skipWithoutChromium}\n`);

/** A browser whose requests cannot leave this machine. Throws when there is no Chromium. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error("There is no Chromium. Install it or set CHROMIUM_PATH.");
  const args = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
  ];
  return chromium.launch({ executablePath, args });
}
