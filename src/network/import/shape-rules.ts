import type { OutlineNode } from "../../onnx/index.ts";
import { attributes, type KnownValue, outputSize, sizeOf, windowOf } from "./node-values.ts";

/** Shapes of what a node gives from those of what it reads, and their numbers where they are about shapes; none where unknown. */
export type ShapeRule = (inputs: readonly KnownValue[], node: OutlineNode) => readonly KnownValue[];

const one = (shape: readonly number[], values?: readonly number[]): readonly KnownValue[] => [
  { shape, ...(values ? { values } : {}) },
];

const shapeOf = (value: KnownValue | undefined): readonly number[] => value?.shape ?? [];

const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** Numbers about shapes are fewer: of more, a file that lies would make as many as memory holds. */
const mostFollowed = 4096;

/** The same shape, and the same numbers. */
const same: ShapeRule = ([x]) => (x ? [x] : []);
/** The same shape, other numbers. */
const mapped: ShapeRule = ([x]) => one(shapeOf(x));

const broadcast = (shapes: readonly (readonly number[])[]): readonly number[] => {
  const rank = Math.max(0, ...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, i) =>
    Math.max(...shapes.map((shape) => shape[shape.length - rank + i] ?? 1)),
  );
};

const arithmetic =
  (compute?: (a: number, b: number) => number): ShapeRule =>
  (inputs) => {
    const shape = broadcast(inputs.map(({ shape: own }) => own));
    const [a, b] = inputs.map(({ values }) => values);
    if (!compute || !a || !b) return one(shape);
    const count = sizeOf(shape);
    if (count > mostFollowed) return one(shape);
    const at = (list: readonly number[], i: number) => list[list.length === 1 ? 0 : i] ?? 0;
    return one(
      shape,
      Array.from({ length: count }, (_, i) => compute(at(a, i), at(b, i))),
    );
  };

const conv: ShapeRule = ([x, filter], node) => {
  const [image, weights] = [shapeOf(x), shapeOf(filter)];
  const window = windowOf(node, image, weights.slice(2));
  return one([image[0] ?? 1, weights[0] ?? 1, ...outputSize(image, window)]);
};

const pool: ShapeRule = ([x], node) => {
  const image = shapeOf(x);
  const { list, number } = attributes(node);
  const window = windowOf(node, image, list("kernel_shape") ?? [1, 1]);
  const size = outputSize(image, window, { ceil: number("ceil_mode", 0) === 1 });
  return one([image[0] ?? 1, image[1] ?? 1, ...size]);
};

const matMul: ShapeRule = ([a, b]) => {
  const [left, right] = [shapeOf(a), shapeOf(b)];
  const batch = broadcast([left.slice(0, -2), right.slice(0, -2)]);
  return one([...batch, left.at(-2) ?? 1, right.at(-1) ?? 1]);
};

const gemm: ShapeRule = ([a, b], node) => {
  const { number } = attributes(node);
  const rows = shapeOf(a)[number("transA", 0) ? 1 : 0] ?? 1;
  return one([rows, shapeOf(b)[number("transB", 0) ? 0 : 1] ?? 1]);
};

/** Axes from an attribute (before opset 13) or a second input; none when neither stands there. */
const axesOf = (node: OutlineNode, input: KnownValue | undefined): readonly number[] | undefined =>
  attributes(node).list("axes") ?? input?.values;

const reduce: ShapeRule = ([x, second], node) => {
  const shape = shapeOf(x);
  const axes = (axesOf(node, second) ?? shape.map((_, i) => i)).map((axis) =>
    axisOf(axis, shape.length),
  );
  const keeps = attributes(node).number("keepdims", 1) === 1;
  return one(shape.flatMap((length, i) => (!axes.includes(i) ? [length] : keeps ? [1] : [])));
};

const reshape: ShapeRule = ([x, wanted]) => {
  const shape = shapeOf(x);
  const target = wanted?.values;
  if (!target) return [];
  const kept = target.map((length, i) => (length === 0 ? (shape[i] ?? 1) : length));
  const rest = sizeOf(shape) / sizeOf(kept.filter((length) => length !== -1));
  return one(
    kept.map((length) => (length === -1 ? rest : length)),
    x?.values,
  );
};

const squeeze: ShapeRule = ([x, second], node) => {
  const shape = shapeOf(x);
  const axes = axesOf(node, second)?.map((axis) => axisOf(axis, shape.length));
  return one(
    shape.filter((length, i) => (axes ? !axes.includes(i) : length !== 1)),
    x?.values,
  );
};

const unsqueeze: ShapeRule = ([x, second], node) => {
  const axes = axesOf(node, second) ?? [];
  const rank = shapeOf(x).length + axes.length;
  const added = new Set(axes.map((axis) => axisOf(axis, rank)));
  const lengths = [...shapeOf(x)];
  return one(
    Array.from({ length: rank }, (_, i) => (added.has(i) ? 1 : (lengths.shift() ?? 1))),
    x?.values,
  );
};

const concat: ShapeRule = (inputs, node) => {
  const [first] = inputs;
  const axis = axisOf(attributes(node).number("axis", 0), shapeOf(first).length);
  const sum = inputs.reduce((length, { shape }) => length + (shape[axis] ?? 1), 0);
  const count = inputs.reduce(
    (total, { values }) => total + (values?.length ?? mostFollowed + 1),
    0,
  );
  const isFollowed = count <= mostFollowed;
  return one(
    shapeOf(first).with(axis, sum),
    isFollowed ? inputs.flatMap(({ values }) => values ?? []) : undefined,
  );
};

