import type { Graph } from "../../datasets/index.ts";
import { type Propagation, propagationOf } from "../../network/propagation.ts";
import { type Random, seededRandom } from "../../random.ts";
import type { Engine, TensorValue } from "../../tensor/index.ts";
import { dropoutMask } from "../dropout.ts";
import type { EpochScores } from "../fit.ts";
import { Inverter } from "../kfac/inverse.ts";
import type { KfacOptions } from "../kfac/kfac.ts";
import type { Optimizer } from "../optimizers.ts";
import { DivergenceError } from "../passes.ts";
import { slotName } from "../train-step.ts";
import { GraphCurvature } from "./curvature.ts";
import { type GcnShape, type GcnStep, gcnEvaluation, gcnParameters, gcnStep } from "./gcn.ts";
import { GraphPrograms } from "./programs.ts";
import { propagatedFeatures } from "./propagation.ts";

export interface GraphRun {
  readonly optimizer: Optimizer;
  readonly learningRate: number;
  /** Steps: every one sees the whole graph. */
  readonly epochs: number;
  /** Of hidden units, while training. */
  readonly dropout: number;
  /** The pseudo-label term weighs (epoch / epochs)^gamma; absent: no such term. */
  readonly gamma?: number | undefined;
  /** Gradients are natural ones before the optimiser sees them. */
  readonly kfac?: KfacOptions | undefined;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  /** Told of every epoch, and where training stands after it. */
  readonly onEpoch?: (epoch: number, point: GraphPoint) => void;
}

export interface GraphScores extends EpochScores {
  readonly testAccuracy: number;
}

export interface GraphResult {
  readonly curve: readonly GraphScores[];
  /** Scores of the epoch of least held-out loss, whose weights these are. */
  readonly best: GraphScores;
  /** By name of `gcnParameters`. */
  readonly weights: ReadonlyMap<string, Float32Array>;
}

type Values = Readonly<Record<string, TensorValue>>;

/** A training between two epochs: it can be gone on with from here. */
export interface GraphPoint {
  /** Epochs done. */
  readonly epoch: number;
  /** Weights and the optimiser's slots. */
  readonly values: Values;
  /** Inverted factors of the last look at the curvature, but the first layer's inputs', which its epoch gives. */
  readonly factors: Values;
  /** Of the generator that draws fresh weights and masks. */
  readonly randomState: number;
  /** Of the last step; 0 before the first. */
  readonly trainingLoss: number;
  /** Of all epochs but the last: a step scores the weights that it starts from. */
  readonly curve: readonly GraphScores[];
  readonly best?: BestEpoch | undefined;
}

interface BestEpoch {
  readonly scores: GraphScores;
  readonly weights: ReadonlyMap<string, Float32Array>;
}

const floats = (shape: readonly number[], data: Float32Array): TensorValue => ({
  shape,
  dtype: "float32",
  data,
});
function transposed({ shape: [rows = 0, columns = 0], data }: TensorValue): TensorValue {
  const turned = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = Number(data[row * columns + column]);
  return floats([columns, rows], turned);
}
const scalar = (value: number): TensorValue => floats([], Float32Array.of(value));

/** Trains graph networks on one graph, all nodes at once; what does not depend on a run is computed once. Close with `release`. */
export class GraphTrainer {
  readonly shape: GcnShape;
  readonly propagation: Propagation;
  readonly #graph: Graph;
  readonly #programs: GraphPrograms;
  readonly #inverter: Inverter;
  readonly #curvature: GraphCurvature;
  /** x, as it is and transposed, target and y: what no run changes. */
  readonly #fixed: Values;

