import { isWide } from "../../../src/network/layer.ts";
import { type Network, placeLayers } from "../../../src/network/network.ts";
import { type Parameter, parametersOf } from "../../../src/network/parameters.ts";
import { widthGroups } from "../../../src/network/width-groups.ts";
import { add, constant, type HyperDual, scale } from "./hyper-dual.ts";
import type { ReferenceWeights } from "./network.ts";

/** One neuron's copies; displacements are added to (kernel in [k, k, in] order, then bias when longer). */
export interface ReferenceSplit {
  readonly neuron: number;
  readonly copies: readonly {
    readonly weight: number;
    readonly displacement: readonly HyperDual[];
  }[];
}

export interface ReferenceNetwork {
  readonly network: Network;
  readonly weights: ReferenceWeights;
}

/** theta +- eps v, each with half the outgoing weight. */
export const halves = (neuron: number, displacement: readonly HyperDual[]): ReferenceSplit => ({
  neuron,
  copies: [
    { weight: 0.5, displacement },
    { weight: 0.5, displacement: displacement.map((entry) => scale(entry, -1)) },
  ],
});

/**
 * Splits in plain loops over named entries, appended in the order given. With `unhalved`, a
 * consumer's displacements on duplicated inputs are copied as they are: the published error.
 */
export function referenceSplit(
  { network, weights }: ReferenceNetwork,
  splits: ReadonlyMap<string, readonly ReferenceSplit[]>,
  { unhalved = false } = {},
): ReferenceNetwork {
  const groupOf = new Map(
    widthGroups(network).flatMap((group) => group.layers.map((layer) => [layer, group.name])),
  );
  const splitsOf = (layer: string) => splits.get(groupOf.get(layer) ?? "") ?? [];
  const result = new Map<string, readonly HyperDual[]>();
  for (const parameter of parametersOf(network)) {
    const old = weights.get(parameter.name) ?? [];
    result.set(parameter.name, splitParameter(network, parameter, old, splitsOf, unhalved));
  }
  const layers = network.layers.map((layer) =>
    isWide(layer) ? { ...layer, width: layer.width + extraCopies(splitsOf(layer.name)) } : layer,
  );
  return { network: { ...network, layers }, weights: result };
}

function splitParameter(
  network: Network,
  { layer, role, shape }: Parameter,
  old: readonly HyperDual[],
  splitsOf: (layer: string) => readonly ReferenceSplit[],
  unhalved: boolean,
): HyperDual[] {
  const placed = placeLayers(network).find((other) => other.layer.name === layer);
  const own = splitsOf(layer);
  if (role !== "kernel")
    return appended(old, own, role === "bias" ? thetaOffset(network, layer) : undefined);
  if (!placed || !isWide(placed.layer))
    return blocksOf(old, shape[2] ?? 1).flatMap((block) => appended(block, own));
  const [inputs = 1, outputs = 1] = shape.slice(-2);
  const start = partStart(network, layer);
  const ofPart = own.map(({ neuron, copies }) => ({
    neuron,
    copies: copies.map(({ weight, displacement }) => ({
      weight,
      displacement: displacement.slice(start),
    })),
  }));
  return splitKernel(old, inputs, outputs, ofPart, splitsOf(placed.inputs[0] ?? ""), unhalved);
}

const extraCopies = (splits: readonly ReferenceSplit[]): number =>
  splits.reduce((sum, { copies }) => sum + copies.length - 1, 0);

/** Where a layer's filter begins in theta, which holds those of all writers of its stream one after another. */
function partStart(network: Network, name: string): number {
  const writers = widthGroups(network).find(({ layers }) => layers.includes(name))?.writers ?? [];
  return writers
    .slice(0, writers.indexOf(name))
    .reduce((sum, writer) => sum + filterLength(network, writer) + biasLength(network, writer), 0);
}

/** Where the bias stands in theta; undefined when batch norm keeps it out. */
function thetaOffset(network: Network, name: string): number | undefined {
  if (biasLength(network, name) === 0) return undefined;
  return partStart(network, name) + filterLength(network, name);
}

/** 1 where the bias belongs to theta. */
function biasLength(network: Network, name: string): number {
  const layer = network.layers.find((one) => one.name === name);
  if (!layer || !isWide(layer) || !layer.bias) return 0;
  return "batchNorm" in layer && layer.batchNorm ? 0 : 1;
}

function filterLength(network: Network, name: string): number {
  const placed = placeLayers(network).find(({ layer }) => layer.name === name);
  if (!placed || !isWide(placed.layer)) return 0;
  const { kernelSize: rows, kernelWidth: columns = rows } =
    placed.layer.kind === "conv2d" ? placed.layer : { kernelSize: 1 };
  return rows * columns * placed.in.channels;
}

/** Per-channel entries: first copy in place, the others appended; displaced where they are part of theta. */
function appended(
  old: readonly HyperDual[],
  splits: readonly ReferenceSplit[],
  theta?: number | undefined,
): HyperDual[] {
  const grown = [...old];
  const displaced = (neuron: number, displacement: readonly HyperDual[]): HyperDual => {
    const entry = old[neuron] ?? constant(0);
    return theta === undefined ? entry : add(entry, displacement[theta] ?? constant(0));
  };
  for (const { neuron, copies } of splits)
    for (const [i, { displacement }] of copies.entries())
      if (i === 0) grown[neuron] = displaced(neuron, displacement);
      else grown.push(displaced(neuron, displacement));
  return grown;
}

function splitKernel(
  old: readonly HyperDual[],
  inputs: number,
  outputs: number,
  own: readonly ReferenceSplit[],
  inputSplits: readonly ReferenceSplit[],
  unhalved: boolean,
): HyperDual[] {
  const rowsOut: HyperDual[] = [];
  const row = (index: number, weight: number): HyperDual[] => {
    const entries = old
      .slice(index * outputs, (index + 1) * outputs)
      .map((entry) => scale(entry, weight));
    const directionWeight = unhalved ? 1 : weight;
    return appended(
      entries,
      own.map(({ neuron, copies }) => ({
        neuron,
        copies: copies.map((copy) => ({
          weight: copy.weight,
          displacement: [scale(copy.displacement[index] ?? constant(0), directionWeight)],
        })),
      })),
      0,
    );
  };
  for (let tap = 0; tap < old.length / outputs / inputs; tap++) {
    for (let input = 0; input < inputs; input++) {
      const split = inputSplits.find(({ neuron }) => neuron === input);
      rowsOut.push(...row(tap * inputs + input, split?.copies[0]?.weight ?? 1));
    }
    for (const { neuron, copies } of inputSplits)
      for (const { weight } of copies.slice(1)) rowsOut.push(...row(tap * inputs + neuron, weight));
  }
  return rowsOut;
}

function blocksOf<T>(values: readonly T[], size: number): T[][] {
  return Array.from({ length: values.length / size }, (_, i) =>
    values.slice(i * size, (i + 1) * size),
  );
}
