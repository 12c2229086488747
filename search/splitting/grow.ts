import { batches } from "../../src/datasets/batches.ts";
import type { Split } from "../../src/datasets/index.ts";
import type { Network } from "../../src/network/network.ts";
import type { Weights } from "../../src/network/parameters.ts";
import { widthGroups } from "../../src/network/width-groups.ts";
import { Trainer } from "../../src/training/trainer.ts";
import type { Budget } from "../cost-model.ts";
import type { SplitRecord } from "../history.ts";
import type { SearchContext } from "../method.ts";
import { networkCost } from "../network-cost.ts";
import { candidateWidths } from "../selection/candidate-widths.ts";
import { gainCurve } from "../selection/gain-curve.ts";
import { selectWidths, type WidthOption, type WidthSelection } from "../selection/select-widths.ts";
import { draw, phaseRandom, searchOptimizer } from "../training-phase.ts";
import { applySplit, type BinarySplit } from "./apply-split.ts";
import { type NeuronDirection, splittingDirections } from "./directions.ts";
import { compileSplittingProducts } from "./products.ts";

/** A network with its weights, and the round that chance is drawn for. */
export interface GrowthStart {
  readonly network: Network;
  readonly weights: Weights;
  readonly round: number;
  /** Growth rounds done. */
  readonly grown: number;
}

/** A growth step: what it made, unless nothing fitted, and why it is the last one. */
export interface GrowthStep {
  readonly grown?: GrownNetwork;
  readonly ended?: string;
}

type Directions = ReadonlyMap<string, readonly NeuronDirection[]>;

/** Neurons to split, by group, and what the selection promised. */
interface GrowthPlan {
  readonly neurons: ReadonlyMap<string, readonly number[]>;
  readonly gain: number;
  readonly gainBound: number;
}

/**
 * One growth step: directions, selection under the round's budget, split, step size by held-out loss. When nothing
 * worth a round is left, the step says so and adds what still fits.
 */
export async function growNetwork(start: GrowthStart, context: SearchContext): Promise<GrowthStep> {
  const directions = await findDirections(start, context);
  const { plan, ended } = planGrowth(start, directions, context);
  const grown = plan && (await splitNetwork(start, directions, plan, context));
  return { ...(grown ? { grown } : {}), ...(ended === undefined ? {} : { ended }) };
}

/** Examples per call of the products, where there are enough for two held-out batches. */
const productBatch = 256;

async function findDirections(start: GrowthStart, context: SearchContext): Promise<Directions> {
  const { engine, data, recipe, seed, signal, onAnalysis } = context;
  const random = phaseRandom(seed, start.round, -1);
  const finding = draw(data.train, recipe.directionExamples, random);
  const heldOut = draw(data.validation, recipe.heldOutExamples, random);
  const batch = Math.min(productBatch, finding.count, Math.floor(heldOut.count / 2));
  const pass = (split: Split) => () => batches(split, { size: batch, dropLast: true });
  const products = await compileSplittingProducts(engine, start.network, { batch });
  try {
    return await splittingDirections(products, start.weights, pass(finding), pass(heldOut), {
      steps: recipe.lanczosSteps,
      random,
      onProgress: ({ pass, passes }) => {
        signal?.throwIfAborted();
        onAnalysis?.(`directions, pass ${pass} of ${passes}`);
      },
    });
  } finally {
    await products.release();
  }
}

/** A step that uses less than this share of every budget and adds less than this share of neurons ends growth. */
const sliver = 0.03;

function planGrowth(
  { network, grown }: GrowthStart,
  directions: Directions,
  context: SearchContext,
): { readonly plan?: GrowthPlan; readonly ended?: string } {
  const { costs, budget, recipe } = context;
  const gains = new Map(
    [...directions].map(([group, neurons]) => [group, neurons.map(scaleFreeGain)] as const),
  );
  const options = splitOptions(network, gains, context);
  const select = (limits: Budget) => selectWidths({ network, options, costs, budget: limits });
  if (grown < recipe.rounds)
    for (const limits of roundBudgets(network, context)) {
      const selection = select(limits);
      if (worthARound(network, selection, context))
        return { plan: planOf(network, selection, gains) };
    }
  const last = select(budget);
  const ended =
    last.reason ??
    (grown < recipe.rounds
      ? `the next step is less than ${100 * sliver} % of the budget`
      : `the recipe ends after ${recipe.rounds} growth round${recipe.rounds === 1 ? "" : "s"}`);
  return { plan: planOf(network, last, gains), ended };
}

/** The edges that a group can reach by splitting each neuron once at most, and what its best neurons gain on the way. */
function splitOptions(
  network: Network,
  gains: ReadonlyMap<string, readonly number[]>,
  context: SearchContext,
): ReadonlyMap<string, readonly WidthOption[]> {
  const candidates = candidateWidths({ ...context, network });
  return new Map(
    widthGroups(network).flatMap(({ name, width }) => {
      const menus = (gains.get(name) ?? []).map((gain) => [{ added: 1, gain }]);
      const curve = gainCurve(menus, menus.length);
      const options = (candidates.get(name) ?? []).flatMap((wide) => {
        const gain = curve.gains[wide - width];
        return wide > width && gain !== undefined ? [{ width: wide, gain }] : [];
      });
      return options.length > 0 ? [[name, options] as const] : [];
    }),
  );
}

