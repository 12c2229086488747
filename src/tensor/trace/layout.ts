/**
 * The order in which a value's axes lie in memory. A digit is an axis of the program's tensor: "0123" is as the
 * program sees it, "0312" an NHWC image stored as NCHW, "3012" one stored channel by channel. A letter is an axis
 * cut into blocks of the size after the colon (a is axis 0, d axis 3): it stands once for the number of the block
 * and once for the place inside. Such an axis is filled up with zeros to whole blocks.
 */
export type Layout = string;

/** Images stored as batch, channels, height, width: what ONNX convolutions read. */
export const nchw: Layout = "0312";
/** Images stored as channels, batch, height, width: each channel is one contiguous row. */
export const cnhw: Layout = "3012";

/** Images [N, H, W, C] in ONNX Runtime's blocked layout, memory [N][C/B][H][W][B]. */
export const blockedImage = (block: number): Layout => `0d12d:${block}`;
/** Filters [kh, kw, I, O] over blocked images, memory [O/B][I/B][kh][kw][B of I][B of O]. */
export const blockedFilter = (block: number): Layout => `dc01cd:${block}`;
/** Filters [kh, kw, I, O] over images stored as NCHW with few channels, memory [O/B][I][kh][kw][B]. */
export const thinFilter = (block: number): Layout => `d201d:${block}`;
/** Depthwise filters [kh, kw, C, 1], memory [C/B][kh][kw][B]. */
export const channelFilter = (block: number): Layout => `c301c:${block}`;
/** Vectors [C] filled up to whole blocks; those that are whole already stay as they are. */
export const blockedVector = (length: number, block: number): Layout =>
  length % block === 0 ? "0" : `aa:${block}`;

/** The order of a tensor of `rank` axes as the program sees it. */
export const plainLayout = (rank: number): Layout => "012345".slice(0, rank);

export const isBlocked = (layout: Layout): boolean => layout.includes(":");

interface Part {
  readonly axis: number;
  readonly of: "whole" | "blocks" | "inside";
}

/** What each character of a layout stands for. */
export function partsOf(layout: Layout): readonly Part[] {
  const [order = ""] = layout.split(":");
  return [...order].map((sign, at) => {
    if (sign < "a") return { axis: Number(sign), of: "whole" };
    const of = order.indexOf(sign) === at ? "blocks" : "inside";
    return { axis: sign.charCodeAt(0) - "a".charCodeAt(0), of };
  });
}

export const blockOf = (layout: Layout): number => Number(layout.split(":")[1] ?? 1);

/** An axis filled up to whole blocks; one of length 1 is never cut, so that it still broadcasts. */
const filledUp = (length: number, block: number): number =>
  length === 1 ? 1 : Math.ceil(length / block) * block;

/** Axes of an unblocked layout in memory order. */
export const layoutAxes = (layout: Layout): readonly number[] => [...layout].map(Number);

/** The shape in which operators of the blocked layout read a value: each axis where its blocks are, filled up. */
export const operandShape = (shape: readonly number[], layout: Layout): readonly number[] =>
  partsOf(layout).flatMap(({ axis, of }) =>
    of === "inside"
      ? []
      : [of === "whole" ? sizeAt(shape, axis) : filledUp(sizeAt(shape, axis), blockOf(layout))],
  );

/**
 * The shape a value is declared with: its axes in memory order. Filters of one pixel lose the axes of their windows,
 * because ONNX Runtime broadcasts a number over a shape that ends in 1 one element at a time.
 */
export function storedShape(shape: readonly number[], layout: Layout): readonly number[] {
  const sizes = operandShape(shape, layout);
  if (!isBlocked(layout) || layout.startsWith("0")) return sizes;
  const last = sizes.findLastIndex((length) => length !== 1);
  return sizes.slice(0, last + 1);
}

/** The same memory with blocked axes as two: numbers of blocks and places inside. */
export const splitShape = (shape: readonly number[], layout: Layout): readonly number[] =>
  partsOf(layout).map(({ axis, of }) => {
    const length = sizeAt(shape, axis);
    if (of === "whole") return length;
    const inside = length === 1 ? 1 : blockOf(layout);
    return of === "inside" ? inside : filledUp(length, blockOf(layout)) / inside;
  });

