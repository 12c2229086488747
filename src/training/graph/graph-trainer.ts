import type { Graph } from "../../datasets/index.ts";
import { type Random, seededRandom } from "../../random.ts";
import type { Engine, Program, TensorValue } from "../../tensor/index.ts";
import { dropoutMask } from "../dropout.ts";
import type { EpochScores } from "../fit.ts";
import { Inverter, type Square } from "../kfac/inverse.ts";
import { factorScales, type KfacOptions } from "../kfac/kfac.ts";
import type { Optimizer } from "../optimizers.ts";
import { slotName } from "../train-step.ts";
import { DivergenceError } from "../trainer.ts";
import {
  curvatureProgram,
  factorNames,
  featureProducts,
  type GcnShape,
  type GcnStep,
  gcnEvaluation,
  gcnParameters,
  gcnStep,
} from "./gcn.ts";
import { type Propagation, propagatedFeatures, propagationOf } from "./propagation.ts";

export interface GraphRun {
  readonly optimizer: Optimizer;
  readonly learningRate: number;
  readonly epochs: number;
  /** Of hidden units, while training. */
  readonly dropout: number;
  /** The pseudo-label term weighs (epoch / epochs)^gamma; absent: no such term. */
  readonly gamma?: number;
  /** Gradients are natural ones before the optimiser sees them. */
  readonly kfac?: KfacOptions;
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly onEpoch?: (scores: GraphScores) => void;
}

export interface GraphScores extends EpochScores {
  readonly testAccuracy: number;
}

export interface GraphResult {
  readonly curve: readonly GraphScores[];
  /** Scores of the epoch of least held-out loss, whose weights these are. */
  readonly best: GraphScores;
  readonly weights: ReadonlyMap<string, Float32Array>;
}

type Values = Readonly<Record<string, TensorValue>>;
type Curvature = (name: string, size: number) => Square;

const floats = (shape: readonly number[], data: Float32Array): TensorValue => ({
  shape,
  dtype: "float32",
  data,
});
const scalar = (value: number): TensorValue => floats([], Float32Array.of(value));

/** Trains graph networks on one graph, all nodes at once; what does not depend on a run is computed once. Close with `release`. */
export class GraphTrainer {
  readonly shape: GcnShape;
  readonly #engine: Engine;
  readonly #graph: Graph;
  readonly #propagation: Propagation;
  readonly #x: TensorValue;
  readonly #target: TensorValue;
  readonly #y: TensorValue;
  readonly #inverter: Inverter;
  readonly #programs = new Map<string, Promise<Program>>();
  /** Inverses of the first layer's damped input factor, by scale and damping: its inputs never change. */
  readonly #featureInverses = new Map<string, Promise<Square>>();

  constructor(engine: Engine, graph: Graph, { hidden = 16 } = {}) {
    const { nodes, features, classes } = graph;
    this.shape = { nodes, features, hidden, classes };
    this.#engine = engine;
    this.#graph = graph;
    this.#propagation = propagationOf(graph);
    this.#inverter = new Inverter(engine);
    this.#x = floats([nodes, features + 1], propagatedFeatures(graph, this.#propagation));
    const target = new Float32Array(nodes * classes);
    for (const node of graph.train) target[node * classes + (graph.labels[node] ?? 0)] = 1;
    this.#target = floats([nodes, classes], target);
    const y = graph.labels.map((label) => Math.max(0, label));
    this.#y = { shape: [nodes], dtype: "int32", data: y };
  }

