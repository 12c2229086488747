import { describe, expect, test } from "vitest";
import { UserError } from "../../../src/errors.ts";
import { eagerEngine } from "../../../src/tensor/engine/eager-engine.ts";
import {
  type BackendName,
  createEngine,
  type TensorFunction,
  type TensorValue,
  tf,
} from "../../../src/tensor/index.ts";
import { floats } from "../compare.ts";

const x = floats(3);
const value = (...data: number[]): TensorValue => ({ ...x, data: Float32Array.from(data) });
const double: TensorFunction = ({ x }) => ({
  x: tf.mul(x as tf.Tensor, 2),
  total: tf.sum(x as tf.Tensor),
});

async function failure(work: Promise<unknown>): Promise<UserError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe.each(["onnx-cpu", "tfjs-cpu"] as const)("the engine %s", (backend) => {
  test("runs a compiled function, whose results may have names of inputs", async () => {
    const engine = await createEngine({ backend, threads: 1 });
    const program = await engine.compile("double", double, { x });

    const result = await program.run({ x: value(1, 2, 3) });

    expect(engine.backend).toBe(backend);
    expect(result).toEqual({
      x: value(2, 4, 6),
      total: { shape: [], dtype: "float32", data: Float32Array.of(6) },
    });
    await engine.close();
  });

  test.each([5, 16])("hands images of %i channels from program to program", async (channels) => {
    const engine = await createEngine({ backend, threads: 1 });
    const specs = {
      x: floats(2, 6, 6, 3),
      first: floats(3, 3, 3, channels),
      shift: floats(channels),
      second: floats(1, 1, channels, 4),
    };
    const data = Object.fromEntries(
      Object.entries(specs).map(([name, spec]): [string, TensorValue] => {
        const size = spec.shape.reduce((product, length) => product * length, 1);
        return [
          name,
          { ...spec, data: Float32Array.from({ length: size }, (_, i) => Math.sin(i)) },
        ];
      }),
    );
    const one: TensorFunction = ({ x, first, shift }) => ({
      image: tf.relu(
        tf.add(tf.conv2d(x as tf.Tensor4D, first as tf.Tensor4D, 1, "same"), shift as tf.Tensor),
      ),
    });
    const other: TensorFunction = ({ image, second }) => ({
      result: tf.conv2d(image as tf.Tensor4D, second as tf.Tensor4D, 1, "same"),
    });
    const { second, ...read } = specs;
    const state = { first: "first", shift: "shift" };
    const handedOn = ["image"];
    const parts = [
      await engine.compile("one", one, read, { state, handedOn }),
      await engine.compile(
        "other",
        other,
        { image: floats(2, 6, 6, channels), second },
        { handedOn },
      ),
    ] as const;
    const whole = await engine.compile(
      "whole",
      (inputs) => other({ ...inputs, ...one(inputs) }),
      specs,
    );

    const { image } = await parts[0].run(data);
    const { result } = await parts[1].run({ ...data, image: image as TensorValue });

    const expected = (await whole.run(data)).result;
    expect(image?.shape).toEqual([2, 6, 6, channels]);
    expect(result?.data).toEqual(expected?.data);
    await engine.close();
  });

  test("takes results back as inputs", async () => {
    const engine = await createEngine({ backend, threads: 1 });
    const program = await engine.compile("double", double, { x });

    let values: Record<string, TensorValue> = { x: value(1, 2, 3) };
    for (let i = 0; i < 5; i++) values = await program.run(values);

    expect(Array.from(values.x?.data ?? [])).toEqual([32, 64, 96]);
    await engine.close();
  });

  test("refuses missing inputs and inputs of another shape or type by name", async () => {
    const engine = await createEngine({ backend, threads: 1 });
    const program = await engine.compile("double", double, { x });

    await expect(program.run({})).rejects.toThrow('without input "x"');
    await expect(program.run({ x: { ...floats(2), data: Float32Array.of(1, 2) } })).rejects.toThrow(
      'Input "x" of program "double" is float32[2] with 2 values, expected float32[3]',
    );
    await engine.close();
  });

  test("keeps truth values and integers as they are", async () => {
    const engine = await createEngine({ backend, threads: 1 });
    const program = await engine.compile(
      "types",
      ({ x }) => ({ positive: tf.greater(x as tf.Tensor, 0), best: tf.argMax(x as tf.Tensor) }),
      { x },
    );

    const { positive, best } = await program.run({ x: value(-1, 5, 2) });

    expect(positive).toEqual({ shape: [3], dtype: "bool", data: Uint8Array.of(0, 1, 1) });
    expect(best).toEqual({ shape: [], dtype: "int32", data: Int32Array.of(1) });
    await engine.close();
  });

  test("leaves no tensors behind", async () => {
    const engine = await createEngine({ backend, threads: 1 });
    const program = await engine.compile(
      "kept",
      ({ x }) => {
        const { grad } = tf.valueAndGrad((v: tf.Tensor) => tf.sum(tf.exp(v)) as tf.Scalar)(
          x as tf.Tensor,
        );
        return { grad, same: grad };
      },
      { x },
    );
    const before = tf.memory().numTensors;

    await program.run({ x: value(1, 2, 3) });

    expect(tf.memory().numTensors).toBe(before);
    await engine.close();
  });
});

