import { expect, test } from "vitest";
import type { SearchContext } from "../../../search/index.ts";
import { topPlan } from "../../../search/published/top-plan.ts";
import type { SplitEntry } from "../../../search/splitting/menu.ts";
import { seedNetwork, steppedCosts, tinyRecipe } from "../small-search.ts";

const entry = (gain: number): readonly SplitEntry[] => [
  { type: "positive binary", added: 1, gain, standardError: 0 },
];
/** conv1 has 2 neurons, conv2 4. */
const menus = new Map([
  ["conv1", [entry(1), entry(-1)]],
  ["conv2", [entry(5), entry(2), entry(4), entry(3)]],
]);
const context = (changes: Partial<SearchContext> = {}) =>
  ({
    costs: steppedCosts,
    budget: { latency_s: 1 },
    caps: new Map(),
    granularity: 1,
    recipe: { ...tinyRecipe, growth: 1.5, rounds: 3 },
    ...changes,
  }) as SearchContext;
const chosen = (changes: Partial<SearchContext> = {}, grown = 0) => {
  const { plan, ended } = topPlan({ network: seedNetwork, menus, grown }, context(changes));
  const neurons = [...plan.splits].map(
    ([group, splits]) => [group, splits.map(({ neuron }) => neuron)] as const,
  );
  return { neurons: Object.fromEntries(neurons), gain: plan.gain, ended };
};

test("the top neurons of the whole network split, as many as the recipe grows", () => {
  // Growth by half: 3 of 6.
  expect(chosen()).toEqual({ neurons: { conv2: [0, 2, 3] }, gain: 12, ended: undefined });
});

test("with all of them in the share, those of positive index split too, as released", () => {
  const recipe = { ...tinyRecipe, growth: 2, rounds: 3 };

  expect(chosen({ recipe })).toMatchObject({
    neurons: { conv1: [0, 1], conv2: [0, 2, 3, 1] },
    gain: 14,
  });
});

test("widths stay multiples of the granularity and within the caps", () => {
  expect(chosen({ granularity: 2 }).neurons).toEqual({ conv2: [0, 2] });
  expect(chosen({ caps: new Map([["conv2", 5]]) }).neurons).toEqual({ conv2: [0] });
});

test("what the budget does not allow is left out, and ends growth", () => {
  // Four channels cost as much as one: the fifth of conv2 is too dear.
  const budget = { latency_s: 5.2e-6 };

  expect(chosen({ budget })).toMatchObject({ neurons: {}, ended: "no split fits the budget" });
});

test("after the recipe's rounds the plan is the last one", () => {
  expect(chosen({}, 3).ended).toBe("the recipe ends after 3 growth rounds");
});
