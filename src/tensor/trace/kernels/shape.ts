import { tf } from "../../tfjs.ts";
import { isBlockedImage } from "../blocked/linear.ts";
import { blockedBatchToSpace, blockedSpaceToBatch, joinedBatches } from "../blocked/pool.ts";
import { broadcastTo, commonLayout, filled, uniformValue } from "../elementwise.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import {
  axesOf,
  isBlocked,
  isFilledUp,
  type Layout,
  layoutAxes,
  nchw,
  plainLayout,
  sameShape,
  sizeAt,
  sizeOf,
} from "../layout.ts";
import {
  attrOf,
  inputOf,
  inputsOf,
  type KernelCall,
  type KernelRule,
  type KernelRules,
} from "../rule.ts";
import type { Traced } from "../traced.ts";
import { inShapeOf, type Window } from "../window.ts";

const reshape: KernelRule = (call) => {
  const x = inputOf(call, "x");
  const shape = tf.util.inferFromImplicitShape(attrOf<number[]>(call, "shape"), sizeOf(x.shape));
  return call.builder.reshape(x, shape);
};

const expandDims: KernelRule = (call) => {
  const x = inputOf(call, "input");
  const dim = attrOf<number>(call, "dim");
  const at = dim < 0 ? x.shape.length + 1 + dim : dim;
  return call.builder.reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
};

/** Transposing moves no bytes: the same value is renamed in its new layout, and moved when read. */
const transpose: KernelRule = (call) => {
  const x = inputOf(call, "x");
  const perm = attrOf<number[]>(call, "perm");
  const shape = perm.map((axis) => sizeAt(x.shape, axis));
  const value = uniformValue(x);
  if (value !== undefined) return filled(value, shape, x.type);
  call.builder.read(x, call.builder.unblockedLayout(x));
  const unblocked = [...x.names].filter(([layout]) => !isBlocked(layout));
  const names = unblocked.map(
    ([layout, name]) =>
      [
        layoutAxes(layout)
          .map((axis) => perm.indexOf(axis))
          .join(""),
        name,
      ] as const,
  );
  return { shape, type: x.type, names: new Map(names) };
};

const concat: KernelRule = (call) => {
  const { builder } = call;
  const [first, ...rest] = inputsOf(call);
  if (!first) throw new Error("Concat without inputs");
  const [axis = 0] = tf.util.parseAxisParam(attrOf<number>(call, "axis"), [...first.shape]);
  const all = [first, ...rest].filter((part) => sizeAt(part.shape, axis) > 0);
  if (all.length === 1) return all[0] ?? first;
  const isBatches =
    axis === 0 &&
    all.every((part) => isBlockedImage(builder, part) && sameShape(part.shape, first.shape));
  return isBatches ? joinedBatches(builder, all) : joined(builder, all, axis);
};

function joined(builder: GraphBuilder, parts: readonly Traced[], axis: number): Traced {
  const [first] = parts;
  if (!first) throw new Error("Nothing to join");
  const layout = joinedLayout(builder, parts);
  const total = parts.reduce((sum, part) => sum + sizeAt(part.shape, axis), 0);
  const shape = first.shape.map((length, other) => (other === axis ? total : length));
  const name = builder.emit(
    "Concat",
    parts.map((part) => builder.read(part, layout)),
    { axis: { int: (isBlocked(layout) ? nchw : layout).indexOf(String(axis)) } },
  );
  return builder.value(name, shape, first.type, layout);
}

/** Images stay blocked where every part's channels fill whole blocks; nothing else does. */
function joinedLayout(builder: GraphBuilder, parts: readonly Traced[]): Layout {
  const [first] = parts;
  const layout = commonLayout(builder, parts, first?.shape ?? []);
  if (!isBlocked(layout)) return layout;
  const whole = parts.every(
    (part) => isBlockedImage(builder, part) && !isFilledUp(part.shape, layout),
  );
  const unblocked = first?.shape.length === 4 ? nchw : plainLayout(first?.shape.length ?? 0);
  return whole ? layout : unblocked;
}

interface Cut {
  readonly begin: readonly number[];
  readonly end: readonly number[];
  readonly strides: readonly number[];
  readonly shape: readonly number[];
}

/** A part of `x`, in the layout `x` has. */
function cutOut(builder: GraphBuilder, x: Traced, { begin, end, strides, shape }: Cut): Traced {
  const axes = axesOf(x.shape.length).filter(
    (axis) => begin[axis] !== 0 || end[axis] !== x.shape[axis] || strides[axis] !== 1,
  );
  if (axes.length === 0) return x;
  const layout = builder.unblockedLayout(x);
  const along = (values: readonly number[]) => builder.ints(axes.map((axis) => values[axis] ?? 0));
  const stored = builder.ints(axes.map((axis) => layout.indexOf(String(axis))));
  const inputs = [builder.read(x, layout), along(begin), along(end), stored, along(strides)];
  return builder.value(builder.emit("Slice", inputs), shape, x.type, layout);
}

