import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { columnPaths, drawPath } from "../../../search/hurricane/choices.ts";
import { firstPath, isWithin } from "../../../search/hurricane/first-path.ts";
import { operatorCosts } from "../../../search/hurricane/operator-costs.ts";
import { meanPathCost } from "../../../search/hurricane/supernet.ts";
import {
  type Budget,
  type CostModel,
  chooseOperators,
  findMethod,
  type Recipe,
  type SearchHistory,
  type SearchProgress,
  search,
  summedCost,
} from "../../../search/index.ts";
import { UserError } from "../../../src/errors.ts";
import { type Path, pathNetwork, pathParts } from "../../../src/network/blocks/operator-space.ts";
import { networkMacs, networkPeakMemory_bytes } from "../../../src/network/costs.ts";
import { seededRandom } from "../../../src/random.ts";
import { createEngine, type Engine } from "../../../src/tensor/index.ts";
import { PathTrainer } from "../../../src/training/paths/path-trainer.ts";
import { smallOperators, smallSearch, steppedCosts } from "../small-search.ts";

const choicesFor = (budget: Budget) =>
  chooseOperators(operatorCosts(smallOperators, { costs: steppedCosts, budget }), { size: 4 });
const everyPath: readonly Path[] = smallOperators.operators.flatMap((first) =>
  smallOperators.operators.map((second) => [first.name, second.name]),
);

test("blocks and what is around them cost what the whole network does", () => {
  const pools = operatorCosts(smallOperators, { costs: steppedCosts, budget: { latency_s: 1 } });
  const costOf = (path: Path) => summedCost(pathNetwork(smallOperators, path), steppedCosts);
  const own = (block: number, name: string) =>
    pools[block]?.find((operator) => operator.name === name)?.cost ?? Number.NaN;

  const [a, b] = [
    ["sep_k3", "sep_k3"],
    ["mb_e3_k3", "choice_k3"],
  ] as const;

  const byBlocks = own(0, b[0]) - own(0, a[0]) + own(1, b[1]) - own(1, a[1]);
  expect(byBlocks).toBeCloseTo(costOf(b).latency_s - costOf(a).latency_s, 12);
});

test("an operator whose cost the table lacks is named, and how to measure it", () => {
  const lacking: CostModel = {
    ...steppedCosts,
    kernel: (kernel) => {
      if (kernel.op === "channel_shuffle") throw new UserError("no such kernel", { hint: "" });
      return steppedCosts.kernel(kernel);
    },
  };

  const ask = () => operatorCosts(smallOperators, { costs: lacking, budget: { latency_s: 1 } });

  expect(ask).toThrow(/two-blocks cost: block1-choice_k3, block2-choice_k3/);
  expect(ask).toThrow(
    expect.objectContaining({
      hint: expect.stringContaining("wattsplit profile --net two-blocks"),
    }),
  );
});

test("how many operators stay, and by what score, is the recipe's to say", async () => {
  const context = await smallSearch({} as Engine, { method: findMethod("hurricane") });
  const spacesOf = async (operatorScore: Recipe["operatorScore"] = {}) => {
    const recipe = { ...context.recipe, operatorScore };
    const start = { round: 0, trained: [], memory: { note: {}, arrays: new Map() } };
    const asked = { reference: context.network, granularity: 1, ...context, recipe };
    const { memory } = await context.method.next(start, asked);
    const note = memory?.note as { readonly spaces?: readonly (readonly string[])[] } | undefined;
    return note?.spaces ?? [];
  };
  const pools = operatorCosts(smallOperators, context);
  const cheapest = pools.map((pool) => [...pool].sort((a, b) => a.cost - b.cost)[0]?.name);

  expect((await spacesOf()).map(({ length }) => length)).toEqual([3, 3]);
  expect((await spacesOf({ perBlock: 2 })).map(({ length }) => length)).toEqual([2, 2]);
  // Costs alone: the cheapest is the best.
  const free = await spacesOf({ capacityExponent: 0 });
  expect(free.map(([best]) => best)).toEqual(cheapest);
  // Capacity alone.
  const large = await spacesOf({ costExponent: 0 });
  const largest = pools.map((pool) => [...pool].sort((a, b) => b.macs - a.macs)[0]?.name);
  expect(large.map(([best]) => best)).toEqual(largest);
});

