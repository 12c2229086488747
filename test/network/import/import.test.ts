import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { scriptModel } from "../../../devices/script-model.ts";
import { UserError } from "../../../src/errors.ts";
import { exportNetwork } from "../../../src/network/export.ts";
import { importModel, kernelOfStep, stepsOf } from "../../../src/network/import/index.ts";
import { initialWeights } from "../../../src/network/initial-weights.ts";
import { kernelKey, kernelsOf } from "../../../src/network/kernel.ts";
import type { Network } from "../../../src/network/network.ts";
import { formatNetwork, parseNetwork } from "../../../src/network/network-file.ts";
import { type PresetName, presets } from "../../../src/network/presets.ts";
import { encodeModel, type OnnxGraph, parseOutline, readOutline } from "../../../src/onnx/index.ts";
import { seededRandom } from "../../../src/random.ts";
import { smallNetwork } from "../../support/formula-table.ts";

const fixtures = join(import.meta.dirname, "fixtures");
const exported = (network: Network): Uint8Array =>
  encodeModel(exportNetwork(network, initialWeights(network, seededRandom(1))));
const imported = (network: Network) =>
  stepsOf(parseOutline(exported(network), network.name), network.name);

describe("a network exported and imported again", () => {
  const names = (Object.keys(presets) as PresetName[]).filter((name) => name !== "mlp");

  test.each(names)("has the kernels it had: %s", (name) => {
    const network = presets[name].build({ multiplier: 0.125 });

    const model = imported(network);

    // Branches of a cell may come in another order: what a step reads stands before it in both.
    const keys = kernelsOf(network)
      .map(({ kernel }) => kernelKey(kernel))
      .sort();
    const read = model.steps.map((step) => kernelOfStep(step, 1)).map((k) => k && kernelKey(k));
    expect(read.sort()).toEqual(keys);
    const again = model.network && kernelsOf(model.network).map(({ kernel }) => kernelKey(kernel));
    expect(again?.sort()).toEqual(keys);
  });

  test("has its swish, which the file holds as two nodes", () => {
    const [step] = imported(smallNetwork(4, 8)).steps;

    expect(step?.layer).toMatchObject({ kind: "conv2d", activation: "swish", width: 4 });
    expect(step?.nodes).toHaveLength(3);
  });
});

test("a dense layer that reads a flattened image is a network's behind others that give as much", () => {
  const flattened = parseOutline(
    encodeModel({
      name: "flattened",
      inputs: [{ name: "x", type: "float32", shape: [1, 8, 4, 4] }],
      outputs: [{ name: "y", type: "float32", shape: [1, 10] }],
      initializers: [
        { name: "w", type: "float32", shape: [10, 128], data: new Float32Array(1280) },
        { name: "b", type: "float32", shape: [10], data: new Float32Array(10) },
      ],
      nodes: [
        {
          name: "pool",
          op: "MaxPool",
          inputs: ["x"],
          outputs: ["p"],
          attributes: { kernel_shape: { ints: [1, 1] } },
        },
        { name: "flat", op: "Flatten", inputs: ["p"], outputs: ["f"] },
        {
          name: "dense",
          op: "Gemm",
          inputs: ["f", "w", "b"],
          outputs: ["y"],
          attributes: { transB: { int: 1 } },
        },
      ],
    }),
    "m",
  );

  const { steps, network } = stepsOf(flattened, "m");

  expect(steps.at(-1) && kernelOfStep(steps[1] as (typeof steps)[number], 1)).toMatchObject({
    op: "dense",
    inChannels: 128,
  });
  expect(network && kernelsOf(network).map(({ kernel }) => [kernel.op, kernel.inChannels])).toEqual(
    [
      ["pool", 8],
      ["global_pool", 8],
      ["dense", 8],
      ["dense", 128],
    ],
  );
});

test("a model of eight images has kernels and work of eight", () => {
  const network = smallNetwork(4, 8);
  const weights = initialWeights(network, seededRandom(1));
  const of = (batch: number) =>
    stepsOf(parseOutline(encodeModel(exportNetwork(network, weights, { batch })), "m"), "m");

  const [one, eight] = [of(1), of(8)];

  expect([one.batch, eight.batch]).toEqual([1, 8]);
  for (const [i, step] of eight.steps.entries()) {
    expect(kernelOfStep(step, eight.batch)?.batch).toBe(8);
    expect(step.work.macs).toBe(8 * (one.steps[i]?.work.macs ?? 0));
  }
});

