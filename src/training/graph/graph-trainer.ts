import type { Graph } from "../../datasets/index.ts";
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
import { type Propagation, propagatedFeatures, propagationOf } from "./propagation.ts";

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
  readonly onEpoch?: (scores: GraphScores) => void;
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

  /** Trains from fresh weights under the seed. Throws a DivergenceError when the loss stops being a number. */
  async run(run: GraphRun): Promise<GraphResult> {
    const record = new RunRecord(run);
    const random = seededRandom(run.seed);
    let values = initialValues(this.shape, run.optimizer, random);
    let factors: Values = {};
    for (let epoch = 1; epoch <= run.epochs; epoch++) {
      run.signal?.throwIfAborted();
      const weight = run.gamma === undefined ? undefined : (epoch / run.epochs) ** run.gamma;
      const mask = dropoutMask(random, [this.shape.nodes, this.shape.hidden], run.dropout);
      const read = {
        ...this.#fixed,
        ...values,
        mask,
        ...(weight === undefined ? {} : { weight: scalar(weight) }),
      };
      factors = (await this.#newFactors(run, epoch, read, weight ?? 0)) ?? factors;
      const out = await this.#step(run, epoch, { ...read, ...factors });
      if (epoch > 1) record.scored(this.#scores(out));
      values = Object.fromEntries(Object.keys(values).map((name) => [name, out[name]])) as Values;
      record.trained(epoch, Number(out.loss?.data[0]), values);
    }
    const evaluation = () => gcnEvaluation(this.shape, this.propagation);
    const last = { ...this.#fixed, ...values };
    record.scored(this.#scores(await this.#programs.run("evaluate", evaluation, last)));
    return record.result(this.shape);
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

  async #newFactors(run: GraphRun, epoch: number, values: Values, weight: number) {
    if (!run.kfac || (epoch - 1) % run.kfac.every !== 0) return undefined;
    return await this.#curvature.factors(this.#about(run), run.kfac, values, weight);
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

/** The course of a run. A step scores the weights that it starts from, so an epoch's scores come one step late. */
class RunRecord {
  readonly #run: GraphRun;
  readonly #curve: GraphScores[] = [];
  #last:
    | { readonly epoch: number; readonly trainingLoss: number; readonly values: Values }
    | undefined;
  #best: { readonly scores: GraphScores; readonly values: Values } | undefined;

  constructor(run: GraphRun) {
    this.#run = run;
  }

  trained(epoch: number, trainingLoss: number, values: Values): void {
    if (!Number.isFinite(trainingLoss))
      throw diverged(`The loss became ${trainingLoss} in epoch ${epoch}`);
    this.#last = { epoch, trainingLoss, values };
  }

  scored(found: NodeScores): void {
    if (!this.#last) throw new Error("Scores of no epoch");
    const { epoch, trainingLoss, values } = this.#last;
    const scores = { epoch, trainingLoss, ...found };
    if (!this.#best || scores.heldOutLoss < this.#best.scores.heldOutLoss)
      this.#best = { scores, values };
    this.#curve.push(scores);
    this.#run.onEpoch?.(scores);
  }

  result(shape: GcnShape): GraphResult {
    const best = this.#best;
    if (!best) throw diverged("No epoch has a held-out loss");
    const weights = gcnParameters(shape).map(
      ({ name }) => [name, best.values[name]?.data as Float32Array] as const,
    );
    return { curve: this.#curve, best: best.scores, weights: new Map(weights) };
  }
}

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
