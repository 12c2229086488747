import type { OnnxAttribute } from "../../../onnx/graph.ts";
import { tf } from "../../tfjs.ts";
import { joinedSum, perChannel } from "../blocked/linear.ts";
import { pendingProduct } from "../blocked/moments.ts";
import {
  broadcastShape,
  broadcastTo,
  elementwise,
  filled,
  stripBroadcast,
  uniformValue,
} from "../elementwise.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import { sameShape } from "../layout.ts";
import {
  attrOf,
  inputOf,
  inputsOf,
  type KernelCall,
  type KernelRule,
  type KernelRules,
} from "../rule.ts";
import type { Traced, TracedType } from "../traced.ts";

type Attributes = Readonly<Record<string, OnnxAttribute>>;
type Unary = (builder: GraphBuilder, x: Traced, call: KernelCall) => Traced;

const apply = (op: string, attributes?: Attributes): Unary => {
  const fixed = attributes ? { attributes } : {};
  return (builder, x) => elementwise(builder, { op, operands: [x], ...fixed });
};
const unary =
  (make: Unary): KernelRule =>
  (call) =>
    make(call.builder, inputOf(call, "x"), call);
const scalarOf = (value: number, type: TracedType = "float32"): Traced => filled(value, [], type);

/** A binary operator with the operands that leave the other one as it is. */
interface BinaryOp {
  readonly op: string;
  readonly type?: TracedType;
  /** Right operand that changes nothing. */
  readonly rightUnit?: number;
  /** Left operand that changes nothing. */
  readonly leftUnit?: number;
  readonly fold?: (a: number, b: number) => number;
}

function applyBinary(builder: GraphBuilder, a: Traced, b: Traced, binary: BinaryOp): Traced {
  const { op, leftUnit, rightUnit, fold } = binary;
  const shape = broadcastShape(a.shape, b.shape);
  const [left, right] = [uniformValue(a), uniformValue(b)];
  const type = binary.type ?? a.type;
  if (fold && left !== undefined && right !== undefined)
    return filled(fold(left, right), shape, type);
  if (right !== undefined && right === rightUnit) return broadcastTo(a, shape);
  if (left !== undefined && left === leftUnit) return broadcastTo(b, shape);
  return (
    inBlockedConvolution(builder, op, a, b) ?? elementwise(builder, { op, operands: [a, b], type })
  );
}

/** Sums of images, and images with vectors per channel, as parts of blocked convolutions. */
function inBlockedConvolution(
  builder: GraphBuilder,
  op: string,
  a: Traced,
  b: Traced,
): Traced | undefined {
  if (op === "Add") return joinedSum(builder, a, b) ?? perChannel(builder, op, a, b);
  if (op === "Sub" || op === "Mul") return perChannel(builder, op, a, b);
  return undefined;
}

const binary =
  (options: BinaryOp): KernelRule =>
  (call) =>
    applyBinary(call.builder, inputOf(call, "a"), inputOf(call, "b"), options);

const add: BinaryOp = { op: "Add", leftUnit: 0, rightUnit: 0, fold: (a, b) => a + b };
const subtract: BinaryOp = { op: "Sub", rightUnit: 0, fold: (a, b) => a - b };
const multiply: BinaryOp = { op: "Mul", leftUnit: 1, rightUnit: 1, fold: (a, b) => a * b };
const divide: BinaryOp = { op: "Div", rightUnit: 1, fold: (a, b) => a / b };

/** The product of the ones and zeros of two truth values is their conjunction. */
function multiplyTraced(builder: GraphBuilder, a: Traced, b: Traced): Traced {
  const [one, other] = [stripBroadcast(a), stripBroadcast(b)];
  if (one.mask && other.mask) {
    const mask = elementwise(builder, { op: "And", operands: [one.mask, other.mask] });
    return broadcastTo(maskOf(mask, a.type), broadcastShape(a.shape, b.shape));
  }
  return pendingProduct(builder, a, b) ?? applyBinary(builder, a, b, multiply);
}

/** The ones and zeros of truth values. */
const maskOf = (mask: Traced, type: TracedType): Traced => ({
  shape: mask.shape,
  type,
  names: new Map(),
  mask,
});

const compare = (op: string): KernelRule => binary({ op, type: "bool" });
const compareNot =
  (op: string): KernelRule =>
  (call) => {
    const equal = elementwise(call.builder, {
      op,
      operands: [inputOf(call, "a"), inputOf(call, "b")],
      type: "bool",
    });
    return elementwise(call.builder, { op: "Not", operands: [equal] });
  };

