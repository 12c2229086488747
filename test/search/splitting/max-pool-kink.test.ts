import { afterAll, beforeAll, expect, test } from "vitest";
import { applySplit } from "../../../search/splitting/apply-split.ts";
import { compileSplittingProducts } from "../../../search/splitting/products.ts";
import { initialWeights } from "../../../src/network/initial-weights.ts";
import type { Network } from "../../../src/network/network.ts";
import { seededRandom } from "../../../src/random.ts";
import { createEngine, type Engine } from "../../../src/tensor/index.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
});
afterAll(() => engine.close());

const neurons = 4;
const dimension = 3 * 3 * 2 + 1;

const network: Network = {
  name: "relu-pooled",
  input: { height: 8, width: 8, channels: 2 },
  layers: [
    {
      kind: "conv2d",
      name: "conv1",
      width: neurons,
      kernelSize: 3,
      stride: 1,
      padding: "same",
      bias: true,
      batchNorm: false,
      activation: "relu",
    },
    { kind: "pool", name: "pool1", mode: "max", size: 2, stride: 2, padding: "valid" },
    { kind: "global_pool", name: "mean" },
    { kind: "dense", name: "logits", width: 3, bias: true, activation: "linear" },
  ],
};

/** Noise of one class only, so that every neuron's output has a gradient of one sign. */
function examples(count: number) {
  const random = seededRandom(3);
  const x = Float32Array.from({ length: count * 8 * 8 * 2 }, () => random.normal());
  return { x, y: new Int32Array(count), count };
}

/**
 * Two kinks matter: relu's, which lies at the largest pre-activation of a window and not at its first pixel, and that of the
 * maximum itself, which splitting moves too. Without the second S came out five times too small, without both seven times.
 */
test("S through ReLU and max pooling is what splitting a real network gains", async () => {
  const random = seededRandom(7);
  const drawn = initialWeights(network, random);
  // Wide pre-activations, so that the softplus that stands for the kink is narrow beside them.
  const kernel = drawn.get("conv1/kernel") ?? new Float32Array();
  const weights = new Map([...drawn, ["conv1/kernel", kernel.map((entry) => 3 * entry)]]);
  const direction = Float32Array.from({ length: dimension }, () => random.normal());
  const length = Math.hypot(...direction);
  const unit = direction.map((entry) => entry / length);
  const batch = examples(512);
  const lossOf = async (net: Network, values: typeof weights) => {
    const products = await compileSplittingProducts(engine, net, { batch: batch.count });
    const directions = new Map(
      products.groups.map(({ group, dimension: length }) => [
        group.name,
        Float32Array.from({ length: group.width * length }, (_, i) => unit[i % length] ?? 0),
      ]),
    );
    const result = await products.multiply(values, batch, directions);
    await products.release();
    return result;
  };

  const { loss, products } = await lossOf(network, weights);
  const epsilon = 0.5;
  const split = applySplit(
    network,
    weights,
    new Map([["conv1", [0, 1, 2, 3].map((neuron) => ({ neuron, direction: unit, epsilon }))]]),
  );
  const after = await lossOf(split.network, new Map(split.weights));
  const promised = (products.get("conv1") ?? new Float32Array()).reduce(
    (sum, entry, i) => sum + entry * (unit[i % dimension] ?? 0),
    0,
  );
  const realised = (2 * (after.loss - loss)) / epsilon ** 2;

  expect(Math.abs(realised / promised - 1)).toBeLessThan(0.1);
});
