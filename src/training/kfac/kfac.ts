import { tf } from "../../tensor/index.ts";

/**
 * How a layer's Fisher block is made of the Kronecker factors V of its inputs and U of its output's gradients.
 * `code` is what the graph paper's released code does; `statistical` is what a mean loss asks for.
 */
export interface KfacOptions {
  /** sqrt(damping) is added to the diagonals of V and U. */
  readonly damping: number;
  /** Steps between two looks at the curvature. */
  readonly every: number;
  /**
   * - `code`: V sums over all rows but is divided by the examples the loss counts; gradients are multiplied by the layer's width
   * - `statistical`: V is a mean over its rows; gradients are those of single examples
   */
  readonly scaling: "code" | "statistical";
  /** Of the last layer: from gradients, or softmax's own Fisher, mean of diag(p) - p p'. */
  readonly head: "empirical" | "exact";
  /** Which factors precondition; for ablations one alone, of the other only the damping. */
  readonly factors: "both" | "inputs" | "gradients";
}

export const kfacDefaults: KfacOptions = {
  damping: 0.01,
  every: 50,
  scaling: "code",
  head: "empirical",
  factors: "both",
};

/** What sums of outer products are multiplied by to become V and U. */
export function factorScales(
  { scaling }: Pick<KfacOptions, "scaling">,
  {
    rows,
    counted,
    width,
  }: { readonly rows: number; readonly counted: number; readonly width: number },
): { readonly inputs: number; readonly gradients: number } {
  return scaling === "code"
    ? { inputs: 1 / counted, gradients: width ** 2 / counted }
    : { inputs: 1 / rows, gradients: counted };
}

/** Sum of outer products of the rows of x [rows, width]: [width, width]. */
export const outerSum = (x: tf.Tensor2D): tf.Tensor2D => tf.matMul(x, x, true);

/** Softmax's Fisher block, exactly: mean over rows of diag(p) - p p' for p [rows, classes]. */
export function softmaxFisher(probabilities: tf.Tensor2D): tf.Tensor2D {
  const [rows, classes] = probabilities.shape;
  const centre = tf.mul(tf.eye(classes), tf.sum(probabilities, 0));
  return tf.div(tf.sub(centre, outerSum(probabilities)), rows);
}

/** V^-1 G U^-1 for a gradient G [inputs + 1, width] whose last row is the bias's (Martens and Grosse 2015, section 3). */
export const preconditioned = (
  gradient: tf.Tensor2D,
  inputs: tf.Tensor2D,
  gradients: tf.Tensor2D,
): tf.Tensor2D => tf.matMul(tf.matMul(inputs, gradient), gradients);

/** Names of a layer's factors, or of their inverses, among inputs and outputs. */
export const factorNames = (layer: string) =>
  ({ inputs: `${layer}/inputs`, gradients: `${layer}/gradients` }) as const;

/** K-FAC of a network's dense and conv layers. */
export interface LayerKfacOptions {
  /** lambda: sqrt(lambda) is added to both factors, shared out between them by their traces. */
  readonly damping: number;
  /** Steps between two looks at the curvature; every epoch starts with one. */
  readonly every: number;
  /** Share of the factors' running averages that a look keeps, at most. */
  readonly keep: number;
  /** Divergence between the predictions before and after a step, at most. */
  readonly trust: number;
}
