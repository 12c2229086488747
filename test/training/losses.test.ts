import { expect, test } from "vitest";
import { createEngine, type tf } from "../../src/tensor/index.ts";
import { smoothedCrossEntropy } from "../../src/training/losses.ts";

/** Szegedy et al. 2016, section 7, in float64: -sum over k of ((1 - s) [k = label] + s / K) log p(k). */
function smoothedInFloat64(rows: readonly number[][], labels: readonly number[], s: number) {
  const losses = rows.map((row, i) => {
    const top = Math.max(...row);
    const total = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - top), 0)) + top;
    return row.reduce((loss, logit, k) => {
      const weight = (k === labels[i] ? 1 - s : 0) + s / row.length;
      return loss - weight * (logit - total);
    }, 0);
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / rows.length;
}

test.each([0, 0.1, 0.5])(
  "labels smoothed by %d cost what the definition says",
  async (smoothing) => {
    const rows = [
      [2, -1, 0.5, 3],
      [-4, 0, 1, 1],
      [30, -30, 0, 2],
    ];
    const labels = [3, 0, 1];
    const engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
    const program = await engine.compile(
      "loss",
      ({ x, y }) => ({ loss: smoothedCrossEntropy(x as tf.Tensor2D, y as tf.Tensor1D, smoothing) }),
      { x: { shape: [3, 4], dtype: "float32" }, y: { shape: [3], dtype: "int32" } },
    );

    const { loss } = await program.run({
      x: { shape: [3, 4], dtype: "float32", data: Float32Array.from(rows.flat()) },
      y: { shape: [3], dtype: "int32", data: Int32Array.from(labels) },
    });
    await engine.close();

    expect(loss?.data[0]).toBeCloseTo(smoothedInFloat64(rows, labels, smoothing), 4);
  },
);
