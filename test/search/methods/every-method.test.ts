import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verifyNetwork } from "../../../profiler/index.ts";
import {
  type FoundNetwork,
  planSearch,
  recipeWithin,
  type SearchContext,
  type SearchOptions,
  search,
  searchMethods,
  summedCost,
} from "../../../search/index.ts";
import { searchReport, searchResult } from "../../../src/app/workflows/report-search.ts";
import { readFound, requireModel } from "../../../src/app/workflows/search-folder.ts";
import { batches, type Split } from "../../../src/datasets/index.ts";
import { renderReport } from "../../../src/figures/index.ts";
import { exportNetwork } from "../../../src/network/export.ts";
import { encodeModel } from "../../../src/onnx/index.ts";
import { seededRandom } from "../../../src/random.ts";
import { createEngine, type Engine } from "../../../src/tensor/index.ts";
import { simulatedDevice } from "../../profiler/simulated-device/index.ts";
import { type ServedSearches, servedSearches } from "../served-searches.ts";
import { smallSearch, steppedCosts } from "../small-search.ts";

let engine: Engine;
let served: ServedSearches;
beforeAll(async () => {
  engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
  served = servedSearches();
});
afterAll(async () => {
  served.close();
  await engine.close();
});

describe.each(searchMethods.map((method) => [method.name, method] as const))(
  "method %s",
  (_, method) => {
    const budget = { latency_s: 12e-6, energy_j: 1.15e-4, parameters: 1200 };
    const options = (changes: Partial<SearchOptions> = {}) =>
      smallSearch(engine, { method, budget, granularity: 2, ...changes });
    let found: FoundNetwork;
    beforeAll(async () => {
      found = await search(await options());
    });

    test("delivers a network within every budget, its widths multiples of the granularity", () => {
      const cost = summedCost(found.network, steppedCosts);

      expect(cost.latency_s).toBeLessThanOrEqual(budget.latency_s);
      expect(cost.energy_j).toBeLessThanOrEqual(budget.energy_j);
      expect(cost.parameters).toBeLessThanOrEqual(budget.parameters);
      for (const layer of found.network.layers)
        if (layer.kind === "conv2d") expect(layer.width % 2).toBe(0);
    });

    test("accounts for all training: the rounds' examples and epochs add up", () => {
      const candidates = found.history.rounds.flatMap((round) => round.candidates);
      const sum = (of: (candidate: (typeof candidates)[number]) => number) =>
        candidates.reduce((total, candidate) => total + of(candidate), 0);

      expect(found.history.account).toMatchObject({
        candidates: candidates.length,
        epochs: sum(({ epochs }) => epochs),
        examples: sum(({ examples }) => examples),
        macs: sum(({ examples, cost }) => examples * cost.macs),
      });
    });

    test("gives the same history and weights for the same seed, killed and resumed all the way", async () => {
      const folder = mkdtempSync(join(tmpdir(), "wattsplit-method-"));

      const resumed = await interruptedSearch(() => options({ folder }));

      expect(resumed.history).toEqual(found.history);
      expect(resumed.weights).toEqual(found.weights);
    });

    test("exports an ONNX network that scores what the history says", async () => {
      const { data } = await options();

      const accuracy = await accuracyOfExport(found, data.test);

      expect(accuracy).toBeCloseTo(found.history.test?.accuracy ?? Number.NaN, 6);
    });

    test("is cut so that its plan keeps half of the time that it would take", async () => {
      const asked = await options();
      const context: SearchContext = {
        granularity: 2,
        ...asked,
        reference: asked.reference ?? asked.network,
      };
      const planOf = (changed: SearchContext) => planSearch(method, changed, 100);
      const whole = await planOf(context);

      const recipe = await recipeWithin(whole.estimated_s / 2, context, planOf);

      const cut = await planOf({ ...context, ...(recipe ? { recipe } : {}) });
      expect(recipe).not.toEqual(context.recipe);
      expect(cut.estimated_s).toBeLessThanOrEqual(whole.estimated_s / 2);
      expect(cut.examples).toBeGreaterThan(0);
    });

    test("is read back from its files, measured layer by layer, and shown by report and service", async () => {
      const shown = served.write(method, found);

      const read = readFound(shown.folder);
      expect(read.network).toEqual(found.network);
      expect(() => requireModel(shown.folder, read)).not.toThrow();

      const { device, clock } = await simulatedDevice();
      const verified = await verifyNetwork({
        ...{ device, clock, network: read.network, weights: read.weights },
        random: seededRandom(1),
      });
      expect(verified.layers.map(({ layer }) => layer)).toEqual(
        found.network.layers.map(({ name }) => name),
      );

      expect(renderReport(searchReport(shown.folder, shown.table))).toContain(
        `Method ${method.name}`,
      );
      const page = await shown.page();
      expect(page).toContain(`Method ${method.name}`);
      expect(page).toContain("Predicted");
    });

    test("renders in the report with its name and a figure", () => {
      const report = renderReport({
        title: method.name,
        generatedAt: "2026-01-01T00:00:00Z",
        toolVersion: "test",
        search: searchResult(found.history, [], {}),
      });

      expect(report).toContain(`Method ${method.name}`);
      expect(report).toContain("<svg");
    });
  },
);

/** Stops at every new label or third of an epoch's progress and goes on, until a run comes to its end. */
async function interruptedSearch(options: () => Promise<SearchOptions>): Promise<FoundNetwork> {
  let reached = 0;
  for (let stops = 0; stops < 200; stops++) {
    const stop = new AbortController();
    const asked = await options();
    const started = { at: reached };
    try {
      return await search({
        ...asked,
        signal: stop.signal,
        onProgress: ({ epochsDone }) => {
          if (epochsDone < started.at + 1.3) return;
          reached = epochsDone;
          stop.abort();
        },
      });
    } catch (error) {
      if (!(error instanceof Error && error.name === "AbortError")) throw error;
    }
  }
  throw new Error("The search never ended");
}

async function accuracyOfExport({ network, weights }: FoundNetwork, split: Split): Promise<number> {
  const batch = 50;
  const session = await ort.InferenceSession.create(
    encodeModel(exportNetwork(network, weights, { batch })),
  );
  const { height, width, channels } = network.input;
  let correct = 0;
  for (const { x, y } of batches(split, { size: batch })) {
    // One channel: [height, width, 1] and [1, height, width] are the same bytes.
    const input = new ort.Tensor("float32", x, [batch, channels, height, width]);
    const { output } = await session.run({ input });
    const logits = output?.data as Float32Array;
    const classes = logits.length / batch;
    for (const [i, label] of y.entries()) {
      const row = logits.subarray(i * classes, (i + 1) * classes);
      if (row.indexOf(Math.max(...row)) === label) correct++;
    }
  }
  await session.release();
  return correct / split.count;
}
