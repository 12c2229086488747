import { tf } from "../../tfjs.ts";
import { blockedReduction } from "../blocked/moments.ts";
import { elementwise, filled, uniformValue } from "../elementwise.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import { countAlong, type Layout, layoutAxes } from "../layout.ts";
import { attrOf, inputOf, type KernelCall, type KernelRule, type KernelRules } from "../rule.ts";
import type { Traced, TracedType } from "../traced.ts";

type ReduceOp = "ReduceSum" | "ReduceMean" | "ReduceMax" | "ReduceMin" | "ReduceProd";

/** Reduces along `axes` in whichever layout the tensor has. */
export function reduce(
  builder: GraphBuilder,
  op: ReduceOp,
  x: Traced,
  { axes, keepDims }: { axes: readonly number[]; keepDims: boolean },
): Traced {
  if (axes.length === 0) return x;
  const blocked =
    op === "ReduceSum" || op === "ReduceMean"
      ? blockedReduction(builder, op, x, { axes, keepDims })
      : undefined;
  if (blocked) return blocked;
  const layout = builder.unblockedLayout(x);
  const stored = axes.map((axis) => layout.indexOf(String(axis))).sort((a, b) => a - b);
  const attributes = { keepdims: { int: Number(keepDims) } };
  const input = builder.read(x, layout);
  // Since opset 13 only ReduceSum takes its axes as an input.
  const name =
    op === "ReduceSum"
      ? builder.emit(op, [input, builder.ints(stored)], attributes)
      : builder.emit(op, [input], { ...attributes, axes: { ints: stored } });
  const shape = reducedShape(x.shape, axes, keepDims);
  return builder.value(name, shape, x.type, keepDims ? layout : withoutAxes(layout, axes));
}

const reducedShape = (
  shape: readonly number[],
  axes: readonly number[],
  keepDims: boolean,
): number[] =>
  keepDims
    ? shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
    : shape.filter((_, axis) => !axes.includes(axis));

/** The layout of what is left when `axes` are gone. */
function withoutAxes(layout: Layout, axes: readonly number[]): Layout {
  const kept = layoutAxes(layout).filter((axis) => !axes.includes(axis));
  return kept.map((axis) => kept.filter((other) => other < axis).length).join("");
}

const parsedAxes = (call: KernelCall, x: Traced, name = "axis"): number[] =>
  tf.util.parseAxisParam(attrOf<number | number[]>(call, name), [...x.shape]);

const reduceRule =
  (op: ReduceOp, axisName = "axis"): KernelRule =>
  (call) => {
    const x = inputOf(call, "x");
    const axes = parsedAxes(call, x, axisName);
    const keepDims = attrOf<boolean | undefined>(call, "keepDims") ?? false;
    const value = uniformValue(x);
    if (value !== undefined && op !== "ReduceProd") {
      const total = op === "ReduceSum" ? value * countAlong(x.shape, axes) : value;
      return filled(total, reducedShape(x.shape, axes, keepDims), x.type);
    }
    return reduce(call.builder, op, x, { axes, keepDims });
  };

/** Truth values have no maximum in ONNX: they are reduced as integers. */
const reduceTruth =
  (op: ReduceOp): KernelRule =>
  (call) => {
    const x = inputOf(call, "x");
    const keepDims = attrOf<boolean>(call, "keepDims");
    const counted = cast(call.builder, x, "int32");
    const axes = parsedAxes(call, x);
    return cast(call.builder, reduce(call.builder, op, counted, { axes, keepDims }), "bool");
  };

const cast = (builder: GraphBuilder, x: Traced, type: TracedType): Traced =>
  elementwise(builder, {
    op: "Cast",
    operands: [x],
    type,
    attributes: { to: { int: { float32: 1, int32: 6, bool: 9 }[type] } },
  });

const argument =
  (op: "ArgMax" | "ArgMin"): KernelRule =>
  (call) => {
    const { builder } = call;
    const x = inputOf(call, "x");
    const [axis = 0] = parsedAxes(call, x);
    const shape = x.shape.filter((_, other) => other !== axis);
    const long = builder.emit(op, [builder.read(x)], { axis: { int: axis }, keepdims: { int: 0 } });
    return builder.value(builder.emit("Cast", [long], { to: { int: 6 } }), shape, "int32");
  };

const softmax =
  (op: "Softmax" | "LogSoftmax", dimName: string): KernelRule =>
  (call) => {
    const { builder } = call;
    const logits = inputOf(call, "logits");
    const [axis = 0] = tf.util.parseAxisParam(attrOf<number>(call, dimName), [...logits.shape]);
    const name = builder.emit(op, [builder.read(logits)], { axis: { int: axis } });
    return builder.value(name, logits.shape, "float32");
  };

const cumulate: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "x");
  const [axis = 0] = parsedAxes(call, x);
  const flags = {
    exclusive: { int: Number(attrOf<boolean>(call, "exclusive")) },
    reverse: { int: Number(attrOf<boolean>(call, "reverse")) },
  };
  const along = builder.tensor([axis], [], "int32");
  return builder.value(builder.emit("CumSum", [builder.read(x), along], flags), x.shape, x.type);
};

/** Products of all values up to each: after step i every one holds those of 2^(i+1) values, ones standing outside. */
const cumulateProduct: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "x");
  const [axis = 0] = parsedAxes(call, x);
  const length = x.shape[axis] ?? 1;
  const reverse = attrOf<boolean>(call, "reverse");
  const shifted = (name: string, by: number): string => {
    const pads = x.shape.map((_, other) => (other === axis ? by : 0));
    const none = pads.map(() => 0);
    const padding = builder.ints(reverse ? [...none, ...pads] : [...pads, ...none]);
    const padded = builder.emit("Pad", [name, padding, builder.scalar(1, x.type)]);
    const bounds = [[reverse ? by : 0], [reverse ? by + length : length], [axis]];
    return builder.emit("Slice", [padded, ...bounds.map((values) => builder.ints(values))]);
  };
  let product = builder.read(x);
  if (attrOf<boolean>(call, "exclusive")) product = shifted(product, 1);
  for (let by = 1; by < length; by *= 2)
    product = builder.emit("Mul", [product, shifted(product, by)]);
  return builder.value(product, x.shape, x.type);
};

/** Mean of a float tensor; tfjs casts everything else before. */
const mean: KernelRule = (call) => {
  const x = inputOf(call, "x");
  return x.type === "float32"
    ? reduceRule("ReduceMean")(call)
    : reduceRule("ReduceMean")({ ...call, inputs: { x: cast(call.builder, x, "float32") } });
};

/** Rules of kernels that reduce along axes. */
export const reduceRules: KernelRules = {
  [tf.Sum]: (call) => {
    const x = inputOf(call, "x");
    return x.type === "bool"
      ? reduceRule("ReduceSum")({ ...call, inputs: { x: cast(call.builder, x, "int32") } })
      : reduceRule("ReduceSum")(call);
  },
  [tf.Mean]: mean,
  [tf.Max]: reduceRule("ReduceMax", "reductionIndices"),
  [tf.Min]: reduceRule("ReduceMin"),
  [tf.Prod]: reduceRule("ReduceProd"),
  [tf.All]: reduceTruth("ReduceMin"),
  [tf.Any]: reduceTruth("ReduceMax"),
  [tf.ArgMax]: argument("ArgMax"),
  [tf.ArgMin]: argument("ArgMin"),
  [tf.Softmax]: softmax("Softmax", "dim"),
  [tf.LogSoftmax]: softmax("LogSoftmax", "axis"),
  [tf.Cumsum]: cumulate,
  [tf.Cumprod]: cumulateProduct,
};
