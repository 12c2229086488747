import { fromScratch } from "../from-scratch.ts";
import type { Move, Outlook, SearchContext, SearchMethod, SearchPoint } from "../method.ts";
import { networkCost } from "../network-cost.ts";
import { requireFit } from "../require-fit.ts";
import { growNetwork } from "../splitting/grow.ts";

/** Grows the start by one knapsack a round over all neurons until nothing more fits the budget (Wang et al. 2019). */
export const fast: SearchMethod = {
  name: "fast",
  summary: "grows by splitting the neurons whose loss falls most per cost, as published in 2019",
  next: async (point, context) =>
    point.kept || point.trained.length > 0 ? grow(point, context) : seed(context),
};

function seed(context: SearchContext): Move {
  const { network, recipe } = context;
  requireFit(network, context);
  const training = fromScratch(network, context, 0);
  return {
    kind: "seed",
    candidates: [{ label: "seed", network, training, epochs: recipe.seedEpochs, rate: "anneal" }],
    outlook: outlookFrom({ round: 0, network }, context),
  };
}

async function grow({ round, trained }: SearchPoint, context: SearchContext): Promise<Move> {
  const [last] = trained;
  if (!last) throw new Error("There is no network to grow from");
  const start = { network: last.network, training: last.training, round, grown: round - 1 };
  const { grown, ended } = await growNetwork(start, context);
  const network = grown?.network ?? last.network;
  const training = grown?.training ?? last.training;
  if (ended !== undefined) return { keep: 0, deliver: { network, inherited: training }, ended };
  const epochs = context.recipe.roundEpochs;
  return {
    keep: 0,
    kind: "growth",
    candidates: [
      {
        label: "splits",
        network,
        training,
        epochs,
        rate: "anneal",
        ...(grown ? { split: grown.record } : {}),
      },
    ],
    outlook: outlookFrom({ round, network }, context),
  };
}

/** Rounds still to come if every one grows the tightest cost by the recipe's factor. */
function outlookFrom(
  { round, network }: { readonly round: number; readonly network: SearchContext["network"] },
  { budget, recipe, costs }: SearchContext,
): Outlook {
  const cost = networkCost(network, costs);
  const ratios = [
    (budget.latency_s ?? 0) / cost.latency_s,
    (budget.energy_j ?? 0) / (cost.energy_j ?? Number.POSITIVE_INFINITY),
    (budget.macs ?? 0) / cost.macs,
    (budget.parameters ?? 0) / cost.parameters,
  ].filter((ratio) => ratio > 0);
  const left = Math.ceil(Math.log(Math.max(1, Math.min(...ratios))) / Math.log(recipe.growth));
  const rounds = Math.max(0, Math.min(left, recipe.rounds - round));
  return { candidates: rounds, epochs: rounds * recipe.roundEpochs };
}
