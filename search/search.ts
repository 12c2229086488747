import { UserError, unknownName } from "../src/errors.ts";
import { initialWeights } from "../src/network/initial-weights.ts";
import type { Network } from "../src/network/network.ts";
import type { Weights } from "../src/network/parameters.ts";
import { widthGroups } from "../src/network/width-groups.ts";
import type { Engine } from "../src/tensor/index.ts";
import { freshState, Trainer } from "../src/training/trainer.ts";
import type { Budget, CostModel } from "./cost-model.ts";
import type { SearchHistory, SearchRound } from "./history.ts";
import { networkCost } from "./network-cost.ts";
import {
  budgetedQuantities,
  budgetTooSmall,
  meetsBudget,
  networkQuantities,
} from "./quantities.ts";
import type { Recipe } from "./recipe.ts";
import { loadSearchState, type SearchState, saveSearchState } from "./search-state.ts";
import { growNetwork } from "./splitting/grow.ts";
import { phaseRandom, type SearchData, searchOptimizer, trainPhase } from "./training-phase.ts";

const searchMethods = ["splitting"] as const;
export type SearchMethod = (typeof searchMethods)[number];

/** The method called `name`; throws a UserError that lists the known ones. */
export function findMethod(name: string): SearchMethod {
  const found = searchMethods.find((known) => known === name);
  if (!found) throw unknownName("search method", name, searchMethods);
  return found;
}

export interface SearchOptions {
  readonly method: SearchMethod;
  readonly engine: Engine;
  /** Where growth starts. */
  readonly network: Network;
  /** Widest allowed per width group; no cap where absent. */
  readonly caps: ReadonlyMap<string, number>;
  /** Groups that grow end at multiples of this; 1 when absent. */
  readonly granularity?: number;
  readonly data: SearchData;
  readonly costs: CostModel;
  readonly budget: Budget;
  readonly recipe: Recipe;
  readonly seed: number;
  /** Holds the state between epochs; a search found there with the same settings is gone on with. */
  readonly folder: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SearchProgress) => void;
}

export interface SearchProgress {
  readonly label: string;
  /** Epochs done and the estimate of all that will be needed. */
  readonly epochsDone: number;
  readonly epochsExpected: number;
  /** A finished round, once. */
  readonly round?: SearchRound;
}

export interface FoundNetwork {
  readonly network: Network;
  readonly weights: Weights;
  readonly history: SearchHistory;
}

/**
 * Grows the network by splitting neurons until nothing more fits the budget (Wang et al. 2019, with measured costs),
 * then trains it to the end. Throws a UserError when even the seed network exceeds the budget.
 */
export async function search(options: SearchOptions): Promise<FoundNetwork> {
  let state = loadSearchState(options.folder) ?? begin(options);
  requireSameSearch(state.history, options);
  for (;;) {
    state = await finishPhase(state, options);
    if (state.kind === "final") return await deliver(state, options);
    state = await growNetwork(state, { ...options, onPass: passReporter(state, options) });
    options.signal?.throwIfAborted();
    saveSearchState(options.folder, state);
  }
}

/** Refuses a budget that the seed network exceeds before anything is trained, and claims the folder. */
function begin(options: SearchOptions): SearchState {
  const { network, costs, budget, folder } = options;
  const needed = networkQuantities(network, costs, budgetedQuantities(budget));
  if (!meetsBudget(needed, budget)) throw budgetTooSmall(network, budget, needed);
  const state = initialState(options);
  saveSearchState(folder, state);
  return state;
}

function initialState(options: SearchOptions): SearchState {
  const { method, network, data, costs, budget, recipe, seed, granularity = 1 } = options;
  const weights = initialWeights(network, phaseRandom(seed, -1, 0));
  return {
    history: {
      format: "wattsplit-history",
      version: 1,
      method,
      seed,
      network: network.name,
      data: data.name,
      recipe,
      costs: costs.source,
      budget,
      granularity,
      rounds: [],
    },
    network,
    round: 0,
    kind: "seed",
    epoch: 0,
    trainingLoss: Number.NaN,
    added: {},
    training: freshState(network, weights, searchOptimizer(recipe)),
  };
}

/** Shows the passes over data that directions take as progress between two rounds. */
function passReporter(state: SearchState, options: SearchOptions) {
  const epochsDone = epochsOf(state.history);
  const epochsExpected = expectedEpochs(state, options);
  return ({ pass, passes }: { readonly pass: number; readonly passes: number }): void =>
    options.onProgress?.({
      label: `growing after round ${state.round}, pass ${pass} of ${passes}`,
      epochsDone,
      epochsExpected,
    });
}

