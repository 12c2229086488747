import type { PoolLayer } from "../../src/network/layer.ts";
import { tf } from "../../src/tensor/index.ts";
import type { Tangent } from "./activation-curvature.ts";

/** Lower than any activation, and finite, so that 0 times it is 0. */
const padding = -3e38;

/**
 * Maximum over windows and the derivative at the position of the maximum (the first one of equals).
 * The derivative is linear in `along`, and its adjoint is the gradient kernel of max pooling itself.
 */
export function maxPoolAlong({ value, along }: Tangent, layer: PoolLayer): Tangent {
  const { size, stride, padding: pad } = layer;
  const pooled = tf.maxPool(value as tf.Tensor4D, size, stride, pad);
  const choose = tf.customGrad((da, save) => {
    (save as tf.GradSaveFunc)([value, pooled]);
    return {
      value: derivativeAtMaximum(value, da as tf.Tensor, layer),
      gradFunc: (dy: tf.Tensor, [input, output]: tf.Tensor[]) =>
        tf
          .engine()
          .runKernel(
            tf.MaxPoolGrad,
            { dy, input: input as tf.Tensor, output: output as tf.Tensor },
            { filterSize: size, strides: stride, pad },
          ) as tf.Tensor,
    };
  });
  return { value: pooled, along: choose(along) };
}

/** By selections between shifted copies: no runtime gathers by window positions. */
function derivativeAtMaximum(value: tf.Tensor, along: tf.Tensor, layer: PoolLayer): tf.Tensor {
  const derivatives = windowEntries(along, layer, 0);
  const [first, ...others] = windowEntries(value, layer, padding);
  let best = first;
  let chosen = derivatives[0];
  for (const [i, candidate] of others.entries()) {
    const derivative = derivatives[i + 1];
    if (!best || !chosen || !derivative) break;
    const isHigher = tf.greater(candidate, best);
    best = tf.where(isHigher, candidate, best);
    chosen = tf.where(isHigher, derivative, chosen);
  }
  if (!chosen) throw new Error("A pooling window has at least one entry");
  return chosen;
}

/** One tensor per window position, row by row: the entry there of every window, [batch, out, out, channels]. */
function windowEntries(x: tf.Tensor, layer: PoolLayer, fill: number): readonly tf.Tensor[] {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const rows = span(height, layer);
  const columns = span(width, layer);
  const padded = tf.pad(
    x,
    [
      [0, 0],
      [rows.before, rows.after],
      [columns.before, columns.after],
      [0, 0],
    ],
    fill,
  );
  const { size, stride } = layer;
  return Array.from({ length: size * size }, (_, i) => {
    const from = [0, Math.floor(i / size), i % size, 0];
    const reach = tf.slice(padded, from, [
      batch,
      rows.out * stride,
      columns.out * stride,
      channels,
    ]);
    if (stride === 1) return reach;
    const cells = tf.reshape(reach, [batch * rows.out, stride, columns.out, stride * channels]);
    const corner = tf.slice(cells, [0, 0, 0, 0], [batch * rows.out, 1, columns.out, channels]);
    return tf.reshape(corner, [batch, rows.out, columns.out, channels]);
  });
}

interface Span {
  readonly out: number;
  readonly before: number;
  /** Reaches a full stride after the last window's last entry. */
  readonly after: number;
}

function span(length: number, { size, stride, padding: rule }: PoolLayer): Span {
  const same = rule === "same";
  const out = Math.ceil((same ? length : length - size + 1) / stride);
  const missing = Math.max((out - 1) * stride + size - length, 0);
  const before = same ? Math.floor(missing / 2) : 0;
  return { out, before, after: Math.max(size - 1 + out * stride - length - before, 0) };
}
