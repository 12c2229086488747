import { elementTypes } from "../../../onnx/schema.ts";
import { tf } from "../../tfjs.ts";
import { elementwise } from "../elementwise.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import { inputOf, type KernelRule, type KernelRules } from "../rule.ts";
import type { Traced } from "../traced.ts";

/** ONNX's number for float64, which occurs inside these rules alone. */
const float64 = 11;

const wide = (builder: GraphBuilder, x: Traced): Traced =>
  elementwise(builder, { op: "Cast", operands: [x], attributes: { to: { int: float64 } } });

const whole = (builder: GraphBuilder, x: Traced): Traced =>
  elementwise(builder, {
    op: "Cast",
    operands: [x],
    type: "int32",
    attributes: { to: { int: elementTypes.int32 } },
  });

/** Divided towards minus infinity, as tfjs does; integers in float64, which holds every quotient of int32 exactly. */
const floorDivide: KernelRule = (call) => {
  const [a, b] = [inputOf(call, "a"), inputOf(call, "b")];
  const { builder } = call;
  const isInteger = a.type === "int32";
  const operands = isInteger ? [wide(builder, a), wide(builder, b)] : [a, b];
  const quotient = elementwise(builder, { op: "Div", operands });
  const floored = elementwise(builder, { op: "Floor", operands: [quotient] });
  return isInteger ? whole(builder, floored) : floored;
};

/** The remainder with the sign of the divisor; integers in float64, where dividing by 0 ends no process. */
const modulo: KernelRule = (call) => {
  const { builder } = call;
  const [a, b] = [inputOf(call, "a"), inputOf(call, "b")];
  const attributes = { fmod: { int: 1 } };
  const isInteger = a.type === "int32";
  const [left, right] = isInteger ? [wide(builder, a), wide(builder, b)] : [a, b];
  const signed = elementwise(builder, { op: "Mod", operands: [left, right], attributes });
  const shifted = elementwise(builder, { op: "Add", operands: [signed, right] });
  const rest = elementwise(builder, { op: "Mod", operands: [shifted, right], attributes });
  return isInteger ? whole(builder, rest) : rest;
};

const question =
  (op: "IsNaN" | "IsInf"): KernelRule =>
  (call) =>
    elementwise(call.builder, { op, operands: [inputOf(call, "x")], type: "bool" });

const finite: KernelRule = (call) => {
  const operands = [question("IsNaN")(call), question("IsInf")(call)] as [Traced, Traced];
  const infinite = elementwise(call.builder, { op: "Or", operands });
  return elementwise(call.builder, { op: "Not", operands: [infinite] });
};

/** Rules of division with a remainder, and of what division by zero leaves. */
export const divisionRules: KernelRules = {
  [tf.FloorDiv]: floorDivide,
  [tf.Mod]: modulo,
  [tf.IsNan]: question("IsNaN"),
  [tf.IsInf]: question("IsInf"),
  [tf.IsFinite]: finite,
};
