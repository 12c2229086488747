import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openDevice, recordsOf, scriptModel } from "../../devices/index.ts";
import { sampleStep, samplingRules } from "../../profiler/sampling.ts";
import { randomWeights } from "../../src/network/initial-weights.ts";
import { findPreset } from "../../src/network/presets.ts";
import { seededRandom } from "../../src/random.ts";
import { chromium, chromiumMissing } from "../support/chromium.ts";
import { adbMissing, type FakePhone, fakePhone } from "./fake-phone.ts";

const missing = chromiumMissing ?? adbMissing;

/** Android's activity manager, which opens addresses: notes the last of its arguments. */
const am = `#!/bin/sh
for last; do :; done
echo "$last" > "$(dirname "$0")/opened"
`;

const network = findPreset("mnist-cnn").build({ multiplier: 0.25 });
const rules = { ...samplingRules, calmSamples: 5, maxSamples: 5, hurriedSamples: 5 };
const step = sampleStep(["net"], rules, { patience_s: 0, profiled: [] });
const script = {
  version: 1 as const,
  threads: 1,
  seed: 1,
  models: [scriptModel("net", network, randomWeights(network, seededRandom(1)), 1)],
  steps: [step, step],
};

describe.skipIf(missing !== undefined)(
  `in the browser of a phone on a cable${missing ? ` (${missing})` : ""}`,
  () => {
    let browser: Browser;
    let phone: FakePhone;
    beforeAll(async () => {
      browser = await chromium();
      phone = await fakePhone({ am });
    });
    afterAll(async () => {
      await browser?.close();
      phone?.close();
    });
    const opened = () => join(phone.root, "bin", "opened");

    it("the page is brought to its localhost and opened there, and a script runs again whole after the cable was pulled", async () => {
      const notices: string[] = [];
      const opening = openDevice(`browser:adb:${phone.serial}`, {
        onNotice: (notice) => notices.push(notice),
      });
      await vi.waitFor(() => expect(existsSync(opened())).toBe(true), { timeout: 20_000 });
      const url = readFileSync(opened(), "utf8").trim();
      await (await browser.newPage()).goto(url);
      const device = await opening;

      expect(url).toMatch(/^http:\/\/localhost:\d+\/[0-9a-f]{32}\/$/);
      expect(notices[0]).toContain(url);
      expect(device.details).toMatchObject({ crossOriginIsolated: "yes" });
      let isPulled = false;
      const measured = await device.measure(script, {
        onRecord: ({ kind }) => {
          if (kind === "batches" && !isPulled) phone.unplug();
          isPulled ||= kind === "batches";
        },
      });

      expect(notices.slice(1)).toEqual([
        expect.stringContaining("Connection lost"),
        expect.stringContaining("The device is back"),
      ]);
      expect(recordsOf(measured, "batches")).toHaveLength(2);
      await device.close();
    });

    it("a phone that is not there is told, with where to look", async () => {
      await expect(openDevice("browser:adb:nowhere")).rejects.toMatchObject({
        exit: "unavailable",
        message: expect.stringContaining("cannot be reached"),
      });
    });
  },
);
