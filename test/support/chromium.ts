import { existsSync } from "node:fs";
import { type Browser, launch } from "puppeteer-core";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = process.env.CHROMIUM ?? places.find((path) => existsSync(path));

/** Why no Chromium can stand in for a phone here; undefined where one can. */
export const chromiumMissing: string | undefined =
  executablePath === undefined ? "skipped: no chromium (apt-get install chromium)" : undefined;

/** A headless Chromium; it has a profile of its own, as another phone would. */
export const chromium = (...args: readonly string[]): Promise<Browser> =>
  launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    // Containers let nobody but root in, and root no sandbox.
    args: ["--no-sandbox", ...args],
    acceptInsecureCerts: true,
  });
