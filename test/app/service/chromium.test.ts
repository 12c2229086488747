import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTable } from "../../../energy-db/index.ts";
import { type Listening, listen } from "../../../src/app/service/server.ts";
import { TableReader } from "../../../src/app/service/table-reader.ts";
import { identity, sessionSettings } from "../../energy-db/example-rows.ts";
import { chromium, chromiumMissing } from "../../support/chromium.ts";
import { writeFormulaTable } from "../../support/formula-table.ts";
import { writeFoundSearch } from "../../support/found-search.ts";

const fixture = join(import.meta.dirname, "../../network/import/fixtures/squeezenet-13.onnx");
const conv = "op=conv2d&in=8x8x1&out=8";
const pages = [
  "/",
  "/platforms/1",
  "/platforms/1/kernels?op=conv2d",
  "/platforms/1/checks",
  `/platforms/1/curve?${conv}`,
  "/compare?one=1&other=1",
  "/estimate",
  "/searches",
  "/searches/found",
];

describe.skipIf(chromiumMissing !== undefined)(
  `the service's pages in a browser${chromiumMissing ? ` (${chromiumMissing})` : ""}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), "wattsplit-pages-"));
    const db = writeFormulaTable(folder);
    const problems: string[] = [];
    let browser: Browser;
    let service: Listening;
    let reader: TableReader;
    beforeAll(async () => {
      reader = new TableReader(db, { started: "t0", now_ms: Date.now, freshness_ms: 0 });
      const searches = ["found", "other"].map((name) => join(folder, name));
      for (const search of searches) writeFoundSearch(search, db);
      const options = { toolVersion: "0.0.0", now_ms: Date.now, livePeriod_ms: 20, searches };
      service = await listen({ reader, port: 0, host: "127.0.0.1", ...options });
      browser = await chromium();
    });
    afterAll(async () => {
      await browser?.close();
      await service?.close();
      reader.close();
      rmSync(folder, { recursive: true, force: true });
      // Read last: no page of this file may have had an error or broken its own rules.
      expect(problems).toEqual([]);
    });

    async function opened(path: string, width = 1200): Promise<Page> {
      const page = await browser.newPage();
      await page.setViewport({ width, height: 900 });
      page.on("pageerror", (error) => problems.push(`${path}: ${error}`));
      page.on("console", (message) => {
        if (message.type() === "error") problems.push(`${path}: ${message.text()}`);
      });
      await page.goto(`${service.url}${path}`);
      return page;
    }

    test.each(pages.flatMap((path) => [400, 1200].map((width) => [path, width] as const)))(
      "%s fits a window of %d pixels",
      async (path, width) => {
        const page = await opened(path, width);

        const { wide, title } = await page.evaluate(() => {
          const { document } = globalThis as never as BrowserGlobals;
          return { wide: document.documentElement.scrollWidth, title: document.title };
        });

        expect(wide).toBeLessThanOrEqual(width);
        expect(title).toContain("wattsplit");
        await page.close();
      },
    );

    test("a reader clicks from the first page to a kernel's curve", async () => {
      const page = await opened("/");
      const follow = async (selector: string) => {
        await Promise.all([page.waitForNavigation(), page.click(selector)]);
      };

      await follow('a[href="/platforms/1"]');
      await follow('a[href="/platforms/1/kernels"]');
      await follow('a[href^="/platforms/1/curve"]');

      expect(await page.$eval("h1", ({ textContent }) => textContent)).toContain("conv2d");
      expect(await page.$$("svg")).not.toEqual([]);
      await page.close();
    });

    test("the keyboard reaches every link in the order that they stand, and shows where it is", async () => {
      const page = await opened("/platforms/1");

      await page.keyboard.press("Tab");
      const first = await page.evaluate(() => {
        const { document, getComputedStyle } = globalThis as never as BrowserGlobals;
        const { activeElement } = document;
        return {
          text: activeElement.textContent,
          outline: getComputedStyle(activeElement).outlineStyle,
        };
      });

      expect(first).toEqual({ text: "wattsplit", outline: "solid" });
      await page.close();
    });

    test("is dark where the reader's system is, and on paper without what can only be clicked", async () => {
      const page = await opened("/platforms/1/kernels");
      const background = () =>
        page.evaluate(() => {
          const { document, getComputedStyle } = globalThis as never as BrowserGlobals;
          return getComputedStyle(document.body).backgroundColor;
        });
      const brightness = async () =>
        Math.max(...((await background()).match(/\d+/g) ?? []).slice(0, 3).map(Number));

      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
      const light = await brightness();
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
      expect(light).toBeGreaterThan(200);
      expect(await brightness()).toBeLessThan(60);

      await page.emulateMediaType("print");
      expect(await page.$eval("nav", (nav) => nav.checkVisibility())).toBe(false);
      await page.close();
    });

    test("a model is chosen, sent and estimated step by step", async () => {
      const page = await opened("/estimate");
      const input = await page.$('input[type="file"]');
      await (
        input as Awaited<ReturnType<typeof page.waitForSelector>> & {
          uploadFile(path: string): Promise<void>;
        }
      ).uploadFile(fixture);

      await Promise.all([page.waitForNavigation(), page.click("form button")]);

      const text = await page.$eval("main", ({ textContent }) => textContent ?? "");
      expect(text).toContain("squeezenet-13.onnx on");
      expect(text).toContain("349 M multiply-accumulates");
      expect(text).toContain("Concat");
      await page.close();
    });

    test("a profile that begins elsewhere appears, and its numbers move, without a reload by hand", async () => {
      const page = await opened("/");
      const table = openTable(db, { mode: "write" });
      const { id } = table.ensurePlatform(identity, {});

      const session = table.startSession(id, {
        ...sessionSettings,
        startedAt: new Date().toISOString(),
      });

      await page.waitForSelector(`[data-row="${session}"] progress`);
      table.finishSession(session, new Date().toISOString(), "done");
      table.close();
      await page.waitForFunction(
        () => (globalThis as never as BrowserGlobals).document.querySelector("progress") === null,
      );
      await page.close();
    });
  },
);

/** What the functions that run in the page use there. */
interface BrowserGlobals {
  readonly document: {
    readonly title: string;
    readonly body: object;
    readonly documentElement: { readonly scrollWidth: number };
    readonly activeElement: { readonly textContent: string };
    querySelector(selector: string): object | null;
  };
  getComputedStyle(element: object): {
    readonly outlineStyle: string;
    readonly backgroundColor: string;
  };
}