const slice: KernelRule = (call) => {
  const x = inputOf(call, "x");
  const from = [attrOf<number | number[]>(call, "begin")].flat();
  const sizes = [attrOf<number | number[] | undefined>(call, "size") ?? []].flat();
  const begin = x.shape.map((_, axis) => from[axis] ?? 0);
  // -1 takes all that is left.
  const shape = x.shape.map((length, axis) => {
    const size = sizes[axis] ?? -1;
    return size < 0 ? length - (begin[axis] ?? 0) : size;
  });
  const value = uniformValue(x);
  if (value !== undefined) return filled(value, shape, x.type);
  const end = begin.map((start, axis) => start + sizeAt(shape, axis));
  return cutOut(call.builder, x, { begin, end, strides: begin.map(() => 1), shape });
};

const stridedSlice: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "x");
  const info = tf.slice_util.sliceInfo(
    [...x.shape],
    attrOf<number[]>(call, "begin"),
    attrOf<number[]>(call, "end"),
    attrOf<number[]>(call, "strides"),
    attrOf<number>(call, "beginMask"),
    attrOf<number>(call, "endMask"),
    attrOf<number>(call, "ellipsisMask"),
    attrOf<number>(call, "newAxisMask"),
    attrOf<number>(call, "shrinkAxisMask"),
  );
  const { begin, end, strides } = info;
  // Going backwards to before the first element: a number below every length says so in ONNX.
  const stop = end.map((last, axis) => ((strides[axis] ?? 1) < 0 && last < 0 ? -(2 ** 31) : last));
  const shape = info.finalShapeSparse;
  const dense = x.shape.map((_, axis) =>
    Math.max(0, Math.ceil(((end[axis] ?? 0) - (begin[axis] ?? 0)) / (strides[axis] ?? 1))),
  );
  const cut = cutOut(builder, x, { begin, end: stop, strides, shape: dense });
  return builder.reshape(cut, info.finalShape.length || !shape.length ? info.finalShape : []);
};

const pad: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "x");
  const paddings = attrOf<[number, number][]>(call, "paddings");
  const value = attrOf<number>(call, "constantValue");
  if (paddings.every(([before, after]) => before + after === 0)) return x;
  const shape = x.shape.map((length, axis) => length + sum(paddings[axis] ?? []));
  const layout = builder.unblockedLayout(x);
  const ordered = layoutAxes(layout).map((axis): [number, number] => paddings[axis] ?? [0, 0]);
  const pads = builder.ints([
    ...ordered.map(([before]) => before),
    ...ordered.map(([, after]) => after),
  ]);
  const inputs = [builder.read(x, layout), pads, builder.scalar(value, x.type)];
  return builder.value(builder.emit("Pad", inputs), shape, x.type, layout);
};

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);

const pack: KernelRule = (call) => {
  const axis = attrOf<number>(call, "axis");
  const parts = inputsOf(call).map((part) => {
    const at = axis < 0 ? part.shape.length + 1 + axis : axis;
    return call.builder.reshape(part, [...part.shape.slice(0, at), 1, ...part.shape.slice(at)]);
  });
  const [first] = parts;
  if (!first) throw new Error("Pack without inputs");
  return joined(call.builder, parts, axis < 0 ? first.shape.length + axis : axis);
};

const unpack: KernelRule = (call) => {
  const x = inputOf(call, "value");
  const axis = attrOf<number>(call, "axis");
  const at = axis < 0 ? x.shape.length + axis : axis;
  const parts = split(call.builder, x, at, new Array<number>(sizeAt(x.shape, at)).fill(1));
  return parts.map((part) =>
    call.builder.reshape(
      part,
      part.shape.filter((_, other) => other !== at),
    ),
  );
};

const splitRule: KernelRule = (call) => {
  const x = inputOf(call, "x");
  const [axis = 0] = tf.util.parseAxisParam(attrOf<number>(call, "axis"), [...x.shape]);
  const sections = attrOf<number | number[]>(call, "numOrSizeSplits");
  return split(call.builder, x, axis, sectionSizes(sizeAt(x.shape, axis), sections));
};

/** Sizes of the parts of `length`: so many equal ones, or as listed, -1 taking what the others leave. */
function sectionSizes(length: number, sections: number | readonly number[]): readonly number[] {
  if (typeof sections === "number") return new Array<number>(sections).fill(length / sections);
  const listed = sum(sections.filter((size) => size >= 0));
  return sections.map((size) => (size < 0 ? length - listed : size));
}

function split(
  builder: GraphBuilder,
  x: Traced,
  axis: number,
  sizes: readonly number[],
): readonly Traced[] {
  const parts = axis === 0 && x.names.size === 0 ? (x.pending?.parts ?? []) : [];
  if (parts.length === sizes.length && parts.every(({ shape }, at) => shape[0] === sizes[at]))
    return parts;
  let start = 0;
  return sizes.map((size) => {
    const begin = x.shape.map((_, other) => (other === axis ? start : 0));
    start += size;
    const shape = x.shape.map((length, other) => (other === axis ? size : length));
    const end = begin.map((first, other) => first + sizeAt(shape, other));
    return cutOut(builder, x, { begin, end, strides: begin.map(() => 1), shape });
  });
}