const gather: ShapeRule = ([x, indices], node) => {
  const [shape, places] = [shapeOf(x), shapeOf(indices)];
  const axis = axisOf(attributes(node).number("axis", 0), shape.length);
  const values =
    x?.values && indices?.values && shape.length === 1
      ? indices.values.map((index) => x.values?.at(index) ?? 0)
      : undefined;
  return one([...shape.slice(0, axis), ...places, ...shape.slice(axis + 1)], values);
};

/** Where a slice begins and ends along an axis, counted from its start. */
function bounds(length: number, from = 0, to = length): [number, number] {
  const clamp = (at: number) => Math.min(length, Math.max(0, at < 0 ? at + length : at));
  return [clamp(from), clamp(to)];
}

const slice: ShapeRule = ([x, starts, ends, axes, steps], node) => {
  const { list } = attributes(node);
  const shape = shapeOf(x);
  const [from, to] = [starts?.values ?? list("starts"), ends?.values ?? list("ends")];
  if (!from || !to) return [];
  const along = axes?.values ?? list("axes") ?? from.map((_, i) => i);
  const lengths = [...shape];
  for (const [i, given] of along.entries()) {
    const axis = axisOf(given, shape.length);
    const [first, last] = bounds(shape[axis] ?? 1, from[i], to[i]);
    const step = Math.max(1, Math.abs(steps?.values?.[i] ?? 1));
    lengths[axis] = Math.max(0, Math.ceil((last - first) / step));
  }
  // Exporters cut heights and widths out of shapes, always in steps of one.
  const cut = shape.length === 1 ? x?.values?.slice(...bounds(shape[0] ?? 1, from[0], to[0])) : [];
  return one(
    lengths,
    shape.length === 1 && !steps?.values?.some((step) => step !== 1) ? cut : undefined,
  );
};

const split: ShapeRule = ([x, sizes], node) => {
  const { list, number } = attributes(node);
  const shape = shapeOf(x);
  const axis = axisOf(number("axis", 0), shape.length);
  const parts = node.outputs.length;
  const even = Array.from({ length: parts }, () => Math.ceil((shape[axis] ?? 1) / parts));
  const lengths = list("split") ?? sizes?.values ?? even;
  return node.outputs.map((_, i) => ({ shape: shape.with(axis, lengths[i] ?? 1) }));
};

const pad: ShapeRule = ([x, second], node) => {
  const shape = shapeOf(x);
  const pads = attributes(node).list("pads") ?? second?.values;
  if (!pads) return [];
  return one(shape.map((length, i) => length + (pads[i] ?? 0) + (pads[shape.length + i] ?? 0)));
};

const transpose: ShapeRule = ([x], node) => {
  const shape = shapeOf(x);
  const order = attributes(node).list("perm") ?? shape.map((_, i) => shape.length - 1 - i);
  return one(order.map((axis) => shape[axis] ?? 1));
};

const flatten: ShapeRule = ([x], node) => {
  const shape = shapeOf(x);
  const axis = axisOf(attributes(node).number("axis", 1), shape.length);
  return one([sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))]);
};

const globalPool: ShapeRule = ([x]) => {
  const [batch = 1, channels = 1, ...positions] = shapeOf(x);
  return one([batch, channels, ...positions.map(() => 1)]);
};

const all = <R>(names: string, rule: R): Record<string, R> =>
  Object.fromEntries(names.split(" ").map((name) => [name, rule]));

/** Operators whose results' shapes are known; for others, what the writer noted counts. */
export const shapeRules: Readonly<Record<string, ShapeRule>> = {
  ...all("Identity Dropout Cast", same),
  ...all(
    "Relu LeakyRelu PRelu Elu Selu Celu Clip Sigmoid HardSigmoid HardSwish Tanh Softplus Softsign Erf Gelu Exp Log Sqrt Abs " +
      "Neg Reciprocal Floor Ceil Round Not Softmax LogSoftmax BatchNormalization InstanceNormalization LayerNormalization LRN " +
      "QuantizeLinear DequantizeLinear",
    mapped,
  ),
  Add: arithmetic((a, b) => a + b),
  Sub: arithmetic((a, b) => a - b),
  Mul: arithmetic((a, b) => a * b),
  Div: arithmetic((a, b) => Math.trunc(a / b)),
  ...all("Pow Min Max Sum Mean Equal Less Greater Where And Or", arithmetic()),
  Conv: conv,
  ...all("MaxPool AveragePool LpPool", pool),
  ...all("GlobalAveragePool GlobalMaxPool", globalPool),
  MatMul: matMul,
  Gemm: gemm,
  ...all("ReduceMean ReduceSum ReduceMax ReduceMin ReduceL2 ReduceProd", reduce),
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Concat: concat,
  Gather: gather,
  Slice: slice,
  Split: split,
  Pad: pad,
  Transpose: transpose,
  Shape: ([x]) => one([shapeOf(x).length], shapeOf(x)),
  ConstantOfShape: ([x]) => (x?.values ? one(x.values) : []),
};
