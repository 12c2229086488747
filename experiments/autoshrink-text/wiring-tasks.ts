import { join } from "node:path";
import { z } from "zod";
import { cellPerplexity } from "../../search/autoshrink/recurrent-search.ts";
import { recurrentScore } from "../../search/autoshrink/score.ts";
import { chooseWiring, type ScoredWiring, shrink } from "../../search/autoshrink/shrink.ts";
import { datasetsFolder } from "../../src/datasets/index.ts";
import { loadText, type Text } from "../../src/datasets/text.ts";
import {
  drawActivations,
  nodeActivations,
  type RecurrentCell,
} from "../../src/network/cells/recurrent-cell.ts";
import { randomWiring, type Wiring } from "../../src/network/cells/wiring.ts";
import { seededRandom } from "../../src/random.ts";
import { LanguageTrainer } from "../../src/training/language/language-trainer.ts";
import type { Laboratory } from "../laboratory.ts";
import { mean, standardDeviation } from "../statistics.ts";
import {
  type Arm,
  complete,
  finalTokens,
  hiddenSize,
  last,
  noiseRuns,
  searching,
  searchTokens,
  training,
  trainings,
  words,
} from "./protocol.ts";

const edgeSchema = z.tuple([z.number(), z.number()]);

/** A wiring that a search found. */
export const foundSchema = z.object({
  seed: z.number(),
  wiring: z.object({ nodes: z.number(), edges: z.array(edgeSchema) }),
  activations: z.array(z.enum(nodeActivations)),
  /** The best of all wirings trained. */
  score: z.number(),
  trainings: z.number(),
  /** Standard deviation of scores among the candidates of a step, mean over steps of several. */
  spread: z.number(),
});
export type Found = z.infer<typeof foundSchema>;

/** Held-out perplexities of one wiring, trained again and again. */
export const noiseSchema = z.object({ perplexities: z.array(z.number()) });

export const trainedSchema = z.object({ seed: z.number(), heldOut: z.number(), test: z.number() });
export type Trained = z.infer<typeof trainedSchema>;

interface Tokens {
  readonly training: number;
  readonly heldOut: number;
}

/** The beginning of each part of the text, whose commonest words are told apart. */
async function textOf(tokens: Tokens): Promise<Text> {
  const text = await loadText(join(datasetsFolder(), "text.txt"), { words });
  return {
    ...text,
    train: text.train.slice(0, tokens.training),
    validation: text.validation.slice(0, tokens.heldOut),
    test: text.test.slice(0, tokens.heldOut),
  };
}

const activationsOf = (seed: number) => drawActivations(complete.nodes, seededRandom(seed));

/** The least held-out perplexity that a cell comes to in a search's training. */
async function perplexityOf(
  laboratory: Laboratory,
  text: Text,
  cell: RecurrentCell,
  seed: number,
): Promise<number> {
  const { signal } = laboratory.context;
  const run = { ...searching, seed, signal };
  return cellPerplexity(await laboratory.engine(), text, { cell, hiddenSize }, run);
}

export async function searchWiring(
  laboratory: Laboratory,
  { label, shrinking }: Arm,
  seed: number,
): Promise<Found> {
  const text = await textOf(searchTokens);
  const activations = activationsOf(seed);
  const random = seededRandom(1000 + seed);
  const all: ScoredWiring[] = [];
  const score = async (wiring: Wiring): Promise<number> => {
    const edges = wiring.edges.length;
    const cell = { wiring, activations };
    const perplexity = await perplexityOf(laboratory, text, cell, seed);
    const scored = recurrentScore(perplexity, { edges, hiddenSize });
    all.push({ wiring, score: scored });
    laboratory.context.terminal.note(
      `${label}, seed ${seed}: wiring ${all.length} of ${trainings}`,
    );
    return scored;
  };
  const spreads: number[] = [];
  if (shrinking)
    for await (const { tried } of shrink({ complete, ...shrinking, last, random, score }))
      if (tried.length > 2) spreads.push(standardDeviation(tried.map((one) => one.score)));
  while (all.length < trainings && !shrinking) await score(randomWiring(complete, random));
  const best = chooseWiring(all);
  return {
    seed,
    wiring: { ...best.wiring, edges: best.wiring.edges.map(([tail, head]) => [tail, head]) },
    activations: [...activations],
    score: best.score,
    trainings: all.length,
    spread: spreads.length > 0 ? mean(spreads) : 0,
  };
}

/** The complete wiring trained under several seeds, as a search would. */
export async function measureNoise(laboratory: Laboratory) {
  const text = await textOf(searchTokens);
  const cell = { wiring: complete, activations: activationsOf(0) };
  const perplexities: number[] = [];
  for (let seed = 0; seed < noiseRuns; seed++)
    perplexities.push(await perplexityOf(laboratory, text, cell, seed));
  return { perplexities };
}

/** A cell trained on more of the text, from scratch; the test part is read once. */
export async function trainFinal(
  laboratory: Laboratory,
  cell: RecurrentCell,
  seed: number,
): Promise<Trained> {
  const text = await textOf(finalTokens);
  const model = { cell, words: text.words.length, hiddenSize };
  const trainer = new LanguageTrainer(await laboratory.engine(), model, text);
  const { signal } = laboratory.context;
  try {
    const { best, weights } = await trainer.run({ ...training, seed, signal });
    const test = await trainer.perplexity(weights, text.test, training.batch);
    return { seed, heldOut: best.validationPerplexity, test };
  } finally {
    await trainer.release();
  }
}