/** True where a layout adds zeros to a tensor of this shape. */
export const isFilledUp = (shape: readonly number[], layout: Layout): boolean =>
  sizeOf(storedShape(shape, layout)) > sizeOf(shape);

/** How a blocked layout is reached from the plain one: fill up, split, permute; its inverse likewise. */
export interface Blocking {
  /** Sizes with blocked axes filled up, in the program's order. */
  readonly filled: readonly number[];
  /** The same with each blocked axis as two. */
  readonly split: readonly number[];
  /** From the split axes to memory order. */
  readonly order: readonly number[];
}

export function blockingOf(shape: readonly number[], layout: Layout): Blocking {
  const block = blockOf(layout);
  const parts = partsOf(layout);
  const isCut = (axis: number) => parts.some((part) => part.axis === axis && part.of === "inside");
  const filled = shape.map((length, axis) => (isCut(axis) ? filledUp(length, block) : length));
  const places = shape.flatMap((_, axis): Part[] =>
    isCut(axis)
      ? [
          { axis, of: "blocks" },
          { axis, of: "inside" },
        ]
      : [{ axis, of: "whole" }],
  );
  const cut = (axis: number): number[] => {
    const length = filled[axis] ?? 1;
    return length === 1 ? [1, 1] : [length / block, block];
  };
  return {
    filled,
    split: shape.flatMap((length, axis) => (isCut(axis) ? cut(axis) : [length])),
    order: parts.map(({ axis, of }) =>
      places.findIndex((place) => place.axis === axis && place.of === of),
    ),
  };
}

/** The permutation that takes axes stored in order `from` to order `to`, neither blocked. */
export const permutationBetween = (from: Layout, to: Layout): readonly number[] =>
  [...to].map((axis) => from.indexOf(axis));

/** True where both layouts put the axes longer than 1 in the same order, so that the bytes are the same. */
export function sameBytes(shape: readonly number[], one: Layout, other: Layout): boolean {
  const [bytes, others] = [one, other].map((layout) => longAxes(shape, layout));
  return bytes !== undefined && bytes === others;
}

/** The axes longer than 1 in memory order; undefined where they are not all in one piece or filled up. */
function longAxes(shape: readonly number[], layout: Layout): string | undefined {
  if (!isBlocked(layout))
    return layoutAxes(layout)
      .filter((axis) => shape[axis] !== 1)
      .join();
  if (isFilledUp(shape, layout)) return undefined;
  const split = splitShape(shape, layout);
  const long = partsOf(layout).filter((_, at) => split[at] !== 1);
  const order = long.map(({ axis }) => axis).filter((axis, at, all) => axis !== all[at - 1]);
  return order.length === new Set(order).size ? order.join() : undefined;
}

/** True where a permutation leaves the axes longer than 1 in their order. */
export function keepsOrder(sizes: readonly number[], order: readonly number[]): boolean {
  const long = order.filter((axis) => sizes[axis] !== 1);
  return long.every((axis, at) => at === 0 || axis > (long[at - 1] ?? -1));
}

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, length) => product * length, 1);

/** Length of an axis that must exist. */
export function sizeAt(shape: readonly number[], axis: number): number {
  const size = shape[axis];
  if (size === undefined) throw new Error(`Shape [${shape.join(", ")}] has no axis ${axis}`);
  return size;
}

/** 0, 1, ... rank - 1 */
export const axesOf = (rank: number): readonly number[] =>
  Array.from({ length: rank }, (_, axis) => axis);

/** Number of values along the given axes. */
export const countAlong = (shape: readonly number[], axes: readonly number[]): number =>
  sizeOf(axes.map((axis) => sizeAt(shape, axis)));

export const sameShape = (one: readonly number[], other: readonly number[]): boolean =>
  one.length === other.length && one.every((length, axis) => length === other[axis]);
