import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDevice, recordsOf, scriptModel } from "../../devices/index.ts";
import { sampleStep, samplingRules } from "../../profiler/sampling.ts";
import { randomWeights } from "../../src/network/initial-weights.ts";
import { findPreset } from "../../src/network/presets.ts";
import { seededRandom } from "../../src/random.ts";
import { chromium, chromiumMissing } from "../support/chromium.ts";
import { addressIn, openShown } from "./shown-page.ts";

const network = findPreset("mnist-cnn").build({ multiplier: 0.25 });
const model = scriptModel("net", network, randomWeights(network, seededRandom(1)), 1);
const rules = { ...samplingRules, calmSamples: 5, maxSamples: 5, hurriedSamples: 5 };
const script = {
  version: 1 as const,
  threads: 1,
  seed: 1,
  models: [model],
  steps: [sampleStep(["net"], rules, { patience_s: 0, profiled: [] })],
};

describe.skipIf(chromiumMissing !== undefined)(
  `in a browser${chromiumMissing ? ` (${chromiumMissing})` : ""}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), "wattsplit-browser-"));
    let browser: Browser;
    beforeAll(async () => {
      browser = await chromium("--host-resolver-rules=MAP phone.test 127.0.0.1");
    });
    afterAll(async () => {
      await browser?.close();
      rmSync(folder, { recursive: true, force: true });
    });
    const closePages = async () => {
      for (const page of await browser.pages()) await page.close();
    };

    it("a network runs with two threads at localhost, and the platform says in what", async () => {
      const device = await openShown("browser", browser, { threads: 2 });

      const measured = await device.measure({ ...script, threads: 2 });
      await device.close();

      const [batches] = recordsOf(measured, "batches");
      expect(batches?.duration_s.length).toBeGreaterThanOrEqual(25);
      for (const duration_s of batches?.duration_s ?? []) expect(duration_s).toBeGreaterThan(0);
      expect(device.identity).toMatchObject({
        runtime: "ort-web",
        threads: 2,
        runtimeBuild: expect.stringMatching(/^[0-9a-f]{16}$/),
      });
      expect(device.details).toMatchObject({
        crossOriginIsolated: "yes",
        userAgent: expect.stringContaining("Chrome"),
      });
      expect(device.capabilities.nodeProfiling).toBe(false);
      await closePages();
    });

    it("over https with a certificate of its own the page is isolated too", async () => {
      const device = await openShown("browser:https://localhost", browser);

      expect(device.details).toMatchObject({ crossOriginIsolated: "yes" });
      await device.close();
      await closePages();
    });

    it("over plain http in the network there are no threads, and one is asked for is refused", async () => {
      const device = await openShown("browser:http://phone.test", browser);
      expect(device.details).toMatchObject({ crossOriginIsolated: "no" });
      expect(recordsOf(await device.measure(script), "batches")).toHaveLength(1);
      await device.close();
      await closePages();

      await expect(
        openShown("browser:http://phone.test", browser, { threads: 2 }),
      ).rejects.toMatchObject({
        exit: "unavailable",
        message: expect.stringContaining("no threads"),
      });
      await closePages();
    });

    it("a phone is known again at another port, and another phone is another machine", async () => {
      const fingerprintIn = async (context: BrowserContext): Promise<string> => {
        const device = await openShown("browser", context);
        await device.close();
        return device.identity.fingerprint;
      };
      const [first, second] = [
        await browser.createBrowserContext(),
        await browser.createBrowserContext(),
      ];

      const known = await fingerprintIn(first);

      expect(known).toMatch(/^[0-9a-f]{16}$/);
      expect(await fingerprintIn(first)).toBe(known);
      expect(await fingerprintIn(second)).not.toBe(known);
      await Promise.all([first.close(), second.close()]);
    });

    it("a tab closed in the middle of a script is waited for, and the script runs again whole", async () => {
      const notices: string[] = [];
      let url = "";
      const onNotice = (notice: string): void => {
        notices.push(notice);
        url ||= addressIn(notice) ?? "";
        if (notices.length === 1) void browser.newPage().then((page) => page.goto(url));
        if (notice.includes("Connection lost"))
          void browser.newPage().then((page) => page.goto(url));
      };
      const device = await openDevice("browser", { onNotice });
      const many = { ...rules, calmSamples: 60, maxSamples: 60, hurriedSamples: 60 };
      const steps = [
        sampleStep(["net"], rules, { patience_s: 0, profiled: [] }),
        sampleStep(["net"], many, { patience_s: 0, profiled: [] }),
      ];
      let isClosed = false;

      const measured = await device.measure(
        { ...script, steps },
        {
          onRecord: ({ kind }) => {
            if (kind === "batches" && !isClosed) void closePages();
            isClosed ||= kind === "batches";
          },
        },
      );
      await device.close();

      expect(notices.slice(1)).toEqual([
        expect.stringContaining("Connection lost"),
        expect.stringContaining("The device is back"),
      ]);
      expect(recordsOf(measured, "batches").map(({ sample }) => new Set(sample).size)).toEqual([
        5, 60,
      ]);
      await closePages();
    });

    it("a runtime that the browser lacks is refused with what to do", async () => {
      await expect(
        openShown("browser", browser, { runtime: "ort-web-webnn" }),
      ).rejects.toMatchObject({ exit: "unavailable", message: expect.stringContaining("WebNN") });
      await closePages();
    });

    it("without a browser the wait ends with what to do", async () => {
      await expect(openDevice("browser", { reconnectPatience_s: 0.05 })).rejects.toMatchObject({
        exit: "unavailable",
        message: expect.stringContaining("No browser opened"),
      });
    });
  },
);
