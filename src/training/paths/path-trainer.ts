import { type Batch, batches, type Split } from "../../datasets/index.ts";
import { UserError } from "../../errors.ts";
import type { OperatorSpace, Path } from "../../network/blocks/operator-space.ts";
import type { Network } from "../../network/network.ts";
import type { Weights } from "../../network/parameters.ts";
import type { Engine, Program, TensorValue } from "../../tensor/index.ts";
import type { Optimizer } from "../optimizers.ts";
import {
  type EpochOptions,
  type Evaluation,
  runEpoch,
  runEvaluation,
  type Score,
} from "../passes.ts";
import {
  batchValues,
  readScalar,
  scalar,
  splitState,
  type TrainingState,
  type Values,
} from "../training-state.ts";
import {
  backwardStep,
  forwardStep,
  image,
  inferenceStep,
  lastEvaluation,
  lastStep,
  ownMoment,
  type PartStep,
  slopeAfter,
  slopeBefore,
} from "./part-steps.ts";
import { type PathPart, PathParts, type PathValues } from "./path-parts.ts";

export interface PathEpochOptions extends EpochOptions {
  /** The path of the next batch. */
  readonly drawPath: () => Path;
}

export interface CalibrationOptions {
  readonly split: Split;
  readonly batch: number;
}

/**
 * Trains the paths of an operator space, one per batch, on weights that they share, and judges any of them. A program is compiled once for
 * every part (stem, blocks with operators, tail), and the parts of a path are run one after the other. Close with `release`.
 */
export class PathTrainer {
  readonly #engine: Engine;
  readonly #space: OperatorSpace;
  readonly #optimizer: Optimizer;
  readonly #labelSmoothing: number;
  readonly #parts: PathParts;
  readonly #programs = new Map<string, Promise<Program>>();

  constructor(
    engine: Engine,
    space: OperatorSpace,
    optimizer: Optimizer,
    {
      labelSmoothing = 0,
      choices,
    }: {
      readonly labelSmoothing?: number;
      /** Operators per block that paths will have, of which parts are made long; without, every block is one. */
      readonly choices?: readonly number[];
    } = {},
  ) {
    if (optimizer.natural)
      throw new UserError(`Paths of ${space.name} cannot be trained by ${optimizer.name}`, {
        hint: "Use --optimizer sgd.",
        exit: "usage",
      });
    this.#engine = engine;
    this.#space = space;
    this.#optimizer = optimizer;
    this.#labelSmoothing = labelSmoothing;
    this.#parts = new PathParts(space, optimizer, choices);
  }

