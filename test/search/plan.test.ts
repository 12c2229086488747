import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Recipe,
  type SearchContext,
  type SearchMethod,
  search,
  searchMethods,
} from "../../search/index.ts";
import { planSearch, recipeWithin, trainingSpeed } from "../../search/plan.ts";
import { createEngine, type Engine } from "../../src/tensor/index.ts";
import { smallSearch } from "./small-search.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
});
afterAll(() => engine.close());

const contextOf = async (): Promise<SearchContext> => {
  const { reference, ...options } = await smallSearch(engine);
  return { granularity: 1, ...options, reference: reference ?? options.network };
};

/** Two evolutions of 6 x 6 paths at most, each judged on 128 + 64 examples forwards: a third of a training step. */
const analysed = ({ name }: SearchMethod): number =>
  name === "hurricane" ? (2 * 36 * 192) / 3 : 0;

describe.each(searchMethods.map((method) => [method.name, method] as const))(
  "the plan of %s",
  (_, method) => {
    test("is at least what the search then trains, and no more than three times that", async () => {
      const options = await smallSearch(engine, { method });
      const plan = await planSearch(
        method,
        { ...(await contextOf()), ...options } as SearchContext,
        1000,
      );

      const { history } = await search(options);

      expect(plan.epochs).toBeGreaterThanOrEqual(history.account.epochs);
      expect(plan.epochs).toBeLessThanOrEqual(3 * history.account.epochs);
      expect(plan.estimated_s).toBeCloseTo((plan.epochs * 320 + analysed(method)) / 1000, 9);
    });
  },
);

describe("a time limit", () => {
  const planOf = (context: SearchContext) => planSearch(searchMethods[0] as never, context, 1000);
  const epochsOf = ({ seedEpochs, finalEpochs }: Recipe) => seedEpochs + finalEpochs;

  test("leaves a recipe alone that fits it", async () => {
    const context = await contextOf();

    expect(await recipeWithin(3600, context, planOf)).toBe(context.recipe);
  });

  test("shortens epochs, then the examples of an epoch, until four fifths of the time are planned", async () => {
    const context = await contextOf();
    const { estimated_s } = await planOf(context);

    const recipe = await recipeWithin(estimated_s / 2, context, planOf);

    if (!recipe) throw new Error("No recipe fits");
    const shorter = await planOf({ ...context, recipe });
    expect(shorter.estimated_s).toBeLessThanOrEqual((0.8 * estimated_s) / 2);
    expect(shorter.estimated_s).toBeGreaterThan((0.6 * estimated_s) / 2);
    expect(epochsOf(recipe)).toBeLessThanOrEqual(epochsOf(context.recipe));
  });

  test("far too short gives no recipe", async () => {
    expect(await recipeWithin(0.01, await contextOf(), planOf)).toBeUndefined();
  });
});

test("the speed is examples over the clock's time, warm-up left out", async () => {
  const { network, data, recipe } = await contextOf();
  const times = [0, 100, 200, 203];
  const now_s = () => times.shift() ?? Number.NaN;

  const speed = await trainingSpeed(network, { engine, train: data.train, recipe, now_s });

  expect(speed).toBeCloseTo((12 * recipe.batch) / 3, 6);
});
