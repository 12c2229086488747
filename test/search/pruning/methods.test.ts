import { expect, test } from "vitest";
import { widthsOf } from "../../../search/group-widths.ts";
import type {
  Move,
  SearchContext,
  SearchMethod,
  TrainedCandidate,
} from "../../../search/method.ts";
import { l1Prune } from "../../../search/methods/l1-prune.ts";
import { morphnet } from "../../../search/methods/morphnet.ts";
import { netadapt } from "../../../search/methods/netadapt.ts";
import { slimming } from "../../../search/methods/slimming.ts";
import { recipes } from "../../../search/recipe.ts";
import { summedCost } from "../../../search/summed-cost.ts";
import { presets } from "../../../src/network/presets.ts";
import type { Engine } from "../../../src/tensor/index.ts";
import { steppedCosts } from "../selection/formula-costs.ts";

const reference = presets["mobilenet-v1-cifar"].build({ multiplier: 0.25 });
const costs = steppedCosts(8);
const budget = { latency_s: 0.6 * summedCost(reference, costs).latency_s };
const nothing = { images: new Float32Array(), labels: new Int32Array(), count: 4000 };

/** Methods between two rounds train nothing: neither engine nor images are read. */
const context: SearchContext = {
  engine: undefined as unknown as Engine,
  network: reference,
  reference,
  caps: new Map(),
  granularity: 8,
  data: { name: "none", train: nothing, validation: nothing, test: nothing } as never,
  costs,
  budget,
  recipe: recipes.quick,
  seed: 1,
};

const start = { round: 0, trained: [], memory: { note: null, arrays: new Map() } };

function candidatesOf(move: Move) {
  if (!("candidates" in move)) throw new Error("The method delivers instead of training");
  return move.candidates;
}

/** The candidates as if trained: the later, the better. */
const asTrained = (move: Move): readonly TrainedCandidate[] =>
  candidatesOf(move).map((candidate, i) => ({
    ...candidate,
    cost: summedCost(candidate.network, costs),
    trainingLoss: 1,
    validation: { loss: 1 - i / 100, accuracy: 0.5, count: 1, losses: new Float32Array(1) },
  }));

test.each([slimming, l1Prune, morphnet])(
  "$name trains one wide network of at most twice the budget, then delivers one that fits",
  async (method: SearchMethod) => {
    const wide = await method.next(start, context);
    const [first] = asTrained(wide);
    const pruned = await method.next({ ...start, round: 1, trained: asTrained(wide) }, context);

    expect(first?.cost.latency_s).toBeGreaterThan(1.5 * budget.latency_s);
    expect(first?.cost.latency_s).toBeLessThanOrEqual(2 * budget.latency_s);
    if (!("deliver" in pruned)) throw new Error("Nothing was delivered");
    const { network, inherited } = pruned.deliver;
    expect(summedCost(network, costs).latency_s).toBeLessThanOrEqual(budget.latency_s);
    expect(summedCost(network, costs).latency_s).toBeGreaterThan(0.9 * budget.latency_s);
    expect(inherited?.weights.get("conv0/gamma")).toHaveLength(widthsOf(network).conv0 ?? 0);
  },
);

test("slimming penalises the scales that count alike, filter pruning none", async () => {
  const [slim] = candidatesOf(await slimming.next(start, context));
  const [filters] = candidatesOf(await l1Prune.next(start, context));

  const factors = [...(slim?.penalty ?? [])];
  expect(factors.map(([name]) => name)).toContain("depthwise4/gamma");
  expect(factors.map(([name]) => name)).not.toContain("conv3/gamma");
  expect(new Set(factors.map(([, factor]) => factor)).size).toBe(1);
  expect(filters?.penalty).toBeUndefined();
});

test("morphnet penalises channels by their latency, as much in sum as slimming", async () => {
  const [slim] = candidatesOf(await slimming.next(start, context));
  const [morph] = candidatesOf(await morphnet.next(start, context));

  const factor = (name: string) => morph?.penalty?.get(name) ?? 0;
  const widths = widthsOf(morph?.network ?? reference);
  // 32x32 images against 2x2. The stem is at its narrowest edge: nothing can be saved there.
  expect(factor("depthwise2/gamma")).toBeGreaterThan(3 * factor("conv13/gamma"));
  expect(factor("depthwise1/gamma")).toBe(0);
  const total = (penalty = new Map<string, number>() as ReadonlyMap<string, number>) =>
    [...penalty].reduce((sum, [name, each]) => {
      const block = Number(name.match(/\d+/)?.[0]);
      const group = name.startsWith("depthwise") ? `conv${block - 1}` : `conv${block}`;
      return sum + each * (widths[group] ?? 0);
    }, 0);
  expect(total(morph?.penalty)).toBeCloseTo(total(slim?.penalty), 9);
});

test("netadapt shrinks one stage at a time, in equal steps of latency down to the budget", async () => {
  let move = await netadapt.next(start, context);
  const [wide] = asTrained(move);
  const first_s = wide?.cost.latency_s ?? 0;
  const steps = recipes.quick.rounds;
  const { memory = start.memory } = move;
  let trained = asTrained(move);
  let round = 0;
  for (;;) {
    round++;
    const kept = trained[trained.length - 1];
    move = await netadapt.next({ round, trained, memory }, context);
    if ("deliver" in move) break;
    const limit_s = first_s + (round / steps) * (budget.latency_s - first_s);
    trained = asTrained(move);
    for (const { label, network, cost } of trained) {
      expect(cost.latency_s).toBeLessThanOrEqual(limit_s * (1 + 1e-9));
      const narrowed = changedGroups(kept, network);
      if (label !== "shrinks all stages") expect(new Set(narrowed.map(stageOf)).size).toBe(1);
    }
  }

  expect(round).toBe(steps + 1);
  expect(summedCost(move.deliver.network, costs).latency_s).toBeLessThanOrEqual(budget.latency_s);
});

/** Groups of the kept candidate that are narrower in `network`. */
function changedGroups(kept: TrainedCandidate | undefined, network: typeof reference) {
  const [before, after] = [widthsOf(kept?.network ?? network), widthsOf(network)];
  return Object.keys(after).filter((group) => (after[group] ?? 0) < (before[group] ?? 0));
}

/** MobileNetV1 halves its images at blocks 2, 4, 6 and 12. */
const stageOf = (group: string): number =>
  [2, 4, 6, 12].filter((block) => Number(group.slice("conv".length)) >= block).length;

test("a budget that no pruned network meets is refused before anything is trained", async () => {
  const tight = { ...context, budget: { latency_s: 1e-6 } };

  const refused = Promise.resolve().then(() => slimming.next(start, tight));

  await expect(refused).rejects.toMatchObject({ exit: "budget" });
});
