import { fromScratch } from "../from-scratch.ts";
import type { Move, Outlook, SearchContext, SearchMethod, SearchPoint } from "../method.ts";
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
    outlook: outlookFrom(0, context),
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
    outlook: outlookFrom(round, context),
  };
}

/** Rounds still to come if every one finds something to grow. */
function outlookFrom(round: number, { recipe }: SearchContext): Outlook {
  const rounds = Math.max(0, recipe.rounds - round);
  return { candidates: rounds, epochs: rounds * recipe.roundEpochs };
}
