import type { Graph } from "../../datasets/index.ts";
import type { Propagation } from "../../network/propagation.ts";
import { type TracedGraph, tf, traceGraph } from "../../tensor/index.ts";
import { type GcnShape, gcnParameters } from "./gcn.ts";
import { propagate } from "./propagation.ts";

/**
 * The network as an ONNX graph with the graph inside: input "features" [nodes, features], rows of sum 1
 * (`scaledFeatures`), output "logits" [nodes, classes].
 */
export function exportGcn(
  shape: GcnShape,
  propagation: Propagation,
  weights: ReadonlyMap<string, Float32Array>,
): TracedGraph {
  const layers = gcnParameters(shape).map(({ name, shape: [rows, columns] }) => {
    const data = weights.get(name);
    if (!data) throw new Error(`No weights "${name}"`);
    const bias = (rows - 1) * columns;
    return (x: tf.Tensor2D): tf.Tensor2D => {
      const kernel = tf.tensor2d(data.subarray(0, bias), [rows - 1, columns]);
      // A'(X W) is (A'X) W with fewer columns to propagate.
      const sum = propagate(propagation, tf.matMul(x, kernel));
      return tf.add(sum, tf.tensor1d(data.subarray(bias))) as tf.Tensor2D;
    };
  });
  const [first, second] = layers as [(typeof layers)[number], (typeof layers)[number]];
  const inputs = { features: { shape: [shape.nodes, shape.features], dtype: "float32" } } as const;
  return traceGraph(
    "gcn",
    ({ features }) => ({ logits: second(tf.relu(first(features as tf.Tensor2D))) }),
    inputs,
  );
}

/** [nodes, features] with rows scaled to sum 1, or 0 where a node has no feature. */
export function scaledFeatures({
  nodes,
  features,
  featureOffsets,
  featureIndices,
}: Graph): Float32Array {
  const x = new Float32Array(nodes * features);
  for (let node = 0; node < nodes; node++) {
    const present = featureIndices.subarray(featureOffsets[node], featureOffsets[node + 1]);
    for (const feature of present) x[node * features + feature] = 1 / present.length;
  }
  return x;
}
