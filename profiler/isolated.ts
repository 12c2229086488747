import type { DatedKernelMeasurement } from "../energy-db/index.ts";
import { type Kernel, kernelKey, windowOf } from "../src/network/kernel.ts";
import type { Layer } from "../src/network/layer.ts";
import { type Network, networkInput } from "../src/network/network.ts";
import { measureNetwork } from "./measure-block.ts";
import type { Measuring } from "./measuring.ts";

/**
 * A network of one kernel, for timing it alone in a hot loop. Weights and activations then sit in cache: the sum
 * of such times is about half of a network's latency. It exists to compare with tables made that way.
 */
export function loneNetwork(kernel: Kernel): Network {
  return {
    name: "isolated",
    input: { height: kernel.inHeight, width: kernel.inWidth, channels: kernel.inChannels },
    layers: [...feeders(kernel), loneLayers[kernel.op](kernel), ...tailAfter(kernel)],
  };
}

/**
 * Layers that a concatenation reads, half of its channels each, or the factors of a multiplication; they are not part of the
 * measurement either.
 */
const feeders = ({ op, inChannels }: Kernel): readonly Layer[] =>
  op === "multiply"
    ? [{ kind: "global_pool", name: "factors" }]
    : op === "concat"
      ? feederNames.map((name, i) => ({
          kind: "conv2d",
          name,
          inputs: [networkInput],
          width: Math.floor((inChannels + i) / 2),
          kernelSize: 1,
          stride: 1,
          padding: "same",
          bias: true,
          batchNorm: false,
          activation: "linear",
        }))
      : [];

const feederNames = ["first", "second"] as const;

/** A network ends in a vector; what reduces an image to one is not part of the measurement. */
const tailAfter = ({ op }: Kernel): readonly Layer[] =>
  op === "dense" || op === "global_pool" ? [] : [{ kind: "global_pool", name: "tail" }];

const loneName = "kernel";

const loneLayers: { readonly [Op in Kernel["op"]]: (kernel: Kernel) => Layer } = {
  conv2d: (kernel) => ({
    kind: "conv2d",
    name: loneName,
    width: kernel.outChannels,
    ...convolutionOf(kernel),
    activation: activationOf(kernel),
  }),
  depthwise_conv2d: (kernel) => ({
    kind: "depthwise_conv2d",
    name: loneName,
    ...convolutionOf(kernel),
    activation: activationOf(kernel),
  }),
  dense: (kernel) => ({
    kind: "dense",
    name: loneName,
    width: kernel.outChannels,
    bias: true,
    activation: activationOf(kernel),
  }),
  pool: (kernel) => ({
    kind: "pool",
    name: loneName,
    mode: kernel.variant === "average" ? "average" : "max",
    size: kernel.kernelSize,
    stride: kernel.stride,
    padding: kernel.padding,
  }),
  global_pool: () => ({ kind: "global_pool", name: loneName }),
  add: (kernel) => ({
    kind: "add",
    name: loneName,
    inputs: [networkInput, networkInput],
    activation: activationOf(kernel),
  }),
  concat: () => ({ kind: "concat", name: loneName, inputs: feederNames }),
  multiply: () => ({ kind: "multiply", name: loneName, inputs: [networkInput, "factors"] }),
  channel_slice: ({ inChannels, outChannels }) => ({
    kind: "channel_slice",
    name: loneName,
    part: 0,
    parts: inChannels / outChannels,
  }),
  channel_shuffle: ({ groups }) => ({ kind: "channel_shuffle", name: loneName, groups }),
  propagate: (kernel) => ({ kind: "propagate", name: loneName, edges: edgesLike(kernel) }),
};

/** As many edges as the kernel's graph has, dealt out evenly: what a product costs depends on little else. */
const edgesLike = ({ inHeight: nodes, kernelSize: entries }: Kernel): readonly number[] =>
  Array.from({ length: (entries - nodes) / 2 }, (_, i) => {
    const hop = 1 + (Math.floor(i / nodes) % (nodes - 1));
    return [i % nodes, (i + hop) % nodes];
  }).flat();

const convolutionOf = (kernel: Kernel) => ({
  ...windowOf(kernel),
  padding: kernel.padding,
  bias: true,
  batchNorm: false,
});

const activationOf = ({ variant }: Kernel) =>
  variant === "max" || variant === "average" ? "linear" : variant;

/** Times one kernel alone, by the runtime's node profiler like in context. */
export async function measureIsolated(
  measuring: Measuring,
  kernel: Kernel,
  position: number,
): Promise<DatedKernelMeasurement> {
  const measured = await measureNetwork(measuring, {
    network: loneNetwork(kernel),
    role: "design",
    batch: kernel.batch,
    position,
    load: 0,
    attempt: 0,
    profiled: true,
    metered: false,
  });
  const own = measured.kernels.find(({ layer }) => layer === loneName);
  if (!own) throw new Error(`Nothing was measured of ${kernelKey(kernel)}`);
  const flags = [...new Set([...measured.flags, ...own.flags])];
  return { ...own, kernel, flags, measuredAt: measured.measuredAt };
}
