import { tf } from "../tfjs.ts";
import type { GraphBuilder } from "./graph-builder.ts";
import type { Layout } from "./layout.ts";
import { attrOf, type KernelCall, type Pad } from "./rule.ts";

/** How a window slides over images; along height, then width. */
export interface Window {
  readonly batch: number;
  readonly in: readonly [number, number];
  readonly out: readonly [number, number];
  readonly inChannels: number;
  readonly outChannels: number;
  readonly size: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Padding before the first and after the last pixel that a window reads. */
  readonly before: readonly [number, number];
  readonly after: readonly [number, number];
}

/** The window of a convolution over x [batch, height, width, channels] with filter [kh, kw, in, out or multiplier]. */
export function convolutionWindow(
  call: KernelCall,
  xShape: readonly number[],
  filterShape: readonly number[],
  { depthwise = false } = {},
): Window {
  const info = tf.backend_util.computeConv2DInfo(
    xShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    attrOf<number | [number, number]>(call, "strides"),
    attrOf<number | [number, number] | undefined>(call, "dilations") ?? 1,
    attrOf<Pad>(call, "pad"),
    attrOf<"floor" | "round" | "ceil" | undefined>(call, "dimRoundingMode"),
    depthwise,
    tf.backend_util.convertConv2DDataFormat(
      attrOf<"NHWC" | "NCHW" | undefined>(call, "dataFormat") ?? "NHWC",
    ),
  );
  if (info.dataFormat !== "channelsLast")
    throw new Error(
      `${call.kernel} in NCHW has no rule: give images as [batch, height, width, channels]`,
    );
  return windowOf(info);
}

/** The window of a pooling kernel over x [batch, height, width, channels]. */
export function poolWindow(call: KernelCall, xShape: readonly number[]): Window {
  const info = tf.backend_util.computePool2DInfo(
    xShape as [number, number, number, number],
    attrOf<number | [number, number]>(call, "filterSize"),
    attrOf<number | [number, number]>(call, "strides"),
    1,
    attrOf<Pad>(call, "pad"),
    attrOf<"floor" | "round" | "ceil" | undefined>(call, "dimRoundingMode"),
  );
  return windowOf(info);
}

function windowOf(info: tf.backend_util.Conv2DInfo): Window {
  const { padInfo } = info;
  return {
    batch: info.batchSize,
    in: [info.inHeight, info.inWidth],
    out: [info.outHeight, info.outWidth],
    inChannels: info.inChannels,
    outChannels: info.outChannels,
    size: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    before: [padInfo.top, padInfo.left],
    after: [padInfo.bottom, padInfo.right],
  };
}

export const outShapeOf = ({ batch, out, outChannels }: Window): readonly number[] => [
  batch,
  ...out,
  outChannels,
];
export const inShapeOf = ({ batch, in: input, inChannels }: Window): readonly number[] => [
  batch,
  ...input,
  inChannels,
];

/** Pixels between the first and the last one a window reads, both included, along an axis. */
export const reach = ({ size, dilations }: Window, axis: 0 | 1): number =>
  (size[axis] - 1) * dilations[axis] + 1;

/** Padding after the last pixel so that every window is whole; negative where pixels at the end are never read. */
export function endPadding(window: Window): readonly [number, number] {
  const { out, strides, in: input, before } = window;
  const along = (axis: 0 | 1): number =>
    (out[axis] - 1) * strides[axis] + reach(window, axis) - input[axis] - before[axis];
  return [along(0), along(1)];
}

/** Rows and columns at the end that no window reaches, padding included. */
export function restOf(window: Window): readonly [number, number] {
  const [height, width] = endPadding(window);
  return [window.after[0] - height, window.after[1] - width];
}

/** Padding (top, left, bottom, right) under which dy and the turned filter give the gradient of the input, at stride 1. */
export function turnedPadding(window: Window): readonly number[] {
  const { before, in: input, out } = window;
  const start = ([0, 1] as const).map((axis) => reach(window, axis) - 1 - before[axis]);
  const end = ([0, 1] as const).map((axis) => input[axis] - out[axis] + before[axis]);
  return [...start, ...end];
}

/** Name of a filter, height and width last, turned by 180 degrees. */
export function turnedFilter(builder: GraphBuilder, filter: string): string {
  const last = [-1, -1];
  const beyond = [-(2 ** 31), -(2 ** 31)];
  const bounds = [last, beyond, [2, 3], last].map((values) => builder.ints(values));
  return builder.emit("Slice", [filter, ...bounds]);
}

/** Filters [kh, kw, in, out] as ONNX reads them: [out, in, kh, kw]. */
export const filterLayout: Layout = "3201";
