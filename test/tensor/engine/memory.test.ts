import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import {
  createEngine,
  type TensorFunction,
  type TensorValue,
  tf,
} from "../../../src/tensor/index.ts";
import { floats } from "../compare.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes of the process that are in memory when nothing waits to be collected. */
function residentBytes(): number {
  collectGarbage();
  return process.memoryUsage.rss();
}

const megabyte = 2 ** 20;
const side = 512;
const inputs = { x: floats(side, side), w: floats(side, side) };
const values: Record<string, TensorValue> = {
  x: { ...inputs.x, data: new Float32Array(side * side).fill(1 / side) },
  w: { ...inputs.w, data: new Float32Array(side * side).fill(1) },
};
/** Every run makes a new matrix of one megabyte, which the next one takes. */
const step: TensorFunction = ({ x, w }) => ({
  w: tf.tanh(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D)),
});

describe("the memory of the process", () => {
  test("stays flat over steps that hand their state on", async () => {
    const engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
    const program = await engine.compile("step", step, inputs, { state: { w: "w" } });
    const runSteps = async (count: number): Promise<void> => {
      let state = values;
      for (let i = 0; i < count; i++) state = { ...state, ...(await program.run(state)) };
    };
    await runSteps(50);
    const before = residentBytes();

    await runSteps(300);

    // 300 states would be 300 megabytes.
    expect(residentBytes() - before).toBeLessThan(60 * megabyte);
    await engine.close();
  });

  test("stays flat over programs that are compiled, run and released", async () => {
    const engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
    const runPrograms = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const program = await engine.compile("step", step, inputs);
        await program.run(values);
        await program.release();
      }
    };
    await runPrograms(10);
    const before = residentBytes();

    await runPrograms(100);

    // Every session holds at least the matrices of its run: two megabytes.
    expect(residentBytes() - before).toBeLessThan(40 * megabyte);
    await engine.close();
  });
});
