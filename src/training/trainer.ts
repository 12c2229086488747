import type { Batch, Split } from "../datasets/index.ts";
import { batches } from "../datasets/index.ts";
import { UserError } from "../errors.ts";
import type { Network } from "../network/network.ts";
import { type Parameter, parametersOf, type Weights } from "../network/parameters.ts";
import type { Random } from "../random.ts";
import type { Engine, Program, TensorValue } from "../tensor/index.ts";
import { type Curvature, CurvatureWatch } from "./kfac/curvature.ts";
import type { Optimizer } from "./optimizers.ts";
import type { Schedule } from "./schedule.ts";
import { evaluationStep, type Penalty, slotName, trainStep } from "./train-step.ts";

/** Everything that training changes: weights by parameter name, and the optimiser's slots by `slotName`. */
export interface TrainingState {
  readonly weights: Weights;
  readonly slots: ReadonlyMap<string, Float32Array>;
  /** Steps done since the optimiser was fresh. */
  readonly steps: number;
}

export interface EpochOptions {
  readonly split: Split;
  readonly batch: number;
  readonly schedule: Schedule;
  /** Where this epoch lies in the schedule: [first, last) as fractions of training. */
  readonly span: readonly [number, number];
  readonly augment?: "crop-flip" | "shift";
  readonly random: Random;
  readonly signal?: AbortSignal;
  readonly onStep?: (step: EpochProgress) => void;
}

export interface EpochProgress {
  readonly done: number;
  readonly total: number;
  readonly loss: number;
}

export interface Score {
  /** Mean cross-entropy. */
  readonly loss: number;
  readonly accuracy: number;
  readonly count: number;
}

/** A score with the loss of every example, so that two networks can be compared example by example. */
export interface Evaluation extends Score {
  /** [count], in the order of the split. */
  readonly losses: Float32Array;
}

/** Training stopped giving numbers. */
export class DivergenceError extends UserError {}

export interface TrainerOptions {
  /** The training loss also pays for absolute weights; scores do not show it. */
  readonly penalty?: Penalty;
  /** Share of a label's weight that the training loss gives to all classes alike; 0 when absent, and in scores. */
  readonly labelSmoothing?: number;
}

/** Fresh optimiser slots (all zero) for given weights. */
export const freshState = (
  network: Network,
  weights: Weights,
  optimizer: Optimizer,
): TrainingState => ({
  weights,
  slots: new Map(
    trainableOf(network).flatMap(({ name }) =>
      optimizer.slots.map((slot) => [
        slotName(slot, name),
        new Float32Array(weights.get(name)?.length ?? 0),
      ]),
    ),
  ),
  steps: 0,
});

const trainableOf = (network: Network): readonly Parameter[] =>
  parametersOf(network).filter(({ trainable }) => trainable);

/** Programs of one network on one engine, compiled per batch size when first needed. Close with `release`. */
export class Trainer {
  readonly #engine: Engine;
  readonly #network: Network;
  readonly #optimizer: Optimizer;
  readonly #options: TrainerOptions;
  readonly #programs = new Map<string, Promise<Program>>();
  readonly #watch: CurvatureWatch | undefined;

  constructor(
    engine: Engine,
    network: Network,
    optimizer: Optimizer,
    options: TrainerOptions = {},
  ) {
    this.#options = options;
    this.#engine = engine;
    this.#network = network;
    this.#optimizer = optimizer;
    const { natural } = optimizer;
    this.#watch = natural && new CurvatureWatch(engine, network, natural);
  }