describe("models as PyTorch writes them", () => {
  // torchvision's documentation of its weights: GFLOPS (multiply-accumulates) at 224x224.
  test.each([
    ["mobilenet_v2-9", 0.3, 0.005, true],
    ["mobilenet_v2-13", 0.3, 0.005, true],
    ["resnet18-13", 1.81, 0.005, true],
    ["squeezenet-13", 0.35, 0.005, true],
    ["shufflenet-13", 0.14, 0.005, true],
    ["mobilenet_v3_small-13", 0.06, 0.005, false],
  ] as const)("%s has %d billion multiply-accumulates", (file, billions, within, isNetwork) => {
    const { steps, network } = importModel(join(fixtures, `${file}.onnx`));

    const macs = steps.reduce((sum, { work }) => sum + work.macs, 0);
    expect(Math.abs(macs / 1e9 - billions)).toBeLessThanOrEqual(within);
    expect(network !== undefined).toBe(isNetwork);
  });

  test("become networks whose layers have names without slashes", () => {
    const { network } = importModel(join(fixtures, "resnet18-13.onnx"));

    expect(network && parseNetwork(formatNetwork(network), "resnet18")).toEqual(network);
    expect(network?.layers[0]?.name).toBe("conv1.Conv");
  });

  test("of two opsets give the same steps", () => {
    const [old, recent] = [9, 13].map((opset) =>
      importModel(join(fixtures, `mobilenet_v2-${opset}.onnx`)),
    );

    const layersOf = (model: typeof old) =>
      model?.steps.map((step) => {
        const kernel = kernelOfStep(step, 1);
        return kernel && kernelKey(kernel);
      });
    expect(layersOf(old)).toEqual(layersOf(recent));
  });

  test("name what is no layer by its operator", () => {
    const { steps } = importModel(join(fixtures, "mobilenet_v3_small-13.onnx"));

    const others = new Set(steps.filter(({ layer }) => !layer).map(({ op }) => op));
    expect(others).toEqual(new Set(["HardSigmoid", "Mul"]));
  });

  test("shuffle channels where they are reshaped, transposed and reshaped", () => {
    const { steps } = importModel(join(fixtures, "shufflenet-13.onnx"));

    const shuffles = steps.filter(({ op }) => op === "Transpose");
    expect(shuffles).toHaveLength(16);
    for (const { layer, in: image, out } of shuffles) {
      expect(layer).toMatchObject({ kind: "channel_shuffle", groups: 2 });
      expect(image).toEqual(out);
    }
  });
});

