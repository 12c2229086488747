import fc from "fast-check";
import * as ort from "onnxruntime-node";
import { exportNetwork } from "../../src/network/export.ts";
import { activations, type Layer, type Padding } from "../../src/network/layer.ts";
import { type Network, placeLayers } from "../../src/network/network.ts";
import type { Weights } from "../../src/network/parameters.ts";
import { encodeModel } from "../../src/onnx/index.ts";

/** [height, width, channels] to [channels, height, width]. */
export function channelsFirst(x: Float32Array, { height, width, channels }: Network["input"]) {
  const area = height * width;
  return Float32Array.from(
    { length: x.length },
    (_, i) => x[(i % area) * channels + Math.floor(i / area)] ?? 0,
  );
}

/** Outputs for one image [height, width, channels]. */
export async function byOnnxRuntime(network: Network, weights: Weights, x: Float32Array) {
  const { height, width, channels } = network.input;
  const session = await ort.InferenceSession.create(encodeModel(exportNetwork(network, weights)));
  const shape = [1, channels, height, width];
  const input = new ort.Tensor("float32", channelsFirst(x, network.input), shape);
  const { output } = await session.run({ input });
  await session.release();
  return Array.from((output?.data ?? []) as Float32Array);
}

/** Layers of every kind, some of them beside what the last one made. */
const anyLayer: fc.Arbitrary<Layer> = fc
  .record({
    kind: fc.constantFrom(
      "conv2d",
      "depthwise_conv2d",
      "pool",
      "add",
      "concat",
      "channel_slice",
      "channel_shuffle" as const,
    ),
    width: fc.integer({ min: 1, max: 9 }),
    kernelSize: fc.integer({ min: 1, max: 4 }),
    kernelWidth: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 3 }),
    strideWidth: fc.integer({ min: 1, max: 3 }),
    padding: fc.constantFrom<Padding>("same", "valid"),
    bias: fc.boolean(),
    batchNorm: fc.boolean(),
    activation: fc.constantFrom(...activations),
    mode: fc.constantFrom("max" as const, "average" as const),
  })
  .map(({ kind, width, mode, kernelSize, kernelWidth, stride, strideWidth, ...rest }): Layer => {
    const { padding, activation } = rest;
    const window = { kernelSize, kernelWidth, stride, strideWidth };
    if (kind === "conv2d") return { name: "", kind, width, ...window, ...rest };
    if (kind === "depthwise_conv2d") return { name: "", kind, ...window, ...rest };
    if (kind === "pool") return { name: "", kind, mode, size: kernelSize, stride, padding };
    if (kind === "concat") return { name: "", kind, inputs: ["", ""] };
    if (kind === "channel_slice")
      return { name: "", kind, part: kernelWidth - 1, parts: kernelWidth };
    if (kind === "channel_shuffle") return { name: "", kind, groups: kernelSize };
    return { name: "", kind, inputs: ["", ""], activation };
  });

export const anyNetwork: fc.Arbitrary<Network> = fc
  .record({
    height: fc.integer({ min: 5, max: 12 }),
    width: fc.integer({ min: 5, max: 12 }),
    channels: fc.integer({ min: 1, max: 5 }),
    layers: fc.array(anyLayer, { minLength: 1, maxLength: 4 }),
    classes: fc.integer({ min: 1, max: 7 }),
    activation: fc.constantFrom(...activations),
    dense: fc.boolean(),
  })
  .map(({ height, width, channels, layers, classes, activation, dense }): Network => {
    const named = layers.map((layer, i): Layer => {
      const before = i === 0 ? "input" : `layer${i - 1}`;
      const name = `layer${i}`;
      return layer.kind === "add" || layer.kind === "concat"
        ? { ...layer, name, inputs: [before, before] }
        : { ...layer, name };
    });
    const head: readonly Layer[] = dense
      ? [{ name: "dense", kind: "dense", width: classes, bias: true, activation }]
      : [];
    return {
      name: "random",
      input: { height, width, channels },
      layers: [...named, { name: "mean", kind: "global_pool" }, ...head],
    };
  })
  .filter((network) => {
    try {
      return placeLayers(network).length > 0;
    } catch {
      return false;
    }
  });
