import type { NodeActivation, RecurrentCell } from "../../network/cells/recurrent-cell.ts";
import { reachableNodes, sinksOf, tailsOf } from "../../network/cells/wiring.ts";
import { type TensorFunction, type TensorSpec, tf } from "../../tensor/index.ts";
import { crossEntropy } from "../losses.ts";

/** A language model of one recurrent cell whose word vectors the decoder shares. */
export interface LanguageModel {
  readonly cell: RecurrentCell;
  readonly words: number;
  readonly hiddenSize: number;
}

/** How text is cut up for training: rows read side by side, steps that gradients go back through. */
export interface TextBatch {
  readonly rows: number;
  readonly steps: number;
}

export interface LanguageParameter {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Arrays of the model: word vectors, which the decoder shares, its bias, the matrix of node 0 and one per edge. */
export function languageParameters({
  cell,
  words,
  hiddenSize,
}: LanguageModel): readonly LanguageParameter[] {
  const edges = cell.wiring.edges.map(([tail, head]) => ({
    name: edgeName(tail, head),
    shape: [hiddenSize, 2 * hiddenSize],
  }));
  return [
    { name: "words", shape: [words, hiddenSize] },
    { name: "bias", shape: [words] },
    { name: "start", shape: [2 * hiddenSize, 2 * hiddenSize] },
    ...edges,
  ];
}

const edgeName = (tail: number, head: number): string => `edge-${tail}-${head}`;

/** Masks of a training step (Gal and Ghahramani 2016): one for all steps of a batch, drawn outside (`dropoutMask`). */
export const maskShapes = (
  { words, hiddenSize }: LanguageModel,
  { rows }: TextBatch,
): Readonly<Record<MaskName, readonly number[]>> => ({
  "mask-words": [words, 1],
  "mask-input": [rows, hiddenSize],
  "mask-hidden": [rows, hiddenSize],
  "mask-output": [rows, hiddenSize],
  "mask-cell": [rows, hiddenSize],
});
/** Of whole words, of their vectors, of states that matrices read, of what the decoder reads, and of what node 0 reads of a word. */
export type MaskName = "mask-words" | "mask-input" | "mask-hidden" | "mask-output" | "mask-cell";

type Inputs = Readonly<Record<string, tf.Tensor>>;

function lookUp(inputs: Inputs, name: string): tf.Tensor2D {
  const found = inputs[name];
  if (!found) throw new Error(`No input "${name}"`);
  return found as tf.Tensor2D;
}

/** x * mask where the step has masks. */
function masked(x: tf.Tensor2D, inputs: Inputs, name: MaskName): tf.Tensor2D {
  const mask = inputs[name];
  return mask ? tf.mul<tf.Tensor2D>(x, mask) : x;
}

const activate: { readonly [A in NodeActivation]: (x: tf.Tensor2D) => tf.Tensor2D } = {
  relu: tf.relu,
  sigmoid: tf.sigmoid,
  tanh: tf.tanh,
  identity: (x) => x,
};

/** state + sigmoid(c) (f(u) - state), [c, u] being the halves of `product` [rows, 2 d]. */
function gated(state: tf.Tensor2D, product: tf.Tensor2D, activation: NodeActivation): tf.Tensor2D {
  const [gate, update] = tf.split(product, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
  return tf.add(state, tf.mul(tf.sigmoid(gate), tf.sub(activate[activation](update), state)));
}

const meanOf = (all: readonly tf.Tensor2D[]): tf.Tensor2D =>
  all.length === 1 ? (all[0] as tf.Tensor2D) : tf.div(tf.addN([...all]), all.length);

/**
 * One step of the cell (AutoShrink's release, arXiv 1911.09251): node 0 mixes the word and the state before; along every edge
 * the tail's state is moved towards an activation of itself, as far as a gate lets it; a node is the mean of what comes in, the new
 * state the mean of the nodes that none reads.
 */
function cellStep(
  { wiring, activations }: RecurrentCell,
  inputs: Inputs,
  x: tf.Tensor2D,
  state: tf.Tensor2D,
): tf.Tensor2D {
  const read = masked(x, inputs, "mask-cell");
  const joined = tf.concat2d([read, masked(state, inputs, "mask-hidden")], 1);
  const nodes = new Map<number, tf.Tensor2D>();
  nodes.set(0, gated(state, tf.matMul(joined, lookUp(inputs, "start")), "tanh"));
  for (const node of reachableNodes(wiring)) {
    if (node === 0) continue;
    const incoming = tailsOf(wiring, node).map((tail) => {
      const from = nodes.get(tail) as tf.Tensor2D;
      const matrix = lookUp(inputs, edgeName(tail, node));
      const product = tf.matMul<tf.Tensor2D>(masked(from, inputs, "mask-hidden"), matrix);
      return gated(from, product, activations[node - 1] ?? "identity");
    });
    nodes.set(node, meanOf(incoming));
  }
  return meanOf(sinksOf(wiring).map((node) => nodes.get(node) as tf.Tensor2D));
}

/** Mean cross-entropy of the next words, the state after the last step, and the mean square of how states change from word to word. */
function languageLoss(
  { cell, hiddenSize }: LanguageModel,
  { rows, steps }: TextBatch,
  inputs: Inputs,
): { readonly loss: tf.Scalar; readonly state: tf.Tensor2D; readonly change: tf.Scalar } {
  const vectors = masked(lookUp(inputs, "words"), inputs, "mask-words");
  const read = tf.gather(vectors, tf.reshape(lookUp(inputs, "x"), [-1]) as tf.Tensor1D);
  const words = tf.unstack(tf.reshape(read, [steps, rows, hiddenSize])) as tf.Tensor2D[];
  let state = lookUp(inputs, "state");
  const states: tf.Tensor2D[] = [];
  const outputs = words.map((word) => {
    state = cellStep(cell, inputs, masked(word, inputs, "mask-input"), state);
    states.push(state);
    return masked(state, inputs, "mask-output");
  });
  const all = tf.concat2d(outputs, 0);
  const logits = tf.add(
    tf.matMul(all, lookUp(inputs, "words"), false, true),
    lookUp(inputs, "bias"),
  ) as tf.Tensor2D;
  const next = tf.reshape(lookUp(inputs, "y"), [-1]) as tf.Tensor1D;
  return { loss: crossEntropy(logits, next), state, change: meanChange(states) };
}

function meanChange(states: readonly tf.Tensor2D[]): tf.Scalar {
  if (states.length < 2) return tf.scalar(0);
  const [before, after] = [tf.concat2d(states.slice(0, -1), 0), tf.concat2d(states.slice(1), 0)];
  return tf.mean(tf.square(tf.sub(after, before)));
}

/** What the model says of the word after `x` [1] in state [1, d]: logits [1, words], and the state that follows. */
export function nextWord(
  { cell }: LanguageModel,
  inputs: Inputs,
): { readonly logits: tf.Tensor2D; readonly state: tf.Tensor2D } {
  const vectors = lookUp(inputs, "words");
  const word = tf.gather(vectors, lookUp(inputs, "x") as tf.Tensor as tf.Tensor1D) as tf.Tensor2D;
  const state = cellStep(cell, inputs, word, lookUp(inputs, "state"));
  const scores = tf.matMul<tf.Tensor2D>(state, vectors, false, true);
  return { logits: tf.add(scores, lookUp(inputs, "bias")), state };
}

export interface LanguageProgram {
  readonly fn: TensorFunction;
  readonly inputs: Readonly<Record<string, TensorSpec>>;
}

const floats = (shape: readonly number[]): TensorSpec => ({ shape, dtype: "float32" });

function commonInputs(model: LanguageModel, { rows, steps }: TextBatch) {
  const numbers: TensorSpec = { shape: [steps, rows], dtype: "int32" };
  return {
    x: numbers,
    y: numbers,
    state: floats([rows, model.hiddenSize]),
    ...Object.fromEntries(
      languageParameters(model).map(({ name, shape }) => [name, floats(shape)]),
    ),
  };
}

/** Inputs x and y [steps, rows] of words and those after them, state [rows, d], weights; outputs loss and state. */
export const evaluationStep = (model: LanguageModel, batch: TextBatch): LanguageProgram => ({
  fn: (inputs) => {
    const { loss, state } = languageLoss(model, batch, inputs);
    return { loss, state };
  },
  inputs: commonInputs(model, batch),
});

/**
 * The same with the masks and `rate`; outputs the weights after a step of SGD too, the gradient scaled down to `clip` where its norm
 * over all weights is larger (Pascanu et al. 2013, algorithm 1), `decay` times the weights added to it. What training lowers is the loss, and
 * `temporalPenalty` times the mean square of how states change (Merity et al. 2017, "Revisiting activation regularization", equation 2).
 */
export function trainingStep(
  model: LanguageModel,
  batch: TextBatch,
  {
    clip,
    decay,
    temporalPenalty = 0,
  }: { readonly clip: number; readonly decay: number; readonly temporalPenalty?: number },
): LanguageProgram {
  const names = languageParameters(model).map(({ name }) => name);
  return {
    fn: (inputs) => {
      let state: tf.Tensor2D | undefined;
      let loss: tf.Scalar | undefined;
      const lossOf = (...values: tf.Tensor[]): tf.Scalar => {
        const changed = Object.fromEntries(names.map((name, i) => [name, values[i] as tf.Tensor]));
        const result = languageLoss(model, batch, { ...inputs, ...changed });
        // Outlives the gradient's own scope.
        state = tf.keep(result.state);
        loss = tf.keep(result.loss);
        return temporalPenalty > 0
          ? tf.add(result.loss, tf.mul(result.change, temporalPenalty))
          : result.loss;
      };
      const { grads } = tf.valueAndGrads(lossOf)(names.map((name) => lookUp(inputs, name)));
      const squares = tf.addN(grads.map((gradient) => tf.sum(tf.square(gradient))));
      const scale = tf.minimum(1, tf.div(clip, tf.add(tf.sqrt(squares), 1e-6)));
      const moved = names.map((name, i) => {
        const weights = lookUp(inputs, name);
        const gradient = tf.add(tf.mul(grads[i] as tf.Tensor, scale), tf.mul(weights, decay));
        return [name, tf.sub(weights, tf.mul(gradient, lookUp(inputs, "rate")))] as const;
      });
      return {
        loss: loss as tf.Scalar,
        state: state as tf.Tensor2D,
        ...Object.fromEntries(moved),
      };
    },
    inputs: {
      ...commonInputs(model, batch),
      ...Object.fromEntries(
        Object.entries(maskShapes(model, batch)).map(([name, shape]) => [name, floats(shape)]),
      ),
      rate: floats([]),
    },
  };
}
