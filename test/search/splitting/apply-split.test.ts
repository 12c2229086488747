import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  applyCopies,
  applySplit,
  type BinarySplit,
  type NeuronSplit,
} from "../../../search/splitting/apply-split.ts";
import { splittableGroups } from "../../../search/splitting/groups.ts";
import type { Network } from "../../../src/network/network.ts";
import { parametersOf, type Weights } from "../../../src/network/parameters.ts";
import { type Random, seededRandom, shuffled } from "../../../src/random.ts";
import { createEngine, type Engine, type TensorSpec, tf } from "../../../src/tensor/index.ts";
import { prepareTfjs } from "../../../src/tensor/tfjs.ts";
import { forward } from "../../../src/training/forward.ts";
import { crossEntropy } from "../../../src/training/losses.ts";
import {
  exampleImages,
  exampleNetworks,
  exampleWeights,
} from "../../support/reference/example-networks.ts";
import { constant } from "../../support/reference/hyper-dual.ts";
import { exactWeights, referenceLogits } from "../../support/reference/network.ts";
import { halves, referenceSplit } from "../../support/reference/split.ts";

prepareTfjs();

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
});
afterAll(() => engine.close());

/** Splits of up to `most` random neurons in every splittable group, along random directions. */
function randomSplits(
  network: Network,
  random: Random,
  { epsilon, most = 2 }: { readonly epsilon: number; readonly most?: number },
): ReadonlyMap<string, readonly BinarySplit[]> {
  const groups = splittableGroups(network).filter(({ reason }) => reason === undefined);
  return new Map(
    groups.map(({ group, dimension }) => {
      const neurons = shuffled(Array(group.width).keys(), random).slice(0, random.below(most + 1));
      const splits = neurons.map((neuron) => ({
        neuron,
        direction: Float32Array.from({ length: dimension }, () => random.normal()),
        epsilon,
      }));
      return [group.name, splits];
    }),
  );
}

const floats = (shape: readonly number[]): TensorSpec => ({ shape, dtype: "float32" });

/** Logits, and the gradient of the loss by every trainable parameter, of a few images. */
async function evaluate(network: Network, weights: Weights) {
  const { images, labels } = exampleImages(network, 3);
  const { height, width, channels } = network.input;
  const parameters = parametersOf(network);
  const trainable = parameters.filter((parameter) => parameter.trainable);
  const specs = {
    x: floats([3, height, width, channels]),
    ...Object.fromEntries(parameters.map(({ name, shape }) => [name, floats(shape)])),
  };
  const program = await engine.compile(
    "evaluate",
    ({ x, ...inputs }) => {
      const run = (...values: tf.Tensor[]) => {
        const moved = Object.fromEntries(
          trainable.map(({ name }, i) => [name, values[i] as tf.Tensor]),
        );
        return forward(network, { ...inputs, ...moved }, x as tf.Tensor4D, { training: false })
          .logits;
      };
      const values = trainable.map(({ name }) => inputs[name] as tf.Tensor);
      const gradients = tf.grads((...moved) =>
        crossEntropy(run(...moved), tf.tensor1d([...labels], "int32")),
      )(values);
      return {
        logits: run(...values),
        ...Object.fromEntries(trainable.map(({ name }, i) => [name, gradients[i] as tf.Tensor])),
      };
    },
    specs,
  );
  const arrays = new Map([...weights, ["x", Float32Array.from(images.flat())] as const]);
  const inputs = Object.entries(specs).map(([name, spec]) => [
    name,
    { ...spec, data: arrays.get(name) ?? new Float32Array() },
  ]);
  const outputs = await program.run(Object.fromEntries(inputs));
  await program.release();
  return (name: string): readonly number[] => [...(outputs[name]?.data ?? [])];
}

const furthest = (one: readonly number[], other: readonly number[]): number =>
  Math.max(
    Math.abs(one.length - other.length),
    ...one.map((x, i) => Math.abs(x - (other[i] ?? 0))),
  );