/** -lambda |theta|^2 on held-out data: the gain of a step of relative size, whatever the filter's scale (specs 2.6). */
const scaleFreeGain = ({ heldOutIndex, squaredNorm }: NeuronDirection): number =>
  -heldOutIndex * squaredNorm;

/** Budgets of this round, from the recipe's growth up to the whole one, each tried when the one before adds too little. */
function* roundBudgets(
  network: Network,
  { costs, budget, recipe }: SearchContext,
): Generator<Budget> {
  const cost = networkCost(network, costs);
  for (let growth = recipe.growth; ; growth *= recipe.growth) {
    const limits = Object.fromEntries(
      Object.entries(budget).map(([quantity, limit]) => [
        quantity,
        Math.min(limit, growth * (cost[quantity as keyof Budget] ?? 0)),
      ]),
    ) as Budget;
    yield limits;
    if (
      Object.entries(limits).every(
        ([quantity, limit]) => limit === budget[quantity as keyof Budget],
      )
    )
      return;
  }
}

/** True if the selection is more than a sliver, of some budget or of the network's own neurons. */
function worthARound(
  network: Network,
  selection: WidthSelection,
  { costs, budget }: SearchContext,
): boolean {
  const before = networkCost(network, costs);
  const groups = widthGroups(network);
  const widths = groups.reduce((sum, { width }) => sum + width, 0);
  const added = groups.reduce(
    (sum, { name, width }) => sum + (selection.widths.get(name) ?? width) - width,
    0,
  );
  const used = Object.entries(budget).map(([quantity, limit]) => {
    const key = quantity as keyof Budget;
    return ((selection.cost[key] ?? 0) - (before[key] ?? 0)) / limit;
  });
  return added > 0 && Math.max(added / widths, ...used) > sliver;
}

function planOf(
  network: Network,
  { widths, gain, bound }: WidthSelection,
  gains: ReadonlyMap<string, readonly number[]>,
): GrowthPlan {
  const present = new Map(widthGroups(network).map(({ name, width }) => [name, width]));
  const neurons = [...widths].map(([group, width]) => {
    const ranked = [...(gains.get(group) ?? []).entries()].sort((a, b) => b[1] - a[1]);
    const added = width - (present.get(group) ?? width);
    return [group, ranked.slice(0, added).map(([neuron]) => neuron)] as const;
  });
  return { neurons: new Map(neurons), gain, gainBound: bound };
}

export interface GrownNetwork {
  readonly network: Network;
  readonly weights: Weights;
  readonly record: SplitRecord;
}

/** Splits at every step size of the recipe and keeps the one of least held-out loss. */
async function splitNetwork(
  { network, weights, round }: GrowthStart,
  directions: Directions,
  plan: GrowthPlan,
  { engine, data, recipe, seed }: SearchContext,
): Promise<GrownNetwork | undefined> {
  const heldOut = draw(data.validation, recipe.heldOutExamples, phaseRandom(seed, round, -2));
  const at = (epsilon: number) =>
    applySplit(network, weights, binarySplits(directions, plan, epsilon));
  const widened = at(0).network;
  const optimizer = searchOptimizer(recipe);
  const [before, after] = [network, widened].map((net) => new Trainer(engine, net, optimizer));
  if (!before || !after || plan.neurons.size === 0) return undefined;
  try {
    const lossBefore = (await before.evaluate(weights, heldOut)).loss;
    const tried = [];
    for (const epsilon of recipe.epsilons) {
      const { weights } = at(epsilon);
      tried.push({ epsilon, weights, loss: (await after.evaluate(weights, heldOut)).loss });
    }
    const best = tried.reduce((least, next) => (next.loss < least.loss ? next : least));
    const curvature = splitNeurons(directions, plan).reduce(
      (sum, { direction }) => sum - scaleFreeGain(direction),
      0,
    );
    const record: SplitRecord = {
      added: Object.fromEntries([...plan.neurons].map(([group, { length }]) => [group, length])),
      epsilon: best.epsilon,
      lossBefore,
      predictedChange: (best.epsilon ** 2 / 2) * curvature,
      realisedChange: best.loss - lossBefore,
      gain: plan.gain,
      gainBound: plan.gainBound,
    };
    return { network: widened, weights: best.weights, record };
  } finally {
    await before.release();
    await after.release();
  }
}

function splitNeurons(directions: Directions, { neurons }: GrowthPlan) {
  return [...neurons].flatMap(([group, chosen]) =>
    chosen.flatMap((neuron) => {
      const direction = directions.get(group)?.[neuron];
      return direction ? [{ group, neuron, direction }] : [];
    }),
  );
}

function binarySplits(
  directions: Directions,
  plan: GrowthPlan,
  epsilon: number,
): ReadonlyMap<string, readonly BinarySplit[]> {
  const splits = new Map<string, BinarySplit[]>();
  for (const { group, neuron, direction } of splitNeurons(directions, plan)) {
    const ofGroup = splits.get(group) ?? [];
    const { vMin, squaredNorm } = direction;
    ofGroup.push({ neuron, direction: vMin, epsilon: epsilon * Math.sqrt(squaredNorm) });
    splits.set(group, ofGroup);
  }
  return splits;
}
