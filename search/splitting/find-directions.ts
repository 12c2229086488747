import { batches } from "../../src/datasets/batches.ts";
import type { Split } from "../../src/datasets/index.ts";
import type { Network } from "../../src/network/network.ts";
import type { Weights } from "../../src/network/parameters.ts";
import type { SearchContext } from "../method.ts";
import { draw, phaseRandom } from "../training-phase.ts";
import { type NeuronDirection, splittingDirections } from "./directions.ts";
import { type DirectionFinder, lanczos } from "./finders.ts";
import { findNewcomers } from "./newcomers.ts";
import { compileSplittingProducts, type ProductOptions } from "./products.ts";
import { withoutScale } from "./project-scale.ts";

/** A network with its weights, and the round that chance is drawn for. */
export interface GrowthStart {
  readonly network: Network;
  readonly weights: Weights;
  readonly round: number;
}

/** By group name, in neuron order. */
export type Directions = ReadonlyMap<string, readonly NeuronDirection[]>;

/** Directions of a network's neurons. */
export type DirectionSource = (start: GrowthStart, context: SearchContext) => Promise<Directions>;

/** Examples per call of the products unless asked otherwise, where there are enough for two held-out batches. */
const productBatch = 256;

export interface FindingOptions {
  /** Lanczos when absent, with as many steps as the recipe has passes. */
  readonly finder?: DirectionFinder;
  readonly bothEnds?: boolean;
  /** Examples per call of the products. */
  readonly batch?: number;
  /** How far a neuron reaches: to where its channels are mixed when absent. */
  readonly view?: ProductOptions["view"];
  /** Directions may go along theta, though batch norm undoes it in training. */
  readonly keepsScale?: boolean;
  /** New neurons for groups whose S is 0. */
  readonly withNewcomers?: boolean;
}

/** Splitting directions of every neuron, judged on held-out data. */
export async function findDirections(
  start: GrowthStart,
  context: SearchContext,
  {
    finder = lanczos(context.recipe.directionPasses),
    bothEnds = false,
    batch: wantedBatch = productBatch,
    view,
    keepsScale = false,
    withNewcomers = false,
  }: FindingOptions = {},
): Promise<Directions> {
  const { engine, data, recipe, seed, signal, onAnalysis } = context;
  const random = phaseRandom(seed, start.round, -1);
  const finding = draw(data.train, recipe.directionExamples, random);
  const heldOut = draw(data.validation, recipe.heldOutExamples, random);
  const batch = Math.min(wantedBatch, finding.count, Math.floor(heldOut.count / 2));
  const pass = (split: Split) => () => batches(split, { size: batch, dropLast: true });
  const products = await compileSplittingProducts(engine, start.network, {
    batch,
    ...(view ? { view } : {}),
  });
  try {
    const { network, weights } = start;
    const turning = keepsScale ? products : withoutScale(products, network, weights);
    const splits = await splittingDirections(turning, weights, pass(finding), pass(heldOut), {
      finder,
      bothEnds,
      random,
      onProgress: ({ pass, passes }) => {
        signal?.throwIfAborted();
        onAnalysis?.(`directions, pass ${pass} of ${passes}`);
      },
    });
    if (!withNewcomers) return splits;
    onAnalysis?.("new neurons");
    const passes = { finding: pass(finding), heldOut: pass(heldOut) };
    const newcomers = await findNewcomers(engine, { ...start, ...passes, batch, random });
    return new Map([...splits, ...newcomers]);
  } finally {
    await products.release();
  }
}

/** Examples that pass through a network to find these directions in the recipe's passes, for the account. */
export function directionExamples(
  { data, recipe }: SearchContext,
  directions: Directions = new Map(),
): number {
  const finding = Math.min(recipe.directionExamples, data.train.count);
  const heldOut = Math.min(recipe.heldOutExamples, data.validation.count);
  const hasNewcomers = [...directions.values()].some((neurons) =>
    neurons.some(({ newcomer }) => newcomer !== undefined),
  );
  return recipe.directionPasses * finding + heldOut + (hasNewcomers ? finding + heldOut : 0);
}
