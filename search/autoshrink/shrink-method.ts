import { UserError } from "../../src/errors.ts";
import { describeEdge, removalsOf, type Wiring } from "../../src/network/cells/wiring.ts";
import type { Move, SearchContext, SearchMethod, SearchPoint } from "../method.ts";
import {
  bestFitting,
  type CellSpace,
  cellSpace,
  deliverWiring,
  describeWiring,
  isPriced,
  networkOf,
  scoreOf,
  wiringCandidate,
  wiringRandom,
} from "./cell-space.ts";
import { bestRemoval, mostTrainings, type ScoredWiring } from "./shrink.ts";

/** What tells one way of removing edges from another. */
export interface ShrinkRule extends Pick<SearchMethod, "name" | "summary"> {
  /** Edges whose absence is tried in a step. */
  readonly candidates: number;
  /** Which of them goes: the one whose absence scores best, or any. */
  readonly removal: "best" | "random";
}

/** What is remembered from one step to the next. */
interface ShrinkNote {
  /** What was trained, in the order of the candidates. */
  readonly tried: readonly Wiring[];
  /** The best of the wirings trained before that fit the budget. */
  readonly best?: ScoredWiring;
}

/**
 * AutoShrink (arXiv 1911.09251, the algorithm of its release): from the complete wiring one edge a step, until one is left.
 * Delivered is the wiring of best score of all that were trained and fit the budget; where all fit, that is the best of the
 * trajectory. Wirings whose cost is not known are not tried.
 */
export const shrinkMethod = (rule: ShrinkRule): SearchMethod => ({
  name: rule.name,
  summary: rule.summary,
  searchesFor: "wirings",
  next: (point, context) => Promise.resolve(nextStep(rule, point, context)),
});

function nextStep(rule: ShrinkRule, point: SearchPoint, context: SearchContext): Move {
  const space = cellSpace(context);
  const { trained, memory, round } = point;
  if (trained.length === 0) return tryRemovals(rule, space, { wiring: space.complete }, context, 0);
  const { tried, best: before } = memory.note as ShrinkNote;
  const scored = trained.map((candidate, i) => ({
    wiring: tried[i] as Wiring,
    score: scoreOf(candidate, context),
    cost: candidate.cost,
  }));
  // Edges are tried in an order drawn by chance: the first one is any.
  const gone = rule.removal === "best" ? bestRemoval(scored.map(({ score }) => score)) : 0;
  const next = scored[gone] as ScoredWiring;
  const best = bestFitting(scored, before, context);
  const judged = {
    ...(Number.isFinite(next.score) ? { keep: gone } : {}),
    verdict: `${next.wiring.edges.length} edges left: ${describeWiring(next)}`,
  };
  return next.wiring.edges.length > 1
    ? { ...judged, ...tryRemovals(rule, space, { wiring: next.wiring, best }, context, round) }
    : { ...judged, ...deliverWiring(space, best) };
}

/** A candidate for every edge tried. */
function tryRemovals(
  { candidates }: ShrinkRule,
  space: CellSpace,
  { wiring, best }: { readonly wiring: Wiring; readonly best?: ScoredWiring | undefined },
  context: SearchContext,
  round: number,
): Move {
  const known = removalsOf(wiring, wiringRandom(context, round))
    .map((removal) => ({ ...removal, network: networkOf(space, removal.wiring) }))
    .filter(({ network }) => isPriced(network, context))
    .slice(0, candidates);
  if (known.length === 0)
    throw new UserError(
      `${context.costs.source} knows the cost of no cell with one edge less than ${wiring.edges.map(describeEdge).join(", ")}`,
      {
        hint: `Profile cells: wattsplit profile --net ${space.stack.name} --db FILE`,
        exit: "unavailable",
      },
    );
  const tried = known.map((removal) => removal.wiring);
  const note: ShrinkNote = { tried, ...(best ? { best } : {}) };
  const later = mostTrainings(wiring.edges.length - 1, candidates, 1);
  return {
    kind: "shrink",
    candidates: known.map(({ edge, network }) =>
      wiringCandidate(`without ${describeEdge(edge)}`, network, context, round),
    ),
    outlook: { candidates: later, epochs: later * context.recipe.trialEpochs },
    memory: { note, arrays: new Map() },
  };
}