const rectify: Unary = (builder, x) => {
  const rectified = elementwise(builder, { op: "Relu", operands: [x] });
  stripBroadcast(x).rectified = stripBroadcast(rectified);
  return rectified;
};

const clip =
  (low: number, high: number): Unary =>
  (builder, x) =>
    elementwise(builder, { op: "Clip", operands: [x, scalarOf(low), scalarOf(high)] });

/** 1 where x > 0, else alpha; asks the rectified value where there is one, so that x itself need not be kept. */
const step: Unary = (builder, x, call) => {
  const alpha = attrOf<number | undefined>(call, "alpha") ?? 0;
  const source = stripBroadcast(x).rectified ?? stripBroadcast(x);
  if (alpha === 0 && x.type === "float32" && builder.target.provider === "cpu")
    return broadcastTo(signMask(builder, source), x.shape);
  const operands = [source, scalarOf(0, x.type)];
  const positive = elementwise(builder, { op: "Greater", operands, type: "bool" });
  const picked =
    alpha === 0
      ? maskOf(positive, x.type)
      : elementwise(builder, {
          op: "Where",
          operands: [positive, scalarOf(1), scalarOf(alpha)],
          type: x.type,
        });
  return broadcastTo(picked, x.shape);
};

/** 0 or 1 in one pass on all threads, where a comparison and a cast take two: everything but subnormal numbers. */
function signMask(builder: GraphBuilder, x: Traced): Traced {
  const attributes = { alpha: { float: 3e38 }, beta: { float: 0 } };
  return {
    ...elementwise(builder, { op: "HardSigmoid", operands: [x], attributes }),
    isMask: true,
  };
}

const square: Unary = (builder, x) => multiplyTraced(builder, x, x);
const plus = (builder: GraphBuilder, x: Traced, value: number): Traced =>
  applyBinary(builder, x, scalarOf(value), add);

const cast: KernelRule = (call) => {
  const x = inputOf(call, "x");
  const type = attrOf<TracedType>(call, "dtype");
  if (x.type === type) return x;
  const known = uniformValue(x);
  if (known !== undefined) return filled(castValue(known, type), x.shape, type);
  const source = stripBroadcast(x);
  if (x.type === "bool") return broadcastTo(maskOf(source, type), x.shape);
  if (type === "bool") {
    const operands = [source, scalarOf(0, x.type)];
    const equal = elementwise(call.builder, { op: "Equal", operands, type });
    return broadcastTo(elementwise(call.builder, { op: "Not", operands: [equal] }), x.shape);
  }
  const attributes = { to: { int: type === "float32" ? 1 : 6 } };
  return elementwise(call.builder, { op: "Cast", operands: [x], type, attributes });
};

const castValue = (value: number, type: TracedType): number =>
  type === "bool" ? Number(value !== 0) : type === "int32" ? Math.trunc(value) : value;

const addAll: KernelRule = (call) =>
  inputsOf(call).reduce((total, next) => applyBinary(call.builder, total, next, add));

const select: KernelRule = (call) => {
  const [condition, t, e] = ["condition", "t", "e"].map((name) => inputOf(call, name));
  if (!condition || !t || !e) throw new Error("Select needs three inputs");
  return elementwise(call.builder, { op: "Where", operands: [condition, t, e], type: t.type });
};

/** dy where y >= 0, else dy (y + 1): the slope of exp(x) - 1 by its value. */
const eluGradient: KernelRule = (call) => {
  const { builder } = call;
  const [dy, y] = [inputOf(call, "dy"), inputOf(call, "y")];
  const operands = [y, scalarOf(0)];
  const linear = elementwise(builder, { op: "GreaterOrEqual", operands, type: "bool" });
  const bent = applyBinary(builder, dy, plus(builder, y, 1), multiply);
  return elementwise(builder, { op: "Where", operands: [linear, dy, bent], type: "float32" });
};

const fill: KernelRule = (call) => {
  const shape = attrOf<number[]>(call, "shape");
  const dtype = attrOf<TracedType | undefined>(call, "dtype") ?? "float32";
  return filled(attrOf<number>(call, "value"), shape, dtype);
};
const like =
  (value: number): KernelRule =>
  (call) => {
    const x = inputOf(call, "x");
    return filled(value, x.shape, x.type);
  };

/** x / sqrt(variance + epsilon) and so on, as one scale and one shift per channel. */
const batchNorm: KernelRule = (call) => {
  const { builder } = call;
  const epsilon = attrOf<number>(call, "varianceEpsilon");
  const spread = plus(builder, inputOf(call, "variance"), epsilon);
  const inverse = apply("Reciprocal")(builder, apply("Sqrt")(builder, spread, call), call);
  const scale = call.inputs.scale ? multiplyTraced(builder, inverse, call.inputs.scale) : inverse;
  const centre = multiplyTraced(builder, inputOf(call, "mean"), scale);
  const { offset } = call.inputs;
  const shift = offset
    ? applyBinary(builder, offset, centre, subtract)
    : elementwise(builder, { op: "Neg", operands: [centre] });
  return applyBinary(builder, multiplyTraced(builder, inputOf(call, "x"), scale), shift, add);
};

