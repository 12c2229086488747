import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, test, vi } from "vitest";
import { openDevice, probeDevices, type ScriptModel, scriptModel } from "../../devices/index.ts";
import { ortGpuRuntime } from "../../devices/runtimes/ort.ts";
import { randomWeights } from "../../src/network/initial-weights.ts";
import { findPreset } from "../../src/network/presets.ts";
import { encodeModel } from "../../src/onnx/index.ts";
import { seededRandom } from "../../src/random.ts";
import { wattsplitCommand } from "../support/wattsplit-command.ts";

/** Chromium's Vulkan driver that computes on the CPU. */
const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json";
const missing = existsSync(swiftShader) ? "" : " (no Vulkan driver: apt-get install chromium)";

describe.skipIf(missing)(
  `networks on WebGPU, by a driver that computes on the CPU${missing}`,
  () => {
    beforeAll(() => {
      vi.stubEnv("VK_ICD_FILENAMES", swiftShader);
    });
    afterAll(() => {
      vi.unstubAllEnvs();
    });
    const load = (model: ScriptModel) => ortGpuRuntime("webgpu")().load(model, { threads: 1 });

    it.for(["mnist-cnn", "mobilenet-v2-cifar"])(
      "nothing of %s is left to the CPU",
      async (name) => {
        const network = findPreset(name).build({ multiplier: 0.25 });
        const weights = randomWeights(network, seededRandom(1));

        const loaded = await load(scriptModel("net", network, weights, 1));
        const time_s = await loaded.run(1);
        await loaded.close();

        expect(time_s).toBeGreaterThan(0);
        expect(loaded.fallback).toBeUndefined();
      },
    );

    it("what the CPU ran of a network is told by name", async () => {
      const value = { type: "float32" as const, shape: [2, 2] };
      const bytes = encodeModel({
        name: "net",
        inputs: [{ name: "x", ...value }],
        outputs: [{ name: "y", type: "float32", shape: [] }],
        initializers: [],
        nodes: [
          { op: "Relu", name: "relu", inputs: ["x"], outputs: ["z"] },
          { op: "Det", name: "determinant", inputs: ["z"], outputs: ["y"] },
        ],
      });
      const inputs = [{ name: "x", shape: [2, 2] }];

      const loaded = await load({ name: "net", bytes, inputs, layers: ["relu", "determinant"] });
      await loaded.close();

      expect(loaded.fallback).toBe("the CPU ran Det determinant");
    });

    it("is a platform of its own, and the probe says that it works", async () => {
      const device = await openDevice("local", { runtime: "ort-webgpu", meter: "none" });
      await device.close();
      const probed = await probeDevices("local");

      expect(device.identity).toMatchObject({ runtime: "ort-webgpu", precision: "float32" });
      expect(probed.find(({ name }) => name === "ort-webgpu")).toMatchObject({ works: true });
    });
  },
);

test("a graphics processor that is not there is refused with what to install", async () => {
  const [program, main] = wattsplitCommand;
  const printed = execFileSync(program, [main, "devices", "probe", "local", "--json"], {
    env: { ...process.env, VK_ICD_FILENAMES: "/nowhere.json" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const { rows } = JSON.parse(printed.toString());

  for (const name of ["ort-webgpu", "ort-cuda"])
    expect(rows.find((row: { name: string }) => row.name === name)).toMatchObject({
      works: false,
      remedy: expect.stringContaining("Install"),
    });
  await expect(openDevice("local", { runtime: "ort-cuda" })).rejects.toMatchObject({
    exit: "unavailable",
  });
});
