import { tf } from "../../tfjs.ts";
import { attrOf, type KernelCall, type KernelRule, type KernelRules } from "../rule.ts";
import type { Traced } from "../traced.ts";
import { convRules } from "./conv.ts";
import { depthwiseRules } from "./depthwise.ts";
import { elementwiseRules } from "./elementwise.ts";
import { matmulRules } from "./matmul.ts";

/** The kernels of tfjs's activations by the names that fused kernels give them; "linear" is none. */
const activations: Readonly<Record<string, string>> = {
  relu: tf.Relu,
  relu6: tf.Relu6,
  elu: tf.Elu,
  sigmoid: tf.Sigmoid,
  leakyrelu: tf.LeakyRelu,
  prelu: tf.Prelu,
};

/** A kernel with bias and activation: one after the other, so that the lowering of each decides what is one node. */
const fused =
  (rule: KernelRule | undefined): KernelRule =>
  (call) => {
    if (!rule) throw new Error(`${call.kernel} fuses a kernel without a rule`);
    const product = rule(call) as Traced;
    const { bias } = call.inputs;
    const moved = bias ? follow(call, tf.Add, { a: product, b: bias }) : product;
    const activation = attrOf<string>(call, "activation");
    if (activation === "linear") return moved;
    const kernel = activations[activation];
    if (!kernel) throw new Error(`${call.kernel} with activation ${activation} has no rule`);
    const { preluActivationWeights: alpha } = call.inputs;
    return follow(call, kernel, alpha ? { x: moved, alpha } : { x: moved });
  };

function follow(call: KernelCall, kernel: string, inputs: KernelCall["inputs"]): Traced {
  const rule = elementwiseRules[kernel];
  if (!rule) throw new Error(`${kernel} has no rule`);
  const attrs = { alpha: attrOf<number | undefined>(call, "leakyreluAlpha") };
  return rule({ ...call, kernel, inputs, attrs }) as Traced;
}

/** The sum of products over named axes, as ONNX writes it too. */
const einsum: KernelRule = (call) => {
  const operands = Object.values(call.inputs);
  const equation = attrOf<string>(call, "equation").replaceAll(" ", "");
  const [from = "", to = ""] = equation.split("->");
  const sizes = new Map(
    from
      .split(",")
      .flatMap((axes, i) => [...axes].map((axis, at) => [axis, operands[i]?.shape[at] ?? 1])),
  );
  const names = operands.map((operand) => call.builder.read(operand));
  const name = call.builder.emit("Einsum", names, { equation: { string: equation } });
  const shape = [...to].map((axis) => sizes.get(axis) ?? 1);
  return call.builder.value(name, shape, operands[0]?.type ?? "float32");
};

/** Rules of kernels that stand for several others. */
export const fusedRules: KernelRules = {
  [tf.FusedConv2D]: fused(convRules[tf.Conv2D]),
  [tf.FusedDepthwiseConv2D]: fused(depthwiseRules[tf.DepthwiseConv2dNative]),
  [tf._FusedMatMul]: fused(matmulRules[tf.BatchMatMul]),
  [tf.Einsum]: einsum,
};