describe("quantised models", () => {
  /** Operators by node, as ONNX Runtime executes them. */
  async function executed(path: string): Promise<ReadonlyMap<string, string>> {
    const optimised = join(mkdtempSync(join(tmpdir(), "wattsplit-qdq-")), "optimised.onnx");
    const session = await InferenceSession.create(path, {
      graphOptimizationLevel: "extended",
      optimizedModelFilePath: optimised,
    });
    await session.release();
    return new Map(readOutline(optimised).nodes.map(({ name, op }) => [name, op]));
  }

  test.each(["per-tensor", "per-channel"])(
    "%s are folded as ONNX Runtime folds them",
    async (scales) => {
      const path = join(fixtures, `qdq-${scales}-13.onnx`);
      const { steps, network } = importModel(path);

      // Flattening moves nothing.
      const runtime = [...(await executed(path))].filter(([name]) => name !== "flat");
      expect(steps.map(({ name }) => name)).toEqual(runtime.map(([name]) => name));
      expect(steps.filter(({ dtype }) => dtype === "float32").map(({ name }) => name)).toEqual(
        runtime.filter(([, op]) => /^(De)?[qQ]uantizeLinear$/.test(op)).map(([name]) => name),
      );
      expect(
        steps.flatMap((step) => {
          const kernel = kernelOfStep(step, 1);
          return kernel ? [kernelKey(kernel)] : [];
        }),
      ).toEqual([
        "conv2d/b1/16x16x3/o16/k3/s2/g1/same/relu/int8",
        "depthwise_conv2d/b1/8x8x16/o16/k3/s1/g16/same/linear/int8",
        "conv2d/b1/8x8x16/o16/k1/s1/g1/same/linear/int8",
        "add/b1/8x8x16/o16/k1/s1/g1/valid/linear/int8",
        "pool/b1/8x8x16/o16/k2/s2/g1/valid/max/int8",
        "global_pool/b1/4x4x16/o16/k1/s1/g1/valid/linear/int8",
        "dense/b1/1x1x16/o10/k1/s1/g1/valid/linear/int8",
      ]);
      // A network of the same layers; what numbers its kernels compute in is a platform's.
      expect(network && kernelsOf(network).map(({ kernel }) => kernel.op)).toEqual(
        steps.flatMap(({ layer }) => layer?.kind ?? []),
      );
    },
  );

  const whole = ["mobilenet-v1-cifar", "mobilenet-v2-cifar", "resnet-cifar", "mnist-cnn"] as const;

  test.each(whole)(
    "written by us compute in integers all through, and read back: %s",
    async (name) => {
      const network = presets[name].build({ multiplier: 0.25 });
      const { bytes } = scriptModel(
        name,
        network,
        initialWeights(network, seededRandom(1)),
        1,
        "int8",
      );
      const path = join(mkdtempSync(join(tmpdir(), "wattsplit-qdq-")), "written.onnx");
      writeFileSync(path, bytes);

      const ops = new Set((await executed(path)).values());
      for (const op of ["Conv", "FusedConv", "Gemm", "Add", "GlobalAveragePool", "Relu"])
        expect(ops).not.toContain(op);
      expect(ops).toContain("QLinearConv");
      const model = importModel(path);
      expect(model.precision).toBe("int8");
      const shapesOf = (of: Network) =>
        kernelsOf(of).map(({ kernel }) => kernelKey({ ...kernel, variant: "linear" }));
      expect(model.network && shapesOf(model.network)).toEqual(shapesOf(network));
    },
  );

  test("take a byte for a value and a weight, and four for what is not quantised", () => {
    const { steps } = importModel(join(fixtures, "qdq-per-tensor-13.onnx"));
    const workOf = (name: string) => steps.find((step) => step.name === name)?.work;

    expect(workOf("pointwise")).toMatchObject({
      macs: 8 * 8 * 16 * 16,
      movedBytes: 2 * 8 * 8 * 16,
      weightBytes: 16 * 16 + 4 * 16,
    });
    expect(workOf("x/q")?.movedBytes).toBe(4 * 2 * 3 * 16 * 16);
  });

  test("compute in float32 where a result is read before it is quantised", () => {
    const outline = readOutline(join(fixtures, "qdq-per-tensor-13.onnx"));
    const outputs = [
      ...outline.outputs,
      { name: "pointwise", type: "float32" as const, shape: [] },
    ];

    const { steps } = stepsOf({ ...outline, outputs }, "m");

    const inFloat = steps.filter(({ dtype }) => dtype === "float32").map(({ name }) => name);
    expect(inFloat).toEqual(["x/q", "depthwise/dq", "pointwise", "pointwise/q", "logits/dq"]);
  });
});

describe("what cannot be estimated is refused in one sentence", () => {
  const graph = exportNetwork(
    smallNetwork(2, 2),
    initialWeights(smallNetwork(2, 2), seededRandom(1)),
  );
  const complaint = (changed: Partial<OnnxGraph>): string => {
    const bytes = encodeModel({ ...graph, ...changed });
    try {
      stepsOf(parseOutline(bytes, "m.onnx"), "m.onnx");
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
      return (error as UserError).message;
    }
    return "nothing";
  };
  const [image] = graph.inputs;

  test("a free image size, and not a free batch", () => {
    if (!image) throw new Error("no input");
    expect(complaint({ inputs: [{ ...image, shape: [-1, 1, -1, 8] }] })).toContain("free size");
    expect(complaint({ inputs: [{ ...image, shape: [-1, 1, 8, 8] }] })).toBe("nothing");
  });

  test("a model quantised by operators of integers", () => {
    const node = { name: "q", op: "QLinearConv", inputs: ["input"], outputs: ["q"] };
    expect(complaint({ nodes: [...graph.nodes, node] })).toContain("quantised");
  });

  test("an operator whose result's shape nobody noted", () => {
    const node = { name: "odd", op: "NonMaxSuppression", inputs: ["input"], outputs: ["odd"] };
    expect(complaint({ nodes: [...graph.nodes, node] })).toContain("NonMaxSuppression");
  });

  test("sizes that lie", () => {
    if (!image) throw new Error("no input");
    expect(complaint({ inputs: [{ ...image, shape: [1, 1, 2 ** 31, 2 ** 31] }] })).toContain(
      "would give a tensor",
    );
  });
});
