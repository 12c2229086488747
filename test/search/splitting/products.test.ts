import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { curvedAtWriter } from "../../../search/splitting/groups.ts";
import {
  compileSplittingProducts,
  type ProductOptions,
} from "../../../search/splitting/products.ts";
import { withoutScale } from "../../../search/splitting/project-scale.ts";
import type { Network } from "../../../src/network/network.ts";
import type { Weights } from "../../../src/network/parameters.ts";
import { findPreset } from "../../../src/network/presets.ts";
import { seededRandom } from "../../../src/random.ts";
import { createEngine, type Engine } from "../../../src/tensor/index.ts";
import {
  exampleImages,
  exampleNetworks,
  exampleWeights,
  withActivation,
} from "../../support/reference/example-networks.ts";
import {
  exactWeights,
  type LabelledImages,
  referenceLoss,
} from "../../support/reference/network.ts";
import {
  type ReferenceNeuron,
  splittingMatrixByDefinition,
  splittingMatrixBySplitting,
  splittingProductBySplitting,
} from "../../support/reference/splitting-matrix.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
});
afterAll(() => engine.close());

const batchOf = ({ images, labels }: LabelledImages) => ({
  x: Float32Array.from(images.flat()),
  y: Int32Array.from(labels),
  count: images.length,
});

/** Random directions of every group, and S times them for all neurons by the engine. */
async function engineProducts(
  network: Network,
  weights: Weights,
  images: LabelledImages,
  { on = engine, view = (group) => group }: Partial<ProductOptions> & { readonly on?: Engine } = {},
) {
  const batch = batchOf(images);
  const compiled = await compileSplittingProducts(on, network, { batch: batch.count, view });
  const random = seededRandom(5);
  const directions = new Map(
    compiled.groups.map(({ group, dimension }) => [
      group.name,
      Float32Array.from({ length: group.width * dimension }, () => random.normal()),
    ]),
  );
  const result = await compiled.multiply(weights, batch, directions);
  await compiled.release();
  return { groups: compiled.groups, directions, ...result };
}

/** Largest difference relative to the largest entry of one neuron's product. */
async function worstMiss(network: Network, neuron: number, on = engine): Promise<number> {
  const weights = exampleWeights(network);
  const batch = exampleImages(network, 2);
  const { groups, directions, products } = await engineProducts(network, weights, batch, { on });
  const reference = { network, weights: exactWeights(weights) };
  const misses = groups.map(({ group, dimension }) => {
    const row = (vectors: ReadonlyMap<string, Float32Array>) =>
      vectors.get(group.name)?.subarray(neuron * dimension, (neuron + 1) * dimension) ?? [];
    const of = { reference, group: group.name, neuron, dimension, batch };
    const exact = splittingProductBySplitting(of, [...row(directions)]);
    // A linear stream's product is 0.
    const size = Math.max(1e-9, ...exact.map(Math.abs));
    return (
      Math.max(...[...row(products)].map((entry, i) => Math.abs(entry - (exact[i] ?? 0)))) / size
    );
  });
  return Math.max(...misses);
}

describe("S v by the engine is the curvature of the exactly split network", () => {
  test.each(Object.values(exampleNetworks))("in $name", async (network) => {
    expect(await worstMiss(network, 1)).toBeLessThan(1e-4);
  });

  test.each(["relu", "relu6", "tanh", "sigmoid", "softplus"] as const)(
    "through a depthwise layer with %s, kinks by their surrogate",
    async (activation) => {
      expect(
        await worstMiss(withActivation(exampleNetworks.depthwise, activation), 0),
      ).toBeLessThan(1e-4);
    },
  );

  test("eagerly on tfjs too", async () => {
    const eager = await createEngine({ backend: "tfjs-cpu" });

    const miss = await worstMiss(exampleNetworks.depthwise, 2, eager);

    await eager.close();
    expect(miss).toBeLessThan(1e-4);
  });
});

describe("S v by the curvature of the writer's own activation, as once released", () => {
  /** Largest difference from S v relative to its largest entry. */
  async function missOfReleased(network: Network): Promise<number> {
    const weights = exampleWeights(network);
    const images = exampleImages(network, 2);
    const whole = await engineProducts(network, weights, images);
    const released = await engineProducts(network, weights, images, { view: curvedAtWriter });
    const misses = [...whole.products].flatMap(([group, row]) => {
      const size = Math.max(...row.map(Math.abs));
      const other = released.products.get(group) ?? [];
      return Array.from(row, (entry, i) => Math.abs(entry - (other[i] ?? Number.NaN)) / size);
    });
    return Math.max(...misses);
  }

  test.each(["convBatchNorm", "twoConvs"] as const)("is S v in %s", async (name) => {
    expect(await missOfReleased(exampleNetworks[name])).toBeLessThan(1e-5);
  });

  test("is S v through a depthwise layer without activation, and is not through one with swish", async () => {
    const network = exampleNetworks.depthwise;
    const straight = {
      ...network,
      layers: network.layers.map((layer) =>
        layer.kind === "depthwise_conv2d" ? { ...layer, activation: "linear" as const } : layer,
      ),
    };

    expect(await missOfReleased(straight)).toBeLessThan(1e-5);
    expect(await missOfReleased(network)).toBeGreaterThan(0.1);
  });
});