describe("the path that a search begins with", () => {
  test("has the best operator of every block where these fit", () => {
    const budget = { latency_s: 1 };

    const path = firstPath(smallOperators, choicesFor(budget), { costs: steppedCosts, budget });

    expect(path).toEqual(choicesFor(budget).map(([first]) => first?.name));
  });

  test.each([10, 11, 12, 13])(
    "has most multiply-accumulates of all that fit %i µs and 1,000 parameters",
    (latency_us) => {
      const budget = { latency_s: latency_us * 1e-6, parameters: 1000 };
      const limits = { costs: steppedCosts, budget };
      const fitting = everyPath.filter((path) => isWithin(smallOperators, path, limits));
      const best = choicesFor(budget).map(([first]) => first?.name ?? "");

      const path = firstPath(smallOperators, choicesFor(budget), limits);

      const macsOf = (one: Path) => networkMacs(pathNetwork(smallOperators, one));
      expect(isWithin(smallOperators, path, limits)).toBe(true);
      if (!isWithin(smallOperators, best, limits))
        expect(macsOf(path)).toBe(Math.max(...fitting.map(macsOf)));
    },
  );

  test("meets a limit on peak memory too, which every part meets by itself", () => {
    const peakOf = (path: Path) => networkPeakMemory_bytes(pathNetwork(smallOperators, path));
    const peaks = everyPath.map(peakOf);
    for (const path of everyPath)
      expect(Math.max(...pathParts(smallOperators, path).map(networkPeakMemory_bytes))).toBe(
        peakOf(path),
      );
    const budget = { latency_s: 1, peakMemory_bytes: Math.max(...peaks) - 1 };
    const limits = { costs: steppedCosts, budget };
    const fitting = everyPath.filter((path) => isWithin(smallOperators, path, limits));
    const [best = []] = [...everyPath].sort((a, b) => peakOf(b) - peakOf(a));
    const worstFirst = choicesFor(budget).map((pool, block) =>
      [...pool].sort((a, b) => Number(b.name === best[block]) - Number(a.name === best[block])),
    );

    const path = firstPath(smallOperators, worstFirst, limits);

    const macsOf = (one: Path) => networkMacs(pathNetwork(smallOperators, one));
    expect(fitting.length).toBeLessThan(everyPath.length);
    expect(macsOf(path)).toBe(Math.max(...fitting.map(macsOf)));
  });

  test("is refused where none fits, with what the cheapest needs", () => {
    const budget = { latency_s: 5e-6 };
    const least = Math.min(
      ...everyPath.map(
        (path) => summedCost(pathNetwork(smallOperators, path), steppedCosts).latency_s,
      ),
    );

    const begin = () =>
      firstPath(smallOperators, choicesFor(budget), { costs: steppedCosts, budget });

    expect(begin).toThrow(expect.objectContaining({ exit: "budget" }));
    expect(begin).toThrow(`at least ${(least * 1e6).toFixed(1)}`);
  });
});

test("the mean cost of a supernet's paths is that of all of them", () => {
  const choices = [["sep_k3", "mb_e3_k3"], ["choice_k3"]];
  const paths = choices[0]?.map((first) => [first, "choice_k3"]) ?? [];

  const mean = meanPathCost(smallOperators, choices, steppedCosts);

  const costs = paths.map((path) => summedCost(pathNetwork(smallOperators, path), steppedCosts));
  const meanOf = (of: (cost: (typeof costs)[number]) => number) =>
    costs.reduce((sum, cost) => sum + of(cost), 0) / costs.length;
  expect(mean.latency_s).toBeCloseTo(
    meanOf(({ latency_s }) => latency_s),
    15,
  );
  expect(mean.macs).toBe(meanOf(({ macs }) => macs));
});

test("drawn paths take every choice of a block about equally often", () => {
  const choices = [["a", "b", "c"], ["d"], ["e", "f", "g"]];
  const random = seededRandom(3);
  const drawn = Array.from({ length: 3000 }, () => drawPath(choices, random));

  for (const name of choices.flat().filter((one) => one !== "d")) {
    const share = drawn.filter((path) => path.includes(name)).length / drawn.length;
    expect(Math.abs(share - 1 / 3)).toBeLessThan(0.04);
  }
  expect(columnPaths(choices)).toEqual([
    ["a", "d", "e"],
    ["b", "d", "f"],
    ["c", "d", "g"],
  ]);
});

describe("a search over operators", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
  });
  afterAll(() => engine.close());
  const method = findMethod("hurricane");
  const budget = { latency_s: 14e-6 };
  let whole: SearchHistory;
  const seen: SearchProgress[] = [];

  test("searches the later block first, then the early one, and says what it found", async () => {
    const options = await smallSearch(engine, { method, budget });
    const { network, history } = await search({
      ...options,
      onProgress: (progress) => seen.push(progress),
    });
    whole = history;

    expect(history.rounds.map(({ kind, candidates }) => [kind, candidates[0]?.label])).toEqual([
      ["supernet", "block 2"],
      ["supernet", "block 1"],
      ["final", "from scratch"],
    ]);
    expect(history.ended).toMatch(/is the best path found$/);
    expect(network.name).toBe("two-blocks");
    expect(history.account.analysisMacs).toBeGreaterThan(0);
  });

  test("counts evolutions in what is done", () => {
    const done = seen.map(({ epochsDone }) => epochsDone);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(seen.every(({ epochsDone, epochsExpected }) => epochsDone <= epochsExpected)).toBe(true);
    const judging = seen.filter(({ label }) => label.includes(": path "));
    expect(judging.at(-1)?.epochsDone).toBeGreaterThan(judging[0]?.epochsDone ?? 0);
    const last = seen.findLast(({ round }) => !round);
    expect(last?.epochsDone).toBeCloseTo(last?.epochsExpected ?? 0, 6);
  });

  test("killed during an evolution judges no path again, and comes to the same end", async () => {
    const stop = new AbortController();
    const options = await smallSearch(engine, { method, budget, signal: stop.signal });
    const killed = search({
      ...options,
      onProgress: ({ label }) => {
        if (label.includes("path 2 of")) stop.abort();
      },
    });
    await expect(killed).rejects.toThrow();
    const judging = vi.spyOn(PathTrainer.prototype, "evaluate");
    const labels: string[] = [];

    const { signal: _, ...again } = options;
    const resumed = await search({ ...again, onProgress: ({ label }) => labels.push(label) });

    const paths = labels.filter((label) => label.includes(": path "));
    // Each supernet was judged once more: the first one's score was saved with its last epoch.
    expect(judging).toHaveBeenCalledTimes(paths.length - 2 + 1);
    expect(resumed.history).toEqual(whole);
    judging.mockRestore();
  });

  test("is refused for a network without blocks", async () => {
    const { operators: _, ...options } = await smallSearch(engine, { method });

    await expect(search(options)).rejects.toThrow(
      /Method hurricane needs a network of blocks, which two-blocks is not/,
    );
  });
});
