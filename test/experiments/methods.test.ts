import { describe, expect, test } from "vitest";
import type { z } from "zod";
import { methods } from "../../experiments/methods/methods.ts";
import {
  longerKey,
  measuredKey,
  protocols,
  runKey,
  runsOf,
  trainingKey,
  trainingSeeds,
} from "../../experiments/methods/protocol.ts";
import { recipeOfAccount } from "../../experiments/tasks/equal-account.ts";
import { findMethod, searchMethods } from "../../search/index.ts";
import { formatNetwork } from "../../src/network/network-file.ts";
import { searchStart } from "../../src/network/search-start.ts";

const runs = runsOf(protocols.quick);
const documents = new Map<string, unknown>();
const finished = {
  result: <T>(key: string, schema: z.ZodType<T>) =>
    documents.has(key) ? schema.parse(documents.get(key)) : undefined,
};
const keys = () => methods.tasks(finished, "quick").tasks.map(({ key }) => key);

describe("the tasks of the comparison", () => {
  test("search by every method there is under three seeds, each in a space that it can search", () => {
    const all = runsOf(protocols.full);

    expect(new Set(all.map(({ method }) => method))).toEqual(
      new Set(searchMethods.map(({ name }) => name)),
    );
    const spaceOf = (name: string) => all.find(({ method }) => method === name)?.space;
    expect([spaceOf("hurricane"), spaceOf("autoshrink"), spaceOf("slimming")]).toEqual([
      "hurricane-mnist",
      "shrink-cnn",
      "mnist-cnn",
    ]);
    expect(all.filter(({ method }) => method === "hurricane").map(({ seed }) => seed)).toEqual([
      0, 1, 2,
    ]);
  });

  test("a network is trained as soon as it is found, and all are measured together once all are", () => {
    expect(keys()).toEqual(["tables", ...runs.map(runKey)]);

    for (const [i, run] of runs.entries()) {
      if (i === runs.length - 1) expect(keys()).not.toContain(measuredKey);
      documents.set(runKey(run), {
        method: run.method,
        seed: run.seed,
        budget_s: 40e-6,
        predicted_s: 39e-6,
        widths: [8, 24, 48],
        epochs: 10,
        examples: 80_000,
        ended: "found",
        verdicts: [],
        network: formatNetwork(searchStart(run.space).network),
        account: {
          ...{ candidates: 9, macs: 1e9, analysisMacs: 0 },
          latency_s: 0.94 * protocols.quick.account * 40e-6,
        },
      });
      if (i === 0) expect(keys().slice(1, 3)).toEqual([runKey(run), trainingKey(run, 0)]);
    }
    const all = keys();
    expect(all.at(-1)).toBe(measuredKey);
    expect(all).toEqual(
      expect.arrayContaining(
        runs.flatMap((run) => trainingSeeds(run).map((seed) => trainingKey(run, seed))),
      ),
    );
    expect(all.filter((key) => key.includes("-longer-"))).toHaveLength(6);
  });
});

test("the page holds every method against uniform networks of the same latency, and those trained longer", () => {
  documents.set(
    measuredKey,
    runs.map((run) => ({
      label: runKey(run),
      widths: [],
      macs: 1,
      parameters: 1,
      predicted_s: 39e-6,
      measured: { latency_s: run.share * 40e-6, low_s: 38e-6, high_s: 42e-6 },
      loads: 3,
      flags: [],
    })),
  );
  for (const run of runs)
    for (const seed of trainingSeeds(run)) {
      const accuracy = 0.8 + 0.01 * seed + (run.method === "splitting" ? 0.03 : 0);
      const score = { loss: 1, accuracy, count: 100 };
      const trained = { seed, epochs: 2, examples: 100, trainedOn: "", trainingLoss: 1 };
      documents.set(trainingKey(run, seed), { ...trained, heldOut: score, test: score });
      const longer = { ...score, accuracy: accuracy + 0.02 };
      documents.set(longerKey(run, seed), { ...trained, heldOut: longer, test: longer });
    }

  const { answer, sections } = methods.page(finished, "quick");

  expect(answer[0]).toMatch(/^The limit is 40\.0 µs\. Most accurate: splitting, 84\.00 ± 1\.00 %/);
  // Seeds differ by a point: three searches, variance 1e-4 / 3; nine trainings on a flat line, (6e-4 / 7) / 9. Welch: 3.2 degrees, t = 3.06.
  expect(answer[1]).toContain("- splitting: +3.00 points (1.00 to 5.00): better");
  expect(answer[1]).toContain("uniform-on-stairs, trained longer: +2.00 points");
  const table = sections.find(({ heading }) => heading === "Methods")?.body.join() ?? "";
  expect(table).toMatch(/\| hurricane \| hurricane-mnist \|.*\| 94 ± 0 \|/);
});

describe("a recipe for a wanted account", () => {
  const network = searchStart("mnist-cnn");
  const contextOf = (count: number) =>
    ({
      network: network.network,
      reference: network.reference,
      caps: network.caps,
      granularity: 8,
      costs: {
        source: "a line",
        overhead: { latency_s: 1e-6 },
        kernel: () => ({ latency_s: 1e-6 }),
      },
      budget: { latency_s: 20e-6 },
      recipe: protocols.quick.searching,
      seed: 0,
      data: { train: { count } },
    }) as unknown as Parameters<typeof recipeOfAccount>[2];

  test("cuts the examples of an epoch, and repeats epochs where all the data are not enough", async () => {
    const method = findMethod("slimming");
    const cut = await recipeOfAccount(1000, method, contextOf(55_000));
    const stretched = await recipeOfAccount(1_000_000, method, contextOf(55_000));

    // One seed and one round epoch of a network that takes a third or so of the limit.
    expect(cut.seedEpochs).toBe(1);
    expect(cut.epochExamples).toBeGreaterThan(1000 / 2);
    expect(stretched.seedEpochs).toBeGreaterThan(1);
    expect(stretched.epochExamples).toBeLessThanOrEqual(55_000);
    expect((stretched.epochExamples ?? 0) * stretched.seedEpochs).toBeGreaterThan(500_000 - 64);
  });

  test("is the recipe itself where nothing is trained", async () => {
    const context = contextOf(55_000);
    expect(await recipeOfAccount(1000, findMethod("uniform"), context)).toBe(context.recipe);
  });
});
