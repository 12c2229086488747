import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeviceOptions } from "../../devices/index.ts";
import { chromium, chromiumMissing } from "../support/chromium.ts";
import { runtimeSuite } from "./runtime-suite.ts";
import { openShown } from "./shown-page.ts";

/** Graphics by a driver that computes on the CPU. */
const softwareGraphics = [
  ...["--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
  ...["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"],
];
/** Shaders are compiled for each, which takes long there. */
const fewNetworks = ["mnist-cnn"] as const;

describe.skipIf(chromiumMissing !== undefined)(
  `in a browser${chromiumMissing ? ` (${chromiumMissing})` : ""}`,
  () => {
    let browser: Browser;
    beforeAll(async () => {
      const hosts = "--host-resolver-rules=MAP phone.test 127.0.0.1";
      browser = await chromium(hosts, ...softwareGraphics);
    });
    afterAll(() => browser?.close());

    const notices: string[] = [];
    /** A page with this runtime; those from before are closed. */
    const inPage =
      (runtime: string, address = "browser") =>
      async (options: Pick<DeviceOptions, "threads" | "precision"> = {}) => {
        for (const page of await browser.pages()) await page.close();
        const onNotice = (notice: string) => notices.push(notice);
        return openShown(address, browser, {
          ...{ reconnectPatience_s: 30, ...options, runtime, onNotice },
        });
      };

    runtimeSuite("ort-web", inPage("ort-web"), {
      version: /^1\.\d+\.\d+/,
      lacks: "float16",
      tolerance: 1e-5,
    });
    runtimeSuite("tfjs-wasm", inPage("tfjs-wasm"), {
      version: /^4\.\d+\.\d+$/,
      threads: 2,
      tolerance: 1e-5,
    });
    runtimeSuite("litert", inPage("litert"), {
      version: /^2\.\d+\.\d+/,
      threads: 2,
      tolerance: 1e-5,
    });
    runtimeSuite("tfjs-webgl", inPage("tfjs-webgl"), {
      version: /^4\.\d+\.\d+, WebGL 2$/,
      networks: fewNetworks,
      tolerance: 1e-4,
    });
    runtimeSuite("tfjs-webgpu", inPage("tfjs-webgpu"), {
      version: /^4\.\d+\.\d+$/,
      networks: fewNetworks,
      tolerance: 1e-4,
    });
    runtimeSuite("litert-webgpu", inPage("litert-webgpu"), {
      version: /^2\.\d+\.\d+/,
      networks: fewNetworks,
      tolerance: 1e-2,
    });

    it("says of graphics that the CPU computes in place of a graphics processor", () => {
      expect(
        notices.filter((notice) => /tfjs-webgl alone: the CPU.*Swift/.test(notice)),
      ).not.toEqual([]);
      expect(notices.filter((notice) => /tfjs-webgpu alone: the CPU/.test(notice))).not.toEqual([]);
    });

    it("a page that is given no WebGPU says what to use instead", async () => {
      await expect(inPage("tfjs-webgpu", "browser:http://phone.test")()).rejects.toMatchObject({
        exit: "unavailable",
        message: expect.stringContaining("no WebGPU adapter"),
        hint: expect.stringContaining("ort-web"),
      });
    });
  },
);
