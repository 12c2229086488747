import type { Kernel, KernelOp } from "../../src/network/kernel.ts";

/** Which channel count of a kernel grows. */
export type Axis = "in" | "out";

/**
 * A family's kernels as points of a plane: x input channels, y output channels. Operations that
 * keep the channel count have one axis, x; their y is 1.
 */
export interface Place {
  readonly x: number;
  readonly y: number;
}

const keepsChannels: { readonly [Op in KernelOp]: boolean } = {
  conv2d: false,
  dense: false,
  depthwise_conv2d: true,
  pool: true,
  global_pool: true,
  add: true,
};

export const hasOneAxis = ({ op }: Kernel): boolean => keepsChannels[op];

export const placeOf = (kernel: Kernel): Place =>
  hasOneAxis(kernel)
    ? { x: kernel.inChannels, y: 1 }
    : { x: kernel.inChannels, y: kernel.outChannels };

/** The kernel with `by` more channels along the axis; along both where the operation keeps the count. */
export function grown(kernel: Kernel, axis: Axis, by: number): Kernel {
  const inChannels =
    axis === "in" || hasOneAxis(kernel) ? kernel.inChannels + by : kernel.inChannels;
  const outChannels =
    axis === "out" || hasOneAxis(kernel) ? kernel.outChannels + by : kernel.outChannels;
  const groups = kernel.op === "depthwise_conv2d" ? inChannels : kernel.groups;
  return { ...kernel, inChannels, outChannels, groups };
}

/** Steps of a staircase along each axis; 1 where cost is smooth. */
export interface Steps {
  readonly in: number;
  readonly out: number;
}

/** The end of the tread that a width stands on. */
export const treadEnd = (width: number, step: number): number => Math.ceil(width / step) * step;

export const snapped = ({ x, y }: Place, steps: Steps): Place => ({
  x: treadEnd(x, steps.in),
  y: treadEnd(y, steps.out),
});

/**
 * What a runtime's layout does to a family. Steps: cost is constant up to the next multiple. Lanes: widths
 * that are no multiple cost more than those that are, because a slower kernel runs them. 1 means neither.
 */
export interface Structure {
  readonly steps: Steps;
  readonly lanes: Steps;
}

/** A place on its tread's end, and which of its widths are off the lanes: 1 for x, 2 for y, 3 for both. */
export interface Spot extends Place {
  readonly ragged: number;
}

export const spotOf = (place: Place, { steps, lanes }: Structure): Spot => ({
  ...snapped(place, steps),
  ragged: (place.x % lanes.in === 0 ? 0 : 1) + (place.y % lanes.out === 0 ? 0 : 2),
});