/** Epochs of all finished rounds. */
const epochsOf = ({ rounds }: SearchHistory): number =>
  rounds.reduce((sum, { epochs }) => sum + epochs, 0);

/** A search is only gone on with under the settings it began with. */
function requireSameSearch(history: SearchHistory, options: SearchOptions): void {
  const { method, seed, recipe, budget, granularity = 1, data, network, costs } = options;
  const wanted = {
    method,
    seed,
    recipe,
    budget,
    granularity,
    data: data.name,
    network: network.name,
    costs: costs.source,
  };
  for (const [key, value] of Object.entries(wanted)) {
    const found = history[key as keyof typeof wanted];
    if (JSON.stringify(found) === JSON.stringify(value)) continue;
    throw new UserError(
      `${options.folder} holds a search with ${key} ${JSON.stringify(found)}, not ${JSON.stringify(value)}`,
      { hint: "Give the flags of that search, or another --out folder.", exit: "usage" },
    );
  }
}

/** Trains the phase in hand to its end and writes it into the history. */
async function finishPhase(state: SearchState, options: SearchOptions): Promise<SearchState> {
  const { engine, data, recipe, seed, signal, folder, onProgress, costs } = options;
  const epochs = phaseEpochs(state.kind, recipe);
  const before = epochsOf(state.history);
  const label = `round ${state.round} (${state.kind})`;
  const expected = expectedEpochs(state, options);
  const result = await trainPhase(
    state.network,
    { state: state.training, epoch: state.epoch, trainingLoss: state.trainingLoss },
    {
      engine,
      data,
      recipe,
      epochs,
      seed,
      phase: state.round,
      ...(signal ? { signal } : {}),
      onEpoch: ({ state: training, epoch, trainingLoss }) =>
        saveSearchState(folder, { ...state, training, epoch, trainingLoss }),
      onStep: (done) =>
        onProgress?.({ label, epochsDone: before + done, epochsExpected: expected }),
    },
  );
  const round: SearchRound = {
    round: state.round,
    kind: state.kind,
    widths: widthsOf(state.network),
    added: state.added,
    ...(state.split ? { split: state.split } : {}),
    cost: networkCost(state.network, costs),
    epochs,
    trainingLoss: result.trainingLoss,
    validation: { loss: result.validation.loss, accuracy: result.validation.accuracy },
  };
  onProgress?.({ label, epochsDone: before + epochs, epochsExpected: expected, round });
  return {
    ...state,
    epoch: epochs,
    training: result.state,
    trainingLoss: result.trainingLoss,
    history: { ...state.history, rounds: [...state.history.rounds, round] },
  };
}

const phaseEpochs = (kind: SearchState["kind"], recipe: Recipe): number =>
  ({ seed: recipe.seedEpochs, growth: recipe.roundEpochs, final: recipe.finalEpochs })[kind];

/** Rounds still to come if every one grows the tightest cost by the recipe's factor. */
function expectedEpochs(state: SearchState, { budget, recipe, costs }: SearchOptions): number {
  const done = epochsOf(state.history);
  const own = phaseEpochs(state.kind, recipe);
  if (state.kind === "final") return done + own;
  const cost = networkCost(state.network, costs);
  const ratios = [
    (budget.latency_s ?? 0) / cost.latency_s,
    (budget.energy_j ?? 0) / (cost.energy_j ?? Number.POSITIVE_INFINITY),
    (budget.macs ?? 0) / cost.macs,
    (budget.parameters ?? 0) / cost.parameters,
  ].filter((ratio) => ratio > 0);
  const left = Math.ceil(Math.log(Math.max(1, Math.min(...ratios))) / Math.log(recipe.growth));
  const rounds = Math.max(0, Math.min(left, recipe.rounds - state.round));
  return done + own + rounds * recipe.roundEpochs + recipe.finalEpochs;
}

/** Widths by width group. */
export const widthsOf = (network: Network): Readonly<Record<string, number>> =>
  Object.fromEntries(widthGroups(network).map(({ name, width }) => [name, width]));

/** Reads the test split, once. */
async function deliver(state: SearchState, options: SearchOptions): Promise<FoundNetwork> {
  const trainer = new Trainer(options.engine, state.network, searchOptimizer(options.recipe));
  try {
    const test = await trainer.evaluate(state.training.weights, options.data.test);
    const history = { ...state.history, test };
    return { network: state.network, weights: state.training.weights, history };
  } finally {
    await trainer.release();
  }
}