describe("createEngine", () => {
  test("chooses a provider of ONNX Runtime by itself", async () => {
    const engine = await createEngine();

    expect(["onnx-cpu", "onnx-cuda"]).toContain(engine.backend);
    await engine.close();
  });

  test("names the known backends when given an unknown one", async () => {
    const error = await failure(createEngine({ backend: "onnx-gpu" as BackendName }));

    expect(error.message).toBe('No backend "onnx-gpu"');
    expect(error.hint).toContain("onnx-cpu");
    expect(error.exit).toBe("usage");
  });

  test("says what to install for a backend whose package is missing", async () => {
    const error = await failure(eagerEngine("tfjs-node-gpu", "20.20.0"));

    expect(error.hint).toContain("npm install @tensorflow/tfjs-node-gpu");
    expect(error.exit).toBe("unavailable");
  });

  test("says that tfjs-node does not run on Node 23 and later", async () => {
    const error = await failure(eagerEngine("tfjs-node", "23.1.0"));

    expect(error.message).toContain("Node 23.1.0");
    expect(error.exit).toBe("unavailable");
  });

  test("reports what was compiled and how long that took", async () => {
    const engine = await createEngine({ backend: "onnx-cpu" });

    const program = await engine.compile("double", double, { x });

    expect(program.nodes).toBe(2);
    expect(program.traceMs).toBeGreaterThan(0);
    expect(program.sessionMs).toBeGreaterThan(0);
    await engine.close();
  });

  test("the same inputs give the same bits in every run on two threads", async () => {
    const inputs = { a: floats(64, 16, 16, 8), w: floats(3, 3, 8, 16) };
    const fn: TensorFunction = ({ a, w }) => ({
      g: tf.grad((v: tf.Tensor) =>
        tf.sum(tf.relu(tf.conv2d(a as tf.Tensor4D, v as tf.Tensor4D, 1, "same"))),
      )(w as tf.Tensor),
    });
    const data = (size: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(i));
    const values = {
      a: { ...inputs.a, data: data(64 * 16 * 16 * 8) },
      w: { ...inputs.w, data: data(9 * 8 * 16) },
    };

    const results = [];
    for (const threads of [2, 2]) {
      const engine = await createEngine({ backend: "onnx-cpu", threads });
      const program = await engine.compile("gradient", fn, inputs);
      results.push((await program.run(values)).g?.data);
      await engine.close();
    }

    expect(results[0]).toEqual(results[1]);
  });
});
