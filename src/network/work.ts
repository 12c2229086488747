import { kernelMacs, kernelParameters, outputPositions } from "./costs.ts";
import type { Kernel } from "./kernel.ts";

/** What a computation takes of a device: enough to guess its time where nothing like it was measured. */
export interface Work {
  /** What is like what: elementwise operations and copies move, and compute next to nothing. */
  readonly kind: "convolution" | "depthwise" | "dense" | "pool" | "move";
  readonly dtype: Kernel["dtype"];
  readonly macs: number;
  /** Activations read and written. */
  readonly movedBytes: number;
  readonly weightBytes: number;
}

export const bytesPerValue: { readonly [T in Kernel["dtype"]]: number } = { float32: 4, int8: 1 };

const kinds: { readonly [Op in Kernel["op"]]: Work["kind"] } = {
  conv2d: "convolution",
  depthwise_conv2d: "depthwise",
  dense: "dense",
  pool: "pool",
  global_pool: "pool",
  add: "move",
  concat: "move",
  multiply: "move",
  channel_slice: "move",
  channel_shuffle: "move",
  propagate: "move",
};

/** The work of a kernel. */
export function workOf(kernel: Kernel): Work {
  const { op, batch, inHeight, inWidth, inChannels, dtype } = kernel;
  const bytes = bytesPerValue[dtype];
  const read = batch * inHeight * inWidth * inChannels;
  return {
    kind: kinds[op],
    dtype,
    macs: kernelMacs(kernel),
    movedBytes: bytes * ((op === "add" ? 2 : 1) * read + written(kernel)),
    weightBytes: bytes * kernelParameters(kernel),
  };
}

function written(kernel: Kernel): number {
  const { op, batch, outChannels } = kernel;
  return op === "dense" || op === "global_pool"
    ? batch * outChannels
    : outputPositions(kernel) * outChannels;
}
