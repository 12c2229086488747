import { sampleRankCorrelation } from "simple-statistics";
import { z } from "zod";
import { fromScratch } from "../../search/from-scratch.ts";
import { recipes, type SearchData } from "../../search/index.ts";
import { splittingDirections } from "../../search/splitting/directions.ts";
import { type DirectionFinder, exact, lanczos, rayleigh } from "../../search/splitting/finders.ts";
import {
  compileSplittingProducts,
  type SplittingProducts,
} from "../../search/splitting/products.ts";
import { trainPhase } from "../../search/training-phase.ts";
import { batches, pick, type Split } from "../../src/datasets/index.ts";
import type { Weights } from "../../src/network/parameters.ts";
import { searchStart } from "../../src/network/search-start.ts";
import { seededRandom } from "../../src/random.ts";
import { median } from "../../src/statistics.ts";
import { type Experiment, nothingLater, type Page } from "../experiment.ts";
import type { Finished } from "../finished.ts";
import type { Laboratory } from "../laboratory.ts";
import { markdownTable, percent } from "../markdown.ts";

const finderSchema = z.object({
  label: z.string(),
  examples: z.number(),
  passes: z.number(),
  /** Index found over exact index, of neurons whose exact index is negative. */
  least: z.number(),
  median: z.number(),
  greatest: z.number(),
  rankCorrelation: z.number(),
});

export const eigenSchema = z.object({
  network: z.string(),
  accuracy: z.number(),
  neurons: z.number(),
  negative: z.number(),
  dimension: z.number(),
  finders: z.array(finderSchema),
});
type Eigen = z.infer<typeof eigenSchema>;

const key = "eigen";
const net = "mnist-cnn";
const examples = 2048;
const batch = 256;
const seed = 0;

export const eigen: Experiment = {
  summary: "how near splitting indices come to exact ones, and what each way of finding them costs",
  tasks: () => ({
    tasks: [
      {
        key,
        label: `splitting indices of a trained ${net}, every finder`,
        kind: "train",
        estimated_s: 300,
        run: compared,
      },
    ],
    later: nothingLater,
  }),
  page,
};

/** Finders on all examples, and Lanczos on parts of them: a noisy matrix's ends lie too far out. */
const trials: readonly {
  readonly label: string;
  readonly finder: DirectionFinder;
  readonly examples: number;
}[] = [
  { label: "exact", finder: exact, examples },
  ...[5, 10, 15].map((steps) => ({ label: `Lanczos, ${steps}`, finder: lanczos(steps), examples })),
  ...[10, 40].map((epochs) => ({
    label: `Rayleigh descent, ${epochs}`,
    finder: rayleigh(epochs),
    examples,
  })),
  ...[256, 512, 1024].map((part) => ({
    label: "Lanczos, 15",
    finder: lanczos(15),
    examples: part,
  })),
];

async function compared(laboratory: Laboratory): Promise<Eigen> {
  const { network } = searchStart(net);
  const data = await laboratory.data({ name: "mnist", examples: 16_384 }, network.input);
  const engine = await laboratory.engine();
  const recipe = { ...recipes.quick, epochExamples: 16_384 };
  const start = { state: fromScratch(network, { seed, recipe }, 0), epoch: 0 };
  const trained = await trainPhase(
    network,
    { ...start, trainingLoss: Number.NaN },
    {
      engine,
      data,
      recipe,
      epochs: 3,
      seed,
      phase: 0,
      signal: laboratory.context.signal,
    },
  );
  const products = await compileSplittingProducts(engine, network, { batch });
  try {
    const { weights } = trained.state;
    const found = await indicesOfAll(products, weights, data, laboratory);
    const [reference] = found;
    if (!reference) throw new Error("There is no exact trial");
    const negative = reference.indices.filter((index) => index < 0).length;
    return {
      network: network.name,
      accuracy: trained.validation.accuracy,
      neurons: reference.indices.length,
      negative,
      dimension: largestDimension(products),
      finders: found.map((one) => ({ ...one.trial, ...against(one.indices, reference.indices) })),
    };
  } finally {
    await products.release();
  }
}

