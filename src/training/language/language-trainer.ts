import type { Text } from "../../datasets/text.ts";
import { UserError } from "../../errors.ts";
import type { Weights } from "../../network/parameters.ts";
import { type Random, seededRandom } from "../../random.ts";
import type { Engine, Program, TensorValue } from "../../tensor/index.ts";
import { dropoutMask } from "../dropout.ts";
import { DivergenceError } from "../passes.ts";
import {
  evaluationStep,
  type LanguageModel,
  languageParameters,
  type MaskName,
  maskShapes,
  type TextBatch,
  trainingStep,
} from "./language-model.ts";

/** How long a stretch that gradients go back through is, of a mean length `steps` (Merity et al. 2018, section 5). */
export interface RandomLengths {
  /** Standard deviation, steps. */
  readonly deviation: number;
  /** Share of stretches whose mean is half as long. */
  readonly halved: number;
}

export interface LanguageRun {
  readonly batch: TextBatch;
  /** Else every stretch is as long; the rate of a step is as much of the usual one as its stretch is. */
  readonly lengths?: RandomLengths;
  readonly epochs: number;
  /** Of the first epoch; a tenth after each of `drops`. */
  readonly learningRate: number;
  /** Epochs (from 0) after which the rate falls to a tenth. */
  readonly drops?: readonly number[];
  /** Largest norm of the gradient over all weights. */
  readonly clip: number;
  readonly decay?: number;
  /** On the mean square of how states change from word to word. */
  readonly temporalPenalty?: number;
  readonly dropouts?: Readonly<Partial<Record<MaskName, number>>>;
  /** Once the held-out loss is above its best of more than so many epochs ago, weights are averaged (Merity et al. 2018: NT-ASGD). */
  readonly averageAfter?: number;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  /** Told of every epoch, and where training stands after it. */
  readonly onEpoch?: (scores: LanguageScores, point: LanguagePoint) => void;
}

export interface LanguageScores {
  readonly epoch: number;
  /** Mean cross-entropy over the epoch, nats per word, exponentiated. */
  readonly trainingPerplexity: number;
  readonly validationPerplexity: number;
}

export interface LanguageResult {
  readonly curve: readonly LanguageScores[];
  /** The epoch of least held-out perplexity, whose weights these are. */
  readonly best: LanguageScores;
  readonly weights: Weights;
}

/** Where a training stands between two epochs: it can be gone on with from here. */
export interface LanguagePoint {
  readonly weights: Weights;
  /** The mean of the weights over so many steps, once there is one. */
  readonly average?: WeightMean | undefined;
  /** Of the generator that draws fresh weights and masks. */
  readonly randomState: number;
  readonly curve: readonly LanguageScores[];
  /** Of the epoch of least held-out perplexity; absent before the first. */
  readonly best?: { readonly scores: LanguageScores; readonly weights: Weights } | undefined;
}

export interface WeightMean {
  readonly weights: Weights;
  readonly steps: number;
}

/** Trains a language model on a text under truncated back-propagation. Close with `release`. */
export class LanguageTrainer {
  readonly #engine: Engine;
  readonly #model: LanguageModel;
  readonly #text: Text;
  readonly #programs = new Map<string, Promise<Program>>();

  constructor(engine: Engine, model: LanguageModel, text: Text) {
    if (model.words !== text.words.length)
      throw new Error(`A model of ${model.words} words for a text of ${text.words.length}`);
    this.#engine = engine;
    this.#model = model;
    this.#text = text;
  }

