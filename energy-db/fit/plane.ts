import type { Kernel, KernelOp } from "../../src/network/kernel.ts";

/** Which channel count of a kernel grows. */
export type Axis = "in" | "out";

const keepsChannels: { readonly [Op in KernelOp]: boolean } = {
  conv2d: false,
  dense: false,
  depthwise_conv2d: true,
  pool: true,
  global_pool: true,
  add: true,
  concat: true,
  multiply: true,
  channel_slice: false,
  channel_shuffle: true,
  propagate: true,
};

/** Whether an operation, by its name, is one that networks here have. */
export const isKernelOp = (op: string): op is KernelOp => Object.hasOwn(keepsChannels, op);

/** Operations that keep the channel count have one axis, `in`. */
export const hasOneAxis = ({ op }: Pick<Kernel, "op">): boolean => keepsChannels[op];

export const axesOf = (kernel: Kernel): readonly Axis[] =>
  hasOneAxis(kernel) ? ["in"] : ["in", "out"];

export const widthAlong = (kernel: Kernel, axis: Axis): number =>
  axis === "in" ? kernel.inChannels : kernel.outChannels;

/** The kernel with another width along the axis; along both where the operation keeps the count. */
export function withWidth(kernel: Kernel, axis: Axis, width: number): Kernel {
  const both = hasOneAxis(kernel);
  const inChannels = axis === "in" || both ? width : kernel.inChannels;
  const outChannels = axis === "out" || both ? width : kernel.outChannels;
  return {
    ...kernel,
    inChannels,
    outChannels,
    groups: kernel.op === "depthwise_conv2d" ? inChannels : kernel.groups,
  };
}

/** The end of the tread that a width stands on. */
export const treadEnd = (width: number, block: number): number => Math.ceil(width / block) * block;