const largestDimension = ({ groups }: SplittingProducts): number =>
  Math.max(...groups.map(({ dimension }) => dimension));

async function indicesOfAll(
  products: SplittingProducts,
  weights: Weights,
  { train }: Pick<SearchData, "train">,
  { context }: Laboratory,
) {
  const found = [];
  for (const { label, finder, examples: count } of trials) {
    context.signal.throwIfAborted();
    context.terminal.note(`${label}, ${count} examples`);
    const pass = passOver(pick(train, [...Array(count).keys()]));
    const directions = await splittingDirections(products, weights, pass, pass, {
      finder,
      random: seededRandom(seed),
    });
    found.push({
      trial: {
        label,
        examples: count,
        passes: finder.passes(largestDimension(products)),
      },
      indices: [...directions.values()].flat().map(({ lambdaMin }) => lambdaMin),
    });
  }
  return found;
}

const passOver = (split: Split) => () => batches(split, { size: batch, dropLast: true });

function against(indices: readonly number[], exactOnes: readonly number[]) {
  const ratios = indices.flatMap((index, i) => {
    const reference = exactOnes[i] ?? 0;
    return reference < 0 ? [index / reference] : [];
  });
  return {
    least: Math.min(...ratios),
    median: median(ratios),
    greatest: Math.max(...ratios),
    rankCorrelation: sampleRankCorrelation([...indices], [...exactOnes]),
  };
}

function page(finished: Finished): Page {
  const found = finished.result(key, eigenSchema);
  return {
    title: "Splitting indices: how near, at what cost",
    question:
      "A search splits where the splitting index is most negative. How near does each way of finding it come to the exact eigenvalue, and how long does it take?",
    answer: found ? answerOf(found) : ["Nothing is measured yet."],
    sections: found ? [{ heading: "Every finder", body: bodyOf(found) }] : [],
  };
}

function answerOf({ finders }: Eigen): readonly string[] {
  const of = (label: string) =>
    finders.find((one) => one.label === label && one.examples === examples);
  const [ten, descent, whole] = ["Lanczos, 10", "Rayleigh descent, 10", "exact"].map(of);
  if (!ten || !descent || !whole) return [];
  return [
    `Ten Lanczos passes find at least ${percent(ten.least, 1)} % of every index; ten epochs of Rayleigh descent on as few batches find ` +
      `${percent(descent.least, 0)} to ${percent(descent.greatest, 0)} % (median ${percent(descent.median, 0)} %).`,
    `The exact matrices take ${whole.passes} passes over the data, a column of every matrix in each.`,
  ];
}

function bodyOf({ network, accuracy, neurons, negative, dimension, finders }: Eigen) {
  return [
    `${network} after three epochs (${percent(accuracy, 1)} % of held-out images right), ${neurons} neurons with matrices of up to ${dimension} x ${dimension}, ` +
      `${negative} of negative index on ${examples} training images. Ratios are over those: 100 % is the exact index on all examples. On fewer ` +
      "examples the ends of a noisy matrix lie too far out: that is why gains are judged on examples that had no part in finding them. Rayleigh " +
      `descent takes a step per batch of ${batch}, ${examples / batch} an epoch, and cuts its rate to a fifth every second epoch; the published ` +
      "runs had 100 times as many batches an epoch. Times beside other work are no evidence: passes are what is compared.",
    markdownTable(
      [
        "finder",
        "examples",
        "passes",

        "least, %",
        "median, %",
        "greatest, %",
        "rank correlation",
      ],
      finders.map((one) => [
        one.label,
        `${one.examples}`,
        `${one.passes}`,
        percent(one.least, 1),
        percent(one.median, 1),
        percent(one.greatest, 1),
        one.rankCorrelation.toFixed(3),
      ]),
    ),
  ];
}
