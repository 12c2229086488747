import { tf } from "../../tfjs.ts";
import { broadcastTo, filled } from "../elementwise.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import { sizeAt, sizeOf } from "../layout.ts";
import { attrOf, inputOf, type KernelCall, type KernelRule, type KernelRules } from "../rule.ts";
import type { Traced } from "../traced.ts";

const gather: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "x");
  const indices = inputOf(call, "indices");
  const [axis = 0] = tf.util.parseAxisParam(attrOf<number>(call, "axis"), [...x.shape]);
  const batchDims = attrOf<number | undefined>(call, "batchDims") ?? 0;
  if (batchDims > 0) return gatherPerBatch(call);
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  const inputs = [builder.read(x), builder.read(indices)];
  return builder.value(builder.emit("Gather", inputs, { axis: { int: axis } }), shape, x.type);
};

/** Entry [b] of the indices picks in entry [b] of x: GatherND with one batch dimension along the first axis. */
const gatherPerBatch: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "x");
  const indices = inputOf(call, "indices");
  const [axis = 0] = tf.util.parseAxisParam(attrOf<number>(call, "axis"), [...x.shape]);
  const batchDims = attrOf<number>(call, "batchDims");
  if (batchDims !== axis)
    throw new Error(`GatherV2 along axis ${axis} with ${batchDims} batch dimensions has no rule`);
  const shape = [...indices.shape, ...x.shape.slice(axis + 1)];
  const long = builder.emit("Cast", [builder.read(indices)], { to: { int: 7 } });
  const points = builder.reshapeValue(long, [...indices.shape, 1]);
  const attributes = { batch_dims: { int: batchDims } };
  return builder.value(
    builder.emit("GatherND", [builder.read(x), points], attributes),
    shape,
    x.type,
  );
};

const gatherPoints: KernelRule = (call) => {
  const { builder } = call;
  const params = inputOf(call, "params");
  const indices = inputOf(call, "indices");
  const depth = sizeAt(indices.shape, indices.shape.length - 1);
  const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(depth)];
  const long = builder.emit("Cast", [builder.read(indices)], { to: { int: 7 } });
  return builder.value(builder.emit("GatherND", [builder.read(params), long]), shape, params.type);
};

const oneHot: KernelRule = (call) => {
  const { builder } = call;
  const indices = inputOf(call, "indices");
  const depth = attrOf<number>(call, "depth");
  const on = attrOf<number>(call, "onValue");
  const off = attrOf<number>(call, "offValue");
  const dtype = attrOf<"float32" | "int32" | "bool">(call, "dtype");
  // Compared instead of ONNX's OneHot, which counts negative indices from the end.
  const classes = builder.tensor(
    Array.from({ length: depth }, (_, c) => c),
    [depth],
    "int32",
  );
  const column = builder.reshapeValue(builder.read(indices), [...indices.shape, 1]);
  const hit = builder.emit("Equal", [column, classes]);
  const shape = [...indices.shape, depth];
  const type = dtype === "int32" ? "int32" : "float32";
  if (dtype === "bool") return builder.value(hit, shape, "bool");
  const mask = builder.value(hit, shape, "bool");
  if (on === 1 && off === 0) return { shape, type, names: new Map(), mask };
  const picked = builder.emit("Where", [hit, builder.scalar(on, type), builder.scalar(off, type)]);
  return builder.value(picked, shape, type);
};

/** Sums rows of x by segment; rows with a negative segment are dropped, as tfjs does. */
const segmentSum: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "x");
  const segmentIds = inputOf(call, "segmentIds");
  const count = attrOf<number>(call, "numSegments");
  const rows = sizeOf(segmentIds.shape);
  const inner = x.shape.slice(segmentIds.shape.length);
  const flat = builder.reshapeValue(builder.read(segmentIds), [rows]);
  const ids = builder.emit("Cast", [flat], { to: { int: 7 } });
  // One spare row at the end, index -1, takes what belongs nowhere.
  const targets = builder.emit("Max", [ids, builder.ints([-1])]);
  const summed = scatterRows(builder, { into: count + 1, targets, rows, x, width: sizeOf(inner) });
  const kept = builder.emit("Slice", [summed, builder.ints([0]), builder.ints([count])]);
  return builder.value(builder.reshapeValue(kept, [count, ...inner]), [count, ...inner], x.type);
};

/** Adds updates into zeros of the given shape, repeated points included. */
const scatter: KernelRule = (call) => {
  const { builder } = call;
  const indices = inputOf(call, "indices");
  const x = inputOf(call, "updates");
  const shape = attrOf<number[]>(call, "shape");
  const depth = sizeAt(indices.shape, indices.shape.length - 1);
  const rows = sizeOf(indices.shape) / depth;
  const strides = shape.slice(0, depth).map((_, axis) => sizeOf(shape.slice(axis + 1, depth)));
  const points = builder.reshapeValue(builder.read(indices), [rows, depth]);
  const scaled = builder.emit("Mul", [points, builder.tensor(strides, [depth], "int32")]);
  const rowIndex = builder.emit("ReduceSum", [scaled, builder.ints([1])], { keepdims: { int: 0 } });
  const targets = builder.emit("Cast", [rowIndex], { to: { int: 7 } });
  const into = sizeOf(shape.slice(0, depth));
  const width = sizeOf(shape.slice(depth));
  const summed = scatterRows(builder, { into, targets, rows, x, width });
  return builder.value(builder.reshapeValue(summed, shape), shape, x.type);
};

