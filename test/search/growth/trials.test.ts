import { describe, expect, test } from "vitest";
import { atWidths, growingWidths, sameWidths } from "../../../search/group-widths.ts";
import { uniformOnStairs } from "../../../search/growth/anchor.ts";
import { type ShapeTrial, stageWorths } from "../../../search/growth/stage-worth.ts";
import { bestWidths, firstShapes, nextShapes, trialsOf } from "../../../search/growth/trials.ts";
import { type SearchContext, summedCost } from "../../../search/index.ts";
import { stagesOf } from "../../../search/stages.ts";
import type { Network } from "../../../src/network/network.ts";
import { seededRandom } from "../../../src/random.ts";
import { packedMobilenet } from "../packed-mobilenet.ts";
import { tinyRecipe } from "../small-search.ts";

// Between two rounds nothing is trained: neither engine nor images are read.
const context = {
  ...packedMobilenet,
  network: packedMobilenet.reference,
  recipe: { ...tinyRecipe, trials: 14 },
  seed: 3,
} as unknown as SearchContext;
const uniform = uniformOnStairs(context);
const stages = [...stagesOf(uniform)];

/** A loss that falls with the octaves of every stage's width as told, and with nothing else. */
const lossBy =
  (worth: Readonly<Record<string, number>>) =>
  (network: Network): number => {
    const widths = growingWidths(network);
    const falls = stages.map(([stage, groups]) => {
      const octaves = groups.map((group) => Math.log2(widths.get(group) ?? 1));
      return ((worth[stage] ?? 0) * octaves.reduce((a, b) => a + b, 0)) / groups.length;
    });
    return 2 - falls.reduce((a, b) => a + b, 0);
  };
const early = lossBy({ "32x32": 0.2, "16x16": 0.1, "2x2": 0.001 });

const tried = (loss: (network: Network) => number): readonly ShapeTrial[] =>
  firstShapes(uniform, context).map(({ network }) => ({ network, loss: loss(network) }));

const cost_s = (network: Network): number => summedCost(network, context.costs).latency_s;

describe("the first shapes", () => {
  const shapes = firstShapes(uniform, context);

  test("are what growth found, tilts towards both ends and shapes drawn by chance, as many as the round has", () => {
    expect(shapes).toHaveLength(trialsOf(0, context));
    expect(shapes.map(({ label }) => label)).toEqual(
      expect.arrayContaining(["found", "early x4", "late x2"]),
    );
    expect(
      new Set(shapes.map(({ network }) => [...growingWidths(network).values()].join())),
    ).toHaveLength(shapes.length);
  });

  test("keep the budget, and use it", () => {
    for (const { network } of shapes) {
      expect(cost_s(network)).toBeLessThanOrEqual(context.budget.latency_s ?? 0);
      expect(cost_s(network)).toBeGreaterThan(0.9 * (context.budget.latency_s ?? 0));
    }
  });
});

describe("what width is worth in a stage", () => {
  test("is found from trials: most where the loss falls most", () => {
    const { mean } = stageWorths(tried(early));

    const [best] = [...mean].sort((a, b) => b[1] - a[1]);
    expect(best?.[0]).toBe("32x32");
    expect(mean.get("32x32") ?? 0).toBeGreaterThan(2 * (mean.get("2x2") ?? 0));
  });

  test("is drawn around the likeliest, wide while little is known", () => {
    const trials = tried(early);
    const spreadOf = (known: readonly ShapeTrial[]): number => {
      const { mean, draw } = stageWorths(known);
      const random = seededRandom(1);
      const off = Array.from(
        { length: 200 },
        () => (draw(random).get("32x32") ?? 0) - (mean.get("32x32") ?? 0),
      );
      return Math.sqrt(off.reduce((sum, one) => sum + one ** 2, 0) / off.length);
    };

    expect(spreadOf([...trials, ...trials, ...trials])).toBeLessThan(spreadOf(trials));
  });

  test("is positive and in proportion to the losses, whatever their unit", () => {
    const trials = tried(early);
    const scaled = trials.map(({ network, loss }) => ({ network, loss: 10 * loss }));

    for (const [stage, worth] of stageWorths(trials).mean) {
      expect(worth).toBeGreaterThan(0);
      expect(stageWorths(scaled).mean.get(stage)).toBeCloseTo(10 * worth, 9);
    }
  });

  test("does not break where every loss is the same, or training diverged", () => {
    const same = tried(() => 1);
    const diverged = tried(early).map((trial, i) =>
      i === 1 ? { ...trial, loss: Number.POSITIVE_INFINITY } : trial,
    );

    for (const trials of [same, diverged])
      for (const worth of stageWorths(trials).mean.values())
        expect(Number.isFinite(worth)).toBe(true);
  });
});

describe("the next shapes", () => {
  const trials = tried(early);
  const next = nextShapes(trials, { trialRound: 1, round: 7 }, context);

  test("are new, keep the budget, and leave the best so far by an octave at most", () => {
    const [best] = [...trials].sort((a, b) => a.loss - b.loss);
    const near = growingWidths(best?.network as Network);
    expect(next.length).toBeGreaterThan(0);
    for (const { network } of next) {
      expect(trials.some((trial) => sameWidths(trial.network, network))).toBe(false);
      expect(cost_s(network)).toBeLessThanOrEqual(context.budget.latency_s ?? 0);
      for (const [group, width] of growingWidths(network)) {
        expect(width).toBeLessThanOrEqual(2 * (near.get(group) ?? 0));
        expect(width).toBeGreaterThanOrEqual((near.get(group) ?? 0) / 2);
      }
    }
  });

  test("are better than all before where the loss is as it is taken to be", () => {
    const before = Math.min(...trials.map(({ loss }) => loss));
    const after = Math.min(...next.map(({ network }) => early(network)));

    expect(after).toBeLessThan(before);
  });

  test("go elsewhere where the order of the losses is reversed", () => {
    const reversed = trials.map(({ network, loss }) => ({ network, loss: -loss }));
    const [wrong] = nextShapes(reversed, { trialRound: 1, round: 7 }, context);

    expect(early(wrong?.network as Network)).toBeGreaterThan(early(next[0]?.network as Network));
  });

  test("are the same for a resumed search", () => {
    const again = nextShapes(trials, { trialRound: 1, round: 7 }, context);
    expect(again.map(({ network }) => [...growingWidths(network)])).toEqual(
      next.map(({ network }) => [...growingWidths(network)]),
    );
  });
});

test("the best widths for a worth are worth at least as much as every trial within reach", () => {
  const worth = new Map(stages.map(([stage], i) => [stage, 1 / (i + 1)]));
  const loss = lossBy(Object.fromEntries(worth));
  const best = bestWidths(uniform, worth, context);
  const within = ({ network }: { readonly network: Network }): boolean =>
    [...growingWidths(network)].every(([group, width]) => {
      const present = growingWidths(uniform).get(group) ?? 0;
      return present / 2 <= width && width <= 2 * present;
    });

  expect(loss(best)).toBeLessThanOrEqual(loss(uniform));
  for (const trial of tried(early).filter(within))
    expect(loss(best)).toBeLessThanOrEqual(loss(trial.network) + 1e-9);
  expect(loss(atWidths(uniform, growingWidths(best)))).toBe(loss(best));
});

test("rounds of trials add up to the recipe's", () => {
  for (const trials of [2, 3, 8, 14, 24]) {
    const of = { recipe: { ...tinyRecipe, trials } };
    expect([0, 1, 2].reduce((sum, round) => sum + trialsOf(round, of), 0)).toBe(trials);
  }
});
