import { z } from "zod";
import { convolutionalScore } from "../../search/autoshrink/score.ts";
import { fromScratch } from "../../search/from-scratch.ts";
import { dropSearchState, type SearchData, type SearchMethod, search } from "../../search/index.ts";
import { trainPhase } from "../../search/training-phase.ts";
import { pick } from "../../src/datasets/index.ts";
import { makeFolder } from "../../src/folder.ts";
import { nodeOperations } from "../../src/network/cells/convolutional-cell.ts";
import { cellsOf } from "../../src/network/cells/read-cells.ts";
import { networkMacs } from "../../src/network/costs.ts";
import type { Network } from "../../src/network/network.ts";
import { searchStart } from "../../src/network/search-start.ts";
import { progressOf } from "../../src/progress.ts";
import { seededRandom, shuffled } from "../../src/random.ts";
import type { Laboratory } from "../laboratory.ts";
import { mean, standardDeviation } from "../statistics.ts";
import { data, net, noiseRuns, searchExamples, searching } from "./protocol.ts";

const edgeSchema = z.tuple([z.number(), z.number()]);

/** A wiring that a search found. */
export const foundSchema = z.object({
  seed: z.number(),
  cell: z.object({
    wiring: z.object({ nodes: z.number(), edges: z.array(edgeSchema) }),
    operations: z.array(z.enum(nodeOperations)),
  }),
  macs: z.number(),
  /** Of all wirings trained, by the release's score. */
  score: z.number(),
  trainings: z.number(),
  /** Standard deviation of scores among the candidates of a step, mean over steps of several. */
  spread: z.number(),
  ended: z.string(),
});
export type Found = z.infer<typeof foundSchema>;

/** Scores of one wiring, trained again and again. */
export const noiseSchema = z.object({ accuracies: z.array(z.number()), macs: z.number() });

async function searchedData(laboratory: Laboratory, input: Network["input"]): Promise<SearchData> {
  const all = await laboratory.data({ name: data, examples: searchExamples.training }, input);
  const drawn = shuffled(all.validation.labels.keys(), seededRandom(0));
  return { ...all, validation: pick(all.validation, drawn.slice(0, searchExamples.heldOut)) };
}

/** Networks pay for MACs alone, as in the paper, and no latency is asked for. */
const noCosts = {
  source: "MACs",
  overhead: { latency_s: 0 },
  kernel: () => ({ latency_s: 0 }),
};

export async function searchWiring(
  laboratory: Laboratory,
  { key, label, method, seed }: { key: string; label: string; method: SearchMethod; seed: number },
): Promise<Found> {
  const { network, reference, caps } = searchStart(net);
  const { terminal, signal } = laboratory.context;
  const folder = laboratory.folder.workFile(key);
  makeFolder(folder);
  const started_s = performance.now() / 1000;
  const found = await search({
    method,
    engine: await laboratory.engine(),
    network,
    reference,
    caps,
    data: await searchedData(laboratory, network.input),
    costs: noCosts,
    budget: { macs: networkMacs(reference) * 10 },
    recipe: searching,
    seed,
    folder,
    signal,
    onProgress: ({ epochsDone, epochsExpected, round }) => {
      if (round) return;
      const elapsed_s = performance.now() / 1000 - started_s;
      const done = { done: epochsDone, total: Math.ceil(epochsExpected), elapsed_s };
      terminal.progress(progressOf(`${label}, epochs`, done));
    },
  });
  dropSearchState(folder);
  const { history } = found;
  const cells = cellsOf(found.network);
  if (!cells) throw new Error(`${label} found no cells`);
  const scores = history.rounds
    .filter(({ kind }) => kind !== "final")
    .map(({ candidates }) =>
      candidates.flatMap(({ validation, cost }) =>
        validation ? [convolutionalScore(validation.accuracy, "macs", cost.macs)] : [],
      ),
    );
  const spreads = scores.filter(({ length }) => length > 2).map(standardDeviation);
  return {
    seed,
    cell: {
      wiring: { ...cells.cell.wiring, edges: cells.cell.wiring.edges.map(([a, b]) => [a, b]) },
      operations: [...cells.cell.operations],
    },
    macs: networkMacs(found.network),
    score: Math.max(...scores.flat()),
    trainings: scores.flat().length,
    spread: spreads.length > 0 ? mean(spreads) : 0,
    ended: history.ended ?? "",
  };
}

/** The complete wiring trained under several seeds, as a search would. */
export async function measureNoise(laboratory: Laboratory): Promise<z.infer<typeof noiseSchema>> {
  const { reference } = searchStart(net);
  const all = await searchedData(laboratory, reference.input);
  const accuracies: number[] = [];
  for (let seed = 0; seed < noiseRuns; seed++) {
    const start = {
      state: fromScratch(reference, { seed, recipe: searching }, 0),
      epoch: 0,
      trainingLoss: Number.NaN,
    };
    const { validation } = await trainPhase(reference, start, {
      engine: await laboratory.engine(),
      data: all,
      recipe: searching,
      epochs: searching.trialEpochs,
      seed,
      phase: 0,
      signal: laboratory.context.signal,
    });
    accuracies.push(validation.accuracy);
  }
  return { accuracies, macs: networkMacs(reference) };
}