  /** Trains from fresh weights under the seed, or on from `start`. Throws a DivergenceError when the loss stops being a number. */
  async run(run: LanguageRun, start = this.#freshPoint(run.seed)): Promise<LanguageResult> {
    requireBatches(this.#text, run.batch, ["train", "validation"]);
    let point = start;
    for (let epoch = point.curve.length; epoch < run.epochs; epoch++) {
      point = await this.#nextPoint(run, point);
      const scores = point.curve[epoch];
      if (scores) run.onEpoch?.(scores, point);
    }
    const { curve, best } = point;
    if (!best) throw new Error(`Trained for ${run.epochs} epochs`);
    return { curve, best: best.scores, weights: best.weights };
  }

  #freshPoint(seed: number): LanguagePoint {
    const random = seededRandom(seed);
    const weights = initialWeights(this.#model, random);
    return { weights, randomState: random.state(), curve: [] };
  }

  /** After one epoch more. */
  async #nextPoint(run: LanguageRun, before: LanguagePoint): Promise<LanguagePoint> {
    const random = seededRandom(before.randomState);
    const epoch = before.curve.length;
    const { weights, average, loss } = await this.#epoch(run, epoch, { ...before, random });
    const judged = average?.weights ?? weights;
    const scores = {
      epoch,
      trainingPerplexity: Math.exp(loss),
      validationPerplexity: await this.perplexity(judged, this.#text.validation, run.batch),
    };
    const curve = [...before.curve, scores];
    const { best = { scores, weights: judged } } = before;
    const isBetter = scores.validationPerplexity < best.scores.validationPerplexity;
    const isStuck = !average && stoppedFalling(curve, run.averageAfter);
    return {
      weights,
      average: isStuck ? { weights, steps: 1 } : average,
      randomState: random.state(),
      curve,
      best: isBetter ? { scores, weights: judged } : best,
    };
  }

  /** exp of the mean cross-entropy of every next word that fits whole batches. */
  async perplexity(weights: Weights, words: Int32Array, batch: TextBatch): Promise<number> {
    const program = await this.#program("evaluate", batch, () =>
      evaluationStep(this.#model, batch),
    );
    const fixed = valuesOf(this.#model, weights);
    let state = this.#zeroState(batch);
    const losses: number[] = [];
    for (const { x, y } of batchesOf(words, batch)) {
      const out = await program.run({ ...fixed, x, y, state });
      losses.push(Number(out.loss?.data[0]));
      state = out.state as TensorValue;
    }
    return Math.exp(losses.reduce((sum, loss) => sum + loss, 0) / losses.length);
  }

  async release(): Promise<void> {
    for (const program of this.#programs.values()) await (await program).release();
    this.#programs.clear();
  }

  async #epoch(
    run: LanguageRun,
    epoch: number,
    start: {
      readonly weights: Weights;
      readonly average?: WeightMean | undefined;
      readonly random: Random;
    },
  ) {
    const { batch, lengths, clip, decay = 0, temporalPenalty = 0, dropouts = {}, drops = [] } = run;
    const key = `train-${clip}-${decay}-${temporalPenalty}`;
    const programOf = (steps: number) => {
      const stretch = { ...batch, steps };
      const terms = { clip, decay, temporalPenalty };
      return this.#program(key, stretch, () => trainingStep(this.#model, stretch, terms));
    };
    const rate = run.learningRate * 0.1 ** drops.filter((drop) => drop < epoch).length;
    let { weights, average } = start;
    let values = valuesOf(this.#model, weights);
    let state = this.#zeroState(batch);
    let [lossOfAll, allSteps] = [0, 0];
    const nextSteps = lengths && (() => randomLength(batch.steps, lengths, start.random));
    for (const { x, y, steps } of batchesOf(this.#text.train, batch, nextSteps)) {
      run.signal?.throwIfAborted();
      const program = await programOf(steps);
      const masks = Object.fromEntries(
        Object.entries(maskShapes(this.#model, batch)).map(([name, shape]) => [
          name,
          dropoutMask(start.random, shape, dropouts[name as MaskName] ?? 0),
        ]),
      );
      const data = Float32Array.of((rate * steps) / batch.steps);
      const rateValue: TensorValue = { shape: [], dtype: "float32", data };
      const out = await program.run({ ...values, ...masks, x, y, state, rate: rateValue });
      const loss = Number(out.loss?.data[0]);
      if (!Number.isFinite(loss))
        throw new DivergenceError(`The loss became ${loss} in epoch ${epoch + 1}`, {
          hint: "Training diverged: lower the rate, or clip gradients shorter.",
        });
      lossOfAll += steps * loss;
      allSteps += steps;
      state = out.state as TensorValue;
      values = Object.fromEntries(
        Object.keys(values).map((name) => [name, out[name] as TensorValue]),
      );
      if (average) average = { weights: averaged(average, values), steps: average.steps + 1 };
    }
    weights = new Map(
      Object.entries(values).map(([name, { data }]) => [name, data as Float32Array]),
    );
    return { weights, average, loss: lossOfAll / allSteps };
  }

  #zeroState({ rows }: TextBatch): TensorValue {
    const { hiddenSize } = this.#model;
    const data = new Float32Array(rows * hiddenSize);
    return { shape: [rows, hiddenSize], dtype: "float32", data };
  }

  #program(
    key: string,
    { rows, steps }: TextBatch,
    make: () => ReturnType<typeof evaluationStep>,
  ): Promise<Program> {
    const whole = `${key}-${rows}x${steps}`;
    const known = this.#programs.get(whole);
    if (known) return known;
    const { fn, inputs } = make();
    const compiled = this.#engine.compile(`language-${whole}`, fn, inputs);
    this.#programs.set(whole, compiled);
    return compiled;
  }
}

/** Throws a UserError where a part of the text does not fill one batch. */
export function requireBatches(
  text: Text,
  { rows, steps }: TextBatch,
  parts: readonly ("train" | "validation" | "test")[],
): void {
  const needed = rows * steps + 1;
  const short = parts.find((part) => text[part].length < needed);
  if (short)
    throw new UserError(
      `The ${short} part of ${text.name} has ${text[short].length} words, expected ${needed} at least: ${rows} rows of ${steps} and one`,
      { hint: "Give more text, or read fewer rows at once.", exit: "usage" },
    );
}

/** Uniform between -0.04 and 0.04 for matrices, -0.1 and 0.1 for word vectors, as in the released search; no bias. */
function initialWeights(model: LanguageModel, random: Random): Weights {
  return new Map(
    languageParameters(model).map(({ name, shape }) => {
      const size = shape.reduce((product, length) => product * length, 1);
      const bound = name === "bias" ? 0 : name === "words" ? 0.1 : 0.04;
      return [name, Float32Array.from({ length: size }, () => bound * (2 * random.uniform() - 1))];
    }),
  );
}

const valuesOf = (model: LanguageModel, weights: Weights): Record<string, TensorValue> =>
  Object.fromEntries(
    languageParameters(model).map(({ name, shape }) => [
      name,
      { shape, dtype: "float32", data: weights.get(name) ?? new Float32Array() },
    ]),
  );

/** The held-out perplexity is above its best of more than `patience` epochs ago. */
function stoppedFalling(curve: readonly LanguageScores[], patience: number | undefined): boolean {
  if (patience === undefined || curve.length <= patience) return false;
  const last = curve.at(-1)?.validationPerplexity ?? Number.NaN;
  const before = curve.slice(0, -patience).map(({ validationPerplexity }) => validationPerplexity);
  return last > Math.min(...before);
}

/** The mean of weights over one step more than `steps`. */
export function averaged(
  { weights, steps }: WeightMean,
  values: Readonly<Record<string, TensorValue>>,
): Weights {
  return new Map(
    [...weights].map(([name, mean]) => {
      const next = values[name]?.data ?? mean;
      return [name, mean.map((value, i) => value + (Number(next[i]) - value) / (steps + 1))];
    }),
  );
}

/** Lengths are rounded to multiples of this: every one of them is a program of its own. */
const lengthStep = 5;
/** Longer ones, in standard deviations, are cut. */
const mostDeviations = 3;

/** Steps of the next stretch: normal about the mean or half of it. */
export function randomLength(
  mean: number,
  { deviation, halved }: RandomLengths,
  random: Random,
): number {
  const around = random.uniform() < halved ? mean / 2 : mean;
  const off = Math.max(-mostDeviations, Math.min(mostDeviations, random.normal()));
  return lengthStep * Math.max(1, Math.round((around + deviation * off) / lengthStep));
}

/**
 * The text in `rows` pieces side by side, so many words at a time as `nextSteps` says, else `steps`: words and those that follow; what does
 * not fill a batch is left out.
 */
export function* batchesOf(
  words: Int32Array,
  { rows, steps: usual }: TextBatch,
  nextSteps: () => number = () => usual,
): Generator<{ readonly x: TensorValue; readonly y: TensorValue; readonly steps: number }> {
  const length = Math.floor((words.length - 1) / rows);
  // The first one fits, however short the text is.
  let steps = Math.min(nextSteps(), length);
  for (let start = 0; start + steps <= length; start += steps, steps = nextSteps()) {
    const cut = (shift: number): TensorValue => ({
      shape: [steps, rows],
      dtype: "int32",
      data: Int32Array.from(
        { length: steps * rows },
        (_, i) => words[(i % rows) * length + start + Math.floor(i / rows) + shift] ?? 0,
      ),
    });
    yield { x: cut(0), y: cut(1), steps };
  }
}