  /** Trains from fresh weights under the seed. Throws a DivergenceError when the loss stops being a number. */
  async run(run: GraphRun): Promise<GraphResult> {
    const { optimizer, kfac, epochs, gamma, signal } = run;
    const step: GcnStep = {
      shape: this.shape,
      propagation: this.#propagation,
      labelled: this.#graph.train.length,
      isWeighted: gamma !== undefined,
    };
    const isPreconditioned = kfac !== undefined;
    const key = `step-${optimizer.name}-${optimizer.weightDecay}-${isPreconditioned}-${step.isWeighted}`;
    const program = await this.#program(key, () => gcnStep(step, optimizer, { isPreconditioned }));
    const random = seededRandom(run.seed);
    let values = initialValues(this.shape, optimizer, random);
    let factors: Values = {};
    const curve: GraphScores[] = [];
    let best: { scores: GraphScores; values: Values } | undefined;
    for (let epoch = 1; epoch <= epochs; epoch++) {
      signal?.throwIfAborted();
      const weight = gamma === undefined ? 0 : (epoch / epochs) ** gamma;
      const common: Values = {
        x: this.#x,
        target: this.#target,
        mask: dropoutMask(random, [this.shape.nodes, this.shape.hidden], run.dropout),
        ...(step.isWeighted ? { weight: scalar(weight) } : {}),
      };
      if (kfac && (epoch - 1) % kfac.every === 0)
        factors = await this.#factors(step, kfac, { ...common, ...values }, weight);
      const rate = scalar(optimizer.stepRate(run.learningRate, epoch));
      const out = await program.run({ ...common, ...values, ...factors, rate });
      values = Object.fromEntries(Object.keys(values).map((name) => [name, out[name]])) as Values;
      const trainingLoss = Number(out.loss?.data[0]);
      if (!Number.isFinite(trainingLoss))
        throw new DivergenceError(`The loss became ${trainingLoss} in epoch ${epoch}`, {
          hint: "Training diverged: lower --learning-rate, or raise --damping.",
        });
      const scores = { epoch, trainingLoss, ...(await this.#evaluate(values)) };
      if (!best || scores.heldOutLoss < best.scores.heldOutLoss) best = { scores, values };
      curve.push(scores);
      run.onEpoch?.(scores);
    }
    if (!best) throw new Error("A graph run needs an epoch");
    const weights = gcnParameters(this.shape).map(
      ({ name }) => [name, best?.values[name]?.data as Float32Array] as const,
    );
    return { curve, best: best.scores, weights: new Map(weights) };
  }

  async release(): Promise<void> {
    for (const program of this.#programs.values()) await (await program).release();
    this.#programs.clear();
    await this.#inverter.release();
  }

  #program(key: string, make: () => ReturnType<typeof gcnStep>): Promise<Program> {
    const known = this.#programs.get(key);
    if (known) return known;
    const { fn, inputs } = make();
    const compiled = this.#engine.compile(`gcn-${key}`, fn, inputs);
    this.#programs.set(key, compiled);
    return compiled;
  }

  /** Damped inverses of all Kronecker factors at these weights. */
  async #factors(
    step: GcnStep,
    kfac: KfacOptions,
    values: Values,
    weight: number,
  ): Promise<Values> {
    const { nodes, features, hidden, classes } = this.shape;
    const key = `curvature-${step.isWeighted}`;
    const program = await this.#program(key, () => curvatureProgram(step));
    const { layer1, layer2, x, mask, target } = values as Record<string, TensorValue>;
    const asked = { layer1, layer2, x, mask, target, ...pick(values, "weight") } as Values;
    const out = await program.run(asked);
    const found: Curvature = (name, size) => ({ size, data: out[name]?.data as Float32Array });
    const counted = step.labelled + weight * (nodes - step.labelled);
    const scales = (width: number) => factorScales(kfac, { rows: nodes, counted, width });
    const damping = Math.sqrt(kfac.damping);
    const inverse = (matrix: Square, scale: number) =>
      this.#inverter.invert(matrix, { scale, damping });
    const [usesInputs, usesGradients] = [kfac.factors !== "gradients", kfac.factors !== "inputs"];
    const head =
      kfac.head === "exact"
        ? inverse(found("fisher2", classes), 1)
        : inverse(found("gradients2", classes), scales(classes).gradients);
    const [first, second] = [factorNames("layer1"), factorNames("layer2")];
    return {
      [first.inputs]: square(
        usesInputs
          ? await this.#featureInverse(scales(hidden).inputs, damping)
          : identity(features + 1),
      ),
      [first.gradients]: square(
        usesGradients
          ? await inverse(found("gradients1", hidden), scales(hidden).gradients)
          : identity(hidden),
      ),
      [second.inputs]: square(
        usesInputs
          ? await inverse(found("inputs2", hidden + 1), scales(classes).inputs)
          : identity(hidden + 1),
      ),
      [second.gradients]: square(usesGradients ? await head : identity(classes)),
    };
  }

  #featureInverse(scale: number, damping: number): Promise<Square> {
    const key = `${scale} ${damping}`;
    const known = this.#featureInverses.get(key);
    if (known) return known;
    const compute = async (): Promise<Square> => {
      const program = await this.#program("features", () => featureProducts(this.shape));
      const { products } = await program.run({ x: this.#x });
      const size = this.shape.features + 1;
      return this.#inverter.invert(
        { size, data: products?.data as Float32Array },
        { scale, damping },
      );
    };
    const inverse = compute();
    this.#featureInverses.set(key, inverse);
    return inverse;
  }

  async #evaluate(values: Values) {
    const program = await this.#program("evaluate", () =>
      gcnEvaluation(this.shape, this.#propagation),
    );
    const { layer1, layer2 } = values as Record<string, TensorValue>;
    const out = await program.run({ x: this.#x, y: this.#y, layer1, layer2 } as Values);
    const losses = out.losses?.data ?? [];
    const predicted = out.predicted?.data ?? [];
    const { labels, validation, test } = this.#graph;
    const right = (nodes: Int32Array) =>
      nodes.filter((node) => predicted[node] === labels[node]).length / nodes.length;
    const heldOutLoss =
      validation.reduce((sum, node) => sum + (losses[node] ?? Number.NaN), 0) / validation.length;
    return { heldOutLoss, heldOutAccuracy: right(validation), testAccuracy: right(test) };
  }
}

const square = ({ size, data }: Square): TensorValue => floats([size, size], data);

const identity = (size: number): Square => ({
  size,
  data: Float32Array.from({ length: size ** 2 }, (_, i) => (i % (size + 1) === 0 ? 1 : 0)),
});

const pick = (values: Values, name: string): Values => {
  const value = values[name];
  return value ? { [name]: value } : {};
};

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
