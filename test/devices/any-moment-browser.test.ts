import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDevice } from "../../devices/index.ts";
import { chromium, chromiumMissing } from "../support/chromium.ts";
import { expectSameRowsWhenever, undisturbedRows } from "./any-moment.ts";

describe.skipIf(chromiumMissing !== undefined)(
  `in a browser no row is lost or doubled${chromiumMissing ? ` (${chromiumMissing})` : ""}`,
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await chromium();
    });
    afterAll(() => browser?.close());

    it("when the tab is closed at any moment and opened again", async () => {
      let url = "";
      const show = async (): Promise<void> => {
        await (await browser.newPage()).goto(url);
      };
      let returns = 0;
      const device = await openDevice("browser", {
        onNotice: (notice) => {
          url ||= /^https?:\S+$/m.exec(notice)?.[0] ?? "";
          if (notice.startsWith("Open this page") || notice.includes("Connection lost"))
            void show();
          if (notice.includes("is back")) returns++;
        },
      });

      await expectSameRowsWhenever(device, await undisturbedRows(device), () => {
        void browser.pages().then((pages) => Promise.all(pages.map((page) => page.close())));
      });

      expect(returns).toBeGreaterThan(0);
      await device.close();
    });
  },
);
