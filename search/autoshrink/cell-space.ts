import { UserError } from "../../src/errors.ts";
import {
  type CellStack,
  cellNetwork,
  drawOperations,
  type NodeOperation,
} from "../../src/network/cells/convolutional-cell.ts";
import { cellsOf, smallestCells } from "../../src/network/cells/read-cells.ts";
import { completeWiring, describeEdge, type Wiring } from "../../src/network/cells/wiring.ts";
import type { Network } from "../../src/network/network.ts";
import { fromScratch } from "../from-scratch.ts";
import type { NetworkCost } from "../history.ts";
import type { Candidate, DeliverMove, SearchContext, TrainedCandidate } from "../method.ts";
import { budgetedQuantities, knownQuantities, meetsBudget } from "../quantities.ts";
import { requireFit } from "../require-fit.ts";
import { phaseRandom } from "../training-phase.ts";
import { type CellPrice, convolutionalScore } from "./score.ts";
import { chooseWiring, type ScoredWiring } from "./shrink.ts";

/** Cells of so many nodes whose operations are drawn and whose wiring is searched for. */
export interface CellSpace {
  readonly complete: Wiring;
  readonly operations: readonly NodeOperation[];
  readonly stack: CellStack;
}

/**
 * The space around a network of cells: as many nodes, the operations drawn by chance under the search's seed. Throws a
 * UserError on networks without cells, and (exit "budget") where not even cells of one edge fit.
 */
export function cellSpace(context: SearchContext): CellSpace {
  const { reference, seed } = context;
  const found = cellsOf(reference);
  if (!found)
    throw new UserError(
      `Network "${reference.name}" is not made of cells, whose wiring could be searched for`,
      {
        hint: "Give --net shrink-cnn or shrink-cnn-cifar, or a network.json that such a search wrote.",
        exit: "usage",
      },
    );
  requireFit(smallestCells(found.stack), context);
  const { nodes } = found.cell.wiring;
  return {
    complete: completeWiring(nodes),
    operations: drawOperations(nodes, phaseRandom(seed, 0, operationDraw)),
    stack: found.stack,
  };
}

/** Where epochs draw from phaseRandom(seed, round, 0, 1, ...). */
const operationDraw = -4;
const wiringDraw = -5;

/** Chance for wirings that are proposed after a round. */
export const wiringRandom = ({ seed }: SearchContext, round: number) =>
  phaseRandom(seed, round, wiringDraw);

export const networkOf = ({ operations, stack }: CellSpace, wiring: Wiring): Network =>
  cellNetwork({ wiring, operations }, stack);

/** The wiring in a fresh network, to be trained and scored. */
export function wiringCandidate(
  label: string,
  network: Network,
  context: SearchContext,
  round: number,
): Candidate {
  const training = fromScratch(network, context, round);
  return { label, network, training, epochs: context.recipe.trialEpochs, rate: "anneal" };
}

/** True if the cost model knows the wiring's network, so that it can be scored. */
export const isPriced = (network: Network, { costs }: SearchContext): boolean =>
  knownQuantities(network, costs, ["latency_s"]) !== undefined;

/** True if its cost is known and meets the budget. */
export function fits(network: Network, { costs, budget }: SearchContext): boolean {
  const quantities = ["latency_s", ...budgetedQuantities(budget)] as const;
  const amounts = knownQuantities(network, costs, quantities);
  return amounts !== undefined && meetsBudget(amounts, budget);
}

/** What the budget limits of the device is what cells pay for; MACs, as in the release, where it limits nothing of it. */
export function priceOf({ budget }: SearchContext): CellPrice {
  if (budget.energy_j !== undefined) return "energy_j";
  return budget.latency_s === undefined ? "macs" : "latency_s";
}

/** Score of a trained wiring; what diverged has none. */
export function scoreOf(
  { cost, validation }: Pick<TrainedCandidate, "cost" | "validation">,
  context: SearchContext,
): number {
  const price = priceOf(context);
  const amount = cost[price];
  return Number.isFinite(validation.loss) && amount !== undefined
    ? convolutionalScore(validation.accuracy, price, amount)
    : Number.NEGATIVE_INFINITY;
}

/** The best wiring that fits the budget, `before` among them; undefined where none does. */
export function bestFitting(
  scored: readonly (ScoredWiring & { readonly cost: NetworkCost })[],
  before: ScoredWiring | undefined,
  { budget }: SearchContext,
): ScoredWiring | undefined {
  const fitting = scored
    .filter(({ cost, score }) => Number.isFinite(score) && meetsBudget(cost, budget))
    .map(({ wiring, score }) => ({ wiring, score }));
  const all = [...(before ? [before] : []), ...fitting];
  return all.length > 0 ? chooseWiring(all) : undefined;
}

/** Throws a UserError where no wiring that fits came to a score. */
export function deliverWiring(space: CellSpace, best: ScoredWiring | undefined): DeliverMove {
  if (!best)
    throw new UserError("No wiring that fits the budget trained to a finite loss", {
      hint: "Lower --learning-rate, or raise the budget.",
    });
  return {
    deliver: { network: networkOf(space, best.wiring) },
    ended: `best wiring: ${describeWiring(best)}`,
  };
}

/** "0->1, 0->2, 1->2; score 0.4321" */
export const describeWiring = ({ wiring, score }: ScoredWiring): string =>
  `${wiring.edges.map(describeEdge).join(", ")}; score ${score.toFixed(4)}`;