const tile: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "x");
  const reps = attrOf<number[]>(call, "reps");
  const shape = x.shape.map((length, axis) => length * sizeAt(reps, axis));
  if (x.shape.every((length, axis) => length === 1 || reps[axis] === 1))
    return broadcastTo(x, shape);
  const name = builder.emit("Tile", [builder.read(x), builder.ints(reps)]);
  return builder.value(name, shape, x.type);
};

const reverse: KernelRule = (call) => {
  const x = inputOf(call, "x");
  const dims = tf.util.parseAxisParam(attrOf<number | number[]>(call, "dims"), [...x.shape]);
  const back = (axis: number) => dims.includes(axis);
  return cutOut(call.builder, x, {
    begin: x.shape.map((length, axis) => (back(axis) ? length - 1 : 0)),
    end: x.shape.map((length, axis) => (back(axis) ? -(2 ** 31) : length)),
    strides: x.shape.map((_, axis) => (back(axis) ? -1 : 1)),
    shape: x.shape,
  });
};

/** The window whose taps are images of their own; of rank 4 with two axes of space alone, as there is no use for others. */
function tapWindow(
  { kernel }: KernelCall,
  [batch = 1, height = 1, width = 1, channels = 1]: readonly number[],
  blockShape: readonly number[],
): Window {
  const [rows, columns, ...rest] = blockShape;
  if (rows === undefined || columns === undefined || rest.length > 0)
    throw new Error(`${kernel} has a rule for images [batch, height, width, channels] only`);
  return {
    batch,
    in: [height, width],
    out: [height / rows, width / columns],
    inChannels: channels,
    outChannels: channels,
    size: [rows, columns],
    strides: [rows, columns],
    dilations: [1, 1],
    before: [0, 0],
    after: [0, 0],
  };
}

const spaceToBatch: KernelRule = (call) => {
  const { builder } = call;
  const paddings = [[0, 0], ...attrOf<number[][]>(call, "paddings"), [0, 0]];
  const attrs = { paddings, constantValue: 0 };
  const x = pad({ ...call, attrs }) as Traced;
  const window = tapWindow(call, x.shape, attrOf<number[]>(call, "blockShape"));
  const { batch, size, out, inChannels } = window;
  if (isBlockedImage(builder, x)) return blockedSpaceToBatch(builder, x, window);
  const cut = [batch, out[0], size[0], out[1], size[1], inChannels];
  const perm = { ints: [2, 4, 0, 1, 3, 5] };
  const name = builder.emit("Transpose", [builder.reshapeValue(builder.read(x), cut)], { perm });
  const shape = [batch * sizeOf(size), ...out, inChannels];
  return builder.value(builder.reshapeValue(name, shape), shape, x.type);
};

const batchToSpace: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "x");
  const [rows = 1, columns = 1, ...rest] = attrOf<number[]>(call, "blockShape");
  const [batches = 1, height = 1, width = 1, channels = 1] = x.shape;
  const shape = [batches / rows / columns, height * rows, width * columns, channels];
  const window = tapWindow(call, shape, [rows, columns, ...rest]);
  const parts = x.names.size === 0 ? x.pending?.parts : undefined;
  const crops = attrOf<[number, number][]>(call, "crops");
  const whole =
    parts?.length === rows * columns
      ? blockedBatchToSpace(builder, parts, window)
      : interleavedImages(builder, x, window);
  const begin = [0, ...crops.map(([before]) => before), 0];
  const end = [0, 1, 2, 3].map((axis) => sizeAt(shape, axis) - (crops[axis - 1]?.[1] ?? 0));
  const kept = end.map((stop, axis) => stop - (begin[axis] ?? 0));
  return cutOut(builder, whole, { begin, end, strides: [1, 1, 1, 1], shape: kept });
};

function interleavedImages(builder: GraphBuilder, x: Traced, window: Window): Traced {
  const { batch, size, out, inChannels } = window;
  const cut = [...size, batch, ...out, inChannels];
  const perm = { ints: [2, 3, 0, 4, 1, 5] };
  const name = builder.emit("Transpose", [builder.reshapeValue(builder.read(x), cut)], { perm });
  const shape = inShapeOf(window);
  return builder.value(builder.reshapeValue(name, shape), shape, x.type);
}

/** Rules of kernels that move values without changing them. */
export const shapeRules: KernelRules = {
  [tf.Reshape]: reshape,
  [tf.ExpandDims]: expandDims,
  [tf.Transpose]: transpose,
  [tf.BroadcastTo]: (call) => broadcastTo(inputOf(call, "x"), attrOf<number[]>(call, "shape")),
  [tf.Concat]: concat,
  [tf.Slice]: slice,
  [tf.StridedSlice]: stridedSlice,
  [tf.PadV2]: pad,
  [tf.Pack]: pack,
  [tf.Unpack]: unpack,
  [tf.SplitV]: splitRule,
  [tf.SpaceToBatchND]: spaceToBatch,
  [tf.BatchToSpaceND]: batchToSpace,
  [tf.Tile]: tile,
  [tf.Reverse]: reverse,
};