  /** One pass over the split in random order, every batch along a path of its own. Throws a DivergenceError like `Trainer`. */
  async epoch(
    state: TrainingState,
    options: PathEpochOptions,
  ): Promise<{ state: TrainingState; score: Score }> {
    const values = this.#parts.values(state);
    const { score, steps } = await runEpoch(
      { ...options, optimizer: this.#optimizer, stepsBefore: state.steps },
      (batch, { rate }) => this.#step(values, { path: options.drawPath(), batch, rate }),
    );
    return { state: splitState(Object.fromEntries(values), state, steps), score };
  }

  /** Loss and accuracy of a path over a whole split, by the moving moments of `weights`. */
  evaluate(weights: Weights, path: Path, split: Split, batch = 500): Promise<Evaluation> {
    const { inner, last } = this.#parts.along(path);
    const values = this.#parts.values({ weights, slots: new Map(), steps: 0 });
    return runEvaluation(split, batch, async (images) => {
      const { x, y } = batchValues(this.#space.input, images);
      let given = x;
      for (const part of inner)
        given = outputOf(await this.#run("inference", part, values, { x: given }), image);
      const out = await this.#run("evaluation", last, values, { x: given, y });
      return { losses: out.losses?.data ?? [], correct: readScalar(out, "correct") };
    });
  }

  /**
   * The weights with the path's moving moments replaced by the mean over the batches' own: what training left there is of all paths
   * (Guo et al. 2020, section 3.4).
   */
  async calibrated(
    weights: Weights,
    path: Path,
    { split, batch }: CalibrationOptions,
  ): Promise<Weights> {
    const { inner, last } = this.#parts.along(path);
    const values = this.#parts.values({ weights, slots: new Map(), steps: 0 });
    const sums = new Map<string, Float32Array>();
    let count = 0;
    const size = Math.min(batch, split.count);
    for (const images of batches(split, { size, dropLast: true })) {
      count++;
      let given = batchValues(this.#space.input, images).x;
      for (const part of [...inner, last]) {
        const out = await this.#run("forward", part, values, { x: given });
        given = outputOf(out, image);
        for (const moment of part.moments) addTo(sums, moment, outputOf(out, ownMoment(moment)));
      }
    }
    const means = [...sums].map(([name, sum]) => [name, sum.map((one) => one / count)] as const);
    return new Map([...weights, ...means]);
  }

  async release(): Promise<void> {
    for (const program of this.#programs.values()) await (await program).release();
    this.#programs.clear();
  }

  /** Forwards through all parts, then backwards; `values` takes up what moved. */
  async #step(
    values: PathValues,
    step: { readonly path: Path; readonly batch: Batch; readonly rate: number },
  ): Promise<{ readonly loss: number; readonly correct: number }> {
    const { inner, last } = this.#parts.along(step.path);
    const rate = scalar(step.rate);
    const { x, y } = batchValues(this.#space.input, step.batch);
    const given = [x];
    for (const [i, part] of inner.entries())
      given.push(outputOf(await this.#run("forward", part, values, { x: at(given, i) }), image));
    const end = await this.#run("last", last, values, { x: at(given, inner.length), y, rate });
    take(values, last, end);
    let moved = end;
    for (const [i, part] of [...inner.entries()].reverse()) {
      const slope = outputOf(moved, slopeBefore);
      moved = await this.#run("backward", part, values, {
        x: at(given, i),
        [slopeAfter]: slope,
        rate,
      });
      take(values, part, moved);
    }
    return { loss: readScalar(end, "loss"), correct: readScalar(end, "correct") };
  }

  /** Runs a part's program on its parameters and what is given besides. */
  async #run(
    kind: StepKind,
    part: PathPart,
    values: PathValues,
    given: Values & { readonly x: TensorValue },
  ): Promise<Values> {
    const program = await this.#program(kind, part, given.x.shape[0] ?? 0);
    const read = part.keys.flatMap((key) => {
      const value = values.get(key);
      return value ? [[key, value] as const] : [];
    });
    return program.run({ ...Object.fromEntries(read), ...given });
  }

  #program(kind: StepKind, { network, isFirst }: PathPart, batch: number): Promise<Program> {
    const key = `${network.name}-${kind}-${batch}`;
    const known = this.#programs.get(key);
    if (known) return known;
    const { fn, inputs, state, handedOn } = steps[kind](network, {
      optimizer: this.#optimizer,
      labelSmoothing: this.#labelSmoothing,
      batch,
      isFirst,
    });
    const compiled = this.#engine.compile(key, fn, inputs, { state, handedOn });
    this.#programs.set(key, compiled);
    return compiled;
  }
}

interface StepOptions {
  readonly optimizer: Optimizer;
  readonly labelSmoothing: number;
  readonly batch: number;
  readonly isFirst: boolean;
}

type StepKind = "forward" | "backward" | "last" | "inference" | "evaluation";

const steps: { readonly [K in StepKind]: (part: Network, options: StepOptions) => PartStep } = {
  forward: forwardStep,
  backward: (part, options) => backwardStep(part, options.optimizer, options),
  last: (part, options) => lastStep(part, options.optimizer, options),
  inference: inferenceStep,
  evaluation: lastEvaluation,
};

function outputOf(values: Values, name: string): TensorValue {
  const value = values[name];
  if (!value) throw new Error(`A part gave no "${name}"`);
  return value;
}

function at(images: readonly TensorValue[], part: number): TensorValue {
  const found = images[part];
  if (!found) throw new Error(`Part ${part} was given nothing`);
  return found;
}

/** Takes up the parameters and slots that a part's step moved. */
function take(values: PathValues, { keys }: PathPart, moved: Values): void {
  for (const key of keys) values.set(key, outputOf(moved, key));
}

function addTo(sums: Map<string, Float32Array>, name: string, { data }: TensorValue): void {
  const before = sums.get(name);
  sums.set(
    name,
    Float32Array.from(data, (one, i) => one + (before?.[i] ?? 0)),
  );
}
