import { firstMove } from "../../search/first-move.ts";
import {
  meanPathCost,
  type Recipe,
  type SearchContext,
  type SearchMethod,
  summedCost,
} from "../../search/index.ts";
import { epochExamples } from "../../search/training-phase.ts";

/** Fewer would be no training: a search whose plan is longer spends more, and its account says so. */
const leastBatches = 8;

/**
 * The recipe whose plan trains so many examples, each counted by its network's latency over the budget's: the examples of an epoch
 * first, then, once an epoch is all of the data, epochs. What is planned after the first round counts as networks of the budget, and
 * analyses that the plan foresees as the training that would take as long.
 * Methods that train nothing keep the recipe.
 */
export async function recipeOfAccount(
  examples: number,
  method: SearchMethod,
  context: SearchContext,
): Promise<Recipe> {
  const { recipe, data } = context;
  const once = await planned(method, context);
  if (once.epochs === 0) return recipe;
  const trained = examples - once.analysed;
  const times = Math.max(1, Math.ceil(trained / (once.epochs * data.train.count)));
  const longer = times === 1 ? recipe : timesEpochs(recipe, times);
  const { epochs } = await planned(method, { ...context, recipe: longer });
  const wanted = Math.max(leastBatches * recipe.batch, Math.round(trained / epochs));
  return { ...longer, epochExamples: Math.min(data.train.count, wanted) };
}

const timesEpochs = (recipe: Recipe, times: number): Recipe => ({
  ...recipe,
  seedEpochs: times * recipe.seedEpochs,
  lookaheadEpochs: times * recipe.lookaheadEpochs,
  roundEpochs: times * recipe.roundEpochs,
  trialEpochs: times * recipe.trialEpochs,
  finalistEpochs: times * recipe.finalistEpochs,
  ...(recipe.supernetEpochs ? { supernetEpochs: times * recipe.supernetEpochs } : {}),
});

/** Epochs of networks that take as long as the budget allows, and examples of training that takes as long as the analyses planned. */
async function planned(
  method: SearchMethod,
  context: SearchContext,
): Promise<{ readonly epochs: number; readonly analysed: number }> {
  const move = await firstMove(method, context);
  if (!("candidates" in move)) return { epochs: 0, analysed: 0 };
  const { costs, budget, operators, recipe, data } = context;
  const limit_s = budget.latency_s ?? Number.NaN;
  const first = move.candidates.map(({ network, choices, epochs }) => {
    const { latency_s } =
      choices && operators ? meanPathCost(operators, choices, costs) : summedCost(network, costs);
    return (epochs * latency_s) / limit_s;
  });
  const { epochs, analysisEpochs = 0 } = move.outlook;
  return {
    epochs: first.reduce((sum, one) => sum + one, 0) + epochs,
    analysed: analysisEpochs * epochExamples(recipe, data),
  };
}
