import type { Batch } from "../datasets/index.ts";
import type { Shape } from "../network/layer.ts";
import type { Network } from "../network/network.ts";
import { parametersOf, type Weights } from "../network/parameters.ts";
import type { TensorValue } from "../tensor/index.ts";
import type { Optimizer } from "./optimizers.ts";
import { slotName, trainableOf } from "./train-step.ts";

/** Everything that training changes: weights by parameter name, and the optimiser's slots by `slotName`. */
export interface TrainingState {
  readonly weights: Weights;
  readonly slots: ReadonlyMap<string, Float32Array>;
  /** Steps done since the optimiser was fresh. */
  readonly steps: number;
}

/** Fresh optimiser slots (all zero) for given weights. */
export const freshState = (
  network: Network,
  weights: Weights,
  optimizer: Optimizer,
): TrainingState => ({
  weights,
  slots: new Map(
    trainableOf(network).flatMap(({ name }) =>
      optimizer.slots.map((slot) => [
        slotName(slot, name),
        new Float32Array(weights.get(name)?.length ?? 0),
      ]),
    ),
  ),
  steps: 0,
});

/** What a program reads, by name. */
export type Values = Readonly<Record<string, TensorValue>>;

/** A network's parameters, and its optimiser's slots where the state has any, as a program reads them. */
export function stateValues(
  network: Network,
  { weights, slots }: TrainingState,
  optimizer: Optimizer,
): Values {
  const values = parametersOf(network).flatMap(({ name, shape, trainable }) => {
    const arrays = [[name, weights.get(name)] as const];
    if (trainable && slots.size)
      for (const slot of optimizer.slots)
        arrays.push([slotName(slot, name), slots.get(slotName(slot, name))]);
    return arrays.map(([key, data]) => {
      if (!data) throw new Error(`No values for "${key}"`);
      return [key, { shape, dtype: "float32", data }];
    });
  });
  return Object.fromEntries(values) as Values;
}

/** Images and labels of a batch, as a program reads them. */
export const batchValues = (
  { height, width, channels }: Shape,
  { x, y, count }: Batch,
): { readonly x: TensorValue; readonly y: TensorValue } => ({
  x: { shape: [count, height, width, channels], dtype: "float32", data: x },
  y: { shape: [y.length], dtype: "int32", data: y },
});

export const scalar = (value: number): TensorValue => ({
  shape: [],
  dtype: "float32",
  data: new Float32Array([value]),
});
export const readScalar = (values: Values, name: string): number => Number(values[name]?.data[0]);

/** The state in a program's values. */
export function splitState(values: Values, before: TrainingState, steps: number): TrainingState {
  const pick = (keys: Iterable<string>) =>
    new Map([...keys].map((key) => [key, values[key]?.data as Float32Array]));
  return { weights: pick(before.weights.keys()), slots: pick(before.slots.keys()), steps };
}
