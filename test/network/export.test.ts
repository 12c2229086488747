import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { exportNetwork } from "../../src/network/export.ts";
import { randomWeights } from "../../src/network/initial-weights.ts";
import { activations } from "../../src/network/layer.ts";
import type { Network } from "../../src/network/network.ts";
import { parametersOf, type Weights } from "../../src/network/parameters.ts";
import { presets } from "../../src/network/presets.ts";
import { encodeModel } from "../../src/onnx/index.ts";
import { seededRandom } from "../../src/random.ts";
import { tf } from "../../src/tensor/index.ts";
import { prepareTfjs } from "../../src/tensor/tfjs.ts";
import { forward } from "../../src/training/forward.ts";
import { exampleNetworks } from "../support/reference/example-networks.ts";

prepareTfjs();

const batch = 2;

/** [batch, height, width, channels] to [batch, channels, height, width]. */
function channelsFirst(x: Float32Array, { input }: Network): Float32Array {
  const { height, width, channels } = input;
  const moved = new Float32Array(x.length);
  for (let b = 0; b < batch; b++)
    for (let position = 0; position < height * width; position++)
      for (let c = 0; c < channels; c++)
        moved[(b * channels + c) * height * width + position] =
          x[(b * height * width + position) * channels + c] ?? 0;
  return moved;
}

async function logitsOfExport(network: Network, weights: Weights, x: Float32Array) {
  const { height, width, channels } = network.input;
  const session = await ort.InferenceSession.create(
    encodeModel(exportNetwork(network, weights, { batch })),
  );
  const input = new ort.Tensor("float32", channelsFirst(x, network), [
    batch,
    channels,
    height,
    width,
  ]);
  const { output } = await session.run({ input });
  return Array.from((output?.data ?? []) as Float32Array);
}

function logitsOfForward(network: Network, weights: Weights, x: Float32Array) {
  const { height, width, channels } = network.input;
  return tf.tidy(() => {
    const tensors = Object.fromEntries(
      parametersOf(network).map(({ name, shape }) => [
        name,
        tf.tensor(weights.get(name) ?? [], [...shape]),
      ]),
    );
    const images = tf.tensor4d(x, [batch, height, width, channels]);
    return [...forward(network, tensors, images, { training: false }).logits.dataSync()];
  });
}

const tiny = { multiplier: 0.125 };
const nets: readonly Network[] = [
  ...Object.values(presets).map((preset) => preset.build(tiny)),
  exampleNetworks.joined,
  exampleNetworks.weighed,
  exampleNetworks.gated,
  exampleNetworks.shuffled,
  // A dense layer that an image is weighed by.
  {
    ...exampleNetworks.weighed,
    name: "weighed by a dense layer",
    layers: exampleNetworks.weighed.layers.map((layer) =>
      layer.name === "excite"
        ? { kind: "dense", name: "excite", width: 4, bias: true, activation: "sigmoid" }
        : layer,
    ),
  },
  ...activations.map((activation): Network => {
    const net = presets["mnist-cnn"].build(tiny);
    const layers = net.layers.map((layer) =>
      layer.kind === "conv2d" ? { ...layer, activation } : layer,
    );
    return { ...net, name: `mnist-cnn with ${activation}`, layers };
  }),
];

test.each(nets.map((net) => [net.name, net] as const))(
  "the exported %s gives the logits of the forward pass",
  async (_, network) => {
    await tf.setBackend("cpu");
    const random = seededRandom(1);
    const weights = randomWeights(network, random);
    const size = batch * network.input.height * network.input.width * network.input.channels;
    const x = Float32Array.from({ length: size }, () => random.normal());

    const exported = await logitsOfExport(network, weights, x);

    const expected = logitsOfForward(network, weights, x);
    const scale = Math.max(...expected.map(Math.abs));
    for (const [i, value] of expected.entries())
      expect(Math.abs((exported[i] ?? Number.NaN) - value) / scale).toBeLessThan(1e-4);
  },
);
