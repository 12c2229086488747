import { inverse, Matrix } from "ml-matrix";
import { type Conv2dLayer, windowSize, windowStride } from "../../../src/network/layer.ts";
import type { Network } from "../../../src/network/network.ts";

/** Sizes and values of one convolution, ReLU, mean over positions and a dense layer, in float64. */
export interface ReferenceNet {
  readonly size: number;
  readonly channels: number;
  readonly classes: number;
  readonly conv: Conv2dLayer;
  /** [rows, columns, channels, conv.width], [conv.width], [conv.width, classes], [classes], row-major. */
  readonly kernel: readonly number[];
  readonly bias: readonly number[];
  readonly dense: readonly number[];
  readonly denseBias: readonly number[];
}

export const referenceNetwork = ({
  size,
  channels,
  classes,
  conv,
}: Pick<ReferenceNet, "size" | "channels" | "classes" | "conv">): Network => ({
  name: "reference",
  input: { height: size, width: size, channels },
  layers: [
    conv,
    { kind: "global_pool", name: "pool" },
    { kind: "dense", name: "logits", width: classes, bias: true, activation: "linear" },
  ],
});

type Rows = readonly (readonly number[])[];
const at = (values: ArrayLike<number>, i: number): number => values[i] ?? 0;
const range = (length: number): readonly number[] => [...Array(length).keys()];

/** What every output position of the convolution reads of one image [size, size, channels]; with a 1 where it has a bias. */
function readings({ size, channels, conv }: ReferenceNet, image: readonly number[]): Rows {
  const { padding, bias } = conv;
  const [high, wide] = windowSize(conv);
  const [down, along] = windowStride(conv);
  const span = (k: number, stride: number) => {
    const out = Math.ceil((padding === "same" ? size : size - k + 1) / stride);
    const filled = padding === "same" ? Math.max(0, (out - 1) * stride + k - size) : 0;
    return { out, before: Math.floor(filled / 2) };
  };
  const [rows, columns] = [span(high, down), span(wide, along)];
  const pixel = (y: number, x: number, channel: number) => {
    const isInside = y >= 0 && y < size && x >= 0 && x < size;
    return isInside ? at(image, (y * size + x) * channels + channel) : 0;
  };
  return range(rows.out * columns.out).map((position) => {
    const top = Math.floor(position / columns.out) * down - rows.before;
    const left = (position % columns.out) * along - columns.before;
    const row = range(high * wide * channels).map((i) => {
      const [y, x] = [Math.floor(i / (wide * channels)), Math.floor(i / channels) % wide];
      return pixel(top + y, left + x, i % channels);
    });
    return bias ? [...row, 1] : row;
  });
}

/** Activations of one image, and gradients of its own cross-entropy by both layers' outputs. */
function passes(
  net: ReferenceNet,
  image: readonly number[],
  labelOf: (logits: number[]) => number,
) {
  const { conv, classes } = net;
  const rows = readings(net, image);
  const weights = [...net.kernel, ...(conv.bias ? net.bias : [])];
  const sums = rows.map((row) =>
    range(conv.width).map((o) =>
      row.reduce((sum, a, i) => sum + a * at(weights, i * conv.width + o), 0),
    ),
  );
  const mean = range(conv.width).map(
    (o) => sums.reduce((sum, outputs) => sum + Math.max(0, at(outputs, o)), 0) / rows.length,
  );
  const logits = range(classes).map((c) =>
    mean.reduce((sum, m, o) => sum + m * at(net.dense, o * classes + c), at(net.denseBias, c)),
  );
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  const label = labelOf(logits);
  const byLogits = logits.map((logit, c) => Math.exp(logit) / total - (c === label ? 1 : 0));
  const byMean = range(conv.width).map((o) =>
    byLogits.reduce((sum, d, c) => sum + d * at(net.dense, o * classes + c), 0),
  );
  const byOutputs = sums.map((outputs) =>
    outputs.map((sum, o) => (sum > 0 ? at(byMean, o) / rows.length : 0)),
  );
  return {
    conv: { reads: rows, gives: byOutputs },
    logits: { reads: [[...mean, 1]], gives: [byLogits] },
  };
}

export interface ReferenceLayer {
  readonly inputs: Matrix;
  readonly gradients: Matrix;
  /** Of the mean cross-entropy against the true labels. */
  readonly gradient: Matrix;
}

export interface ReferenceBatch {
  readonly images: Rows;
  readonly labels: readonly number[];
  /** [batch][classes]: labels of the model are the largest of logits plus these. */
  readonly noise: Rows;
}

/** Both layers' Kronecker factors and gradients, summed up one position after the other. */
export function referenceLayers(net: ReferenceNet, { images, labels, noise }: ReferenceBatch) {
  const drawn = images.map((image, i) =>
    passes(net, image, (logits) => {
      const disturbed = logits.map((logit, c) => logit + at(noise[i] ?? [], c));
      return disturbed.indexOf(Math.max(...disturbed));
    }),
  );
  const trained = images.map((image, i) => passes(net, image, () => labels[i] ?? 0));
  const layer = (name: "conv" | "logits"): ReferenceLayer => {
    const meanOf = (one: (example: number, position: number) => Matrix) => {
      const positions = drawn[0]?.[name].reads.length ?? 0;
      const all = range(images.length).flatMap((i) => range(positions).map((t) => one(i, t)));
      const [first, ...rest] = all as [Matrix, ...Matrix[]];
      return rest.reduce((sum, matrix) => sum.add(matrix), first).div(images.length);
    };
    const row = (rows: Rows | undefined, t: number) => Matrix.columnVector([...(rows?.[t] ?? [])]);
    const outer = (a: Matrix, b: Matrix) => a.mmul(b.transpose());
    const reads = (i: number, t: number) => row(drawn[i]?.[name].reads, t);
    const gives = (i: number, t: number) => row(drawn[i]?.[name].gives, t);
    const positions = drawn[0]?.[name].reads.length ?? 1;
    return {
      inputs: meanOf((i, t) => outer(reads(i, t), reads(i, t))),
      gradients: meanOf((i, t) => outer(gives(i, t), gives(i, t))).div(positions),
      gradient: meanOf((i, t) => outer(reads(i, t), row(trained[i]?.[name].gives, t))),
    };
  };
  return { conv: layer("conv"), logits: layer("logits") };
}

/**
 * Solves (V + pi sqrt(lambda) I) kron (U + sqrt(lambda) / pi I) vec(P) = vec(G) as one system, row-major, with pi^2 the ratio
 * of mean diagonals.
 */
export function referenceNatural(
  { inputs, gradients, gradient }: ReferenceLayer,
  lambda: number,
): Matrix {
  const meanDiagonal = (matrix: Matrix) => matrix.trace() / matrix.rows;
  const pi = Math.sqrt(meanDiagonal(inputs) / meanDiagonal(gradients));
  const damped = (matrix: Matrix, by: number) =>
    Matrix.add(matrix, Matrix.eye(matrix.rows, matrix.rows, by));
  const whole = damped(inputs, pi * Math.sqrt(lambda)).kroneckerProduct(
    damped(gradients, Math.sqrt(lambda) / pi),
  );
  const solved = inverse(whole).mmul(Matrix.columnVector(gradient.to1DArray()));
  return Matrix.from1DArray(gradient.rows, gradient.columns, solved.to1DArray());
}
