import { distinctLimits } from "./collinear.ts";
import { guideBy } from "./guide.ts";
import { passLabels } from "./labels.ts";
import { cheapest, findPrices } from "./prices.ts";
import { at, type SelectionProblem } from "./problem.ts";
import { buildTrellis, type Choice, evaluate, fits, type Trellis } from "./trellis.ts";

/** The best choice, and the proof of how much better one could be. */
export interface SelectionSolution {
  /** Absent where none was found: then none meets every limit and condition, if `isProved`. */
  readonly choice?: Choice;
  /** No choice gains more. */
  readonly bound: number;
  /** The choice was proved to be the best: bound and gain are equal but for rounding. */
  readonly isProved: boolean;
  /** The Lagrangian's bound alone: what mixtures of choices could gain (the linear programme's value of a knapsack). */
  readonly relaxedBound: number;
  /** Gain per unit of each limited quantity, by the Lagrangian. */
  readonly prices: Float64Array;
  /** Per limited quantity, the least any choice costs, the constant included, whatever the others cost. */
  readonly leastCosts: Float64Array;
}

/** Labels kept per stage in one pass after the other: the first finds good choices, the last proves the best. */
const beams = [256, 4096, 32768];
const none = Number.NEGATIVE_INFINITY;

/**
 * Exact dynamic programming over the trellis: prices by the Lagrangian dual, then label setting that only follows what the
 * dual cannot exclude. Where a pass must give labels up, the next one is wider; what the last gave up is in the bound.
 */
export function solveSelection(
  problem: SelectionProblem,
  { beamWidths = beams }: { readonly beamWidths?: readonly number[] } = {},
): SelectionSolution {
  const whole = buildTrellis(problem);
  const leastCosts = problem.constant.map(
    (constant, q) => constant + at(cheapest(whole, q)?.costs ?? [], q),
  );
  const { trellis, kept } = distinctLimits(whole);
  const relaxed = holdsAnyway(problem) ? findPrices(trellis) : undefined;
  const prices = new Float64Array(problem.limits.length);
  if (!relaxed) return { bound: none, relaxedBound: none, isProved: true, prices, leastCosts };
  for (const [i, q] of kept.entries()) prices[q] = at(relaxed.prices, i);
  const guide = guideBy(trellis, relaxed.prices);
  // Sums in another order differ in the last bits.
  const tolerance = 1e-12 * largestGain(problem);
  let choice = bestOf(trellis, [evaluate(trellis, problem.present), ...relaxed.seen]);
  let { bound } = relaxed;
  for (const width of beamWidths) {
    const toBeat = gainOf(choice) + tolerance;
    if (bound <= toBeat) break;
    const pass = passLabels(trellis, guide, { toBeat, width });
    choice = pass.choice ?? choice;
    bound = Math.min(bound, Math.max(pass.givenUp, gainOf(choice) + tolerance));
  }
  const isProved = bound <= gainOf(choice) + tolerance;
  return {
    ...(choice && { choice: wholeCosts(whole, choice, problem) }),
    bound: isProved ? gainOf(choice) : bound,
    isProved,
    relaxedBound: relaxed.bound,
    prices,
    leastCosts,
  };
}

const gainOf = (choice: Choice | undefined): number => choice?.gain ?? none;

const holdsAnyway = ({ conditions }: SelectionProblem): boolean =>
  conditions.every(({ variables, holds }) => variables.length > 0 || holds([]));

const largestGain = ({ gains }: SelectionProblem): number =>
  gains.reduce((sum, ofVariable) => sum + Math.max(...ofVariable.map(Math.abs)), 0);

/** The choice of greatest gain among those that fit, the first of them on ties. */
const bestOf = (trellis: Trellis, choices: readonly (Choice | undefined)[]): Choice | undefined =>
  choices.reduce(
    (best, choice) =>
      choice && fits(trellis, choice) && choice.gain > gainOf(best) ? choice : best,
    undefined,
  );

/** The choice with its costs in every quantity, the constant included. */
function wholeCosts(trellis: Trellis, choice: Choice, { constant }: SelectionProblem): Choice {
  const costs = evaluate(trellis, choice.levels)?.costs ?? choice.costs;
  return { ...choice, costs: costs.map((cost, q) => cost + at(constant, q)) };
}
