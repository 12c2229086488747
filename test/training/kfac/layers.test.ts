import { Matrix } from "ml-matrix";
import { afterAll, describe, expect, test } from "vitest";
import { initialWeights } from "../../../src/network/initial-weights.ts";
import {
  type Conv2dLayer,
  type Window,
  windowArea,
  windowSize,
} from "../../../src/network/layer.ts";
import type { Network } from "../../../src/network/network.ts";
import { parametersOf } from "../../../src/network/parameters.ts";
import { seededRandom } from "../../../src/random.ts";
import { createEngine, type TensorValue } from "../../../src/tensor/index.ts";
import { CurvatureWatch } from "../../../src/training/kfac/curvature.ts";
import { kfac } from "../../../src/training/optimizers.ts";
import { slotName, trainStep } from "../../../src/training/train-step.ts";
import {
  type ReferenceNet,
  referenceLayers,
  referenceNatural,
  referenceNetwork,
} from "./reference.ts";

const engines = {
  "onnx-cpu": await createEngine({ backend: "onnx-cpu", threads: 1 }),
  "tfjs-cpu": await createEngine({ backend: "tfjs-cpu" }),
};
afterAll(async () => {
  for (const engine of Object.values(engines)) await engine.close();
});

const conv = (given: Window & Pick<Conv2dLayer, "padding" | "bias">) =>
  ({
    kind: "conv2d",
    name: "conv",
    width: 3,
    batchNorm: false,
    activation: "relu",
    ...given,
  }) as const;

const convolutions: readonly [string, Conv2dLayer][] = [
  ["3x3 at stride 1", conv({ kernelSize: 3, stride: 1, padding: "same", bias: true })],
  ["3x3 at stride 2", conv({ kernelSize: 3, stride: 2, padding: "same", bias: true })],
  [
    "2x2 without padding or bias",
    conv({ kernelSize: 2, stride: 1, padding: "valid", bias: false }),
  ],
  [
    "4x1 at stride 1x2",
    conv({ kernelSize: 4, kernelWidth: 1, stride: 1, strideWidth: 2, padding: "same", bias: true }),
  ],
  ["1x1", conv({ kernelSize: 1, stride: 1, padding: "same", bias: true })],
  ["1x1 at stride 2", conv({ kernelSize: 1, stride: 2, padding: "same", bias: false })],
];

const [batch, classes, size, channels] = [6, 4, 5, 2];

function drawn(layer: Conv2dLayer) {
  const random = seededRandom(7);
  const normals = (length: number) =>
    Array.from({ length }, () => Math.fround(0.5 * random.normal()));
  const net: ReferenceNet = {
    size,
    channels,
    classes,
    conv: layer,
    kernel: normals(windowArea(layer) * channels * layer.width),
    bias: normals(layer.width),
    dense: normals(layer.width * classes),
    denseBias: normals(classes),
  };
  const images = Array.from({ length: batch }, () => normals(size * size * channels));
  const labels = Array.from({ length: batch }, () => random.below(classes));
  // As the code draws it, row by row.
  const own = seededRandom(3);
  const noise = Array.from({ length: batch }, () =>
    Array.from({ length: classes }, () => -Math.log(-Math.log(1 - own.uniform()))),
  );
  return { net, images, labels, noise };
}

const floats = (shape: readonly number[], data: readonly number[]): TensorValue => ({
  shape,
  dtype: "float32",
  data: Float32Array.from(data),
});

function valuesOf({ net, images, labels }: ReturnType<typeof drawn>): Record<string, TensorValue> {
  const { width, bias } = net.conv;
  return {
    x: floats([batch, size, size, channels], images.flat()),
    y: { shape: [batch], dtype: "int32", data: Int32Array.from(labels) },
    "conv/kernel": floats([...windowSize(net.conv), channels, width], net.kernel),
    ...(bias ? { "conv/bias": floats([width], net.bias) } : {}),
    "logits/kernel": floats([width, classes], net.dense),
    "logits/bias": floats([classes], net.denseBias),
  };
}

/** Within `digits` of the largest entry. */
function expectNear(found: ArrayLike<number> | undefined, expected: Matrix, digits = 5): void {
  const entries = expected.to1DArray();
  const largest = Math.max(...entries.map(Math.abs));
  expect(found).toHaveLength(entries.length);
  for (const [i, entry] of entries.entries())
    expect((found?.[i] ?? Number.NaN) / largest).toBeCloseTo(entry / largest, digits);
}