  constructor(engine: Engine, graph: Graph, { hidden = 16 } = {}) {
    const { nodes, features, classes, labels } = graph;
    this.shape = { nodes, features, hidden, classes };
    this.propagation = propagationOf(graph);
    const target = new Float32Array(nodes * classes);
    for (const node of graph.train) target[node * classes + (labels[node] ?? 0)] = 1;
    const x = floats([nodes, features + 1], propagatedFeatures(graph, this.propagation));
    this.#fixed = {
      x,
      transposed: transposed(x),
      target: floats([nodes, classes], target),
      y: { shape: [nodes], dtype: "int32", data: labels.map((label) => Math.max(0, label)) },
    };
    this.#graph = graph;
    this.#programs = new GraphPrograms(engine);
    this.#inverter = new Inverter(engine);
    this.#curvature = new GraphCurvature(this.#programs, this.#inverter, x);
  }

  /** Trains from fresh weights under the seed, or on from `start`. Throws a DivergenceError when the loss stops being a number. */
  async run(run: GraphRun, start = this.#freshPoint(run)): Promise<GraphResult> {
    let point = start;
    let first = await this.#firstFactor(run, point.epoch);
    while (point.epoch < run.epochs) {
      run.signal?.throwIfAborted();
      if (looksAt(run, point.epoch + 1)) first = await this.#firstFactor(run, point.epoch + 1);
      point = await this.#nextPoint(run, point, first);
      run.onEpoch?.(point.epoch, point);
    }
    const evaluation = () => gcnEvaluation(this.shape, this.propagation);
    const last = { ...this.#fixed, ...point.values };
    const { curve, best } = this.#scored(
      point,
      await this.#programs.run("evaluate", evaluation, last),
    );
    if (!best) throw diverged("No epoch has a held-out loss");
    return { curve, best: best.scores, weights: best.weights };
  }

  #freshPoint({ optimizer, seed }: GraphRun): GraphPoint {
    const random = seededRandom(seed);
    const values = initialValues(this.shape, optimizer, random);
    const randomState = random.state();
    return { epoch: 0, values, factors: {}, randomState, trainingLoss: 0, curve: [] };
  }

  /** After one epoch more. */
  async #nextPoint(run: GraphRun, before: GraphPoint, first: Values): Promise<GraphPoint> {
    const random = seededRandom(before.randomState);
    const epoch = before.epoch + 1;
    const weight = pseudoWeight(run, epoch);
    const read = {
      ...this.#fixed,
      ...before.values,
      mask: dropoutMask(random, [this.shape.nodes, this.shape.hidden], run.dropout),
      ...(weight === undefined ? {} : { weight: scalar(weight) }),
    };
    const factors =
      run.kfac && looksAt(run, epoch)
        ? await this.#curvature.factors(this.#about(run), run.kfac, read, weight ?? 0)
        : before.factors;
    const out = await this.#step(run, epoch, { ...read, ...first, ...factors });
    const trainingLoss = Number(out.loss?.data[0]);
    if (!Number.isFinite(trainingLoss))
      throw diverged(`The loss became ${trainingLoss} in epoch ${epoch}`);
    const names = Object.keys(before.values);
    return {
      epoch,
      values: Object.fromEntries(names.map((name) => [name, out[name]])) as Values,
      factors,
      randomState: random.state(),
      trainingLoss,
      ...(epoch === 1 ? { curve: [] } : this.#scored(before, out)),
    };
  }

  /** The curve and the best epoch with the scores of the weights that `point` holds. */
  #scored(
    { epoch, trainingLoss, values, curve, best }: GraphPoint,
    out: Values,
  ): Pick<GraphPoint, "curve" | "best"> {
    const scores = { epoch, trainingLoss, ...this.#scores(out) };
    const isBest = !best || scores.heldOutLoss < best.scores.heldOutLoss;
    return {
      curve: [...curve, scores],
      best: isBest ? { scores, weights: weightsOf(this.shape, values) } : best,
    };
  }

  async release(): Promise<void> {
    await this.#programs.release();
    await this.#inverter.release();
  }

  #about({ gamma }: GraphRun): GcnStep {
    const { shape, propagation } = this;
    return {
      shape,
      propagation,
      labelled: this.#graph.train.length,
      isWeighted: gamma !== undefined,
    };
  }

  /** The inverted factor of the first layer's inputs as of the last look at the curvature up to `epoch`. */
  async #firstFactor(run: GraphRun, epoch: number): Promise<Values> {
    if (!run.kfac || epoch === 0) return {};
    const look = epoch - ((epoch - 1) % run.kfac.every);
    return await this.#curvature.firstFactor(
      this.#about(run),
      run.kfac,
      pseudoWeight(run, look) ?? 0,
    );
  }

  #step(run: GraphRun, epoch: number, values: Values): Promise<Values> {
    const { optimizer, learningRate, kfac } = run;
    const isPreconditioned = kfac !== undefined;
    const key = `step-${optimizer.name}-${optimizer.weightDecay}-${isPreconditioned}`;
    const make = () => gcnStep(this.#about(run), optimizer, { isPreconditioned });
    const rate = scalar(optimizer.stepRate(learningRate, epoch));
    return this.#programs.run(key, make, { ...values, rate });
  }

  #scores({ losses, predicted }: Values): NodeScores {
    const { labels, validation, test } = this.#graph;
    const right = (nodes: Int32Array) =>
      nodes.filter((node) => predicted?.data[node] === labels[node]).length / nodes.length;
    const lossOf = (node: number) => losses?.data[node] ?? Number.NaN;
    return {
      heldOutLoss: validation.reduce((sum, node) => sum + lossOf(node), 0) / validation.length,
      heldOutAccuracy: right(validation),
      testAccuracy: right(test),
    };
  }
}

type NodeScores = Omit<GraphScores, "epoch" | "trainingLoss">;

const pseudoWeight = ({ gamma, epochs }: GraphRun, epoch: number): number | undefined =>
  gamma === undefined ? undefined : (epoch / epochs) ** gamma;

/** Curvature is looked at in this epoch. */
const looksAt = ({ kfac }: GraphRun, epoch: number): boolean =>
  kfac !== undefined && (epoch - 1) % kfac.every === 0;

const weightsOf = (shape: GcnShape, values: Values): ReadonlyMap<string, Float32Array> =>
  new Map(gcnParameters(shape).map(({ name }) => [name, values[name]?.data as Float32Array]));

const diverged = (message: string): DivergenceError =>
  new DivergenceError(message, {
    hint: "Training diverged: lower --learning-rate, or raise --damping.",
  });

/** Glorot's uniform weights (Glorot and Bengio 2010, eq. 16) over zero biases, and zero slots. */
function initialValues(shape: GcnShape, optimizer: Optimizer, random: Random): Values {
  const values = gcnParameters(shape).flatMap(({ name, shape: of }) => {
    const [rows, columns] = of;
    const limit = Math.sqrt(6 / (rows - 1 + columns));
    const weights = Float32Array.from({ length: rows * columns }, (_, i) =>
      i < (rows - 1) * columns ? limit * (2 * random.uniform() - 1) : 0,
    );
    const slots = optimizer.slots.map(
      (slot) => [slotName(slot, name), floats(of, new Float32Array(weights.length))] as const,
    );
    return [[name, floats(of, weights)] as const, ...slots];
  });
  return Object.fromEntries(values);
}
