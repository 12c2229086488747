import type { Batch } from "../../src/datasets/index.ts";
import type { Network } from "../../src/network/network.ts";
import { parametersOf, type Weights } from "../../src/network/parameters.ts";
import type { Engine, TensorSpec, TensorValue } from "../../src/tensor/index.ts";
import { type SplittingGroup, splittableGroups } from "./groups.ts";
import { directionName, productName, splittingStep } from "./splitting-step.ts";

/** One vector per neuron of each group, row after row: [neurons, d]; keys are the groups' names. */
export type NeuronVectors = ReadonlyMap<string, Float32Array>;

/** S v for all neurons of all splittable groups of one network at once. */
export interface SplittingProducts {
  /** The groups that can be split, linear ones included. */
  readonly groups: readonly SplittingGroup[];
  /** Examples per call. */
  readonly batch: number;
  /** S_B v over one batch of exactly `batch` examples, and that batch's mean loss. */
  multiply(
    weights: Weights,
    examples: Batch,
    directions: NeuronVectors,
  ): Promise<{ readonly products: NeuronVectors; readonly loss: number }>;
  release(): Promise<void>;
}

export interface ProductOptions {
  /** Examples per call. */
  readonly batch: number;
  /** How far a neuron reaches: to where its channels are mixed when absent. */
  readonly view?: (group: SplittingGroup) => SplittingGroup;
}

/** Compiles the products for a fixed batch size. */
export async function compileSplittingProducts(
  engine: Engine,
  network: Network,
  { batch, view = (group) => group }: ProductOptions,
): Promise<SplittingProducts> {
  const groups = splittableGroups(network)
    .map(view)
    .filter(({ reason }) => reason === undefined);
  const curved = groups.filter(({ isLinear }) => !isLinear);
  const { fn, inputs, state } = splittingStep(network, curved, { batch });
  const program = await engine.compile(`${network.name}-splitting-${batch}`, fn, inputs, { state });
  const parameters = parametersOf(network);
  let given: Weights | undefined;
  let arranged: Record<string, TensorValue> = {};
  /** The same weights are given with every batch: they are put in the program's layout once. */
  const arrange = (weights: Weights): Record<string, TensorValue> => {
    if (weights === given) return arranged;
    arranged = program.arrange(
      valuesOf(inputs, new Map(parameters.map(({ name }) => [name, weights.get(name)]))),
    );
    given = weights;
    return arranged;
  };
  return {
    groups,
    batch,
    multiply: async (weights, { x, y, count }, directions) => {
      if (count !== batch)
        throw new Error(`Compiled for batches of ${batch}, given one of ${count}`);
      const arrays = new Map<string, Float32Array | Int32Array>([
        ["x", x],
        ["y", y],
      ]);
      for (const { group } of curved) {
        const vectors = directions.get(group.name);
        if (vectors) arrays.set(directionName(group.name), vectors);
      }
      const outputs = await program.run({ ...arrange(weights), ...valuesOf(inputs, arrays) });
      return {
        products: new Map(groups.map((group) => [group.group.name, productOf(group, outputs)])),
        loss: Number(outputs.loss?.data[0]),
      };
    },
    release: () => program.release(),
  };
}

function valuesOf(
  specs: Readonly<Record<string, TensorSpec>>,
  arrays: ReadonlyMap<string, Float32Array | Int32Array | undefined>,
): Record<string, TensorValue> {
  const values: Record<string, TensorValue> = {};
  for (const [name, data] of arrays) {
    const spec = specs[name];
    if (!data || !spec) throw new Error(`No values for "${name}"`);
    values[name] = { ...spec, data };
  }
  return values;
}

/** Zeros for a linear group, which has no part in the graph. */
function productOf(
  { group, dimension, isLinear }: SplittingGroup,
  outputs: Readonly<Record<string, TensorValue>>,
): Float32Array {
  if (isLinear) return new Float32Array(group.width * dimension);
  const data = outputs[productName(group.name)]?.data;
  if (!(data instanceof Float32Array)) throw new Error(`No product for group "${group.name}"`);
  return data;
}