describe.each(Object.values(exampleNetworks))("a split of $name", (network) => {
  test("leaves every output unchanged at step 0, with several layers split at once", async () => {
    const weights = exampleWeights(network);
    const splits = randomSplits(network, seededRandom(8), { epsilon: 0, most: 3 });

    const split = applySplit(network, weights, splits);

    const original = await evaluate(network, weights);
    const widened = await evaluate(split.network, split.weights);
    expect(split.network).not.toEqual(network);
    expect(furthest(widened("logits"), original("logits"))).toBeLessThan(1e-5);
  });

  test("carries momentum as the gradient: by the copy's weight in the neuron, whole in its consumers", async () => {
    const weights = exampleWeights(network);
    const splits = randomSplits(network, seededRandom(9), { epsilon: 0 });
    const split = applySplit(network, weights, splits);

    const original = await evaluate(network, weights);
    const widened = await evaluate(split.network, split.weights);

    for (const { name, trainable } of parametersOf(split.network)) {
      if (!trainable) continue;
      const carried = split.carry(Float32Array.from(original(name)), name);
      expect(furthest(widened(name), [...carried])).toBeLessThan(2e-5);
    }
  });

  test("is that of the plain-loop reference, which keeps outputs to 1e-12 at step 0", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const weights = exampleWeights(network);
        const splits = randomSplits(network, seededRandom(seed), { epsilon: 0.1, most: 3 });
        const reference = { network, weights: exactWeights(weights) };
        const referenceSplits = (scale: number) =>
          new Map(
            [...splits].map(([group, ofGroup]) => [
              group,
              [...ofGroup]
                .sort((a, b) => a.neuron - b.neuron)
                .map(({ neuron, direction, epsilon }) =>
                  halves(
                    neuron,
                    Array.from(direction, (v) => constant(scale * epsilon * v)),
                  ),
                ),
            ]),
          );

        const split = applySplit(network, weights, splits);
        const expected = referenceSplit(reference, referenceSplits(1));

        expect(split.network).toEqual(expected.network);
        for (const [name, values] of expected.weights) {
          const exact = values.map(({ value }) => value);
          expect(furthest([...(split.weights.get(name) ?? [])], exact)).toBeLessThan(1e-6);
        }
        const [image = []] = exampleImages(network, 1).images;
        const unmoved = referenceSplit(reference, referenceSplits(0));
        const [original, widened] = [reference, unmoved].map((net) =>
          referenceLogits(net.network, net.weights, image).map(({ value }) => value),
        );
        expect(furthest(widened ?? [], original ?? [])).toBeLessThan(1e-12);
      }),
      { seed: 21, numRuns: 8 },
    );
  });
});

test("signed copies leave every output unchanged at step 0 too", async () => {
  const network = exampleNetworks.depthwise;
  const weights = exampleWeights(network);
  const copies = (dimension: number, ...shares: number[]) =>
    shares.map((weight) => ({ weight, displacement: new Float32Array(dimension) }));
  const splits = new Map<string, readonly NeuronSplit[]>([
    [
      "conv1",
      [
        { neuron: 2, copies: copies(18, 2, -1) },
        { neuron: 0, copies: copies(18, 1, 1, -0.5, -0.5) },
      ],
    ],
    ["conv2", [{ neuron: 3, copies: copies(3, 1, 1, -1) }]],
  ]);

  const split = applyCopies(network, weights, splits);

  const original = await evaluate(network, weights);
  const widened = await evaluate(split.network, split.weights);
  expect(split.weights.get("conv1/gamma")).toHaveLength(3 + 1 + 3);
  expect(furthest(widened("logits"), original("logits"))).toBeLessThan(1e-5);
});

test("displacements copied whole to split inputs, as once released, are those of the unhalved reference", () => {
  const network = exampleNetworks.twoConvs;
  const weights = exampleWeights(network);
  const directions = {
    conv1: new Float32Array(18).fill(0.1),
    conv2: new Float32Array(27).fill(0.1),
  };
  const splits = new Map(
    Object.entries(directions).map(([group, displacement]) => {
      const back = displacement.map((entry) => -entry);
      const copies = [displacement, back].map((moved) => ({ weight: 1 / 2, displacement: moved }));
      return [group, [{ neuron: 1, copies }]] as const;
    }),
  );
  const reference = { network, weights: exactWeights(weights) };
  const referenceSplits = new Map(
    Object.entries(directions).map(([group, displacement]) => [
      group,
      [halves(1, Array.from(displacement, constant))],
    ]),
  );

  const split = applyCopies(network, weights, splits, { displacesWhole: true });

  const expected = referenceSplit(reference, referenceSplits, { unhalved: true });
  const halved = referenceSplit(reference, referenceSplits);
  const kernel = [...(split.weights.get("conv2/kernel") ?? [])];
  const exact = (of: typeof expected) =>
    (of.weights.get("conv2/kernel") ?? []).map(({ value }) => value);
  expect(furthest(kernel, exact(expected))).toBeLessThan(1e-6);
  expect(furthest(kernel, exact(halved))).toBeGreaterThan(0.01);
});

test("second moments carry by the square of the copy's weight", () => {
  const network = exampleNetworks.dense;
  const direction = new Float32Array(5);
  const splits = new Map([["hidden", [{ neuron: 1, direction, epsilon: 0.1 }]]]);

  const { carry } = applySplit(network, exampleWeights(network), splits);

  expect([...carry(Float32Array.of(8, 8, 8), "hidden/bias", 2)]).toEqual([8, 2, 8, 2]);
  expect([...carry(Float32Array.of(8, 8, 8), "hidden/bias")]).toEqual([8, 4, 8, 4]);
});

describe("a split that cannot be made is refused", () => {
  const network = exampleNetworks.joined;
  const weights = exampleWeights(network);
  const split = (group: string, neuron: number, dimension: number) => () =>
    applySplit(
      network,
      weights,
      new Map([[group, [{ neuron, direction: new Float32Array(dimension), epsilon: 0.1 }]]]),
    );

  test.each([
    ["a group tied to others", split("left", 0, 3), '"both" ties its width'],
    ["an unknown group", split("nothing", 0, 4), 'no width group "nothing"'],
    ["a neuron that is not there", split("stem", 3, 18), "cannot split neuron 3 of 3"],
    ["a direction of another length", split("stem", 0, 9), "displacements of length 18"],
  ])("%s", (_, make, message) => {
    expect(make).toThrow(message);
  });
});