test("what every normalised writer of a stream has of theta has no product, and what the others have keeps it", async () => {
  const network = exampleNetworks.residual;
  const weights = exampleWeights(network);
  const batch = batchOf(exampleImages(network, 2));
  const bare = await compileSplittingProducts(engine, network, { batch: batch.count });
  const [stream] = bare.groups;
  if (!stream) throw new Error("No stream");
  const products = withoutScale(bare, network, weights);
  /** The product of theta's part of one writer, 0 elsewhere. */
  const productAlong = async (writer: string) => {
    const { offset, dimension } = stream.theta.find((part) => part.writer === writer) ?? {
      offset: 0,
      dimension: 0,
    };
    const kernel = weights.get(`${writer}/kernel`) ?? new Float32Array();
    const { width, name } = stream.group;
    const rows = new Float32Array(width * stream.dimension);
    for (let k = 0; k < Math.min(dimension, kernel.length / width); k++)
      for (let neuron = 0; neuron < width; neuron++)
        rows[neuron * stream.dimension + offset + k] = kernel[k * width + neuron] ?? 0;
    const directions = new Map(
      bare.groups.map(({ group, dimension: d }) => [group.name, new Float32Array(group.width * d)]),
    );
    const result = await products.multiply(weights, batch, directions.set(name, rows));
    return Math.hypot(...(result.products.get(name) ?? []));
  };

  const [stem, outer1, outer2] = [
    await productAlong("stem"),
    await productAlong("outer1"),
    await productAlong("outer2"),
  ];
  await bare.release();

  expect(Math.max(stem, outer2)).toBeLessThan(1e-6 * outer1);
});

describe("the float64 reference", () => {
  const neuronOf = (network: Network, group: string, dimension: number): ReferenceNeuron => ({
    reference: { network, weights: exactWeights(exampleWeights(network)) },
    group,
    neuron: 1,
    dimension,
    batch: exampleImages(network, 2),
  });

  test.each([
    ["convBatchNorm", "conv1", 18],
    ["depthwise", "conv1", 18],
    ["dense", "hidden", 5],
  ] as const)(
    "has in %s one S by splitting and by the Hessian of <g, h>",
    (name, group, dimension) => {
      const of = neuronOf(exampleNetworks[name], group, dimension);

      const bySplitting = splittingMatrixBySplitting(of).flat();
      const byDefinition = splittingMatrixByDefinition(of).flat();

      const size = Math.max(...bySplitting.map(Math.abs));
      for (const [i, entry] of bySplitting.entries())
        expect(Math.abs(entry - (byDefinition[i] ?? 0))).toBeLessThan(1e-12 * size);
    },
  );
});

test("the loss is the reference's mean cross-entropy", async () => {
  const network = exampleNetworks.skip;
  const weights = exampleWeights(network);
  const images = exampleImages(network, 3);

  const { loss } = await engineProducts(network, weights, images);

  expect(loss).toBeCloseTo(referenceLoss(network, exactWeights(weights), images).value, 5);
});

test("a linear group has the product 0, and a network of nothing else still has a loss", async () => {
  const linear: Network = {
    name: "linear",
    input: { height: 1, width: 1, channels: 4 },
    layers: exampleNetworks.dense.layers.map((layer) => ({ ...layer, activation: "linear" })),
  };

  const { products, loss } = await engineProducts(
    linear,
    exampleWeights(linear),
    exampleImages(linear, 2),
  );

  expect([...(products.get("hidden") ?? [])]).toEqual(new Array(15).fill(0));
  expect(loss).toBeGreaterThan(0);
});

test.each(["mobilenet-v1-cifar", "vgg-cifar", "resnet-cifar", "mnist-cnn", "plain3"])(
  "%s at its smallest has symmetric matrices in every layer",
  async (name) => {
    const network = findPreset(name).build({ multiplier: 0.01 });
    const weights = exampleWeights(network);
    const images = exampleImages(network, 2);
    const compiled = await compileSplittingProducts(engine, network, { batch: 2 });
    const random = seededRandom(7);
    const drawn = [0, 1].map(
      () =>
        new Map(
          compiled.groups.map(({ group, dimension }) => [
            group.name,
            Float32Array.from({ length: group.width * dimension }, () => random.normal()),
          ]),
        ),
    );
    const [u = new Map(), v = new Map()] = drawn;

    const [su, sv] = await Promise.all(
      drawn.map((directions) => compiled.multiply(weights, batchOf(images), directions)),
    );
    await compiled.release();

    for (const { group } of compiled.groups) {
      const dot = (a: Float32Array = new Float32Array(), b: Float32Array = new Float32Array()) =>
        a.reduce((sum, entry, i) => sum + entry * (b[i] ?? 0), 0);
      const size =
        Math.hypot(...(u.get(group.name) ?? [])) *
        Math.hypot(...(sv?.products.get(group.name) ?? []));
      const difference =
        dot(u.get(group.name), sv?.products.get(group.name)) -
        dot(v.get(group.name), su?.products.get(group.name));
      expect(Math.abs(difference)).toBeLessThanOrEqual(1e-4 * size);
    }
  },
);