  /** One pass over the split in random order. Throws a DivergenceError when the loss stops being a number. */
  async epoch(
    state: TrainingState,
    options: EpochOptions,
  ): Promise<{ state: TrainingState; score: Score }> {
    const { split, batch, schedule, span, random, signal, onStep } = options;
    const program = await this.#program("train", batch);
    const total = Math.floor(split.count / batch);
    const keys = [...state.weights.keys(), ...state.slots.keys()];
    let values = this.#values(state);
    let { steps } = state;
    let [loss, correct, done] = [0, 0, 0];
    let curvature: Curvature | undefined;
    const augment = options.augment ? { augment: options.augment } : {};
    for (const part of batches(split, { size: batch, random, dropLast: true, ...augment })) {
      signal?.throwIfAborted();
      const at = span[0] + ((span[1] - span[0]) * done) / total;
      const rate = this.#optimizer.stepRate(schedule(at), ++steps);
      const read = { ...values, ...this.#batch(part) };
      curvature = await this.#curvature(done, { read, random, before: curvature });
      const out = await program.run({ ...read, ...curvature?.inverses, rate: scalar(rate) });
      values = Object.fromEntries(keys.map((key) => [key, out[key] ?? values[key]])) as Values;
      const batchLoss = readScalar(out, "loss");
      if (!Number.isFinite(batchLoss)) throw lossError(batchLoss, steps, rate);
      loss += batchLoss;
      correct += readScalar(out, "correct");
      done++;
      onStep?.({ done, total, loss: batchLoss });
    }
    return {
      state: splitState(values, state, steps),
      score: { loss: loss / done, accuracy: correct / (done * batch), count: done * batch },
    };
  }

  /** Loss and accuracy over a whole split, moving moments in batch norm. */
  async evaluate(weights: Weights, split: Split, batch = 500): Promise<Evaluation> {
    const values = this.#values({ weights, slots: new Map(), steps: 0 });
    const losses = new Float32Array(split.count);
    let [correct, done] = [0, 0];
    for (const part of batches(split, { size: Math.min(batch, split.count) })) {
      const program = await this.#program("evaluate", part.count);
      const out = await program.run({ ...values, ...this.#batch(part) });
      losses.set(out.losses?.data ?? [], done);
      correct += readScalar(out, "correct");
      done += part.count;
    }
    const loss = losses.reduce((sum, one) => sum + one, 0) / split.count;
    return { loss, accuracy: correct / split.count, count: split.count, losses };
  }

  async release(): Promise<void> {
    for (const program of this.#programs.values()) await (await program).release();
    this.#programs.clear();
    await this.#watch?.release();
  }

  /** Looked at anew, or as before; none without a natural gradient. An epoch starts with none, so that it can be resumed. */
  async #curvature(
    step: number,
    {
      read,
      random,
      before,
    }: { readonly read: Values; readonly random: Random; readonly before: Curvature | undefined },
  ): Promise<Curvature | undefined> {
    const { natural } = this.#optimizer;
    if (!natural || step % natural.every !== 0) return before;
    return await this.#watch?.look(read, random, before);
  }

  #program(kind: "train" | "evaluate", batch: number): Promise<Program> {
    const key = `${kind}-${batch}`;
    const known = this.#programs.get(key);
    if (known) return known;
    const step =
      kind === "train"
        ? trainStep(this.#network, this.#optimizer, { batch, ...this.#options })
        : evaluationStep(this.#network, { batch });
    const compiled = this.#engine.compile(`${this.#network.name}-${key}`, step.fn, step.inputs, {
      state: step.state,
    });
    this.#programs.set(key, compiled);
    return compiled;
  }

  #values({ weights, slots }: TrainingState): Values {
    const values = parametersOf(this.#network).flatMap(({ name, shape, trainable }) => {
      const arrays = [[name, weights.get(name)] as const];
      if (trainable && slots.size)
        for (const slot of this.#optimizer.slots)
          arrays.push([slotName(slot, name), slots.get(slotName(slot, name))]);
      return arrays.map(([key, data]) => {
        if (!data) throw new Error(`No values for "${key}"`);
        return [key, { shape, dtype: "float32", data }];
      });
    });
    return Object.fromEntries(values) as Values;
  }

  #batch({ x, y, count }: Batch): Values {
    const { height, width, channels } = this.#network.input;
    return {
      x: { shape: [count, height, width, channels], dtype: "float32", data: x },
      y: { shape: [count], dtype: "int32", data: y },
    };
  }
}

type Values = Readonly<Record<string, TensorValue>>;

const scalar = (value: number): TensorValue => ({
  shape: [],
  dtype: "float32",
  data: new Float32Array([value]),
});
const readScalar = (values: Values, name: string): number => Number(values[name]?.data[0]);

function splitState(values: Values, before: TrainingState, steps: number): TrainingState {
  const pick = (keys: Iterable<string>) =>
    new Map([...keys].map((key) => [key, values[key]?.data as Float32Array]));
  return { weights: pick(before.weights.keys()), slots: pick(before.slots.keys()), steps };
}

const lossError = (loss: number, step: number, rate: number): DivergenceError =>
  new DivergenceError(`The loss became ${loss} at step ${step} (learning rate ${rate})`, {
    hint: "Training diverged: lower --learning-rate; the last good round is kept.",
  });
