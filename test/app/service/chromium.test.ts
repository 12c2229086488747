import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTable } from "../../../energy-db/index.ts";
import { type Listening, listen } from "../../../src/app/service/server.ts";
import { TableReader } from "../../../src/app/service/table-reader.ts";
import { identity, sessionSettings } from "../../energy-db/example-rows.ts";
import { chromium, chromiumMissing } from "../../support/chromium.ts";
import { cli } from "../../support/cli.ts";
import { writeFormulaTable } from "../../support/formula-table.ts";
import { writeFoundSearch } from "../../support/found-search.ts";
import { steppedTable } from "../../support/stepped-table.ts";

const fixture = join(import.meta.dirname, "../../network/import/fixtures/squeezenet-13.onnx");
const conv = "op=conv2d&in=8x8x1&out=8";
const pages = [
  "/",
  "/platforms/1",
  "/platforms/1/kernels?op=conv2d",
  "/platforms/1/checks",
  `/platforms/1/curve?${conv}`,
  "/compare?one=1&other=1",
  "/platforms/2",
  "/imported/1?sort=-latency_s",
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
      const stepped = join(folder, "stepped.json");
      writeFileSync(stepped, JSON.stringify(steppedTable));
      await cli(["table", "import", stepped, "--db", db]);
      const table = openTable(db, { mode: "write" });
      // A platform of which nothing is measured, under a name that is long for a narrow page.
      table.ensurePlatform({ ...identity, device: "a-phone-with-a-long-name" }, {});
      table.close();
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

    test.each(["/", "/platforms/1", "/imported/1", "/estimate"])(
      "the keyboard reaches every control of %s in the order that they stand, and shows where it is",
      async (path) => {
        const page = await opened(path);
        const wanted = await page.$$eval(controls, (all) =>
          all.filter((one) => one.checkVisibility()).map((one) => one.outerHTML),
        );

        const reached: { readonly html: string; readonly outline: string }[] = [];
        for (const _ of wanted) {
          await page.keyboard.press("Tab");
          reached.push(
            await page.evaluate(() => {
              const { document, getComputedStyle } = globalThis as never as BrowserGlobals;
              const { activeElement } = document;
              return {
                html: activeElement.outerHTML,
                outline: getComputedStyle(activeElement).outlineStyle,
              };
            }),
          );
        }

        expect(reached.map(({ html }) => html)).toEqual(wanted);
        expect(new Set(reached.map(({ outline }) => outline))).toEqual(new Set(["solid"]));
        await page.close();
      },
    );

    test("the keyboard alone unfolds a table, chooses, and follows a link", async () => {
      const page = await opened("/imported/1");
      await page.focus("figure details summary");
      await page.keyboard.press("Enter");
      expect(await page.$eval("figure details table", (table) => table.checkVisibility())).toBe(
        true,
      );

      await page.focus('select[name="sort"]');
      await page.keyboard.type("slowest");
      await page.focus("form button");
      await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
      expect(page.url()).toContain("sort=-latency_s");

      await page.focus('nav a[href="/"]');
      await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
      expect(await page.$eval("h1", ({ textContent }) => textContent)).toBe("Costs of layers");
      await page.close();
    });

    // 4.5 is what WCAG 2.1 asks of text (1.4.3, level AA).
    test.each(pages)("all text of %s can be read in the light and in the dark", async (path) => {
      const page = await opened(path);
      for (const scheme of ["light", "dark"]) {
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);

        const { background, faintest } = await page.evaluate(contrastOfTexts);

        expect(background > 0.5).toBe(scheme === "light");
        expect(faintest.ratio, `${scheme}: ${faintest.text}`).toBeGreaterThan(4.5);
      }
      await page.close();
    });

    test.each(["/platforms/1", "/imported/1", "/platforms/1/kernels"])(
      "%s on paper has every table unfolded, its figures, dark ink, and nothing that can only be clicked",
      async (path) => {
        const page = await opened(path);
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
        await page.emulateMediaType("print");

        const visible = (selector: string) =>
          page.$$eval(selector, (all) => all.map((one) => one.checkVisibility()));
        expect(new Set(await visible("nav, form, .links"))).toEqual(new Set([false]));
        const tables = await page.$$eval("table", (all) =>
          all.map((one) =>
            one.checkVisibility({ contentVisibilityAuto: true, opacityProperty: true }),
          ),
        );
        expect(new Set(tables)).toEqual(new Set([true]));
        expect((await visible("svg")).filter(Boolean).length).toBeGreaterThanOrEqual(
          path.endsWith("kernels") ? 0 : 1,
        );
        const { background, faintest } = await page.evaluate(contrastOfTexts);
        expect(background).toBeGreaterThan(0.9);
        expect(faintest.ratio, faintest.text).toBeGreaterThan(4.5);
        await page.close();
      },
    );

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

const controls = "a[href], summary, input, select, button";

/**
 * Runs in the page: how bright its background is, 0 to 1, and the text that stands out least, by the contrast of WCAG 2.1; texts of
 * figures are filled.
 */
function contrastOfTexts(): Contrasts {
  const { document, getComputedStyle } = globalThis as never as BrowserGlobals;
  const channels = (colour: string): number[] => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour: string): number => {
    const [red = 0, green = 0, blue = 0] = channels(colour).map((channel) => {
      const share = channel / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element: PageElement | null): string => {
    if (!element) return "rgb(255, 255, 255)";
    const { backgroundColor } = getComputedStyle(element);
    const [, , , alpha = 1] = channels(backgroundColor);
    return alpha === 0 ? behind(element.parentElement) : backgroundColor;
  };
  const texts = [...document.querySelectorAll("main *, nav *, header *")].filter(
    (element) =>
      element.childElementCount === 0 &&
      (element.textContent ?? "").trim() !== "" &&
      element.tagName !== "title" &&
      // Numbers on coloured cells: what is behind them is drawn, not styled.
      element.closest('[aria-label="text"]') === null &&
      element.checkVisibility(),
  );
  const ratios = texts.map((element) => {
    const { color, fill } = getComputedStyle(element);
    const isDrawn = element.tagName === "text" || element.tagName === "tspan";
    const [one, other] = [luminance(isDrawn ? fill : color), luminance(behind(element))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    return { ratio, text: (element.textContent ?? "").slice(0, 40) };
  });
  const faintest = ratios.reduce((least, one) => (one.ratio < least.ratio ? one : least), {
    ratio: 21,
    text: "",
  });
  return { background: luminance(behind(document.body)), faintest };
}

interface Contrasts {
  readonly background: number;
  readonly faintest: { readonly ratio: number; readonly text: string };
}

interface PageElement {
  readonly textContent: string | null;
  readonly outerHTML: string;
  readonly tagName: string;
  readonly childElementCount: number;
  readonly parentElement: PageElement | null;
  checkVisibility(): boolean;
  closest(selector: string): PageElement | null;
}

/** What the functions that run in the page use there. */
interface BrowserGlobals {
  readonly document: {
    readonly title: string;
    readonly body: PageElement;
    querySelectorAll(selector: string): Iterable<PageElement>;
    readonly documentElement: { readonly scrollWidth: number };
    readonly activeElement: PageElement;
    querySelector(selector: string): object | null;
  };
  getComputedStyle(element: object): {
    readonly outlineStyle: string;
    readonly backgroundColor: string;
    readonly color: string;
    readonly fill: string;
  };
}