describe.each(Object.entries(engines))("on %s", (_, engine) => {
  describe.each(convolutions)("for a convolution of %s before a dense layer", (__, layer) => {
    const given = drawn(layer);
    const reference = referenceLayers(given.net, given);
    const network = referenceNetwork(given.net);

    test("the factors are those summed up in float64", async () => {
      const watch = new CurvatureWatch(engine, network, kfac().natural);
      const { factors } = await watch.look(valuesOf(given), seededRandom(3));
      await watch.release();

      for (const name of ["conv", "logits"] as const) {
        expectNear(factors[`${name}/inputs`]?.data, reference[name].inputs);
        expectNear(factors[`${name}/gradients`]?.data, reference[name].gradients);
      }
    });

    test.each([
      ["as long as the trust allows", 1e-3],
      ["in full where trust is no limit", 1e6],
    ])("a step is the float64 solve with the whole Kronecker product, %s", async (___, trust) => {
      const [damping, rate] = [0.01, 0.5];
      const optimizer = kfac({ damping, trust, momentum: 0 });
      const naturals = {
        conv: referenceNatural(reference.conv, damping),
        logits: referenceNatural(reference.logits, damping),
      };
      const squared = (["conv", "logits"] as const).reduce(
        (sum, name) => sum + Matrix.mul(naturals[name], reference[name].gradient).sum(),
        0,
      );
      const share = Math.min(1, Math.sqrt(trust / (rate ** 2 * squared)));
      expect(share < 1).toBe(trust === 1e-3);

      const values = valuesOf(given);
      const watch = new CurvatureWatch(engine, network, optimizer.natural);
      const { inverses } = await watch.look(values, seededRandom(3));
      await watch.release();
      const { fn, inputs } = trainStep(network, optimizer, { batch });
      const program = await engine.compile("step", fn, inputs);
      const out = await program.run({ ...values, ...inverses, rate: floats([], [rate]) });
      await program.release();

      for (const name of ["conv", "logits"] as const) {
        const roles = [`${name}/kernel`, `${name}/bias`].filter((role) => values[role]);
        const moved = roles.flatMap((role) =>
          [...(out[role]?.data ?? [])].map((now, i) => (values[role]?.data[i] ?? 0) - now),
        );
        expectNear(moved, Matrix.mul(naturals[name], rate * share), 3);
      }
    });
  });
});

test("looks are averaged: plainly at first, then by the share kept", async () => {
  const given = drawn(convolutions[0]?.[1] as Conv2dLayer);
  const network = referenceNetwork(given.net);
  const watch = new CurvatureWatch(engines["onnx-cpu"], network, {
    ...(kfac().natural as object),
    keep: 0.6,
  } as never);
  const doubled = valuesOf({
    ...given,
    images: given.images.map((image) => image.map((v) => 2 * v)),
  });
  const random = () => seededRandom(3);

  const first = await watch.look(valuesOf(given), random());
  const fresh = await watch.look(doubled, random());
  const second = await watch.look(doubled, random(), first);
  const third = await watch.look(doubled, random(), second);
  await watch.release();

  // The corner of a sum over positions: a product of pixels, four times as large for doubled images.
  const corner = ({ factors }: typeof first) => factors["conv/inputs"]?.data[0] ?? Number.NaN;
  const [one, two] = [corner(first), corner(fresh)];
  expect(two / one).toBeCloseTo(4, 5);
  expect(corner(second)).toBeCloseTo((one + two) / 2, 5);
  expect(corner(third)).toBeCloseTo(0.6 * ((one + two) / 2) + 0.4 * two, 5);
});

/** Every layer kind, batch norm among them. */
const mixed: Network = {
  name: "mixed",
  input: { height: 6, width: 6, channels: 2 },
  layers: [
    { ...conv({ kernelSize: 3, stride: 1, padding: "same", bias: false }), batchNorm: true },
    {
      kind: "depthwise_conv2d",
      name: "depthwise",
      kernelSize: 3,
      stride: 1,
      padding: "same",
      bias: false,
      batchNorm: true,
      activation: "relu",
    },
    { kind: "add", name: "sum", inputs: ["depthwise", "conv"], activation: "relu" },
    { kind: "pool", name: "halve", mode: "max", size: 2, stride: 2, padding: "valid" },
    { kind: "global_pool", name: "mean" },
    { kind: "dense", name: "logits", width: 4, bias: true, activation: "linear" },
  ],
};

test("with batch norm, depthwise and residual layers between, compiled factors are the eager ones", async () => {
  const weights = initialWeights(mixed, seededRandom(1));
  const random = seededRandom(2);
  const values = {
    x: floats(
      [batch, 6, 6, 2],
      Array.from({ length: batch * 72 }, () => random.normal()),
    ),
    ...Object.fromEntries(
      parametersOf(mixed).map(({ name, shape }) => [
        name,
        floats(shape, [...(weights.get(name) ?? [])]),
      ]),
    ),
  };
  const [compiled, eager] = await Promise.all(
    Object.values(engines).map(async (engine) => {
      const watch = new CurvatureWatch(engine, mixed, kfac().natural);
      const { factors } = await watch.look(values, seededRandom(3));
      await watch.release();
      return factors;
    }),
  );

  // A depthwise layer has no factors: its gradient stays as it is.
  expect(Object.keys(compiled ?? {}).sort()).toEqual(
    ["conv", "logits"].flatMap((name) => [`${name}/gradients`, `${name}/inputs`]),
  );
  for (const [name, { shape, data }] of Object.entries(eager ?? {})) {
    const [rows = 0, columns = 0] = shape;
    expectNear(compiled?.[name]?.data, Matrix.from1DArray(rows, columns, [...data]), 4);
  }
});

test("slots are those of SGD with momentum", () => {
  expect(kfac().slots.map((slot) => slotName(slot, "conv/kernel"))).toEqual([
    "velocity:conv/kernel",
  ]);
});
