import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { activationRanges } from "../../devices/activation-ranges.ts";
import { exportTflite } from "../../src/network/export-tflite.ts";
import { randomWeights } from "../../src/network/initial-weights.ts";
import type { Network } from "../../src/network/network.ts";
import { presets } from "../../src/network/presets.ts";
import { seededRandom } from "../../src/random.ts";
import { encodeTflite, quantized } from "../../src/tflite/index.ts";
import { chromiumMissing } from "../support/chromium.ts";
import { type LiteRt, openLiteRt } from "../support/litert.ts";
import { anyNetwork, byOnnxRuntime } from "../support/tflite-networks.ts";

describe.skipIf(chromiumMissing)("a network quantised for TensorFlow Lite", () => {
  let liteRt: LiteRt;
  beforeAll(async () => {
    liteRt = await openLiteRt();
  });
  afterAll(() => liteRt?.close());

  /** Root of the mean squared error of the outputs, over the size of the true ones. */
  async function errorOf(network: Network, seed: number): Promise<number> {
    const random = seededRandom(seed);
    const weights = randomWeights(network, random);
    const { height, width, channels } = network.input;
    const images = Array.from({ length: 2 }, () =>
      Float32Array.from({ length: height * width * channels }, () => random.normal()),
    );
    const calibration = Float32Array.from(images.flatMap((image) => [...image]));
    const ranges = await activationRanges(network, weights, calibration);
    const graph = quantized(exportTflite(network, weights), ranges, { ends: "float32" });
    const shape = [1, height, width, channels];
    const outputs = await liteRt.run(encodeTflite(graph), calibration, shape);
    const expected: number[] = [];
    for (const image of images) expected.push(...(await byOnnxRuntime(network, weights, image)));
    const errors = expected.map((value, i) => (value - (outputs[i] ?? Number.NaN)) ** 2);
    const truths = expected.map((value) => value ** 2);
    const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
    return Math.sqrt(total(errors) / Math.max(total(truths), 1e-6));
  }

  const small = Object.entries(presets).map(([name, preset]): [string, Network] => {
    const network = preset.build({ multiplier: 0.25 });
    const { height, width, channels } = network.input;
    return [
      name,
      { ...network, input: { height: Math.min(height, 32), width: Math.min(width, 32), channels } },
    ];
  });
  test.each(small)("gives LiteRT outputs near the float32 ones: %s", async (_, network) => {
    // Each layer rounds on its own: errors add up like noise.
    expect(await errorOf(network, 1)).toBeLessThan(0.03 * Math.sqrt(network.layers.length));
  });

  test("does so for random layers of every kind and activation", async () => {
    await fc.assert(
      fc.asyncProperty(anyNetwork, fc.integer({ min: 1, max: 1e6 }), async (network, seed) => {
        expect(await errorOf(network, seed)).toBeLessThan(0.1);
      }),
      { numRuns: 30 },
    );
  });
});
