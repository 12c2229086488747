import { placeLayers } from "../../../src/network/network.ts";
import { widthGroups } from "../../../src/network/width-groups.ts";
import { constant, type HyperDual, variable } from "./hyper-dual.ts";
import {
  crossEntropy,
  type LabelledImages,
  referenceFields,
  referenceLogits,
  referenceLoss,
} from "./network.ts";
import { halves, type ReferenceNetwork, referenceSplit } from "./split.ts";

/** A neuron of a network, the length of its theta, and the data that its matrix is an average over. */
export interface ReferenceNeuron {
  readonly reference: ReferenceNetwork;
  readonly group: string;
  readonly neuron: number;
  readonly dimension: number;
  readonly batch: LabelledImages;
}

/**
 * The splitting matrix [d][d] as the second derivative of the loss of the network in which the neuron
 * is split into theta +- (s u + t v): exact, and independent of any formula for S.
 */
export function splittingMatrixBySplitting(of: ReferenceNeuron): number[][] {
  return symmetric(of.dimension, (i, j) => splitCurvature(of, unitPair(of.dimension, i, j)));
}

/** S v by the same derivative. */
export function splittingProductBySplitting(
  of: ReferenceNeuron,
  direction: readonly number[],
): number[] {
  return direction.map((_, row) =>
    splitCurvature(
      of,
      direction.map((along, axis) => variable(0, axis === row ? 1 : 0, along)),
    ),
  );
}

function splitCurvature(
  { reference, group, neuron, batch }: ReferenceNeuron,
  displacement: readonly HyperDual[],
): number {
  const split = referenceSplit(reference, new Map([[group, [halves(neuron, displacement)]]]));
  return referenceLoss(split.network, split.weights, batch).mixed;
}

/**
 * The splitting matrix by its definition: the Hessian of <g, h(theta)>, h the neuron's channel where
 * the copies are mixed and g = dL/dh held fixed.
 */
export function splittingMatrixByDefinition({
  reference,
  group,
  neuron,
  dimension,
  batch,
}: ReferenceNeuron): number[][] {
  const { network } = reference;
  const end = mixingLayer(reference, group);
  const gradients = batch.images.map((image, i) =>
    channelGradient(reference, end, neuron, image, batch.labels[i] ?? 0, batch.images.length),
  );
  const upToEnd = {
    ...network,
    layers: network.layers.slice(0, network.layers.findIndex(({ name }) => name === end) + 1),
  };
  const writer = widthGroups(network).find(({ name }) => name === group)?.writers[0] ?? "";
  return symmetric(dimension, (i, j) => {
    const moved = displace(reference, writer, neuron, unitPair(dimension, i, j));
    return batch.images
      .map((image, k) => {
        const values = channel(referenceFields(upToEnd, moved, image).get(end), neuron);
        return values.reduce((sum, h, at) => sum + h.mixed * (gradients[k]?.[at] ?? 0), 0);
      })
      .reduce((a, b) => a + b, 0);
  });
}

/** dL/dh of one channel at the layer `end`, one entry per position, by one dual number per position. */
function channelGradient(
  { network, weights }: ReferenceNetwork,
  end: string,
  neuron: number,
  image: readonly number[],
  label: number,
  images: number,
): number[] {
  const field = referenceFields(network, weights, image).get(end);
  return channel(field, neuron).map((_, position) => {
    const logits = referenceLogits(network, weights, image, (layer, output) => {
      if (layer !== end) return output;
      const at = position * output.channels + neuron;
      const values = output.values.map((value, i) => (i === at ? { ...value, first: 1 } : value));
      return { ...output, values };
    });
    return crossEntropy(logits, label).first / images;
  });
}

/** The last layer of a group whose layers follow each other. */
function mixingLayer({ network }: ReferenceNetwork, group: string): string {
  return (
    widthGroups(network)
      .find(({ name }) => name === group)
      ?.layers.at(-1) ?? group
  );
}

const channel = (
  field: { readonly channels: number; readonly values: readonly HyperDual[] } | undefined,
  neuron: number,
): readonly HyperDual[] => field?.values.filter((_, i) => i % field.channels === neuron) ?? [];

function displace(
  { network, weights }: ReferenceNetwork,
  writer: string,
  neuron: number,
  displacement: readonly HyperDual[],
): ReadonlyMap<string, readonly HyperDual[]> {
  const width = placeLayers(network).find(({ layer }) => layer.name === writer)?.out.channels ?? 1;
  const moved = new Map(weights);
  for (const [role, offset] of [
    ["kernel", 0],
    ["bias", (weights.get(`${writer}/kernel`)?.length ?? 0) / width],
  ] as const) {
    const old = weights.get(`${writer}/${role}`);
    if (!old) continue;
    moved.set(
      `${writer}/${role}`,
      old.map((value, i) => {
        const step = displacement[offset + Math.floor(i / width)];
        return i % width === neuron && step
          ? { ...value, first: step.first, second: step.second }
          : value;
      }),
    );
  }
  return moved;
}

/** e1 along axis i and e2 along axis j. */
const unitPair = (dimension: number, i: number, j: number): readonly HyperDual[] =>
  Array.from({ length: dimension }, (_, axis) =>
    axis === i || axis === j ? variable(0, axis === i ? 1 : 0, axis === j ? 1 : 0) : constant(0),
  );

function symmetric(size: number, entry: (i: number, j: number) => number): number[][] {
  const matrix = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  for (let i = 0; i < size; i++)
    for (let j = i; j < size; j++) {
      const value = entry(i, j);
      for (const [row, column] of [
        [i, j],
        [j, i],
      ] as const) {
        const target = matrix[row];
        if (target) target[column] = value;
      }
    }
  return matrix;
}
