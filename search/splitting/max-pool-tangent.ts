import type { PoolLayer } from "../../src/network/layer.ts";
import { tf } from "../../src/tensor/index.ts";
import { activateAlong, type Tangent } from "./activation-curvature.ts";

/** Lower than any activation, and finite, so that 0 times it is 0. */
const padding = -3e38;

/**
 * Maximum over windows and its derivative along a direction; an activation that waits stays waiting. The largest of two is
 * b + relu(a - b), so that the maximum is a chain of kinks, each where two entries are equal, and each with the curvature that
 * stands for relu's: splitting a neuron moves the entries of a window apart.
 */
export function maxPoolAlong({ value, along, ...waiting }: Tangent, layer: PoolLayer): Tangent {
  const { size, stride, padding: pad } = layer;
  return {
    value: tf.maxPool(value as tf.Tensor4D, size, stride, pad),
    along: largestAlong(windowEntries(value, layer, padding), windowEntries(along, layer, 0)),
    ...waiting,
  };
}

/** By comparisons between shifted copies: no runtime gathers by window positions. */
function largestAlong(values: readonly tf.Tensor[], alongs: readonly tf.Tensor[]): tf.Tensor {
  let [largest, moved] = [values[0], alongs[0]];
  for (const [i, candidate] of values.entries()) {
    const along = alongs[i];
    if (i === 0 || !largest || !moved || !along) continue;
    const above = { value: tf.sub(candidate, largest), along: tf.sub(along, moved) };
    moved = tf.add(moved, activateAlong("relu", above).along);
    largest = tf.maximum(largest, candidate);
  }
  if (!moved) throw new Error("A pooling window has at least one entry");
  return moved;
}

/** One tensor per window position, row by row: the entry there of every window, [batch, out, out, channels]. */
function windowEntries(x: tf.Tensor, layer: PoolLayer, fill: number): readonly tf.Tensor[] {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const { size, stride } = layer;
  if (size === stride && height % size === 0 && width % size === 0) {
    const none = [0, 0];
    return tf.split(tf.spaceToBatchND(x, [size, size], [none, none]), size * size);
  }
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
