import { describe, expect, test } from "vitest";
import { denseEigen } from "../../support/reference/eigen.ts";
import {
  exampleImages,
  exampleNetworks,
  exampleWeights,
} from "../../support/reference/example-networks.ts";
import { constant } from "../../support/reference/hyper-dual.ts";
import { exactWeights, referenceLoss } from "../../support/reference/network.ts";
import { halves, type ReferenceSplit, referenceSplit } from "../../support/reference/split.ts";
import { splittingMatrixByDefinition } from "../../support/reference/splitting-matrix.ts";

type Name = keyof typeof exampleNetworks;

const referenceOf = (name: Name) => {
  const network = exampleNetworks[name];
  return { network, weights: exactWeights(exampleWeights(network)) };
};
const imagesOf = (name: Name) => exampleImages(exampleNetworks[name], 2);

const least = (name: Name, group: string, neuron: number, dimension: number) => {
  const batch = imagesOf(name);
  const of = { reference: referenceOf(name), group, neuron, dimension, batch };
  const { values, vectors } = denseEigen(splittingMatrixByDefinition(of));
  return { lambda: values[0] ?? 0, vector: vectors[0] ?? [] };
};

const along = (neuron: number, vector: readonly number[], epsilon: number): ReferenceSplit =>
  halves(
    neuron,
    vector.map((entry) => constant(epsilon * entry)),
  );

/** Loss after these splits minus loss before, in float64. */
function change(
  name: Name,
  splits: Readonly<Record<string, readonly ReferenceSplit[]>>,
  options: { readonly unhalved?: boolean } = {},
): number {
  const reference = referenceOf(name);
  const split = referenceSplit(reference, new Map(Object.entries(splits)), options);
  const loss = ({ network, weights }: typeof reference | typeof split) =>
    referenceLoss(network, weights, imagesOf(name)).value;
  return loss(split) - loss(reference);
}

describe("the loss falls by epsilon^2 / 2 times the splitting index", () => {
  test.each([
    ["conv, batch norm and swish", "convBatchNorm", "conv1", 2, 18],
    ["conv and the depthwise layer after it", "depthwise", "conv1", 1, 18],
    ["dense with bias", "dense", "hidden", 1, 5],
  ] as const)("in %s, to 1e-5", (_, name, group, neuron, dimension) => {
    const { lambda, vector } = least(name, group, neuron, dimension);

    const epsilon = 1e-3;
    const realised = change(name, { [group]: [along(neuron, vector, epsilon)] });

    expect(lambda).toBeLessThan(0);
    expect(Math.abs((2 * realised) / epsilon ** 2 / lambda - 1)).toBeLessThan(1e-5);
  });
});

describe("gains of neighbouring layers", () => {
  // The consumer's direction weighs the duplicated input, so that its own halving matters.
  const epsilon = 1e-2;
  const first = least("twoConvs", "conv1", 0, 18);
  const heavy = Array.from({ length: 27 }, (_, i) => (i % 3 === 0 ? 1 / 3 : 0));
  const conv1 = { conv1: [along(0, first.vector, epsilon)] };
  const conv2 = { conv2: [along(1, heavy, epsilon)] };
  const apart = change("twoConvs", conv1) + change("twoConvs", conv2);

  test("add up when the consumer's directions are halved on duplicated inputs", () => {
    const together = change("twoConvs", { ...conv1, ...conv2 });

    expect(Math.abs(together / apart - 1)).toBeLessThan(1e-3);
  });

  test("do not add up when they are copied as they are", () => {
    const together = change("twoConvs", { ...conv1, ...conv2 }, { unhalved: true });

    expect(Math.abs(together / apart - 1)).toBeGreaterThan(0.02);
  });
});
