import type { Graph } from "../../datasets/index.ts";
import { tf } from "../../tensor/index.ts";

/** The nonzero entries of A' = D^-1/2 (A + I) D^-1/2, which is symmetric (Kipf and Welling 2017, section 2). */
export interface Propagation {
  readonly nodes: number;
  /** [entries]: row, column and value. */
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float32Array;
}

export function propagationOf({ nodes, edges }: Pick<Graph, "nodes" | "edges">): Propagation {
  const ends = [...edges];
  const other = ends.map((_, i) => ends[i ^ 1] ?? 0);
  const loops = Array.from({ length: nodes }, (_, node) => node);
  const rows = Int32Array.from([...ends, ...loops]);
  const columns = Int32Array.from([...other, ...loops]);
  const degrees = new Float64Array(nodes);
  for (const row of rows) degrees[row] = (degrees[row] ?? 0) + 1;
  const values = Float32Array.from(
    rows,
    (row, i) => 1 / Math.sqrt((degrees[row] ?? 1) * (degrees[columns[i] ?? 0] ?? 1)),
  );
  return { nodes, rows, columns, values };
}

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
