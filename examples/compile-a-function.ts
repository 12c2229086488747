/**
 * Fits a line by gradient descent: one step, written in TensorFlow.js operations, becomes one ONNX graph.
 * Run: node --import tsx --conditions=wattsplit-source examples/compile-a-function.ts
 */
import {
  createEngine,
  type TensorFunction,
  type TensorSpec,
  type TensorValue,
  tf,
} from "wattsplit";

const points = 64;
const column: TensorSpec = { shape: [points], dtype: "float32" };
const number: TensorSpec = { shape: [], dtype: "float32" };

/** Mean squared error of y = slope x + shift, and both numbers one step further down. */
const step: TensorFunction = ({ x, y, slope, shift }) => {
  const errorOf = (...line: tf.Tensor[]): tf.Scalar => {
    const [a, b] = line as [tf.Tensor, tf.Tensor];
    return tf.mean(tf.square(tf.sub(tf.add(tf.mul(x as tf.Tensor, a), b), y as tf.Tensor)));
  };
  const line = [slope, shift] as tf.Tensor[];
  const { value, grads } = tf.valueAndGrads(errorOf)(line);
  const [a, b] = line.map((old, i) => tf.sub(old, tf.mul(grads[i] as tf.Tensor, 0.5)));
  return { error: value, slope: a as tf.Tensor, shift: b as tf.Tensor };
};

const engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
const inputs = { x: column, y: column, slope: number, shift: number };
const program = await engine.compile("line", step, inputs, {
  state: { slope: "slope", shift: "shift" },
});
const x = Float32Array.from({ length: points }, (_, i) => i / points);
const zero: TensorValue = { ...number, data: Float32Array.of(0) };
let values: Record<string, TensorValue> = {
  x: { ...column, data: x },
  y: { ...column, data: x.map((at) => 2 * at - 1) },
  slope: zero,
  shift: zero,
};
for (let i = 0; i < 200; i++) values = { ...values, ...(await program.run(values)) };
await engine.close();

const [slope, shift] = ["slope", "shift"].map((name) => Number(values[name]?.data[0]).toFixed(2));
console.log(`y = ${slope} x + ${shift}, found in 200 runs of one graph of ${program.nodes} nodes`);
