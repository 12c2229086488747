import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exportTflite } from "../../src/network/export-tflite.ts";
import { randomWeights } from "../../src/network/initial-weights.ts";
import type { Network } from "../../src/network/network.ts";
import { presets } from "../../src/network/presets.ts";
import { seededRandom } from "../../src/random.ts";
import { encodeTflite } from "../../src/tflite/index.ts";
import { chromiumMissing } from "../support/chromium.ts";
import { type LiteRt, openLiteRt } from "../support/litert.ts";
import { exampleNetworks } from "../support/reference/example-networks.ts";
import { anyNetwork, byOnnxRuntime } from "../support/tflite-networks.ts";

describe.skipIf(chromiumMissing)("a network exported for TensorFlow Lite", () => {
  let liteRt: LiteRt;
  beforeAll(async () => {
    liteRt = await openLiteRt();
  });
  afterAll(() => liteRt?.close());

  async function expectEqualOutputs(network: Network, seed: number) {
    const random = seededRandom(seed);
    const weights = randomWeights(network, random);
    const { height, width, channels } = network.input;
    const x = Float32Array.from({ length: height * width * channels }, () => random.normal());

    const outputs = await liteRt.run(encodeTflite(exportTflite(network, weights)), x, [
      1,
      height,
      width,
      channels,
    ]);

    const expected = await byOnnxRuntime(network, weights, x);
    expect(outputs).toHaveLength(expected.length);
    const scale = Math.max(1, ...expected.map(Math.abs));
    for (const [i, value] of expected.entries())
      expect(Math.abs((outputs[i] ?? Number.NaN) - value) / scale).toBeLessThan(1e-5);
  }

  const small = Object.entries(presets).map(([name, preset]): [string, Network] => {
    const network = preset.build({ multiplier: 0.125 });
    const { height, width, channels } = network.input;
    return [
      name,
      { ...network, input: { height: Math.min(height, 64), width: Math.min(width, 64), channels } },
    ];
  });
  const examples = (["weighed", "gated", "shuffled"] as const).map((name): [string, Network] => [
    name,
    exampleNetworks[name],
  ]);
  test.each([...small, ...examples])(
    "gives LiteRT the outputs that ONNX Runtime computes: %s",
    (_, network) => expectEqualOutputs(network, 1),
  );

  test("does so for random layers of every kind and activation", async () => {
    await fc.assert(
      fc.asyncProperty(anyNetwork, fc.integer({ min: 1, max: 1e6 }), expectEqualOutputs),
      { numRuns: 60 },
    );
  });
});
