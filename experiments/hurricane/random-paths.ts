import { fromScratch } from "../../search/from-scratch.ts";
import {
  drawPath,
  isWithin,
  type Move,
  operatorCosts,
  type SearchContext,
  type SearchMethod,
  type SearchPoint,
} from "../../search/index.ts";
import { phaseRandom } from "../../search/training-phase.ts";
import { pathNetwork } from "../../src/network/blocks/operator-space.ts";
import type { Arm } from "./arms.ts";

/** Of every path. */
const shortEpochs = 2;
/** Draws for a path within the budget, before a search has one path less. */
const patience = 1000;

/** Paths drawn by chance from an arm's operators, each trained by itself; as many epochs in sum as a supernet gets. */
export const randomPaths = ({ choose }: Pick<Arm, "choose">): SearchMethod => ({
  name: "random-paths",
  summary: "paths drawn by chance, trained by themselves",
  next: (point, context) =>
    Promise.resolve(point.trained.length === 0 ? tryPaths(choose, context) : deliver(point)),
});

function tryPaths(choose: Arm["choose"], context: SearchContext): Move {
  const { operators: space, recipe, seed } = context;
  if (!space) throw new Error("The experiment's space has operators");
  const choices = choose(operatorCosts(space, context), space, recipe).map((pool) =>
    pool.map(({ name }) => name),
  );
  const random = phaseRandom(seed, 0, -7);
  const wanted = Math.max(1, Math.round(recipe.finalEpochs / shortEpochs));
  const networks = new Map<string, ReturnType<typeof pathNetwork>>();
  for (let tries = 0; networks.size < wanted && tries < patience; tries++) {
    const path = drawPath(choices, random);
    if (isWithin(space, path, context)) networks.set(path.join(" "), pathNetwork(space, path));
  }
  return {
    kind: "trials",
    candidates: [...networks].map(([label, network]) => ({
      label,
      network,
      training: fromScratch(network, context, 0),
      epochs: shortEpochs,
      rate: "anneal",
    })),
    outlook: { candidates: 0, epochs: 0 },
  };
}

function deliver({ trained }: SearchPoint): Move {
  const accuracies = trained.map(({ validation }) => validation.accuracy);
  const keep = accuracies.indexOf(Math.max(...accuracies));
  const best = trained[keep];
  if (!best) throw new Error("No path was tried");
  return { keep, deliver: { network: best.network }, ended: `${best.label} is the best drawn` };
}