/** Rules of kernels that work element by element. */
export const elementwiseRules: KernelRules = {
  [tf.Identity]: (call) => inputOf(call, "x"),
  [tf.Cast]: cast,
  [tf.Fill]: fill,
  [tf.ZerosLike]: like(0),
  [tf.OnesLike]: like(1),

  [tf.Add]: binary(add),
  [tf.AddN]: addAll,
  [tf.Sub]: (call) =>
    uniformValue(inputOf(call, "a")) === 0 &&
    sameShape(
      inputOf(call, "b").shape,
      broadcastShape(inputOf(call, "a").shape, inputOf(call, "b").shape),
    )
      ? elementwise(call.builder, { op: "Neg", operands: [inputOf(call, "b")] })
      : binary(subtract)(call),
  [tf.Multiply]: (call) => multiplyTraced(call.builder, inputOf(call, "a"), inputOf(call, "b")),
  [tf.RealDiv]: binary(divide),
  [tf.Maximum]: binary({ op: "Max", fold: Math.max }),
  [tf.Minimum]: binary({ op: "Min", fold: Math.min }),
  [tf.Pow]: binary({ op: "Pow", rightUnit: 1 }),
  [tf.SquaredDifference]: (call) =>
    square(
      call.builder,
      elementwise(call.builder, { op: "Sub", operands: [inputOf(call, "a"), inputOf(call, "b")] }),
      call,
    ),
  [tf.Prelu]: (call) =>
    elementwise(call.builder, {
      op: "PRelu",
      operands: [inputOf(call, "x"), inputOf(call, "alpha")],
    }),

  [tf.Equal]: compare("Equal"),
  [tf.NotEqual]: compareNot("Equal"),
  [tf.Greater]: compare("Greater"),
  [tf.GreaterEqual]: compare("GreaterOrEqual"),
  [tf.Less]: compare("Less"),
  [tf.LessEqual]: compare("LessOrEqual"),
  [tf.LogicalAnd]: compare("And"),
  [tf.LogicalOr]: compare("Or"),
  [tf.LogicalNot]: unary(apply("Not")),
  [tf.Select]: select,

  [tf.Abs]: unary(apply("Abs")),
  [tf.Ceil]: unary(apply("Ceil")),
  [tf.Cos]: unary(apply("Cos")),
  [tf.Erf]: unary(apply("Erf")),
  [tf.Exp]: unary(apply("Exp")),
  [tf.Expm1]: unary((builder, x, call) => plus(builder, apply("Exp")(builder, x, call), -1)),
  [tf.Floor]: unary(apply("Floor")),
  [tf.Log]: unary(apply("Log")),
  [tf.Log1p]: unary((builder, x, call) => apply("Log")(builder, plus(builder, x, 1), call)),
  [tf.Neg]: unary(apply("Neg")),
  [tf.Reciprocal]: unary(apply("Reciprocal")),
  [tf.Round]: unary(apply("Round")),
  [tf.Rsqrt]: unary((builder, x, call) =>
    apply("Reciprocal")(builder, apply("Sqrt")(builder, x, call), call),
  ),
  [tf.Sign]: unary(apply("Sign")),
  [tf.Sin]: unary(apply("Sin")),
  [tf.Sqrt]: unary(apply("Sqrt")),
  [tf.Square]: unary(square),
  [tf.Step]: unary(step),
  [tf.ClipByValue]: (call) =>
    clip(attrOf<number>(call, "clipValueMin"), attrOf<number>(call, "clipValueMax"))(
      call.builder,
      inputOf(call, "x"),
      call,
    ),

  [tf.Elu]: unary(apply("Elu")),
  [tf.EluGrad]: eluGradient,
  [tf.LeakyRelu]: (call) =>
    apply("LeakyRelu", { alpha: { float: attrOf<number>(call, "alpha") } })(
      call.builder,
      inputOf(call, "x"),
      call,
    ),
  [tf.Relu]: unary(rectify),
  [tf.Relu6]: unary(clip(0, 6)),
  [tf.Sigmoid]: unary(apply("Sigmoid")),
  [tf.Softplus]: unary(apply("Softplus")),
  [tf.Tanh]: unary(apply("Tanh")),

  [tf.FusedBatchNorm]: batchNorm,
};
