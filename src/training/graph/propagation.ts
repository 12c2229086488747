import type { Graph } from "../../datasets/index.ts";
import type { Propagation } from "../../network/propagation.ts";
import { tf } from "../../tensor/index.ts";

/** A' x for x [nodes, channels]: entries gathered, weighted and summed by row; A' is never dense. */
export function propagate(propagation: Propagation, x: tf.Tensor2D): tf.Tensor2D {
  const { nodes, rows, columns, values } = propagation;
  const product = (of: tf.Tensor): tf.Tensor => {
    const gathered = tf.gather(of, tf.tensor1d(columns, "int32"));
    const weighted = tf.mul(gathered, tf.tensor2d(values, [values.length, 1]));
    return tf.unsortedSegmentSum(weighted, tf.tensor1d(rows, "int32"), nodes);
  };
  // A' is its own transpose, so the gradient is the same product: no gather of a scatter.
  const symmetric = tf.customGrad((input) => ({
    value: product(input as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => product(dy),
  }));
  return symmetric(x) as tf.Tensor2D;
}

/** A' x for images [batch, nodes, 1, channels]. */
export function propagateImage(propagation: Propagation, x: tf.Tensor4D): tf.Tensor4D {
  const [batch, nodes, , channels] = x.shape;
  if (batch === 1)
    return tf.reshape(propagate(propagation, tf.reshape(x, [nodes, channels])), x.shape);
  const byNode = tf.transpose(tf.reshape(x, [batch, nodes, channels]), [1, 0, 2]);
  const moved = propagate(propagation, tf.reshape(byNode, [nodes, batch * channels]));
  return tf.reshape(tf.transpose(tf.reshape(moved, [nodes, batch, channels]), [1, 0, 2]), x.shape);
}

/** [A' X, 1] with the rows of X scaled to sum 1: [nodes, features + 1] in row-major order. It never changes. */
export function propagatedFeatures(graph: Graph, propagation: Propagation): Float32Array {
  const { features, featureOffsets, featureIndices } = graph;
  const width = features + 1;
  const result = new Float32Array(graph.nodes * width);
  for (const [entry, row] of propagation.rows.entries()) {
    const column = propagation.columns[entry] ?? 0;
    const present = featureIndices.subarray(featureOffsets[column], featureOffsets[column + 1]);
    const share = (propagation.values[entry] ?? 0) / present.length;
    for (const feature of present) {
      const at = row * width + feature;
      result[at] = (result[at] ?? 0) + share;
    }
  }
  for (let node = 0; node < graph.nodes; node++) result[node * width + features] = 1;
  return result;
}
