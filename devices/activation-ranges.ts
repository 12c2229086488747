import { exportNetwork } from "../src/network/export.ts";
import { type Network, networkInput, placeLayers } from "../src/network/network.ts";
import type { Weights } from "../src/network/parameters.ts";
import { encodeModel } from "../src/onnx/index.ts";
import { rangeOf, type ValueRange } from "../src/tflite/index.ts";

/**
 * The values that the input and every layer of a network take over some images ([image, row, column, channel]), with those of a
 * layer before its activation as `layer/linear`: what quantisation is calibrated on.
 */
export async function activationRanges(
  network: Network,
  weights: Weights,
  images: Float32Array,
): Promise<ReadonlyMap<string, ValueRange>> {
  // Loaded at first use: the process that asks for measurements needs it for nothing else.
  const { InferenceSession, Tensor } = await import("onnxruntime-node");
  const { height, width, channels } = network.input;
  const batch = images.length / (height * width * channels);
  const graph = exportNetwork(network, weights, { batch });
  const made = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  const watched = placeLayers(network).flatMap(({ layer: { name, kind }, out }) =>
    [name, `${name}/linear`]
      .filter((tensor) => made.has(tensor))
      .map((tensor) => ({
        name: tensor,
        type: "float32" as const,
        shape:
          kind === "dense" ? [batch, out.channels] : [batch, out.channels, out.height, out.width],
      })),
  );
  const session = await InferenceSession.create(
    encodeModel({ ...graph, outputs: [...graph.outputs, ...watched] }),
    { intraOpNumThreads: 1, logSeverityLevel: 3 },
  );
  try {
    const shape = [batch, channels, height, width];
    const input = new Tensor("float32", channelsFirst(images, channels, height * width), shape);
    const values = await session.run({ [networkInput]: input });
    return new Map([
      [networkInput, rangeOf(images)],
      ...Object.entries(values).map(
        ([name, { data }]) => [name, rangeOf(data as Float32Array)] as const,
      ),
    ]);
  } finally {
    await session.release();
  }
}

/** [image, position, channel] to [image, channel, position]. */
function channelsFirst(images: Float32Array, channels: number, positions: number): Float32Array {
  const size = channels * positions;
  return Float32Array.from(images, (_, i) => {
    const [image, channel] = [Math.floor(i / size), Math.floor((i % size) / positions)];
    return images[image * size + (i % positions) * channels + channel] ?? 0;
  });
}
