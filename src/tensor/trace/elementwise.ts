import type { OnnxAttribute } from "../../onnx/graph.ts";
import { tf } from "../tfjs.ts";
import type { GraphBuilder } from "./graph-builder.ts";
import {
  isBlocked,
  isFilledUp,
  type Layout,
  plainLayout,
  sameShape,
  storedShape,
} from "./layout.ts";
import type { Traced, TracedType } from "./traced.ts";

interface Elementwise {
  readonly op: string;
  readonly operands: readonly Traced[];
  /** Default: the first operand's. */
  readonly type?: TracedType;
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

/**
 * Appends an operator that works element by element. It runs in the layout in which most operands
 * already are, and before any pending broadcast: op(broadcast(a)) is broadcast(op(a)).
 */
export function elementwise(builder: GraphBuilder, node: Elementwise): Traced {
  const [first] = node.operands;
  if (!first) throw new Error(`${node.op} without operands`);
  const operands = node.operands.map(stripBroadcast);
  const shape = operands.map((operand) => operand.shape).reduce(broadcastShape);
  const layout = commonLayout(builder, operands, shape);
  const type = node.type ?? first.type;
  const name = isBlocked(layout)
    ? inBlocks(builder, node, { operands, shape, layout })
    : builder.emit(
        node.op,
        operands.map((operand) => builder.readBroadcast(operand, shape.length, layout)),
        node.attributes,
      );
  const filling = isFilledUp(shape, layout) ? fillingAfter(node.op, operands) : 0;
  const value = builder.value(name, shape, type, layout, filling);
  return broadcastTo(value, node.operands.map((operand) => operand.shape).reduce(broadcastShape));
}

/** The same in the blocked layout: its own shape where only numbers are broadcast, else with blocks as axes. */
function inBlocks(
  builder: GraphBuilder,
  { op, attributes }: Elementwise,
  {
    operands,
    shape,
    layout,
  }: {
    readonly operands: readonly Traced[];
    readonly shape: readonly number[];
    readonly layout: Layout;
  },
): string {
  const isWhole = (operand: Traced) => sameShape(operand.shape, shape);
  if (operands.every((operand) => operand.shape.length === 0 || isWhole(operand))) {
    const names = operands.map((operand) =>
      isWhole(operand) ? builder.read(operand, layout) : builder.read(operand),
    );
    return builder.emit(op, names, attributes);
  }
  const names = operands.map((operand) => builder.readBroadcast(operand, shape.length, layout));
  return builder.reshapeValue(builder.emit(op, names, attributes), storedShape(shape, layout));
}

type Fold = (...values: number[]) => number;
/** What operators make of numbers: which value stands where a blocked tensor is filled up. */
const folds: Readonly<Record<string, Fold>> = {
  Abs: Math.abs,
  Add: (a = 0, b = 0) => a + b,
  Clip: (x = 0, low = 0, high = 0) => Math.min(Math.max(x, low), high),
  Div: (a = 0, b = 0) => (a === 0 && b !== 0 && !Number.isNaN(b) ? 0 : a / b),
  Exp: Math.exp,
  HardSigmoid: (x = 0) => Number(x > 0),
  Max: Math.max,
  Min: Math.min,
  // What is unknown is at least finite where no value overflows.
  Mul: (a = 0, b = 0) => (a === 0 || b === 0 ? 0 : a * b),
  Neg: (x = 0) => -x,
  Reciprocal: (x = 0) => 1 / x,
  Relu: (x = 0) => Math.max(x, 0),
  Sigmoid: (x = 0) => 1 / (1 + Math.exp(-x)),
  Softplus: (x = 0) => Math.log1p(Math.exp(x)),
  Sqrt: Math.sqrt,
  Sub: (a = 0, b = 0) => a - b,
  Tanh: Math.tanh,
};

function fillingAfter(op: string, operands: readonly Traced[]): number {
  const fold = folds[op];
  if (!fold) return Number.NaN;
  return fold(...operands.map(fillingOf)) + 0;
}

/** What a tensor holds where it is filled up; numbers hold their value everywhere. */
const fillingOf = (operand: Traced): number =>
  operand.shape.length === 0 ? (uniformValue(operand) ?? Number.NaN) : (operand.filling ?? 0);

/** `traced` repeated to `shape`, without any node until somebody needs the whole of it. */
export const broadcastTo = (traced: Traced, shape: readonly number[]): Traced =>
  sameShape(traced.shape, shape)
    ? traced
    : { shape, type: traced.type, names: new Map(), base: stripBroadcast(traced) };

/** A tensor of one value throughout. */
export const filled = (value: number, shape: readonly number[], type: TracedType): Traced =>
  broadcastTo({ shape: [], type, names: new Map(), constant: [value] }, shape);

/** The value of a tensor known to be the same everywhere, else undefined. */
export function uniformValue(traced: Traced): number | undefined {
  const { constant } = traced.base ?? traced;
  return constant?.length === 1 ? constant[0] : undefined;
}

/** The tensor before a pending broadcast. */
export const stripBroadcast = (traced: Traced): Traced =>
  traced.names.size === 0 && traced.base ? traced.base : traced;

export const broadcastShape = (one: readonly number[], other: readonly number[]): number[] =>
  tf.broadcast_util.assertAndGetBroadcastShape([...one], [...other]);

/** The layout most full-size operands have; among equals the one the first of them got first. */
export function commonLayout(
  builder: GraphBuilder,
  operands: readonly Traced[],
  shape: readonly number[],
): Layout {
  const votes = new Map<Layout, number>();
  for (const operand of operands)
    if (sameShape(operand.shape, shape))
      for (const layout of builder.layouts(operand.mask ?? operand))
        votes.set(layout, (votes.get(layout) ?? 0) + 1);
  const [best] = [...votes].sort(([, one], [, other]) => other - one);
  return best?.[0] ?? plainLayout(shape.length);
}
