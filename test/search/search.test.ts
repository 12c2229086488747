import { mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type SearchOptions, search, summedCost } from "../../search/index.ts";
import { UserError } from "../../src/errors.ts";
import { createEngine, type Engine } from "../../src/tensor/index.ts";
import {
  steppedCosts as costs,
  seedNetwork,
  smallSearch,
  tinyRecipe as tiny,
} from "./small-search.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
});
afterAll(() => engine.close());

const options = (changes: Partial<SearchOptions> = {}) => smallSearch(engine, changes);

test("the delivered network fits every budget and is wider than the seed", async () => {
  const asked = await options({ budget: { latency_s: 12e-6, energy_j: 1.15e-4 } });

  const { network, history } = await search(asked);

  const cost = summedCost(network, costs);
  expect(cost.latency_s).toBeLessThanOrEqual(12e-6);
  expect(cost.energy_j).toBeLessThanOrEqual(1.15e-4);
  expect(cost.latency_s).toBeGreaterThan(summedCost(seedNetwork, costs).latency_s);
  const kinds = history.rounds.map(({ kind }) => kind);
  expect(kinds.slice(0, 3)).toEqual(["seed", "lookahead", "growth"]);
  expect(kinds[kinds.length - 1]).toBe("final");
  expect(history.test?.accuracy).toBeGreaterThan(0.25);
});

test("the last step leaves no free neuron on the current stairs", async () => {
  const { network } = await search(await options());

  const widths = network.layers.flatMap((layer) => (layer.kind === "conv2d" ? [layer.width] : []));
  for (const width of widths) expect(width % 4).toBe(0);
});

test("the history says what was delivered instead of what, and by how much it was better", async () => {
  const { history } = await search(await options({ budget: { latency_s: 9e-6 } }));

  expect(history.ended).toMatch(/ ends \d\.\d+ ± \d\.\d+ below |are the same/);
});

test("every way of growing records what theory promised and what the loss did", async () => {
  const { history } = await search(await options());

  const looks = history.rounds.filter(({ kind }) => kind === "lookahead");
  expect(looks.length).toBeGreaterThan(0);
  for (const { candidates } of looks) {
    expect(candidates.map(({ label }) => label)).toContain("uniform");
    for (const { split } of candidates) {
      const added = Object.values(split?.added ?? {});
      expect(added.reduce((sum, n) => sum + n, 0)).toBeGreaterThan(0);
      expect(Number.isFinite(split?.predictedChange)).toBe(true);
      expect(Number.isFinite(split?.realisedChange)).toBe(true);
    }
  }
});

test("all candidates of a round spend no more than the round's limit, which rises to the budget", async () => {
  const asked = await options();
  const { history } = await search(asked);

  const looks = history.rounds.filter(({ kind }) => kind === "lookahead");
  const most = looks.map(({ candidates }) =>
    Math.max(...candidates.map(({ cost }) => cost.latency_s)),
  );
  expect(most).toEqual([...most].sort((a, b) => a - b));
  expect(most[most.length - 1]).toBeLessThanOrEqual(asked.budget.latency_s ?? 0);
});

test.each([
  ["SGD", tiny],
  ["K-FAC", { ...tiny, optimizer: "kfac" } as const],
])(
  "a search by %s interrupted between any two epochs and resumed gives the same history",
  async (_, recipe) => {
    const whole = await search(await options({ recipe }));
    const folder = mkdtempSync(join(tmpdir(), "wattsplit-search-"));
    const resumed = async (epochs: number): Promise<void> => {
      const stop = new AbortController();
      const asked = await options({
        folder,
        recipe,
        signal: stop.signal,
        onProgress: ({ epochsDone }) => {
          if (epochsDone >= epochs) stop.abort();
        },
      });
      await expect(search(asked)).rejects.toThrow(/abort/i);
    };

    await resumed(0.5);
    await resumed(1.5);
    await resumed(2.5);
    const { history, weights } = await search(await options({ folder, recipe }));

    expect(history.test?.accuracy).toBeGreaterThan(0.25);
    expect(history).toEqual(whole.history);
    expect(weights).toEqual(whole.weights);
  },
);

test("a folder of another search is refused rather than gone on with", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wattsplit-search-"));
  const stop = new AbortController();
  const onProgress = () => stop.abort();
  await expect(
    search(await options({ folder, signal: stop.signal, onProgress })),
  ).rejects.toThrow();

  const other = search(await options({ folder, seed: 4 }));

  await expect(other).rejects.toThrow(/holds a search with seed 3, not 4/);
});

test("a budget below the seed network is refused with both numbers", async () => {
  const refused = search(await options({ budget: { latency_s: 1e-6 } }));

  await expect(refused).rejects.toMatchObject({ exit: "budget", message: /1 µs given/ });
});

test("costs unknown at a corner of the widths are refused before anything is trained", async () => {
  const partial: typeof costs = {
    ...costs,
    kernel: (kernel) => {
      if (kernel.inChannels === 8 && kernel.outChannels > 12)
        throw new UserError("not measured", { hint: "profile" });
      return costs.kernel(kernel);
    },
  };
  const folder = mkdtempSync(join(tmpdir(), "wattsplit-search-"));

  const refused = search(await options({ costs: partial, folder }));

  await expect(refused).rejects.toMatchObject({ message: /conv2 \(8 -> 16 channels\)/ });
  expect(readdirSync(folder)).toEqual([]);
});

test("a diverging training stops with the last good epoch on disk", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wattsplit-search-"));
  const diverging = { ...tiny, learningRate: 1e30 };

  const failed = search(await options({ folder, recipe: diverging }));

  await expect(failed).rejects.toMatchObject({ message: /loss became/, hint: /learning-rate/ });
});

test("a disk that is full at a checkpoint keeps the state before, and the search goes on from it", async () => {
  const whole = await search(await options());
  const folder = mkdtempSync(join(tmpdir(), "wattsplit-search-"));
  const stop = new AbortController();
  const onProgress = ({ epochsDone }: { readonly epochsDone: number }) => {
    if (epochsDone > 1.5) stop.abort();
  };
  await expect(search(await options({ folder, signal: stop.signal, onProgress }))).rejects.toThrow(
    /abort/i,
  );
  const temporary = join(folder, "search.state.tmp");
  symlinkSync("/dev/full", temporary);

  await expect(search(await options({ folder }))).rejects.toMatchObject({ code: "ENOSPC" });
  rmSync(temporary);
  const { history } = await search(await options({ folder }));

  expect(history).toEqual(whole.history);
});

test("a layer at its cap stays, the others may take the budget", async () => {
  const { history } = await search(
    await options({
      caps: new Map([
        ["conv1", 4],
        ["conv2", 16],
      ]),
    }),
  );

  const widths = history.rounds.flatMap(({ candidates }) => candidates.map((one) => one.widths));
  for (const { conv1 } of widths) expect(conv1).toBeLessThanOrEqual(4);
  expect(Math.max(...widths.map(({ conv2 = 0 }) => conv2))).toBe(16);
});
