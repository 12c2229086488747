import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { createEngine } from "../../src/index.ts";

/** What a host could see of this library in its own tfjs. */
const visible = () => ({
  backends: Object.keys(tf.engine().registryFactory),
  averagePool: tf.getGradient(tf.AvgPool),
  production: tf.env().getBool("PROD"),
});

test("importing the library leaves a host's tfjs as it is", () => {
  expect(visible()).toEqual({ backends: [], averagePool: undefined, production: false });
});

test("compiling a function leaves a host's backend, flags and gradients as they are", async () => {
  const engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
  const x = { shape: [2], dtype: "float32" } as const;
  const compile = () =>
    engine.compile("twice", ({ x }) => ({ y: tf.mul(x as tf.Tensor, 2) }), { x });
  await (await compile()).release();
  const [before, backend] = [visible(), tf.getBackend()];

  await compile();

  expect(visible()).toEqual(before);
  expect(tf.getBackend()).toBe(backend);
  expect(before.production).toBe(false);
  await engine.close();
});
