import type { Batch, Split } from "../datasets/index.ts";
import { foldBatchNorm, withoutBatchNorm } from "../network/folded-weights.ts";
import type { Network } from "../network/network.ts";
import type { Weights } from "../network/parameters.ts";
import type { Random } from "../random.ts";
import type { Engine, Program } from "../tensor/index.ts";
import { type Curvature, CurvatureWatch } from "./kfac/curvature.ts";
import type { Optimizer } from "./optimizers.ts";
import {
  type EpochOptions,
  type Evaluation,
  runEpoch,
  runEvaluation,
  type Score,
} from "./passes.ts";
import { evaluationStep, type Penalty, trainStep } from "./train-step.ts";
import {
  batchValues,
  readScalar,
  scalar,
  splitState,
  stateValues,
  type TrainingState,
  type Values,
} from "./training-state.ts";

export interface TrainerOptions {
  /** The training loss also pays for absolute weights; scores do not show it. */
  readonly penalty?: Penalty;
  /** Share of a label's weight that the training loss gives to all classes alike; 0 when absent, and in scores. */
  readonly labelSmoothing?: number;
}

/** Programs of one network on one engine, compiled per batch size when first needed. Close with `release`. */
export class Trainer {
  readonly #engine: Engine;
  readonly #network: Network;
  /** What evaluations compute: batch norm folded into filters once, not with every batch. */
  readonly #folded: Network;
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
    this.#folded = withoutBatchNorm(network);
    this.#optimizer = optimizer;
    const { natural } = optimizer;
    this.#watch = natural && new CurvatureWatch(engine, network, natural);
  }

  /** One pass over the split in random order. Throws a DivergenceError when the loss stops being a number. */
  async epoch(
    state: TrainingState,
    options: EpochOptions,
  ): Promise<{ state: TrainingState; score: Score }> {
    const program = await this.#program("train", options.batch);
    const keys = [...state.weights.keys(), ...state.slots.keys()];
    let values = this.#values(state);
    let curvature: Curvature | undefined;
    const { score, steps } = await runEpoch(
      { ...options, optimizer: this.#optimizer, stepsBefore: state.steps },
      async (part, { rate, done }) => {
        const read = { ...values, ...this.#batch(part) };
        curvature = await this.#curvature(done, {
          read,
          random: options.random,
          before: curvature,
        });
        const out = await program.run({ ...read, ...curvature?.inverses, rate: scalar(rate) });
        values = Object.fromEntries(keys.map((key) => [key, out[key] ?? values[key]])) as Values;
        return { loss: readScalar(out, "loss"), correct: readScalar(out, "correct") };
      },
    );
    return { state: splitState(values, state, steps), score };
  }

  /** Loss and accuracy over a whole split, moving moments in batch norm. */
  evaluate(weights: Weights, split: Split, batch = 500): Promise<Evaluation> {
    const folded = foldBatchNorm(this.#network, weights);
    const values = stateValues(
      this.#folded,
      { weights: folded, slots: new Map(), steps: 0 },
      this.#optimizer,
    );
    // The same weights are given with every batch: they are put in each program's layout once.
    const arranged = new Map<Program, Values>();
    return runEvaluation(split, batch, async (part) => {
      const program = await this.#program("evaluate", part.count);
      const kept = arranged.get(program) ?? program.arrange(values);
      arranged.set(program, kept);
      const out = await program.run({ ...kept, ...this.#batch(part) });
      return { losses: out.losses?.data ?? [], correct: readScalar(out, "correct") };
    });
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
        : evaluationStep(this.#folded, { batch });
    const compiled = this.#engine.compile(`${this.#network.name}-${key}`, step.fn, step.inputs, {
      state: step.state,
    });
    this.#programs.set(key, compiled);
    return compiled;
  }

  #values(state: TrainingState): Values {
    return stateValues(this.#network, state, this.#optimizer);
  }

  #batch(part: Batch): Values {
    return batchValues(this.#network.input, part);
  }
}