interface Rows {
  readonly into: number;
  /** Name of int64 [rows] */
  readonly targets: string;
  readonly rows: number;
  readonly x: Traced;
  readonly width: number;
}

/**
 * [into, width] zeros with every row of x added at its target. ScatterElements adds one after the
 * other, so that the same inputs give the same bits on any number of threads; ScatterND does not promise that.
 */
function scatterRows(builder: GraphBuilder, { into, targets, rows, x, width }: Rows): string {
  const updates = builder.reshapeValue(builder.read(x), [rows, width]);
  const column = builder.reshapeValue(targets, [rows, 1]);
  const scattered = (part: string, columns: number): string => {
    const blank = builder.read(filled(0, [into, columns], x.type));
    const indices = builder.emit("Expand", [column, builder.ints([rows, columns])]);
    return builder.emit("ScatterElements", [blank, indices, part], {
      axis: { int: 0 },
      reduction: { string: "add" },
    });
  };
  if (width <= scatteredColumns) return scattered(updates, width);
  const sizes = partSizes(width, scatteredColumns);
  const inputs = [updates, builder.ints(sizes)];
  const parts = builder.emitAll("Split", inputs, { axis: { int: 1 } }, sizes.length);
  const sums = parts.map((part, at) => scattered(part, sizes[at] ?? 0));
  return builder.emit("Concat", sums, { axis: { int: 1 } });
}

/**
 * ScatterElements wants an index of 8 bytes for every value: columns are scattered in parts that share theirs, or the
 * edges of a graph would need twice the memory of their features.
 */
const scatteredColumns = 64;

const partSizes = (total: number, largest: number): readonly number[] =>
  Array.from({ length: Math.ceil(total / largest) }, (_, at) =>
    Math.min(largest, total - at * largest),
  );

/** Values put at points of a tensor; where points repeat, one of them stays. */
function placed(call: KernelCall, onto: Traced, points: Traced, updates: string): Traced {
  const { builder } = call;
  const long = builder.emit("Cast", [builder.read(points)], { to: { int: 7 } });
  const name = builder.emit("ScatterND", [builder.read(onto), long, updates]);
  return builder.value(name, onto.shape, onto.type);
}

const sparseToDense: KernelRule = (call) => {
  const { builder } = call;
  const indices = inputOf(call, "sparseIndices");
  const values = inputOf(call, "sparseValues");
  const shape = attrOf<number[]>(call, "outputShape");
  const [depth = 1] = indices.shape.length === 2 ? indices.shape.slice(1) : [];
  const rows = sizeOf(indices.shape) / depth;
  const onto = broadcastTo(inputOf(call, "defaultValue"), shape);
  const updates = builder.read(broadcastTo(values, [rows]));
  return placed(call, onto, builder.reshape(indices, [rows, depth]), updates);
};

const tensorScatterUpdate: KernelRule = (call) =>
  placed(
    call,
    inputOf(call, "tensor"),
    inputOf(call, "indices"),
    call.builder.read(inputOf(call, "updates")),
  );

/** The largest values along the last axis, the first of equals first, and their places. */
const topK: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "x");
  const k = attrOf<number>(call, "k");
  const [values = "", places = ""] = builder.emitAll(
    "TopK",
    [builder.read(x), builder.ints([k])],
    undefined,
    2,
  );
  const shape = [...x.shape.slice(0, -1), k];
  const index = builder.emit("Cast", [places], { to: { int: 6 } });
  return [builder.value(values, shape, x.type), builder.value(index, shape, "int32")];
};

/** Numbers that do not depend on any tensor are constants. */
const range: KernelRule = (call) => {
  const [start, stop, step] = ["start", "stop", "step"].map((name) => attrOf<number>(call, name));
  const type = attrOf<"float32" | "int32">(call, "dtype");
  const count = Math.max(0, Math.ceil(((stop ?? 0) - (start ?? 0)) / (step ?? 1)));
  const constant = Array.from({ length: count }, (_, i) => (start ?? 0) + i * (step ?? 1));
  return { shape: [count], type, names: new Map(), constant };
};

/** Rules of kernels that pick or place values by index. */
export const indexRules: KernelRules = {
  [tf.GatherV2]: gather,
  [tf.GatherNd]: gatherPoints,
  [tf.OneHot]: oneHot,
  [tf.UnsortedSegmentSum]: segmentSum,
  [tf.ScatterNd]: scatter,
  [tf.Range]: range,
  [tf.SparseToDense]: sparseToDense,
  [tf.TensorScatterUpdate]: tensorScatterUpdate,
  [tf.TopK]: topK,
};
