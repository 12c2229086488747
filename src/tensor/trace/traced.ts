import type { OnnxType } from "../../onnx/graph.ts";

/**
 * The order in which a value's axes lie in memory, as a permutation of its own axes: "0123" is as
 * the program sees it, "0312" an NHWC image stored as NCHW, "3012" one stored channel by channel.
 */
export type Layout = string;

/** Images stored as batch, channels, height, width: what ONNX convolutions read. */
export const nchw: Layout = "0312";
/** Images stored as channels, batch, height, width: each channel is one contiguous row. */
export const cnhw: Layout = "3012";

/** Element types a traced tensor may have: those of tfjs, as ONNX calls them. */
export type TracedType = Extract<OnnxType, "float32" | "int32" | "bool">;

/**
 * A tensor of the program being traced. Its value may exist under several names, one per layout, or
 * not at all yet: a `base` to be broadcast, a `mask` to be turned into ones and zeros, or a `constant`.
 */
export interface Traced {
  readonly shape: readonly number[];
  readonly type: TracedType;
  /** Names of the value in the graph, by layout. */
  readonly names: Map<Layout, string>;
  /** Smaller tensor whose broadcast to `shape` this is. */
  readonly base?: Traced;
  /** Truth values whose ones and zeros this is. */
  readonly mask?: Traced;
  readonly constant?: ArrayLike<number>;
  /** Set where max(this, 0) is already in the graph: it tells the sign of this as well. */
  rectified?: Traced;
}

/** The order of a tensor of `rank` axes as the program sees it. */
export const plainLayout = (rank: number): Layout => "012345".slice(0, rank);

/** 0, 1, ... rank - 1 */
export const axesOf = (rank: number): readonly number[] =>
  Array.from({ length: rank }, (_, axis) => axis);

/** Axes of the layout in memory order. */
export const layoutAxes = (layout: Layout): readonly number[] => [...layout].map(Number);

/** Sizes in memory order. */
export const storedShape = (shape: readonly number[], layout: Layout): readonly number[] =>
  layoutAxes(layout).map((axis) => sizeAt(shape, axis));

/** The permutation that takes axes stored in order `from` to order `to`. */
export const permutationBetween = (from: Layout, to: Layout): readonly number[] =>
  [...to].map((axis) => from.indexOf(axis));

/** True where both layouts put the axes longer than 1 in the same order, so that the bytes are the same. */
export function sameBytes(shape: readonly number[], one: Layout, other: Layout): boolean {
  const long = (layout: Layout) =>
    layoutAxes(layout)
      .filter((axis) => shape[axis] !== 1)
      .join();
  return long(one) === long(other);
}

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, length) => product * length, 1);

/** Length of an axis that must exist. */
export function sizeAt(shape: readonly number[], axis: number): number {
  const size = shape[axis];
  if (size === undefined) throw new Error(`Shape [${shape.join(", ")}] has no axis ${axis}`);
  return size;
}

/** Number of values along the given axes. */
export const countAlong = (shape: readonly number[], axes: readonly number[]): number =>
  sizeOf(axes.map((axis) => sizeAt(shape, axis)));

export const sameShape = (one: readonly number[], other: readonly number[]): boolean =>
  one.length === other.length && one.every((length, axis) => length === other[axis]);
